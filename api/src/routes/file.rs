//! A file on its way to a client: bytes as the exporter makes them, with a bounded number of pieces in between.

use std::fmt::Write as _;
use std::io::{self, Write};

use bytes::Bytes;
use futures::StreamExt as _;
use poem::http::{HeaderValue, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use tokio::sync::mpsc;

/// How many pieces may wait for the client.
const PIECES: usize = 2;
/// A piece is sent when it has this many bytes; the first one at once.
const PIECE_BYTES: usize = 64 << 10;

/// The answer to a download.
#[derive(Debug)]
pub(super) struct FileResponse {
    pub(super) media_type: String,
    pub(super) file_name: String,
    pub(super) body: Body,
}

impl IntoResponse for FileResponse {
    fn into_response(self) -> Response {
        let mut response = Response::builder().content_type(&self.media_type).body(self.body);
        if let Ok(disposition) = HeaderValue::from_str(&disposition(&self.file_name)) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }
}

impl ApiResponse for FileResponse {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The file.",
                status: Some(200),
                status_range: None,
                // What formats there are is the plugins' to say: the finished document has their media types instead.
                content: vec![MetaMediaType {
                    content_type: "application/octet-stream",
                    schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary"))),
                }],
                headers: vec![MetaHeader {
                    name: "Content-Disposition".to_owned(),
                    description: Some("The name of the file.".to_owned()),
                    required: true,
                    deprecated: false,
                    schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
                }],
            }],
        }
    }

    fn register(_: &mut Registry) {}
}

/// A body, and where what is in it is written.
pub(super) fn body() -> (Body, BodyWriter) {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    let pieces = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let writer = BodyWriter {
        sender,
        buffer: Vec::with_capacity(PIECE_BYTES),
        begun: false,
    };
    (Body::from_bytes_stream(pieces.boxed()), writer)
}

/// Writes into a body, from a thread that may wait. When the client is gone, writing fails.
#[derive(Debug)]
pub(super) struct BodyWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
    begun: bool,
}

impl BodyWriter {
    /// Ends the body as broken, so that nobody takes a part for the whole.
    pub(super) fn fail(self) {
        // A client that is gone need not be told.
        let _ = self
            .sender
            .blocking_send(Err(io::Error::other("the file could not be written to its end")));
    }

    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.begun = true;
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        self.sender
            .blocking_send(Ok(piece.into()))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if !self.begun || self.buffer.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
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
    use super::*;

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
