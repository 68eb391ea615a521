//! Reads texts that may be secrets.

use super::reader::Node;
use crate::model::{SecretName, SecretText};

/// A text, or `{"secret": NAME}`.
pub(super) fn secret_text(node: &Node<'_>) -> Option<SecretText> {
    if let Some(text) = node.value.as_str() {
        return Some(SecretText::Plain(text.to_owned()));
    }
    if !node.value.is_object() {
        return node.expected("text or {\"secret\": NAME}");
    }
    let mut object = node.object()?;
    let secret = object.require("secret", |node| {
        let name = SecretName::parse(node.text()?);
        name.map_or_else(|| node.fault("must be 1 to 128 of A-Z, a-z, 0-9 and _"), Some)
    });
    object.finish();
    Some(SecretText::Secret { secret: secret? })
}
