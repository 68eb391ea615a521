//! The versions of the schema, and the way from one to the next.

use surrealdb::types::vars;

use super::database::Database;
use super::error::StoreError;

/// The statements that make each version out of the one before it. What was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.surql"),
    include_str!("migrations/0002_crawl.surql"),
];

/// Brings the schema up to date, a version a transaction.
pub(super) async fn migrate(database: &Database) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    database
        .run(
            "DEFINE TABLE IF NOT EXISTS schema SCHEMAFULL; DEFINE FIELD IF NOT EXISTS version ON schema TYPE int;",
            vars! {},
        )
        .await?;
    let mut found = database
        .run("SELECT VALUE version FROM ONLY schema:current", vars! {})
        .await?;
    let found = found.take::<Option<i64>>(0)?.unwrap_or(0);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (version, statements) in (1..).zip(MIGRATIONS).skip(found as usize) {
        let transaction = format!("BEGIN;\n{statements}\nUPSERT schema:current SET version = $version;\nCOMMIT;");
        database.run(&transaction, vars! { version: version }).await?;
        tracing::info!(version, "the store's schema was brought up to date");
    }
    Ok(())
}
