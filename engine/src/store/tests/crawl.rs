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
    world.commit_in_groups(&lease, &pages, 25).await;

    let store = &world.store;
    let check = async |from, before, expected: &[Link], end| {
        let found = store.links(&run, from, before).await.unwrap();
        let expected = StoredLinks {
            links: expected.to_vec(),
            end,
        };
        assert_eq!(found, expected, "{from}..{before}");
    };
    check(0, 600, &links, 25).await;
    check(1, 25, &links, 25).await;
    check(0, 24, &[], 0).await;
    check(2, 50, &[], 25).await;
    check(25, 600, &[], 50).await;
    check(570, 600, &links[..1], 600).await;
    check(575, 599, &[], 575).await;
    check(576, 600, &links[..1], 600).await;
    check(576, 700, &links[..1], 600).await;
    check(600, 700, &[], 600).await;

    let done = store.pages_done(&run, 575).await.unwrap();
    assert_eq!((done.next, done.taken.len(), done.seen.len()), (575, 575, 2));
    assert_eq!(done.links, [(1, 2)]);
    assert!(done.seen.contains(&Fingerprint::of(&links[1].url)));

    let visits = store.visits(&run, 600).await.unwrap();
    let known = visit("300");
    assert_eq!(visits.into_iter().collect::<Vec<_>>(), [(known.page, 324)]);
    assert_eq!(store.group_visits(&run, 324).await.unwrap(), [known]);
    assert_eq!(store.group_visits(&run, 299).await.unwrap(), []);
    assert_eq!(store.group_visits(&run, 300).await.unwrap(), [], "no group ends there");
    assert_eq!(store.screenshot(&run, 7).await.unwrap(), b"\x89PNG");
    let none = store.screenshot(&run, 8).await;
    assert!(matches!(none, Err(StoreError::NotFound(_))), "{none:?}");
}

#[tokio::test]
async fn a_look_for_links_goes_over_the_numbers_of_a_group() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let Claimed { record, lease, .. } = world.claim(&run, "w1").await.unwrap();
    let mut pages: Vec<_> = (0..75).map(|number| page(&record.run, number)).collect();
    pages[70].links = vec![link("x", SourceType::Page)];
    world.commit_in_groups(&lease, &pages[..25], 25).await;
    world.commit_in_groups(&lease, &pages[25..], 1).await;
    let store = &world.store;
    let mut end = 0;
    let mut looks = 0;
    let links = loop {
        let found = store.links(&run, end, 75).await.unwrap();
        assert!(found.end > end, "what is stored is given");
        (end, looks) = (found.end, looks + 1);
        if !found.links.is_empty() {
            break found.links;
        }
    };
    assert_eq!((links, end), (pages[70].links.clone(), 71));
    assert_eq!(looks, 3);
    assert_eq!(store.links(&run, 70, 70).await.unwrap().end, 70);
    assert_eq!(
        store.links(&run, 75, 200).await.unwrap(),
        StoredLinks { links: vec![], end: 75 }
    );
}

#[tokio::test]
async fn pages_are_read_from_any_of_them_on() {
    let world = World::new().await;
    let run = world.enqueue().await.unwrap();
    let Claimed { record, lease, .. } = world.claim(&run, "w1").await.unwrap();
    let mut pages: Vec<_> = (0..130).map(|number| page(&record.run, number)).collect();
    pages[40].rows.clear();
    world.commit_in_groups(&lease, &pages[..100], 32).await;
    world.commit_in_groups(&lease, &pages[100..], 1).await;
    for from in [0, 1, 31, 32, 33, 40, 95, 96, 99, 100, 101, 129, 130] {
        let numbers = world.pages(&run, from).await.into_iter().map(|page| page.number);
        let expected = (from..130).filter(|number| *number != 40);
        assert!(numbers.eq(expected), "from {from}");
    }
}

#[tokio::test]
async fn what_pages_take_is_counted() {
    let world = World::new().await;
    let run = world.run(&world.enqueue().await.unwrap()).await.run;
    let size = |pages: &[PageOutput]| EncodedPages::new(&run.run_id, pages).unwrap().size();
    let mut one = page(&run, 7);
    let line = br#"{"number":7,"url":"http://a.example/7","rows":["1970-01-01T00:00:30Z",[[7]]]}"#.len() as u64 + 1;
    assert_eq!(size(&[one.clone()]), 128 + line);
    assert_eq!(size(&[one.clone(), one.clone()]), 128 + 2 * line);
    one.screenshot = Some(bytes::Bytes::from_static(b"\x89PNG"));
    assert_eq!(size(&[one]), 2 * 128 + line + 4);
}
