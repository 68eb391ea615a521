//! The life of a run and of its job: one state machine, and the only place that says which state may follow which.
//!
//! ```text
//!                 claim                succeed
//!   ┌────────┐ ─────────▶ ┌─────────┐ ─────────▶ success
//!   │ queued │            │ running │ ─────────▶ failed
//!   └────────┘ ◀──┐       └─────────┘   fail
//!     │    │      │         │  │   ▲ │
//!     │    │      │ resume  │  │   └─┘ claim: its worker died or was stopped, another goes on
//!     │    │ pause│         │  │ pause
//!     │    ▼      │         │  ▼
//!     │   ┌────────┐ ◀──────┼──┘
//!     │   │ paused │        │
//!     │   └────────┘        │
//!     │    │ cancel         │ cancel
//!     ▼    ▼                ▼
//!     cancelled ◀───────────┘
//! ```
//!
//! A job's state is that of its last run: `queued` and `running` show as `running`, `cancelled` as `failed`; a job that
//! never ran is `scheduled`. The store makes each step one transaction that names the states it may start from.

use super::RunStatus;

/// What happens to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunEvent {
    /// A worker takes it up, for the first time or after another worker lost it.
    Claim,
    /// Its user stops it for a while.
    Pause,
    /// Its user lets it go on.
    Resume,
    /// Its user ends it.
    Cancel,
    /// Its worker came to the end of its pages, or of its budget.
    Succeed,
    /// Its worker came to the end, and nothing was extracted; or it could not begin.
    Fail,
}

impl RunEvent {
    /// All events.
    pub const ALL: [Self; 6] = [
        Self::Claim,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Succeed,
        Self::Fail,
    ];

    /// The states in which it can happen.
    pub fn from(self) -> &'static [RunStatus] {
        match self {
            Self::Claim | Self::Pause => &[RunStatus::Queued, RunStatus::Running],
            Self::Resume => &[RunStatus::Paused],
            Self::Cancel => &[RunStatus::Queued, RunStatus::Running, RunStatus::Paused],
            Self::Succeed | Self::Fail => &[RunStatus::Running],
        }
    }

    /// The state that follows.
    pub fn to(self) -> RunStatus {
        match self {
            Self::Claim => RunStatus::Running,
            Self::Pause => RunStatus::Paused,
            Self::Resume => RunStatus::Queued,
            Self::Cancel => RunStatus::Cancelled,
            Self::Succeed => RunStatus::Success,
            Self::Fail => RunStatus::Failed,
        }
    }
}

impl RunStatus {
    /// The state after an event; `None` where it cannot happen.
    pub fn after(self, event: RunEvent) -> Option<Self> {
        event.from().contains(&self).then(|| event.to())
    }

    /// Whether the run is over.
    pub fn is_final(self) -> bool {
        RunEvent::ALL.iter().all(|event| self.after(*event).is_none())
    }
}

closed_set! {
    /// What a job is doing.
    pub enum JobStatus {
        /// Its run is going, or waits for its turn.
        Running = "running",
        /// Its last run succeeded.
        Success = "success",
        /// Its last run failed, or was cancelled.
        Failed = "failed",
        /// Its run was stopped for a while.
        Paused = "paused",
        /// It never ran, and waits for its schedule or its first trigger.
        Scheduled = "scheduled",
    }
}

impl JobStatus {
    /// The state of a job by its last run.
    pub fn of(run: Option<RunStatus>) -> Self {
        match run {
            None => Self::Scheduled,
            Some(RunStatus::Queued | RunStatus::Running) => Self::Running,
            Some(RunStatus::Paused) => Self::Paused,
            Some(RunStatus::Success) => Self::Success,
            Some(RunStatus::Failed | RunStatus::Cancelled) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ClosedSet;

    #[test]
    fn every_event_in_every_state() {
        let table: Vec<String> = RunStatus::ALL
            .iter()
            .map(|state| {
                let after = RunEvent::ALL.map(|event| state.after(event).map_or("-", ClosedSet::as_str));
                format!("{state}: {}", after.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                // claim pause resume cancel succeed fail
                "queued: running paused - cancelled - -",
                "running: running paused - cancelled success failed",
                "paused: - - queued cancelled - -",
                "success: - - - - - -",
                "failed: - - - - - -",
                "cancelled: - - - - - -",
            ]
        );
    }

    #[test]
    fn what_is_over_stays_over() {
        let over: Vec<_> = RunStatus::ALL.iter().filter(|state| state.is_final()).collect();
        assert_eq!(over, [&RunStatus::Success, &RunStatus::Failed, &RunStatus::Cancelled]);
    }

    #[test]
    fn a_job_is_what_its_run_is() {
        assert_eq!(JobStatus::of(None), JobStatus::Scheduled);
        let shown = RunStatus::ALL.iter().map(|state| JobStatus::of(Some(*state)).as_str());
        assert_eq!(
            shown.collect::<Vec<_>>(),
            ["running", "running", "paused", "success", "failed", "failed"]
        );
    }
}
