//! Rows, downloaded as files.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value as Json, json};
use snowscrape_tests::numbered::NumberedSite;
use snowscrape_tests::site::{DemoSite, demo_job, expected_rows};

use crate::support::{Client, Server};

#[test]
fn files_are_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = DemoSite::start();
    let mut job = demo_job(&site.base_url());
    job["name"] = json!("Tea & Co. é");
    let id = ann.create(&job);
    let path = format!("/jobs/{id}/download");
    let before = ann.get(&path);
    assert_eq!(
        (before.expect(200), before.header("content-type")),
        (json!([]), "application/json")
    );
    let header = ann.get(&format!("{path}?format=csv")).text;
    assert_eq!(header.lines().count(), 1, "{header}");
    ann.run(&id);
    ann.wait_for(&id, "success");
    let json_file = ann.get(&path);
    assert_eq!(json_file.expect(200), Json::Array(expected_rows(&site.base_url())));
    assert_eq!(
        json_file.header("content-disposition"),
        "attachment; filename=\"Tea___Co.__.json\"; filename*=UTF-8''Tea%20&%20Co.%20%C3%A9.json"
    );
    let csv = ann.get(&format!("{path}?format=csv"));
    assert_eq!(
        (csv.status, csv.header("content-type")),
        (200, "text/csv; charset=utf-8; header=present")
    );
    assert!(csv.text.starts_with(&header), "{}", csv.text);
    let head = ann.send(Method::HEAD, &format!("{path}?format=csv"), &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-disposition"), csv.header("content-disposition"));

    let check = |query: &str, field: &str, words: &str| {
        let answer = ann.get(&format!("{path}?{query}")).expect(400);
        let detail = answer["details"][field].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{answer:#}");
    };
    check("format=pdf", "format", "Must be one of: json, csv");
    check("format=", "format", "Must be one of: json, csv");
    check("format=csv&delimeter=;", "delimeter", "delimiter");
    check("format=json&format=csv", "format", "Must be given once");
    // What only the exporter knows is wrong, a HEAD is told too.
    check("format=csv&delimiter=ab", "delimiter", "");
    let head = ann.send(Method::HEAD, &format!("{path}?format=csv&delimiter=ab"), &[], None);
    assert_eq!((head.status, head.text.as_str()), (400, ""));
    let lines = ann.get(&format!("{path}?lines=true")).text;
    assert_eq!(lines.lines().count(), 100);
}

#[test]
fn columns_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let id = ann.create(&site.job(1));
    let run = ann.run(&id);
    ann.wait_for(&id, "success");
    let path = format!("/jobs/{id}/download");
    let csv = |query: &str| ann.get(&format!("{path}?format=csv&{query}")).text;
    assert_eq!(
        csv("columns=text,number"),
        "text,number\r\nThe page of the number 1,1\r\n"
    );
    assert_eq!(csv("columns=number&meta=false"), "number\r\n1\r\n");
    let row = &ann.get(&format!("/jobs/{id}/results")).expect(200)["results"][0];
    let with_meta = ann.get(&format!("{path}?meta=true")).expect(200);
    let scraped_at = with_meta[0]["_scraped_at"].as_str().unwrap();
    assert!(scraped_at.starts_with(row["scraped_at"].as_str().unwrap().trim_end_matches('Z')));
    assert_eq!(
        with_meta[0],
        json!({"number": 1, "text": "The page of the number 1", "_url": row["url"], "_scraped_at": scraped_at, "_run": run})
    );
    assert_eq!(csv("columns=_run,number"), format!("_run,number\r\n{run},1\r\n"));

    let check = |query: &str, field: &str, words: &str| {
        let answer = ann.get(&format!("{path}?{query}")).expect(400);
        let detail = answer["details"][field].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{answer:#}");
    };
    check("columns=nummer", "columns", "`number`");
    check("columns=number,number", "columns", "twice");
    check("columns=", "columns", "names of columns");
    check("meta=yes", "meta", "true or false");
}

#[test]
fn a_file_is_known_by_its_tag() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::held_after(1);
    let mut job = site.job(2);
    job["concurrency"] = json!(1);
    let id = ann.create(&job);
    let path = format!("/jobs/{id}/download");
    let get =
        |query: &str, tag: &str| ann.send(Method::GET, &format!("{path}?{query}"), &[("If-None-Match", tag)], None);
    assert!(ann.get(&path).headers.get("etag").is_none(), "no run");
    let run = ann.run(&id);
    ann.wait_until(&id, |job| job["run"]["pages"] == 1);
    assert!(
        ann.get(&format!("{path}?run={run}")).headers.get("etag").is_none(),
        "a run that is going"
    );
    site.release();
    ann.wait_for(&id, "success");

    let file = ann.get(&path);
    let tag = file.header("etag");
    let known = get("", tag);
    assert_eq!(
        (known.status, known.text.as_str(), known.header("etag")),
        (304, "", tag)
    );
    assert_eq!(get("", "\"other\"").status, 200);
    let two_lines = [("If-None-Match", "\"other\""), ("If-None-Match", tag)];
    assert_eq!(ann.send(Method::GET, &path, &two_lines, None).status, 304);
    let head = ann.send(Method::HEAD, &path, &[], None);
    assert_eq!((head.status, head.header("etag")), (200, tag));
    for query in ["format=csv", "lines=true", "meta=true", "columns=text,number"] {
        let other = get(query, tag);
        assert_eq!(other.status, 200, "{query}");
        assert_ne!(other.header("etag"), tag, "{query}");
    }
    ann.run(&id);
    ann.wait_until(&id, |job| {
        job["run"]["run_id"] != run.as_str() && job["status"] == "success"
    });
    assert_eq!(get("", tag).status, 200, "another run");
    assert_eq!(
        get(&format!("run={run}"), tag).status,
        304,
        "the run that the file is of"
    );
}

#[test]
fn text_is_coded_as_the_client_asks() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    let site = NumberedSite::start(Duration::ZERO);
    let id = ann.create(&site.job(50));
    ann.run(&id);
    ann.wait_for(&id, "success");
    let path = format!("/jobs/{id}/download?format=csv");
    let plain = ann.get(&path);
    assert!(plain.headers.get("content-encoding").is_none());
    assert_eq!(plain.header("vary"), "Accept-Encoding");
    for coding in ["gzip", "zstd"] {
        let answer = ann.send(Method::GET, &path, &[("Accept-Encoding", coding)], None);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, coding));
        let bytes = answer.bytes.as_slice();
        assert!(bytes.len() < plain.bytes.len() / 2, "{coding}: {} bytes", bytes.len());
        let text = match coding {
            "gzip" => std::io::read_to_string(flate2::read::GzDecoder::new(bytes)),
            _ => zstd::decode_all(bytes).map(|text| String::from_utf8(text).unwrap()),
        };
        assert_eq!(text.unwrap(), plain.text, "{coding}");
    }
    // A list may come in several lines.
    let two_lines = [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")];
    let answer = ann.send(Method::GET, &path, &two_lines, None);
    assert_eq!(answer.header("content-encoding"), "gzip");
}

#[test]
fn a_cache_is_told_all_that_an_answer_varies_by() {
    let site = NumberedSite::start(Duration::ZERO);
    let check = |origins: &str, expected: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::with(folder.path(), |command| command.env("SNOWSCRAPE_CORS_ORIGINS", origins));
        let ann = server.client("ann");
        let id = ann.create(&site.job(1));
        for headers in [&[("Origin", "https://a.example")][..], &[]] {
            for (format, expected) in [("csv", expected), ("xlsx", &expected[..expected.len() - 1])] {
                let path = format!("/jobs/{id}/download?format={format}");
                let answer = ann.send(Method::GET, &path, headers, None);
                let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
                assert_eq!(varies, expected, "{origins} {headers:?} {format}");
            }
        }
    };
    check("*", &["Origin", "Accept-Encoding"]);
    check("https://a.example,https://b.example", &["Origin", "Accept-Encoding"]);
}

/// A run whose file is larger than what sockets hold.
struct LargeFile {
    server: Server,
    ann: Client,
    id: String,
    run: String,
    _site: NumberedSite,
}

impl LargeFile {
    /// A server that writes so many files at once.
    fn new(folder: &std::path::Path, exports: usize, stall_seconds: &str) -> Self {
        let server = Server::with(folder, |command| {
            command
                .env("SNOWSCRAPE_EXPORTS", exports.to_string())
                .env("SNOWSCRAPE_STALL_SECONDS", stall_seconds)
        });
        let ann = server.client("ann");
        let site = NumberedSite::with_items(Duration::ZERO, 10_000);
        let mut job = site.job(30);
        job["queries"] = json!([{"name": "list", "type": "css", "query": "ul", "options": {"output": "html"}}]);
        job["retention"] = json!({"runs": 1});
        let id = ann.create(&job);
        let run = ann.run(&id);
        ann.wait_for(&id, "success");
        Self {
            server,
            ann,
            id,
            run,
            _site: site,
        }
    }

    fn path(&self) -> String {
        format!("/jobs/{}/download", self.id)
    }

    /// Asks for it, and takes only its first bytes.
    fn begin(&self) -> TcpStream {
        begin(&self.server, &self.ann, &self.path(), "")
    }
}

/// Asks for a file with further headers, and takes only its first bytes.
fn begin(server: &Server, client: &Client, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
    let key = client.key();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n{headers}\r\n"
    )
    .unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

#[test]
fn a_reader_that_stands_still_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = LargeFile::new(folder.path(), 1, "1");
    let mut still = file.begin();
    // The only place is taken until then.
    let whole = file.ann.get(&file.path());
    assert_eq!(whole.expect(200).as_array().unwrap().len(), 30);
    let mut rest = Vec::new();
    // How a connection is dropped is the system's: it ends, or it is reset.
    let _ = still.read_to_end(&mut rest);
    assert!(
        rest.len() < whole.bytes.len(),
        "{} of {} bytes",
        rest.len(),
        whole.bytes.len()
    );
    assert!(!rest.ends_with(LAST_CHUNK), "a part looks like the whole");
}

/// What ends a body that is whole.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[test]
fn a_reader_that_hangs_up_ends_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = LargeFile::new(folder.path(), 1, "600");
    for _ in 0..3 {
        drop(file.begin());
    }
    assert_eq!(file.ann.get(&file.path()).expect(200).as_array().unwrap().len(), 30);
}

#[test]
fn the_head_of_a_file_waits_for_nobody_and_begins_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = LargeFile::new(folder.path(), 1, "600");
    let _still = file.begin();
    // The only place is taken: a GET is refused after a while.
    let head = file.ann.send(Method::HEAD, &file.path(), &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(file.ann.get(&file.path()).expect(429)["error"], "too_many_downloads");
}

#[test]
fn a_file_whose_run_goes_breaks_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = LargeFile::new(folder.path(), 2, "600");
    let mut begun = file.begin();
    // The job keeps one run.
    file.ann.run(&file.id);
    file.ann.wait_until(&file.id, |job| {
        job["run"]["run_id"] != file.run.as_str() && job["status"] == "success"
    });
    file.ann
        .wait_for_status(&format!("/jobs/{}/runs/{}", file.id, file.run), 404);
    let mut rest = Vec::new();
    // How a connection is broken off is the system's: it ends, or it is reset.
    let _ = begun.read_to_end(&mut rest);
    assert!(!rest.is_empty(), "nothing came");
    assert!(!rest.ends_with(LAST_CHUNK), "a part looks like the whole");
}

#[test]
fn many_readers_keep_no_run_from_its_components() {
    let folder = tempfile::tempdir().unwrap();
    // Half of the files are one user's.
    let file = LargeFile::new(folder.path(), 140, "600");
    let readers: Vec<_> = (0..70).map(|_| file.begin()).collect();
    file.ann.run(&file.id);
    file.ann.wait_until(&file.id, |job| {
        job["run"]["run_id"] != file.run.as_str() && job["status"] == "success"
    });
    drop(readers);
}

#[test]
fn what_a_file_does_not_hold_is_told_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = LargeFile::new(folder.path(), 1, "600");
    let told = |path: &str, headers: &str| {
        let headers = format!("Connection: close, TE\r\n{headers}");
        let mut stream = begin(&file.server, &file.ann, path, &headers);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = String::from_utf8_lossy(&answer[answer.len().saturating_sub(2_000)..]).into_owned();
        let (_, trailers) = end.rsplit_once("\r\n0\r\n").expect("the body is whole");
        trailers.trim().to_owned()
    };
    let xlsx = format!("{}?format=xlsx", file.path());
    let trailers = told(&xlsx, "TE: trailers\r\n");
    let (name, warnings) = trailers.split_once(": ").unwrap_or_else(|| panic!("{trailers:?}"));
    assert!(name.eq_ignore_ascii_case("x-export-warnings"), "{name}");
    let warnings: Vec<String> = serde_json::from_str(warnings).unwrap();
    assert!(
        warnings[0].contains("30") && warnings[0].contains("32767"),
        "{warnings:?}"
    );
    assert_eq!(told(&xlsx, ""), "", "nobody asked for trailers");
    assert_eq!(told(&file.path(), "TE: trailers\r\n"), "", "JSON holds everything");
}
