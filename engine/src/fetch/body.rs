//! A response's body: its content codings undone, cut off at the cap, in bounded memory.
//!
//! The decoders are ours rather than the HTTP library's: they take what RFC 9110 allows and servers send (`x-gzip`,
//! upper case, a second coding, several gzip members, `deflate` without its zlib wrapper), bound zstd's window, and
//! an error of theirs can be told from one of the connection.

use std::error::Error;
use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio_util::io::StreamReader;

/// RFC 9659: a zstd body's window is at most 8 MiB. Without this a header could ask for 128.
const ZSTD_WINDOW_LOG: u32 = 23;
/// The codings that a body may have one over the other; more is no honest server's.
const MOST_CODINGS: usize = 2;
/// The buffer between two decoders, and the step by which a body grows at least.
const STEP: usize = 16 * 1024;
/// What is reserved at most on the word of a `Content-Length`.
const MOST_RESERVED: u64 = 1024 * 1024;

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError<E> {
    /// More bytes than the cap.
    TooLarge,
    /// Damaged, cut off before the coding's own end, or of an unknown coding.
    Coding {
        /// What `Content-Encoding` says.
        coding: String,
        /// What the decoder said.
        reason: String,
    },
    /// The stream failed.
    Connection(E),
}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// Reads a body to its end, of at most `cap` bytes after decoding. `length` is what its header promised.
pub(super) async fn read<E: Error + Send + Sync + 'static>(
    headers: &HeaderMap,
    length: Option<u64>,
    stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    cap: u64,
) -> Result<Bytes, BodyError<E>> {
    let codings = codings(headers).map_err(|(coding, reason)| BodyError::Coding { coding, reason })?;
    let length = length.filter(|_| codings.is_empty());
    if length.is_some_and(|length| length > cap) {
        return Err(BodyError::TooLarge);
    }
    let body = decoded(&codings, length, stream, cap.saturating_add(1)).await?;
    if body.len() as u64 > cap {
        Err(BodyError::TooLarge)
    } else {
        Ok(body)
    }
}

/// Reads a body's first `most` bytes after decoding, or as many as there are.
pub(super) async fn read_start<E: Error + Send + Sync + 'static>(
    headers: &HeaderMap,
    stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    most: u64,
) -> Result<Bytes, BodyError<E>> {
    let codings = codings(headers).map_err(|(coding, reason)| BodyError::Coding { coding, reason })?;
    decoded(&codings, None, stream, most).await
}

/// The first `most` bytes of what a stream is after decoding. `length` is how many there will be, as far as is known.
async fn decoded<E: Error + Send + Sync + 'static>(
    codings: &[Coding],
    length: Option<u64>,
    stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    most: u64,
) -> Result<Bytes, BodyError<E>> {
    let shown = codings
        .iter()
        .map(|coding| coding.name())
        .collect::<Vec<_>>()
        .join(", ");
    let failed = |error: io::Error| match error.downcast::<E>() {
        Ok(error) => BodyError::Connection(error),
        Err(error) => BodyError::Coding {
            coding: shown.clone(),
            reason: reason(&error),
        },
    };
    let mut reader: Reader = Box::pin(StreamReader::new(stream.map_err(io::Error::other)));
    for coding in codings.iter().rev() {
        // An answer to HEAD, or an empty one, has no bytes to decode whatever its header says.
        let start = reader.fill_buf().await.map_err(&failed)?;
        if start.is_empty() {
            return Ok(Bytes::new());
        }
        reader = coding.decoder(start[0], reader);
    }
    let mut body = Vec::with_capacity(length.unwrap_or(0).min(MOST_RESERVED) as usize);
    let mut reader = reader.take(most);
    loop {
        body.reserve(if body.capacity() == body.len() { STEP } else { 0 });
        if reader.read_buf(&mut body).await.map_err(&failed)? == 0 {
            return Ok(body.into());
        }
        // A small compressed chunk can hold much: others on this thread must not wait for all of it.
        tokio::task::coop::consume_budget().await;
    }
}

/// A content coding (RFC 9110, 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }

    /// The reader of what `reader` holds, whose first byte is `start`.
    fn decoder(self, start: u8, reader: Reader) -> Reader {
        match self {
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                buffered(decoder)
            }
            Self::Brotli => buffered(BrotliDecoder::new(reader)),
            Self::Zstd => {
                let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
                let mut decoder = ZstdDecoder::with_params(reader, &[window]);
                decoder.multiple_members(true);
                buffered(decoder)
            }
            // zlib's first byte names the method 8 (RFC 1950); in a bare deflate stream these bits would begin a
            // stored block with padding that is not zero, which no encoder writes.
            Self::Deflate if start & 0x0F == 8 => buffered(ZlibDecoder::new(reader)),
            Self::Deflate => buffered(DeflateDecoder::new(reader)),
        }
    }
}

fn buffered(decoder: impl tokio::io::AsyncRead + Send + 'static) -> Reader {
    Box::pin(BufReader::with_capacity(STEP, decoder))
}

/// The codings of a body in the order in which they were applied, or the header's text and what is wrong with it.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, (String, String)> {
    let lines = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let lines = lines.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    let names = lines
        .split(',')
        .map(str::trim)
        .filter(|name| !matches!(*name, "" | "identity"));
    let refused = |reason: &str| (lines.clone(), reason.to_owned());
    let codings = names
        .map(|name| match name {
            "gzip" | "x-gzip" => Ok(Coding::Gzip),
            "br" => Ok(Coding::Brotli),
            "zstd" => Ok(Coding::Zstd),
            "deflate" => Ok(Coding::Deflate),
            _ => Err(refused("it is not gzip, br, zstd or deflate")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if codings.len() > MOST_CODINGS {
        return Err(refused("it has more than two codings"));
    }
    Ok(codings)
}

/// What a decoder said, in plain words where it is but the end of its input.
fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "it is cut off".to_owned()
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use async_compression::Level;
    use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

    use super::*;

    async fn all(mut reader: impl tokio::io::AsyncRead + Unpin) -> Vec<u8> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    #[derive(Debug, thiserror::Error)]
    #[error("broken")]
    struct Broken;

    /// Reads a body that comes in two pieces, and then breaks if it is told to.
    async fn read_pieces(coding: &str, bytes: &[u8], breaks: bool, cap: u64) -> Result<Bytes, BodyError<Broken>> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let mut pieces: Vec<_> = [first, second].map(|piece| Ok(Bytes::copy_from_slice(piece))).into();
        if breaks {
            pieces.push(Err(Broken));
        }
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]);
        read(&headers, None, futures::stream::iter(pieces), cap).await
    }

    async fn encode(coding: &str, text: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => all(GzipEncoder::with_quality(text, Level::Fastest)).await,
            "br" => all(BrotliEncoder::with_quality(text, Level::Fastest)).await,
            "zstd" => all(ZstdEncoder::with_quality(text, Level::Fastest)).await,
            "deflate" => all(ZlibEncoder::with_quality(text, Level::Fastest)).await,
            _ => all(DeflateEncoder::with_quality(text, Level::Fastest)).await,
        }
    }

    const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

    #[tokio::test]
    async fn codings_are_undone() {
        let text = b"a page of snow, ".repeat(5000);
        let check = async |coding: &str, bytes: &[u8]| {
            let body = read_pieces(coding, bytes, false, text.len() as u64).await;
            assert_eq!(body.unwrap(), text, "{coding}");
        };
        for coding in CODINGS {
            check(coding, &encode(coding, &text).await).await;
        }
        check("identity", &text).await;
        check("", &text).await;
        check("X-GZIP", &encode("gzip", &text).await).await;
        check("deflate", &encode("bare deflate", &text).await).await;
        check("br, gzip", &encode("gzip", &encode("br", &text).await).await).await;
        let (half, other_half) = text.split_at(40_000);
        check(
            "gzip",
            &[encode("gzip", half).await, encode("gzip", other_half).await].concat(),
        )
        .await;
    }

    #[tokio::test]
    async fn damage_is_told_from_a_broken_connection() {
        let text: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        for coding in CODINGS {
            let encoded = encode(coding, &text).await;
            let cut = &encoded[..encoded.len() - 9];
            let check =
                async |bytes: &[u8], breaks: bool| read_pieces(coding, bytes, breaks, u64::MAX).await.unwrap_err();
            let error = check(cut, false).await;
            assert!(
                matches!(&error, BodyError::Coding { coding: it, .. } if it == coding),
                "{coding}: {error:?}"
            );
            let error = check(&text, false).await;
            assert!(matches!(error, BodyError::Coding { .. }), "{coding}: {error:?}");
            let error = check(cut, true).await;
            assert!(matches!(error, BodyError::Connection(Broken)), "{coding}: {error:?}");
        }
    }

    #[tokio::test]
    async fn the_cap_counts_decoded_bytes_on_both_sides() {
        let text = vec![b'x'; 100_000];
        for coding in CODINGS.into_iter().chain(["identity"]) {
            let encoded = if coding == "identity" {
                text.clone()
            } else {
                encode(coding, &text).await
            };
            let at_cap = read_pieces(coding, &encoded, false, 100_000).await;
            assert_eq!(at_cap.unwrap().len(), 100_000, "{coding}");
            let above = read_pieces(coding, &encoded, false, 99_999).await;
            assert!(matches!(above, Err(BodyError::TooLarge)), "{coding}");
        }
    }

    #[tokio::test]
    async fn a_bomb_is_not_unpacked_past_the_cap() {
        let bomb = encode("gzip", &vec![0; 16 << 20]).await;
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        let error = read_pieces("gzip", &bomb, false, 1 << 20).await;
        assert!(matches!(error, Err(BodyError::TooLarge)));
        let twice = encode("gzip", &bomb).await;
        let error = read_pieces("gzip, gzip", &twice, false, 1 << 20).await;
        assert!(matches!(error, Err(BodyError::TooLarge)));
    }

    #[tokio::test]
    async fn an_endless_body_stops_at_the_cap() {
        let endless = futures::stream::repeat_with(|| Ok::<_, Broken>(Bytes::from_static(&[b'x'; 1000])));
        let read = read(&HeaderMap::new(), None, endless, 10_000).await;
        assert!(matches!(read, Err(BodyError::TooLarge)));
    }

    #[tokio::test]
    async fn a_start_is_cut_where_the_body_goes_on() {
        let check = async |most: u64, expected: usize| {
            let text = futures::stream::iter([Ok::<_, Broken>(Bytes::from_static(&[b'x'; 1000]))]);
            let start = read_start(&HeaderMap::new(), text, most).await.unwrap();
            assert_eq!(start.len(), expected, "{most}");
        };
        check(999, 999).await;
        check(1000, 1000).await;
        check(1001, 1000).await;
    }

    #[tokio::test]
    async fn a_promised_length_is_believed_only_without_a_coding() {
        let check = async |coding: &str, length: u64, too_large: bool| {
            let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]);
            let read = read(
                &headers,
                Some(length),
                futures::stream::empty::<Result<_, Broken>>(),
                10,
            )
            .await;
            assert_eq!(matches!(read, Err(BodyError::TooLarge)), too_large, "{coding} {length}");
        };
        check("identity", 10, false).await;
        check("identity", 11, true).await;
        check("gzip", 11, false).await;
    }

    #[tokio::test]
    async fn no_bytes_are_an_empty_body_in_every_coding() {
        for coding in CODINGS {
            assert_eq!(read_pieces(coding, b"", false, 10).await.unwrap(), "", "{coding}");
        }
    }

    #[tokio::test]
    async fn unknown_codings_and_too_many_are_refused() {
        for coding in ["compress", "gzip, exi", "gzip, gzip, gzip"] {
            let error = read_pieces(coding, b"x", false, 10).await.unwrap_err();
            assert!(
                matches!(&error, BodyError::Coding { coding: it, .. } if it == coding),
                "{error:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_zstd_window_above_the_standards_is_refused() {
        // A frame header that asks for a window of 16 MiB (RFC 8878, 3.1.1.1.2), and an empty last block.
        let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 14 << 3, 0x01, 0x00, 0x00];
        let error = read_pieces("zstd", &frame, false, 10).await.unwrap_err();
        assert!(matches!(error, BodyError::Coding { .. }), "{error:?}");
        let mut allowed = frame;
        allowed[5] = 13 << 3;
        assert_eq!(read_pieces("zstd", &allowed, false, 10).await.unwrap(), "");
    }
}
