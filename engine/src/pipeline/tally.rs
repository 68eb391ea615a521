//! The end of the pipeline: pages in order are counted, checked against the budgets, and their rows handed out.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::crawl::{Fingerprint, Fingerprints, Found, Frontier, Visit};
use super::message::{Content, Extracted, ExtractedPage, Failure, PageOutput, Work};
use super::output::OutputSender;
use super::source::SourceEnd;
use super::stop::{Reason, Stop};
use crate::model::{
    Budget, ClosedSet, ColumnCount, ErrorCode, Job, OnPluginError, PageError, Row, Run, RunStatus, Warning, WarningCode,
};
use crate::rows::ColumnTally;

/// How many errors and how many warnings a run keeps with their words; the others are counted.
const KEPT: usize = 20;

/// What is kept of a page that was counted.
#[derive(Default)]
struct Counted {
    /// Its URL, unless it is a document or was taken before.
    url: Option<Arc<str>>,
    rows: Vec<Row>,
    links: Vec<Found>,
    visit: Option<Visit>,
    screenshot: Option<Bytes>,
}

/// Counts a run's pages.
pub(crate) struct Tally {
    run: Run,
    budget: Budget,
    on_plugin_error: OnPluginError,
    /// The URLs of the pages that were extracted, after redirects.
    taken: Fingerprints,
    frontier: Option<Arc<Frontier>>,
    stop: Arc<Stop>,
    progress: watch::Sender<Run>,
    output: OutputSender,
}

impl Tally {
    pub(crate) fn new(
        job: &Job,
        run: Run,
        taken: Fingerprints,
        frontier: Option<Arc<Frontier>>,
        stop: Arc<Stop>,
        progress: watch::Sender<Run>,
        output: OutputSender,
    ) -> Self {
        let mut tally = Self {
            run,
            budget: job.budget,
            on_plugin_error: job.on_plugin_error,
            taken,
            frontier,
            stop,
            progress,
            output,
        };
        if tally.run.columns.is_empty() {
            let columns = job.queries.iter().map(|query| ColumnCount {
                name: query.name.clone(),
                filled: 0,
                unparsed: 0,
            });
            tally.run.columns = columns.collect();
        }
        tally
    }

    /// Counts pages until there are no more.
    pub(crate) async fn run(mut self, mut extracted: mpsc::Receiver<Extracted>) -> Self {
        let mut gap = false;
        while let Some(Extracted { work, page }) = extracted.recv().await {
            // A run that goes on later begins after the last page that was counted: nothing may be left out before it.
            if gap && self.stop.reason() == Some(Reason::Interrupted) {
                continue;
            }
            let mut failed = None;
            let counted = match page {
                // What was in flight when the run was stopped is neither extracted nor failed.
                Err(failure) if failure.code == ErrorCode::Cancelled => {
                    gap = true;
                    continue;
                }
                Err(failure) => {
                    failed = Some(self.count_failure(&work, failure));
                    Counted::default()
                }
                Ok(_) if self.is_spent() => continue,
                Ok(page) => self.count_page(page),
            };
            self.progress.send_replace(self.run.clone());
            let links = match &self.frontier {
                Some(frontier) => frontier.settle(work.number, counted.links),
                None => Vec::new(),
            };
            let output = PageOutput {
                number: work.number,
                url: counted.url,
                rows: counted.rows,
                failure: failed,
                links,
                visit: counted.visit,
                screenshot: counted.screenshot,
                run: self.run.clone(),
            };
            if self.output.send(output).await.is_err() {
                self.stop.because(Reason::OutputClosed);
            }
            self.check_budgets();
        }
        self
    }

    /// Whether a budget ended the run: what was in flight then is not counted.
    fn is_spent(&self) -> bool {
        matches!(self.stop.reason(), Some(Reason::Budget(_)))
    }

    fn count_failure(&mut self, work: &Work, Failure { stage, code, message }: Failure) -> PageError {
        tracing::warn!(url = %work.url, code = code.as_str(), %message, "page failed");
        let is_plugins = matches!(
            code,
            ErrorCode::PluginFailed | ErrorCode::PluginTimeout | ErrorCode::PluginMemory
        );
        self.run.failed_pages += 1;
        self.run.errors += 1;
        *self.run.errors_by_code.entry(code).or_default() += 1;
        let error = PageError {
            url: work.url.clone(),
            stage,
            code,
            message,
            at: Timestamp::now(),
        };
        if self.run.first_errors.len() < KEPT {
            self.run.first_errors.push(error.clone());
        }
        if is_plugins && self.on_plugin_error == OnPluginError::FailRun {
            self.stop.because(Reason::Failed);
        }
        error
    }

    /// Counts a page and gives what is to be kept of it.
    fn count_page(&mut self, page: ExtractedPage) -> Counted {
        self.run.bytes += page.bytes;
        let mut counted = Counted {
            links: page.links,
            visit: page.visit,
            screenshot: page.screenshot,
            ..Counted::default()
        };
        if !matches!(page.content, Content::Document) {
            let fingerprint = Fingerprint::of(page.url.as_bytes());
            if !self.taken.insert(fingerprint) {
                self.run.duplicate_pages += 1;
                // Its links were taken when it was.
                return Counted::default();
            }
            if let Some(frontier) = &self.frontier {
                frontier.see(fingerprint);
            }
            counted.url = Some(page.url);
        }
        for warning in page.warnings {
            self.warn(warning);
        }
        match page.content {
            Content::Document => {}
            Content::Unchanged => self.run.unchanged_pages += 1,
            Content::LinksOnly => self.run.pages += 1,
            Content::Rows(rows, tallies) => {
                let made = rows.len();
                counted.rows = self.count_rows(rows, &tallies);
                // A page that counts as unchanged next time would keep the rows that the budget has cut.
                if counted.rows.len() < made {
                    counted.visit = None;
                }
            }
        }
        counted
    }

    /// Counts a page that makes rows, and cuts them where the budget ends.
    fn count_rows(&mut self, mut rows: Vec<Row>, tallies: &[ColumnTally]) -> Vec<Row> {
        self.run.pages += 1;
        if rows.is_empty() {
            self.run.empty_pages += 1;
        }
        let room = self.budget.rows.map_or(u64::MAX, |budget| budget - self.run.rows);
        let cut = rows.len() as u64 > room;
        rows.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        self.run.rows += rows.len() as u64;
        for (at, (count, tally)) in self.run.columns.iter_mut().zip(tallies).enumerate() {
            let filled = |row: &&Row| !row.cells[at].is_null();
            count.filled += if cut {
                rows.iter().filter(filled).count() as u64
            } else {
                tally.filled
            };
            count.unparsed += tally.unparsed;
        }
        rows
    }

    fn check_budgets(&mut self) {
        if self.budget.rows.is_some_and(|rows| self.run.rows >= rows) {
            self.stop.because(Reason::Budget("rows"));
        } else if self.budget.bytes.is_some_and(|bytes| self.run.bytes >= bytes) {
            self.stop.because(Reason::Budget("bytes"));
        }
    }

    fn warn(&mut self, warning: Warning) {
        if self.run.warnings.len() < KEPT {
            self.run.warnings.push(warning);
        }
    }

    /// Ends the run whose source came to such an end: its state, and why it failed if it did.
    pub(crate) fn finish(mut self, source: &SourceEnd) -> (Run, Option<(ErrorCode, String)>) {
        let budget = match (self.stop.reason(), source) {
            (Some(Reason::Budget(budget)), _) => Some(budget),
            (None, SourceEnd::PagesSpent) => Some("pages"),
            _ => None,
        };
        if let Some(budget) = budget {
            let message =
                format!("the run ended because its budget of {budget} was reached; raise budget.{budget} for more");
            self.run.warnings.insert(
                0,
                Warning {
                    code: WarningCode::BudgetReached,
                    message,
                },
            );
        }
        let (status, error) = self.status(source);
        self.run.status = status;
        self.run.finished_at = status.is_final().then(Timestamp::now);
        self.progress.send_replace(self.run.clone());
        (self.run, error)
    }

    fn status(&self, source: &SourceEnd) -> (RunStatus, Option<(ErrorCode, String)>) {
        let first = || {
            self.run
                .first_errors
                .first()
                .map(|error| (error.code, error.message.clone()))
        };
        match (self.stop.reason(), source) {
            (Some(Reason::Cancelled), _) => (
                RunStatus::Cancelled,
                Some((ErrorCode::Cancelled, "the run was cancelled".to_owned())),
            ),
            (Some(Reason::OutputClosed), _) => (
                RunStatus::Failed,
                Some((ErrorCode::ExportFailed, "the rows could not be written".to_owned())),
            ),
            (Some(Reason::Failed), _) => (RunStatus::Failed, first()),
            // Whoever interrupted it knows what becomes of it.
            (Some(Reason::Interrupted), _) => (RunStatus::Running, None),
            (None, SourceEnd::Lost(error)) => (
                RunStatus::Failed,
                Some((
                    ErrorCode::Internal,
                    format!("the run cannot go on: {error}; run the job again"),
                )),
            ),
            _ if self.run.pages + self.run.unchanged_pages == 0 && self.run.failed_pages > 0 => {
                (RunStatus::Failed, first())
            }
            _ => (RunStatus::Success, None),
        }
    }
}
