//! A file on its way to a client: bytes as the exporter makes them, with a bounded number of pieces in between, and behind them
//! what it does not hold of its rows.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use hyper::body::Frame;
use poem::Body;
use poem::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;
use snowscrape_engine::model::Warning;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::connections::Cutter;

/// The trailer that tells what a file does not hold of its rows, and how long it may be: it stands in memory.
pub(super) const WARNINGS: HeaderName = HeaderName::from_static("x-export-warnings");
const WARNINGS_BYTES: usize = 4 << 10;
/// How many pieces may wait for the client.
const PIECES: usize = 2;
/// A piece is sent when it has this many bytes; the first one at once.
const PIECE_BYTES: usize = 64 << 10;

/// A piece of a body, or that it is whole: a body whose writer goes without saying so is broken.
enum Piece {
    Bytes(Bytes),
    End(Option<HeaderMap>),
}

/// A body, and where what is in it is written. A client that takes nothing for as long as `stall` is given up.
pub(super) fn body(stall: Duration, cutter: Cutter) -> (Body, BodyWriter) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let frames = futures::stream::unfold(Some((receiver, cutter)), |open| async {
        let (mut receiver, cutter): (mpsc::Receiver<Piece>, Cutter) = open?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(Frame::data(bytes)), Some((receiver, cutter)))),
            Some(Piece::End(trailers)) => trailers.map(|trailers| (Ok(Frame::trailers(trailers)), None)),
            // Nobody must take a part for the whole.
            None => {
                cutter.cut();
                Some((Err(io::Error::other("the file could not be written to its end")), None))
            }
        }
    });
    let writer = BodyWriter {
        sender,
        runtime: Handle::current(),
        stall,
        buffer: Vec::with_capacity(PIECE_BYTES),
        begun: false,
    };
    (BoxBody::new(StreamBody::new(frames)).into(), writer)
}

/// Writes into a body, from a thread that may wait. When the client is gone or stands still, writing fails.
#[derive(Debug)]
pub(super) struct BodyWriter {
    sender: mpsc::Sender<Piece>,
    runtime: Handle,
    stall: Duration,
    buffer: Vec<u8>,
    begun: bool,
}

impl BodyWriter {
    /// Ends the body as whole, and tells what it does not hold of its rows.
    pub(super) fn finish(mut self, warnings: &[Warning]) -> io::Result<()> {
        self.send_buffer()?;
        self.send(Piece::End(trailers(warnings)))
    }

    fn send_buffer(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.begun = true;
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        self.send(Piece::Bytes(piece.into()))
    }

    fn send(&self, piece: Piece) -> io::Result<()> {
        match self.runtime.block_on(timeout(self.stall, self.sender.send(piece))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")),
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the client is gone")
}

/// Warnings as a trailer: texts in an array of JSON, as many of them as have room.
fn trailers(warnings: &[Warning]) -> Option<HeaderMap> {
    let mut told = String::new();
    for warning in warnings {
        let warning = ascii(&Json::from(warning.message.as_str()).to_string());
        if told.len() + warning.len() + "[,]".len() > WARNINGS_BYTES {
            continue;
        }
        told.push(if told.is_empty() { '[' } else { ',' });
        told.push_str(&warning);
    }
    if told.is_empty() {
        return None;
    }
    told.push(']');
    let told = HeaderValue::from_str(&told).expect("JSON in ASCII has no control characters");
    Some(HeaderMap::from_iter([(WARNINGS, told)]))
}

/// JSON whose characters beyond ASCII are escaped (RFC 8259, section 7), since a header has none.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~') {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a string does not fail");
            }
        }
    }
    out
}

impl Write for BodyWriter {
    /// Takes as much as the piece at hand has room for: a client that is slow and steady takes each piece in time.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if !self.begun || self.buffer.len() == PIECE_BYTES {
            self.send_buffer()?;
        }
        Ok(taken)
    }

    /// Sends what there is; where that is nothing, it still tells when the client is gone.
    fn flush(&mut self) -> io::Result<()> {
        self.send_buffer()?;
        if self.sender.is_closed() { Err(gone()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use snowscrape_engine::model::WarningCode;

    use super::*;

    #[tokio::test]
    async fn pieces_are_bounded_however_much_is_written_at_once() {
        for bytes in [1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let (body, mut out) = body(Duration::from_mins(1), Cutter::default());
            let writing = tokio::task::spawn_blocking(move || {
                out.write_all(&vec![b'x'; bytes])?;
                out.finish(&[])
            });
            let pieces: Vec<usize> = body
                .into_bytes_stream()
                .map(|piece| piece.unwrap().len())
                .collect()
                .await;
            writing.await.unwrap().unwrap();
            assert_eq!(pieces.iter().sum::<usize>(), bytes);
            assert!(pieces.iter().all(|piece| *piece <= PIECE_BYTES), "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_is_gone_is_noticed_without_a_byte() {
        let (body, mut out) = body(Duration::from_mins(1), Cutter::default());
        let flush = |mut out: BodyWriter| {
            tokio::task::spawn_blocking(move || {
                let flushed = out.flush();
                (out, flushed)
            })
        };
        let flushed;
        (out, flushed) = flush(out).await.unwrap();
        flushed.unwrap();
        drop(body);
        let (_, flushed) = flush(out).await.unwrap();
        assert_eq!(flushed.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn warnings_are_told_as_a_header_can() {
        let check = |messages: &[&str], expected: Option<&str>| {
            let warnings = messages.iter().map(|message| Warning {
                code: WarningCode::Plugin,
                message: (*message).to_owned(),
            });
            let trailers = trailers(&warnings.collect::<Vec<_>>());
            let told = trailers.map(|trailers| trailers[WARNINGS].to_str().unwrap().to_owned());
            assert_eq!(told.as_deref(), expected);
        };
        check(&[], None);
        check(&["é\n\"🦀\u{7f}"], Some(r#"["\u00e9\n\"\ud83e\udd80\u007f"]"#));
        check(&["a", "b"], Some(r#"["a","b"]"#));
        let longest = "x".repeat(WARNINGS_BYTES - r#"["",]"#.len());
        check(&[&longest, "b"], Some(&format!("[\"{longest}\"]")));
        check(&[&format!("{longest}x"), "b"], Some(r#"["b"]"#));
    }
}
