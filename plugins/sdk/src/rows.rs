//! A batch read row by row and cell by cell.
//!
//! Batches cross the boundary as flat columns, which is fast for the host; a writer of a row format wants cells. This is
//! the view between the two, without a copy.

use crate::{Batch, ColumnData, Lists, Series, Values};

/// One value of a row.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A text, a URL or JSON, as the column's type says.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A yes or no.
    Boolean(bool),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime(i64),
    /// The values of a list.
    List(Items<'a>),
}

/// The rows of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a>(&'a Batch);

/// One row of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    batch: &'a Batch,
    row: usize,
}

/// The values of one list, in order.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    series: &'a Series,
    at: usize,
    end: usize,
}

impl Batch {
    /// The batch row by row.
    pub fn iter_rows(&self) -> Rows<'_> {
        Rows(self)
    }
}

impl<'a> Rows<'a> {
    /// Each row in order.
    pub fn iter(self) -> impl Iterator<Item = Row<'a>> {
        (0..self.0.rows as usize).map(move |row| Row { batch: self.0, row })
    }
}

impl<'a> Row<'a> {
    /// Each cell in the order of the columns.
    pub fn cells(self) -> impl Iterator<Item = Cell<'a>> {
        self.batch.columns.iter().map(move |column| column.cell(self.row))
    }
}

impl ColumnData {
    /// The value of this column in a row of the batch.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match &self.lists {
            None => self.items.cell(row),
            Some(Lists { ends, validity }) => {
                if is_null(validity, row) {
                    return Cell::Null;
                }
                let at = if row == 0 { 0 } else { ends[row - 1] as usize };
                Cell::List(Items {
                    series: &self.items,
                    at,
                    end: ends[row] as usize,
                })
            }
        }
    }
}

impl Series {
    /// The value at a place.
    pub fn cell(&self, at: usize) -> Cell<'_> {
        if is_null(&self.validity, at) {
            return Cell::Null;
        }
        match &self.values {
            Values::Texts(texts) => {
                let start = if at == 0 { 0 } else { texts.ends[at - 1] as usize };
                Cell::Text(&texts.joined[start..texts.ends[at] as usize])
            }
            Values::Integers(values) => Cell::Integer(values[at]),
            Values::Numbers(values) => Cell::Number(values[at]),
            Values::Booleans(values) => Cell::Boolean(values[at]),
            Values::Datetimes(values) => Cell::Datetime(values[at]),
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        (self.at < self.end).then(|| {
            self.at += 1;
            self.series.cell(self.at - 1)
        })
    }
}

fn is_null(validity: &[u8], at: usize) -> bool {
    !validity.is_empty() && validity[at / 8] & (1 << (at % 8)) == 0
}

#[cfg(test)]
mod tests {
    use crate::{Batch, ColumnData, Lists, Series, Texts, Values};

    #[test]
    fn cells_are_those_of_the_columns() {
        let texts = Values::Texts(Texts {
            joined: "abc".into(),
            ends: vec![1, 1, 3],
        });
        let batch = Batch {
            rows: 3,
            columns: vec![
                ColumnData {
                    items: Series {
                        values: texts.clone(),
                        validity: vec![0b101],
                    },
                    lists: None,
                },
                ColumnData {
                    items: Series {
                        values: Values::Integers(vec![1, 2, 0]),
                        validity: vec![0b011],
                    },
                    lists: Some(Lists {
                        ends: vec![1, 1, 3],
                        validity: vec![0b101],
                    }),
                },
                ColumnData {
                    items: Series {
                        values: texts,
                        validity: Vec::new(),
                    },
                    lists: None,
                },
            ],
        };
        let rows: Vec<String> = batch
            .iter_rows()
            .iter()
            .map(|row| format!("{:?}", shown(row)))
            .collect();
        assert_eq!(
            rows,
            [
                r#"["Text(\"a\")", "[Integer(1)]", "Text(\"a\")"]"#,
                r#"["Null", "Null", "Text(\"\")"]"#,
                r#"["Text(\"bc\")", "[Integer(2), Null]", "Text(\"bc\")"]"#,
            ]
        );
    }

    fn shown(row: crate::Row<'_>) -> Vec<String> {
        row.cells()
            .map(|cell| match cell {
                crate::Cell::List(items) => format!("{:?}", items.collect::<Vec<_>>()),
                other => format!("{other:?}"),
            })
            .collect()
    }
}
