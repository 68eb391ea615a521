//! What users sign in with. A key itself is never here: its visible prefix is its id, and beside it stands its hash.

use jiff::Timestamp;
use surrealdb::types::{Bytes, Datetime, RecordId, SurrealValue, vars};

use super::Store;
use super::error::StoreError;
use super::records::{damaged, from_database, last_text, record, text, to_database};
use crate::model::UserId;

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its visible prefix.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// The hash of the whole key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    user: String,
    hash: Bytes,
    created_at: Datetime,
    last_used_at: Option<Datetime>,
}

impl TryFrom<Stored> for ApiKeyRecord {
    type Error = StoreError;

    fn try_from(stored: Stored) -> Result<Self, StoreError> {
        Ok(Self {
            id: last_text(stored.id)?,
            user: UserId::new(stored.user),
            hash: stored
                .hash
                .as_ref()
                .try_into()
                .map_err(|_| damaged("the hash of a key has not 32 bytes"))?,
            created_at: from_database(stored.created_at),
            last_used_at: stored.last_used_at.map(from_database),
        })
    }
}

impl Store {
    /// Keeps a new key.
    pub async fn create_api_key(
        &self,
        id: &str,
        user: &UserId,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.database
            .run(
                "CREATE ONLY $id SET user = $user, hash = $hash, created_at = $now",
                vars! {
                    id: key_record(id),
                    user: user.as_str().to_owned(),
                    hash: Bytes::from(hash.to_vec()),
                    now: to_database(now),
                },
            )
            .await
            .map(drop)
    }

    /// A key by its visible prefix.
    pub async fn api_key(&self, id: &str) -> Result<Option<ApiKeyRecord>, StoreError> {
        let found = self
            .database
            .run("SELECT * FROM ONLY $id", vars! { id: key_record(id) })
            .await?
            .take::<Option<Stored>>(0)?;
        found.map(TryInto::try_into).transpose()
    }

    /// All keys, or those of a user, in the order in which they were made.
    pub async fn api_keys(&self, user: Option<&UserId>) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let found = self
            .database
            .run(
                "SELECT * FROM api_key WHERE $user = NONE OR user = $user ORDER BY created_at",
                vars! { user: user.map(|user| user.as_str().to_owned()) },
            )
            .await?
            .take::<Vec<Stored>>(0)?;
        found.into_iter().map(TryInto::try_into).collect()
    }

    /// Takes a key away: it opens nothing any more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_api_key(&self, id: &str) -> Result<(), StoreError> {
        let removed = self
            .database
            .run("DELETE ONLY $id RETURN BEFORE", vars! { id: key_record(id) })
            .await?
            .take::<Option<Stored>>(0)?;
        removed.map(drop).ok_or(StoreError::NotFound("the key"))
    }

    /// Writes down that a key was used.
    pub async fn touch_api_key(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.database
            .run(
                "UPDATE $id SET last_used_at = $now RETURN NONE",
                vars! { id: key_record(id), now: to_database(now) },
            )
            .await
            .map(drop)
    }
}

fn key_record(id: &str) -> RecordId {
    record("api_key", [text(id)])
}
