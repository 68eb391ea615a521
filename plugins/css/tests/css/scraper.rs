//! `scraper`, the same engine over another tree, finds the same elements by every selector on every page.

use std::path::Path;

use scraper::Html;
use snowscrape_css::Selector;
use snowscrape_dom::{Document, NodeId, Output, ParseOptions};

const SELECTORS: &str = include_str!("selectors.txt");

/// Pages that hold what real ones seldom do.
const SMALL: [(&str, &str); 10] = [
    ("empty", ""),
    (
        "quirks",
        "<p class='K b' id=X>a<p class=k id=x>b<div class=k><p class=b>c</p></div>",
    ),
    (
        "standard",
        "<!doctype html><p class='K b' id=X>a<p class=k id=x>b<div class='b k'><p class=b>c</p><p class=b></p></div>",
    ),
    (
        "foreign",
        "<!doctype html><svg viewBox=x class=k><a xlink:href=y type=TEXT></a><linearGradient/><foreignObject><p>x\
         <math><mi>y</mi></math></foreignObject></svg><path>",
    ),
    (
        "template",
        "<!doctype html><template><p class=k><a href=x></a></p></template><p><a href=y></a></p>",
    ),
    (
        "form",
        "<!doctype html><form><input type=TEXT name=a><input type=submit><select><option>a<option>b</select></form>",
    ),
    (
        "values",
        "<!doctype html><a href=''></a><a class='' href=x-y data-a=1></a><a class='k b' data-a=é title='a\"b'></a>\
         <b class='1a é' id=a.b lang=en-GB></b><b id=é rel='NEXT x'></b><p:x></p:x>",
    ),
    ("noscript", "<!doctype html><noscript><p class=k><a></a></p></noscript>"),
    (
        "comments",
        "<!doctype html><p><!-- x --></p><p> </p><p></p><dl><!-- --><dt>a<dd><a></a><!-- --><dd><p>b</p></dl>",
    ),
    (
        "nested",
        "<!doctype html><div><div><div><p><a><em><b></b></em></a><code></code><code></code></p><ul><li><ul><li>\
         <a></a><li></ul><li></ul></div><p></p></div></div>",
    ),
];

const QUIRKS: &str = "scraper compares classes and ids as if no page had quirks";
const TEMPLATE: &str = "scraper keeps a template's content in a node apart, so it is nobody's child";

/// Where the two disagree on purpose: the page, the selector, and the reason.
const DIFFERENCES: [(&str, &str, &str); 15] = [
    ("quirks", "#x", QUIRKS),
    ("quirks", "#X", QUIRKS),
    ("quirks", ".k", QUIRKS),
    ("quirks", ".K", QUIRKS),
    ("quirks", "p.k.b", QUIRKS),
    ("quirks", ":is(.k, #x)", QUIRKS),
    ("quirks", "p:not(.k)", QUIRKS),
    ("template", "template *", TEMPLATE),
    ("template", ":empty", TEMPLATE),
    ("template", "* > *", TEMPLATE),
    ("template", "* * *", TEMPLATE),
    ("template", "* > * > * > *", TEMPLATE),
    ("template", ":has(a)", TEMPLATE),
    ("template", ":has(> :first-child:last-child)", TEMPLATE),
    ("template", ":not(:has(*))", TEMPLATE),
];

/// What `scraper` does not parse and this crate does.
const OURS: [(&str, &str); 1] = [(
    ".k > :nth-child(2n of .b)",
    "scraper leaves out the selector list of :nth-child()",
)];

/// Selectors that both refuse.
const REFUSED: [&str; 1] = ["[xlink|href]"];

fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = SMALL.map(|(name, html)| (name.to_owned(), html.to_owned())).into();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pages");
    for entry in std::fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let html = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            // The small page shows how the two see templates; here they are ordinary elements to both.
            pages.push((
                name,
                html.replace("<template", "<x-template")
                    .replace("</template", "</x-template"),
            ));
        }
    }
    assert!(pages.len() >= SMALL.len() + 10, "the fixtures are there");
    pages
}

/// The places among all elements in document order of those that were found.
fn ours(document: &Document, selector: &Selector) -> Vec<usize> {
    let elements: Vec<_> = document.ids().filter(|id| document.is_element(*id)).collect();
    let found = selector.nodes(document, None).unwrap();
    found.iter().map(|id| elements.binary_search(id).unwrap()).collect()
}

fn theirs(html: &Html, selector: &scraper::Selector) -> Vec<usize> {
    let elements = html
        .root_element()
        .descendants()
        .filter(|node| node.value().is_element());
    let ids: Vec<_> = elements.map(|node| node.id()).collect();
    let places: std::collections::HashMap<_, _> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut found: Vec<_> = html.select(selector).map(|element| places[&element.id()]).collect();
    found.sort_unstable();
    found
}

#[test]
fn every_selector_finds_what_scraper_finds() {
    let selectors: Vec<_> = SELECTORS.lines().collect();
    assert!(selectors.len() >= 200, "{}", selectors.len());
    let mut unseen: Vec<_> = DIFFERENCES.to_vec();
    let mut wrong = Vec::new();
    let mut found_any = 0;
    for (name, source) in pages() {
        // scraper parses as where scripts run.
        let document = Document::parse(&source, ParseOptions { scripting: true });
        let html = Html::parse_document(&source);
        let names: Vec<_> = document
            .subtree(NodeId::DOCUMENT)
            .filter(|id| document.is_element(*id))
            .map(|id| document.local_name(id).to_string())
            .collect();
        let their_names: Vec<_> = html
            .root_element()
            .descendants()
            .filter_map(|node| node.value().as_element().map(|element| element.name().to_owned()))
            .collect();
        if names != their_names {
            wrong.push(format!("{name}: the trees differ"));
            continue;
        }
        for expression in &selectors {
            let (ours, theirs) = match (
                Selector::compile(expression, Output::Text),
                scraper::Selector::parse(expression),
            ) {
                (Ok(ours), Ok(selector)) => (self::ours(&document, &ours), theirs(&html, &selector)),
                (Err(_), Err(_)) if REFUSED.contains(expression) => continue,
                (Ok(_), Err(_)) if OURS.iter().any(|(selector, _)| selector == expression) => continue,
                (ours, theirs) => {
                    wrong.push(format!(
                        "{expression}: ours {:?}, theirs {:?}",
                        ours.err(),
                        theirs.err()
                    ));
                    continue;
                }
            };
            found_any += usize::from(!ours.is_empty());
            let known = unseen
                .iter()
                .position(|(page, selector, _)| *page == name && selector == expression);
            if ours == theirs {
                continue;
            }
            if let Some(at) = known {
                unseen.swap_remove(at);
            } else {
                let longest = ours.len().max(theirs.len());
                let first = (0..longest).find(|at| ours.get(*at) != theirs.get(*at)).unwrap();
                let (ours, theirs) = (ours.get(first), theirs.get(first));
                wrong.push(format!("{name}: {expression}: first ours {ours:?}, theirs {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unseen.is_empty(), "differences that are none: {unseen:?}");
    assert!(found_any > 1_000, "only {found_any} found anything");
}
