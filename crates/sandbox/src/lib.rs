//! Running programs under confinement.
