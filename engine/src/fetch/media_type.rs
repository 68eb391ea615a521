//! What a body is: its `Content-Type`, or what its first bytes look like.

use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// What is taken for the type of a body that neither says nor shows what it is.
const UNKNOWN: &str = "application/octet-stream";

/// A body's media type and the encoding that its header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// Type and subtype, lower case, without parameters: `text/html`.
    pub media_type: String,
    /// The label in the header's `charset`, as it stood there.
    pub charset: Option<String>,
}

impl ContentType {
    /// Reads the last valid `Content-Type`, as the fetch standard does ("extract a MIME type"); without one the
    /// type is guessed from the body's first bytes.
    ///
    /// Parameters are read leniently, since servers send them without quotes, with stray semicolons or empty.
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        headers
            .get_all(CONTENT_TYPE)
            .iter()
            .rev()
            .find_map(|value| Self::parse(&String::from_utf8_lossy(value.as_bytes())))
            .unwrap_or_else(|| Self {
                media_type: sniff(body).to_owned(),
                charset: None,
            })
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let mime: mime::Mime = parts.next()?.parse().ok()?;
        if mime == mime::STAR_STAR {
            return None;
        }
        let charset = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
        });
        Some(Self {
            media_type: mime.essence_str().to_ascii_lowercase(),
            charset,
        })
    }
}

/// Whether a body of this type is HTML or XML, and so may name its own encoding.
pub fn is_markup(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "text/xml" | "application/xml" | UNKNOWN) || media_type.ends_with("+xml")
}

/// The part of the MIME sniffing standard's table that concerns markup (7.1): all else is [`UNKNOWN`].
fn sniff(body: &[u8]) -> &'static str {
    const HTML: [&str; 17] = [
        "<!doctype html",
        "<html",
        "<head",
        "<script",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a",
        "<style",
        "<title",
        "<b",
        "<body",
        "<br",
        "<p",
        "<!--",
    ];
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    if body.starts_with(b"<?xml") {
        return "text/xml";
    }
    let is_html = HTML.iter().any(|tag| {
        let (start, rest) = body.split_at_checked(tag.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(tag.as_bytes()) && !start.is_empty() && matches!(rest.first(), Some(b' ' | b'>'))
    });
    if is_html { "text/html" } else { UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_leniently() {
        let check = |values: &[&'static str], media_type: &str, charset: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, value.parse().unwrap());
            }
            let expected = ContentType {
                media_type: media_type.into(),
                charset: charset.map(Into::into),
            };
            assert_eq!(ContentType::of(&headers, b""), expected, "{values:?}");
        };
        check(&["text/html"], "text/html", None);
        check(&["Text/HTML; Charset=UTF-8"], "text/html", Some("UTF-8"));
        check(&["text/html;charset=\"iso-8859-2\""], "text/html", Some("iso-8859-2"));
        check(&["text/html; a=b; charset='utf-8';"], "text/html", Some("utf-8"));
        check(&["text/html; charset=; charset=koi8-r"], "text/html", Some("koi8-r"));
        check(&["text/plain", "text/html"], "text/html", None);
        check(&["text/plain", "nonsense"], "text/plain", None);
        check(&["*/*"], UNKNOWN, None);
        check(&["html"], UNKNOWN, None);
        check(&[""], UNKNOWN, None);
        check(&[], UNKNOWN, None);
        check(&["application/rss+xml"], "application/rss+xml", None);
    }

    #[test]
    fn bodies_without_a_header_are_looked_at() {
        let check = |body: &str, expected: &str| assert_eq!(sniff(body.as_bytes()), expected, "{body}");
        check("<!DOCTYPE html><p>", "text/html");
        check(" \r\n<HTML lang=en>", "text/html");
        check("\u{FEFF}<p>x", "text/html");
        check("<!-- x --><p>", "text/html");
        check("<?xml version='1.0'?>", "text/xml");
        check("<pre>x", UNKNOWN);
        check("<p", UNKNOWN);
        check("{\"a\": 1}", UNKNOWN);
        check("", UNKNOWN);
    }

    #[test]
    fn markup_is_html_and_xml() {
        for media_type in [
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/atom+xml",
            UNKNOWN,
        ] {
            assert!(is_markup(media_type), "{media_type}");
        }
        for media_type in ["application/json", "text/plain", "text/csv"] {
            assert!(!is_markup(media_type), "{media_type}");
        }
    }
}
