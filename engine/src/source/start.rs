//! The pages that a run starts from.

use jiff::civil::Date;
use url::Url;

use super::{SourceError, SourcePattern};

/// The starting pages of a job in order: those that `source` names, then those of `urls`. The same page may come twice;
/// that a page is fetched once a run is the frontier's business.
pub fn start_urls<'a>(
    source: &'a SourcePattern,
    urls: &'a [Url],
    today: Date,
) -> impl Iterator<Item = Result<Url, SourceError>> + 'a {
    source.urls(today).chain(urls.iter().cloned().map(Ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_comes_before_the_urls() {
        let source = SourcePattern::parse("http://a.example/[1-2]").expect("a source");
        let urls = [Url::parse("http://b.example/").expect("a URL")];
        let found: Vec<_> = start_urls(&source, &urls, Date::constant(2026, 1, 1))
            .map(|url| url.expect("a URL").to_string())
            .collect();
        assert_eq!(found, ["http://a.example/1", "http://a.example/2", "http://b.example/"]);
    }
}
