//! What scripts make of pages, and how they are waited for.

use serde_json::json;

use super::{job, site, texts};
use crate::support::{Ended, Folder};

#[test]
fn pages_made_by_scripts_are_extracted() {
    let site = site();
    let none = json!({});
    let check = |page: &str, selector: &str, render: serde_json::Value, expected: usize| {
        let found = texts(&job(&site, page, selector, &render, &none), &[]);
        assert_eq!(found.len(), expected, "{page} {render}: {found:?}");
        found
    };
    let products = json!({"wait_strategy": "selector", "wait_for_selector": ".product"});
    check("react/", ".product .title", products.clone(), 20);
    let mut more = products.clone();
    more["actions"] = json!([{"click": "#more"}, {"wait_for": ".product:nth-child(30)"}]);
    check("react/", ".product .title", more, 30);
    check(
        "infinite.html",
        ".item",
        json!({"actions": [{"scroll": "end"}, {"wait_for": "#end"}]}),
        50,
    );
    check(
        "never-idle.html",
        ".item",
        json!({"wait_strategy": "domcontentloaded"}),
        3,
    );
    check("dialogs.html", ".content", json!({}), 1);
    check("redirect.html", "title", json!({"wait_strategy": "networkidle"}), 1);
    check("slow.html", "#content", json!({"wait_for_selector": "#content"}), 1);
    check("worker.html", ".item", json!({"wait_for_selector": ".item"}), 5);
    let typed = json!({"actions": [
        {"type": {"selector": "#name", "text": "Ann"}}, {"type": {"selector": "#note", "text": "hello"}},
        {"click": "#send"}, {"wait_for": ".sent"},
    ]});
    assert_eq!(check("form.html", ".sent", typed, 1), ["Ann: hello"]);
    // Without a browser there is nothing.
    check("react/", ".product .title", json!({"enabled": false}), 0);
}

#[test]
fn what_is_waited_for_in_vain_is_said() {
    let site = site();
    let fails = |page: &str, render: serde_json::Value, words: &[&str]| {
        let folder = Folder::with_job(&job(&site, page, "p", &render, &json!({})));
        Ended::within(folder.path(), &["run", "job.json"]).expect(1, words);
    };
    fails(
        "never-idle.html",
        json!({"wait_strategy": "networkidle", "wait_timeout_ms": 2000}),
        &["timeout", "timed out after 2 s"],
    );
    fails(
        "slow.html",
        json!({"wait_for_selector": "#nothing", "wait_timeout_ms": 1500}),
        &["timeout", "#nothing"],
    );
    fails(
        "crash.html",
        json!({"wait_for_selector": "#never", "wait_timeout_ms": 20000}),
        &["render_failed", "crashed"],
    );
    fails("missing.html", json!({}), &["http_status", "404"]);
    let fetched = json!({"wait_for_selector": "#nothing", "wait_timeout_ms": 1500, "fallback_to_fetch": true});
    let found = texts(&job(&site, "never-idle.html", ".item", &fetched, &json!({})), &[]);
    assert_eq!(found.len(), 3, "the page that was fetched instead");
}
