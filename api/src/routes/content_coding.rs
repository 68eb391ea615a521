//! How the body of an answer is coded on its way (RFC 9110, section 12.5.3).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The level of zstd: the one that costs least and still makes text a few times smaller.
const ZSTD_LEVEL: i32 = 1;

/// A coding that a client may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentCoding {
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

/// Writes through a coding, or as it is.
pub(super) enum CodingWriter<W: Write> {
    Identity(W),
    Zstd(zstd::stream::write::Encoder<'static, W>),
    Gzip(GzEncoder<W>),
}

impl ContentCoding {
    /// The coding that a client likes best by its `Accept-Encoding`; none where it likes the text as it is as much.
    pub(super) fn choose(accept_encoding: &str) -> Option<Self> {
        let mut best = None;
        let mut best_weight = 0.0;
        for coding in [Self::Zstd, Self::Gzip] {
            let weight = weight(accept_encoding, coding.name());
            if weight > best_weight {
                (best, best_weight) = (Some(coding), weight);
            }
        }
        // Identity is always acceptable unless refused; named with a greater weight, it is liked better.
        let identity = accept_encoding.to_ascii_lowercase().contains("identity");
        best.filter(|_| !identity || weight(accept_encoding, "identity") <= best_weight)
    }

    /// Its name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// Whether files of a media type are text, which gets smaller; others are compressed already.
pub(crate) fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || matches!(
            essence,
            "application/json" | "application/x-ndjson" | "application/sql" | "application/xml"
        )
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

/// The weight that a header gives a coding, 0 where it does not want it.
fn weight(accept_encoding: &str, coding: &str) -> f32 {
    let mut weight = 0.0;
    for element in accept_encoding.split(',') {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let q = q.map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if name.eq_ignore_ascii_case(coding) || (coding == "gzip" && name.eq_ignore_ascii_case("x-gzip")) {
            return q;
        }
        if name == "*" {
            weight = q;
        }
    }
    weight
}

impl<W: Write> CodingWriter<W> {
    pub(super) fn new(out: W, coding: Option<ContentCoding>) -> io::Result<Self> {
        Ok(match coding {
            None => Self::Identity(out),
            Some(ContentCoding::Zstd) => Self::Zstd(zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?),
            Some(ContentCoding::Gzip) => Self::Gzip(GzEncoder::new(out, Compression::fast())),
        })
    }

    /// Ends the coding.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Identity(out) => Ok(out),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Gzip(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for CodingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Identity(out) => out.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Identity(out) => out.flush(),
            Self::Zstd(encoder) => encoder.flush(),
            Self::Gzip(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses() {
        let check = |header: &str, expected: Option<ContentCoding>| {
            assert_eq!(ContentCoding::choose(header), expected, "{header:?}");
        };
        check("", None);
        check("gzip", Some(ContentCoding::Gzip));
        check("gzip, deflate, br, zstd", Some(ContentCoding::Zstd));
        check("gzip;q=1.0, zstd;q=0.5", Some(ContentCoding::Gzip));
        check("zstd;q=0, gzip;q=0", None);
        check("GZIP ; q=0.1", Some(ContentCoding::Gzip));
        check("x-gzip", Some(ContentCoding::Gzip));
        check("*", Some(ContentCoding::Zstd));
        check("*;q=0", None);
        check("*;q=0, gzip", Some(ContentCoding::Gzip));
        check("identity", None);
        check("identity;q=0.5, gzip;q=0.2", None);
        check("identity;q=0.5, gzip", Some(ContentCoding::Gzip));
        check("br, deflate", None);
        check("gzip;q=nonsense", None);
    }

    #[test]
    fn text_is_text() {
        let check = |media_type: &str, expected| assert_eq!(is_text(media_type), expected, "{media_type}");
        check("text/csv; charset=utf-8", true);
        check("application/json", true);
        check("application/geo+json", true);
        check("application/vnd.apache.parquet", false);
        check(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            false,
        );
    }

    #[test]
    fn what_is_coded_comes_back() {
        let coded = |coding| {
            let mut writer = CodingWriter::new(Vec::new(), coding).unwrap();
            writer.write_all(b"a,b\r\n").unwrap();
            writer.finish().unwrap()
        };
        assert_eq!(coded(None), b"a,b\r\n");
        assert_eq!(
            zstd::decode_all(coded(Some(ContentCoding::Zstd)).as_slice()).unwrap(),
            b"a,b\r\n"
        );
        let gzip = coded(Some(ContentCoding::Gzip));
        let text = io::read_to_string(flate2::read::GzDecoder::new(gzip.as_slice())).unwrap();
        assert_eq!(text, "a,b\r\n");
    }
}
