//! Selectors inside an item: as parsel's `selector.css()` has it.

use super::{compile, found, matches, page};
use snowscrape_plugin_sdk::Match;

const PAGE: &str = "<body class=o><ul id=u><li id=l1>a</li>\
    <li id=l2 class=i><p id=p1>b<b id=b1>c</b></p><p id=p2>d</p><ul id=u2><li id=l3>e</li></ul></li>\
    <li id=l4>f</li></ul></body>";

fn check(expression: &str, expected: &str) {
    let document = page(PAGE);
    let item = document.element_by_id("l2");
    assert_eq!(found(&document, item, expression), expected, "{expression}");
}

#[test]
fn the_item_and_what_is_in_it_can_match() {
    check("li", "l2 l3");
    check("p", "p1 p2");
    check("*", "l2 p1 b1 p2 u2 l3");
    check(".i", "l2");
    check("li p", "p1 p2");
    check("li > p", "p1 p2");
    check("li li", "l3");
    check("p + p", "p2");
    check("p ~ *", "p2 u2");
    check("b, p", "p1 b1 p2");
}

#[test]
fn no_combinator_looks_outside() {
    for outside in [
        "ul > li.i",
        "body p",
        ".o p",
        "ul p",
        "* > .i",
        "li + li",
        "li ~ li",
        "* + .i",
        "#l1 ~ li p",
    ] {
        check(outside, "");
    }
    // The inner list is inside, so it counts.
    check("ul li", "l3");
    check("ul > li", "l3");
    check("* > li", "l3");
}

#[test]
fn scope_is_the_item() {
    check(":scope", "l2");
    check(":scope > p", "p1 p2");
    check("li:scope", "l2");
    check("p:scope", "");
    check("p:not(:scope > *)", "");
    check(":scope:has(b)", "l2");
    check("p:has(b)", "p1");
}

#[test]
fn pseudo_classes_say_what_an_element_is_in_its_page() {
    check("li:first-child", "l3");
    check("li:nth-child(2)", "l2");
    check(":root", "");
    check("li:not(ul ul li)", "l2");
    check(":is(body p)", "p1 p2");
    check("li:has(+ li)", "l2");
}

#[test]
fn text_and_attributes_of_the_item_itself_count() {
    let document = page(PAGE);
    let item = document.element_by_id("p1");
    assert_eq!(matches(&document, item, "::text"), ["\"b\"", "\"c\""]);
    assert_eq!(matches(&document, item, "p::text"), ["\"b\""]);
    assert_eq!(matches(&document, item, "::attr(id)"), ["p1", "b1"]);
    assert_eq!(matches(&document, item, "li ::text"), [""; 0]);
}

#[test]
fn one_matcher_serves_item_after_item() {
    let html: Vec<_> = (0..50)
        .map(|n| format!("<li><div><p>{n}</p></div><q id=q{n}></q></li>"))
        .collect();
    let html = html.concat();
    let document = page(&format!("<ul>{html}</ul>"));
    let items = compile("li").nodes(&document, None).unwrap();
    for expression in [
        "div p",
        ":scope p",
        "div:has(:scope p, p) > p",
        "div:has(p) p",
        "li div ~ q",
        "li > :nth-child(1)",
    ] {
        let selector = compile(expression);
        let mut matcher = selector.on(&document);
        for item in &items {
            let mut kept = Vec::new();
            let mut fresh = Vec::new();
            matcher.matches(Some(*item), &mut kept).unwrap();
            selector.matches(&document, Some(*item), &mut fresh).unwrap();
            assert_eq!(kept, fresh, "{expression}");
            assert!(kept.len() == 1, "{expression}: {kept:?}");
            assert!(matches!(kept[0], Match::Text(_)));
        }
    }
}
