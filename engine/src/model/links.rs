//! How a run comes from page to page.

use serde::Serialize;

use super::{Pattern, Selector};

/// The way from a page to the next one of its listing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pagination {
    /// Its first match on a page is the next page.
    pub next: Selector,
    /// The most pages for each starting URL.
    pub max_pages: u32,
}

impl Pagination {
    /// The most pages for a starting URL unless the job says otherwise.
    pub const DEFAULT_MAX_PAGES: u32 = 100;
}

/// A rule that finds links to follow. Rules are tried in order, and the first that allows a link takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Follow {
    /// Its matches are the links.
    pub links: Selector,
    /// How many links a page may be away from a starting page.
    pub depth: u32,
    /// Which links are followed.
    #[serde(flatten)]
    pub rules: UrlRules,
    /// Whether links to other hosts are left alone.
    pub same_host: bool,
}

impl Follow {
    /// The depth unless the rule says otherwise.
    pub const DEFAULT_DEPTH: u32 = 1;
}

/// Which URLs are meant, by regular expressions on the whole URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UrlRules {
    /// Any of these must match; all URLs are allowed where there are none.
    pub allow: Vec<Pattern>,
    /// None of these may match; they win over `allow`.
    pub deny: Vec<Pattern>,
}

impl UrlRules {
    /// Whether `url` is meant.
    pub fn allows(&self, url: &str) -> bool {
        !self.deny.iter().any(|pattern| pattern.is_match(url))
            && (self.allow.is_empty() || self.allow.iter().any(|pattern| pattern.is_match(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_wins_and_no_allow_means_all() {
        fn check(allow: &[&str], deny: &[&str], expected: bool) {
            let patterns = |texts: &[&str]| {
                texts
                    .iter()
                    .map(|text| Pattern::parse(text).expect("a pattern"))
                    .collect()
            };
            let rules = UrlRules {
                allow: patterns(allow),
                deny: patterns(deny),
            };
            assert_eq!(
                rules.allows("http://a.example/p/1?print=1"),
                expected,
                "{allow:?} {deny:?}"
            );
        }
        check(&[], &[], true);
        check(&["/p/"], &[], true);
        check(&["/x/"], &[], false);
        check(&["/x/", "/p/"], &[], true);
        check(&[], &[r"\?print="], false);
        check(&["/p/"], &[r"\?print="], false);
        check(&["/p/"], &["/x/"], true);
    }
}
