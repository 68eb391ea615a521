//! Why a run ends before its source does.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

/// The first reason to stop is the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Its user ended it.
    Cancelled,
    /// A budget is spent: the name of its field.
    Budget(&'static str),
    /// A plugin failed in a job that says `fail_run`.
    Failed,
    /// Nobody takes the rows any more.
    OutputClosed,
    /// It goes on later: paused, or the engine stops.
    Interrupted,
}

/// Tells every stage to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    token: CancellationToken,
    no_more: CancellationToken,
    reason: OnceLock<Reason>,
}

impl Stop {
    /// Stops the run, unless it is stopped already.
    pub(crate) fn because(&self, reason: Reason) {
        // The first reason stands; a second one changes nothing.
        let _ = self.reason.set(reason);
        self.no_more.cancel();
        if reason != Reason::Interrupted {
            self.token.cancel();
        }
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        self.reason.get().copied()
    }

    /// Cancelled when what is in flight is to be dropped.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Cancelled when no further page is to be begun.
    pub(crate) fn no_more(&self) -> &CancellationToken {
        &self.no_more
    }
}
