//! Queries of ordinary shape take steps in proportion to the page: counted, not timed.

use snowscrape_dom::{Document, Output, ParseOptions};
use snowscrape_xpath::Expression;

use crate::root;

/// A list, a table and paragraphs under headings, each with so many entries.
fn page(count: usize) -> String {
    let mut html = String::from("<div id=main><ul class='list wide'>");
    for number in 0..count {
        html.push_str(&format!(
            "<li class='item n{number}' id=i{number}><a href='/p/{number}'>Product {number}</a> <b>x</b></li>"
        ));
    }
    html.push_str("</ul><table>");
    for number in 0..count {
        html.push_str(&format!(
            "<tr><th>Name {number}</th><td>S{number}</td><td>{number}.50</td></tr>"
        ));
    }
    html.push_str("</table><h2>One</h2>");
    for number in 0..count {
        html.push_str(&format!("<p>Text {number} <i>and</i> more</p>"));
    }
    html.push_str("</div>");
    html
}

fn steps(expression: &Expression, document: &Document) -> u64 {
    let mut matches = Vec::new();
    expression
        .matches_and_steps(document, root(document), &mut matches)
        .expect("it costs little")
}

#[test]
fn ordinary_queries_are_linear() {
    const SMALL: usize = 500;
    let small = Document::parse(&page(SMALL), ParseOptions::default());
    let large = Document::parse(&page(4 * SMALL), ParseOptions::default());
    for expression in [
        "//li | //p",
        "//a | //b | //i | //td | //th",
        "//text()",
        "//text()[normalize-space()]",
        "//text()[contains(., 'S')]",
        "//p//text() | //li//text()",
        "//tr[contains(td, 'S')]",
        "//tr[td = 'S7']/td[2]",
        "//td[contains(., '1')]",
        "//*[contains(@class, 'item')]",
        "//*[@id]",
        "//*[contains(text(), 'Product')]",
        "//li[3]",
        "//li[last()]",
        "//li[position() = last()]",
        "//li[position() mod 2 = 0]",
        "//td[1]",
        "//tr/td[last()]",
        "(//li)[1]",
        "(//li)[last()]",
        "//li[contains(concat(' ', normalize-space(@class), ' '), ' item ')]/a/@href",
        "//li[has-class('item')]/@id",
        "//li[re:test(@id, '^i\\d+$')]",
        "//li/following-sibling::li",
        "//li/preceding-sibling::li",
        "//li/following-sibling::li[1]",
        "//li/preceding-sibling::li[1]",
        "//li[following-sibling::li]",
        "//li[not(preceding-sibling::li)]",
        "//li[not(following-sibling::ol)]",
        "//p[preceding-sibling::h2[1] = 'One']",
        "//p[preceding-sibling::h3]",
        "//p[not(preceding-sibling::h2[. = 'Two'])]",
        "//p[following-sibling::h2]",
        "//li[count(preceding-sibling::li) < 5]",
        "//li[count(preceding-sibling::*) mod 2 = 0]",
        "//li[count(following-sibling::li) < 5]",
        "//li[count(preceding::li) < 5]",
        "//a[count(following::a) mod 2 = 0]",
        "//li/following::li",
        "//li/preceding::li",
        "//li/following::li[1]",
        "//p/preceding::h2[1]",
        "//a/ancestor::*",
        "//a/ancestor::div[1]",
        "//b/..",
        "//a/@href",
        "//@href",
        "//*/@*",
        "//li[@id = //li/@id]",
        "//td[. = //th]",
        "//td[count(//th[. = 'Name 3']/preceding-sibling::*) + 1]",
        "//li[a[contains(@href, '7')]]//b",
        "//*[name() = 'li']",
        "//*[self::li or self::p]",
        "//node()[self::comment()]",
        "count(//li) + sum(//td[2])",
        "//td != //th",
        "//td < //td",
        "string(//p)",
        "normalize-space(//table)",
        "//li[substring-after(a/@href, '/p/') > 10]",
        "//div[.//a]",
        "//div//li//a",
        "//ul[count(.//a) > 3]",
        "//li[position() > 1 and position() < last()]",
        "//*[starts-with(name(), 't')]",
        "id('i1 i2 i3')",
        "//li[id(@id)/a]",
    ] {
        let compiled = Expression::compile(expression, Output::Text).expect(expression);
        let (few, many) = (steps(&compiled, &small), steps(&compiled, &large));
        // 64 covers what does not depend on the page.
        assert!(
            many <= 4 * few + few / 4 + 64,
            "{expression}: {few} steps, on four times the page {many}"
        );
        assert!(
            few < 200 * small.len() as u64,
            "{expression}: {few} steps on {} nodes",
            small.len()
        );
    }
}

/// What can stop early does.
#[test]
fn the_first_one_is_enough() {
    let document = Document::parse(&page(1_000), ParseOptions::default());
    for expression in [
        "(//li)[1]",
        "string(//li/a)",
        "//li = 'Product 0 x'",
        "count(//li) > 0",
        "not(//li)",
        "boolean(//text()[contains(., 'Product')])",
        "//ul/li[1]",
        "name(//tr)",
        "count(//td)",
        "//ul[li]",
    ] {
        let compiled = Expression::compile(expression, Output::Text).expect(expression);
        let steps = steps(&compiled, &document);
        assert!(steps < 40, "{expression} took {steps} steps");
    }
}
