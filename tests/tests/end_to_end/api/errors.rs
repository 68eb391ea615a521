//! Every answer has our form, whatever is asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::json;

use crate::support::Server;

#[test]
fn addresses_and_methods_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    for path in ["/", "/job", "/jobs/a/b", "/jobs/a/runs/b/c/d", "/jobs//run/"] {
        let answer = ann.get(path).expect(404);
        assert_eq!(answer["error"], "not_found", "{path}");
    }
    let check = |method: Method, path: &str, allow: &str| {
        let answer = ann.send(method, path, &[], None);
        assert_eq!(
            answer.expect(405),
            json!({"error": "method_not_allowed", "message": format!("This address takes {allow}")})
        );
        assert_eq!(answer.header("allow"), allow);
    };
    check(Method::GET, "/jobs", "POST");
    check(Method::POST, "/jobs/status", "GET, HEAD");
    check(Method::PATCH, "/jobs/job_1", "DELETE, GET, HEAD, PUT");
    check(Method::GET, "/jobs/job_1/run", "POST");
    check(Method::DELETE, "/openapi.json", "GET, HEAD");
    check(Method::OPTIONS, "/jobs", "POST");
}

#[test]
fn heads_are_answered_without_a_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ann = server.client("ann");
    for path in ["/jobs/status", "/health", "/openapi.json", "/plugins"] {
        let answer = ann.send(Method::HEAD, path, &[], None);
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
    }
}

#[test]
fn what_is_no_http_gets_no_words_of_a_framework() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let say = |words: &[u8]| {
        let mut stream = TcpStream::connect(server.base_url().strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(words).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let body = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    for words in [
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\u{0} HTTP/1.1\r\n\r\n",
    ] {
        let answer = say(words.as_bytes());
        assert!(body(&answer).unwrap_or_default().is_empty(), "{answer}");
    }
    let answer = say(b"GET /jobs/%ff%fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(body(&answer).unwrap().contains("\"unauthorized\""), "{answer}");
}
