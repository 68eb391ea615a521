//! The store in memory: what is kept comes back, and what must be refused is.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::{
    Column, ColumnKind, ErrorCode, JobId, JobStatus, LogLevel, LogLine, Retention, Row, Run, RunEvent, RunId,
    RunStatus, Trigger, UserId, Value,
};
use crate::pipeline::PageOutput;

mod crawl;
mod disk;
mod due;
mod erasure;
mod jobs;
mod life;
mod requests;
mod runs;

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

    /// The pages of a run that have rows, from a number on.
    async fn pages(&self, run: &RunId, from: u64) -> Vec<StoredPage> {
        let columns = columns();
        let mut reader = self.store.page_reader(run, from, 1_000, &columns);
        let mut pages = Vec::new();
        while let Some(part) = reader.next_part().await.unwrap() {
            pages.extend(part.pages().map(Result::unwrap));
        }
        pages
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

    /// Stores pages in groups of so many, or fewer.
    async fn commit_in_groups(&self, lease: &Lease, pages: &[PageOutput], most: usize) {
        for group in pages.chunks(most) {
            self.commit(lease, group).await.unwrap();
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
        links: Vec::new(),
        visit: None,
        screenshot: None,
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
