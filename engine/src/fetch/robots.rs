//! What a robots.txt file says (RFC 9309): pure, from bytes to rules.
//!
//! The patterns are matched by the crate `robotxt`. Which lines of the file concern us is decided here, because that
//! crate differs from the RFC in it: it compares a group's name with ours as a whole, so that `FooBot/1.0` or `foo bar`
//! is another's, and it lets `Crawl-delay` end a list of names, though other records must not interfere (2.2.4). It also
//! takes a `*` or a `$` in a URL for another octet than the `%2A` or `%24` by which a rule names it (2.2.3).
//! Where files come from, and how long they are believed, is [`super::robots_cache`]'s.

use std::time::Duration;

use robotxt::Robots;
use url::{Position, Url};

use super::hosts::LONGEST_INTERVAL;
use super::settings::FetchSettings;
use super::target::is_http;

/// The octets of a file that are read: 500 KiB (2.5), and one more that tells whether the last line is whole.
pub(super) const ROBOTS_BYTES: u64 = robotxt::BYTE_LIMIT as u64 + 1;
/// The characters of a rule that a message shows.
const SHOWN: usize = 200;

/// Whether a robots.txt file lets a crawler with this `User-Agent` fetch an http or https URL.
///
/// # Errors
/// A URL that is neither.
pub fn robots_allow(robots: &[u8], user_agent: &str, url: &str) -> Result<bool, RobotsUrlError> {
    let refused = |reason: String| RobotsUrlError {
        url: url.to_owned(),
        reason,
    };
    let parsed = Url::parse(url).map_err(|error| refused(error.to_string()))?;
    if !is_http(&parsed) {
        return Err(refused(format!("its scheme is {}", parsed.scheme())));
    }
    Ok(Rules::parse(robots, &product_token(user_agent))
        .refusing(&parsed)
        .is_none())
}

/// A URL that robots.txt says nothing about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` is no http or https URL: {reason}; give the page's whole URL")]
pub struct RobotsUrlError {
    url: String,
    reason: String,
}

/// Why robots.txt keeps a page from being fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RobotsRefusal {
    /// A rule disallows it.
    #[error(
        "{robots} disallows it for {agent} by the rule 'Disallow: {rule}'; leave the page out, or set request.robots to \
         \"ignore\" if the site's owner lets you fetch it"
    )]
    Rule {
        /// The file.
        robots: Url,
        /// The product token by which its groups were searched.
        agent: String,
        /// The rule's path, normalised and shortened.
        rule: String,
    },
    /// The file could not be read, so that everything is disallowed (2.3.1.4).
    #[error(
        "{robots} cannot be read ({reason}), and while it cannot, nothing of the site may be fetched; run the job again \
         later, or set request.robots to \"ignore\" if the site's owner lets you"
    )]
    Unreachable {
        /// The file.
        robots: Url,
        /// What happened to it.
        reason: String,
    },
}

/// The name by which a crawler with this `User-Agent` finds its groups (2.2.1).
///
/// That is its first product, `MyBot` of `MyBot/1.0 (+https://my.example)`. One that begins as browsers do names itself
/// in a comment after `compatible;`, as the RFC's example does; where it names nothing there, it is `SnowScrape`.
pub(super) fn product_token(user_agent: &str) -> String {
    let own = leading_token(user_agent.trim_start());
    let named = if own.eq_ignore_ascii_case("Mozilla") {
        let lower = user_agent.to_ascii_lowercase();
        lower
            .find("compatible;")
            .map(|at| user_agent[at + "compatible;".len()..].trim_start())
            .map_or("", leading_token)
    } else {
        own
    };
    let default = FetchSettings::default_user_agent();
    let token = if named.is_empty() {
        leading_token(&default)
    } else {
        named
    };
    token.to_owned()
}

/// The product token that a text starts with. Digits are none of the RFC's letters, but names such as `MJ12bot` have them.
fn leading_token(text: &str) -> &str {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.find(|c| !is_token(c)).map_or(text, |end| &text[..end])
}

/// The rules of a file that concern one crawler.
#[derive(Debug)]
pub(super) struct Rules(Robots);

impl Rules {
    /// Reads what concerns the crawler of this name; no file has errors.
    pub(super) fn parse(robots: &[u8], token: &str) -> Self {
        let robots = &robots[..robots.len().min(ROBOTS_BYTES as usize)];
        Self(Robots::parse(&own_lines(robots, token), robotxt::ANY_AGENT))
    }

    /// Those of a site without the file.
    pub(super) fn none() -> Self {
        Self(Robots::allow_all())
    }

    /// The path of the rule that disallows the URL.
    pub(super) fn refusing(&self, url: &Url) -> Option<String> {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let path = path.replace('*', "%2A").replace('$', "%24");
        if self.0.is_allowed(&path) {
            return None;
        }
        let rule = self.0.matching_rule(&path).map_or("/", robotxt::Rule::pattern);
        Some(rule.chars().take(SHOWN).collect())
    }

    /// The interval that the file asks for, of at most a minute.
    pub(super) fn crawl_delay(&self) -> Duration {
        self.0.crawl_delay().unwrap_or_default().min(LONGEST_INTERVAL)
    }

    /// About the bytes that these rules take.
    pub(super) fn weight(&self) -> usize {
        let rules = self.0.rules().iter();
        size_of::<Self>()
            + rules
                .map(|rule| size_of_val(rule) + rule.pattern().len())
                .sum::<usize>()
    }
}

/// The rules of the groups that concern a crawler, as one group for all: its own groups', else those of `*` (2.2.1).
fn own_lines(robots: &[u8], token: &str) -> Vec<u8> {
    const GROUP: &[u8] = b"user-agent:*\n";
    let (mut own, mut any) = (GROUP.to_vec(), GROUP.to_vec());
    let (mut in_names, mut is_own, mut is_any, mut found) = (false, false, false, false);
    let robots = robots.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(robots);
    for line in whole_lines(robots) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        if is("user-agent") {
            // A list of names begins a group unless it goes on with one.
            if !in_names {
                (in_names, is_own, is_any) = (true, false, false);
            }
            let name = String::from_utf8_lossy(value);
            is_own |= leading_token(&name).eq_ignore_ascii_case(token);
            is_any |= name.split_ascii_whitespace().next() == Some(robotxt::ANY_AGENT);
            found |= is_own;
        } else if is("allow") || is("disallow") || is("crawl-delay") {
            in_names &= is("crawl-delay");
            let value = if is("crawl-delay") {
                value.to_vec()
            } else {
                pattern(value)
            };
            let line = [key, b":", &value, b"\n"].concat();
            for (lines, concerned) in [(&mut own, is_own), (&mut any, is_any)] {
                if concerned {
                    lines.extend_from_slice(&line);
                }
            }
        }
    }
    if found { own } else { any }
}

/// The lines within the octets that are read; one that crosses their end would be another rule, and is left out.
fn whole_lines(robots: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'\0');
    let end = if robots.len() > robotxt::BYTE_LIMIT {
        robots.iter().rposition(is_end).unwrap_or(0)
    } else {
        robots.len()
    };
    robots[..end].split(move |byte| is_end(byte))
}

/// A rule's path whose every `$` but the last octet is written as URLs have it here.
fn pattern(value: &[u8]) -> Vec<u8> {
    let Some((last, path)) = value.split_last() else {
        return Vec::new();
    };
    let path = path.split(|byte| *byte == b'$').collect::<Vec<_>>().join(&b"%24"[..]);
    [&path, &[*last][..]].concat()
}

#[cfg(test)]
mod tests;
