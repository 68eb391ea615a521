//! Requests that carry an idempotency key: what each made is kept for a day, in the transaction that made it, so that the
//! same request sent again is answered the same and makes nothing.

use jiff::{SignedDuration, Timestamp};
use surrealdb::types::{Bytes, Datetime, RecordId, SurrealValue, Variables, vars};

use super::Store;
use super::error::{StoreError, THROWN_ANSWERED};
use super::records::{from_database, record, text, to_database};
use crate::model::UserId;

/// For how long a key is honoured.
const HONOURED: SignedDuration = SignedDuration::from_hours(24);

/// What a request that may be sent again is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The key that its sender chose.
    pub key: String,
    /// A hash of what was asked: the same key for something else is a mistake.
    pub fingerprint: [u8; 32],
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// The hash of what was asked.
    pub fingerprint: Vec<u8>,
    /// The id of what it made.
    pub made: String,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    fingerprint: Bytes,
    made: String,
    at: Datetime,
}

impl Store {
    /// What a request with this key made, if there was one in the last day.
    pub async fn answered(
        &self,
        user: &UserId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StoreError> {
        let found = self
            .database
            .run("SELECT * FROM ONLY $id", vars! { id: request_record(user, key) })
            .await?
            .take::<Option<Stored>>(0)?;
        Ok(found
            .filter(|stored| now.duration_since(from_database(stored.at)) < HONOURED)
            .map(|stored| AnsweredRequest {
                fingerprint: stored.fingerprint.as_ref().to_vec(),
                made: stored.made,
            }))
    }

    /// Forgets the keys that are not honoured any more.
    pub async fn forget_requests(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now - HONOURED;
        self.database
            .run(
                "DELETE request WHERE at >= $first AND at <= $before RETURN NONE",
                vars! { first: to_database(Timestamp::UNIX_EPOCH), before: to_database(before) },
            )
            .await
            .map(drop)
    }
}

/// The statements, with their variables, that keep a request in the transaction of what it makes.
pub(super) fn keep_request(
    user: &UserId,
    request: Option<&RequestKey>,
    made: &str,
    now: Timestamp,
) -> (String, Variables) {
    let Some(request) = request else {
        return (String::new(), vars! {});
    };
    let statements = format!(
        "LET $answered = SELECT * FROM ONLY $request;
         IF $answered != NONE AND $answered.at > $honoured_since {{ THROW '{THROWN_ANSWERED}' }};
         UPSERT $request SET fingerprint = $fingerprint, made = $made, at = $now;"
    );
    let variables = vars! {
        request: request_record(user, &request.key),
        honoured_since: to_database(now - HONOURED),
        fingerprint: Bytes::from(request.fingerprint.to_vec()),
        made: made.to_owned(),
        now: to_database(now),
    };
    (statements, variables)
}

fn request_record(user: &UserId, key: &str) -> RecordId {
    record("request", [text(user.as_str()), text(key)])
}
