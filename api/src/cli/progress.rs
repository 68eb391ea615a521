//! How a run goes, on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use snowscrape_engine::model::Run;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often a plain line is printed.
const LINES_EVERY: Duration = Duration::from_secs(2);

/// Shows a run until it ends.
pub(crate) async fn show(mut progress: watch::Receiver<Run>, pages: Option<u64>) {
    if std::io::stderr().is_terminal() {
        let (bar, template) = match pages {
            Some(pages) => (
                ProgressBar::new(pages),
                "{bar:30} {pos}/{len} pages, {msg} ({elapsed}, {eta} left)",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} pages, {msg} ({elapsed})"),
        };
        let bar = bar.with_style(ProgressStyle::with_template(template).expect("the template is right"));
        bar.enable_steady_tick(Duration::from_millis(200));
        while progress.changed().await.is_ok() {
            let run = progress.borrow_and_update();
            bar.set_position(seen(&run));
            bar.set_message(state(&run));
        }
        bar.finish_and_clear();
        return;
    }
    let mut next = Instant::now() + LINES_EVERY;
    while progress.changed().await.is_ok() {
        if Instant::now() >= next {
            let run = progress.borrow_and_update();
            // Without a standard error there is nobody to tell.
            let of = pages.map(|pages| format!("/{pages}")).unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "{}{of} pages, {}", seen(&run), state(&run));
            next = Instant::now() + LINES_EVERY;
        }
    }
}

fn seen(run: &Run) -> u64 {
    run.pages + run.failed_pages + run.duplicate_pages + run.unchanged_pages
}

fn state(run: &Run) -> String {
    format!("{} rows, {} errors", run.rows, run.errors)
}
