//! The append-only, tamper-evident log of events and the objects it refers to.
