//! Hermetic test environment, simulator, and the rules of the repository as tests.
