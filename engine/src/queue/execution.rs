//! One run carried out: its pipeline built, its pages stored in small groups, its end written down.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::memory::RunMemory;
use super::worker::{Worker, WriteLock};
use crate::model::{ErrorCode, Job, LogLevel, Run, RunStatus};
use crate::pipeline::{Environment, Finished, Output, PageOutput, Pipeline, Running};
use crate::store::{Claimed, EncodedPages, Ending, StoreError, WaitingRun};

/// How long it is waited before something is written again that found no room, or a database that failed.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often a database that fails for another reason than room is asked again.
const ATTEMPTS: u32 = 5;

/// What can be told to a run that is going.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    /// Begin no further page.
    pub(super) interrupt: CancellationToken,
    /// Drop the pages in flight, too: the time for them is over.
    pub(super) abandon: CancellationToken,
    /// Stop at once, and store nothing more.
    pub(super) cancel: CancellationToken,
}

/// A run to be carried out.
pub(super) struct Execution {
    worker: Arc<Worker>,
    waiting: WaitingRun,
    claimed: Claimed,
    signals: Signals,
    writes: WriteLock,
    journal: Journal,
}

/// What became of it.
enum Outcome {
    /// It came to its end.
    Finished(Box<Finished>),
    /// It cannot begin.
    Failed(ErrorCode, String),
    /// It goes on later.
    Interrupted,
    /// It is another's, or nobody's any more.
    Lost,
}

/// Why storing pages ended before the pages did.
enum Stopped {
    Lost,
    /// The user's rows take as much of the disk as they may.
    NoRoomForUser(u64),
}

impl Execution {
    pub(super) fn new(
        worker: Arc<Worker>,
        waiting: WaitingRun,
        claimed: Claimed,
        signals: Signals,
        writes: WriteLock,
    ) -> Self {
        let journal = Journal::new(claimed.next_line, claimed.record.run.warnings.len());
        Self {
            worker,
            waiting,
            claimed,
            signals,
            writes,
            journal,
        }
    }

    pub(super) async fn carry_out(mut self) {
        let words = if self.claimed.next_page == 0 {
            "the run began".to_owned()
        } else {
            format!("the run goes on at page {}", self.claimed.next_page + 1)
        };
        self.journal.add(LogLevel::Info, words);
        let worker = Arc::clone(&self.worker);
        if let Err(error) = worker.usage.enter(&worker.store, &self.waiting.user).await {
            tracing::error!(run = %self.waiting.run, %error, "a run could not be taken up");
            return self.release().await;
        }
        match Box::pin(self.drive()).await {
            Outcome::Finished(finished) => self.finish(*finished).await,
            Outcome::Failed(code, message) => {
                let run = self.claimed.record.run.clone();
                self.finish(failed(run, code, message)).await;
            }
            Outcome::Interrupted => self.release().await,
            Outcome::Lost => {}
        }
        worker.usage.leave(&self.waiting.user);
    }

    async fn drive(&mut self) -> Outcome {
        let pipeline = match Box::pin(self.build()).await {
            Ok(pipeline) => pipeline,
            Err(outcome) => return outcome,
        };
        let (running, mut output) = pipeline.start();
        let stored = self.store_pages(&running, &mut output).await;
        match stored {
            Ok(()) => {
                let finished = running.finish().await;
                match finished.run.status {
                    RunStatus::Running => Outcome::Interrupted,
                    // Its user's wish is in the store already.
                    RunStatus::Cancelled => Outcome::Lost,
                    _ => Outcome::Finished(Box::new(finished)),
                }
            }
            Err(stopped) => {
                running.canceller()();
                while output.recv().await.is_some() {}
                let mut run = running.finish().await.run;
                match stopped {
                    Stopped::Lost => Outcome::Lost,
                    Stopped::NoRoomForUser(cap) => {
                        run.status = RunStatus::Failed;
                        let message = format!(
                            "the rows of your runs take up all of the {cap} bytes that you may have; delete jobs, or \
                             keep fewer runs (retention.runs), and run it again"
                        );
                        Outcome::Finished(Box::new(failed(run, ErrorCode::StorageFull, message)))
                    }
                }
            }
        }
    }

    async fn build(&mut self) -> Result<Pipeline, Outcome> {
        let run = self.waiting.run.clone();
        let unread = |error: StoreError| {
            tracing::error!(%run, %error, "the pages of a run could not be read");
            match error {
                // It would be read no better the next time.
                StoreError::Damaged(_) => Outcome::Failed(
                    ErrorCode::Internal,
                    format!("the run cannot go on: {error}; run the job again"),
                ),
                _ => Outcome::Interrupted,
            }
        };
        let done = self
            .worker
            .store
            .pages_done(&run, self.claimed.next_page)
            .await
            .map_err(unread)?;
        let environment = self.worker.environment.clone();
        let record = self.claimed.record.clone();
        // Opening sessions and compiling expressions is work for a thread that may be busy.
        let built = tokio::task::spawn_blocking(move || {
            let fail = |code, message: String| Outcome::Failed(code, message);
            let job = Job::from_text(&record.definition, &*environment.registry).map_err(|faults| {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                let faults = faults.join("; ");
                fail(
                    ErrorCode::PluginFailed,
                    format!("the definition is not valid any more: {faults}; change the job"),
                )
            })?;
            let environment = Environment {
                registry: &environment.registry,
                secrets: &*environment.secrets,
                fetch: &environment.fetch,
                browsers: &environment.browsers,
            };
            let began_with = record.run.plugins.clone();
            let pipeline =
                Pipeline::build(job, environment, record.run).map_err(|error| fail(error.code(), error.to_string()))?;
            // Rows of one run are made by the same components from the first to the last.
            let changed = began_with.iter().find(|plugin| !pipeline.uses(plugin));
            if let Some(plugin) = changed {
                let message = format!(
                    "the run began with {} {}, which this server has no more; run the job again",
                    plugin.name, plugin.version
                );
                return Err(fail(ErrorCode::PluginFailed, message));
            }
            Ok(pipeline)
        });
        let pipeline = built.await.expect("building a pipeline does not panic")?;
        let memory = self.memory(&pipeline).await.map_err(unread)?;
        Ok(pipeline.going_on_after(done).remembering(Arc::new(memory)))
    }

    /// What the run can look up: its own pages, and those of the job's last successful run if it asks for changed ones only.
    async fn memory(&self, pipeline: &Pipeline) -> Result<RunMemory, StoreError> {
        let store = &self.worker.store;
        let mut last = None;
        if pipeline.compares() {
            let job = store.job(&self.waiting.user, &self.waiting.job).await?;
            if let Some(run) = job.success {
                let record = store.run(&self.waiting.job, &run).await?;
                // Rows that are made in another way are other rows, whatever the pages are.
                if makes_the_same(&record.definition, &self.claimed.record.definition) {
                    last = Some((run, record.pages_end));
                }
            }
        }
        RunMemory::new(store, &self.waiting.run, last).await
    }

    /// Stores pages as they come, those that are ready together, until there are no more.
    async fn store_pages(&mut self, running: &Running, output: &mut Output) -> Result<(), Stopped> {
        let (interrupt, abandon) = (running.interrupter(), running.canceller());
        let signals = self.signals.clone();
        let mut pages = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = signals.cancel.cancelled() => return Err(Stopped::Lost),
                () = signals.interrupt.cancelled(), if !running.is_stopping() => {
                    interrupt();
                }
                () = signals.abandon.cancelled(), if running.is_stopping() && !running.is_abandoned() => {
                    abandon();
                }
                () = output.recv_many(&mut pages) => {
                    if pages.is_empty() {
                        return Ok(());
                    }
                    self.journal.add_pages(&pages);
                    self.commit(&pages).await?;
                    pages.clear();
                    self.worker.changed(&self.waiting.job);
                }
            }
        }
    }

    /// Stores a group of pages; where the disk is full, as soon as there is room.
    async fn commit(&mut self, pages: &[PageOutput]) -> Result<(), Stopped> {
        let Some(pages) = EncodedPages::new(&self.waiting.run, pages) else {
            return Ok(());
        };
        if let Err(cap) = self.worker.usage.check(&self.waiting.user, pages.size()) {
            return Err(Stopped::NoRoomForUser(cap));
        }
        let worker = Arc::clone(&self.worker);
        let lease = self.claimed.lease.clone();
        let log = self.journal.unwritten();
        self.retry(|| worker.store.commit_pages(&lease, &pages, (log.0, &log.1)))
            .await
            .map_err(|_| Stopped::Lost)?;
        failpoint!("committed");
        self.journal.written();
        self.worker.usage.add(&self.waiting.user, pages.size());
        Ok(())
    }

    async fn finish(&mut self, finished: Finished) {
        let Finished { run, last_error } = finished;
        let words = match &last_error {
            Some((code, message)) => format!("the run ended: {}, {code}: {message}", run.status),
            None => format!("the run ended: {}, {} pages, {} rows", run.status, run.pages, run.rows),
        };
        let level = if run.status == RunStatus::Success {
            LogLevel::Info
        } else {
            LogLevel::Error
        };
        self.journal.add_last(level, words);
        let ending = Ending {
            run,
            last_error,
            log: self.journal.unwritten(),
        };
        let (store, user) = (self.worker.store.clone(), self.waiting.user.clone());
        let lease = self.claimed.lease.clone();
        failpoint!("finishing");
        match self.retry(|| store.finish(&lease, &user, &ending)).await {
            Ok(()) => {
                failpoint!("finished");
                if let Err(error) = store.retire_runs(&user, &self.waiting.job).await {
                    tracing::warn!(job = %self.waiting.job, %error, "old runs could not be taken away");
                }
                self.worker.clean_up();
            }
            // It was paused just before its end: it comes to it when it is resumed.
            Err(StoreError::State { .. }) => self.release().await,
            // Its user ended it, or deleted it with its job.
            Err(StoreError::LeaseLost | StoreError::NotFound(_)) => {}
            Err(error) => tracing::error!(run = %self.waiting.run, %error, "the end of a run could not be written"),
        }
    }

    async fn release(&mut self) {
        self.journal
            .add_last(LogLevel::Info, "the run was interrupted, and goes on later".to_owned());
        let (first, lines) = self.journal.unwritten();
        failpoint!("releasing");
        let _write = self.writes.lock().await;
        let released = self
            .worker
            .store
            .release(&self.claimed.lease, (first, &lines), Timestamp::now())
            .await;
        match released {
            Ok(()) | Err(StoreError::LeaseLost) => {}
            Err(error) => tracing::warn!(run = %self.waiting.run, %error, "a lease could not be given back"),
        }
    }

    /// Does something with the store until it is done: where there is no room, until there is some; where it fails for
    /// another reason, a few times.
    async fn retry<F>(&self, mut attempt: impl FnMut() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let mut failures = 0;
        loop {
            let write = self.writes.lock().await;
            let attempted = attempt().await;
            drop(write);
            let error = match attempted {
                Err(error @ (StoreError::LeaseLost | StoreError::State { .. } | StoreError::NotFound(_))) => {
                    return Err(error);
                }
                Err(error) => error,
                Ok(()) => {
                    self.worker.storage_is_full(false);
                    return Ok(());
                }
            };
            if matches!(error, StoreError::StorageFull) {
                self.worker.storage_is_full(true);
            } else {
                failures += 1;
                tracing::warn!(run = %self.waiting.run, %error, failures, "the store failed");
                if failures == ATTEMPTS {
                    return Err(error);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(TRY_AGAIN_AFTER) => {}
                () = self.signals.cancel.cancelled() => return Err(error),
                () = self.signals.abandon.cancelled() => return Err(error),
            }
        }
    }
}

/// Whether two definitions make the same rows of the same pages.
fn makes_the_same(one: &str, other: &str) -> bool {
    let parts = |definition: &str| {
        let definition: Json = serde_json::from_str(definition).unwrap_or_default();
        ["queries", "item", "rows_from", "request", "render_config"].map(|field| definition[field].clone())
    };
    parts(one) == parts(other)
}

/// The end of a run that failed as a whole.
fn failed(mut run: Run, code: ErrorCode, message: String) -> Finished {
    run.status = RunStatus::Failed;
    run.finished_at = Some(Timestamp::now());
    Finished {
        run,
        last_error: Some((code, message)),
    }
}
