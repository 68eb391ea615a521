//! The server dies, and nothing is lost: killed at any moment, at each step of a run's life, and on a full disk.

mod disk;
mod failpoints;
mod kill;
