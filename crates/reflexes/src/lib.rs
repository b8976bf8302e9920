//! Deterministic judges of an edit: the parser and the project's own check.
