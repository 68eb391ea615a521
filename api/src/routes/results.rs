//! The rows of a run, a page of them at a time.

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use serde_json::{Map, Value};
use snowscrape_engine::model::{Column, Job, JobId, Row, RunId};
use snowscrape_engine::rows::RowMaker;
use snowscrape_engine::store::{JobRecord, RunRecord};

use super::Tag;
use super::auth::Auth;
use crate::app::App;
use crate::error::ApiError;
use crate::params::{Limit, Param, Path, Text};
use crate::refusal::{INVALID, MISSING, Refusal};
use crate::types::{ResultRow, Results};

pub(crate) struct ResultsApi(pub(crate) App);

#[derive(ApiResponse)]
enum Listed {
    /// The rows.
    #[oai(status = 200)]
    Listed(Json<Results>),
}

#[OpenApi(tag = "Tag::Results")]
impl ResultsApi {
    /// Get job results
    ///
    /// Gives the rows of the job's latest successful run, or of another one, which may still be going.
    #[oai(path = "/jobs/:id/results", method = "get", operation_id = "getResults")]
    async fn list(
        &self,
        auth: Auth,
        /// The job.
        id: Path<JobId>,
        /// How many rows at most; 100 if left out.
        limit: Param<Limit>,
        /// The `next_cursor` of the answer before.
        cursor: Param<Text>,
        /// The run whose rows are asked for; the latest successful one if left out.
        run: Param<Text>,
    ) -> Result<Listed, Refusal<{ INVALID | MISSING }>> {
        let job = self.0.store.job(auth.user(), &id.0).await?;
        let asked = run.0.map(|Text(run)| RunId::new(run));
        let run = self.0.run_with_results(&job, asked).await?;
        let Some(run) = run else {
            // A cursor of nothing is one of another run.
            return match cursor.0 {
                Some(_) => Err(Cursor::wrong().into()),
                None => Ok(Listed::Listed(Json(Results {
                    results: Vec::new(),
                    count: 0,
                    total: 0,
                    next_cursor: None.into(),
                }))),
            };
        };
        let run_id = run.run.run_id.clone();
        let start = match cursor.0 {
            None => Cursor { page: 0, row: 0 },
            Some(Text(text)) => Cursor::parse(&text, &run_id).ok_or_else(Cursor::wrong)?,
        };
        let columns = self.0.columns(&run)?;
        let limit = limit.0.unwrap_or_default().get();
        let (rows, next) = self.rows(&run, &columns, start, limit).await?;
        Ok(Listed::Listed(Json(Results {
            count: rows.len() as u64,
            results: rows.into_iter().map(|row| result(row, &columns)).collect(),
            total: run.run.rows,
            next_cursor: next.map(|next| next.to_text(&run_id)).into(),
        })))
    }
}

impl ResultsApi {
    /// Rows from a place on, and the place of the next one.
    async fn rows(
        &self,
        run: &RunRecord,
        columns: &[Column],
        start: Cursor,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<Cursor>), ApiError> {
        let mut found = Vec::with_capacity(limit);
        let store = &self.0.store;
        let mut reader = store.page_reader(&run.run.run_id, start.page, run.pages_end, columns);
        loop {
            let Some(part) = reader.next_part().await? else {
                return Ok((found, None));
            };
            for page in part.pages() {
                let page = page?;
                let skipped = if page.number == start.page { start.row } else { 0 };
                for (at, row) in page.rows.into_iter().enumerate().skip(skipped) {
                    if found.len() == limit {
                        let next = Cursor {
                            page: page.number,
                            row: at,
                        };
                        return Ok((found, Some(next)));
                    }
                    found.push(row);
                }
            }
        }
    }
}

impl App {
    /// The run of a job whose rows are asked for: the one that is named, or the latest successful one; `None` where no run has
    /// succeeded yet and none is named.
    ///
    /// # Errors
    /// A run that is not the job's.
    pub(super) async fn run_with_results(
        &self,
        job: &JobRecord,
        named: Option<RunId>,
    ) -> Result<Option<RunRecord>, ApiError> {
        match named.as_ref().or(job.success.as_ref()) {
            None => Ok(None),
            Some(run) => Ok(Some(self.store.run(&job.id, run).await?)),
        }
    }

    /// The columns of a run's rows, by the definition that it began with.
    pub(super) fn columns(&self, run: &RunRecord) -> Result<Vec<Column>, ApiError> {
        Ok(RowMaker::new(&self.job_of(&run.definition)?).columns())
    }

    /// A stored definition as a job.
    pub(super) fn job_of(&self, definition: &str) -> Result<Job, ApiError> {
        Job::from_text(definition, &*self.registry).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            ApiError::internal(&faults.join("; "))
        })
    }
}

/// The place of a row in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    page: u64,
    row: usize,
}

impl Cursor {
    /// The cursor of a text, if it is one of this run's.
    fn parse(text: &str, run: &RunId) -> Option<Self> {
        let (page, row) = text.strip_prefix(run.as_str())?.strip_prefix('.')?.split_once('.')?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
        Some(Self {
            page: number(page)?.into(),
            row: number(row)? as usize,
        })
    }

    fn to_text(self, run: &RunId) -> String {
        format!("{run}.{}.{}", self.page, self.row)
    }

    fn wrong() -> ApiError {
        ApiError::parameter("cursor", "must be the next_cursor of an answer about the same run")
    }
}

fn result(row: Row, columns: &[Column]) -> ResultRow {
    ResultRow {
        url: row.url.to_string(),
        scraped_at: row.fetched_at.into(),
        data: data(row, columns).into(),
    }
}

/// The values of a row by column.
pub(super) fn data(row: Row, columns: &[Column]) -> Map<String, Value> {
    columns
        .iter()
        .zip(row.cells)
        .map(|(column, cell)| {
            let value = serde_json::to_value(cell).expect("a value is always JSON");
            (column.name.clone(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_its_runs() {
        let run = RunId::new("run_1");
        let cursor = Cursor { page: 7, row: 3 };
        assert_eq!(Cursor::parse(&cursor.to_text(&run), &run), Some(cursor));
        let check = |text: &str| assert_eq!(Cursor::parse(text, &run), None, "{text}");
        check("run_2.7.3");
        check("run_1.7");
        check("run_1.7.-1");
        check("run_1.+7.1");
        check("run_17.3");
        check("");
    }
}
