//! The source stage: the URLs of a job, each once.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::civil::Date;
use tokio::sync::mpsc;
use url::Url;

use super::message::{Failure, Work};
use super::stop::Stop;
use crate::model::{ErrorCode, Job, Stage};
use crate::source::start_urls;

/// How the source came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceEnd {
    /// There are no more pages, or the run was stopped.
    Done,
    /// There are more pages than the budget allows.
    PagesSpent,
}

/// What a page is known by within a run: the URL standard's serialisation without fragment.
pub(crate) fn canonical(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// Hands out the pages of a job from number `next` on, until they end, or the budget of pages, or the run.
pub(crate) async fn run(job: Arc<Job>, today: Date, next: u64, stop: Arc<Stop>, out: mpsc::Sender<Work>) -> SourceEnd {
    let mut seen = HashSet::new();
    let mut number = 0;
    for url in start_urls(&job.source, &job.urls, today) {
        if url.as_ref().is_ok_and(|url| !seen.insert(canonical(url))) {
            continue;
        }
        if job.budget.pages.is_some_and(|pages| number >= pages) {
            return SourceEnd::PagesSpent;
        }
        let work = Work {
            number,
            url: url
                .as_ref()
                .map_or_else(|_| job.source.as_str().to_owned(), Url::to_string),
            target: url.map_err(|error| Failure {
                stage: Stage::Source,
                code: ErrorCode::InvalidUrl,
                message: error.to_string(),
            }),
        };
        number += 1;
        if work.number < next {
            continue;
        }
        tokio::select! {
            biased;
            () = stop.no_more().cancelled() => return SourceEnd::Done,
            sent = out.send(work) => if sent.is_err() { return SourceEnd::Done },
        }
    }
    SourceEnd::Done
}
