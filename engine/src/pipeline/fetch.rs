//! The fetch stage: as many pages at once as the job allows, handed on in the order of their numbers.

use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::{Semaphore, mpsc};
use url::Url;

use super::crawl::{Fingerprint, Memory, Visit, canonical};
use super::message::{Arrival, Arrived, Failure, Fetched, Work};
use super::render::Renderer;
use super::stop::Stop;
use crate::fetch::{self, Client, FetchedPage, Validators};
use crate::model::{ErrorCode, SourceType, Stage, public};

/// How many pages may wait for a slower one before them, for each page in flight.
const AHEAD: usize = 2;

/// What the stage fetches by.
#[derive(Debug)]
pub(crate) struct Fetcher {
    pub(crate) client: Client,
    /// The browser, if the job's pages are rendered.
    pub(crate) renderer: Option<Renderer>,
    /// The pages of the last successful run, if the job asks for changed ones only.
    pub(crate) last_run: Option<Arc<dyn Memory>>,
    /// Whether a page that has not changed is needed all the same, for its links.
    pub(crate) needs_links: bool,
    pub(crate) stop: Arc<Stop>,
}

/// Fetches what comes in until there is no more. After a stop what is in flight is dropped.
pub(crate) async fn run(fetcher: Fetcher, concurrency: usize, work: mpsc::Receiver<Work>, out: mpsc::Sender<Fetched>) {
    let fetcher = Arc::new(fetcher);
    let in_flight = Arc::new(Semaphore::new(concurrency));
    let work = futures::stream::unfold(work, |mut work| async { work.recv().await.map(|next| (next, work)) });
    // Permits are taken in the order of the pages, so that a page never waits for a later one.
    let permitted = work.then(|work| {
        let permit = Arc::clone(&in_flight).acquire_owned();
        async move { (permit.await.expect("the semaphore is never closed"), work) }
    });
    let mut fetched = std::pin::pin!(
        permitted
            .map(|(permit, work)| {
                let fetcher = Arc::clone(&fetcher);
                tokio::spawn(async move {
                    let page = fetcher.fetch(&work).await;
                    drop(permit);
                    Fetched { work, page }
                })
            })
            .buffered(concurrency * AHEAD)
    );
    while let Some(fetched) = fetched.next().await {
        let fetched = fetched.expect("fetching does not panic and is not aborted");
        if out.send(fetched).await.is_err() {
            return;
        }
    }
}

impl Fetcher {
    async fn fetch(&self, work: &Work) -> Result<Arrival, Failure> {
        let url = work.target.as_ref().map_err(Failure::clone)?;
        // It waited for its turn when the run was stopped, and is not begun any more.
        if self.stop.no_more().is_cancelled() {
            return Err(Failure {
                stage: Stage::Fetch,
                code: ErrorCode::Cancelled,
                message: "the run was stopped before the page was fetched".to_owned(),
            });
        }
        let last = match &self.last_run {
            Some(last_run) if work.kind == SourceType::Page => last_visit(&**last_run, url).await,
            _ => None,
        };
        if let Some(renderer) = self.renderer.as_ref().filter(|_| work.kind == SourceType::Page) {
            match renderer.render(&self.client, url, &self.stop).await {
                Ok(rendered) => {
                    return Ok(Arrival::Page(Box::new(Arrived {
                        page: rendered.page,
                        last,
                        scripting: true,
                        screenshot: rendered.screenshot,
                    })));
                }
                Err(failed) if !renderer.falls_back_from(failed.code) => return Err(failed),
                Err(failed) => tracing::info!(
                    url = work.url,
                    reason = failed.message,
                    "a page is fetched, since it cannot be rendered"
                ),
            }
        }
        // A page of which only its being unchanged were told would keep its links.
        let visit = match last {
            Some(visit) if !self.needs_links => visit,
            last => {
                let page = self.client.fetch(url, self.stop.token()).await;
                return Ok(fetched(page.map_err(|error| Failure::fetching(&error))?, last));
            }
        };
        let known = Validators {
            etag: visit.etag.clone(),
            last_modified: visit.last_modified.clone(),
        };
        let answer = self
            .client
            .fetch_if_changed(url, &known, self.stop.token())
            .await
            .map_err(|error| Failure::fetching(&error))?;
        Ok(match answer {
            fetch::Fetched::Page(page) => fetched(page, Some(visit)),
            fetch::Fetched::NotModified(answer) => Arrival::NotModified(
                answer.url,
                Visit {
                    etag: answer.validators.etag,
                    last_modified: answer.validators.last_modified,
                    ..visit
                },
            ),
        })
    }
}

/// A page whose last visit cannot be read counts as one that was not visited: its rows are made anew, and nothing is lost.
async fn last_visit(memory: &dyn Memory, url: &Url) -> Option<Visit> {
    let page = Fingerprint::of(canonical(url).as_str());
    memory.last_visit(page).await.unwrap_or_else(|reason| {
        tracing::warn!(url = %public(url), %reason, "the last visit of a page could not be read");
        None
    })
}

fn fetched(page: FetchedPage, last: Option<Visit>) -> Arrival {
    Arrival::Page(Box::new(Arrived {
        page,
        last,
        scripting: false,
        screenshot: None,
    }))
}
