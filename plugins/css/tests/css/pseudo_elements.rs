//! Pseudo-elements in every place where parsel takes them; the expected values are parsel 1.12's.

use snowscrape_css::Selector;
use snowscrape_dom::Output;

use super::{matches, page};

const PAGE: &str = "<body>\
    <div id=d class=c>1<p title=t>2<b>3</b>4</p>5<a href=x ID=a title=u>6</a><div href=y>7</div></div>\
    <p>8</p><a href=z></a></body>";

fn check(expression: &str, expected: &[&str]) {
    assert_eq!(matches(&page(PAGE), None, expression), expected, "{expression}");
}

#[test]
fn each_text_node_is_a_match() {
    check("p::text", &["\"2\"", "\"4\"", "\"8\""]);
    check("div::text", &["\"1\"", "\"5\"", "\"7\""]);
    check("#d::text", &["\"1\"", "\"5\""]);
    check("b::text", &["\"3\""]);
    check("i::text", &[]);
    for all in [
        "p ::text",
        "p *::text",
        "p *|*::text",
        "p\n\t::text",
        "p/**/ /**/::text",
        " p ::TEXT ",
    ] {
        check(all, &["\"2\"", "\"3\"", "\"4\"", "\"8\""]);
    }
    for all in ["::text", "*::text", " ::text ", "html ::text", ":root ::text"] {
        check(
            all,
            &["\"1\"", "\"2\"", "\"3\"", "\"4\"", "\"5\"", "\"6\"", "\"7\"", "\"8\""],
        );
    }
    check("div > ::text", &["\"2\"", "\"4\"", "\"6\"", "\"7\""]);
    check("div > *::text", &["\"2\"", "\"4\"", "\"6\"", "\"7\""]);
    check("div > * ::text", &["\"2\"", "\"3\"", "\"4\"", "\"6\"", "\"7\""]);
    check("p + ::text", &["\"6\""]);
    check("p ~ ::text", &["\"6\"", "\"7\""]);
    check("div div ::text", &["\"7\""]);
    check("div * ::text", &["\"2\"", "\"3\"", "\"4\"", "\"6\"", "\"7\""]);
}

#[test]
fn attributes_are_matches_where_they_are() {
    check("a::attr(href)", &["x", "z"]);
    check("a::attr(HREF)", &["x", "z"]);
    check("a::attr( \"href\" )", &["x", "z"]);
    check("a::Attr(href)", &["x", "z"]);
    check("a::attr(title)", &["u"]);
    check("a::attr(nothing)", &[]);
    check("::attr(href)", &["x", "y", "z"]);
    check("*::attr(href)", &["x", "y", "z"]);
    check("div ::attr(href)", &["x", "y"]);
    check("div ::attr(class)", &["c"]);
    check("div > ::attr(href)", &["x", "y"]);
    check("body > div > p::attr(title)", &["t"]);
    check("div div ::attr(href)", &["y"]);
}

#[test]
fn lists_come_in_document_order_and_each_thing_once() {
    check("a::text, p::text", &["\"2\"", "\"4\"", "\"6\"", "\"8\""]);
    check("a::text, a::attr(href)", &["x", "\"6\"", "z"]);
    check("a::attr(title),a::attr(href)", &["x", "u", "z"]);
    check("a::attr(href), a::attr(href), [href]::attr(href)", &["x", "y", "z"]);
    check("b, p::text", &["\"2\"", "3", "\"4\"", "\"8\""]);
    check("p ::text, b::text", &["\"2\"", "\"3\"", "\"4\"", "\"8\""]);
    check("b, b, p b", &["3"]);
}

#[test]
fn elements_come_in_the_form_that_was_asked_for() {
    check("p", &["234", "8"]);
    check("p::html", &["<p title=\"t\">2<b>3</b>4</p>", "<p>8</p>"]);
    check("p::inner-html", &["2<b>3</b>4", "8"]);
    check("b::inner-html, b::html, b", &["3", "<b>3</b>", "3"]);
    // Only ::text and ::attr() take in the element on the left.
    check("p ::html", &["<b>3</b>"]);
    for (output, expected) in [
        (Output::Text, "3"),
        (Output::Html, "<b>3</b>"),
        (Output::InnerHtml, "3"),
    ] {
        let mut out = Vec::new();
        let selector = Selector::compile("b", output).unwrap();
        selector.matches(&page(PAGE), None, &mut out).unwrap();
        assert_eq!(out, [snowscrape_plugin_sdk::Match::Text(expected.to_owned())]);
    }
}
