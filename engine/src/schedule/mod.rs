//! When jobs run by themselves: the times that a [`Schedule`](crate::model::Schedule) names.
//!
//! Nothing here has a clock or a timer of its own: whoever asks says what time it is.

mod next_run;

pub use next_run::next_runs;
