//! The limits that a job sets itself.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// Requests a minute: above 0, at most 600,000.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct RateLimit(f64);

impl RateLimit {
    /// The highest rate.
    pub const MAX: f64 = 600_000.0;

    /// A rate, if it is within its bounds.
    pub fn new(per_minute: f64) -> Option<Self> {
        (per_minute > 0.0 && per_minute <= Self::MAX).then_some(Self(per_minute))
    }

    /// Requests a minute.
    pub fn per_minute(self) -> f64 {
        self.0
    }

    /// The time from one request to the next. A rate near 0 gives [`Duration::MAX`].
    pub fn interval(self) -> Duration {
        Duration::try_from_secs_f64(60.0 / self.0).unwrap_or(Duration::MAX)
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self(10.0)
    }
}

/// A rate without a fraction is written without one, as users write it.
impl Serialize for RateLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 {
            serializer.serialize_u32(self.0 as u32)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// Pages in flight at once: 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Concurrency(u8);

impl Concurrency {
    /// The most pages in flight.
    pub const MAX: u8 = 64;

    /// A number of pages, if it is within its bounds.
    pub fn new(pages: u64) -> Option<Self> {
        (1..=u64::from(Self::MAX)).contains(&pages).then_some(Self(pages as u8))
    }

    /// The number of pages.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self(4)
    }
}

/// Where a run stops by itself; none of them is set unless the job sets it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Pages fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// Seconds from the run's start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Decoded bytes fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Rows made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// How long finished runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// How many of the job's last runs.
    pub runs: u32,
    /// For how many days at most; any age if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { runs: 20, days: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_bounds_and_an_interval() {
        fn check(rate: f64, interval: Option<Duration>) {
            assert_eq!(RateLimit::new(rate).map(RateLimit::interval), interval, "{rate}");
        }
        check(60.0, Some(Duration::from_secs(1)));
        check(0.5, Some(Duration::from_mins(2)));
        check(600_000.0, Some(Duration::from_micros(100)));
        check(600_000.1, None);
        check(1e-300, Some(Duration::MAX));
        check(0.0, None);
        check(-1.0, None);
        check(f64::NAN, None);
        check(f64::INFINITY, None);
        let written = |rate| serde_json::to_string(&RateLimit::new(rate)).expect("JSON");
        assert_eq!((written(10.0), written(0.5)), ("10".to_owned(), "0.5".to_owned()));
    }

    #[test]
    fn concurrency_has_bounds() {
        let check = |pages, expected| assert_eq!(Concurrency::new(pages).map(Concurrency::get), expected);
        check(0, None);
        check(1, Some(1));
        check(64, Some(64));
        check(65, None);
        check(257, None);
    }
}
