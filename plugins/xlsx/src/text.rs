//! Texts as they stand in a sheet's XML.
//!
//! What XML 1.0 cannot hold is escaped as `_xHHHH_` (ECMA-376 part 1, 22.9.2.19), and so is the underscore of a text that
//! looks like such an escape. That is `rust_xlsxwriter`'s way too, but for CR, which XML holds as a reference: the readers
//! that know nothing of `_xHHHH_` (openpyxl, and so pandas) get it back.

use std::io::Write;

/// The most UTF-16 units that Excel takes in a cell.
pub(crate) const MAX_TEXT: usize = 32_767;

/// The length that Excel counts.
pub(crate) fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest beginning of a text that has no more than these UTF-16 units and cuts no character.
pub(crate) fn cut(text: &str, units: usize) -> &str {
    // A character has no more units than bytes, so that most texts need no count.
    if text.len() <= units {
        return text;
    }
    let mut left = units;
    let end = text.char_indices().find(|(_, character)| {
        let length = character.len_utf16();
        let fits = length <= left;
        left = left.saturating_sub(length);
        !fits
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// Writes an inline string's `<is>` element.
pub(crate) fn write_inline(text: &str, out: &mut Vec<u8>) {
    // Readers may drop white space at the ends without this.
    let spaced = |character: Option<char>| matches!(character, Some(' ' | '\t' | '\n' | '\r'));
    let preserved = spaced(text.chars().next()) || spaced(text.chars().next_back());
    out.extend_from_slice(if preserved {
        b"<is><t xml:space=\"preserve\">"
    } else {
        b"<is><t>"
    });
    write_escaped(text, out);
    out.extend_from_slice(b"</t></is>");
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !SUSPECT[bytes[at] as usize] {
            at += 1;
            continue;
        }
        let length = if bytes[at] == 0xEF { 3 } else { 1 };
        let numbered;
        let escape: &[u8] = match &bytes[at..] {
            [b'&', ..] => b"&amp;",
            [b'<', ..] => b"&lt;",
            [b'>', ..] => b"&gt;",
            [b'\r', ..] => b"&#13;",
            [b'_', rest @ ..] if is_escape(rest) => b"_x005F_",
            [0xEF, 0xBF, 0xBE, ..] => b"_xFFFE_",
            [0xEF, 0xBF, 0xBF, ..] => b"_xFFFF_",
            [control @ 0..0x20, ..] => {
                numbered = numbered_escape(*control);
                &numbered
            }
            _ => {
                at += length;
                continue;
            }
        };
        out.extend_from_slice(&bytes[written..at]);
        out.extend_from_slice(escape);
        at += length;
        written = at;
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Bytes that something may have to be done about.
static SUSPECT: [bool; 256] = {
    let mut suspect = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        suspect[control] = !matches!(control as u8, b'\t' | b'\n');
        control += 1;
    }
    suspect[b'&' as usize] = true;
    suspect[b'<' as usize] = true;
    suspect[b'>' as usize] = true;
    suspect[b'_' as usize] = true;
    // U+FFFE and U+FFFF begin with it, as do some characters that are none of these.
    suspect[0xEF] = true;
    suspect
};

/// Whether what follows an underscore makes an escape of it: four digits by the standard, fewer for LibreOffice too.
fn is_escape(rest: &[u8]) -> bool {
    let Some(digits) = rest.strip_prefix(b"x") else {
        return false;
    };
    let count = digits
        .iter()
        .take(4)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    count > 0 && digits.get(count) == Some(&b'_')
}

fn numbered_escape(control: u8) -> [u8; 7] {
    let mut escape = *b"_x0000_";
    write!(&mut escape[4..6], "{control:02X}").expect("two digits fit where two digits are");
    escape
}

#[cfg(test)]
mod tests {
    use super::{cut, write_inline};

    #[test]
    fn texts_are_escaped_as_excel_reads_them() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            write_inline(text, &mut out);
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out, format!("<is><t{expected}</t></is>"), "{text:?}");
        };
        check("", ">");
        check("a<b>&c\"'", ">a&lt;b&gt;&amp;c\"'");
        check("=1+1", ">=1+1");
        check("a\tb\nc", ">a\tb\nc");
        check(" a", " xml:space=\"preserve\"> a");
        check("a\n", " xml:space=\"preserve\">a\n");
        check("a\r\nb", ">a&#13;\nb");
        check("\0\u{1}\u{1f}\u{7f}", ">_x0000__x0001__x001F_\u{7f}");
        check("_x000D_ _x000d_", ">_x005F_x000D_ _x005F_x000d_");
        check(
            "_x00D_ _x1_ _x_ _x00001_ _x000G_ _x000D x000D_ _x000é_",
            ">_x005F_x00D_ _x005F_x1_ _x_ _x00001_ _x000G_ _x000D x000D_ _x000é_",
        );
        check("__x0041_x0042_", ">__x005F_x0041_x005F_x0042_");
        check(
            "\u{fffe}\u{ffff}\u{fffd}\u{f000}é😀",
            ">_xFFFE__xFFFF_\u{fffd}\u{f000}é😀",
        );
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let check = |text: &str, units: usize, expected: &str| assert_eq!(cut(text, units), expected, "{text:?}");
        check("abc", 3, "abc");
        check("abcd", 3, "abc");
        check("ééé", 3, "ééé");
        check("éééé", 3, "ééé");
        check("a😀", 3, "a😀");
        check("ab😀", 3, "ab");
        check("ab😀c", 3, "ab");
        check("", 0, "");
    }
}
