//! Texts of a definition that may be kept out of it.

use std::fmt;

use serde::Serialize;

/// A text that stands in the definition, or the name of a secret that the operator keeps.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SecretText {
    /// The text itself.
    Plain(String),
    /// `{"secret": "SHOP_PASSWORD"}`: the value is asked for when it is sent, and is never shown.
    Secret {
        /// Which secret.
        secret: SecretName,
    },
}

impl fmt::Debug for SecretText {
    /// A plain text may be a password all the same, so it is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(…)"),
            Self::Secret { secret } => f.debug_tuple("Secret").field(secret).finish(),
        }
    }
}

/// The name of a secret: ASCII letters, digits and underscores, as an environment variable's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SecretName(String);

impl SecretName {
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 128;

    /// Reads a name; `None` if it is empty, too long or holds another character.
    pub fn parse(name: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (1..=Self::MAX_LENGTH).contains(&name.len()).then_some(())?;
        name.bytes().all(known).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_variables() {
        let check = |name: &str, good: bool| assert_eq!(SecretName::parse(name).is_some(), good, "{name}");
        check("SHOP_PASSWORD", true);
        check("a1", true);
        check(&"x".repeat(128), true);
        check(&"x".repeat(129), false);
        check("", false);
        check("A-B", false);
        check("é", false);
    }

    #[test]
    fn debug_shows_no_plain_text() {
        assert_eq!(format!("{:?}", SecretText::Plain("hunter2".into())), "Plain(…)");
    }
}
