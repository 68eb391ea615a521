//! A run as it goes, as server-sent events (HTML standard, section 9.2).

use std::borrow::Cow;
use std::time::Duration;

use futures::Stream;
use futures::stream::BoxStream;
use poem::web::sse::Event;
use poem_openapi::payload::EventStream;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, OpenApi};
use serde_json::Value;
use snowscrape_engine::model::{JobId, Run as ModelRun, RunId};
use snowscrape_engine::store::{RunRecord, StoreError};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::Tag;
use super::auth::Auth;
use crate::app::App;
use crate::params::{HeaderParam, Path, Text};
use crate::refusal::{INVALID, MISSING, Refusal};
use crate::types::Run;

/// At most one event in this time: a run may store many pages a second.
const AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// How often the store is asked without a word from the worker, which may be another process.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often a line is sent that says nothing, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) struct EventsApi(pub(crate) App);

/// A run as it stands.
struct RunEvent {
    /// `status` or `progress`.
    name: &'static str,
    id: String,
    run: Run,
}

#[derive(ApiResponse)]
enum Streamed {
    /// Events named `status` and `progress`, each with the run as its data. The stream ends with the run.
    #[oai(status = 200)]
    Streamed(EventStream<BoxStream<'static, RunEvent>>),
}

#[OpenApi(tag = "Tag::Runs")]
impl EventsApi {
    /// Follow a job's run
    ///
    /// Sends the job's last run whenever its state (`status`) or its counts (`progress`) change, until it is over. Where
    /// there is no run yet, the stream ends at once.
    #[oai(path = "/jobs/:id/events", method = "get", operation_id = "streamEvents")]
    async fn events(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// The id of the last event that was seen: the stream goes on after it, with the same run.
        #[oai(name = "Last-Event-ID")]
        last_event_id: HeaderParam<Text>,
    ) -> Result<Streamed, Refusal<{ INVALID | MISSING }>> {
        let job = self.0.store.job(auth.user(), &id.0).await?;
        let seen = last_event_id.0.map(|Text(id)| id);
        let followed = seen
            .as_ref()
            .and_then(|id| id.split_once(':'))
            .map(|(run, _)| RunId::new(run));
        // A run that was retired meanwhile has nothing more to tell.
        let followed = match followed {
            Some(run) if self.0.store.run(&id.0, &run).await.is_ok() => Some(run),
            _ => job.run,
        };
        let stream: BoxStream<'static, RunEvent> = match followed {
            Some(run) => Box::pin(follow(self.0.clone(), id.0, run, seen)),
            None => Box::pin(futures::stream::empty()),
        };
        let stream = EventStream::new(stream).keep_alive(KEEP_ALIVE).to_event(|event| {
            Event::message(event.run.to_json_string())
                .event_type(event.name)
                .id(event.id)
        });
        Ok(Streamed::Streamed(stream))
    }
}

/// What is to be sent next.
struct Follower {
    app: App,
    job: JobId,
    run: RunId,
    changes: broadcast::Receiver<JobId>,
    /// The id of the last event.
    seen: Option<String>,
    last: Option<Instant>,
    over: bool,
}

fn follow(app: App, job: JobId, run: RunId, seen: Option<String>) -> impl Stream<Item = RunEvent> + Send {
    let follower = Follower {
        changes: app.queue.changes(),
        app,
        job,
        run,
        seen,
        last: None,
        over: false,
    };
    futures::stream::unfold(follower, |mut follower| async {
        follower.next().await.map(|event| (event, follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<RunEvent> {
        while !self.over {
            if let Some(last) = self.last {
                tokio::time::sleep_until(last + AT_MOST_EVERY).await;
            }
            // Words that came while it was asked and sent are about what is read now.
            while self.changes.try_recv().is_ok() {}
            let record = match self.app.store.run(&self.job, &self.run).await {
                Ok(record) => record,
                // The job was deleted.
                Err(StoreError::NotFound(_)) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a run could not be read for its events");
                    return None;
                }
            };
            self.over = record.run.status.is_final();
            if let Some(event) = self.event(record) {
                self.last = Some(Instant::now());
                return Some(event);
            }
            if self.over || !self.changed().await {
                return None;
            }
        }
        None
    }

    /// The event of a run, if it is not as it was.
    fn event(&mut self, record: RunRecord) -> Option<RunEvent> {
        let id = event_id(&record.run);
        let status = |id: &str| id.rsplit_once(':').map(|(status, _)| status.to_owned());
        let name = match &self.seen {
            Some(seen) if *seen == id => return None,
            Some(seen) if status(seen) == status(&id) => "progress",
            _ => "status",
        };
        self.seen = Some(id.clone());
        Some(RunEvent {
            name,
            id,
            run: record.into(),
        })
    }

    /// Waits until the run may have changed; false when the server is to stop.
    async fn changed(&mut self) -> bool {
        let look = tokio::time::sleep(LOOK_EVERY);
        tokio::pin!(look);
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return false,
                () = &mut look => return true,
                change = self.changes.recv() => match change {
                    Ok(job) if job == self.job => return true,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
            }
        }
    }
}

/// Says which run, in which state, and how far it is.
fn event_id(run: &ModelRun) -> String {
    let done = run.pages + run.failed_pages + run.duplicate_pages + run.unchanged_pages;
    format!("{}:{}:{done}", run.run_id, run.status)
}

/// The document has events as their data.
impl Type for RunEvent {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        Run::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        Run::schema_ref()
    }

    fn register(registry: &mut Registry) {
        Run::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for RunEvent {
    fn to_json(&self) -> Option<Value> {
        self.run.to_json()
    }
}
