//! Times of schedules: taken once, left out or made up for where the last run is still going.

use super::*;
use crate::model::Overlap;

async fn due_job(world: &World, due: i64) -> DueJob {
    let scheduled = JobDefinition {
        next_run: Some(at(due)),
        ..definition("Prices")
    };
    world
        .store
        .replace_job(&world.ann, &world.job, &scheduled, at(6))
        .await
        .unwrap();
    world.store.due_jobs(at(due), 10).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_time_starts_one_run() {
    let world = World::new().await;
    let due = due_job(&world, 100).await;
    let start = async |run: &RunId| {
        world
            .store
            .start_due(&due, run, Some(at(200)), Overlap::Skip, at(101))
            .await
            .unwrap()
    };
    let run = RunId::generate();
    assert_eq!(start(&run).await, DueOutcome::Started);
    assert_eq!(start(&RunId::generate()).await, DueOutcome::Taken);
    let job = world.job().await;
    assert_eq!((job.run.as_ref(), job.next_run), (Some(&run), Some(at(200))));
    assert_eq!(world.run(&run).await.run.trigger, Trigger::Schedule);
}

#[tokio::test]
async fn an_overlapping_time_is_left_out_or_made_up_for() {
    let check = async |overlap: Overlap, after: Option<Timestamp>| {
        let world = World::new().await;
        let due = due_job(&world, 100).await;
        world.enqueue().await.unwrap();
        let outcome = world
            .store
            .start_due(&due, &RunId::generate(), Some(at(9_999_999_999)), overlap, at(101))
            .await
            .unwrap();
        assert_eq!(outcome, DueOutcome::Overlapped);
        assert_eq!(world.job().await.next_run, Some(at(9_999_999_999)));
        world.store.cancel(&world.ann, &world.job, at(150)).await.unwrap();
        let next = world.job().await.next_run.unwrap();
        match after {
            Some(after) => assert_eq!(next, after),
            None => assert!(next <= Timestamp::now(), "{next}: the time has come"),
        }
    };
    check(Overlap::Skip, Some(at(9_999_999_999))).await;
    check(Overlap::Queue, None).await;
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
