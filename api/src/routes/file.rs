//! A file on its way to a client: bytes as the exporter makes them, with a bounded number of pieces in between.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use hyper::body::Frame;
use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use serde_json::Value as Json;
use snowscrape_engine::model::Warning;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::content_coding::ContentCoding;
use crate::connections::Cutter;

/// The trailer that tells what a file does not hold of its rows, and how long it may be: it stands in memory.
const WARNINGS: HeaderName = HeaderName::from_static("x-export-warnings");
const WARNINGS_BYTES: usize = 4 << 10;
/// How many pieces may wait for the client.
const PIECES: usize = 2;
/// A piece is sent when it has this many bytes; the first one at once.
const PIECE_BYTES: usize = 64 << 10;

/// The answer to a download.
#[derive(Debug)]
pub(super) enum FileResponse {
    /// The file.
    File {
        head: FileHead,
        media_type: String,
        file_name: String,
        body: Body,
    },
    /// The client has it.
    NotModified(FileHead),
}

/// What an answer says of a file whether it is in it or not.
#[derive(Clone, Debug)]
pub(super) struct FileHead {
    /// What the file is known by; none where it can still change.
    pub(super) etag: Option<String>,
    /// Whether it comes in a coding that the client asks for.
    pub(super) varies: bool,
    /// The coding.
    pub(super) coding: Option<ContentCoding>,
}

/// Stands with an answer that comes in the coding that the client asks for. It becomes a `Vary` when the rules for other origins
/// have set theirs, in whose place it would be lost.
#[derive(Clone, Copy, Debug)]
struct VariesByCoding;

/// Says in `Vary` what an answer depends on: the origin that asks, if others may, and the coding that the client asks for, if it
/// comes in one.
pub(crate) fn tell_varying(response: &mut Response, by_origin: bool) {
    if by_origin {
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    if response.extensions().get::<VariesByCoding>().is_some() {
        let varying = HeaderValue::from_static("Accept-Encoding");
        response.headers_mut().append(header::VARY, varying);
    }
}

impl FileHead {
    /// Whether a client that has these has the file: the weak comparison of RFC 9110, section 8.8.3.2.
    pub(super) fn is_among(&self, if_none_match: &str) -> bool {
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let is_this = |etag: &String| if_none_match.split(',').any(|tag| opaque(tag) == opaque(etag));
        self.etag
            .as_ref()
            .is_some_and(|etag| if_none_match.trim() == "*" || is_this(etag))
    }
}

impl IntoResponse for FileResponse {
    fn into_response(self) -> Response {
        let (mut response, head) = match self {
            Self::File {
                head,
                media_type,
                file_name,
                body,
            } => {
                let mut response = Response::builder().content_type(&media_type).body(body);
                set(&mut response, header::CONTENT_DISPOSITION, &disposition(&file_name));
                set(&mut response, header::TRAILER, WARNINGS.as_str());
                if let Some(coding) = head.coding {
                    set(&mut response, header::CONTENT_ENCODING, coding.name());
                }
                (response, head)
            }
            Self::NotModified(head) => (StatusCode::NOT_MODIFIED.into_response(), head),
        };
        // A cache must ask before it gives the file again: the job may have had another run.
        set(&mut response, header::CACHE_CONTROL, "private, no-cache");
        if let Some(etag) = &head.etag {
            set(&mut response, header::ETAG, etag);
        }
        if head.varies {
            response.extensions_mut().insert(VariesByCoding);
        }
        response
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

impl ApiResponse for FileResponse {
    fn meta() -> MetaResponses {
        let header = |name: &str, required, description: &str| MetaHeader {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            required,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        };
        let always = || {
            vec![
                header(
                    "Cache-Control",
                    true,
                    "That a cache must ask before it gives the file again.",
                ),
                header(
                    "ETag",
                    false,
                    "What the file is known by, once its run has ended: for `If-None-Match`.",
                ),
                header("Vary", false, "That the file can come in another coding."),
            ]
        };
        let mut of_file = vec![
            header("Content-Disposition", true, "The name of the file."),
            header(
                "Content-Encoding",
                false,
                "The coding, where the client asked for one: gzip or zstd.",
            ),
            header(
                "Trailer",
                false,
                "That `X-Export-Warnings` stands behind the file, for a client that says `TE: trailers` and `Connection: TE`, where the format \
                 does not hold all that the rows do: a JSON array of texts.",
            ),
        ];
        of_file.extend(always());
        let answer = |status, description, content, headers| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers,
        };
        // What formats there are is the plugins' to say: the finished document has their media types instead.
        let content = vec![MetaMediaType {
            content_type: "application/octet-stream",
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary"))),
        }];
        MetaResponses {
            responses: vec![
                answer(200, "The file.", content, of_file),
                answer(
                    304,
                    "The client has the file: its `If-None-Match` names it.",
                    Vec::new(),
                    always(),
                ),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

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

/// RFC 6266: a name of safe characters for old clients, and the name itself, percent-encoded, for the others.
fn disposition(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => character,
            _ => '_',
        })
        .collect();
    if plain == file_name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let mut encoded = String::new();
    for byte in file_name.bytes() {
        // What RFC 5987 lets stand as it is.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// The name of a job's file: the job's name without what file systems and shells take amiss.
pub(super) fn file_name(job: &str, extension: &str) -> String {
    const LONGEST: usize = 80;
    let clean: String = job
        .chars()
        .map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            character if character.is_control() => '-',
            character => character,
        })
        .take(LONGEST)
        .collect();
    let clean = clean.trim().trim_matches('.');
    let stem = if clean.is_empty() { "results" } else { clean };
    format!("{stem}.{extension}")
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use snowscrape_engine::model::WarningCode;

    use super::*;

    #[test]
    fn a_client_that_has_the_file_is_known() {
        let head = |etag: Option<&str>| FileHead {
            etag: etag.map(str::to_owned),
            varies: false,
            coding: None,
        };
        let check = |if_none_match: &str, expected: bool| {
            assert_eq!(
                head(Some("W/\"a\"")).is_among(if_none_match),
                expected,
                "{if_none_match}"
            );
            assert!(!head(None).is_among(if_none_match), "{if_none_match}");
        };
        check("\"a\"", true);
        check("W/\"a\"", true);
        check("\"b\", W/\"a\"", true);
        check("*", true);
        check("\"b\"", false);
        check("a", false);
    }

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

    #[test]
    fn names_of_files_are_safe() {
        let check = |job: &str, expected: &str| {
            assert_eq!(disposition(&file_name(job, "csv")), format!("attachment; {expected}"));
        };
        check("prices", r#"filename="prices.csv""#);
        check(
            "Product Prices",
            r#"filename="Product_Prices.csv"; filename*=UTF-8''Product%20Prices.csv"#,
        );
        check("../../etc/passwd", r#"filename="-..-etc-passwd.csv""#);
        check(
            "é\"\r\nX: y",
            r#"filename="_---X-_y.csv"; filename*=UTF-8''%C3%A9---X-%20y.csv"#,
        );
        check("...", r#"filename="results.csv""#);
    }
}
