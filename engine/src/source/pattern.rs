//! A job's `source`: a URL that may stand for many.

use jiff::civil::Date;
use serde::{Serialize, Serializer};
use url::Url;

use super::scan::{Part, scan};
use super::{SourceError, parse_page_url};

/// The most URLs that the ranges of one source may name.
pub const MAX_URLS: u128 = 100_000;

/// A URL with ranges and dates in it. Several ranges multiply, the last one turning fastest.
///
/// Every pattern has been read as a URL once, with the first value of each range, and names at most [`MAX_URLS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePattern {
    text: String,
    parts: Vec<Part>,
    count: u64,
}

impl SourcePattern {
    /// Reads a source; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if let Some(scheme) = scheme
            && !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Err(SourceError::Scheme { url: text.to_owned() });
        }
        let parts = scan(text)?;
        let count = parts.iter().fold(1_u128, |count, part| match part {
            Part::Range(range) => count.saturating_mul(range.count()),
            Part::Literal(_) | Part::Date(_) => count,
        });
        if count > MAX_URLS {
            return Err(SourceError::TooMany { count });
        }
        let pattern = Self {
            text: text.to_owned(),
            parts,
            count: count as u64,
        };
        pattern.url(0, Date::constant(2024, 2, 29))?;
        Ok(pattern)
    }

    /// The source as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many URLs it names, from 1 to [`MAX_URLS`].
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether its URLs depend on the day of the run.
    pub fn has_dates(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Date(_)))
    }

    /// The URL at `index` (from 0, below [`SourcePattern::count`]) in a run of the day `today`, in the job's time zone.
    pub fn url(&self, index: u64, today: Date) -> Result<Url, SourceError> {
        parse_page_url(&self.expand(u128::from(index), today)?)
    }

    /// All its URLs in order, made one at a time.
    pub fn urls(&self, today: Date) -> Urls<'_> {
        Urls {
            pattern: self,
            today,
            next: 0,
        }
    }

    fn expand(&self, index: u128, today: Date) -> Result<String, SourceError> {
        let mut text = String::with_capacity(self.text.len() + 8);
        let mut turns = u128::from(self.count);
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Range(range) => {
                    // How many URLs pass between two turns of this range: the product of those after it.
                    turns /= range.count();
                    range.write(index / turns % range.count(), &mut text);
                }
                Part::Date(date) => {
                    let fault = |reason| SourceError::Date {
                        variable: format!("{{{{date:{}}}}}", date.format),
                        reason,
                    };
                    text.push_str(&date.text(today).map_err(fault)?);
                }
            }
        }
        Ok(text)
    }
}

impl Serialize for SourcePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The URLs of a [`SourcePattern`], in order.
#[derive(Debug, Clone)]
pub struct Urls<'a> {
    pattern: &'a SourcePattern,
    today: Date,
    next: u64,
}

impl Iterator for Urls<'_> {
    type Item = Result<Url, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        (index < self.pattern.count).then(|| {
            self.next += 1;
            self.pattern.url(index, self.today)
        })
    }

    fn nth(&mut self, skipped: usize) -> Option<Self::Item> {
        self.next = self.next.saturating_add(skipped as u64).min(self.pattern.count);
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.pattern.count - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Urls<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 3, 1);

    fn urls(source: &str) -> Vec<String> {
        let pattern = SourcePattern::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        pattern.urls(TODAY).map(|url| url.expect("a URL").to_string()).collect()
    }

    #[test]
    fn expands_ranges_in_path_query_and_fragment() {
        fn check(source: &str, expected: &[&str]) {
            assert_eq!(urls(source), expected, "{source}");
        }
        check("https://a.example/x", &["https://a.example/x"]);
        check(
            "  https://a.example/p[1-2]\n",
            &["https://a.example/p1", "https://a.example/p2"],
        );
        check(
            "http://a.example?p=[9-10]",
            &["http://a.example/?p=9", "http://a.example/?p=10"],
        );
        check(
            "http://a.example/#[a,b]",
            &["http://a.example/#a", "http://a.example/#b"],
        );
        check("http://a.example\\[1-2]", &["http://a.example/1", "http://a.example/2"]);
        check("HTTP://a.example/[1-2]", &["http://a.example/1", "http://a.example/2"]);
        check(
            "http://a.example/[a,b]/[1-2].[x,y]",
            &[
                "http://a.example/a/1.x",
                "http://a.example/a/1.y",
                "http://a.example/a/2.x",
                "http://a.example/a/2.y",
                "http://a.example/b/1.x",
                "http://a.example/b/1.y",
                "http://a.example/b/2.x",
                "http://a.example/b/2.y",
            ],
        );
        check(
            "http://a.example/[1-2][08-09]",
            &[
                "http://a.example/108",
                "http://a.example/109",
                "http://a.example/208",
                "http://a.example/209",
            ],
        );
    }

    #[test]
    fn leaves_what_is_no_range_as_it_stands() {
        fn check(source: &str, expected: &[&str]) {
            assert_eq!(urls(source), expected, "{source}");
        }
        check("http://[::1]/a", &["http://[::1]/a"]);
        check(
            "http://[::1]:8080/[1-2]",
            &["http://[::1]:8080/1", "http://[::1]:8080/2"],
        );
        check("http://me:pw@[::1]/", &["http://me:pw@[::1]/"]);
        check("http://a[1-2]:b@a.example/", &["http://a%5B1-2%5D:b@a.example/"]);
        check("http://a.example/?ids[]=1", &["http://a.example/?ids[]=1"]);
        check(
            "http://a.example/?f[x]=[1-2]",
            &["http://a.example/?f[x]=1", "http://a.example/?f[x]=2"],
        );
        check(
            "http://a.example/[[1-2]]",
            &["http://a.example/[1]", "http://a.example/[2]"],
        );
        check("http://a.example/[1-2", &["http://a.example/[1-2"]);
        check("http://a.example/1-2]", &["http://a.example/1-2]"]);
        check("http://a.example/[1-2:0]", &["http://a.example/[1-2:0]"]);
        check("http://a.example/?q={{x}}", &["http://a.example/?q={{x}}"]);
        check("http://a.example/?q={{date", &["http://a.example/?q={{date"]);
    }

    #[test]
    fn refuses_what_names_no_page() {
        fn check(source: &str, part: &str) {
            let error = SourcePattern::parse(source).expect_err(source).to_string();
            assert!(error.contains(part), "{source}: {error}");
        }
        check("", "relative URL without a base");
        check("shop.example", "relative URL without a base");
        check("ftp://a.example/[1-2]", "must begin with http:// or https://");
        check("file:///etc/passwd", "must begin with http:// or https://");
        check("mailto:me@a.example", "must begin with http:// or https://");
        check("http://[1-2].example/", "invalid IPv6 address");
        check("http://a[1-2].example/", "is not one");
        check("http://a.example:[1-2]/", "invalid port");
        check("http://{{date}}.example/", "stands before the path");
        check("[http,https]://a.example/", "must begin with http:// or https://");
        check(
            "http://a.example/{{date-1x}}",
            "has the date variable `{{date-1x}}`, which must be moved",
        );
    }

    #[test]
    fn counts_before_it_expands() {
        fn check(source: &str, expected: Result<u64, u128>) {
            match (SourcePattern::parse(source), expected) {
                (Ok(pattern), Ok(count)) => assert_eq!(pattern.count(), count, "{source}"),
                (Err(SourceError::TooMany { count }), Err(expected)) => assert_eq!(count, expected, "{source}"),
                (found, _) => panic!("{source}: {found:?}"),
            }
        }
        check("http://a.example/[1-100000]", Ok(100_000));
        check("http://a.example/[1-100001]", Err(100_001));
        check("http://a.example/[1-1000]/[1-100]", Ok(100_000));
        check("http://a.example/[1-1000]/[1-100]/[a,b]", Err(200_000));
        check(
            "http://a.example/[0-18446744073709551615]",
            Err(18_446_744_073_709_551_616),
        );
        let nines = "[0-99999999999999999999999999999999999999]";
        check(&format!("http://a.example/{nines}{nines}"), Err(u128::MAX));
        let error = SourcePattern::parse("http://a.example/[1-100001]")
            .expect_err("too many")
            .to_string();
        assert_eq!(
            error,
            "names 100001 URLs, more than the 100000 that a job may have: narrow its ranges or split the job"
        );
    }

    #[test]
    fn knows_its_dates() {
        assert!(
            !SourcePattern::parse("http://a.example/[1-2]")
                .expect("a source")
                .has_dates()
        );
        let pattern = SourcePattern::parse("http://a.example/{{date-1d:%Y/%m}}/[1-2]").expect("a source");
        assert!(pattern.has_dates());
        assert_eq!(pattern.count(), 2);
        assert_eq!(
            urls("http://a.example/{{date-1d:%Y/%m}}/[1-2]"),
            ["http://a.example/2026/02/1", "http://a.example/2026/02/2"]
        );
        assert_eq!(urls("http://a.example/[{{date}}]"), ["http://a.example/[2026-03-01]"]);
    }

    #[test]
    fn starts_anywhere_at_no_cost() {
        let pattern = SourcePattern::parse("http://a.example/[1-1000]/[00-99]").expect("a source");
        let mut urls = pattern.urls(TODAY);
        assert_eq!(urls.len(), 100_000);
        assert_eq!(urls.nth(99_998).expect("one").expect("a URL").path(), "/1000/98");
        assert_eq!(urls.len(), 1);
        assert_eq!(urls.next().expect("one").expect("a URL").path(), "/1000/99");
        assert_eq!(urls.next(), None);
        assert_eq!(urls.nth(usize::MAX), None);
        assert_eq!(pattern.url(101, TODAY).expect("a URL").path(), "/2/01");
    }
}
