use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn document<'a>(kind: SourceType, column: Option<&'a str>, text: &'a str) -> Document<'a> {
    Document {
        kind,
        column,
        body: text.as_bytes(),
        text,
        max_bytes: 1_000,
    }
}

fn check(kind: SourceType, column: Option<&str>, text: &str, expected: &[&str], left_out: u64) {
    let named = read_document(document(kind, column, text)).unwrap();
    let urls: Vec<_> = named.urls.iter().map(|named| named.url.as_str()).collect();
    assert_eq!((urls.as_slice(), named.left_out), (expected, left_out), "{text}");
}

fn fault(kind: SourceType, column: Option<&str>, text: &str, expected: &str) {
    let error = read_document(document(kind, column, text)).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
}

const A: &str = "http://a.example/";
const B: &str = "http://b.example/?x=1&y=2";

#[test]
fn lists() {
    let check = |text, expected, left_out| check(SourceType::List, None, text, expected, left_out);
    check("", &[], 0);
    check(
        "\u{feff}http://a.example/\r\n\n# a comment\n  http://b.example/?x=1&y=2  ",
        &[A, B],
        0,
    );
    check("http://a.example/\n/relative\nftp://a.example/", &[A], 2);
}

#[test]
fn csv_files() {
    let check = |column, text, expected, left_out| check(SourceType::Csv, column, text, expected, left_out);
    check(None, "", &[], 0);
    check(None, "name,url\n", &[], 0);
    check(
        None,
        "name,url\nx,http://a.example/\n\"y, z\",\"http://b.example/?x=1&y=2\"\n",
        &[A, B],
        0,
    );
    check(None, "name;url\nx;http://a.example/\n;\n", &[A], 0);
    check(None, "http://a.example/\nhttp://b.example/?x=1&y=2\n", &[A, B], 0);
    check(None, "name\turl\nx\tn/a\ny\thttp://a.example/", &[A], 1);
    check(Some("b"), "a,b\nhttp://b.example/,http://a.example/", &[A], 0);
    fault(
        SourceType::Csv,
        Some("c"),
        "a,b\n1,2",
        "has no column `c`; its columns are: a, b",
    );
    fault(
        SourceType::Csv,
        None,
        "a,b\n1,2",
        "has no column that holds http or https URLs",
    );
}

#[test]
fn an_error_shows_some_columns_and_the_beginning_of_their_names() {
    let check = |header: &str, expected: &str| {
        let error = read_document(document(SourceType::Csv, Some("c"), header)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("has no column `c`; its columns are: {expected}")
        );
    };
    let (twenty, longest) = (["a"; 20].join(","), "é".repeat(64));
    let shown = ["a"; 20].join(", ");
    check(&twenty, &shown);
    check(&format!("{twenty},a"), &format!("{shown} and 1 more"));
    check(&longest, &longest);
    check(&format!("{longest}é"), &format!("{longest}…"));
}

#[test]
fn sitemaps() {
    let check = |text, expected, left_out| check(SourceType::Sitemap, None, text, expected, left_out);
    check(
        "\u{feff}<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='i'>\
         <url><loc> http://a.example/ </loc><lastmod>2026-01-01</lastmod>\
         <image:image><image:loc>http://a.example/x.png</image:loc></image:image></url>\
         <url><loc>http://b.example/?x=1&amp;y=&#50;</loc></url><url><loc><![CDATA[http://a.example/]]></loc></url>\
         <url><loc>nonsense</loc></url></urlset>",
        &[A, B, A],
        1,
    );
    check("<urlset/>", &[], 0);
    check("http://a.example/\nhttp://b.example/?x=1&y=2", &[A, B], 0);
    let fault = |text, expected| fault(SourceType::Sitemap, None, text, expected);
    fault(
        "<html><body>Not found</body></html>",
        "is no sitemap: its root is neither",
    );
    fault("<urlset><url></urlset>", "is no sitemap: ");
    fault("not found", "is no sitemap: it is neither XML nor a list of URLs");
}

#[test]
fn the_depth_of_a_sitemap_is_bounded() {
    let nested = |depth: usize| {
        let (open, close) = ("<x>".repeat(depth - 1), "</x>".repeat(depth - 1));
        format!("<urlset>{open}{close}</urlset>")
    };
    check(SourceType::Sitemap, None, &nested(64), &[], 0);
    fault(
        SourceType::Sitemap,
        None,
        &nested(65),
        "is no sitemap: its elements stand in each other more than 64 deep",
    );
}

#[test]
fn indexes_name_sitemaps() {
    let text = "<sitemapindex><sitemap><loc>http://a.example/1.xml</loc></sitemap></sitemapindex>";
    let named = read_document(document(SourceType::Sitemap, None, text)).unwrap();
    assert_eq!(named.urls[0].kind, SourceType::Sitemap);
}

#[test]
fn compressed_ones_are_bounded() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let check = |text: &str| {
        let body = gzip(text);
        read_document(Document {
            body: &body,
            ..document(SourceType::List, None, "")
        })
        .map(|named| named.urls.len())
    };
    let line = format!("{A}\n");
    assert_eq!(check(&line), Ok(1));
    let full = line.clone() + &" ".repeat(1_000 - line.len());
    assert_eq!(check(&full), Ok(1));
    assert_eq!(check(&(full + " ")), Err(DocumentError::TooLarge { limit: 1_000 }));
    let cut = &gzip(&line)[..15];
    let damaged = read_document(Document {
        body: cut,
        ..document(SourceType::List, None, "")
    });
    assert!(matches!(damaged, Err(DocumentError::Gzip(_))), "{damaged:?}");
}

#[test]
fn the_urls_of_a_document_are_bounded() {
    let check = |urls: usize| {
        let text = "http://a.example/\n".repeat(urls);
        read_document(document(SourceType::List, None, &text)).map(|named| named.urls.len())
    };
    assert_eq!(check(MAX_NAMED), Ok(MAX_NAMED));
    assert_eq!(check(MAX_NAMED + 1), Err(DocumentError::TooMany { limit: MAX_NAMED }));
}
