//! Dispatcher and executor of effects; the facade that faces use.
