//! API keys, and requests that are sent again.

use super::*;

#[tokio::test]
async fn keys_are_found_listed_and_revoked() {
    let store = Store::in_memory().await.unwrap();
    let (ann, bob) = (UserId::new("ann"), UserId::new("bob"));
    store.create_api_key("sk_live_b", &ann, [1; 32], at(1)).await.unwrap();
    store.create_api_key("sk_live_a", &bob, [2; 32], at(2)).await.unwrap();
    assert!(store.create_api_key("sk_live_a", &ann, [3; 32], at(3)).await.is_err());
    let ids = |keys: Vec<ApiKeyRecord>| keys.into_iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(store.api_keys(None).await.unwrap()), ["sk_live_b", "sk_live_a"]);
    assert_eq!(ids(store.api_keys(Some(&bob)).await.unwrap()), ["sk_live_a"]);
    let key = store.api_key("sk_live_b").await.unwrap().unwrap();
    assert_eq!((key.user, key.hash, key.last_used_at), (ann, [1; 32], None));
    store.touch_api_key("sk_live_b", at(9)).await.unwrap();
    let key = store.api_key("sk_live_b").await.unwrap().unwrap();
    assert_eq!(key.last_used_at, Some(at(9)));
    store.revoke_api_key("sk_live_b").await.unwrap();
    assert_eq!(store.api_key("sk_live_b").await.unwrap(), None);
    let again = store.revoke_api_key("sk_live_b").await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}

#[tokio::test]
async fn a_request_makes_something_once_a_day() {
    let world = World::new().await;
    let day = 86_400;
    let request = RequestKey {
        key: "a key".to_owned(),
        fingerprint: [7; 32],
    };
    let create = async |id: &JobId, time: i64| {
        world
            .store
            .create_job(&world.ann, id, &definition("Again"), Some(&request), at(time))
            .await
    };
    let (first, second) = (JobId::generate(), JobId::generate());
    create(&first, 10).await.unwrap();
    let again = create(&second, 11).await;
    assert!(matches!(again, Err(StoreError::Answered)), "{again:?}");
    assert!(matches!(
        world.store.job(&world.ann, &second).await,
        Err(StoreError::NotFound(_))
    ));
    let answered = async |user: &UserId, time| world.store.answered(user, "a key", at(time)).await.unwrap();
    let found = answered(&world.ann, 9 + day).await.unwrap();
    assert_eq!((found.made.as_str(), found.fingerprint), (first.as_str(), vec![7; 32]));
    assert_eq!(answered(&UserId::new("bob"), 11).await, None, "a key is its user's");
    assert_eq!(answered(&world.ann, 10 + day).await, None);
    create(&second, 10 + day).await.unwrap();
    world.store.forget_requests(at(9 + 2 * day)).await.unwrap();
    assert!(answered(&world.ann, 11 + day).await.is_some());
    world.store.forget_requests(at(10 + 2 * day)).await.unwrap();
    assert_eq!(answered(&world.ann, 11 + day).await, None);
}

#[tokio::test]
async fn a_run_is_asked_for_once() {
    let world = World::new().await;
    let request = RequestKey {
        key: "run".to_owned(),
        fingerprint: [1; 32],
    };
    let run = async |id: &RunId| {
        world
            .store
            .enqueue(&world.ann, &world.job, id, Some(&request), at(10))
            .await
    };
    let (first, second) = (RunId::generate(), RunId::generate());
    run(&first).await.unwrap();
    // That the job runs already does not matter: the request was answered.
    let again = run(&second).await;
    assert!(matches!(again, Err(StoreError::Answered)), "{again:?}");
    let found = world.store.answered(&world.ann, "run", at(11)).await.unwrap().unwrap();
    assert_eq!(found.made, first.as_str());
}
