//! Lists as JSON text, and what the databases' JSON types cannot hold.

use std::borrow::Cow;

use snowscrape_plugin_sdk::{Cell, ExportError, Items};

use crate::datetime::{time_of, write_rfc_3339};
use crate::number::{write_integer, write_number};

/// As deep as arrays and objects go in MariaDB's JSON; MySQL's ends at 100.
const MARIADB_DEPTH: usize = 31;

/// Writes a list as an array. `json` says that its texts are JSON already.
pub(crate) fn write_list(items: Items<'_>, json: bool, out: &mut Vec<u8>) -> Result<(), ExportError> {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match item {
            Cell::Null => out.extend_from_slice(b"null"),
            Cell::Text(text) if json => out.extend_from_slice(text.as_bytes()),
            Cell::Text(text) => write_string(text, out),
            Cell::Integer(value) => write_integer(value, out),
            Cell::Number(value) => write_number(value, out),
            Cell::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Cell::Datetime(micros) => {
                out.push(b'"');
                write_rfc_3339(time_of(micros)?, out);
                out.push(b'"');
            }
            Cell::List(items) => write_list(items, json, out)?,
        }
    }
    out.push(b']');
    Ok(())
}

/// Writes a text as a string of JSON.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut run = 0;
    out.push(b'"');
    for (at, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => &[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ],
            _ => continue,
        };
        out.extend_from_slice(&bytes[run..at]);
        out.extend_from_slice(escaped);
        run = at + 1;
    }
    out.extend_from_slice(&bytes[run..]);
    out.push(b'"');
}

/// The same JSON with U+FFFD for each `\u0000`, which PostgreSQL's JSONB does not hold.
pub(crate) fn without_nul(json: &str) -> Cow<'_, str> {
    const NUL: &str = "\\u0000";
    let Some(first) = json.find(NUL) else {
        return Cow::Borrowed(json);
    };
    let bytes = json.as_bytes();
    let mut out: Option<String> = None;
    let mut run = 0;
    // Backslashes come in pairs but for the one that begins an escape.
    let mut at = json[..first]
        .rfind(|char| char != '\\')
        .map_or(0, |last| json.ceil_char_boundary(last + 1));
    while let Some(backslash) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\\'))
    {
        let place = at + backslash;
        at = place + 2;
        if json[place..].starts_with(NUL) {
            let out = out.get_or_insert_default();
            out.push_str(&json[run..place]);
            out.push_str("\\ufffd");
            at = place + NUL.len();
            run = at;
        }
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.push_str(&json[run..]);
            Cow::Owned(out)
        }
    }
}

/// Whether arrays and objects go deeper than MariaDB's JSON functions read.
pub(crate) fn too_deep(json: &str) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => _ = bytes.next(),
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MARIADB_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{MARIADB_DEPTH, too_deep, without_nul, write_string};

    #[test]
    fn strings_are_those_of_rfc_8259() {
        for (text, expected) in [
            ("", r#""""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
            ("\r\n\té😀", r#""\r\n\té😀""#),
        ] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn an_escaped_nul_is_replaced_and_an_escaped_backslash_is_not() {
        for (json, expected) in [
            (r#""a""#, r#""a""#),
            (r#""\u0000é\u0000""#, r#""\ufffdé\ufffd""#),
            (r#""\\u0000""#, r#""\\u0000""#),
            (r#""\\\u0000""#, r#""\\\ufffd""#),
            (r#""é\\\\u0000\n\u0000""#, r#""é\\\\u0000\n\ufffd""#),
            (r#"["\\u0000", "\u0000"]"#, r#"["\\u0000", "\ufffd"]"#),
            (r#""\u00000\u0001""#, r#""\ufffd0\u0001""#),
        ] {
            assert_eq!(without_nul(json), expected);
        }
    }

    #[test]
    fn depth_is_that_of_arrays_and_objects() {
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for (json, deep) in [
            (nested(MARIADB_DEPTH), false),
            (nested(MARIADB_DEPTH + 1), true),
            (format!("\"\\\"{}\"", "[".repeat(40)), false),
            (format!("[{}]", "{},".repeat(40)), false),
            (format!("{}1{}", "{\"a\":".repeat(32), "}".repeat(32)), true),
        ] {
            assert_eq!(too_deep(&json), deep, "{json}");
        }
    }
}
