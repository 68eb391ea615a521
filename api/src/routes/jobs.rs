//! Jobs: made, listed, shown, replaced, deleted.

use jiff::Timestamp;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use serde_json::Value;
use snowscrape_engine::model::{FieldError, Job, JobId, JobStatus, UserId};
use snowscrape_engine::store::{JobFilter, JobRecord, StoreError};

use super::Tag;
use super::auth::Auth;
use crate::app::{App, request_key, to_be_stored};
use crate::error::ApiError;
use crate::params::{HeaderParam, IdempotencyKey, JsonBody, Limit, NamePart, Param, Path, Text};
use crate::refusal::{BODY, CONFLICT, FULL, INVALID, MISSING, Refusal};
use crate::types::{self, JobDefinition, JobList};

/// What an answer shows of a job and a definition does not have.
const READ_ONLY: [&str; 10] = [
    "job_id",
    "status",
    "created_at",
    "updated_at",
    "last_run",
    "next_run",
    "next_runs",
    "results_count",
    "last_error",
    "run",
];

pub(crate) struct JobsApi(pub(crate) App);

#[derive(ApiResponse)]
enum Created {
    /// The job was made.
    #[oai(status = 201)]
    Created(
        Json<types::Job>,
        /// The path of the job.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Deleted {
    /// The job is gone, and its runs with it.
    #[oai(status = 204)]
    Deleted,
}

#[derive(ApiResponse)]
enum Shown {
    /// The job.
    #[oai(status = 200)]
    Shown(Json<types::Job>),
}

#[derive(ApiResponse)]
enum Listed {
    /// The jobs.
    #[oai(status = 200)]
    Listed(Json<JobList>),
}

#[OpenApi(tag = "Tag::Jobs")]
impl JobsApi {
    /// List jobs
    ///
    /// Lists the jobs of the key's user, newest first: all of them, or a page of them where `limit` is given.
    #[oai(path = "/jobs/status", method = "get", operation_id = "listJobs")]
    async fn list(
        &self,
        auth: Auth,
        /// How many jobs at most; all if left out.
        limit: Param<Limit>,
        /// The `next_cursor` of the answer before.
        cursor: Param<Text>,
        /// Only jobs in this state.
        status: Param<JobStatus>,
        /// Only jobs whose name has this in it, without regard to case.
        name: Param<NamePart>,
    ) -> Result<Listed, Refusal<INVALID>> {
        let before = cursor
            .0
            .map(|Text(cursor)| JobId::parse(&cursor).ok_or_else(ApiError::cursor))
            .transpose()?;
        let filter = JobFilter {
            status: status.0,
            name: name.0.map(|NamePart(name)| name),
            before,
            // One more tells whether there are more.
            limit: limit.0.map(|limit| limit.get() + 1),
        };
        let mut jobs = self.0.store.jobs(auth.user(), &filter).await?;
        let next_cursor = limit.0.map(|limit| {
            let more = jobs.len() > limit.get();
            jobs.truncate(limit.get());
            jobs.last().filter(|_| more).map(|job| job.id.to_string()).into()
        });
        Ok(Listed::Listed(Json(JobList {
            count: jobs.len() as u64,
            jobs: jobs.into_iter().map(Into::into).collect(),
            next_cursor,
        })))
    }

    /// Create a job
    ///
    /// Makes a job. It runs when its schedule says so, or when it is triggered. All faults of a definition are told at
    /// once.
    #[oai(path = "/jobs", method = "post", operation_id = "createJob")]
    async fn create(
        &self,
        auth: Auth,
        /// Sent again within a day, the same request with the same key makes nothing, and is answered with the job that it
        /// made the first time.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: HeaderParam<IdempotencyKey>,
        body: JsonBody<JobDefinition>,
    ) -> Result<Created, Refusal<{ INVALID | CONFLICT | BODY | FULL }>> {
        let request = request_key(idempotency_key.0, "POST /jobs", body.bytes());
        if let Some(made) = self.0.answered(auth.user(), request.as_ref()).await? {
            return self.created_before(auth.user(), made).await.map_err(Into::into);
        }
        let job = self.definition(&body)?;
        let created = self
            .0
            .store
            .create_job(
                auth.user(),
                &JobId::generate(),
                &to_be_stored(&job),
                request.as_ref(),
                Timestamp::now(),
            )
            .await;
        match created {
            // The same request was faster on another connection.
            Err(StoreError::Answered) => {
                let made = self.0.answered(auth.user(), request.as_ref()).await?;
                Ok(self.created_before(auth.user(), made.unwrap_or_default()).await?)
            }
            record => Ok(self.created(record?).await?),
        }
    }

    /// Get a job
    ///
    /// Shows a job: its definition, how it stands, its last run and its next times.
    #[oai(path = "/jobs/:id", method = "get", operation_id = "getJob")]
    async fn get(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
    ) -> Result<Shown, Refusal<MISSING>> {
        let record = self.0.store.job(auth.user(), &id.0).await?;
        Ok(Shown::Shown(Json(self.0.show(record).await?)))
    }

    /// Update a job
    ///
    /// Puts a whole definition in place of the job's. A run that is going keeps the definition that it began with.
    #[oai(path = "/jobs/:id", method = "put", operation_id = "updateJob")]
    async fn update(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        body: JsonBody<JobDefinition>,
    ) -> Result<Shown, Refusal<{ INVALID | MISSING | BODY | FULL }>> {
        // Whether there is such a job comes before what is wrong with its new definition.
        self.0.store.job(auth.user(), &id.0).await?;
        let job = self.definition(&body)?;
        let record = self
            .0
            .store
            .replace_job(auth.user(), &id.0, &to_be_stored(&job), Timestamp::now())
            .await?;
        Ok(Shown::Shown(Json(self.0.show(record).await?)))
    }

    /// Delete a job
    ///
    /// Deletes a job. Its run is ended, and its runs and their rows are gone.
    #[oai(path = "/jobs/:id", method = "delete", operation_id = "deleteJob")]
    async fn delete(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
    ) -> Result<Deleted, Refusal<MISSING>> {
        self.0.queue.delete(auth.user(), &id.0).await?;
        Ok(Deleted::Deleted)
    }
}

impl JobsApi {
    /// A checked definition.
    fn definition(&self, body: &JsonBody<JobDefinition>) -> Result<Job, ApiError> {
        let mut definition = body.json().map_err(|fault| ApiError::definition(vec![fault]))?;
        let mut faults = take_read_only(&mut definition);
        match Job::parse(&definition, &*self.0.registry) {
            Ok(job) => {
                faults.extend(self.0.guard_faults(&job));
                if faults.is_empty() {
                    return Ok(job);
                }
            }
            Err(more) => faults.extend(more),
        }
        Err(ApiError::definition(faults))
    }

    async fn created(&self, record: JobRecord) -> Result<Created, ApiError> {
        let job = self.0.show(record).await?;
        let location = format!("/jobs/{}", job.id());
        Ok(Created::Created(Json(job), location))
    }

    /// The answer to a request that made a job before.
    async fn created_before(&self, user: &UserId, made: String) -> Result<Created, ApiError> {
        let record = match self.0.store.job(user, &JobId::new(made)).await {
            Err(StoreError::NotFound(_)) => {
                let message = "The job that a request with this Idempotency-Key made was deleted; choose a new key";
                return Err(ApiError::Conflict(message.to_owned()));
            }
            record => record?,
        };
        self.created(record).await
    }
}

/// Takes the fields out that only answers have, and says so of each: whoever sends an answer back is told which.
fn take_read_only(definition: &mut Value) -> Vec<FieldError> {
    let Value::Object(fields) = definition else {
        return Vec::new();
    };
    READ_ONLY
        .iter()
        .filter(|name| fields.shift_remove(**name).is_some())
        .map(|name| FieldError::new(*name, "is read-only: leave it out"))
        .collect()
}
