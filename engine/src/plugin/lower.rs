//! Rows turned into the flat columns in which a batch crosses the boundary.

use super::bindings::exporter::exports::snowscrape::plugin::exporting as wit;
use crate::model::{Column, ColumnKind, Row, Value};

/// A batch's columns, owned; [`BatchColumns::to_wit`] lends them to the call.
pub(crate) struct BatchColumns(Vec<FlatColumn>);

struct FlatColumn {
    values: Values,
    validity: Validity,
    lists: Option<(Vec<u32>, Validity)>,
}

enum Values {
    Texts { joined: String, ends: Vec<u32>, json: bool },
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Booleans(Vec<bool>),
    Datetimes(Vec<i64>),
}

/// One bit for each place, the lowest first; empty while nothing is null.
#[derive(Default)]
struct Validity {
    bits: Vec<u8>,
    places: usize,
}

impl BatchColumns {
    pub(crate) fn gather(columns: &[Column], rows: &[Row]) -> Self {
        Self(
            columns
                .iter()
                .enumerate()
                .map(|(at, column)| FlatColumn::gather(column, rows.iter().map(|row| &row.cells[at]), rows.len()))
                .collect(),
        )
    }

    pub(crate) fn to_wit(&self) -> Vec<wit::ColumnData<'_>> {
        self.0.iter().map(FlatColumn::to_wit).collect()
    }
}

impl FlatColumn {
    fn gather<'a>(column: &Column, cells: impl Iterator<Item = &'a Value>, rows: usize) -> Self {
        let mut flat = Self {
            values: Values::new(column.kind, rows),
            validity: Validity::default(),
            lists: None,
        };
        if column.many {
            let mut ends = Vec::with_capacity(rows);
            let mut validity = Validity::default();
            for cell in cells {
                match cell {
                    Value::List(items) => {
                        for item in items {
                            flat.push(item);
                        }
                        validity.push(true);
                    }
                    Value::Null => validity.push(false),
                    single => {
                        flat.push(single);
                        validity.push(true);
                    }
                }
                ends.push(flat.validity.places as u32);
            }
            flat.lists = Some((ends, validity));
        } else {
            for cell in cells {
                flat.push(cell);
            }
        }
        flat
    }

    /// A value of another type than the column's cannot come from the rows, whose types are the columns'. If it did, it
    /// would be a null and not a shifted column.
    fn push(&mut self, value: &Value) {
        let valid = self.values.push(value);
        self.validity.push(valid);
    }

    fn to_wit(&self) -> wit::ColumnData<'_> {
        let values = match &self.values {
            Values::Texts { joined, ends, .. } => wit::Values::Texts(wit::Texts { joined, ends }),
            Values::Integers(values) => wit::Values::Integers(values),
            Values::Numbers(values) => wit::Values::Numbers(values),
            Values::Booleans(values) => wit::Values::Booleans(values),
            Values::Datetimes(values) => wit::Values::Datetimes(values),
        };
        wit::ColumnData {
            items: wit::Series {
                values,
                validity: &self.validity.bits,
            },
            lists: self.lists.as_ref().map(|(ends, validity)| wit::Lists {
                ends,
                validity: &validity.bits,
            }),
        }
    }
}

impl Values {
    fn new(kind: ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::Text | ColumnKind::Url | ColumnKind::Json => Self::Texts {
                joined: String::with_capacity(rows * 16),
                ends: Vec::with_capacity(rows),
                json: kind == ColumnKind::Json,
            },
            ColumnKind::Integer => Self::Integers(Vec::with_capacity(rows)),
            ColumnKind::Number => Self::Numbers(Vec::with_capacity(rows)),
            ColumnKind::Boolean => Self::Booleans(Vec::with_capacity(rows)),
            ColumnKind::Datetime => Self::Datetimes(Vec::with_capacity(rows)),
        }
    }

    /// Adds a place; whether there is a value at it.
    fn push(&mut self, value: &Value) -> bool {
        match self {
            Self::Texts { joined, ends, json } => {
                match value {
                    Value::Text(text) if *json => joined.push_str(&serde_json::Value::from(text.as_str()).to_string()),
                    Value::Text(text) => joined.push_str(text),
                    Value::Json(value) => joined.push_str(&value.to_string()),
                    _ => {}
                }
                ends.push(joined.len() as u32);
                matches!(value, Value::Text(_) | Value::Json(_))
            }
            Self::Integers(values) => {
                let Value::Integer(value) = value else {
                    return push_null(values);
                };
                values.push(*value);
                true
            }
            Self::Numbers(values) => {
                let Value::Number(value) = value else {
                    return push_null(values);
                };
                values.push(*value);
                true
            }
            Self::Booleans(values) => {
                let Value::Boolean(value) = value else {
                    return push_null(values);
                };
                values.push(*value);
                true
            }
            Self::Datetimes(values) => {
                let Value::Datetime(value) = value else {
                    return push_null(values);
                };
                values.push(value.as_microsecond());
                true
            }
        }
    }
}

fn push_null<T: Default>(values: &mut Vec<T>) -> bool {
    values.push(T::default());
    false
}

impl Validity {
    fn push(&mut self, valid: bool) {
        let at = self.places;
        self.places += 1;
        if self.bits.is_empty() {
            if valid {
                return;
            }
            self.bits = vec![0xff; at / 8 + 1];
            // The bits past the last place say nothing and are kept clear.
            self.bits[at / 8] = (1 << (at % 8)) - 1;
            return;
        }
        if at / 8 == self.bits.len() {
            self.bits.push(0);
        }
        if valid {
            self.bits[at / 8] |= 1 << (at % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Validity;

    #[test]
    fn validity_is_empty_until_a_null_comes() {
        for (places, bits) in [
            (vec![true; 20], vec![]),
            (vec![false], vec![0b0]),
            (vec![true, false, true], vec![0b101]),
            ([vec![true; 8], vec![false, true]].concat(), vec![0xff, 0b10]),
            ([vec![true; 7], vec![false], vec![true]].concat(), vec![0x7f, 0b1]),
        ] {
            let mut validity = Validity::default();
            for valid in &places {
                validity.push(*valid);
            }
            assert_eq!(validity.bits, bits, "{places:?}");
        }
    }
}
