//! The rows of a run as a file.

use std::io::Write as _;
use std::sync::Arc;

use poem::http::Method;
use poem::{Body, Request};
use poem_openapi::OpenApi;
use snowscrape_engine::model::{Column, FieldError, JobId, OptionValue, Row, RunId, parse_options};
use snowscrape_engine::pipeline::export;
use snowscrape_engine::plugin::{ColumnQuery, ExportError, ExportWriter, ExporterInfo, Plugin, RunFacts};
use snowscrape_engine::rows::RowMaker;
use snowscrape_engine::store::{Store, StoreError};
use tokio::runtime::Handle;

use super::Tag;
use super::auth::Auth;
use super::file::{BodyWriter, FileResponse, body, file_name};
use crate::app::App;
use crate::error::ApiError;
use crate::params::{Param, Path, Text};
use crate::refusal::{INVALID, MISSING, Refusal};

/// The parameters that are not the exporter's.
const OWN: [&str; 2] = ["format", "run"];

pub(crate) struct DownloadApi(pub(crate) App);

#[OpenApi(tag = "Tag::Results")]
impl DownloadApi {
    /// Download results as file
    ///
    /// Gives the rows of the job's latest successful run, or of another one, as a file, as it is written. Options of the
    /// format are parameters, too.
    #[oai(path = "/jobs/:id/download", method = "get", operation_id = "downloadResults")]
    async fn download(
        &self,
        auth: Auth,
        request: &Request,
        /// The job.
        id: Path<JobId>,
        /// The format of the file; `json` if left out.
        format: Param<Text>,
        /// The run whose rows are asked for; the latest successful one if left out.
        run: Param<Text>,
    ) -> Result<FileResponse, Refusal<{ INVALID | MISSING }>> {
        let app = &self.0;
        let job = app.store.job(auth.user(), &id.0).await?;
        let asked = run.0.map(|Text(run)| RunId::new(run));
        let run = app.run_with_results(auth.user(), &id.0, asked).await?;
        let (exporter, info) = self.exporter(format.0.as_ref().map_or("json", |Text(format)| format))?;
        let options = options(info, request)?;
        // Without a run the file has the columns that the job would have, and no rows.
        let definition = run.as_ref().map_or(&job.definition, |run| &run.definition);
        let definition = app.job_of(definition)?;
        let columns = RowMaker::new(&definition).columns();
        let facts = RunFacts {
            job: job.name.clone(),
            run: run.as_ref().map(|run| run.run.run_id.to_string()),
            started_at: run
                .as_ref()
                .and_then(|run| run.run.started_at)
                .map(|time| time.to_string()),
            finished_at: run
                .as_ref()
                .and_then(|run| run.run.finished_at)
                .map(|time| time.to_string()),
            queries: ColumnQuery::of(&definition),
        };
        let media_type = info.media_type.clone();
        let file_name = file_name(&job.name, &info.file_extension);
        let body = if request.method() == Method::HEAD {
            Body::empty()
        } else {
            let file = File {
                exporter: Arc::clone(exporter),
                columns,
                options,
                facts,
                run: run.map(|run| (run.run.run_id, run.pages_end)),
            };
            self.write(file).await?
        };
        Ok(FileResponse {
            media_type,
            file_name,
            body,
        })
    }
}

/// What is to be written.
struct File {
    exporter: Arc<Plugin>,
    columns: Vec<Column>,
    options: Vec<(String, OptionValue)>,
    facts: RunFacts,
    /// The run, and the number after that of its last page.
    run: Option<(RunId, u64)>,
}

impl DownloadApi {
    fn exporter(&self, format: &str) -> Result<(&Arc<Plugin>, &ExporterInfo), ApiError> {
        self.0.registry.exporter(format).ok_or_else(|| {
            let formats: Vec<_> = self.0.registry.formats().map(|info| info.format.as_str()).collect();
            ApiError::parameter("format", format!("must be one of: {}", formats.join(", ")))
        })
    }

    /// Begins to write, on a thread that may wait for the client.
    async fn write(&self, file: File) -> Result<Body, ApiError> {
        let permit = Arc::clone(&self.0.exports).acquire_owned().await;
        let permit = permit.map_err(|error| ApiError::internal(&error))?;
        let opened = tokio::task::spawn_blocking(move || {
            let opened = ExportWriter::open(&file.exporter, file.columns.clone(), &file.options, &file.facts);
            opened.map(|writer| (writer, file))
        });
        let (writer, file) = opened
            .await
            .expect("opening an exporter does not panic")
            .map_err(refused)?;
        let (body, mut out) = body();
        let store = self.0.store.clone();
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            write_file(writer, file, store, &runtime, &mut out).map_or_else(
                |error| {
                    tracing::warn!(%error, "a download ended before its file did");
                    out.fail();
                },
                drop,
            );
        });
        Ok(body)
    }
}

/// Writes all rows. It waits for the client.
fn write_file(
    writer: ExportWriter,
    file: File,
    store: Store,
    runtime: &Handle,
    out: &mut BodyWriter,
) -> Result<(), String> {
    let mut failure = None;
    let mut pages = StoredRows {
        store,
        runtime,
        columns: &file.columns,
        run: file.run,
        from: 0,
        failure: &mut failure,
    };
    let exported = export(writer, std::iter::from_fn(|| pages.next_rows()), out);
    // Rows that could not be read would only be missing from the file.
    if let Some(error) = failure {
        return Err(error.to_string());
    }
    exported.map_err(|error| error.to_string())?;
    out.flush().map_err(|error| error.to_string())
}

/// The rows of a run, read a few pages at a time.
struct StoredRows<'a> {
    store: Store,
    runtime: &'a Handle,
    columns: &'a [Column],
    run: Option<(RunId, u64)>,
    from: u64,
    failure: &'a mut Option<StoreError>,
}

impl StoredRows<'_> {
    fn next_rows(&mut self) -> Option<Vec<Row>> {
        let (run, end) = self.run.as_ref()?;
        match self
            .runtime
            .block_on(self.store.pages(run, self.from, *end, self.columns))
        {
            Ok(pages) => {
                self.from = pages.last()?.number + 1;
                Some(pages.into_iter().flat_map(|page| page.rows).collect())
            }
            Err(error) => {
                *self.failure = Some(error);
                None
            }
        }
    }
}

/// The exporter's options among the parameters.
fn options(info: &ExporterInfo, request: &Request) -> Result<Vec<(String, OptionValue)>, ApiError> {
    let given: Vec<(String, String)> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .filter(|(name, _)| !OWN.contains(&&**name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
    let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    parse_options(&info.options, given, "").map_err(|faults| {
        let faults = faults.into_iter().map(|fault| FieldError {
            path: fault.path.trim_start_matches('.').to_owned(),
            ..fault
        });
        ApiError::request(faults.collect())
    })
}

fn refused(error: ExportError) -> ApiError {
    match error {
        ExportError::Option { name, message } => ApiError::parameter(&name, message),
        ExportError::Refused(message) => ApiError::parameter("format", message),
        ExportError::Call(error) => ApiError::internal(&error),
    }
}
