//! The reference answers against the oracles of the lab.

#[path = "../../../labs/11-scheduling/tests/oracles.rs"]
mod oracles;
