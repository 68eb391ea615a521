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
}

/// A server that writes one file at once, and a run whose file is larger than what sockets hold.
fn large_file(folder: &std::path::Path, stall_seconds: &str) -> (Server, Client, String, NumberedSite) {
    let server = Server::with(folder, |command| {
        command
            .env("SNOWSCRAPE_EXPORTS", "1")
            .env("SNOWSCRAPE_STALL_SECONDS", stall_seconds)
    });
    let ann = server.client("ann");
    let site = NumberedSite::with_items(Duration::ZERO, 10_000);
    let mut job = site.job(30);
    job["queries"] = json!([{"name": "list", "type": "css", "query": "ul", "options": {"output": "html"}}]);
    let id = ann.create(&job);
    ann.run(&id);
    ann.wait_for(&id, "success");
    (server, ann, format!("/jobs/{id}/download"), site)
}

/// Asks for a file, and takes only its first bytes.
fn begin(server: &Server, client: &Client, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
    let key = client.key();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"
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
    let (server, ann, path, _site) = large_file(folder.path(), "1");
    let mut still = begin(&server, &ann, &path);
    // The only place is taken until then.
    let whole = ann.get(&path);
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
    assert!(!rest.ends_with(b"0\r\n\r\n"), "a part looks like the whole");
}

#[test]
fn a_reader_that_hangs_up_ends_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (server, ann, path, _site) = large_file(folder.path(), "600");
    for _ in 0..3 {
        drop(begin(&server, &ann, &path));
    }
    assert_eq!(ann.get(&path).expect(200).as_array().unwrap().len(), 30);
}
