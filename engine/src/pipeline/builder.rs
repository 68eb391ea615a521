//! Building a pipeline: everything is validated, nothing is spawned.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::extract::Extraction;
use super::settings::{MissingSecret, Secrets, fetch_settings};
use super::unsupported::Unsupported;
use crate::fetch::{AddressGuard, Client, SettingsError};
use crate::model::{Column, ErrorCode, Job, PluginUse, Run};
use crate::plugin::{ColumnQuery, ExtractionPlan, OpenError, PluginRegistry, RunFacts};
use crate::rows::RowMaker;

/// A run that can be started.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) job: Arc<Job>,
    pub(crate) run: Run,
    pub(crate) client: Client,
    pub(crate) extraction: Arc<Extraction>,
    pub(crate) done: PagesDone,
    pub(crate) today: jiff::civil::Date,
    pub(crate) threads: usize,
}

/// What a pipeline takes from outside its job.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The components.
    pub registry: &'a PluginRegistry,
    /// The values of secrets by name.
    pub secrets: Secrets<'a>,
    /// What its fetches may reach; everything if `None`.
    pub guard: Option<&'a AddressGuard>,
}

/// The pages of a run that are done with, when it goes on where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagesDone {
    /// Pages below this number are done with.
    pub next: u64,
    /// The URLs, after redirects, of those that were extracted.
    pub taken: HashSet<Arc<str>>,
}

/// Why there is no pipeline for a job.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The job asks for what this version does not do.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A secret is not set.
    #[error(transparent)]
    Secret(#[from] MissingSecret),
    /// No request can be made of the job's settings.
    #[error("request: {0}")]
    Request(#[from] SettingsError),
    /// The queries found no extractor that takes them.
    #[error(transparent)]
    Extractors(#[from] OpenError),
}

impl BuildError {
    /// The code that the run ends with.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unsupported(unsupported) => unsupported.code(),
            Self::Secret(_) | Self::Request(_) => ErrorCode::Internal,
            Self::Extractors(OpenError::Call(error)) => error.code(),
            Self::Extractors(_) => ErrorCode::PluginFailed,
        }
    }
}

impl Pipeline {
    /// Builds the pipeline of a run, which counts on from what `run` has counted already.
    pub fn build(job: Job, environment: Environment<'_>, mut run: Run) -> Result<Self, BuildError> {
        if let Some(unsupported) = Unsupported::find(&job) {
            return Err(unsupported.into());
        }
        let Environment {
            registry,
            secrets,
            guard,
        } = environment;
        let client = Client::new(&fetch_settings(&job, secrets)?, guard.cloned())?;
        let plan = Arc::new(ExtractionPlan::new(registry, job.item.as_ref(), &job.queries)?);
        // A session that cannot be opened would fail every page.
        plan.extractors().start_all()?;
        run.plugins = plan.plugins().collect();
        Ok(Self {
            client,
            done: PagesDone::default(),
            today: run.queued_at.to_zoned_datetime(TimeZone::UTC).date(),
            run,
            extraction: Arc::new(Extraction {
                plan,
                rows: RowMaker::new(&job),
            }),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            job: Arc::new(job),
        })
    }

    /// Leaves out the pages that are done with.
    #[must_use]
    pub fn going_on_after(self, done: PagesDone) -> Self {
        Self { done, ..self }
    }

    /// Whether the run uses this very component.
    pub fn uses(&self, plugin: &PluginUse) -> bool {
        self.run.plugins.contains(plugin)
    }

    /// The columns of the rows.
    pub fn columns(&self) -> Vec<Column> {
        self.extraction.rows.columns()
    }

    /// What an exporter is told of the run.
    pub fn facts(&self) -> RunFacts {
        RunFacts {
            job: self.job.name.clone(),
            run: Some(self.run.run_id.to_string()),
            started_at: Some(self.run.queued_at.to_string()),
            finished_at: None,
            queries: ColumnQuery::of(&self.job),
        }
    }

    /// How many pages the source names; some of them may be the same.
    pub fn pages(&self) -> u64 {
        let named = self.job.source.count() + self.job.urls.len() as u64;
        self.job.budget.pages.map_or(named, |budget| budget.min(named))
    }
}
