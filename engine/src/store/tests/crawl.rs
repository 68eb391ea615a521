//! What a run remembers of its pages: links and visits.

use super::*;
use crate::model::SourceType;
use crate::pipeline::{Fingerprint, Link, StoredLinks, Visit};

fn link(name: &str, kind: SourceType) -> Link {
    Link {
        url: format!("http://a.example/{name}"),
        kind,
        depth: 2,
        listing: 3,
    }
}

fn visit(name: &str) -> Visit {
    Visit {
        page: Fingerprint::of(format!("http://a.example/{name}")),
        etag: Some("\"1\"".to_owned()),
        last_modified: None,
        body: Fingerprint::of(name),
    }
}

#[tokio::test]
async fn links_and_visits_come_back() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let Claimed { record, lease, .. } = world.claim(&run, "w1").await.unwrap();
    let links = [link("x", SourceType::Page), link("y.xml", SourceType::Sitemap)];
    let mut pages: Vec<_> = (0..600).map(|number| page(&record.run, number)).collect();
    pages[1].links = links.to_vec();
    pages[599].links = vec![links[0].clone()];
    pages[300].visit = Some(visit("300"));
    pages[7].screenshot = Some(bytes::Bytes::from_static(b"\x89PNG"));
    world.commit(&lease, &pages).await.unwrap();

    let store = &world.store;
    let check = async |from, before, expected: &[Link], end| {
        let found = store.links(&run, from, before).await.unwrap();
        let expected = StoredLinks {
            links: expected.to_vec(),
            end,
        };
        assert_eq!(found, expected, "{from}..{before}");
    };
    check(0, 600, &links, 16).await;
    check(0, 1, &[], 1).await;
    check(2, 600, &links[..1], 600).await;
    check(2, 700, &links[..1], 600).await;
    check(600, 700, &[], 600).await;

    let done = store.pages_done(&run, 599).await.unwrap();
    assert_eq!((done.next, done.taken.len(), done.seen.len()), (599, 599, 2));
    assert_eq!(done.links, [(1, 2)]);
    assert!(done.seen.contains(&Fingerprint::of(&links[1].url)));

    let visits = store.visits(&run, 600).await.unwrap();
    assert_eq!(visits.into_iter().collect::<Vec<_>>(), [(visit("300").page, 300)]);
    assert_eq!(store.visit(&run, 300).await.unwrap(), Some(visit("300")));
    assert_eq!(store.screenshot(&run, 7).await.unwrap(), b"\x89PNG");
    let none = store.screenshot(&run, 8).await;
    assert!(matches!(none, Err(StoreError::NotFound(_))), "{none:?}");
    assert_eq!(store.visit(&run, 0).await.unwrap(), None);
    assert_eq!(store.visit(&run, 1_000).await.unwrap(), None);
}
