//! Runs: triggered, paused, resumed, cancelled, listed, shown.

use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, OpenApi};
use snowscrape_engine::model::{JobId, RunId, RunStatus};
use snowscrape_engine::store::StoreError;

use super::Tag;
use super::auth::Auth;
use crate::app::{App, request_key};
use crate::error::ApiError;
use crate::params::{HeaderParam, IdempotencyKey, Limit, PageNumber, Param, Path, Text};
use crate::refusal::{CONFLICT, FULL, INVALID, MISSING, Refusal};
use crate::types::{Job, LogLines, Run, RunList, RunStarted};

pub(crate) struct RunsApi(pub(crate) App);

#[derive(ApiResponse)]
enum Triggered {
    /// The run waits for its turn.
    #[oai(status = 202)]
    Triggered(
        Json<RunStarted>,
        /// The path of the run.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Changed {
    /// The job as it stands now.
    #[oai(status = 200)]
    Changed(Json<Job>),
}

#[derive(ApiResponse)]
enum Listed {
    /// The runs.
    #[oai(status = 200)]
    Listed(Json<RunList>),
}

#[derive(ApiResponse)]
enum Shown {
    /// The run.
    #[oai(status = 200)]
    Shown(Json<Run>),
}

#[derive(ApiResponse)]
enum Pictured {
    /// The picture.
    #[oai(status = 200, content_type = "image/png")]
    Pictured(Binary<Vec<u8>>),
}

#[derive(ApiResponse)]
enum Logged {
    /// The lines.
    #[oai(status = 200)]
    Logged(Json<LogLines>),
}

#[OpenApi(tag = "Tag::Runs")]
impl RunsApi {
    /// Trigger a job
    ///
    /// Puts a run of the job in the queue. A job has one run at a time.
    #[oai(path = "/jobs/:id/run", method = "post", operation_id = "runJob")]
    async fn run(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// Sent again within a day, the same request with the same key starts nothing, and is answered with the run that it
        /// started the first time.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: HeaderParam<IdempotencyKey>,
    ) -> Result<Triggered, Refusal<{ INVALID | MISSING | CONFLICT | FULL }>> {
        let (user, id) = (auth.user(), id.0);
        let request = request_key(idempotency_key.0, &format!("POST /jobs/{id}/run"), b"");
        if let Some(made) = self.0.answered(user, request.as_ref()).await? {
            return Ok(self.triggered_before(user, &id, made).await?);
        }
        let run = RunId::generate();
        match self.0.queue.run(user, &id, &run, request.as_ref()).await {
            // The same request was faster on another connection.
            Err(StoreError::Answered) => {
                let made = self.0.answered(user, request.as_ref()).await?.unwrap_or_default();
                Ok(self.triggered_before(user, &id, made).await?)
            }
            Err(error) => Err(error.into()),
            Ok(()) => Ok(triggered(&id, &run, RunStatus::Queued)),
        }
    }

    /// Pause a running job
    ///
    /// Stops the job's run for a while. Pages that are in flight are still stored; a restart of the server changes nothing.
    #[oai(path = "/jobs/:id/pause", method = "post", operation_id = "pauseJob")]
    async fn pause(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
    ) -> Result<Changed, Refusal<{ MISSING | CONFLICT | FULL }>> {
        self.0.queue.pause(auth.user(), &id.0).await?;
        Ok(self.changed(&auth, &id.0).await?)
    }

    /// Resume a paused job
    ///
    /// Lets the job's run go on where it stopped.
    #[oai(path = "/jobs/:id/resume", method = "post", operation_id = "resumeJob")]
    async fn resume(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
    ) -> Result<Changed, Refusal<{ MISSING | CONFLICT | FULL }>> {
        self.0.queue.resume(auth.user(), &id.0).await?;
        Ok(self.changed(&auth, &id.0).await?)
    }

    /// Cancel a job's run
    ///
    /// Ends the job's run, whether it waits, is going or is paused. The rows that it has made stay with it.
    #[oai(path = "/jobs/:id/cancel", method = "post", operation_id = "cancelJob")]
    async fn cancel(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
    ) -> Result<Changed, Refusal<{ MISSING | CONFLICT | FULL }>> {
        self.0.queue.cancel(auth.user(), &id.0).await?;
        Ok(self.changed(&auth, &id.0).await?)
    }

    /// List the runs of a job
    ///
    /// Lists the runs that are kept, newest first.
    #[oai(path = "/jobs/:id/runs", method = "get", operation_id = "listRuns")]
    async fn list(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// How many runs at most; 100 if left out.
        limit: Param<Limit>,
        /// The `next_cursor` of the answer before.
        cursor: Param<Text>,
    ) -> Result<Listed, Refusal<{ INVALID | MISSING }>> {
        self.0.store.job(auth.user(), &id.0).await?;
        let before = cursor
            .0
            .map(|Text(cursor)| RunId::parse(&cursor).ok_or_else(ApiError::cursor))
            .transpose()?;
        let limit = limit.0.unwrap_or_default().get();
        let mut runs = self.0.store.runs(&id.0, before.as_ref(), limit + 1).await?;
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next_cursor = runs.last().filter(|_| more).map(|run| run.run.run_id.to_string());
        Ok(Listed::Listed(Json(RunList {
            count: runs.len() as u64,
            runs: runs.into_iter().map(Run::from).collect(),
            next_cursor: next_cursor.into(),
        })))
    }

    /// Get a run
    ///
    /// Shows a run: its times, its counts, its warnings and its first errors.
    #[oai(path = "/jobs/:id/runs/:run", method = "get", operation_id = "getRun")]
    async fn get(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// The run.
        run: Path<RunId>,
    ) -> Result<Shown, Refusal<MISSING>> {
        self.0.store.job(auth.user(), &id.0).await?;
        let run = self.0.store.run(&id.0, &run.0).await?;
        Ok(Shown::Shown(Json(run.into())))
    }

    /// Get a page's screenshot
    ///
    /// Gives the picture of a rendered page, a PNG, where its job asks for one.
    #[oai(
        path = "/jobs/:id/runs/:run/pages/:page/screenshot",
        method = "get",
        operation_id = "getScreenshot"
    )]
    async fn screenshot(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// The run.
        run: Path<RunId>,
        /// The number of the page in the run, from 0.
        page: Path<PageNumber>,
    ) -> Result<Pictured, Refusal<MISSING>> {
        self.0.store.job(auth.user(), &id.0).await?;
        self.0.store.run(&id.0, &run.0).await?;
        let PageNumber(page) = page.0;
        let page = page.ok_or(StoreError::NotFound("the screenshot"))?;
        let picture = self.0.store.screenshot(&run.0, page).await?;
        Ok(Pictured::Pictured(Binary(picture)))
    }

    /// Get a run's log
    ///
    /// Gives the lines of a run's log, oldest first. A run keeps about 1,000 lines.
    #[oai(path = "/jobs/:id/runs/:run/log", method = "get", operation_id = "getRunLog")]
    async fn log(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// The run.
        run: Path<RunId>,
        /// How many lines at most; 100 if left out.
        limit: Param<Limit>,
        /// The `next_cursor` of the answer before. It stays good while the run is going: later lines come with it.
        cursor: Param<Text>,
    ) -> Result<Logged, Refusal<{ INVALID | MISSING }>> {
        self.0.store.job(auth.user(), &id.0).await?;
        self.0.store.run(&id.0, &run.0).await?;
        let from = match cursor.0 {
            None => 0,
            Some(Text(cursor)) => cursor
                .parse::<u32>()
                .ok()
                .filter(|_| cursor.bytes().all(|digit| digit.is_ascii_digit()))
                .ok_or_else(ApiError::cursor)?,
        };
        let limit = limit.0.unwrap_or_default().get();
        let lines = self.0.store.log(&run.0, u64::from(from), limit).await?;
        let next_cursor = lines.last().map(|(number, _)| (number + 1).to_string());
        Ok(Logged::Logged(Json(LogLines {
            count: lines.len() as u64,
            lines: lines.into_iter().map(|(_, line)| line.into()).collect(),
            next_cursor: next_cursor.into(),
        })))
    }
}

impl RunsApi {
    async fn changed(&self, auth: &Auth, id: &JobId) -> Result<Changed, ApiError> {
        let record = self.0.store.job(auth.user(), id).await?;
        Ok(Changed::Changed(Json(self.0.show(record).await?)))
    }

    async fn triggered_before(
        &self,
        user: &snowscrape_engine::model::UserId,
        id: &JobId,
        made: String,
    ) -> Result<Triggered, ApiError> {
        self.0.store.job(user, id).await?;
        let run = RunId::new(made);
        let status = self.0.store.run(id, &run).await?.run.status;
        Ok(triggered(id, &run, status))
    }
}

fn triggered(job: &JobId, run: &RunId, status: RunStatus) -> Triggered {
    let location = format!("/jobs/{job}/runs/{run}");
    let started = RunStarted {
        job_id: job.to_string(),
        run_id: run.to_string(),
        status: status.to_string().into(),
    };
    Triggered::Triggered(Json(started), location)
}
