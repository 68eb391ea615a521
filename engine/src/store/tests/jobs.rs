//! Jobs: kept, listed, replaced, deleted, for their user only.

use super::*;

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
async fn deleting_a_job_takes_its_lease_back() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let claimed = world.claim(&run, "w1").await.unwrap();
    world.store.delete_job(&world.ann, &world.job).await.unwrap();
    let stale = world.commit(&claimed.lease, &[page(&claimed.record.run, 0)]).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
}
