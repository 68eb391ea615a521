//! A pipeline that is going.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::builder::Pipeline;
use super::crawl::Frontier;
use super::fetch::Fetcher;
use super::output::{Output, output};
use super::source::Source;
use super::stop::{Reason, Stop};
use super::tally::Tally;
use super::{extract, fetch};
use crate::model::{ErrorCode, Run, RunStatus};

/// How many pages may lie between two stages.
const BETWEEN_STAGES: usize = 2;

/// A run that is going. Dropping it cancels the run.
#[derive(Debug)]
pub struct Running {
    stop: Arc<Stop>,
    progress: watch::Receiver<Run>,
    done: JoinHandle<Finished>,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The run with its final state and counts.
    pub run: Run,
    /// Why it did not succeed.
    pub last_error: Option<(ErrorCode, String)>,
}

impl Pipeline {
    /// Starts the run on the current tokio runtime. What comes of its pages comes out of the receiver, in their order;
    /// dropping it ends the run.
    pub fn start(mut self) -> (Running, Output) {
        self.run.status = RunStatus::Running;
        self.run.started_at.get_or_insert_with(Timestamp::now);
        let stop = Arc::new(Stop::default());
        let (progress, watched) = watch::channel(self.run.clone());
        let (output, pages) = output();
        let next = self.done.next;
        let taken = self.done.taken.clone();
        let (seen, done) = (std::mem::take(&mut self.seen), std::mem::take(&mut self.done));
        let frontier = self
            .leads_on()
            .then(|| Arc::new(Frontier::new(self.starts.count(), seen, done, self.memory.clone())));
        let tally = Tally::new(
            &self.job,
            self.run.clone(),
            taken,
            frontier.clone(),
            Arc::clone(&stop),
            progress,
            output,
        );
        let done = tokio::spawn(drive(self, frontier, next, tally, Arc::clone(&stop)));
        (
            Running {
                stop,
                progress: watched,
                done,
            },
            pages,
        )
    }
}

async fn drive(
    pipeline: Pipeline,
    frontier: Option<Arc<Frontier>>,
    next: u64,
    tally: Tally,
    stop: Arc<Stop>,
) -> Finished {
    let Pipeline {
        job,
        client,
        renderer,
        reading,
        run,
        starts,
        memory,
        threads,
        ..
    } = pipeline;
    let (work_out, work) = mpsc::channel(BETWEEN_STAGES);
    let (fetched_out, fetched) = mpsc::channel(BETWEEN_STAGES);
    let (extracted_out, extracted) = mpsc::channel(BETWEEN_STAGES);
    let clock = job.budget.seconds.map(|seconds| {
        let stop = Arc::clone(&stop);
        // A run that goes on after a pause or a restart has a part of its time behind it.
        let spent = run.started_at.map_or(Duration::ZERO, |started| {
            Duration::try_from(Timestamp::now().duration_since(started)).unwrap_or_default()
        });
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(spent)).await;
            stop.because(Reason::Budget("seconds"));
        })
    });
    let concurrency = job.concurrency.get();
    let fetcher = Fetcher {
        client,
        renderer,
        last_run: memory.filter(|_| job.request.only_changed),
        needs_links: reading.leads_on(),
        stop: Arc::clone(&stop),
    };
    let source = Source {
        job,
        starts,
        frontier,
        next,
    };
    let source = tokio::spawn(source.run(Arc::clone(&stop), work_out));
    let fetch = tokio::spawn(fetch::run(fetcher, concurrency, work, fetched_out));
    let extract = tokio::spawn(extract::run(reading, threads, fetched, extracted_out));
    let tally = tokio::spawn(tally.run(extracted));
    // Each stage ends when the one before it has: a stop reaches the first two, and the others drain.
    let (source, fetch, extract, tally) = tokio::join!(source, fetch, extract, tally);
    if let Some(clock) = clock {
        clock.abort();
    }
    let source = source.expect("the source stage does not panic");
    fetch.expect("the fetch stage does not panic");
    extract.expect("the extract stage does not panic");
    let (run, last_error) = tally.expect("counting does not panic").finish(&source);
    Finished { run, last_error }
}

impl Running {
    /// The run as it stands; it changes with every page.
    pub fn progress(&self) -> watch::Receiver<Run> {
        self.progress.clone()
    }

    /// What cancels the run from elsewhere: requests in flight are dropped, what is fetched is drained.
    pub fn canceller(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let stop = Arc::clone(&self.stop);
        move || stop.because(Reason::Cancelled)
    }

    /// What ends the run from elsewhere before its time, to go on later: no page is begun, those in flight are finished.
    pub fn interrupter(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let stop = Arc::clone(&self.stop);
        move || stop.because(Reason::Interrupted)
    }

    /// Whether it was told to end before its time.
    pub fn is_stopping(&self) -> bool {
        self.stop.no_more().is_cancelled()
    }

    /// Whether it was told to drop the pages that are in flight.
    pub fn is_abandoned(&self) -> bool {
        self.stop.token().is_cancelled()
    }

    /// Waits for the end.
    pub async fn finish(mut self) -> Finished {
        (&mut self.done)
            .await
            .expect("the run's task does not panic and is not aborted")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.done.is_finished() {
            self.stop.because(Reason::Cancelled);
        }
    }
}
