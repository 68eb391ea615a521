//! Reads header fields and cookies, which must not break the request that carries them.

use super::reader::Node;
use super::secret::secret_text;
use crate::model::SecretText;

/// Fields that frame the message or the connection: the HTTP client writes them itself.
const CLIENT_FIELDS: [&str; 8] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// `request.headers`.
pub(super) fn headers(node: &Node<'_>) -> Vec<(String, SecretText)> {
    let mut headers: Vec<(String, SecretText)> = Vec::new();
    for (name, entry) in node.entries() {
        if !is_token(name) {
            entry.fault::<()>("must have the name of a header: letters, digits and ! # $ % & ' * + - . ^ _ ` | ~");
        } else if CLIENT_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)) {
            entry.fault::<()>("cannot be set: the client writes this header itself");
        } else if headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            entry.fault::<()>("is given twice: names of headers have no case");
        } else if let Some(value) = secret_text(&entry).and_then(|value| checked(&entry, value, is_header_byte)) {
            headers.push((name.to_owned(), value));
        }
    }
    headers
}

/// `request.cookies`.
pub(super) fn cookies(node: &Node<'_>) -> Vec<(String, SecretText)> {
    let mut cookies = Vec::new();
    for (name, entry) in node.entries() {
        if !is_token(name) {
            entry.fault::<()>("must have the name of a cookie: letters, digits and ! # $ % & ' * + - . ^ _ ` | ~");
        } else if let Some(value) = secret_text(&entry).and_then(|value| checked(&entry, value, is_cookie_byte)) {
            cookies.push((name.to_owned(), value));
        }
    }
    cookies
}

/// A text that may be the value of a header, such as `request.user_agent`.
pub(super) fn header_value(node: &Node<'_>) -> Option<String> {
    let text = node.some_text()?.to_owned();
    match checked(node, SecretText::Plain(text), is_header_byte)? {
        SecretText::Plain(text) => Some(text),
        SecretText::Secret { .. } => None,
    }
}

fn checked(node: &Node<'_>, value: SecretText, is_good: fn(u8) -> bool) -> Option<SecretText> {
    let SecretText::Plain(text) = &value else {
        return Some(value);
    };
    match text.bytes().find(|byte| !is_good(*byte)) {
        Some(byte) => node.fault(format!("must not hold the character {:?}", char::from(byte))),
        None => Some(value),
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(known)
}

/// RFC 9110, section 5.5: no control characters but the tab.
fn is_header_byte(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

/// RFC 6265, section 4.1.1, as browsers read it: only what ends a cookie is refused.
fn is_cookie_byte(byte: u8) -> bool {
    byte != b';' && !byte.is_ascii_control()
}
