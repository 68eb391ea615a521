//! What a run came to, in words.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use snowscrape_engine::model::{ClosedSet, RunStatus};
use snowscrape_engine::pipeline::{Exported, Finished};

/// The summary of a run, its lines ended.
pub(crate) fn summary(finished: &Finished, exported: &Exported, file: Option<&Path>, elapsed: Duration) -> String {
    let run = &finished.run;
    let mut text = String::new();
    let mut line = |words: String| writeln!(text, "{words}").expect("writing to a string does not fail");
    let status = run.status.as_str();
    match &finished.last_error {
        Some((code, message)) if run.status != RunStatus::Cancelled => {
            line(format!("{status}: {} ({message})", code.as_str()));
        }
        _ => line(format!("{status} in {:.1} s", elapsed.as_secs_f64())),
    }
    line(format!(
        "  pages     {} ({} empty, {} failed, {} duplicate)",
        run.pages, run.empty_pages, run.failed_pages, run.duplicate_pages
    ));
    line(format!("  rows      {}", exported.rows));
    for column in run
        .columns
        .iter()
        .filter(|column| column.filled < run.rows || column.unparsed > 0)
    {
        let unparsed = if column.unparsed > 0 {
            format!(", {} unparsed", column.unparsed)
        } else {
            String::new()
        };
        line(format!(
            "  column    {}: filled {} of {}{unparsed}",
            column.name, column.filled, run.rows
        ));
    }
    for (code, count) in &run.errors_by_code {
        line(format!("  errors    {count} {}", code.as_str()));
    }
    for error in &run.first_errors {
        line(format!("  error     {}: {}", error.url, error.message));
    }
    for warning in run.warnings.iter().chain(&exported.warnings) {
        line(format!("  warning   {}", warning.message));
    }
    match file {
        Some(file) => line(format!("  written   {} ({} bytes)", file.display(), exported.bytes)),
        None => line(format!("  written   {} bytes", exported.bytes)),
    }
    text
}
