//! The versions of the schema, and the way from one to the next.

use surrealdb::types::vars;

use super::database::Database;
use super::error::StoreError;
use super::records::damaged;

/// The statements that make each version out of the one before it. What was released is never changed.
const MIGRATIONS: &[Migration] = &[
    Migration::once(include_str!("migrations/0001_first.surql")),
    Migration::once(include_str!("migrations/0002_crawl.surql")),
    Migration::once(include_str!("migrations/0003_groups.surql")),
    Migration {
        moving: Some(include_str!("migrations/0004_moving.surql")),
        statements: "REMOVE TABLE page;",
    },
];

/// The way to a version from the one before it.
#[derive(Clone, Copy, Debug)]
struct Migration {
    /// A transaction that moves a few records and returns whether there were any. It is carried out until there are none,
    /// since what one transaction writes is held in memory; where it is interrupted, it goes on at the next start.
    moving: Option<&'static str>,
    /// What is carried out then, in one transaction with the note that it was.
    statements: &'static str,
}

impl Migration {
    const fn once(statements: &'static str) -> Self {
        Self {
            moving: None,
            statements,
        }
    }
}

/// Brings the schema up to date, a version a transaction.
pub(super) async fn migrate(database: &Database) -> Result<(), StoreError> {
    bring_up_to_date(database, MIGRATIONS).await
}

async fn bring_up_to_date(database: &Database, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = migrations.len() as i64;
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
    for (version, Migration { moving, statements }) in (1..).zip(migrations).skip(found as usize) {
        if let Some(moving) = moving {
            tracing::info!(
                version,
                "what the store holds is moved, which takes a while where it is much"
            );
            while move_some(database, moving).await? {}
        }
        let transaction = format!("BEGIN;\n{statements}\nUPSERT schema:current SET version = $version;\nCOMMIT;");
        database.run(&transaction, vars! { version: version }).await?;
        tracing::info!(version, "the store's schema was brought up to date");
    }
    Ok(())
}

/// Whether there was something to move.
async fn move_some(database: &Database, moving: &str) -> Result<bool, StoreError> {
    let moved = database.run(moving, vars! {}).await?.take::<Option<bool>>(0)?;
    moved.ok_or_else(|| damaged("it does not say whether all is moved"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Column, ColumnKind, RunId, SourceType, Value};
    use crate::pipeline::{Fingerprint, Fingerprints, Link, Visit};
    use crate::store::{Store, StoreSettings};

    #[tokio::test]
    async fn the_pages_of_an_earlier_version_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path(), StoreSettings::default()).await.unwrap();
        bring_up_to_date(&database, &MIGRATIONS[..2]).await.unwrap();
        let url = r"http://a.example/?back=\&n=1";
        let visit = Visit {
            page: Fingerprint::of(url),
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
            body: Fingerprint::of("body"),
        };
        let visit_text = json!({"page": visit.page.as_bytes(), "etag": visit.etag, "body": visit.body.as_bytes()});
        database
            .run(
                "CREATE page:['run_1', 0] SET row_count = 0;
                 CREATE page:['run_1', 1] SET url = $url, rows = <bytes>$rows, row_count = 2, links = <bytes>$links,
                     visit = <bytes>$visit;
                 FOR $number IN 0..50 { CREATE page:['run_2', $number] SET url = 'a' + <string>$number, row_count = 0 };",
                vars! {
                    url: url.to_owned(),
                    rows: r#"["2026-11-25T09:00:00Z",[["a\u0000\"é"],[null]]]"#.to_owned(),
                    links: r#"[["http://a.example/b","page",1,2]]"#.to_owned(),
                    visit: visit_text.to_string(),
                },
            )
            .await
            .unwrap();
        // As if it had been interrupted after a few.
        bring_up_to_date(&database, &MIGRATIONS[..3]).await.unwrap();
        assert!(move_some(&database, MIGRATIONS[3].moving.unwrap()).await.unwrap());
        migrate(&database).await.unwrap();
        migrate(&database).await.unwrap();

        let store = Store { database };
        let run = RunId::new("run_1");
        let column = Column {
            name: "a".to_owned(),
            kind: ColumnKind::Text,
            many: false,
        };
        let columns = [column];
        let mut reader = store.page_reader(&run, 0, 2, &columns);
        let mut pages = Vec::new();
        while let Some(part) = reader.next_part().await.unwrap() {
            pages.extend(part.pages().map(Result::unwrap));
        }
        let cells: Vec<_> = pages[0].rows.iter().flat_map(|row| row.cells.clone()).collect();
        assert_eq!((pages.len(), pages[0].number, &*pages[0].rows[0].url), (1, 1, url));
        assert_eq!(cells, [Value::Text("a\0\"é".to_owned()), Value::Null]);
        let link = Link {
            url: "http://a.example/b".to_owned(),
            kind: SourceType::Page,
            depth: 1,
            listing: 2,
        };
        assert_eq!(store.links(&run, 0, 2).await.unwrap().links, [link]);
        assert_eq!(store.visits(&run, 2).await.unwrap()[&visit.page], 1);
        assert_eq!(store.group_visits(&run, 1).await.unwrap(), [visit]);
        let other = store.pages_done(&RunId::new("run_2"), 50).await.unwrap();
        let all: Fingerprints = (0..50).map(|number| Fingerprint::of(format!("a{number}"))).collect();
        assert_eq!(other.taken, all);
    }
}
