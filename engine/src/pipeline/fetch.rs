//! The fetch stage: as many pages at once as the job allows, handed on in the order of their numbers.

use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::{Semaphore, mpsc};

use super::message::{Failure, Fetched, Work};
use super::stop::Stop;
use crate::fetch::Client;
use crate::model::{ClosedSet, ErrorCode, Stage};

/// How many pages may wait for a slower one before them, for each page in flight.
const AHEAD: usize = 2;

/// Fetches what comes in until there is no more. After a stop what is in flight is dropped.
pub(crate) async fn run(
    client: Client,
    concurrency: usize,
    stop: Arc<Stop>,
    work: mpsc::Receiver<Work>,
    out: mpsc::Sender<Fetched>,
) {
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
                let (client, stop) = (client.clone(), Arc::clone(&stop));
                tokio::spawn(async move {
                    let fetched = fetch(&client, work, &stop).await;
                    drop(permit);
                    fetched
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

async fn fetch(client: &Client, work: Work, stop: &Stop) -> Fetched {
    let page = match &work.target {
        Err(failure) => Err(failure.clone()),
        // It waited for its turn when the run was stopped, and is not begun any more.
        Ok(_) if stop.no_more().is_cancelled() => Err(Failure {
            stage: Stage::Fetch,
            code: ErrorCode::Cancelled,
            message: "the run was stopped before the page was fetched".to_owned(),
        }),
        Ok(url) => client.fetch(url, stop.token()).await.map_err(|error| Failure {
            stage: Stage::Fetch,
            code: ErrorCode::from_name(error.code().as_str()).unwrap_or(ErrorCode::Internal),
            message: error.to_string(),
        }),
    };
    Fetched { work, page }
}
