//! `:lang()`: the language of an element, and language ranges (selectors level 4, 8.2; RFC 4647, 3.3.2).

use std::fmt;

use cssparser::{ToCss, serialize_string};
use snowscrape_dom::NodeId;

use crate::page::Page;

/// A language range: `en`, `de-CH`, `*-CH`; the empty one matches what has no language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LanguageRange(String);

impl LanguageRange {
    pub(crate) fn new(range: &str) -> Self {
        Self(range.to_owned())
    }

    /// RFC 4647's extended filtering.
    fn matches(&self, tag: &str) -> bool {
        if self.0.is_empty() || tag.is_empty() {
            return self.0.is_empty() && tag.is_empty();
        }
        let mut wanted = self.0.split('-');
        let mut subtags = tag.split('-');
        let first = wanted.next().unwrap_or_default();
        let given = subtags.next().unwrap_or_default();
        if first != "*" && !first.eq_ignore_ascii_case(given) {
            return false;
        }
        for subtag in wanted.filter(|subtag| *subtag != "*") {
            loop {
                match subtags.next() {
                    Some(given) if subtag.eq_ignore_ascii_case(given) => break,
                    // A singleton such as the x of "en-x-private" begins what a range must name to reach.
                    Some(given) if given.len() > 1 => {}
                    _ => return false,
                }
            }
        }
        true
    }
}

impl ToCss for LanguageRange {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        serialize_string(&self.0, to)
    }
}

/// Whether the element's language is in one of the ranges.
pub(crate) fn matches(page: &Page<'_>, id: NodeId, ranges: &[LanguageRange]) -> bool {
    let language = language(page, id);
    ranges.iter().any(|range| range.matches(language))
}

/// The language of an element: its own or its nearest ancestor's `lang` (in foreign elements `xml:lang` before it), or
/// what the page declares (HTML standard, 3.2.6.2 "The lang and xml:lang attributes"). Empty where it is unknown.
fn language<'p>(page: &'p Page<'_>, id: NodeId) -> &'p str {
    let document = page.document;
    let mut at = Some(id);
    while let Some(element) = at {
        let own = if document.is_html(element) {
            document.attribute(element, "lang")
        } else {
            document
                .attribute(element, "xml:lang")
                .or_else(|| document.attribute(element, "lang"))
        };
        if let Some(language) = own {
            return language;
        }
        at = page.parent(element);
    }
    page.default_language
        .get_or_init(|| declared_language(page))
        .as_deref()
        .unwrap_or_default()
}

/// The pragma-set default language: `<meta http-equiv="content-language">` with one language (HTML standard, 4.2.5.3).
fn declared_language(page: &Page<'_>) -> Option<String> {
    let document = page.document;
    let mut declared = None;
    for meta in document.elements_by_tag(document.tag("meta")?) {
        let is_pragma = document
            .attribute(*meta, "http-equiv")
            .is_some_and(|name| name.eq_ignore_ascii_case("content-language"));
        let content = document
            .attribute(*meta, "content")
            .filter(|content| is_pragma && !content.contains(','));
        declared = content
            .and_then(|content| content.split_ascii_whitespace().next())
            .or(declared);
    }
    declared.map(str::to_owned)
}
