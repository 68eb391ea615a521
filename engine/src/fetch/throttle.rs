//! The pace of a run's requests: the first at once, then one each interval, no bursts.
//!
//! It does not say how many pages are in flight; that is the pipeline's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::Rate;

/// How late a request may go without those after it going later too: the timer's grain is a millisecond, and a rate
/// with an interval below that could not be kept otherwise. Time without requests is never saved up.
const GRAIN: Duration = Duration::from_millis(2);

/// A pace that all clones keep together.
#[derive(Debug, Clone)]
pub struct Throttle {
    interval: Duration,
    /// When the next request may go. Who waits holds the lock, and the lock is fair: first come, first served, and
    /// who gives up waiting takes no place.
    next: Arc<Mutex<Option<Instant>>>,
}

impl Throttle {
    /// A pace of which no request has gone yet.
    pub fn new(rate: Rate) -> Self {
        Self {
            interval: rate.interval(),
            next: Arc::default(),
        }
    }

    /// Waits until the next request may go.
    ///
    /// Dropping the future before it is ready gives its place up.
    pub async fn wait(&self) {
        let mut next = self.next.lock().await;
        let due = if let Some(due) = *next {
            sleep_until(due).await;
            due
        } else {
            Instant::now()
        };
        let now = Instant::now();
        let start = if now.saturating_duration_since(due) <= GRAIN {
            due
        } else {
            now
        };
        *next = Some(start + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(per_minute: f64) -> Throttle {
        Throttle::new(Rate::per_minute(per_minute).unwrap())
    }

    /// The milliseconds from `start` at which each of `count` requests may go.
    async fn times(throttle: &Throttle, start: Instant, count: usize) -> Vec<u128> {
        let mut times = Vec::new();
        for _ in 0..count {
            throttle.wait().await;
            times.push(start.elapsed().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_goes_at_once_then_one_each_interval() {
        let start = Instant::now();
        assert_eq!(times(&throttle(60.0), start, 4).await, [0, 1000, 2000, 3000]);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_is_not_saved_up() {
        let throttle = throttle(60.0);
        let start = Instant::now();
        throttle.wait().await;
        tokio::time::advance(Duration::from_secs(10)).await;
        let times = times(&throttle, start, 3).await;
        assert_eq!(times, [10_000, 11_000, 12_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn clones_share_the_pace() {
        let throttle = throttle(600.0);
        let start = Instant::now();
        let waiters: Vec<_> = (0..5)
            .map(|_| {
                let throttle = throttle.clone();
                tokio::spawn(async move {
                    throttle.wait().await;
                    start.elapsed().as_millis()
                })
            })
            .collect();
        let times: Vec<_> = futures::future::join_all(waiters)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(times, [0, 100, 200, 300, 400]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_takes_no_place() {
        let throttle = throttle(60.0);
        let start = Instant::now();
        throttle.wait().await;
        let gave_up = tokio::time::timeout(Duration::from_millis(400), throttle.wait()).await;
        assert!(gave_up.is_err());
        assert_eq!(times(&throttle, start, 1).await, [1000]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_highest_rate_is_kept_below_the_timers_grain() {
        let start = Instant::now();
        let times = times(&throttle(Rate::MAX), start, 1001).await;
        assert_eq!(times[1000], 100, "1000 intervals of 0.1 ms");
        assert!(
            times.iter().enumerate().all(|(i, at)| *at * 10 >= i as u128),
            "none before its time"
        );
    }
}
