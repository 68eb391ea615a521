//! Recognises keys: the hash in the store against the hash of what was sent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};
use snowscrape_engine::model::UserId;
use snowscrape_engine::store::{Store, StoreError};

use super::api_key::{ApiKey, KeyId};

/// How exact the time of a key's last use is: writing it down with every request would be a write for each read.
const LAST_USE_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Recognises keys.
#[derive(Debug)]
pub(crate) struct Authenticator {
    store: Store,
    last_uses: Mutex<HashMap<KeyId, Timestamp>>,
}

/// Who is asking, and with which key.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// The user.
    pub(crate) user: UserId,
    /// The key.
    pub(crate) key: KeyId,
}

impl Authenticator {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            last_uses: Mutex::default(),
        }
    }

    /// Whose key a text is; `None` if it is nobody's.
    pub(crate) async fn recognise(&self, text: &str) -> Result<Option<SignedIn>, StoreError> {
        let Some(key) = ApiKey::parse(text) else {
            return Ok(None);
        };
        let id = key.id();
        let Some(record) = self.store.api_key(id.as_str()).await? else {
            return Ok(None);
        };
        // The comparison of two hashes takes the same time wherever they differ.
        if key.hash() != blake3::Hash::from_bytes(record.hash) {
            return Ok(None);
        }
        self.note_use(&id).await;
        Ok(Some(SignedIn {
            user: record.user,
            key: id,
        }))
    }

    async fn note_use(&self, id: &KeyId) {
        let now = Timestamp::now();
        let noted = self.lock().get(id).copied();
        if noted.is_some_and(|noted| now.duration_since(noted) < LAST_USE_EVERY) {
            return;
        }
        self.lock().insert(id.clone(), now);
        // A request is not refused because the time of its key could not be written.
        if let Err(error) = self.store.touch_api_key(id.as_str(), now).await {
            tracing::warn!(key = %id, %error, "the last use of a key could not be written down");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Timestamp>> {
        self.last_uses.lock().expect("nobody panics while holding this")
    }
}
