//! The server dies, and nothing is lost: killed at any moment, at each step of a run's life, and on a full disk. What
//! it has answered is on the disk.

mod disk;
mod failpoints;
mod kill;
mod sync;
