//! Runs: from their request to their end, under leases of two workers.

use super::*;

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
    let stored = world.pages(&run, 1).await;
    assert_eq!(stored.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(stored[0].rows, pages[1].rows);
    assert_eq!(world.store.pages_done(&run, 3).await.unwrap().taken.len(), 3);

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
