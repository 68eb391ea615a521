//! Queries on a page of 1.5 MB, of the kinds that make other engines quadratic.
//!
//! How steps grow with the page is counted beside the code of css and xpath; here each call of the component, parsing
//! included, has to be back before a deadline that a quadratic one passes by minutes.

use std::time::Duration;

use snowscrape_engine::model::Selector;
use snowscrape_engine::plugin::{Limits, PluginEngine, Workbench};
use snowscrape_tests::hostile::large_page;

use crate::support::{WEB, page, registry};

#[test]
fn a_large_page_is_answered_in_time() {
    let engine = PluginEngine::new(Limits {
        call: Duration::from_secs(20),
        ..Limits::default()
    })
    .unwrap();
    let mut workbench = Workbench::new(registry(&engine, &[WEB]));
    let sizes = [375_000, 1_500_000].map(|bytes| {
        let text = large_page(bytes);
        let sections = text.matches("<section").count();
        (text, sections)
    });
    // How many matches there are for each section of the page, or `None` where there is one on the page.
    for (query_type, expression, each) in [
        ("xpath", "//a | //b", Some(1)),
        ("xpath", "//td | //a | //em | //h2", Some(5)),
        ("xpath", "//body//text()[normalize-space()]", Some(8)),
        ("xpath", "//tr[contains(td,'S')]", Some(0)),
        ("xpath", "//tr[td[2]='S']", Some(1)),
        ("xpath", "//section[last()]", None),
        ("xpath", "(//a)[last()]", None),
        ("xpath", "count(//section/preceding-sibling::section[1])", None),
        ("xpath", "count(//td/ancestor::section)", None),
        ("xpath", "//section[@id='s7']/following-sibling::section[1]", None),
        ("xpath", "//a[.//text()]", Some(1)),
        ("css", "section:nth-child(2n+1), section:nth-child(2n)", Some(1)),
        ("css", "section:nth-last-child(1)", None),
        ("css", "section:nth-of-type(3)", None),
        ("css", "section:has(em)", Some(1)),
        ("css", "section:not(:has(b))", Some(1)),
        ("css", "#s1 ~ #s9", None),
        ("css", "h2 + p > a", Some(1)),
        ("css", "h2 ~ table td:last-child", Some(1)),
        ("css", "body section table td", Some(2)),
        ("regex", "Part ([0-9]+)", Some(1)),
    ] {
        for (text, sections) in &sizes {
            let query = Selector {
                query_type: query_type.to_owned(),
                expression: expression.to_owned(),
                options: Vec::new(),
            };
            let mut answers = workbench
                .answer(None, &query, page(text))
                .unwrap_or_else(|error| panic!("{query_type} {expression} on {} bytes: {error}", text.len()));
            let matches = answers
                .remove(0)
                .unwrap_or_else(|error| panic!("{query_type} {expression} on {} bytes: {error}", text.len()));
            assert_eq!(
                matches.len(),
                each.map_or(1, |each| each * sections),
                "{query_type} {expression} on {} bytes",
                text.len()
            );
        }
    }
}
