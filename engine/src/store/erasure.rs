//! Erasing what nobody can read any more, in small steps: deleting is not bounded by itself and would hold all that it deletes
//! in memory. What remains to be erased is a record, so that a restart goes on with it.

use surrealdb::types::{RecordId, SurrealValue, vars};

use super::Store;
use super::error::StoreError;
use super::records::{erasure_record, first_text, last_text, partition_record};
use crate::model::{JobId, RunId};

/// How many numbers of pages, and how many runs of a job, are gone over in one step.
const PAGES: i64 = 64;
const RUNS: usize = 64;

/// What a step erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// So many pages, and there may be more.
    Pages(usize),
    /// There is nothing to erase.
    Nothing,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    next: i64,
    end: i64,
}

impl Store {
    /// Erases a little of what is to be erased.
    pub async fn erase_some(&self) -> Result<Erased, StoreError> {
        let next = self
            .database
            .run("SELECT * FROM erasure LIMIT 1", vars! {})
            .await?
            .take::<Vec<Stored>>(0)?
            .pop();
        let Some(next) = next else {
            return Ok(Erased::Nothing);
        };
        let job = JobId::new(first_text(next.id.clone())?);
        match last_text(next.id)? {
            run if run.is_empty() => self.erase_runs(&job).await.map(|()| Erased::Pages(0)),
            run => {
                let pages = self.erase_pages(&job, &RunId::new(run), next.next, next.end).await?;
                Ok(Erased::Pages(pages))
            }
        }
    }

    /// Gives the room of what was erased back to the disk. It takes a while where there is much.
    pub async fn compact(&self) -> Result<(), StoreError> {
        self.database.run("ALTER SYSTEM COMPACT", vars! {}).await.map(drop)
    }

    /// Of a job that is gone, takes some runs away and notes their pages as to be erased.
    async fn erase_runs(&self, job: &JobId) -> Result<(), StoreError> {
        let runs = self
            .database
            .run(
                &format!("SELECT VALUE id FROM run:[$job, '']..[$job, '~'] LIMIT {RUNS}"),
                vars! { job: job.as_str().to_owned() },
            )
            .await?
            .take::<Vec<RecordId>>(0)?;
        if runs.is_empty() {
            return self.erased(job, None).await;
        }
        for run_id in runs {
            let run = RunId::new(last_text(run_id.clone())?);
            self.database
                .run(
                    "BEGIN;
                     LET $pages = (SELECT VALUE next_page FROM ONLY $run_id);
                     DELETE $run_id;
                     DELETE $partition;
                     UPSERT $erasure SET next = 0, end = $pages ?? 0;
                     COMMIT;",
                    vars! {
                        run_id: run_id,
                        partition: partition_record(&run),
                        erasure: erasure_record(job, Some(&run)),
                    },
                )
                .await?;
        }
        Ok(())
    }

    /// Erases the pages from `next` on, and when there are no more, the log.
    async fn erase_pages(&self, job: &JobId, run: &RunId, next: i64, end: i64) -> Result<usize, StoreError> {
        if next >= end {
            self.database
                .run(
                    "DELETE log:[$run, 0]..=[$run, $last] RETURN NONE",
                    vars! { run: run.as_str().to_owned(), last: i64::MAX },
                )
                .await?;
            self.erased(job, Some(run)).await?;
            return Ok(0);
        }
        // A limit would not bound the scan of a range of keys, so the range is what is bounded.
        let after = end.min(next + PAGES);
        self.database
            .run(
                "BEGIN;
                 DELETE page_group:[$run, $next]..[$run, $after] RETURN NONE;
                 DELETE screenshot:[$run, $next]..[$run, $after] RETURN NONE;
                 UPDATE $erasure SET next = $after;
                 COMMIT;",
                vars! {
                    run: run.as_str().to_owned(),
                    next: next,
                    after: after,
                    erasure: erasure_record(job, Some(run)),
                },
            )
            .await?;
        Ok((after - next) as usize)
    }

    /// Notes that something is erased.
    async fn erased(&self, job: &JobId, run: Option<&RunId>) -> Result<(), StoreError> {
        self.database
            .run("DELETE $id", vars! { id: erasure_record(job, run) })
            .await
            .map(drop)
    }
}
