//! The starting pages of a run, each once.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::Date;
use url::Url;

use super::link::canonical;
use super::{Fingerprint, Fingerprints};
use crate::model::{Job, SourceType};
use crate::source::{SourceError, start_urls};

/// Where a run starts: made one at a time, so that a run can begin in the middle, and a hundred thousand take no room.
#[derive(Debug)]
pub(crate) struct Starts {
    job: Arc<Job>,
    today: Date,
    /// The places at which a page comes again.
    repeated: HashSet<u64>,
    count: u64,
}

/// A starting page.
#[derive(Debug)]
pub(crate) struct Start {
    /// Its number in the run.
    pub(crate) number: u64,
    /// Its URL, or why its text is none.
    pub(crate) url: Result<Url, SourceError>,
    /// What is there.
    pub(crate) kind: SourceType,
}

impl Starts {
    /// Goes through the starting pages once, and adds them to those that were seen.
    pub(crate) fn new(job: &Arc<Job>, today: Date, seen: &mut Fingerprints) -> Self {
        let mut repeated = HashSet::new();
        let mut places = 0;
        for (place, url) in (0..).zip(start_urls(&job.source, &job.urls, today)) {
            places = place + 1;
            if url.is_ok_and(|url| !seen.insert(Fingerprint::of(canonical(&url).as_str()))) {
                repeated.insert(place);
            }
        }
        Self {
            job: Arc::clone(job),
            today,
            count: places - repeated.len() as u64,
            repeated,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The starting pages in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Start> + '_ {
        let named = self.job.source.count();
        let places = (0..).zip(start_urls(&self.job.source, &self.job.urls, self.today));
        let each_once = places.filter(|(place, _)| !self.repeated.contains(place));
        (0..).zip(each_once).map(move |(number, (place, url))| Start {
            number,
            url,
            kind: if place < named {
                self.job.source_type
            } else {
                SourceType::Page
            },
        })
    }
}
