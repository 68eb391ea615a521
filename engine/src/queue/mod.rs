//! The queue: runs that wait are taken up by this process's worker, a bounded number at a time, and carried out.
//!
//! [`Queue`] is the only way in: it puts runs in, and brings a user's wishes (pause, resume, cancel) to the store first and
//! to the worker then. What is true is in the store; nothing is lost with the process. It knows no HTTP.

mod due;
mod execution;
mod handle;
mod housekeeping;
mod journal;
mod memory;
mod periodic;
mod recent_visits;
mod settings;
mod usage;
mod worker;

pub use handle::Queue;
pub use settings::{QueueSettings, SharedSecrets, WorkerEnvironment};
