//! Typed calls of an exporter: rows go in, bytes come out as they are ready.

use wasmtime::component::ResourceAny;

use super::bindings::exporter::Exporter;
use super::bindings::exporter::exports::snowscrape::plugin::exporting as wit;
use super::error::CallError;
use super::extractor::{settings, warnings};
use super::instance::Instance;
use super::lower::BatchColumns;
use super::registry::Plugin;
use crate::model::{Column, ColumnKind, Job, OptionValue, Row, Warning};

/// A file being written. Dropping it before it is finished aborts the export.
pub struct ExportWriter {
    instance: Instance<Exporter>,
    writer: ResourceAny,
    columns: Vec<Column>,
}

/// What an exporter is told of the run.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    /// The job's name.
    pub job: String,
    /// The run's id.
    pub run: Option<String>,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// RFC 3339.
    pub finished_at: Option<String>,
    /// The queries behind the columns.
    pub queries: Vec<ColumnQuery>,
}

/// The query behind a column.
#[derive(Clone, Debug)]
pub struct ColumnQuery {
    /// The column.
    pub column: String,
    /// The query's type.
    pub query_type: String,
    /// Its expression.
    pub expression: String,
}

impl ColumnQuery {
    /// The queries behind a job's columns.
    pub fn of(job: &Job) -> Vec<Self> {
        let queries = job.queries.iter().map(|query| Self {
            column: query.name.clone(),
            query_type: query.query_type.clone(),
            expression: query.expression.clone(),
        });
        queries.collect()
    }
}

/// The end of a file, piece by piece.
#[derive(Clone, Debug)]
pub enum Export {
    /// Bytes, and there are more.
    More(Vec<u8>),
    /// The last bytes, and what a person should know of the file.
    Done(Vec<u8>, Vec<Warning>),
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An option's value is wrong.
    #[error("{name}: {message}")]
    Option {
        /// The option.
        name: String,
        /// What is wrong with its value.
        message: String,
    },
    /// The format cannot hold the result; the message says what to change.
    #[error("{0}")]
    Unsupported(String),
    /// The exporter failed.
    #[error("the exporter failed: {0}")]
    Other(String),
}

impl ExportWriter {
    /// Opens a writer of a plugin that is an exporter. The options must be checked.
    pub fn open(
        plugin: &Plugin,
        columns: Vec<Column>,
        options: &[(String, OptionValue)],
        run: &RunFacts,
    ) -> Result<Self, ExportError> {
        let mut instance = plugin.start_exporter()?;
        let wit_columns: Vec<_> = columns
            .iter()
            .map(|column| wit::Column {
                name: &column.name,
                column_type: column_type(column.kind),
                many: column.many,
            })
            .collect();
        let queries: Vec<_> = run
            .queries
            .iter()
            .map(|query| wit::ColumnQuery {
                column: &query.column,
                query_type: &query.query_type,
                expression: &query.expression,
            })
            .collect();
        let wit_run = wit::RunInfo {
            job: &run.job,
            run: run.run.as_deref(),
            started_at: run.started_at.as_deref(),
            finished_at: run.finished_at.as_deref(),
            queries: &queries,
        };
        let settings = settings(options);
        let writer = instance.call(|store, guest| {
            guest
                .snowscrape_plugin_exporting()
                .writer()
                .call_open(store, &wit_columns, &settings, wit_run)
        })?;
        Ok(Self {
            writer: writer.map_err(error)?,
            instance,
            columns,
        })
    }

    /// Hands rows over and takes the bytes that are ready. The rows have a cell for each column.
    pub fn write(&mut self, rows: &[Row]) -> Result<Vec<u8>, ExportError> {
        let columns = BatchColumns::gather(&self.columns, rows);
        let wit_columns = columns.to_wit();
        let batch = wit::Batch {
            rows: rows.len() as u32,
            columns: &wit_columns,
        };
        let writer = self.writer;
        let bytes = self.instance.call(|store, guest| {
            guest
                .snowscrape_plugin_exporting()
                .writer()
                .call_write(store, writer, batch)
        })?;
        bytes.map_err(error)
    }

    /// Ends the file. Called until it answers [`Export::Done`].
    pub fn finish(&mut self) -> Result<Export, ExportError> {
        let writer = self.writer;
        let ending = self
            .instance
            .call(|store, guest| guest.snowscrape_plugin_exporting().writer().call_finish(store, writer))?;
        Ok(match ending.map_err(error)? {
            wit::Ending::More(bytes) => Export::More(bytes),
            wit::Ending::Done(closing) => Export::Done(closing.bytes, warnings(closing.warnings)),
        })
    }
}

impl std::fmt::Debug for ExportWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportWriter")
            .field("plugin", self.instance.label())
            .finish_non_exhaustive()
    }
}

fn error(error: wit::ExportError) -> ExportError {
    match error {
        wit::ExportError::InvalidOption(option) => ExportError::Option {
            name: option.name,
            message: option.message,
        },
        wit::ExportError::Unsupported(message) => ExportError::Unsupported(message),
        wit::ExportError::Other(message) => ExportError::Other(message),
    }
}

fn column_type(kind: ColumnKind) -> wit::ColumnType {
    match kind {
        ColumnKind::Text => wit::ColumnType::Text,
        ColumnKind::Integer => wit::ColumnType::Integer,
        ColumnKind::Number => wit::ColumnType::Number,
        ColumnKind::Boolean => wit::ColumnType::Boolean,
        ColumnKind::Datetime => wit::ColumnType::Datetime,
        ColumnKind::Url => wit::ColumnType::Url,
        ColumnKind::Json => wit::ColumnType::Json,
    }
}
