//! One bracket group of a source: `[1-100]`, `[001-100]`, `[10-1]`, `[1-9:2]` or `[a,b,c]`.

use std::fmt::Write as _;

/// The values that one bracket group stands for, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// Whole numbers from `first` to `last`, upwards or downwards.
    Numbers {
        /// The first value.
        first: u128,
        /// The bound of the values; it is one of them only where the steps meet it.
        last: u128,
        /// The distance between two values, at least 1.
        step: u128,
        /// Values are filled up with zeros to this many digits; 0 where they are not.
        width: usize,
    },
    /// Texts as they were listed: two or more, none of them empty.
    Texts(Vec<String>),
}

impl Range {
    /// Reads what stands between the brackets; `None` if that is no valid range, so that the group is literal.
    ///
    /// - A bound with a leading zero pads: `[001-100]` gives `001`, and `[100-001]` gives `099`. The width is that of
    ///   the longer bound that has one, so `[01-100]` goes on from `99` to `100`.
    /// - White space around the texts of a list is dropped, since a URL has none; an empty one (`[a,,b]`, `[,]`), a step
    ///   of 0 and a number beyond 128 bits make the group literal.
    pub(super) fn parse(group: &str) -> Option<Self> {
        if group.contains(',') {
            let texts: Vec<String> = group.split(',').map(|text| text.trim().to_owned()).collect();
            return texts.iter().all(|text| !text.is_empty()).then_some(Self::Texts(texts));
        }
        let (bounds, step) = match group.split_once(':') {
            Some((bounds, step)) => (bounds, digits(step)?),
            None => (group, 1),
        };
        let (first, last) = bounds.split_once('-')?;
        let width = [first, last]
            .into_iter()
            .filter(|bound| bound.len() > 1 && bound.starts_with('0'));
        let width = width.map(str::len).max().unwrap_or(0);
        let (first, last) = (digits(first)?, digits(last)?);
        (step > 0).then_some(Self::Numbers {
            first,
            last,
            step,
            width,
        })
    }

    /// How many values there are: at least 1, and [`u128::MAX`] where they are that many or more.
    pub fn count(&self) -> u128 {
        match self {
            Self::Numbers { first, last, step, .. } => (first.abs_diff(*last) / step).saturating_add(1),
            Self::Texts(texts) => texts.len() as u128,
        }
    }

    /// Writes the value at `index` (from 0, below the count) to the end of `url`.
    pub(super) fn write(&self, index: u128, url: &mut String) {
        match self {
            Self::Numbers {
                first,
                last,
                step,
                width,
            } => {
                let distance = index * step;
                let value = if first <= last {
                    first + distance
                } else {
                    first - distance
                };
                write!(url, "{value:0width$}").expect("writing to a String does not fail");
            }
            Self::Texts(texts) => url.push_str(&texts[index as usize]),
        }
    }
}

fn digits(text: &str) -> Option<u128> {
    // The standard parser would take a sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(range: &Range) -> Vec<String> {
        let value = |index| {
            let mut text = String::new();
            range.write(index, &mut text);
            text
        };
        (0..range.count()).map(value).collect()
    }

    #[test]
    fn gives_its_values_in_order() {
        fn check(group: &str, expected: &[&str]) {
            let range = Range::parse(group).unwrap_or_else(|| panic!("[{group}] is a range"));
            assert_eq!(values(&range), expected, "[{group}]");
        }
        check("1-3", &["1", "2", "3"]);
        check("3-1", &["3", "2", "1"]);
        check("5-5", &["5"]);
        check("0-1", &["0", "1"]);
        check("1-9:2", &["1", "3", "5", "7", "9"]);
        check("1-9:5", &["1", "6"]);
        check("9-1:4", &["9", "5", "1"]);
        check("10-1:4", &["10", "6", "2"]);
        check("1-2:100", &["1"]);
        check("008-010", &["008", "009", "010"]);
        check("010-008", &["010", "009", "008"]);
        check("98-0100:2", &["0098", "0100"]);
        check("08-10", &["08", "09", "10"]);
        check("099-100", &["099", "100"]);
        check("a,b,c", &["a", "b", "c"]);
        check("a, b", &["a", "b"]);
        check("1-3,7", &["1-3", "7"]);
        check("é,日本", &["é", "日本"]);
    }

    #[test]
    fn leaves_what_is_no_range() {
        for group in [
            "",
            "a",
            "1",
            "-",
            "1-",
            "-1",
            "a-b",
            "1-b",
            "1-2:0",
            "1-2:",
            "1-2:x",
            "1--2",
            "+1-2",
            "1-2-3",
            "1 - 2",
            ",",
            "a,",
            ",a",
            "a,,b",
            "a, ,b",
            "::1",
            "1:2",
            "٣-٤",
            "0-999999999999999999999999999999999999999999",
        ] {
            assert_eq!(Range::parse(group), None, "[{group}]");
        }
    }

    #[test]
    fn counts_without_overflow() {
        let count = |group| Range::parse(group).map(|range| range.count());
        assert_eq!(count("0-340282366920938463463374607431768211455"), Some(u128::MAX));
        assert_eq!(count("1-340282366920938463463374607431768211455"), Some(u128::MAX));
        assert_eq!(
            count("340282366920938463463374607431768211455-0:340282366920938463463374607431768211455"),
            Some(2)
        );
        assert_eq!(count("1-1000000:10"), Some(100_000));
    }
}
