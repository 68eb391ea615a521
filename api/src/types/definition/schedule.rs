//! `scheduling`.

use poem_openapi::Object;
use snowscrape_engine::model::{Missed, Overlap};

use super::described::{Described, word};
use super::optional::{Optional, yes};

/// When a job runs by itself: on each of `days`, in each of `hours`, at each of `minutes`.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct Schedule {
    /// Days of the week, 0 for Sunday; every day if left out or empty.
    #[oai(validator(minimum(value = "0"), maximum(value = "6")))]
    days: Optional<Vec<u8>>,
    /// Hours of the day; every hour if left out or empty.
    #[oai(validator(minimum(value = "0"), maximum(value = "23")))]
    hours: Optional<Vec<u8>>,
    /// Minutes of the hour; minute 0 if left out or empty.
    #[oai(validator(minimum(value = "0"), maximum(value = "59")))]
    minutes: Optional<Vec<u8>>,
    /// The time zone of days and hours, and of the dates in `source`: a name of the IANA database, such as
    /// `Europe/Paris`.
    #[oai(default = "utc", validator(pattern = "^[A-Za-z][A-Za-z0-9_+/-]*$"))]
    timezone: Optional<String>,
    /// What becomes of a time at which the last run is still going: it is left out (`skip`), or runs afterwards
    /// (`queue`).
    #[oai(default = "word::<Overlap>")]
    overlap: Optional<Described<Overlap>>,
    /// What becomes of times that passed while the server was down: one run makes up for them (`once`), or they are
    /// left out (`skip`).
    #[oai(default = "word::<Missed>")]
    missed: Optional<Described<Missed>>,
    /// Whether the schedule counts.
    #[oai(default = "yes")]
    enabled: Optional<bool>,
}

fn utc() -> Optional<String> {
    Optional::Default("UTC".to_owned())
}
