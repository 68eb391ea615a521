//! Short names of URLs: a run that has seen a million URLs does not keep a million texts.

use std::collections::HashSet;

/// What a URL is known by in memory: the first 128 bits of its BLAKE3 hash. Two URLs that share one do not occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

/// The URLs that were seen.
pub type Fingerprints = HashSet<Fingerprint>;

impl Fingerprint {
    /// The fingerprint of a URL as it is written, or of any other content.
    pub fn of(content: impl AsRef<[u8]>) -> Self {
        let hash = blake3::hash(content.as_ref());
        let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        Self(*first)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for Fingerprint {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}
