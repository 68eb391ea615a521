//! What the routes share.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use snowscrape_engine::fetch::{AddressGuard, FetchEnvironment};
use snowscrape_engine::model::{FieldError, Job, Schedule, UserId};
use snowscrape_engine::plugin::PluginRegistry;
use snowscrape_engine::queue::{Queue, SharedSecrets};
use snowscrape_engine::render::Browsers;
use snowscrape_engine::schedule::next_runs;
use snowscrape_engine::store::{JobDefinition, JobRecord, RequestKey, Store};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::connections::Connections;
use crate::error::ApiError;
use crate::exports::Exports;
use crate::params::IdempotencyKey;
use crate::types::{self, Time};

/// How many of its next times a job shows.
const NEXT_RUNS: usize = 5;

/// What the routes share. Clones share it, too.
#[derive(Clone)]
pub(crate) struct App {
    /// What is kept.
    pub(crate) store: Store,
    /// What carries runs out.
    pub(crate) queue: Queue,
    /// The components.
    pub(crate) registry: Arc<PluginRegistry>,
    /// What may be fetched from.
    pub(crate) guard: AddressGuard,
    pub(crate) fetch: FetchEnvironment,
    pub(crate) browsers: Browsers,
    /// The values of secrets by name.
    pub(crate) secrets: SharedSecrets,
    /// The connections of clients.
    pub(crate) connections: Connections,
    /// The files that are written for downloads.
    pub(crate) exports: Exports,
    /// How long a client may take nothing of its file.
    pub(crate) stall: Duration,
    /// How many queries may be tried out at once.
    pub(crate) trials: Arc<Semaphore>,
    /// Cancelled when the server is to stop.
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// What the guard says against the addresses that a job names literally.
    pub(crate) fn guard_faults(&self, job: &Job) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut check = |path: String, url: &url::Url| {
            if let Err(blocked) = self.guard.check_url(url) {
                faults.push(FieldError::new(path, blocked.to_string()));
            }
        };
        // Ranges never stand in the host or the port, so one URL tells of all.
        if let Ok(url) = job
            .source
            .url(0, jiff::tz::TimeZone::UTC.to_datetime(Timestamp::now()).date())
        {
            check("source".to_owned(), &url);
        }
        for (at, url) in job.urls.iter().enumerate() {
            check(format!("urls[{at}]"), url);
        }
        faults
    }

    /// A job as an answer shows it.
    pub(crate) async fn show(&self, record: JobRecord) -> Result<types::Job, ApiError> {
        let run = match &record.run {
            Some(run) => match self.store.run(&record.id, run).await {
                // It was retired meanwhile.
                Err(snowscrape_engine::store::StoreError::NotFound(_)) => None,
                run => Some(run?),
            },
            None => None,
        };
        let definition = serde_json::from_str(&record.definition).map_err(|error| ApiError::internal(&error))?;
        let next = match (record.next_run, Schedule::of_definition(&definition)) {
            (Some(next), Some(schedule)) => {
                // A time that has come is still the first of them until it is taken.
                let later = next_runs(&schedule, next.max(Timestamp::now()));
                std::iter::once(next)
                    .chain(later)
                    .take(NEXT_RUNS)
                    .map(Time::from)
                    .collect()
            }
            _ => Vec::new(),
        };
        types::Job::new(record, run, next)
    }

    /// What a request with a key made before, if it is this one that is sent again.
    ///
    /// # Errors
    /// A key that another request was sent with.
    pub(crate) async fn answered(
        &self,
        user: &UserId,
        request: Option<&RequestKey>,
    ) -> Result<Option<String>, ApiError> {
        let Some(request) = request else { return Ok(None) };
        let answered = self.store.answered(user, &request.key, Timestamp::now()).await?;
        match answered {
            Some(answered) if answered.fingerprint != request.fingerprint => Err(ApiError::Conflict(
                "The Idempotency-Key was sent with another request in the last day; choose a new one".to_owned(),
            )),
            answered => Ok(answered.map(|answered| answered.made)),
        }
    }
}

/// A checked job as it is stored.
pub(crate) fn to_be_stored(job: &Job) -> JobDefinition {
    let schedule = job.scheduling.as_ref().filter(|schedule| schedule.enabled);
    JobDefinition {
        name: job.name.clone(),
        source: job.source.as_str().to_owned(),
        definition: serde_json::to_string(job).expect("a job is JSON"),
        next_run: schedule.and_then(|schedule| next_runs(schedule, Timestamp::now()).next()),
        retention: job.retention,
    }
}

/// What a request is known by when it is sent again: its key, and a hash of what it asks for.
pub(crate) fn request_key(key: Option<IdempotencyKey>, operation: &str, body: &[u8]) -> Option<RequestKey> {
    key.map(|key| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(operation.as_bytes()).update(&[0]).update(body);
        RequestKey {
            key: key.0,
            fingerprint: *hasher.finalize().as_bytes(),
        }
    })
}
