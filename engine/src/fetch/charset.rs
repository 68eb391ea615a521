//! Bytes to text, as the WHATWG encoding and HTML standards say.
//!
//! The encoding is that of the byte order mark; else of the header's `charset`; else, for markup, what the first
//! bytes declare; else UTF-8 if the whole body is valid UTF-8, and windows-1252 if it is not.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::prescan::prescan;

/// The bytes in which markup must declare its encoding (HTML standard, "encoding sniffing algorithm").
const PRESCAN_BYTES: usize = 1024;

/// A body's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedText<'a> {
    /// The text, without byte order mark; borrowed from the body where that is valid UTF-8.
    pub text: Cow<'a, str>,
    /// The encoding's name as the encoding standard spells it.
    pub encoding: &'static str,
    /// Whether bytes that mean nothing in the encoding were replaced by U+FFFD.
    pub had_errors: bool,
}

/// Decodes a body. `charset` is the header's label, which is passed over if it names no encoding; `markup` says
/// whether the body is HTML or XML and may declare its own.
pub fn decode<'a>(body: &'a [u8], charset: Option<&str>, markup: bool) -> DecodedText<'a> {
    let (encoding, body) = if let Some((encoding, mark)) = Encoding::for_bom(body) {
        (encoding, &body[mark..])
    } else {
        let declared = || {
            markup
                .then(|| prescan(&body[..body.len().min(PRESCAN_BYTES)]))
                .flatten()
        };
        let named = charset
            .and_then(|label| Encoding::for_label(label.as_bytes()))
            .or_else(declared);
        match named {
            Some(encoding) => (encoding, body),
            None => match str::from_utf8(body) {
                Ok(text) => {
                    return DecodedText {
                        text: text.into(),
                        encoding: UTF_8.name(),
                        had_errors: false,
                    };
                }
                Err(_) => (WINDOWS_1252, body),
            },
        }
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    DecodedText {
        text,
        encoding: encoding.name(),
        had_errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], charset: Option<&str>, text: &str, encoding: &str, had_errors: bool) {
        let expected = DecodedText {
            text: text.into(),
            encoding: Encoding::for_label(encoding.as_bytes()).unwrap().name(),
            had_errors,
        };
        assert_eq!(decode(body, charset, true), expected);
    }

    #[test]
    fn the_mark_goes_before_the_header() {
        check(b"\xEF\xBB\xBF\xC3\xA9", Some("latin1"), "é", "utf-8", false);
        check(b"\xFF\xFE\xE9\x00", Some("utf-8"), "é", "utf-16le", false);
        check(b"\xFE\xFF\x00\xE9", None, "é", "utf-16be", false);
        check(b"\xEF\xBB\xBF", None, "", "utf-8", false);
    }

    #[test]
    fn the_header_goes_before_the_declaration() {
        check(
            b"<meta charset=utf-8>\xE9",
            Some("ISO-8859-1"),
            "<meta charset=utf-8>é",
            "windows-1252",
            false,
        );
        check(b"\xD0", Some(" koi8-r "), "п", "koi8-r", false);
        check(b"\xE9\x00", Some("utf-16"), "é", "utf-16le", false);
        check(
            b"<meta charset=koi8-r>\xD0",
            Some("nonsense"),
            "<meta charset=koi8-r>п",
            "koi8-r",
            false,
        );
    }

    #[test]
    fn the_declaration_goes_before_the_guess() {
        check(
            b"<meta charset=windows-1251>\xEF",
            None,
            "<meta charset=windows-1251>п",
            "windows-1251",
            false,
        );
        check(
            "<meta charset=latin1>é".as_bytes(),
            None,
            "<meta charset=latin1>Ã©",
            "windows-1252",
            false,
        );
    }

    #[test]
    fn the_declaration_counts_in_the_first_1024_bytes() {
        let page = |before: usize| [" ".repeat(before).as_bytes(), b"<meta charset=koi8-r>\xD0"].concat();
        let declaration = "<meta charset=koi8-r>".len();
        assert_eq!(decode(&page(1024 - declaration), None, true).encoding, "KOI8-R");
        assert_eq!(decode(&page(1025 - declaration), None, true).encoding, "windows-1252");
    }

    #[test]
    fn only_markup_declares() {
        let body = b"[\"<meta charset=koi8-r>\"]";
        assert_eq!(decode(body, None, true).encoding, "KOI8-R");
        assert_eq!(decode(body, None, false).encoding, "UTF-8");
    }

    #[test]
    fn undeclared_text_is_utf_8_if_it_is_valid() {
        check("é".as_bytes(), None, "é", "utf-8", false);
        check(b"\xE9", None, "é", "windows-1252", false);
        check(b"caf\xC3\xA9 \x80", None, "cafÃ© €", "windows-1252", false);
        check(b"", None, "", "utf-8", false);
    }

    #[test]
    fn invalid_bytes_are_replaced_and_told_of() {
        check(b"a\xFFb", Some("utf-8"), "a\u{FFFD}b", "utf-8", true);
        check(b"\x82\xA0\x82", Some("shift_jis"), "あ\u{FFFD}", "shift_jis", true);
        check(b"\x82\xA0", Some("shift_jis"), "あ", "shift_jis", false);
    }

    #[test]
    fn valid_utf_8_is_not_copied() {
        for charset in [None, Some("utf-8")] {
            let body = "héllo".as_bytes();
            assert!(
                matches!(decode(body, charset, true).text, Cow::Borrowed(_)),
                "{charset:?}"
            );
        }
    }
}
