//! Sources that are documents: sitemaps, CSV files, lists; and dates in a source.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};
use snowscrape_tests::routed::{Reply, RoutedSite};

use super::{crawl, headings};
use crate::support::{Ended, Folder};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A site with pages `/1` to `/9`, and documents that name them.
fn site() -> RoutedSite {
    RoutedSite::start(|asked| {
        let base = format!("http://{}", asked.header("host"));
        let sitemap = |pages: &[u32]| {
            let urls: String = pages
                .iter()
                .map(|page| format!("<url><loc>{base}/{page}</loc></url>"))
                .collect();
            format!("<?xml version='1.0'?><urlset>{urls}</urlset>")
        };
        match asked.target.as_str() {
            "/sitemap.xml" => Reply::of("application/xml", sitemap(&[3, 1, 3])),
            "/index.xml" => Reply::of(
                "application/xml",
                format!(
                    "<sitemapindex><sitemap><loc>{base}/sitemap.xml</loc></sitemap>\
                     <sitemap><loc>{base}/more.xml.gz</loc></sitemap>\
                     <sitemap><loc>{base}/index.xml</loc></sitemap></sitemapindex>"
                ),
            ),
            "/more.xml.gz" => Reply::of("application/gzip", gzip(&sitemap(&[4, 3]))),
            "/pages.csv" => Reply::of(
                "text/csv",
                format!("name,page,other\nx,{base}/2,{base}/9\ny,nowhere,\nz,{base}/1,\n"),
            ),
            "/pages.txt" => Reply::of("text/plain", format!("# pages\n{base}/5\n\n{base}/2\n")),
            "/not-found.xml" => Reply::html("<html><body>not found</body></html>"),
            target => match target.trim_start_matches('/').parse::<u32>() {
                Ok(number @ 1..=9) => Reply::html(format!("<h1>{number}</h1>")),
                _ => Reply::not_found(),
            },
        }
    })
}

#[test]
fn documents_name_the_pages() {
    let site = site();
    let base = site.base_url();
    let check = |document: &str, fields: Json, expected: &[&str], words: &[&str]| {
        let source = format!("{base}/{document}");
        assert_eq!(crawl(&headings(&source, &fields), words), expected, "{document}");
    };
    let of = |kind: &str| json!({"source_type": kind});
    check(
        "sitemap.xml",
        of("sitemap"),
        &["3", "1"],
        &["pages     2 (0 empty, 0 failed"],
    );
    check("index.xml", of("sitemap"), &["3", "1", "4"], &["pages     3 (0 empty"]);
    check("pages.csv", of("csv"), &["2", "1"], &["`nowhere`"]);
    check(
        "pages.csv",
        json!({"source_type": "csv", "source_column": "other"}),
        &["9"],
        &[],
    );
    check("pages.txt", of("list"), &["5", "2"], &[]);
    check(
        "pages.txt",
        json!({"source_type": "list", "urls": [format!("{base}/7"), format!("{base}/2")]}),
        &["7", "2", "5"],
        &[],
    );
    check(
        "pages.txt",
        json!({"source_type": "list", "budget": {"pages": 2}}),
        &["5"],
        &["budget of pages"],
    );
}

#[test]
fn a_document_that_names_nothing_fails_with_its_reason() {
    let site = site();
    let check = |document: &str, fields: Json, words: &[&str]| {
        let folder = Folder::with_job(&headings(&format!("{}/{document}", site.base_url()), &fields));
        Ended::within(folder.path(), &["run", "job.json"]).expect(1, words);
    };
    check(
        "not-found.xml",
        json!({"source_type": "sitemap"}),
        &["is no sitemap: its root is neither"],
    );
    check("none.xml", json!({"source_type": "sitemap"}), &["404"]);
    check(
        "pages.csv",
        json!({"source_type": "csv", "source_column": "nope"}),
        &["has no column `nope`; its columns are: name, page, other"],
    );
}

#[test]
fn dates_are_the_runs() {
    let site = RoutedSite::start(|asked| Reply::html(format!("<h1>{}</h1>", asked.target)));
    let zone = |name: &str| jiff::tz::TimeZone::get(name).unwrap();
    let check = |schedule: Option<&str>, zone: &jiff::tz::TimeZone| {
        let source = format!("{}/{{{{date-1d:%Y/%m/%d}}}}/[1-2]", site.base_url());
        let mut job = headings(&source, &json!({}));
        if let Some(zone) = schedule {
            job["scheduling"] = json!({"minutes": [0], "timezone": zone});
        }
        let path = || {
            let today = jiff::Timestamp::now().to_zoned_datetime(zone.clone()).date();
            today.yesterday().unwrap().strftime("/%Y/%m/%d/1").to_string()
        };
        // Midnight may pass meanwhile.
        let (before, found, after) = (path(), crawl(&job, &[]), path());
        assert!(found[0] == before || found[0] == after, "{found:?} {before}");
    };
    check(None, &jiff::tz::TimeZone::UTC);
    check(Some("Pacific/Kiritimati"), &zone("Pacific/Kiritimati"));
    check(Some("Pacific/Pago_Pago"), &zone("Pacific/Pago_Pago"));
}
