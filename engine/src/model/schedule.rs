//! When a job runs by itself.

use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// The times at which a job runs, as cron has them: on each of `days`, in each of `hours`, at each of `minutes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// Days of the week, 0 for Sunday.
    pub days: Slots<6>,
    /// Hours of the day.
    pub hours: Slots<23>,
    /// Minutes of the hour.
    pub minutes: Slots<59>,
    /// The time zone of days and hours, and of the dates in a source.
    #[serde(serialize_with = "as_name")]
    pub timezone: TimeZone,
    /// What becomes of a time at which the last run is still going.
    pub overlap: Overlap,
    /// What becomes of times that passed while nothing was running.
    pub missed: Missed,
    /// Whether the schedule counts.
    pub enabled: bool,
}

/// A set of whole numbers from 0 to `MAX` (at most 63), never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots<const MAX: u8>(u64);

impl<const MAX: u8> Slots<MAX> {
    /// All numbers.
    pub const ALL: Self = Self(u64::MAX >> (63 - MAX));

    /// The set of these numbers; `None` if there are none, or if one is above `MAX`.
    pub fn new(numbers: impl IntoIterator<Item = u8>) -> Option<Self> {
        let bits = numbers
            .into_iter()
            .try_fold(0, |bits, number| (number <= MAX).then(|| bits | 1 << number))?;
        (bits != 0).then_some(Self(bits))
    }

    /// Whether `number` is one of them.
    pub fn contains(self, number: u8) -> bool {
        number <= MAX && self.0 >> number & 1 == 1
    }

    /// The numbers, upwards.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..=MAX).filter(move |number| self.contains(*number))
    }
}

closed_set! {
    /// What becomes of a time at which the last run is still going.
    #[derive(Default)]
    pub enum Overlap {
        /// It is left out.
        #[default]
        Skip = "skip",
        /// It runs when the other is done.
        Queue = "queue",
    }
}

closed_set! {
    /// What becomes of times that passed while nothing was running.
    #[derive(Default)]
    pub enum Missed {
        /// They are made up for by one run.
        #[default]
        Once = "once",
        /// They are left out.
        Skip = "skip",
    }
}

impl<const MAX: u8> Serialize for Slots<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn as_name<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_bounded_sets() {
        let numbers = |slots: Option<Slots<59>>| slots.map(|slots| slots.iter().collect::<Vec<_>>());
        assert_eq!(numbers(Slots::new([59, 0, 15, 0])), Some(vec![0, 15, 59]));
        assert_eq!(numbers(Slots::new([60])), None);
        assert_eq!(numbers(Slots::new([255])), None);
        assert_eq!(numbers(Slots::new([])), None);
        assert_eq!(Slots::<6>::ALL.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert!(!Slots::<6>::ALL.contains(7));
    }
}
