//! The extract stage: threads of its own, one a core, that decode pages, call the extractors and make rows.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::base_url::base_url;
use super::message::{Extracted, ExtractedPage, Failure, Fetched, Work};
use crate::fetch::FetchedPage;
use crate::model::{ErrorCode, Stage};
use crate::plugin::{ExtractionPlan, Extractors, OpenError, PageInput};
use crate::rows::{ItemsExtraction, PageInfo, RowMaker};

/// What the threads need to know of the job.
#[derive(Debug)]
pub(crate) struct Extraction {
    pub(crate) plan: Arc<ExtractionPlan>,
    pub(crate) rows: RowMaker,
}

/// A page on its way to a thread, and where the answer goes.
struct Task {
    fetched: Fetched,
    answer: oneshot::Sender<Extracted>,
}

/// Extracts what comes in until there is no more, and hands it on in the order in which it came.
pub(crate) async fn run(
    extraction: Arc<Extraction>,
    threads: usize,
    fetched: mpsc::Receiver<Fetched>,
    out: mpsc::Sender<Extracted>,
) {
    let (tasks, queue) = mpsc::channel(1);
    spawn_threads(&extraction, threads, queue);
    let fetched = futures::stream::unfold(fetched, |mut fetched| async {
        fetched.recv().await.map(|next| (next, fetched))
    });
    let mut extracted = std::pin::pin!(fetched.map(|fetched| submit(&tasks, fetched)).buffered(threads + 1));
    while let Some(extracted) = extracted.next().await {
        if out.send(extracted).await.is_err() {
            return;
        }
    }
}

async fn submit(tasks: &mpsc::Sender<Task>, fetched: Fetched) -> Extracted {
    let work = fetched.work.clone();
    let (answer, answered) = oneshot::channel();
    let sent = tasks.send(Task { fetched, answer }).await;
    match (sent, answered.await) {
        (Ok(()), Ok(extracted)) => extracted,
        _ => failed(
            work,
            ErrorCode::Internal,
            "the thread that extracted the page ended".to_owned(),
        ),
    }
}

/// The threads end when the last task is sent and done.
fn spawn_threads(extraction: &Arc<Extraction>, threads: usize, queue: mpsc::Receiver<Task>) {
    let queue = Arc::new(Mutex::new(queue));
    for at in 0..threads {
        let (extraction, queue) = (Arc::clone(extraction), Arc::clone(&queue));
        let thread = std::thread::Builder::new()
            .name(format!("extract-{at}"))
            .spawn(move || {
                let mut extractors = extraction.plan.extractors();
                // The lock is held while waiting, and by one thread only: the others wait for the lock instead.
                while let Some(Task { fetched, answer }) = next(&queue) {
                    // Nobody waits for the answer once the run is over.
                    let _ = answer.send(extract(&extraction.rows, &mut extractors, fetched));
                }
            });
        if let Err(error) = thread {
            tracing::error!(%error, "a thread for extraction did not start");
        }
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}

fn extract(rows: &RowMaker, extractors: &mut Extractors, Fetched { work, page }: Fetched) -> Extracted {
    let page = page.and_then(|page| extract_page(rows, extractors, work.number, &page));
    Extracted { work, page }
}

/// Extracts one page.
pub(crate) fn extract_page(
    rows: &RowMaker,
    extractors: &mut Extractors,
    number: u64,
    page: &FetchedPage,
) -> Result<ExtractedPage, Failure> {
    let text = page.text().text;
    let base_url = base_url(&text, &page.url);
    let mut found = extractors
        .extract(PageInput {
            url: page.url.as_str(),
            base_url: base_url.as_str(),
            media_type: &page.media_type,
            status: page.status,
            scripting: false,
            text: &text,
            bytes: &page.body,
        })
        .map_err(|error| failure(code(&error), error.to_string()))?;
    let info = PageInfo {
        url: page.url.as_str().into(),
        base_url,
        number,
        fetched_at: page.fetched_at,
    };
    let mut made = rows
        .make(&info, ItemsExtraction { items: found.items })
        .map_err(|error| failure(ErrorCode::PluginFailed, error.to_string()))?;
    made.warnings.append(&mut found.warnings);
    Ok(ExtractedPage {
        url: info.url,
        bytes: page.body.len() as u64,
        rows: made.rows,
        tallies: made.tallies,
        warnings: made.warnings,
    })
}

fn code(error: &OpenError) -> ErrorCode {
    match error {
        OpenError::Call(error) => error.code(),
        OpenError::Expression { .. } | OpenError::UnknownType(_) => ErrorCode::PluginFailed,
    }
}

fn failure(code: ErrorCode, message: String) -> Failure {
    Failure {
        stage: Stage::Extract,
        code,
        message,
    }
}

fn failed(work: Work, code: ErrorCode, message: String) -> Extracted {
    Extracted {
        work,
        page: Err(failure(code, message)),
    }
}
