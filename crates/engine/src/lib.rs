//! What follows from what: apply and decide for every aggregate.
