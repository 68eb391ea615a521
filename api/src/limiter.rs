//! How often something may be done: behind one trait, so that several servers can count together one day.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// After how many answers the keys that were not seen for a while are forgotten.
const FORGET_EVERY: u32 = 1_000;

/// Says whether something may be done once more by whoever has a key.
pub(crate) trait Limiter: Send + Sync {
    /// Counts one more.
    fn count(&self, key: &str) -> Allowance;
}

/// What is left of what may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Whether this one may be.
    pub(crate) allowed: bool,
    /// How many may be done in a minute.
    pub(crate) limit: u32,
    /// How many more may be done now.
    pub(crate) remaining: u32,
    /// In how many seconds one more may be done, or, if one may be now, all of them. Rounded up.
    pub(crate) reset: u64,
}

/// Counts in this process: a bucket for each key that fills evenly over a minute.
pub(crate) struct InMemory {
    limiter: RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    quota: Quota,
    answers: AtomicU32,
}

impl InMemory {
    /// So many a minute.
    pub(crate) fn per_minute(limit: NonZeroU32) -> Self {
        let quota = Quota::per_minute(limit);
        Self {
            limiter: RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>(),
            clock: DefaultClock::default(),
            quota,
            answers: AtomicU32::new(0),
        }
    }
}

impl Limiter for InMemory {
    fn count(&self, key: &str) -> Allowance {
        if self.answers.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let limit = self.quota.burst_size().get();
        match self.limiter.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Allowance {
                    allowed: true,
                    limit,
                    remaining,
                    reset: whole_seconds(self.quota.replenish_interval() * (limit - remaining)),
                }
            }
            Err(not_until) => Allowance {
                allowed: false,
                limit,
                remaining: 0,
                reset: whole_seconds(not_until.wait_time_from(self.clock.now())).max(1),
            },
        }
    }
}

/// Rounded up, since whoever comes a moment too early is refused again.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_so_many_and_no_more() {
        let limiter = InMemory::per_minute(NonZeroU32::new(3).unwrap());
        let check = |key: &str, allowed, remaining| {
            let allowance = limiter.count(key);
            assert_eq!(
                (allowance.allowed, allowance.limit, allowance.remaining),
                (allowed, 3, remaining)
            );
            assert!((1..=60).contains(&allowance.reset), "{allowance:?}");
        };
        check("a", true, 2);
        check("a", true, 1);
        check("b", true, 2);
        check("a", true, 0);
        check("a", false, 0);
        check("b", true, 1);
    }
}
