//! The store in memory: what is kept comes back, and what must be refused is.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::{
    Column, ColumnKind, ErrorCode, JobId, JobStatus, LogLevel, LogLine, Retention, Row, Run, RunEvent, RunId,
    RunStatus, Trigger, UserId, Value,
};
use crate::pipeline::PageOutput;

mod due;
mod erasure;
mod life;
mod requests;

const LEASE: Duration = Duration::from_secs(30);
const NO_LINES: (u64, &[LogLine]) = (0, &[]);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn definition(name: &str) -> JobDefinition {
    JobDefinition {
        name: name.to_owned(),
        source: "http://a.example/".to_owned(),
        definition: format!(r#"{{"name": "{name}"}}"#),
        next_run: None,
        retention: Retention::default(),
    }
}

/// A store with a job of Ann's.
struct World {
    store: Store,
    ann: UserId,
    job: JobId,
}

impl World {
    async fn new() -> Self {
        let world = Self {
            store: Store::in_memory().await.unwrap(),
            ann: UserId::new("ann"),
            job: JobId::generate(),
        };
        world
            .store
            .create_job(&world.ann, &world.job, &definition("Prices"), None, at(5))
            .await
            .unwrap();
        world
    }

    async fn job(&self) -> JobRecord {
        self.store.job(&self.ann, &self.job).await.unwrap()
    }

    async fn run(&self, run: &RunId) -> RunRecord {
        self.store.run(&self.job, run).await.unwrap()
    }

    async fn enqueue(&self) -> Result<RunId, StoreError> {
        let run = RunId::generate();
        self.store
            .enqueue(&self.ann, &self.job, &run, None, at(10))
            .await
            .map(|()| run)
    }

    fn waiting(&self, run: &RunId) -> WaitingRun {
        WaitingRun {
            user: self.ann.clone(),
            job: self.job.clone(),
            run: run.clone(),
        }
    }

    async fn commit(&self, lease: &Lease, pages: &[PageOutput]) -> Result<(), StoreError> {
        let pages = EncodedPages::new(lease.run(), pages).unwrap();
        self.store.commit_pages(lease, &pages, NO_LINES).await
    }

    async fn claim(&self, run: &RunId, worker: &str) -> Result<Claimed, StoreError> {
        self.store.claim(&self.waiting(run), worker, LEASE, at(20)).await
    }
}

/// A page with one row that has its number.
fn page(run: &Run, number: u64) -> PageOutput {
    let url = format!("http://a.example/{number}");
    PageOutput {
        number,
        url: Some(url.as_str().into()),
        rows: vec![Row {
            url: url.into(),
            position: 0,
            fetched_at: at(30),
            cells: vec![Value::Integer(number as i64)],
        }],
        failure: None,
        run: Run {
            pages: number + 1,
            rows: number + 1,
            ..run.clone()
        },
    }
}

fn columns() -> [Column; 1] {
    [Column {
        name: "number".to_owned(),
        kind: ColumnKind::Integer,
        many: false,
    }]
}

fn state(error: &StoreError) -> Option<(&str, &str)> {
    match error {
        StoreError::State { found, needed } => Some((found, needed)),
        _ => None,
    }
}

#[tokio::test]
async fn a_job_comes_back_as_it_was_kept_and_to_its_user_only() {
    let world = World::new().await;
    let created = world.job().await;
    assert_eq!((created.status, created.created_at), (JobStatus::Scheduled, at(5)));
    assert_eq!((created.user.as_str(), &created.id), ("ann", &world.job));
    let bob = UserId::new("bob");
    assert!(matches!(
        world.store.job(&bob, &world.job).await,
        Err(StoreError::NotFound(_))
    ));
    let replaced = world
        .store
        .replace_job(&bob, &world.job, &definition("Mine"), at(6))
        .await;
    assert!(matches!(replaced, Err(StoreError::NotFound(_))));
    assert!(matches!(
        world.store.delete_job(&bob, &world.job).await,
        Err(StoreError::NotFound(_))
    ));
    assert_eq!(world.job().await, created);

    let replaced = world
        .store
        .replace_job(&world.ann, &world.job, &definition("Other"), at(7))
        .await
        .unwrap();
    assert_eq!(
        (replaced.name.as_str(), replaced.updated_at, replaced.created_at),
        ("Other", at(7), at(5))
    );
    world.store.delete_job(&world.ann, &world.job).await.unwrap();
    assert!(matches!(
        world.store.job(&world.ann, &world.job).await,
        Err(StoreError::NotFound(_))
    ));
}

#[tokio::test]
async fn jobs_are_listed_newest_first_a_page_at_a_time() {
    let store = Store::in_memory().await.unwrap();
    let ann = UserId::new("ann");
    for name in ["one", "Two", "three"] {
        store
            .create_job(&ann, &JobId::generate(), &definition(name), None, at(1))
            .await
            .unwrap();
    }
    store
        .create_job(
            &UserId::new("anna"),
            &JobId::generate(),
            &definition("else's"),
            None,
            at(1),
        )
        .await
        .unwrap();
    let list = async |filter: JobFilter| -> Vec<String> {
        let jobs = store.jobs(&ann, &filter).await.unwrap();
        jobs.into_iter().map(|job| job.name).collect()
    };
    assert_eq!(list(JobFilter::default()).await, ["three", "Two", "one"]);
    let first = JobFilter {
        limit: Some(2),
        ..JobFilter::default()
    };
    assert_eq!(list(first).await, ["three", "Two"]);
    let second = store.jobs(&ann, &JobFilter::default()).await.unwrap().remove(1).id;
    let before = JobFilter {
        before: Some(second),
        ..JobFilter::default()
    };
    assert_eq!(list(before).await, ["one"]);
    let named = JobFilter {
        name: Some("TW".to_owned()),
        ..JobFilter::default()
    };
    assert_eq!(list(named).await, ["Two"]);
    let running = JobFilter {
        status: Some(JobStatus::Running),
        ..JobFilter::default()
    };
    assert_eq!(list(running).await, [""; 0]);
}

#[tokio::test]
async fn a_run_from_its_request_to_its_end() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    assert_eq!(world.job().await.status, JobStatus::Running);
    assert_eq!(world.run(&run).await.run.status, RunStatus::Queued);
    assert_eq!(
        state(&world.enqueue().await.unwrap_err()).map(|(found, _)| found),
        Some("running")
    );

    let waiting = world.store.waiting_runs(at(10), &[], 10).await.unwrap();
    assert_eq!(waiting, [world.waiting(&run)]);
    assert_eq!(world.store.waiting_runs(at(9), &[], 10).await.unwrap(), []);
    let Claimed {
        record,
        lease,
        next_page,
        ..
    } = world.claim(&run, "w1").await.unwrap();
    assert_eq!(
        (record.run.status, record.run.started_at, next_page),
        (RunStatus::Running, Some(at(20)), 0)
    );
    assert_eq!(record.definition, r#"{"name": "Prices"}"#);
    assert_eq!(world.job().await.last_run, Some(at(20)));
    assert_eq!(world.store.waiting_runs(at(100), &[], 10).await.unwrap(), []);

    let pages: Vec<_> = (0..3).map(|number| page(&record.run, number)).collect();
    world.commit(&lease, &pages).await.unwrap();
    assert_eq!(
        world.run(&run).await.run.rows,
        3,
        "a run that is going tells its counts"
    );
    let stored = world.store.pages(&run, 1, 1_000, &columns()).await.unwrap();
    assert_eq!(stored.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(stored[0].rows, pages[1].rows);
    assert_eq!(world.store.taken_urls(&run).await.unwrap().len(), 3);

    let ending = Ending {
        run: Run {
            status: RunStatus::Success,
            finished_at: Some(at(40)),
            ..pages[2].run.clone()
        },
        last_error: None,
        log: (0, Vec::new()),
    };
    world.store.finish(&lease, &world.ann, &ending).await.unwrap();
    let job = world.job().await;
    assert_eq!(
        (job.status, job.results_count, job.success),
        (JobStatus::Success, 3, Some(run.clone()))
    );
    let over = world.run(&run).await.run;
    assert_eq!(
        (over.status, over.rows, over.finished_at),
        (RunStatus::Success, 3, Some(at(40)))
    );
    assert!(matches!(world.commit(&lease, &pages).await, Err(StoreError::LeaseLost)));
    assert!(matches!(
        world.store.renew(&lease, LEASE).await,
        Err(StoreError::LeaseLost)
    ));

    let second = world.enqueue().await.unwrap();
    let runs = world.store.runs(&world.job, None, 10).await.unwrap();
    assert_eq!(
        runs.iter().map(|it| it.run.run_id.clone()).collect::<Vec<_>>(),
        [second.clone(), run.clone()]
    );
    let runs = world.store.runs(&world.job, Some(&second), 10).await.unwrap();
    assert_eq!(runs[0].run.run_id, run);
}

#[tokio::test]
async fn a_run_that_failed_leaves_the_rows_of_the_last_success() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "w1").await.unwrap();
    let ending = Ending {
        run: Run {
            status: RunStatus::Failed,
            ..claimed.record.run
        },
        last_error: Some((ErrorCode::Timeout, "too slow".to_owned())),
        log: (0, Vec::new()),
    };
    world.store.finish(&claimed.lease, &world.ann, &ending).await.unwrap();
    let job = world.job().await;
    assert_eq!(
        (job.status, job.success, job.results_count),
        (JobStatus::Failed, None, 0)
    );
    assert_eq!(job.last_error, Some((ErrorCode::Timeout, "too slow".to_owned())));
    assert_eq!(world.run(&run).await.last_error, job.last_error);
    world.enqueue().await.unwrap();
    assert_eq!(world.job().await.last_error, None);
}

#[tokio::test]
async fn pausing_lets_pages_in_flight_commit_and_resuming_takes_them_in() {
    let world = World::new().await;
    let pause = async || world.store.pause(&world.ann, &world.job).await;
    let resume = async || world.store.resume(&world.ann, &world.job, at(50)).await;
    assert_eq!(
        state(&pause().await.unwrap_err()),
        Some(("scheduled", "queued or running"))
    );
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "w1").await.unwrap();
    assert_eq!(state(&resume().await.unwrap_err()), Some(("running", "paused")));
    assert_eq!(pause().await.unwrap(), run);
    assert_eq!(world.job().await.status, JobStatus::Paused);
    assert_eq!(
        state(&world.enqueue().await.unwrap_err()).map(|(found, _)| found),
        Some("paused")
    );
    world
        .commit(&claimed.lease, &[page(&claimed.record.run, 0)])
        .await
        .unwrap();
    let ending = Ending {
        run: Run {
            status: RunStatus::Success,
            ..claimed.record.run.clone()
        },
        last_error: None,
        log: (0, Vec::new()),
    };
    let finished = world.store.finish(&claimed.lease, &world.ann, &ending).await;
    assert_eq!(state(&finished.unwrap_err()), Some(("paused", "running")));
    world.store.release(&claimed.lease, NO_LINES, at(45)).await.unwrap();
    assert_eq!(world.store.waiting_runs(at(100), &[], 10).await.unwrap(), []);

    resume().await.unwrap();
    assert_eq!(world.run(&run).await.run.status, RunStatus::Queued);
    let again = world.claim(&run, "w2").await.unwrap();
    assert_eq!((again.next_page, again.record.run.pages), (1, 1));
    assert_eq!(again.record.run.started_at, Some(at(20)), "a run begins once");
    let stale = world.commit(&claimed.lease, &[page(&claimed.record.run, 1)]).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
}

#[tokio::test]
async fn cancelling_takes_the_lease_back() {
    let world = World::new().await;
    let cancel = async || world.store.cancel(&world.ann, &world.job, at(60)).await;
    assert_eq!(
        state(&cancel().await.unwrap_err()),
        Some(("scheduled", "queued, running or paused"))
    );
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "w1").await.unwrap();
    world
        .commit(&claimed.lease, &[page(&claimed.record.run, 0)])
        .await
        .unwrap();
    cancel().await.unwrap();
    let stale = world.commit(&claimed.lease, &[page(&claimed.record.run, 1)]).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
    let over = world.run(&run).await;
    assert_eq!(
        (over.run.status, over.run.rows, over.run.finished_at),
        (RunStatus::Cancelled, 1, Some(at(60)))
    );
    assert_eq!(over.last_error.map(|(code, _)| code), Some(ErrorCode::Cancelled));
    assert_eq!(world.job().await.status, JobStatus::Failed);
    assert_eq!(
        state(&cancel().await.unwrap_err()).map(|(found, _)| found),
        Some("cancelled")
    );
}

#[tokio::test]
async fn a_lease_is_one_workers_until_it_ends() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let first = world.claim(&run, "w1").await.unwrap();
    assert!(matches!(world.claim(&run, "w2").await, Err(StoreError::LeaseLost)));
    world.store.renew(&first.lease, LEASE).await.unwrap();
    world.store.release(&first.lease, NO_LINES, at(70)).await.unwrap();
    assert_eq!(
        world.store.waiting_runs(at(70), &[], 10).await.unwrap(),
        [world.waiting(&run)]
    );
    let second = world.claim(&run, "w2").await.unwrap();
    assert!(matches!(
        world.store.renew(&first.lease, LEASE).await,
        Err(StoreError::LeaseLost)
    ));

    // The worker's lease is over without a word from it.
    world
        .store
        .renew(&second.lease, Duration::from_millis(1))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.claim(&run, "w3").await.unwrap();
    assert!(matches!(
        world.store.renew(&second.lease, LEASE).await,
        Err(StoreError::LeaseLost)
    ));

    // The process died and came back: its leases count no more.
    world.store.release_all(at(80)).await.unwrap();
    assert_eq!(
        world.store.waiting_runs(at(80), &[], 10).await.unwrap(),
        [world.waiting(&run)]
    );
    world.claim(&run, "w4").await.unwrap();
}

#[tokio::test]
async fn what_is_due_is_taken_once() {
    let world = World::new().await;
    let unscheduled = JobId::generate();
    world
        .store
        .create_job(&world.ann, &unscheduled, &definition("None"), None, at(5))
        .await
        .unwrap();
    let due = JobDefinition {
        next_run: Some(at(100)),
        ..definition("Prices")
    };
    world
        .store
        .replace_job(&world.ann, &world.job, &due, at(6))
        .await
        .unwrap();
    assert_eq!(
        world.store.due_jobs(at(99), 10).await.unwrap(),
        [],
        "one has no schedule, one is not due"
    );
    let found = world.store.due_jobs(at(100), 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(world.store.skip_due(&found[0], Some(at(200))).await.unwrap());
    assert!(!world.store.skip_due(&found[0], Some(at(200))).await.unwrap());
    assert_eq!(world.store.due_jobs(at(150), 10).await.unwrap(), []);
    assert_eq!(world.job().await.next_run, Some(at(200)));
}

#[tokio::test]
async fn deleting_a_job_takes_its_lease_back() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "w1").await.unwrap();
    world.store.delete_job(&world.ann, &world.job).await.unwrap();
    let stale = world.commit(&claimed.lease, &[page(&claimed.record.run, 0)]).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
}

#[tokio::test]
async fn a_store_on_disk_is_there_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (ann, id) = (UserId::new("ann"), JobId::generate());
    let store = Store::open(folder.path(), StoreSettings::default()).await.unwrap();
    let created = store
        .create_job(&ann, &id, &definition("Prices"), None, at(5))
        .await
        .unwrap();
    store.close().await.unwrap();
    let store = Store::open(folder.path(), StoreSettings::default()).await.unwrap();
    assert_eq!(store.job(&ann, &id).await.unwrap(), created);
    store.close().await.unwrap();
}

/// The database only logs a name that it does not know: what it wrote down of its options tells what took.
#[tokio::test]
async fn the_bounds_took() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        block_cache_bytes: 9 << 20,
        write_buffer_bytes: 5 << 20,
        write_buffers: 3,
        table_bytes: 7 << 20,
    };
    let store = Store::open(folder.path(), settings).await.unwrap();
    store.close().await.unwrap();
    let read = |prefix: &str| -> String {
        let files = std::fs::read_dir(folder.path()).unwrap().flatten();
        let named = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
        named
            .map(|file| std::fs::read_to_string(file.path()).unwrap())
            .collect()
    };
    let options = read("OPTIONS-");
    for option in [
        "\n  write_buffer_size=5242880\n",
        "\n  max_write_buffer_number=3\n",
        "\n  target_file_size_base=7340032\n",
    ] {
        assert!(options.contains(option), "{option}: {options}");
    }
    let log = read("LOG");
    assert!(log.contains("capacity : 9437184"), "{log}");
}

#[tokio::test]
async fn a_folder_that_is_none_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Store::open(file.path(), StoreSettings::default()).await.unwrap_err();
    let name = file.path().display().to_string();
    assert!(
        matches!(&error, StoreError::Open { folder, .. } if *folder == name),
        "{error}"
    );
}
