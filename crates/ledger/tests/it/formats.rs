//! What releases have stored: it decodes for ever.
