//! The encoding that markup declares in its first bytes: the HTML standard's "prescan a byte stream to determine
//! its encoding" and "get an XML encoding".
//!
//! It reads the bytes it is given, and knows neither byte order marks nor headers.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// The encoding that `head`, the first bytes of a document, declares.
pub(super) fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    if head.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\0<\0?\0x") {
        return Some(UTF_16BE);
    }
    Scanner { head, at: 0 }.meta().ok().flatten().or_else(|| xml(head))
}

struct Scanner<'a> {
    head: &'a [u8],
    at: usize,
}

/// The input ended in the middle of something, which ends the prescan.
struct Ended;

/// An attribute, ASCII letters lowered.
struct Attribute {
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Scanner<'_> {
    /// The loop of the prescan: the first declaration in a `meta`.
    fn meta(&mut self) -> Result<Option<&'static Encoding>, Ended> {
        while self.at < self.head.len() {
            let rest = &self.head[self.at..];
            if rest.starts_with(b"<!--") {
                // The two hyphens that open a comment can be those that close it: `<!-->`.
                let end = find(&rest[2..], b"-->").ok_or(Ended)?;
                self.at += 2 + end + 3;
            } else if rest.len() > 5 && rest[..5].eq_ignore_ascii_case(b"<meta") && is_space_or(rest[5], b'/') {
                self.at += 5;
                if let Some(encoding) = self.meta_attributes()? {
                    return Ok(Some(encoding));
                }
            } else if is_tag(rest) {
                self.skip(|byte| !is_space_or(byte, b'>'))?;
                while self.attribute()?.is_some() {}
            } else if rest.starts_with(b"</") || rest.starts_with(b"<!") || rest.starts_with(b"<?") {
                self.skip(|byte| byte != b'>')?;
                self.at += 1;
            } else {
                self.at += 1;
            }
        }
        Ok(None)
    }

    /// What the attributes of a `meta` tag declare.
    fn meta_attributes(&mut self) -> Result<Option<&'static Encoding>, Ended> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let mut got_pragma = false;
        let mut need_pragma = None;
        let mut charset = None;
        while let Some(Attribute { name, value }) = self.attribute()? {
            if seen.contains(&name) {
                continue;
            }
            match name.as_slice() {
                b"http-equiv" => got_pragma |= value == b"content-type",
                // Once `charset` was there, even with a label of nothing, `content` does not count.
                b"content" if need_pragma.is_none() => {
                    charset = charset_in_content(&value);
                    need_pragma = charset.map(|_| true);
                }
                b"charset" => {
                    charset = Encoding::for_label(&value);
                    need_pragma = Some(false);
                }
                _ => {}
            }
            seen.push(name);
        }
        let declares = need_pragma.is_some_and(|needed| got_pragma || !needed);
        Ok(charset.filter(|_| declares).map(for_meta))
    }

    /// "Get an attribute": `None` at the end of the tag.
    fn attribute(&mut self) -> Result<Option<Attribute>, Ended> {
        self.skip(|byte| is_space_or(byte, b'/'))?;
        if self.peek()? == b'>' {
            self.at += 1;
            return Ok(None);
        }
        let mut attribute = Attribute {
            name: Vec::new(),
            value: Vec::new(),
        };
        loop {
            match self.peek()? {
                b'=' if !attribute.name.is_empty() => break,
                byte if is_space_or(byte, b' ') => {
                    self.skip(|byte| is_space_or(byte, b' '))?;
                    if self.peek()? != b'=' {
                        return Ok(Some(attribute));
                    }
                    break;
                }
                b'/' | b'>' => return Ok(Some(attribute)),
                byte => attribute.name.push(byte.to_ascii_lowercase()),
            }
            self.at += 1;
        }
        // Past the equals sign.
        self.at += 1;
        self.skip(|byte| is_space_or(byte, b' '))?;
        let first = self.peek()?;
        let is_quoted = matches!(first, b'"' | b'\'');
        self.at += usize::from(is_quoted);
        let start = self.at;
        self.skip(|byte| {
            if is_quoted {
                byte != first
            } else {
                !is_space_or(byte, b'>')
            }
        })?;
        attribute.value = self.head[start..self.at].to_ascii_lowercase();
        self.at += usize::from(is_quoted);
        Ok(Some(attribute))
    }

    fn peek(&self) -> Result<u8, Ended> {
        self.head.get(self.at).copied().ok_or(Ended)
    }

    /// Moves to the next byte that is not `among`.
    fn skip(&mut self, among: impl Fn(u8) -> bool) -> Result<(), Ended> {
        self.at += self.head[self.at..]
            .iter()
            .position(|&byte| !among(byte))
            .ok_or(Ended)?;
        Ok(())
    }
}

/// HTML's white space, or one other byte.
fn is_space_or(byte: u8, other: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ') || byte == other
}

/// `<` or `</` and a letter.
fn is_tag(rest: &[u8]) -> bool {
    let name = rest.strip_prefix(b"</").or_else(|| rest.strip_prefix(b"<"));
    name.and_then(<[u8]>::first).is_some_and(u8::is_ascii_alphabetic)
}

/// What a `meta` may not mean: its page was readable as ASCII, so it is not UTF-16.
fn for_meta(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

/// "Extracting a character encoding from a meta element": the label after `charset=` in `content`, lower case.
fn charset_in_content(content: &[u8]) -> Option<&'static Encoding> {
    let mut rest = content;
    let value = loop {
        rest = &rest[find(rest, b"charset")? + b"charset".len()..];
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") {
            break value.trim_ascii_start();
        }
    };
    let label = match value.first()? {
        quote @ (b'"' | b'\'') => {
            let value = &value[1..];
            &value[..value.iter().position(|byte| byte == quote)?]
        }
        _ => value.split(|&byte| is_space_or(byte, b';')).next()?,
    };
    Encoding::for_label(label)
}

/// "Get an XML encoding": the label in an XML declaration at the very start.
fn xml(head: &[u8]) -> Option<&'static Encoding> {
    /// The algorithm's white space: all controls, and the space.
    fn trim(bytes: &[u8]) -> &[u8] {
        &bytes[bytes.iter().position(|&byte| byte > 0x20).unwrap_or(bytes.len())..]
    }
    let declaration = head.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..declaration.iter().position(|&byte| byte == b'>')?];
    let rest = &declaration[find(declaration, b"encoding")? + b"encoding".len()..];
    let rest = trim(trim(rest).strip_prefix(b"=")?);
    let (quote @ (b'"' | b'\''), rest) = rest.split_first()? else {
        return None;
    };
    let label = &rest[..rest.iter().position(|byte| byte == quote)?];
    if label.iter().any(|&byte| byte <= 0x20) {
        return None;
    }
    let encoding = Encoding::for_label(label)?;
    Some(if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else {
        encoding
    })
}

/// Where `needle` first stands in `haystack`.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Option<&str>) {
        let label = expected.map(|label| Encoding::for_label(label.as_bytes()).unwrap());
        assert_eq!(prescan(head.as_bytes()), label, "{head}");
    }

    #[test]
    fn meta_charset() {
        check("<meta charset=koi8-r>", Some("koi8-r"));
        check("<META CHARSET='KOI8-R'>", Some("koi8-r"));
        check(
            "<!doctype html><html><head>\n<meta\tcharset = \"koi8-r\" />",
            Some("koi8-r"),
        );
        check("<meta/charset=koi8-r/>", None); // The slash belongs to an unquoted value.
        check("<meta name=x charset=koi8-r>", Some("koi8-r"));
        check("<meta charset=nonsense><meta charset=koi8-r>", Some("koi8-r"));
        check(
            "<meta charset=nonsense content='charset=koi8-r' http-equiv=content-type>",
            None,
        );
        check("<meta charset=koi8-r charset=utf-8>", Some("koi8-r"));
        check("<meta charset=' koi8-r '>", Some("koi8-r"));
        check("<metacharset=koi8-r>", None);
        check("<meta charset=koi8-r", None);
        check("<meta charset=\"koi8-r>", None);
        check("", None);
    }

    #[test]
    fn meta_http_equiv() {
        check(
            "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>",
            Some("koi8-r"),
        );
        check(
            "<meta content='text/html; CHARSET = koi8-r' http-equiv=content-type>",
            Some("koi8-r"),
        );
        check(
            "<meta http-equiv=content-type content=\"text/html; charset='koi8-r'\">",
            Some("koi8-r"),
        );
        check(
            "<meta http-equiv=content-type content='charset charset=koi8-r; x'>",
            Some("koi8-r"),
        );
        check("<meta content='text/html; charset=koi8-r'>", None);
        check("<meta http-equiv=refresh content='text/html; charset=koi8-r'>", None);
        check(
            "<meta http-equiv=content-type content='text/html; charset=\"koi8-r'>",
            None,
        );
        check("<meta http-equiv=content-type content=text/html>", None);
        check("<meta content='charset=latin1' charset=koi8-r>", Some("koi8-r"));
        check(
            "<meta charset=koi8-r content='charset=latin2' http-equiv=content-type>",
            Some("koi8-r"),
        );
    }

    #[test]
    fn what_is_no_meta_is_passed_over() {
        check("<!-- <meta charset=latin1> --><meta charset=koi8-r>", Some("koi8-r"));
        check("<!--><meta charset=koi8-r>", Some("koi8-r"));
        check("<!-- <meta charset=koi8-r>", None);
        check("<p title='<meta charset=latin1>'><meta charset=koi8-r>", Some("koi8-r"));
        check(
            "</p title=\"<meta charset=latin1>\"><meta charset=koi8-r>",
            Some("koi8-r"),
        );
        check("<!x <meta charset=latin1><meta charset=koi8-r>", Some("koi8-r"));
        check("<?x <meta charset=latin1><meta charset=koi8-r>", Some("koi8-r"));
        check("1 < 2 <meta charset=koi8-r>", Some("koi8-r"));
        check("<p a=b c = d e><br/><meta charset=koi8-r>", Some("koi8-r"));
    }

    #[test]
    fn some_labels_mean_another_encoding() {
        check("<meta charset=utf-16>", Some("utf-8"));
        check("<meta charset=utf-16be>", Some("utf-8"));
        check("<meta charset=x-user-defined>", Some("windows-1252"));
        check("<?xml version='1.0' encoding='utf-16'?>", Some("utf-8"));
    }

    #[test]
    fn xml_declarations() {
        check("<?xml version=\"1.0\" encoding=\"koi8-r\"?>", Some("koi8-r"));
        check("<?xml encoding\n=\n'koi8-r' ?><meta>", Some("koi8-r"));
        check("<?xml encoding='koi8-r'?><meta charset=latin1>", Some("latin1"));
        check(" <?xml encoding='koi8-r'?>", None);
        check("<?xml encoding=koi8-r?>", None);
        check("<?xml encoding='koi8 -r'?>", None);
        check("<?xml version='1.0'?>encoding='koi8-r'", None);
        check("<?xml encoding='koi8-r'", None);
        check("<\0?\0x\0m\0l\0", Some("utf-16le"));
        check("\0<\0?\0x\0m\0l", Some("utf-16be"));
    }
}
