//! Values as places in a dictionary, where that pays.
//!
//! A column that repeats its values (a category, a flag, a day) takes a fraction of its size so, and less time than
//! compressing the repetitions. One whose values differ is given up on early: after about two thousand of them.
//! Dictionaries stay under a megabyte, because a reader holds them whole.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use polars_arrow::array::{Array, BinaryArray, DictionaryArray, PrimitiveArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::offset::Offsets;
use snowscrape_plugin_sdk::ExportError;

/// What a dictionary's values take at most.
const MAX_BYTES: usize = 1 << 20;
/// So many different values are waited for before the share of them says anything.
const PATIENCE: usize = 1_024;

/// The array with its values in a dictionary; none where that does not pay.
pub(crate) fn dictionary_of(array: &dyn Array) -> Result<Option<Box<dyn Array>>, ExportError> {
    if let Some(array) = array.as_any().downcast_ref::<BinaryArray<i64>>() {
        // Each value has its length before it, four bytes.
        let Some((keys, values)) = places(array.iter(), |text| text.len() + 4) else {
            return Ok(None);
        };
        let mut lengths = Offsets::<i64>::new();
        lengths
            .try_extend_from_lengths(values.iter().map(|value| value.len()))
            .map_err(failed)?;
        let values = BinaryArray::<i64>::try_new(array.dtype().clone(), lengths.into(), values.concat().into(), None);
        return with_keys(keys, array, values.map_err(failed)?.boxed());
    }
    if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() {
        let Some((keys, values)) = places(array.iter().map(Option::<&i64>::copied), |_| 8) else {
            return Ok(None);
        };
        let values = PrimitiveArray::try_new(array.dtype().clone(), values.into(), None);
        return with_keys(keys, array, values.map_err(failed)?.boxed());
    }
    if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<f64>>() {
        // By their bits, so that the two zeros stay two.
        let bits = array.iter().map(|value| value.map(|value| value.to_bits()));
        let Some((keys, values)) = places(bits, |_| 8) else {
            return Ok(None);
        };
        let values: Vec<f64> = values.into_iter().map(f64::from_bits).collect();
        let values = PrimitiveArray::try_new(array.dtype().clone(), values.into(), None);
        return with_keys(keys, array, values.map_err(failed)?.boxed());
    }
    Ok(None)
}

fn with_keys(keys: Vec<u32>, array: &dyn Array, values: Box<dyn Array>) -> Result<Option<Box<dyn Array>>, ExportError> {
    let keys =
        PrimitiveArray::try_new(ArrowDataType::UInt32, keys.into(), array.validity().cloned()).map_err(failed)?;
    let array = DictionaryArray::try_from_keys(keys, values, false).map_err(failed)?;
    Ok(Some(array.boxed()))
}

/// For each place that of its value among the different values, and these in the order of their first place.
fn places<V: Hash + Eq + Copy>(
    values: impl Iterator<Item = Option<V>>,
    bytes: impl Fn(V) -> usize,
) -> Option<(Vec<u32>, Vec<V>)> {
    let mut seen: HashMap<V, u32> = HashMap::new();
    let mut different: Vec<V> = Vec::new();
    let mut keys = Vec::with_capacity(values.size_hint().0);
    let mut taken = 0;
    let mut present = 0;
    for value in values {
        let Some(value) = value else {
            keys.push(0);
            continue;
        };
        present += 1;
        let key = match seen.entry(value) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                taken += bytes(value);
                let key = different.len() as u32;
                if taken > MAX_BYTES || different.len() > PATIENCE + present / 2 {
                    return None;
                }
                different.push(value);
                *entry.insert(key)
            }
        };
        keys.push(key);
    }
    // On the average a value has to be there twice, or the places take what the repetitions would.
    (present > 0 && different.len() <= present / 2).then_some((keys, different))
}

fn failed(error: impl std::fmt::Display) -> ExportError {
    ExportError::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, PATIENCE, places};

    #[test]
    fn a_dictionary_is_made_where_values_repeat() {
        let check = |values: Vec<Option<usize>>, bytes: usize, different: Option<usize>| {
            let made = places(values.iter().copied(), |_| bytes);
            assert_eq!(
                made.as_ref().map(|(_, values)| values.len()),
                different,
                "{:?}",
                values.get(..9)
            );
            if let Some((keys, different)) = made {
                assert_eq!(keys.len(), values.len());
                let each = values.iter().zip(keys);
                assert!(
                    each.into_iter()
                        .all(|(value, key)| value.is_none_or(|value| different[key as usize] == value))
                );
            }
        };
        let twice = |different: usize| (0..2 * different).map(|at| Some(at % different)).collect::<Vec<_>>();
        check(vec![], 1, None);
        check(vec![None, None], 1, None);
        check(vec![None, Some(7), None, Some(7)], 1, Some(1));
        check(vec![Some(7), None, None, None], 1, None);
        check(vec![Some(7), Some(8), Some(7)], 1, None);
        check(twice(4), MAX_BYTES / 4, Some(4));
        check(twice(4), MAX_BYTES / 4 + 1, None);
        // It is given up on when more than half are different, and some more.
        check(twice(2 * PATIENCE + 2), 1, Some(2 * PATIENCE + 2));
        check(twice(2 * PATIENCE + 3), 1, None);
    }
}
