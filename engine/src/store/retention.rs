//! How long runs are kept, and how much of the disk a user's runs take.

use jiff::Timestamp;
use surrealdb::types::{RecordId, SurrealValue, vars};

use super::Store;
use super::error::StoreError;
use super::records::{erasure_record, first_text, job_record, last_text, run_record, to_database};
use crate::model::{JobId, RunId, UserId};

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Expired {
    id: RecordId,
    user: String,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Kept {
    success: Option<String>,
    keep_runs: i64,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Retirable {
    id: RecordId,
    over: bool,
}

impl Store {
    /// Takes the runs of a job away that are over and older than its last ones, as many as it keeps. Its latest successful
    /// run stays: that is the one that its results are.
    pub async fn retire_runs(&self, user: &UserId, job: &JobId) -> Result<usize, StoreError> {
        let mut found = self
            .database
            .run(
                "SELECT success, keep_runs FROM ONLY $job_id;
                 SELECT id, finished_at != NONE AS over FROM run:[$job, '']..[$job, '~'] ORDER BY id DESC;",
                vars! { job_id: job_record(user, job), job: job.as_str().to_owned() },
            )
            .await?;
        let Some(kept) = found.take::<Option<Kept>>(0)? else {
            return Ok(0);
        };
        let mut retired = 0;
        for run in found
            .take::<Vec<Retirable>>(1)?
            .into_iter()
            .skip(kept.keep_runs as usize)
        {
            let id = last_text(run.id)?;
            if run.over && kept.success.as_ref() != Some(&id) {
                self.retire_run(user, job, &RunId::new(id)).await?;
                retired += 1;
            }
        }
        Ok(retired)
    }

    /// Takes runs away whose time is over, a few at a time. The results of a job whose latest successful run was among them
    /// are empty then.
    pub async fn retire_expired_runs(&self, now: Timestamp) -> Result<usize, StoreError> {
        let expired = self
            .database
            .run(
                "SELECT id, user, expires_at FROM run WHERE expires_at >= $first AND expires_at <= $now LIMIT 100",
                vars! { first: to_database(Timestamp::UNIX_EPOCH), now: to_database(now) },
            )
            .await?
            .take::<Vec<Expired>>(0)?;
        let retired = expired.len();
        for run in expired {
            let user = UserId::new(run.user);
            let job = JobId::new(first_text(run.id.clone())?);
            self.retire_run(&user, &job, &RunId::new(last_text(run.id)?)).await?;
        }
        Ok(retired)
    }

    /// Takes a run away: nobody can read it any more, and that its pages are to be erased is written down with it.
    async fn retire_run(&self, user: &UserId, job: &JobId, run: &RunId) -> Result<(), StoreError> {
        self.database
            .run(
                "BEGIN;
                 LET $pages = (SELECT VALUE next_page FROM ONLY $run_id);
                 DELETE $run_id;
                 UPSERT $erasure SET next = 0, end = $pages ?? 0;
                 UPDATE $job_id SET success = NONE, results_count = 0 WHERE success = $run;
                 COMMIT;",
                vars! {
                    run_id: run_record(job, run),
                    erasure: erasure_record(job, Some(run)),
                    job_id: job_record(user, job),
                    run: run.as_str().to_owned(),
                },
            )
            .await
            .map(drop)
    }

    /// What the rows of a user's runs that are over take in the store, in bytes.
    pub async fn user_bytes(&self, user: &UserId) -> Result<u64, StoreError> {
        let sizes = self
            .database
            .run(
                "SELECT VALUE size FROM run WHERE user = $user",
                vars! { user: user.as_str().to_owned() },
            )
            .await?
            .take::<Vec<i64>>(0)?;
        Ok(sizes.into_iter().map(i64::unsigned_abs).sum())
    }
}
