//! What counts as the URL of a page.

use url::Url;

use super::SourceError;

/// Reads the URL of a page: http or https, with a host, by the URL standard.
pub fn parse_page_url(text: &str) -> Result<Url, SourceError> {
    let url = Url::parse(text).map_err(|error| SourceError::NotAUrl {
        url: text.to_owned(),
        reason: error.to_string(),
    })?;
    // The standard gives every http and https URL a host that is not empty, so the scheme is all there is to ask.
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(SourceError::Scheme { url: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_http_and_https_with_a_host() {
        fn check(text: &str, expected: Result<&str, &str>) {
            match (parse_page_url(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{text}"),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{text}: {error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        check("https://shop.example", Ok("https://shop.example/"));
        check("HTTP://Shop.Example:80/a b", Ok("http://shop.example/a%20b"));
        check("http://[::1]:8080/", Ok("http://[::1]:8080/"));
        check("http://me:pw@shop.example/", Ok("http://me:pw@shop.example/"));
        check("ftp://shop.example/", Err("must begin with http:// or https://"));
        check("mailto:me@shop.example", Err("must begin with http:// or https://"));
        check("shop.example/products", Err("relative URL without a base"));
        check("https://", Err("empty host"));
        check("http://a b/", Err("invalid"));
        check("http://shop.example:99999/", Err("invalid port"));
        check("", Err("relative URL without a base"));
    }
}
