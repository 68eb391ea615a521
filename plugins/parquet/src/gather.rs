//! Batches gathered into the columns of a row group.
//!
//! A batch's flat columns have Arrow's layout, so they are appended whole and not cell by cell. That a batch fits its
//! columns is checked here: an array over places that are not there would be wrong rows in the file.

use polars_arrow::array::{Array, BinaryArray, BooleanArray, PrimitiveArray};
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_arrow::offset::OffsetsBuffer;
use snowscrape_plugin_sdk::{Batch, Column, ColumnData, ColumnType, ExportError, Lists, Series, Texts, Values};

use crate::schema::item_type;

/// The rows of a row group, column by column.
pub(crate) struct Gathered {
    pub(crate) columns: Vec<GatheredColumn>,
    pub(crate) rows: usize,
    /// What the values take, about.
    pub(crate) bytes: usize,
}

/// One column of a row group.
pub(crate) struct GatheredColumn {
    column_type: ColumnType,
    values: GatheredValues,
    validity: Validity,
    lists: Option<Ends>,
}

enum GatheredValues {
    Texts { joined: Vec<u8>, ends: Vec<i64> },
    Words(Vec<i64>),
    Numbers(Vec<f64>),
    Booleans(BitmapBuilder),
}

/// The lists of a column: where each begins and ends among the items, and which are not null.
pub(crate) struct ListEnds {
    pub(crate) offsets: OffsetsBuffer<i64>,
    pub(crate) validity: Option<Bitmap>,
}

/// [`ListEnds`] as they are gathered.
struct Ends {
    offsets: Vec<i64>,
    validity: Validity,
}

/// Which places are not null; without bits while all are there.
#[derive(Default)]
struct Validity {
    bits: Option<BitmapBuilder>,
    places: usize,
}

impl Gathered {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.iter().map(GatheredColumn::new).collect(),
            rows: 0,
            bytes: 0,
        }
    }

    /// What the values of a batch would add to `bytes`.
    pub(crate) fn bytes_of(batch: &Batch) -> usize {
        let of_column = |column: &ColumnData| {
            let values = match &column.items.values {
                Values::Texts(texts) => texts.joined.len() + 8 * texts.ends.len(),
                Values::Integers(values) | Values::Datetimes(values) => 8 * values.len(),
                Values::Numbers(values) => 8 * values.len(),
                Values::Booleans(values) => values.len(),
            };
            values + column.lists.as_ref().map_or(0, |lists| 8 * lists.ends.len())
        };
        batch.columns.iter().map(of_column).sum()
    }

    /// Adds a batch's rows.
    pub(crate) fn append(&mut self, batch: Batch) -> Result<(), ExportError> {
        let rows = batch.rows as usize;
        if batch.columns.len() != self.columns.len() {
            return Err(misfit("has another number of columns than the writer was opened with"));
        }
        self.bytes += Self::bytes_of(&batch);
        self.rows += rows;
        for (column, data) in self.columns.iter_mut().zip(batch.columns) {
            column.append(&data, rows)?;
        }
        Ok(())
    }
}

impl GatheredColumn {
    fn new(column: &Column) -> Self {
        let values = match column.column_type {
            ColumnType::Text | ColumnType::Url | ColumnType::Json => GatheredValues::Texts {
                joined: Vec::new(),
                ends: vec![0],
            },
            ColumnType::Integer | ColumnType::Datetime => GatheredValues::Words(Vec::new()),
            ColumnType::Number => GatheredValues::Numbers(Vec::new()),
            ColumnType::Boolean => GatheredValues::Booleans(BitmapBuilder::new()),
        };
        Self {
            column_type: column.column_type,
            values,
            validity: Validity::default(),
            lists: column.many.then(|| Ends {
                offsets: vec![0],
                validity: Validity::default(),
            }),
        }
    }

    fn append(&mut self, data: &ColumnData, rows: usize) -> Result<(), ExportError> {
        let items = match (&mut self.lists, &data.lists) {
            (None, None) => rows,
            (Some(gathered), Some(lists)) => gathered.append(lists, rows)?,
            _ => return Err(misfit("has lists where a column has none, or none where it has")),
        };
        let Series { values, validity } = &data.items;
        let places = match (&mut self.values, values) {
            (GatheredValues::Texts { joined, ends }, Values::Texts(texts)) => append_texts(joined, ends, texts)?,
            (GatheredValues::Words(words), Values::Integers(values) | Values::Datetimes(values)) => {
                words.extend_from_slice(values);
                values.len()
            }
            (GatheredValues::Numbers(numbers), Values::Numbers(values)) => {
                numbers.extend_from_slice(values);
                values.len()
            }
            (GatheredValues::Booleans(bits), Values::Booleans(values)) => {
                bits.reserve(values.len());
                for value in values {
                    bits.push(*value);
                }
                values.len()
            }
            _ => return Err(misfit("has values of another type than their column's")),
        };
        if places != items {
            return Err(misfit("has more or fewer values than rows or list items"));
        }
        self.validity.append(validity, places)
    }

    /// The column's values as an Arrow array, and where they are items of lists the lists.
    pub(crate) fn into_arrow(self) -> Result<(Box<dyn Array>, Option<ListEnds>), ExportError> {
        let dtype = item_type(self.column_type);
        let validity = self.validity.into_bitmap();
        let items = match self.values {
            GatheredValues::Texts { joined, ends } => {
                let offsets = OffsetsBuffer::try_from(ends).map_err(failed)?;
                BinaryArray::<i64>::try_new(dtype, offsets, joined.into(), validity).map(BinaryArray::boxed)
            }
            GatheredValues::Words(words) => {
                PrimitiveArray::try_new(dtype, words.into(), validity).map(PrimitiveArray::boxed)
            }
            GatheredValues::Numbers(numbers) => {
                PrimitiveArray::try_new(dtype, numbers.into(), validity).map(PrimitiveArray::boxed)
            }
            GatheredValues::Booleans(bits) => {
                BooleanArray::try_new(dtype, bits.freeze(), validity).map(BooleanArray::boxed)
            }
        };
        let lists = match self.lists {
            None => None,
            Some(Ends { offsets, validity }) => Some(ListEnds {
                offsets: OffsetsBuffer::try_from(offsets).map_err(failed)?,
                validity: validity.into_bitmap(),
            }),
        };
        Ok((items.map_err(failed)?, lists))
    }
}

impl Ends {
    /// Adds the lists of a batch; how many items they have.
    fn append(&mut self, lists: &Lists, rows: usize) -> Result<usize, ExportError> {
        if lists.ends.len() != rows || !lists.ends.is_sorted() {
            return Err(misfit(
                "has lists that end out of order, or more or fewer lists than rows",
            ));
        }
        extend_ends(&mut self.offsets, &lists.ends);
        self.validity.append(&lists.validity, rows)?;
        Ok(lists.ends.last().map_or(0, |end| *end as usize))
    }
}

impl Validity {
    fn append(&mut self, bits: &[u8], places: usize) -> Result<(), ExportError> {
        let before = self.places;
        self.places += places;
        if bits.is_empty() {
            if let Some(gathered) = &mut self.bits {
                gathered.extend_constant(places, true);
            }
            return Ok(());
        }
        if bits.len() < places.div_ceil(8) {
            return Err(misfit("marks nulls at fewer places than there are"));
        }
        let gathered = self.bits.get_or_insert_with(|| {
            let mut gathered = BitmapBuilder::new();
            gathered.extend_constant(before, true);
            gathered
        });
        gathered.extend_from_slice(bits, 0, places);
        Ok(())
    }

    fn into_bitmap(self) -> Option<Bitmap> {
        self.bits.and_then(BitmapBuilder::into_opt_validity)
    }
}

fn append_texts(joined: &mut Vec<u8>, ends: &mut Vec<i64>, texts: &Texts) -> Result<usize, ExportError> {
    let fits = texts.ends.last().map_or(0, |end| *end as usize) == texts.joined.len()
        && texts.ends.is_sorted()
        && texts
            .ends
            .iter()
            .all(|end| texts.joined.is_char_boundary(*end as usize));
    if !fits {
        return Err(misfit("has texts that end out of order or within a character"));
    }
    joined.extend_from_slice(texts.joined.as_bytes());
    extend_ends(ends, &texts.ends);
    Ok(texts.ends.len())
}

/// Adds a batch's ends, which begin at zero, after those that were gathered.
fn extend_ends(gathered: &mut Vec<i64>, ends: &[u32]) {
    let before = gathered.last().copied().unwrap_or(0);
    gathered.extend(ends.iter().map(|end| before + i64::from(*end)));
}

fn misfit(what: &str) -> ExportError {
    ExportError::Other(format!("a batch {what}: this is a fault of the host"))
}

fn failed(error: impl std::fmt::Display) -> ExportError {
    ExportError::Other(error.to_string())
}
