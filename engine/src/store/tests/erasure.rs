//! What is deleted, retired or expired cannot be read, and its pages go in small steps.

use super::*;

/// Runs the world's job to its end with so many pages.
async fn success(world: &World, pages: u64) -> RunId {
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "one").await.unwrap();
    let output: Vec<_> = (0..pages).map(|number| page(&claimed.record.run, number)).collect();
    // Groups lie across the borders of the steps in which they are erased.
    world.commit_in_groups(&claimed.lease, &output, 25).await;
    let mut ended = output.last().unwrap().run.clone();
    ended.status = RunStatus::Success;
    ended.finished_at = Some(at(40));
    let ending = Ending {
        run: ended,
        last_error: None,
        log: (0, vec![LogLine::now(LogLevel::Info, "over")]),
    };
    world.store.finish(&claimed.lease, &world.ann, &ending).await.unwrap();
    run
}

/// Erases all that is to be erased, and counts the pages.
async fn erase(store: &Store) -> usize {
    let mut erased = 0;
    while let Erased::Pages(pages) = store.erase_some().await.unwrap() {
        erased += pages;
    }
    erased
}

#[tokio::test]
async fn a_deleted_job_leaves_nothing_behind() {
    let world = World::new().await;
    let (first, second) = (success(&world, 130).await, success(&world, 3).await);
    assert_eq!(world.store.log(&first, 0, 10).await.unwrap().len(), 1);
    world.store.delete_job(&world.ann, &world.job).await.unwrap();
    assert_eq!(erase(&world.store).await, 133);
    for run in [first, second] {
        assert_eq!(world.pages(&run, 0).await, []);
        assert_eq!(world.store.log(&run, 0, 10).await.unwrap(), []);
    }
    assert_eq!(world.store.runs(&world.job, None, 10).await.unwrap(), []);
    assert_eq!(world.store.erase_some().await.unwrap(), Erased::Nothing);
}

#[tokio::test]
async fn a_store_on_disk_gives_its_room_back_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreSettings::default()).await.unwrap();
    store.compact().await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn old_runs_are_retired_but_for_the_results() {
    let world = World::new().await;
    let mut keeps_two = definition("Prices");
    keeps_two.retention = Retention { runs: 2, days: None };
    world
        .store
        .replace_job(&world.ann, &world.job, &keeps_two, at(6))
        .await
        .unwrap();
    let results = success(&world, 2).await;
    let mut cancelled = Vec::new();
    for _ in 0..3 {
        cancelled.push(world.enqueue().await.unwrap());
        world.store.cancel(&world.ann, &world.job, at(50)).await.unwrap();
    }
    assert_eq!(world.store.retire_runs(&world.ann, &world.job).await.unwrap(), 1);
    let left: Vec<_> = world.store.runs(&world.job, None, 10).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|record| record.run.run_id).collect();
    assert_eq!(left, [cancelled[2].clone(), cancelled[1].clone(), results.clone()]);
    assert_eq!(erase(&world.store).await, 0);
    assert_eq!(world.pages(&results, 0).await.len(), 2);
}

#[tokio::test]
async fn runs_expire() {
    let world = World::new().await;
    let mut keeps_a_day = definition("Prices");
    keeps_a_day.retention = Retention {
        runs: 20,
        days: Some(1),
    };
    world
        .store
        .replace_job(&world.ann, &world.job, &keeps_a_day, at(6))
        .await
        .unwrap();
    success(&world, 2).await;
    assert!(world.store.user_bytes(&world.ann).await.unwrap() > 0);
    let day = 86_400;
    assert_eq!(world.store.retire_expired_runs(at(39 + day)).await.unwrap(), 0);
    assert_eq!(world.store.retire_expired_runs(at(40 + day)).await.unwrap(), 1);
    let job = world.job().await;
    assert_eq!((job.success, job.results_count), (None, 0));
    assert_eq!(erase(&world.store).await, 2);
    assert_eq!(world.store.user_bytes(&world.ann).await.unwrap(), 0);
}
