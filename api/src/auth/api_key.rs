//! An API key: `sk_live_`, a part that may be shown, and a secret one.

use std::fmt;

use rand::TryRng as _;
use rand::rngs::{SysError, SysRng};

const MARK: &str = "sk_live_";
/// The digits of a key: those of base 62, so that a double click takes the whole of it.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How many digits tell keys apart.
const SHOWN: usize = 8;
/// How many digits are secret: 43 digits of base 62 hold 256 bits.
const SECRET: usize = 43;

/// A key. It is shown once, when it is made; what is stored is its hash.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey(String);

/// The part of a key that may be shown, with its mark: what it is listed and revoked by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyId(String);

impl ApiKey {
    /// A new key, from the system's generator.
    ///
    /// # Errors
    /// What the system says when it has no randomness.
    pub(crate) fn generate() -> Result<Self, SysError> {
        let digits = digits(SHOWN + SECRET)?;
        let (shown, secret) = digits.split_at(SHOWN);
        Ok(Self(format!("{MARK}{shown}_{secret}")))
    }

    /// The key of a text, if it has the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (shown, secret) = text.strip_prefix(MARK)?.split_once('_')?;
        let right = |part: &str, length| part.len() == length && part.bytes().all(|digit| DIGITS.contains(&digit));
        (right(shown, SHOWN) && right(secret, SECRET)).then(|| Self(text.to_owned()))
    }

    /// The part that may be shown.
    pub(crate) fn id(&self) -> KeyId {
        KeyId(self.0[..MARK.len() + SHOWN].to_owned())
    }

    /// What is stored. The key has so much randomness that a fast hash without salt gives nothing away.
    pub(crate) fn hash(&self) -> blake3::Hash {
        blake3::hash(self.0.as_bytes())
    }

    /// Its text, to be shown once.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Digits of base 62, each as likely as the others.
fn digits(count: usize) -> Result<String, SysError> {
    let mut digits = String::with_capacity(count);
    let mut bytes = [0; 64];
    while digits.len() < count {
        SysRng.try_fill_bytes(&mut bytes)?;
        // 62 × 4: what lies above would make the first digits likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let missing = count - digits.len();
        digits.extend(
            fair.map(|byte| char::from(DIGITS[usize::from(byte % 62)]))
                .take(missing),
        );
    }
    Ok(digits)
}

/// The secret part never stands in a log.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiKey").field(&self.id()).finish()
    }
}

impl KeyId {
    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_form_and_is_like_no_other() {
        let key = ApiKey::generate().unwrap();
        assert_eq!(key.reveal().len(), 60);
        assert_eq!(ApiKey::parse(key.reveal()).as_ref(), Some(&key));
        assert!(key.reveal().starts_with(&format!("{}_", key.id())));
        assert_ne!(ApiKey::generate().unwrap(), key);
        assert!(!format!("{key:?}").contains(&key.reveal()[20..]), "{key:?}");
    }

    #[test]
    fn what_is_no_key_is_told_by_its_form() {
        let key = ApiKey::generate().unwrap();
        let key = key.reveal();
        let check = |text: &str| assert_eq!(ApiKey::parse(text), None, "{text}");
        check("");
        check("sk_live_");
        check(&key[1..]);
        check(&key[..59]);
        check(&format!("{key}0"));
        check(&key.replace("live", "test"));
        check(&format!("{}é", &key[..58]));
    }
}
