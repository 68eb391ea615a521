//! Building a pipeline: everything is validated, nothing is spawned.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::crawl::{Fingerprints, Memory, PagesDone, Starts};
use super::reading::Reading;
use super::render::Renderer;
use super::settings::{MissingSecret, Secrets, fetch_settings, reveal};
use crate::fetch::{Client, FetchEnvironment, SettingsError};
use crate::model::{Column, ErrorCode, Job, PluginUse, Run, SourceType};
use crate::plugin::{ColumnQuery, OpenError, PluginRegistry, RunFacts};
use crate::render::{Browsers, PageScript};

/// A run that can be started.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) job: Arc<Job>,
    pub(crate) run: Run,
    pub(crate) client: Client,
    pub(crate) renderer: Option<Renderer>,
    pub(crate) reading: Arc<Reading>,
    pub(crate) starts: Starts,
    /// The starting pages, for a run that takes links.
    pub(crate) seen: Fingerprints,
    pub(crate) done: PagesDone,
    pub(crate) memory: Option<Arc<dyn Memory>>,
    pub(crate) threads: usize,
}

/// What a pipeline takes from outside its job.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The components.
    pub registry: &'a PluginRegistry,
    /// The values of secrets by name.
    pub secrets: Secrets<'a>,
    /// What its fetches share with those of other runs.
    pub fetch: &'a FetchEnvironment,
    /// The browser, for jobs whose pages are rendered.
    pub browsers: &'a Browsers,
}

/// Why there is no pipeline for a job.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
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
            Self::Request(SettingsError::Proxies(_)) => ErrorCode::ProxyFailed,
            Self::Secret(_) | Self::Request(_) => ErrorCode::Internal,
            Self::Extractors(OpenError::Call(error)) => error.code(),
            Self::Extractors(_) => ErrorCode::PluginFailed,
        }
    }
}

impl Pipeline {
    /// Builds the pipeline of a run, which counts on from what `run` has counted already.
    pub fn build(job: Job, environment: Environment<'_>, mut run: Run) -> Result<Self, BuildError> {
        let Environment {
            registry,
            secrets,
            fetch,
            browsers,
        } = environment;
        let settings = fetch_settings(&job, &run.job_id, secrets)?;
        let client = Client::new(&settings, fetch.clone())?;
        let render = job.render_config.as_ref().filter(|render| render.enabled);
        let renderer = render
            .map(|render| {
                let own_origins = settings.own_origins.clone().unwrap_or_default();
                let script = PageScript::new(render, own_origins, |text| reveal(text, secrets))?;
                Ok::<_, MissingSecret>(Renderer::new(
                    browsers.clone(),
                    script,
                    settings,
                    client.guard().cloned(),
                    client.route().cloned(),
                    render.fallback_to_fetch,
                ))
            })
            .transpose()?;
        let reading = Reading::new(&job, registry)?;
        run.plugins = reading.plugins();
        let zone = job
            .scheduling
            .as_ref()
            .map_or(TimeZone::UTC, |schedule| schedule.timezone.clone());
        let today = run.queued_at.to_zoned_datetime(zone).date();
        let job = Arc::new(job);
        let mut seen = Fingerprints::new();
        let starts = Starts::new(&job, today, &mut seen);
        Ok(Self {
            client,
            renderer,
            reading: Arc::new(reading),
            starts,
            seen,
            done: PagesDone::default(),
            memory: None,
            run,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            job,
        })
    }

    /// Gives the run something to look up what it does not hold in memory. Without one it holds all links that are to come, and
    /// no page counts as unchanged.
    #[must_use]
    pub fn remembering(self, memory: Arc<dyn Memory>) -> Self {
        Self {
            memory: Some(memory),
            ..self
        }
    }

    /// Leaves out the pages that are done with.
    #[must_use]
    pub fn going_on_after(self, done: PagesDone) -> Self {
        Self { done, ..self }
    }

    /// Whether the run compares its pages with those of the last successful one.
    pub fn compares(&self) -> bool {
        self.job.request.only_changed
    }

    /// Whether the run uses this very component.
    pub fn uses(&self, plugin: &PluginUse) -> bool {
        self.run.plugins.contains(plugin)
    }

    /// The columns of the rows.
    pub fn columns(&self) -> Vec<Column> {
        self.reading.rows.columns()
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

    /// How many pages there are; `None` where that is known only when they were found.
    pub fn pages(&self) -> Option<u64> {
        let known = (!self.leads_on()).then(|| self.starts.count());
        match (known, self.job.budget.pages) {
            (Some(known), Some(budget)) => Some(known.min(budget)),
            (known, _) => known,
        }
    }

    /// Whether pages lead to further pages: by the job's rules for links, or because its source is a document that names them.
    pub(crate) fn leads_on(&self) -> bool {
        self.reading.leads_on() || self.job.source_type != SourceType::Page
    }
}
