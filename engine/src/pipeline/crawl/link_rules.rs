//! Which links of a page a run takes: `pagination` and `follow` of its job.

use std::collections::HashSet;

use url::Url;

use super::{Fingerprint, Found, Link};
use crate::model::{Follow, Job, Match, Pagination, Selector, SourceType, UrlRules, Warning, WarningCode};

/// What a job says of links.
#[derive(Clone, Debug)]
pub(crate) struct LinkRules {
    pagination: Option<Pagination>,
    follow: Vec<Follow>,
}

/// The page that links are found on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// Its URL after redirects.
    pub(crate) url: &'a Url,
    /// Whose host is the same host: the page itself, or where a link led here by a redirect, what the link named.
    pub(crate) host: &'a Url,
    /// What its links are resolved against.
    pub(crate) base_url: &'a Url,
    /// As its [`Link`] has it.
    pub(crate) depth: u32,
    /// As its [`Link`] has it.
    pub(crate) listing: u32,
}

impl LinkRules {
    pub(crate) fn new(job: &Job) -> Self {
        Self {
            pagination: job.pagination.clone(),
            follow: job.follow.clone(),
        }
    }

    /// The expressions whose matches are the links, in the order in which [`LinkRules::find`] takes their answers.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let next = self.pagination.iter().map(|pagination| &pagination.next);
        next.chain(self.follow.iter().map(|rule| &rule.links))
    }

    /// Whether pages lead to further pages.
    pub(crate) fn lead_on(&self) -> bool {
        self.pagination.is_some() || !self.follow.is_empty()
    }

    /// The links that are taken, in the order of the rules and of the page, and what a person should know.
    ///
    /// A page that `pagination` leads to is as far from the starting pages as the page before it. Every page can begin a
    /// listing: one that was followed to counts its pages anew.
    pub(crate) fn find(
        &self,
        origin: Origin<'_>,
        answers: impl IntoIterator<Item = Result<Vec<Match>, String>>,
    ) -> (Vec<Found>, Vec<Warning>) {
        let mut answers = answers.into_iter();
        let mut found = Vec::new();
        let mut warnings = Vec::new();
        let mut taken = |field: String, answer: Option<Result<Vec<Match>, String>>| match answer {
            Some(Ok(matches)) => matches,
            Some(Err(message)) => {
                warnings.push(Warning {
                    code: WarningCode::QueryFailed,
                    message: format!("{field} failed on {}: {message}", origin.url),
                });
                Vec::new()
            }
            None => Vec::new(),
        };
        if let Some(pagination) = &self.pagination {
            let matches = taken("pagination.next".to_owned(), answers.next());
            let next = matches.first().and_then(|first| resolve(&first.text, origin.base_url));
            if let Some(next) = next.filter(|_| origin.listing < pagination.max_pages) {
                found.push(link(next, origin.depth, origin.listing + 1));
            }
        }
        for (at, rule) in self.follow.iter().enumerate() {
            let matches = taken(format!("follow[{at}].links"), answers.next());
            if origin.depth >= rule.depth {
                continue;
            }
            // Pages repeat their links, and name many places of one page; what a rule said of a text it says again.
            let mut seen = HashSet::new();
            for link_text in matches.iter().map(|found| found.text.as_str()) {
                let page = link_text.split('#').next().unwrap_or_default();
                if link_text.starts_with('#') || !seen.insert(page) {
                    continue;
                }
                if let Some(url) = resolve(page, origin.base_url)
                    && (!rule.same_host || is_same_host(&url, origin.host))
                    && rule.rules.allows(url.as_str())
                {
                    found.push(link(url, origin.depth + 1, 1));
                }
            }
        }
        (found, warnings)
    }
}

/// Whether a page is one of those that make rows.
pub(crate) fn makes_rows(rules: Option<&UrlRules>, url: &Url) -> bool {
    rules.is_none_or(|rules| rules.allows(url.as_str()))
}

/// The page that a link leads to, if it is one that can be fetched.
fn resolve(text: &str, base: &Url) -> Option<Url> {
    let mut url = base.join(text.trim()).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The same host, and the same port where one of the two is not its scheme's own: a site that turns from http to https is
/// still the same.
fn is_same_host(one: &Url, other: &Url) -> bool {
    one.host() == other.host() && one.port() == other.port()
}

fn link(url: Url, depth: u32, listing: u32) -> Found {
    let url = String::from(url);
    let link = Link {
        url,
        kind: SourceType::Page,
        depth,
        listing,
    };
    (Fingerprint::of(&link.url), link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MatchKind, Pattern};

    const PAGE: &str = "http://a.example/list?page=1";

    fn selector() -> Selector {
        Selector {
            query_type: "css".to_owned(),
            expression: "a::attr(href)".to_owned(),
            options: Vec::new(),
        }
    }

    fn follow(depth: u32, allow: &[&str], same_host: bool) -> Follow {
        Follow {
            links: selector(),
            depth,
            rules: UrlRules {
                allow: allow.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
                deny: Vec::new(),
            },
            same_host,
        }
    }

    fn matches(texts: &[&str]) -> Vec<Match> {
        let of = |text: &&str| Match {
            kind: MatchKind::Text,
            text: (*text).to_owned(),
        };
        texts.iter().map(of).collect()
    }

    fn check(rules: &LinkRules, (depth, listing): (u32, u32), answers: &[&[&str]], expected: &[(&str, u32, u32)]) {
        let url = Url::parse(PAGE).unwrap();
        let origin = Origin {
            url: &url,
            host: &url,
            base_url: &url,
            depth,
            listing,
        };
        let (found, warnings) = rules.find(origin, answers.iter().map(|texts| Ok(matches(texts))));
        let found: Vec<_> = found
            .iter()
            .map(|(_, link)| (link.url.as_str(), link.depth, link.listing))
            .collect();
        assert_eq!((found.as_slice(), warnings.len()), (expected, 0));
    }

    #[test]
    fn the_first_match_is_the_next_page_up_to_the_most() {
        let rules = LinkRules {
            pagination: Some(Pagination {
                next: selector(),
                max_pages: 3,
            }),
            follow: Vec::new(),
        };
        let second = "http://a.example/list?page=2";
        check(&rules, (0, 1), &[&[" ?page=2 ", "?page=9"]], &[(second, 0, 2)]);
        check(&rules, (2, 2), &[&["?page=2#top"]], &[(second, 2, 3)]);
        check(&rules, (0, 3), &[&["?page=2"]], &[]);
        check(&rules, (0, 1), &[&["mailto:a@a.example", "?page=2"]], &[]);
        check(&rules, (0, 1), &[&[]], &[]);
    }

    #[test]
    fn the_first_rule_that_allows_a_link_takes_it() {
        let rules = LinkRules {
            pagination: None,
            follow: vec![follow(1, &["/p/"], true), follow(3, &[], false)],
        };
        let links: &[&str] = &[
            "/p/1",
            "/p/1",
            "#here",
            "javascript:x",
            "http://b.example/p/2",
            "HTTPS://A.example/p/3",
        ];
        check(
            &rules,
            (0, 4),
            &[links, links],
            &[
                ("http://a.example/p/1", 1, 1),
                ("https://a.example/p/3", 1, 1),
                ("http://a.example/p/1", 1, 1),
                ("http://b.example/p/2", 1, 1),
                ("https://a.example/p/3", 1, 1),
            ],
        );
        check(&rules, (2, 1), &[links, &["/x"]], &[("http://a.example/x", 3, 1)]);
        check(&rules, (3, 1), &[links, links], &[]);
    }

    #[test]
    fn the_host_is_the_same_whatever_its_scheme() {
        fn check(one: &str, other: &str, expected: bool) {
            let same = is_same_host(&Url::parse(one).unwrap(), &Url::parse(other).unwrap());
            assert_eq!(same, expected, "{one} {other}");
        }
        check("http://a.example/", "https://A.example:443/x", true);
        check("http://a.example/", "http://www.a.example/", false);
        check("http://127.0.0.1:8000/", "http://127.0.0.1:8001/", false);
    }

    #[test]
    fn a_rule_that_fails_is_a_warning_that_names_it() {
        let rules = LinkRules {
            pagination: None,
            follow: vec![follow(1, &[], true)],
        };
        let url = Url::parse(PAGE).unwrap();
        let origin = Origin {
            url: &url,
            host: &url,
            base_url: &url,
            depth: 0,
            listing: 1,
        };
        let (found, warnings) = rules.find(origin, [Err("too costly".to_owned())]);
        assert_eq!((found, warnings.len()), (Vec::new(), 1));
        assert_eq!(
            warnings[0].message,
            format!("follow[0].links failed on {PAGE}: too costly")
        );
    }
}
