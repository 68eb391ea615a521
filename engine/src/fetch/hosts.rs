//! How hard a host is asked, by all runs of the process together.
//!
//! A request takes a [`HostPermit`] and holds it until its body is read. Nobody outside sees more of the limits than
//! that, so that limits which several servers share can take the place of these, which are in memory.
//!
//! A host is its name and its port, so that `http` and `https` of one name are two: they may be two servers. A job's own
//! rate is the [`Throttle`](super::Throttle)'s, and what robots.txt asks for is told by who asks for the permit.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use tracing::info;
use url::Url;

use super::retry::LONGEST_RETRY_AFTER;

/// The longest interval that a host is given by `Crawl-delay` or by its refusals.
pub(super) const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
/// The interval after the first refusal.
const FIRST_SLOW_DOWN: Duration = Duration::from_millis(500);
/// The answers in a row that halve a slow-down.
const SUCCESSES_TO_HALVE: u32 = 10;
/// How long a slow-down is remembered of a host that nobody asks.
const SLOW_DOWN_KEPT: Duration = Duration::from_mins(10);
/// The hosts below which none is looked for that could be forgotten.
const FEW_HOSTS: usize = 1024;
/// Why the locks here are never poisoned.
const UNPOISONED: &str = "nothing panics while it holds this lock";

/// What the operator grants every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostSettings {
    /// The requests in flight at once, bodies included; 16 by default.
    pub in_flight: NonZeroU32,
    /// The time from one request to the next; none by default.
    pub interval: Duration,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self {
            in_flight: NonZeroU32::new(16).expect("16 is not 0"),
            interval: Duration::ZERO,
        }
    }
}

/// The limits of all hosts, which all clones share.
#[derive(Clone, Default)]
pub struct HostLimits(Arc<Shared>);

struct Shared {
    settings: HostSettings,
    /// The first interval of a slow-down, and the longest.
    slow_down: (Duration, Duration),
    hosts: Mutex<Hosts>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            settings: HostSettings::default(),
            slow_down: (FIRST_SLOW_DOWN, LONGEST_INTERVAL),
            hosts: Mutex::default(),
        }
    }
}

#[derive(Default)]
struct Hosts {
    by_name: HashMap<String, Arc<Host>>,
    /// The number of hosts at which the idle ones are forgotten.
    sweep_at: usize,
}

struct Host {
    slots: Arc<Semaphore>,
    /// Who waits for the interval holds this lock, and the lock is fair.
    turn: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

impl fmt::Debug for HostLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostLimits")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

impl HostLimits {
    /// Limits of which no request has been counted yet.
    pub fn new(settings: HostSettings) -> Self {
        Self(Arc::new(Shared {
            settings,
            ..Shared::default()
        }))
    }

    /// Slow-downs that a test can afford.
    #[cfg(test)]
    pub(super) fn with_slow_down(first: Duration, longest: Duration) -> Self {
        Self(Arc::new(Shared {
            slow_down: (first, longest),
            ..Shared::default()
        }))
    }

    /// Waits until a request to this URL's host may go: first come, first served.
    ///
    /// `at_least` is an interval that this request keeps from the one before it whatever the others' is, such as a
    /// `Crawl-delay`. Dropping the future before it is ready gives its place up.
    pub async fn acquire(&self, url: &Url, at_least: Duration) -> HostPermit {
        let host = self.host(url);
        let slot = Arc::clone(&host.slots)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let interval = at_least.max(self.0.settings.interval);
        let turn = host.turn.lock().await;
        // Another may have been refused while this one slept, so it looks again.
        let slow_downs = loop {
            let gone = host.pace().go(Instant::now(), interval);
            match gone {
                Ok(slow_downs) => break slow_downs,
                Err(due) => sleep_until(due).await,
            }
        };
        drop(turn);
        HostPermit {
            _slot: slot,
            host,
            slow_down: self.0.slow_down,
            slow_downs,
        }
    }

    /// How many hosts are remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.hosts.lock().expect(UNPOISONED).by_name.len()
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let name = url.host_str().unwrap_or_default();
        let name = format!("{name}:{}", url.port_or_known_default().unwrap_or_default());
        let mut hosts = self.0.hosts.lock().expect(UNPOISONED);
        if let Some(host) = hosts.by_name.get(&name) {
            return Arc::clone(host);
        }
        if hosts.by_name.len() >= hosts.sweep_at.max(FEW_HOSTS) {
            let now = Instant::now();
            hosts.by_name.retain(|_, host| !is_idle(host, now));
            hosts.sweep_at = hosts.by_name.len() * 2;
        }
        let host = Arc::new(Host {
            slots: Arc::new(Semaphore::new(self.0.settings.in_flight.get() as usize)),
            turn: tokio::sync::Mutex::default(),
            pace: Mutex::default(),
        });
        hosts.by_name.insert(name, Arc::clone(&host));
        host
    }
}

/// Whether a host can be forgotten: nobody waits for it or asks it, and no request would have to wait.
fn is_idle(host: &Arc<Host>, now: Instant) -> bool {
    // Whoever waits or asks holds the host, and gets it under the lock that the caller holds.
    Arc::strong_count(host) == 1 && host.pace().is_over(now)
}

impl Host {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().expect(UNPOISONED)
    }
}

/// The place of a request in flight; dropping it makes room for the next.
pub struct HostPermit {
    _slot: OwnedSemaphorePermit,
    host: Arc<Host>,
    slow_down: (Duration, Duration),
    /// The host's slow-downs when the permit was given.
    slow_downs: u64,
}

impl fmt::Debug for HostPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostPermit").finish_non_exhaustive()
    }
}

impl HostPermit {
    /// Tells that the request goes now, where it did not as soon as the permit was there: the next one's interval is
    /// counted from here.
    pub fn goes(&self) {
        self.host.pace().last = Some(Instant::now());
    }

    /// Tells of the answer: 429 and 503 slow the host down, and any other that is no server's error shows that it keeps
    /// up. With the first two `retry_after` is obeyed, up to 120 s.
    pub fn answered(&self, status: u16, retry_after: Option<Duration>) {
        let mut pace = self.host.pace();
        match status {
            429 | 503 => {
                if let Some(wait) = retry_after {
                    let until = Instant::now() + wait.min(LONGEST_RETRY_AFTER);
                    pace.not_before = pace.not_before.max(Some(until));
                }
                if pace.slow_downs == self.slow_downs {
                    pace.slow_down(self.slow_down);
                    info!(status, interval = ?pace.slow_down, "a host asks for fewer requests");
                }
            }
            0..500 if pace.slow_downs == self.slow_downs => pace.speed_up(self.slow_down.0),
            _ => {}
        }
    }
}

/// When a host is asked next.
#[derive(Default)]
struct Pace {
    /// When the last request went.
    last: Option<Instant>,
    /// What `Retry-After` has asked for.
    not_before: Option<Instant>,
    /// The interval that refusals have led to.
    slow_down: Duration,
    /// The answers since it changed.
    successes: u32,
    /// How often it grew. Answers to requests from before that say nothing of the new pace: many in flight are refused
    /// together, and count once.
    slow_downs: u64,
}

impl Pace {
    /// Lets a request go, or tells when it may.
    fn go(&mut self, now: Instant, interval: Duration) -> Result<u64, Instant> {
        let due = self.last.map(|last| last + interval.max(self.slow_down));
        match due.max(self.not_before) {
            Some(due) if due > now => Err(due),
            _ => {
                self.last = Some(now);
                Ok(self.slow_downs)
            }
        }
    }

    fn slow_down(&mut self, (first, longest): (Duration, Duration)) {
        self.slow_down = (self.slow_down * 2).clamp(first, longest);
        self.slow_downs += 1;
        self.successes = 0;
    }

    fn speed_up(&mut self, first: Duration) {
        if self.slow_down.is_zero() {
            return;
        }
        self.successes += 1;
        if self.successes == SUCCESSES_TO_HALVE {
            self.successes = 0;
            self.slow_down /= 2;
            if self.slow_down < first {
                self.slow_down = Duration::ZERO;
            }
        }
    }

    /// Whether no request would have to wait for what is known here.
    fn is_over(&self, now: Instant) -> bool {
        let kept = if self.slow_down.is_zero() {
            LONGEST_INTERVAL
        } else {
            SLOW_DOWN_KEPT
        };
        self.not_before <= Some(now) && self.last.is_none_or(|last| now - last >= kept)
    }
}

#[cfg(test)]
mod tests;
