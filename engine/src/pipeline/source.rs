//! The source stage: the pages of a run in the order of their numbers; the starting pages, then the links that are found.

use std::sync::Arc;

use tokio::sync::mpsc;
use url::Url;

use super::crawl::{Frontier, Link, MemoryError, Starts};
use super::message::{Failure, Work};
use super::stop::Stop;
use crate::model::{ErrorCode, Job, Stage, public};

/// How the source came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceEnd {
    /// There are no more pages, or the run was stopped.
    Done,
    /// There are more pages than the budget allows.
    PagesSpent,
    /// There are more pages, and which they are is lost.
    Lost(MemoryError),
}

/// What the stage hands out.
pub(crate) struct Source {
    pub(crate) job: Arc<Job>,
    pub(crate) starts: Starts,
    /// Links to come, unless the job has no way to any.
    pub(crate) frontier: Option<Arc<Frontier>>,
    /// Pages below this number are done with.
    pub(crate) next: u64,
}

impl Source {
    /// Hands out pages until they end, or the budget of pages, or the run.
    pub(crate) async fn run(self, stop: Arc<Stop>, out: mpsc::Sender<Work>) -> SourceEnd {
        tokio::select! {
            biased;
            () = stop.no_more().cancelled() => SourceEnd::Done,
            end = self.hand_out(&out) => end,
        }
    }

    async fn hand_out(&self, out: &mpsc::Sender<Work>) -> SourceEnd {
        let is_spent = |number| self.job.budget.pages.is_some_and(|pages| number >= pages);
        for start in self.starts.iter() {
            if is_spent(start.number) {
                return SourceEnd::PagesSpent;
            }
            if start.number < self.next {
                continue;
            }
            let work = Work {
                number: start.number,
                url: start
                    .url
                    .as_ref()
                    .map_or_else(|_| self.job.source.as_str().to_owned(), |url| public(url).to_string()),
                target: start.url.map_err(|error| invalid(error.to_string())),
                kind: start.kind,
                depth: 0,
                listing: 1,
            };
            if out.send(work).await.is_err() {
                return SourceEnd::Done;
            }
        }
        let Some(frontier) = &self.frontier else {
            return SourceEnd::Done;
        };
        loop {
            let (number, link) = match frontier.next().await {
                Ok(Some(next)) => next,
                Ok(None) => return SourceEnd::Done,
                Err(error) => return SourceEnd::Lost(error),
            };
            if is_spent(number) {
                return SourceEnd::PagesSpent;
            }
            if out.send(found(number, link)).await.is_err() {
                return SourceEnd::Done;
            }
        }
    }
}

fn found(number: u64, link: Link) -> Work {
    let target = Url::parse(&link.url).map_err(|error| invalid(error.to_string()));
    Work {
        number,
        url: target.as_ref().map_or(link.url, |url| public(url).to_string()),
        target,
        kind: link.kind,
        depth: link.depth,
        listing: link.listing,
    }
}

fn invalid(message: String) -> Failure {
    Failure {
        stage: Stage::Source,
        code: ErrorCode::InvalidUrl,
        message,
    }
}
