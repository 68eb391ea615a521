use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::advance;

use super::*;

fn event<T: DeserializeOwned>(params: Value) -> T {
    serde_json::from_value(params).unwrap()
}

fn state() -> PageState {
    PageState::new("main".to_owned())
}

fn navigated(state: &mut PageState, loader: &str) {
    state.on_navigated(event(json!({"frame": {"id": "main", "loaderId": loader}})), None);
}

fn lifecycle(state: &mut PageState, loader: &str, name: &str) {
    state.on_lifecycle(&event(json!({"frameId": "main", "loaderId": loader, "name": name})));
}

fn sent(state: &mut PageState, id: &str, kind: &str, frame: &str) {
    let url = format!("http://a.example/{id}?secret=1");
    let params = json!({"requestId": id, "type": kind, "frameId": frame, "request": {"url": url}});
    state.on_request(event(params), None);
}

fn finished(state: &mut PageState, id: &str, error: Option<&str>) {
    state.on_finished(event(json!({"requestId": id, "errorText": error})));
}

#[tokio::test(start_paused = true)]
async fn quiet_counts_from_the_last_requests_end() {
    let mut state = state();
    sent(&mut state, "L", "Document", "main");
    navigated(&mut state, "L");
    lifecycle(&mut state, "L", "DOMContentLoaded");
    assert_eq!(state.quiet_since(), None);
    sent(&mut state, "r", "Image", "main");
    finished(&mut state, "L", None);
    assert_eq!(
        (state.quiet_since(), state.open_requests()),
        (None, (1, Some("http://a.example/r".into())))
    );
    advance(Duration::from_secs(1)).await;
    finished(&mut state, "r", Some("net::ERR_FAILED"));
    let quiet = state.quiet_since();
    assert_eq!(quiet, Some(Instant::now()));
    advance(Duration::from_secs(1)).await;
    // An end that belongs to nothing, and requests that need no network, change nothing.
    finished(&mut state, "unknown", None);
    sent(&mut state, "p", "Ping", "main");
    let data = json!({"requestId": "d", "type": "Image", "request": {"url": "data:,x"}});
    state.on_request(event(data), None);
    assert_eq!(state.quiet_since(), quiet);
    sent(&mut state, "again", "Fetch", "main");
    assert_eq!(state.quiet_since(), None);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_not_parsed_is_not_quiet() {
    let mut state = state();
    navigated(&mut state, "L");
    assert_eq!(state.quiet_since(), None);
    lifecycle(&mut state, "L", "DOMContentLoaded");
    assert!(state.quiet_since().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_no_longer_open() {
    let mut state = state();
    navigated(&mut state, "L");
    lifecycle(&mut state, "L", "load");
    let of_session = json!({"requestId": "w", "type": "Fetch", "request": {"url": "http://a.example/"}});
    state.on_request(event(of_session), Some("worker".to_owned()));
    state.on_session_gone("other");
    assert_eq!(state.open_requests().0, 1);
    state.on_session_gone("worker");
    assert!(state.quiet_since().is_some());
    sent(&mut state, "old", "Image", "main");
    sent(&mut state, "M", "Document", "main");
    navigated(&mut state, "M");
    assert_eq!(state.request_ids().collect::<Vec<_>>(), ["M"]);
}

#[test]
fn events_of_the_last_document_are_not_the_next_ones() {
    let mut state = state();
    navigated(&mut state, "blank");
    state.clear();
    lifecycle(&mut state, "blank", "load");
    assert!(!state.loaded());
    navigated(&mut state, "L");
    lifecycle(&mut state, "blank", "load");
    assert!(!state.loaded() && !state.content_loaded());
    lifecycle(&mut state, "L", "load");
    assert!(state.loaded() && state.content_loaded());
    assert!(state.committed(&"L".to_owned()) && !state.committed(&"blank".to_owned()));
}

#[test]
fn another_document_is_pending_until_it_comes_or_fails() {
    let check = |end: &dyn Fn(&mut PageState)| {
        let mut state = state();
        sent(&mut state, "L", "Document", "main");
        // The page itself is not another one.
        assert!(!state.pending());
        navigated(&mut state, "L");
        state.on_navigation_requested(&"child".to_owned());
        sent(&mut state, "c", "Document", "child");
        assert!(!state.pending());
        state.on_navigation_requested(&"main".to_owned());
        sent(&mut state, "M", "Document", "main");
        assert!(state.pending());
        end(&mut state);
        assert!(!state.pending());
    };
    check(&|state| navigated(state, "M"));
    check(&|state| finished(state, "M", Some("net::ERR_ABORTED")));
    check(&|state| state.on_loading_stopped(&"main".to_owned()));
}

#[test]
fn the_head_is_that_of_the_document() {
    let mut state = state();
    let response = |loader: &str, request: &str, status: u16| {
        event(json!({
            "loaderId": loader, "requestId": request, "frameId": "main",
            "response": {"status": status, "mimeType": "Text/HTML"},
        }))
    };
    state.on_response(response("L", "L", 404));
    state.on_response(response("L", "image", 500));
    assert_eq!(
        (state.head(), state.any_head().map(|head| head.status)),
        (None, Some(404))
    );
    navigated(&mut state, "L");
    let head = state.head().unwrap();
    assert_eq!((head.status, head.media_type.as_str()), (404, "text/html"));
}

#[test]
fn an_error_page_tells_what_it_stands_for() {
    let mut state = state();
    navigated(&mut state, "L");
    assert_eq!(state.unreachable(), None);
    sent(&mut state, "M", "Document", "main");
    finished(&mut state, "M", Some("net::ERR_SOCKS_CONNECTION_FAILED"));
    let unreachable = "http://b.example/";
    let frame = json!({"frame": {"id": "main", "loaderId": "M", "unreachableUrl": unreachable}});
    state.on_navigated(event(frame), None);
    assert_eq!(
        state.unreachable(),
        Some((unreachable, "net::ERR_SOCKS_CONNECTION_FAILED"))
    );
    assert_eq!(state.asked(), Some("http://a.example/M?secret=1"));
}

#[test]
fn frames_come_move_and_go() {
    let mut state = state();
    navigated(&mut state, "L");
    for (frame, parent) in [("a", "main"), ("b", "a"), ("c", "main")] {
        state.on_attached(event(json!({"frameId": frame, "parentFrameId": parent})), None);
    }
    let names = |state: &PageState, of: &str| {
        let mut names: Vec<_> = state
            .children(&of.to_owned())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        (names(&state, "main"), names(&state, "a")),
        (vec!["a".into(), "c".into()], vec!["b".into()])
    );
    state.on_detached(&event(json!({"frameId": "c", "reason": "swap"})));
    state.on_session(&"c".to_owned(), "S".to_owned());
    let (_, moved) = state
        .children(&"main".to_owned())
        .into_iter()
        .find(|(name, _)| name == "c")
        .unwrap();
    assert_eq!(moved.session.as_deref(), Some("S"));
    state.on_detached(&event(json!({"frameId": "a", "reason": "remove"})));
    assert_eq!(
        (names(&state, "main"), names(&state, "a")),
        (vec!["c".to_owned()], Vec::new())
    );
    navigated(&mut state, "M");
    assert!(names(&state, "main").is_empty());
}

#[test]
fn a_crash_is_not_forgotten() {
    let mut state = state();
    state.on_crash();
    state.clear();
    assert!(state.crashed());
}
