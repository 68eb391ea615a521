//! A client for this crate's own tests that shows an answer as it is on the wire.

use std::io::{Read, Write};
use std::net::TcpStream;

/// The answer to a GET for `path`, split into its head and its body; the head is empty if the answer has none.
///
/// Whatever ends the connection ends the answer, a reset as well.
pub(crate) fn get(base_url: &str, path: &str) -> (String, Vec<u8>) {
    get_at_most(base_url, path, usize::MAX)
}

/// As [`get`], hanging up after `limit` bytes.
pub(crate) fn get_at_most(base_url: &str, path: &str, limit: usize) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap()).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: shop.example\r\nCookie: a=b\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    let mut buffer = vec![0; 65_536];
    while answer.len() < limit {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend(&buffer[..read]),
        }
    }
    let head = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(0, |place| place + 4);
    let body = answer.split_off(head);
    (String::from_utf8(answer).unwrap(), body)
}
