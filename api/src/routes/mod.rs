//! The operations of the API. Each is a short function: what it takes is parsed, what it does is the engine's.

mod auth;
mod content_coding;
mod download;
mod events;
mod extract;
mod file;
mod file_body;
mod jobs;
mod results;
mod runs;
mod server;

pub(crate) use content_coding::is_text;
pub(crate) use download::DownloadApi;
pub(crate) use events::EventsApi;
pub(crate) use extract::ExtractApi;
pub(crate) use file::tell_varying;
pub(crate) use jobs::JobsApi;
pub(crate) use results::ResultsApi;
pub(crate) use runs::RunsApi;
pub(crate) use server::ServerApi;

use poem_openapi::Tags;

/// What an operation is about.
#[derive(Tags)]
enum Tag {
    /// Saved definitions of scrapes, and what is done with them.
    Jobs,
    /// Executions of jobs.
    Runs,
    /// The rows that runs made.
    Results,
    /// Queries tried out on a page, without a job.
    Extraction,
    /// The server and its parts.
    Server,
}
