//! Groups of pages: what is stored together is one record, since a record costs the database more than what is in it.
//!
//! Its key is the run and the number of the last of its pages; its value is a [`PageText`] a line. The pages of a run are
//! stored in the order of their numbers, so that one that is stored is in the first group whose key is not below its number.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use surrealdb::types::{Bytes, RecordId, SurrealValue, vars};

use super::database::Database;
use super::error::StoreError;
use super::records::{damaged, group_record, last_number};
use crate::model::RunId;
use crate::pipeline::Output;

/// The most pages of a group, and so the most numbers from that of a page to the key of its group. It may grow: with less, groups
/// that were stored before would not be found.
pub(super) const MOST_TOGETHER: u64 = 32;
const _: () = assert!(Output::MOST_PAGES as u64 <= MOST_TOGETHER);

/// The most page numbers that are looked at together. A limit would not bound the scan of a range of keys, so the range is what
/// is bounded.
const WIDEST_SPAN: u64 = 2 * MOST_TOGETHER;
/// The parts grow until they take so many bytes in the store, and shrink above the second.
const ENOUGH_BYTES: usize = 1 << 20;
const TOO_MANY_BYTES: usize = 4 << 20;

/// A page in its group. Who reads only some of its parts takes [`serde::de::IgnoredAny`] for the others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PageText<'a, Rows, Links, Visit> {
    /// Its number in the run.
    pub number: u64,
    /// Its URL after redirects, if it was extracted. It is borrowed where it is written, and owned where it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Cow<'a, str>>,
    /// Its rows, if it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// The links that were found on it, if there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
    /// What the job's next run is to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<Visit>,
}

/// A group as it was read.
#[derive(Debug)]
pub(super) struct Group {
    /// The number of its last page, by its key.
    pub last_page: u64,
    text: String,
}

#[derive(SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Stored {
    id: RecordId,
    pages: Bytes,
}

/// Reads the groups of a run in their order: a few at a time where they are large, more where they are small.
#[derive(Debug)]
pub(super) struct GroupReader<'a> {
    database: &'a Database,
    run: &'a RunId,
    next: u64,
    end: u64,
    /// How many page numbers are looked at next.
    span: u64,
}

impl<'a, Rows, Links, Visit> PageText<'a, Rows, Links, Visit>
where
    Rows: Deserialize<'a>,
    Links: Deserialize<'a>,
    Visit: Deserialize<'a>,
{
    /// Reads a line.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub(super) fn read(line: &'a str) -> Result<Self, StoreError> {
        serde_json::from_str(line).map_err(|error| damaged(&format!("a page in its group: {error}")))
    }
}

impl TryFrom<Stored> for Group {
    type Error = StoreError;

    fn try_from(stored: Stored) -> Result<Self, StoreError> {
        let text = String::from_utf8(stored.pages.into_inner().into())
            .map_err(|error| damaged(&format!("a group of pages: {error}")))?;
        Ok(Self {
            last_page: last_number(stored.id)?,
            text,
        })
    }
}

impl Group {
    /// The texts of its pages. They are read one by one: as values they are far larger than as text.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split_terminator('\n')
    }
}

impl<'a> GroupReader<'a> {
    /// A reader of the groups whose keys are `from` or above it, and below `end`: a group on the other side of one of them is
    /// left out as a whole. The numbers after those of last pages that were stored, such as a run's `next_page`, are ends that
    /// no group goes beyond.
    pub(super) fn new(database: &'a Database, run: &'a RunId, from: u64, end: u64) -> Self {
        Self {
            database,
            run,
            next: from,
            end,
            span: 1,
        }
    }

    /// The next groups, one at least; `None` where there are no more.
    pub(super) async fn next_part(&mut self) -> Result<Option<Vec<Group>>, StoreError> {
        while self.next < self.end {
            let after = self.end.min(self.next + self.span);
            let found = self.groups(self.next, after).await?;
            self.next = after;
            self.span = span_after(self.span, found.iter().map(|group| group.text.len()).sum());
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn groups(&self, from: u64, before: u64) -> Result<Vec<Group>, StoreError> {
        let mut found = self
            .database
            .run(
                "SELECT id, pages FROM page_group:[$run, $from]..[$run, $before] ORDER BY id",
                vars! { run: self.run.as_str().to_owned(), from: from as i64, before: before as i64 },
            )
            .await?;
        found
            .take::<Vec<Stored>>(0)?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }
}

/// The group of a run whose last page has this number.
pub(super) async fn group(database: &Database, run: &RunId, last_page: u64) -> Result<Option<Group>, StoreError> {
    let mut found = database
        .run("SELECT * FROM ONLY $id", vars! { id: group_record(run, last_page) })
        .await?;
    found.take::<Option<Stored>>(0)?.map(TryInto::try_into).transpose()
}

/// The numbers of the last pages of a run's groups, from one on and below another, as they are at one time.
pub(super) async fn group_ends(
    database: &Database,
    run: &RunId,
    from: u64,
    before: u64,
) -> Result<Vec<u64>, StoreError> {
    let mut found = database
        .run(
            "SELECT VALUE id FROM page_group:[$run, $from]..[$run, $before]",
            vars! { run: run.as_str().to_owned(), from: from as i64, before: before as i64 },
        )
        .await?;
    let keys = found.take::<Vec<RecordId>>(0)?;
    let mut ends: Vec<u64> = keys.into_iter().map(last_number).collect::<Result<_, _>>()?;
    ends.sort_unstable();
    Ok(ends)
}

/// How many page numbers are looked at after so many whose groups took so many bytes. Where there was none, it is twice as many,
/// too: the size of what comes is not known.
fn span_after(span: u64, bytes: usize) -> u64 {
    match bytes {
        ..ENOUGH_BYTES => WIDEST_SPAN.min(span * 2),
        ENOUGH_BYTES..=TOO_MANY_BYTES => span,
        _ => 1.max(span / 2),
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    #[test]
    fn parts_have_a_size() {
        for (span, bytes, expected) in [
            (1, 0, 2),
            (8, ENOUGH_BYTES - 1, 16),
            (8, ENOUGH_BYTES, 8),
            (8, TOO_MANY_BYTES, 8),
            (8, TOO_MANY_BYTES + 1, 4),
            (1, usize::MAX, 1),
            (WIDEST_SPAN, 0, WIDEST_SPAN),
        ] {
            assert_eq!(span_after(span, bytes), expected, "{span} numbers, {bytes} bytes");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_damage() {
        let check = |text: &str, numbers: &[u64], damaged: bool| {
            let group = Group {
                last_page: 8,
                text: text.to_owned(),
            };
            let read: Vec<_> = group
                .lines()
                .map(PageText::<IgnoredAny, IgnoredAny, IgnoredAny>::read)
                .collect();
            let good: Vec<u64> = read.iter().flatten().map(|page| page.number).collect();
            assert_eq!(good, numbers);
            let wrong = |page: &Result<_, StoreError>| matches!(page, Err(StoreError::Damaged(_)));
            assert_eq!(read.iter().any(wrong), damaged);
        };
        check("", &[], false);
        check("{\"number\":7,\"rows\":[1]}\n{\"number\":8}\n", &[7, 8], false);
        check("{\"number\":7}\n{\"numb\n", &[7], true);
        check("{\"url\":\"http://a.example/\"}\n", &[], true);
        let stored = Stored {
            id: group_record(&RunId::new("run_1"), 8),
            pages: Bytes::from(vec![0xff]),
        };
        assert!(matches!(Group::try_from(stored), Err(StoreError::Damaged(_))));
    }
}
