//! The rows of a run as a file.

use std::sync::Arc;

use poem::http::{HeaderName, header};
use poem::{Body, Request};
use poem_openapi::OpenApi;
use snowscrape_engine::model::{Column, FieldError, JobId, OptionValue, RunId, parse_options};
use snowscrape_engine::pipeline::{Selection, export};
use snowscrape_engine::plugin::{ColumnQuery, ExportError, ExportWriter, ExporterInfo, Plugin, RunFacts};
use snowscrape_engine::rows::RowMaker;
use snowscrape_engine::store::{PagePart, RunRecord, Store};
use tokio::runtime::Handle;

use super::Tag;
use super::auth::Auth;
use super::content_coding::{CodingWriter, ContentCoding, is_text};
use super::file::{FileHead, FileResponse, file_name};
use super::file_body::{BodyWriter, body};
use crate::app::App;
use crate::connections::Cutter;
use crate::error::ApiError;
use crate::exports::ExportPermit;
use crate::head_only::HeadOnly;
use crate::params::{ColumnNames, Flag, Param, Path, Text};
use crate::refusal::{INVALID, MISSING, Refusal};

pub(crate) struct DownloadApi(pub(crate) App);

#[OpenApi(tag = "Tag::Results")]
impl DownloadApi {
    /// Download results as file
    ///
    /// Gives the rows of the job's latest successful run, or of another one, as a file, as it is written. Options of the
    /// format are parameters, too. Text formats come in gzip or zstd where `Accept-Encoding` asks for it, and a client that
    /// names in `If-None-Match` the `ETag` of a file that it has is told so instead. What a format cannot hold of the rows is
    /// told in the trailer `X-Export-Warnings`, if the client says `TE: trailers` and `Connection: TE`, and in the server's log.
    /// A file whose run is deleted meanwhile breaks off.
    #[oai(path = "/jobs/:id/download", method = "get", operation_id = "downloadResults")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
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
        /// The columns of the file in their order, with commas between them; all of them if left out. A name with a comma in it
        /// goes in double quotes.
        columns: Param<ColumnNames>,
        /// Whether the file tells where each row comes from, in columns of their own: `_url`, `_scraped_at` and `_run`. Named
        /// in `columns`, they are there, too.
        meta: Param<Flag>,
    ) -> Result<FileResponse, Refusal<{ INVALID | MISSING }>> {
        let app = &self.0;
        let job = app.store.job(auth.user(), &id.0).await?;
        let asked = run.0.map(|Text(run)| RunId::new(run));
        let run = app.run_with_results(&job, asked).await?;
        let (exporter, info) = self.exporter(format.0.as_ref().map_or("json", |Text(format)| format))?;
        let options = options(info, request)?;
        // Without a run the file has the columns that the job would have, and no rows.
        let definition = run.as_ref().map_or(&job.definition, |run| &run.definition);
        let definition = app.job_of(definition)?;
        let columns_of_job = RowMaker::new(&definition).columns();
        let run_id = run.as_ref().map(|run| &run.run.run_id);
        let named = columns.0.map(|ColumnNames(names)| names);
        let selection = Selection::new(
            &columns_of_job,
            named.as_deref(),
            meta.0.is_some_and(|Flag(meta)| meta),
            run_id,
        )
        .map_err(ApiError::request)?;
        let facts = facts(&job.name, run.as_ref(), ColumnQuery::of(&definition));
        let kind = info.file_kind(&options);
        let varies = is_text(kind.media_type);
        let head = FileHead {
            etag: facts
                .finished_at
                .as_ref()
                .map(|_| etag(exporter, &options, &selection, &facts)),
            varies,
            coding: asked_header(request, &header::ACCEPT_ENCODING)
                .filter(|_| varies)
                .and_then(|codings| ContentCoding::choose(&codings)),
        };
        if asked_header(request, &header::IF_NONE_MATCH).is_some_and(|tags| head.is_among(&tags)) {
            return Ok(FileResponse::NotModified(head));
        }
        let file = File {
            exporter: Arc::clone(exporter),
            format: info.format.clone(),
            columns: columns_of_job,
            selection,
            options,
            facts,
            coding: head.coding,
            job: id.0,
            run: run.map(|run| (run.run.run_id, run.pages_end)),
        };
        let body = if HeadOnly::is_with(request) {
            // What a GET would be refused for, a HEAD is refused for too; it waits for no place among those that write.
            open(file).await?;
            Body::empty()
        } else {
            let permit = app.exports.begin(auth.user()).await?;
            let (writer, file) = open(file).await?;
            let cutter = app.connections.cutter(request.remote_addr());
            self.write(writer, file, permit, cutter)
        };
        Ok(FileResponse::File {
            head,
            media_type: kind.media_type.to_owned(),
            file_name: file_name(&job.name, kind.extension),
            body,
        })
    }
}

/// What is to be written.
struct File {
    exporter: Arc<Plugin>,
    format: String,
    /// The run's columns, by which its rows are read.
    columns: Vec<Column>,
    selection: Selection,
    options: Vec<(String, OptionValue)>,
    facts: RunFacts,
    coding: Option<ContentCoding>,
    job: JobId,
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
    fn write(&self, writer: ExportWriter, file: File, permit: ExportPermit, cutter: Cutter) -> Body {
        let (body, out) = body(self.0.stall, cutter);
        let store = self.0.store.clone();
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if let Err(error) = write_file(writer, &file, &store, &runtime, out) {
                tracing::warn!(%error, "a download ended before its file did");
            }
        });
        body
    }
}

/// Tells the exporter what it is to write, which it may refuse.
async fn open(file: File) -> Result<(ExportWriter, File), ApiError> {
    let opened = tokio::task::spawn_blocking(move || {
        let columns = file.selection.columns().to_vec();
        let opened = ExportWriter::open(&file.exporter, columns, &file.options, &file.facts);
        opened.map(|writer| (writer, file))
    });
    let opened = opened.await.expect("opening an exporter does not panic");
    opened.map_err(refused)
}

fn facts(job: &str, run: Option<&RunRecord>, queries: Vec<ColumnQuery>) -> RunFacts {
    let run = run.map(|run| &run.run);
    RunFacts {
        job: job.to_owned(),
        run: run.map(|run| run.run_id.to_string()),
        started_at: run.and_then(|run| run.started_at).map(|time| time.to_string()),
        finished_at: run.and_then(|run| run.finished_at).map(|time| time.to_string()),
        queries,
    }
}

/// What a finished run's file is known by: everything that its bytes come from. It is weak, since the same file comes in several
/// codings.
fn etag(exporter: &Plugin, options: &[(String, OptionValue)], selection: &Selection, facts: &RunFacts) -> String {
    let columns = selection.columns();
    let made_of = format!("{} {options:?} {columns:?} {facts:?}", exporter.as_used().hash);
    let hash = blake3::hash(made_of.as_bytes()).to_hex();
    format!("W/\"{}\"", &hash[..32])
}

/// A header that is a list: all of its lines as one (RFC 9110, section 5.3).
fn asked_header(request: &Request, name: &HeaderName) -> Option<String> {
    let lines = request.headers().get_all(name).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Writes all rows. It waits for the client.
fn write_file(
    writer: ExportWriter,
    file: &File,
    store: &Store,
    runtime: &Handle,
    out: BodyWriter,
) -> Result<(), String> {
    let mut out = CodingWriter::new(out, file.coding).map_err(|error| error.to_string())?;
    let mut failure = None;
    let mut reader = file
        .run
        .as_ref()
        .map(|(run, end)| store.page_reader(run, 0, *end, &file.columns));
    let pages = std::iter::from_fn(|| {
        let part = runtime.block_on(reader.as_mut()?.next_part()).and_then(|part| {
            let read = |part: PagePart<'_>| part.pages().collect::<Result<Vec<_>, _>>();
            part.map(read).transpose()
        });
        match part {
            Ok(Some(pages)) => Some(file.selection.apply(pages.into_iter().flat_map(|page| page.rows))),
            // The records of a run go before its pages do: with the run still there, so were all of them.
            Ok(None) => {
                let (run, _) = file.run.as_ref()?;
                failure = runtime.block_on(store.run(&file.job, run)).err();
                None
            }
            Err(error) => {
                failure = Some(error);
                None
            }
        }
    });
    let exported = export(writer, pages, &mut out);
    // Rows that could not be read would only be missing from the file.
    if let Some(error) = failure {
        return Err(error.to_string());
    }
    let exported = exported.map_err(|error| error.to_string())?;
    for warning in &exported.warnings {
        let run = file.run.as_ref().map(|(run, _)| run.as_str());
        let (format, message) = (&file.format, &warning.message);
        tracing::warn!(run, format, code = %warning.code, message, "a download does not hold all that its rows do");
    }
    let out = out.finish().map_err(|error| error.to_string())?;
    out.finish(&exported.warnings).map_err(|error| error.to_string())
}

/// The exporter's options among the parameters.
fn options(info: &ExporterInfo, request: &Request) -> Result<Vec<(String, OptionValue)>, ApiError> {
    let given: Vec<(String, String)> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .filter(|(name, _)| !ExporterInfo::RESERVED.contains(&&**name))
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
        ExportError::Unsupported(message) => ApiError::parameter("format", message),
        ExportError::Call(_) | ExportError::Other(_) => ApiError::internal(&error),
    }
}
