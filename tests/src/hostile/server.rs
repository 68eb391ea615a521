//! Reads a request, counts it, and has it answered.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::answer;
use super::route::HostilePage;
use crate::loopback::Loopback;

const MAX_HEAD: usize = 64 * 1024;

/// The hostile server on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct HostileServer {
    server: Loopback,
    hits: Arc<Hits>,
}

/// How often each path was asked for.
#[derive(Debug, Default)]
struct Hits(Mutex<HashMap<String, usize>>);

/// What a client asked: the path without its query, and the headers with their names in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl HostileServer {
    /// Serves on a free port.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start() -> Self {
        let hits = Arc::new(Hits::default());
        let shared = Arc::clone(&hits);
        let server =
            Loopback::start(0, move |stream| serve(stream, Arc::clone(&shared))).expect("loopback has a free port");
        Self { server, hits }
    }

    /// The server's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The whole address of `page`.
    pub fn url(&self, page: HostilePage) -> String {
        format!("{}{}", self.base_url(), page.path())
    }

    /// How often `path` was asked for so far.
    pub fn hits(&self, path: &str) -> usize {
        self.hits.of(path)
    }
}

impl Hits {
    /// Counts a request and says which one it was for its path, from 1.
    fn count(&self, path: &str) -> usize {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = hits.entry(path.to_owned()).or_default();
        *count += 1;
        *count
    }

    fn of(&self, path: &str) -> usize {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .copied()
            .unwrap_or_default()
    }
}

async fn serve(mut stream: TcpStream, hits: Arc<Hits>) {
    // Clients hang up early on most of what is served here: that is the point, and no error.
    if let Ok(Some(request)) = read_request(&mut stream).await {
        let count = hits.count(&request.path);
        let _ = answer::write(&mut stream, &request, count).await;
    }
}

/// The head of a request; `None` if the client went away or sent no request.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Nothing of a body is read: the clients under test send GET only.
        if head.len() >= MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(parse(&String::from_utf8_lossy(&head)))
}

fn parse(head: &str) -> Option<Request> {
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?;
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let headers = (lines.filter_map(|line| line.split_once(':')))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Request { path, headers })
}

impl Request {
    /// The first value of the header `name`, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_head_of_a_request() {
        let request = parse("GET /cookies?a=1 HTTP/1.1\r\nHost: x\r\nCookie: a=b; c=d:e\r\n\r\n").unwrap();
        assert_eq!(request.path, "/cookies");
        assert_eq!(request.header("cookie"), Some("a=b; c=d:e"));
        assert_eq!(request.header("accept"), None);
        assert_eq!(parse("\r\n\r\n"), None);
    }
}
