//! A run through the pipeline and the store: interrupted between pages, taken up by another worker, read back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use snowscrape_engine::fetch::FetchEnvironment;
use snowscrape_engine::model::{Column, Job, JobId, RunId, RunStatus, UserId};
use snowscrape_engine::pipeline::{Environment, Finished, Pipeline};
use snowscrape_engine::plugin::PluginRegistry;
use snowscrape_engine::render::{BrowserSettings, Browsers};
use snowscrape_engine::store::{Claimed, EncodedPages, Ending, JobDefinition, Store, WaitingRun};
use snowscrape_tests::site::{DemoSite, demo_job, expected_rows};

use crate::support::{WEB, engine, job, registry};

/// Runs what was claimed, commits each page as it comes, and stops after `pages` of them.
async fn work(store: &Store, registry: &PluginRegistry, job: Job, claimed: &Claimed, pages: usize) -> Finished {
    let environment = Environment {
        registry,
        secrets: &|_| None,
        fetch: &FetchEnvironment::default(),
        browsers: &Browsers::new(BrowserSettings::new(Vec::new())),
    };
    let done = store.pages_done(claimed.lease.run(), claimed.next_page).await.unwrap();
    let pipeline = Pipeline::build(job, environment, claimed.record.run.clone()).unwrap();
    let (running, mut output) = pipeline.going_on_after(done).start();
    let mut committed = 0;
    while let Some(page) = output.recv().await {
        let group = EncodedPages::new(claimed.lease.run(), &[page]).unwrap();
        store.commit_pages(&claimed.lease, &group, (0, &[])).await.unwrap();
        committed += 1;
        if committed == pages {
            running.interrupter()();
        }
    }
    running.finish().await
}

/// The rows of a run as they were stored, as objects.
async fn stored_rows(store: &Store, run: &RunId, columns: &[Column]) -> Vec<Json> {
    let mut rows = Vec::new();
    let mut reader = store.page_reader(run, 0, 1_000, columns);
    while let Some(part) = reader.next_part().await.unwrap() {
        for row in part.pages().flat_map(|page| page.unwrap().rows) {
            let cells = columns
                .iter()
                .zip(&row.cells)
                .map(|(column, cell)| (column.name.clone(), json!(cell)));
            rows.push(Json::Object(cells.collect::<Map<_, _>>()));
        }
    }
    rows
}

#[test]
fn a_run_goes_on_where_it_stopped_with_no_page_twice() {
    // The site has a runtime of its own.
    let site = DemoSite::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(interrupted_run(&site));
}

async fn interrupted_run(site: &DemoSite) {
    let mut definition = demo_job(&site.base_url());
    // One page at a time, so that there is a page to stop before.
    definition["concurrency"] = json!(1);
    definition["rate_limit"] = json!(600);
    let registry: Arc<PluginRegistry> = registry(&engine(), &[WEB]);
    let job = job(&definition, &registry);
    let store = Store::in_memory().await.unwrap();
    let (user, job_id, run) = (UserId::new("ann"), JobId::generate(), RunId::generate());
    let stored = JobDefinition {
        name: job.name.clone(),
        source: job.source.as_str().to_owned(),
        definition: serde_json::to_string(&job).unwrap(),
        next_run: None,
        retention: job.retention,
    };
    let now = Timestamp::now();
    store.create_job(&user, &job_id, &stored, None, now).await.unwrap();
    store.enqueue(&user, &job_id, &run, None, now).await.unwrap();
    let waiting = WaitingRun {
        user: user.clone(),
        job: job_id.clone(),
        run: run.clone(),
    };
    let lease = Duration::from_secs(30);

    let first = store.claim(&waiting, "first", lease, now).await.unwrap();
    let Finished { run: interrupted, .. } = Box::pin(work(&store, &registry, job.clone(), &first, 1)).await;
    assert_eq!(
        (interrupted.status, interrupted.finished_at),
        (RunStatus::Running, None)
    );
    assert!((1..5).contains(&interrupted.pages), "{interrupted:?}");
    store.release(&first.lease, (0, &[]), now).await.unwrap();

    let second = store.claim(&waiting, "second", lease, now).await.unwrap();
    assert_eq!(
        (second.next_page, second.record.run.pages),
        (interrupted.pages, interrupted.pages)
    );
    let columns = {
        let definition: Json = serde_json::from_str(&second.record.definition).unwrap();
        let again = Job::parse(&definition, &*registry).unwrap();
        assert_eq!(again, job, "a stored definition is the job that it was");
        snowscrape_engine::rows::RowMaker::new(&again).columns()
    };
    let Finished { run: whole, last_error } = Box::pin(work(&store, &registry, job, &second, usize::MAX)).await;
    assert_eq!(
        (whole.status, whole.pages, whole.rows, whole.failed_pages),
        (RunStatus::Success, 5, 100, 0)
    );
    assert_eq!(whole.columns.len(), 8, "columns are counted on and not anew");
    let ending = Ending {
        run: whole,
        last_error,
        log: (0, Vec::new()),
    };
    store.finish(&second.lease, &user, &ending).await.unwrap();
    assert_eq!(store.job(&user, &job_id).await.unwrap().results_count, 100);
    assert_eq!(
        stored_rows(&store, &run, &columns).await,
        expected_rows(&site.base_url())
    );
}
