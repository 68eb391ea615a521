//! The extract stage: threads of its own, one a core, that decode pages, call the extractors, make rows and find links.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::message::{Extracted, Failure, Fetched, Work};
use super::reading::Reading;
use crate::model::ErrorCode;

/// A page on its way to a thread, and where the answer goes.
struct Task {
    fetched: Fetched,
    answer: oneshot::Sender<Extracted>,
}

/// Extracts what comes in until there is no more, and hands it on in the order in which it came.
pub(crate) async fn run(
    reading: Arc<Reading>,
    threads: usize,
    fetched: mpsc::Receiver<Fetched>,
    out: mpsc::Sender<Extracted>,
) {
    let (tasks, queue) = mpsc::channel(1);
    spawn_threads(&reading, threads, queue);
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
        _ => ended(work),
    }
}

/// The threads end when the last task is sent and done.
fn spawn_threads(reading: &Arc<Reading>, threads: usize, queue: mpsc::Receiver<Task>) {
    let queue = Arc::new(Mutex::new(queue));
    for at in 0..threads {
        let (reading, queue) = (Arc::clone(reading), Arc::clone(&queue));
        let thread = std::thread::Builder::new()
            .name(format!("extract-{at}"))
            .spawn(move || {
                let mut reader = reading.reader();
                // The lock is held while waiting, and by one thread only: the others wait for the lock instead.
                while let Some(Task { fetched, answer }) = next(&queue) {
                    // Nobody waits for the answer once the run is over.
                    let _ = answer.send(reader.read(fetched));
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

fn ended(work: Work) -> Extracted {
    Extracted {
        work,
        page: Err(Failure::extracting(
            ErrorCode::Internal,
            "the thread that extracted the page ended".to_owned(),
        )),
    }
}
