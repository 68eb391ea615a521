//! A column of a row group as compressed pages.

use polars_arrow::array::{Array, BinaryArray, ListArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::offset::OffsetsBuffer;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::error::{ParquetError, ParquetResult};
use polars_parquet::parquet::page::{CompressedPage, DataPage, DataPageHeader};
use polars_parquet::parquet::schema::types::ParquetType;
use polars_parquet::parquet::write::{Compressor, DynIter, DynStreamingIterator, Version};
use polars_parquet::write::{CompressionOptions, Encoding, Page, StatisticsOptions, WriteOptions, array_to_columns};

use crate::dictionary::dictionary_of;
use crate::gather::{GatheredColumn, ListEnds};
use crate::schema::list_of;

/// What a page's values take, about: readers hold whole pages.
const PAGE_BYTES: usize = 1 << 20;
/// To how many bytes the smallest and largest text of a page are cut: they are kept for the footer.
const BOUND_BYTES: usize = 64;
/// The last code point, which is no character: nothing of its length is above it.
const LAST: [u8; 4] = [0xf4, 0x8f, 0xbf, 0xbf];

/// The pages of one column of a row group.
pub(crate) type Pages = DynStreamingIterator<'static, CompressedPage, ParquetError>;

/// How pages are made. Data pages are of the first version, which every reader knows.
pub(crate) fn options(snappy: bool) -> WriteOptions {
    WriteOptions {
        statistics: StatisticsOptions {
            min_value: true,
            max_value: true,
            distinct_count: false,
            null_count: true,
            binary_statistics_truncate_length: Some(BOUND_BYTES as u64),
        },
        version: Version::V1,
        compression: if snappy {
            CompressionOptions::Snappy
        } else {
            CompressionOptions::Uncompressed
        },
        data_page_size: Some(PAGE_BYTES),
    }
}

/// The pages of a column, encoded and compressed one after another as they are asked for.
pub(crate) fn pages_of(column: GatheredColumn, file_type: ParquetType, options: WriteOptions) -> ParquetResult<Pages> {
    let (items, lists) = column.into_arrow().map_err(broken)?;
    let options = if has_short_bounds(items.as_ref()) {
        options
    } else {
        without_bounds(options)
    };
    let dictionary = dictionary_of(items.as_ref()).map_err(broken)?;
    let encoding = match (&dictionary, items.dtype()) {
        (Some(_), _) => Encoding::RleDictionary,
        // Identifiers and times are close to their neighbours: a quarter of the bytes that compressing alone leaves, in
        // the same time. Within lists polars-parquet writes them plain.
        (None, ArrowDataType::Int64 | ArrowDataType::Timestamp(..)) => Encoding::DeltaBinaryPacked,
        // Lengths apart from texts would save 2 %, and fewer readers know that.
        _ => Encoding::Plain,
    };
    let mut finishing = Finishing {
        row: 0,
        nulls: items.validity().cloned(),
        offsets: lists.as_ref().map(|lists| lists.offsets.clone()),
    };
    let items = dictionary.unwrap_or(items);
    let array = match lists {
        None => items,
        Some(ListEnds { offsets, validity }) => {
            ListArray::<i64>::try_new(list_of(items.dtype().clone()), offsets, items, validity)
                .map_err(broken)?
                .boxed()
        }
    };
    let pages = array_to_columns(array, file_type, options, &[encoding])
        .map_err(broken)?
        .pop()
        .ok_or_else(|| broken("a column has no pages"))?;
    let pages = pages.map(move |page| page.map_err(broken).map(|page| finishing.finish(page)));
    Ok(DynStreamingIterator::new(Compressor::new(
        DynIter::new(pages),
        options.compression,
        Vec::new(),
    )))
}

/// What polars-parquet leaves wrong in the statistics of pages.
struct Finishing {
    /// The row that the next page begins with.
    row: usize,
    nulls: Option<Bitmap>,
    offsets: Option<OffsetsBuffer<i64>>,
}

impl Finishing {
    fn finish(&mut self, page: Page) -> Page {
        let Page::Data(mut page) = page else { return page };
        let rows = page.num_rows().unwrap_or(0);
        let DataPageHeader::V1(mut header) = page.header().clone() else {
            return Page::Data(page);
        };
        if let Some(statistics) = &mut header.statistics {
            statistics.null_count = Some(self.nulls_of(rows));
            if let Some(max) = &mut statistics.max_value {
                shorten_max(max);
            }
        }
        self.row += rows;
        let buffer = CowBuffer::Owned(std::mem::take(page.buffer_mut()));
        Page::Data(DataPage::new(DataPageHeader::V1(header), buffer, page.descriptor, rows))
    }

    /// Each data page of a dictionary comes with the null count of all of them, which a reader would sum.
    fn nulls_of(&self, rows: usize) -> i64 {
        let Some(nulls) = &self.nulls else { return 0 };
        let (start, end) = (self.row, self.row + rows);
        let (start, end) = match &self.offsets {
            None => (start, end),
            Some(offsets) => (offsets[start] as usize, offsets[end] as usize),
        };
        i64::try_from(nulls.clone().sliced(start, end - start).unset_bits()).unwrap_or(i64::MAX)
    }
}

/// Whether every text of the array is below one that is as short as bounds are.
fn has_short_bounds(items: &dyn Array) -> bool {
    let Some(texts) = items.as_any().downcast_ref::<BinaryArray<i64>>() else {
        return true;
    };
    let is_unbounded = |text: &[u8]| text.len() > BOUND_BYTES && text[..BOUND_BYTES].chunks(4).all(|char| char == LAST);
    !texts.values_iter().any(is_unbounded)
}

/// No bounds for a whole column of a row group: its pages' are put together, and one that has none would be forgotten.
fn without_bounds(options: WriteOptions) -> WriteOptions {
    let statistics = StatisticsOptions {
        min_value: false,
        max_value: false,
        ..options.statistics
    };
    WriteOptions { statistics, ..options }
}

/// Makes a long upper bound short, where there is a short one. polars-parquet does it only where one of the first characters
/// has a successor of the same length, and a bound of a megabyte for each page would be kept until the footer.
fn shorten_max(max: &mut Vec<u8>) {
    if max.len() <= BOUND_BYTES {
        return;
    }
    let Ok(text) = std::str::from_utf8(max) else { return };
    let raised = text[..text.floor_char_boundary(BOUND_BYTES)]
        .char_indices()
        .rev()
        .find_map(|(at, char)| (char..=char::MAX).nth(1).map(|next| (at, next)));
    if let Some((at, next)) = raised {
        max.truncate(at);
        max.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn broken(error: impl std::fmt::Display) -> ParquetError {
    ParquetError::OutOfSpec(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{BOUND_BYTES, shorten_max};

    #[test]
    fn an_upper_bound_is_short_and_above() {
        let last = char::MAX.to_string();
        let check = |text: &str, bound: &str| {
            let mut max = text.as_bytes().to_vec();
            shorten_max(&mut max);
            assert_eq!(String::from_utf8(max).unwrap(), bound);
        };
        for as_it_is in [String::new(), "a".repeat(BOUND_BYTES), last.repeat(BOUND_BYTES / 4)] {
            check(&as_it_is, &as_it_is);
        }
        for (text, bound) in [
            ("a".repeat(65), "a".repeat(63) + "b"),
            ("\u{7f}".repeat(65), "\u{7f}".repeat(63) + "\u{80}"),
            // A surrogate is no character.
            ("\u{d7ff}".repeat(22), "\u{d7ff}".repeat(20) + "\u{e000}"),
            ("é".to_owned() + &last.repeat(17), "ê".to_owned()),
            (last.repeat(15) + "abcde", last.repeat(15) + "abce"),
        ] {
            check(&text, &bound);
        }
    }
}
