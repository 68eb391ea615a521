//! Reads JSON values with their place, and keeps what is wrong with them.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::model::{ClosedSet, FieldError, Pattern};
use crate::source::parse_page_url;

/// The largest whole number that every JSON reader keeps exact (RFC 8259, section 6).
pub(super) const MAX_WHOLE: u64 = (1 << 53) - 1;

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<FieldError>>);

impl Faults {
    pub(super) fn add(&self, path: &str, message: impl Into<String>) {
        let path = if path.is_empty() { "body" } else { path };
        self.0.borrow_mut().push(FieldError::new(path, message));
    }

    pub(super) fn extend(&self, faults: Vec<FieldError>) {
        self.0.borrow_mut().extend(faults);
    }

    pub(super) fn into_vec(self) -> Vec<FieldError> {
        self.0.into_inner()
    }
}

/// A value of a definition and its place. What its methods answer with `None`, they have noted as a fault.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
    pub(super) faults: &'a Faults,
}

impl<'a> Node<'a> {
    /// Notes a fault of this value.
    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Option<T> {
        self.faults.add(&self.path, message);
        None
    }

    /// Notes that this value should be something else.
    pub(super) fn expected<T>(&self, what: impl Display) -> Option<T> {
        self.fault(format!("must be {what}, found {}", json_kind(self.value)))
    }

    /// Notes the fault of a result.
    pub(super) fn good<T>(&self, result: Result<T, impl Display>) -> Option<T> {
        result.map_or_else(|error| self.fault(error.to_string()), Some)
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.as_str().map_or_else(|| self.expected("text"), Some)
    }

    /// A text that is not empty.
    pub(super) fn some_text(&self) -> Option<&'a str> {
        let text = self.text()?;
        if text.is_empty() {
            self.fault("must not be empty")
        } else {
            Some(text)
        }
    }

    /// A text of so many characters.
    pub(super) fn text_within(&self, length: RangeInclusive<usize>) -> Option<&'a str> {
        let text = self.text()?;
        let found = text.chars().count();
        if length.contains(&found) {
            return Some(text);
        }
        self.fault(format!(
            "must be {} to {} characters long, found {found}",
            length.start(),
            length.end()
        ))
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        self.value
            .as_bool()
            .map_or_else(|| self.expected("true or false"), Some)
    }

    /// A whole number; `5.0` is one.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let what = || format!("a whole number from {} to {}", range.start(), range.end());
        let Value::Number(number) = self.value else {
            return self.expected(what());
        };
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && (0.0..=MAX_WHOLE as f64).contains(float));
        match number.as_u64().or(float.map(|float| float as u64)) {
            Some(whole) if range.contains(&whole) => Some(whole),
            _ => self.fault(format!("must be {}, found {number}", what())),
        }
    }

    /// [`Node::whole`] for a field of 32 bits.
    pub(super) fn whole32(&self, range: RangeInclusive<u32>) -> Option<u32> {
        self.whole(u64::from(*range.start())..=u64::from(*range.end()))
            .map(|whole| whole as u32)
    }

    pub(super) fn choice<T: ClosedSet>(&self) -> Option<T> {
        let text = self.text()?;
        T::from_name(text).map_or_else(|| self.one_of(T::ALL.iter().map(|value| value.as_str())), Some)
    }

    /// Notes that this value should be one of these words.
    pub(super) fn one_of<T>(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> Option<T> {
        let words: Vec<_> = words.into_iter().collect();
        let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
        self.fault(format!("Must be one of: {}", words.join(", ")))
    }

    pub(super) fn pattern(&self) -> Option<Pattern> {
        self.good(Pattern::parse(self.text()?))
    }

    pub(super) fn page_url(&self) -> Option<url::Url> {
        self.good(parse_page_url(self.text()?))
    }

    /// The members of a list; none if it is no list.
    pub(super) fn members(&self) -> Vec<Self> {
        let Value::Array(values) = self.value else {
            return self.expected("a list").unwrap_or_default();
        };
        let member = |(i, value)| Self {
            path: format!("{}[{i}]", self.path),
            value,
            faults: self.faults,
        };
        values.iter().enumerate().map(member).collect()
    }

    /// What `read` makes of each member of a list.
    pub(super) fn list<T>(&self, read: impl Fn(&Self) -> Option<T>) -> Vec<T> {
        self.members().iter().filter_map(read).collect()
    }

    /// The entries of an object whose names the user chooses; null is as absent.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let Value::Object(map) = self.value else {
            return self.expected("an object").unwrap_or_default();
        };
        let entry = |(name, value): (&'a String, &'a Value)| (name.as_str(), self.child(name, value));
        map.iter().filter(|(_, value)| !value.is_null()).map(entry).collect()
    }

    /// An object of fields that are known.
    pub(super) fn object(&self) -> Option<ObjectReader<'a>> {
        match self.value {
            Value::Object(map) => Some(ObjectReader {
                node: self.clone(),
                map,
                known: Vec::new(),
            }),
            _ => self.expected("an object"),
        }
    }

    fn child(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self {
            path,
            value,
            faults: self.faults,
        }
    }
}

/// An object that is read field by field, so that [`ObjectReader::finish`] knows which fields nobody asked for.
#[derive(Debug)]
pub(super) struct ObjectReader<'a> {
    pub(super) node: Node<'a>,
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> ObjectReader<'a> {
    /// The field, if it is there and not null.
    pub(super) fn get(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.known.push(name);
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        Some(self.node.child(name, value))
    }

    /// What `read` makes of the field; `None` where it is absent or at fault.
    pub(super) fn read<T>(&mut self, name: &'static str, read: impl FnOnce(&Node<'a>) -> Option<T>) -> Option<T> {
        self.get(name).and_then(|node| read(&node))
    }

    /// [`ObjectReader::read`] with a value for a field that is absent. One at fault gets it too: the job is refused
    /// anyway.
    pub(super) fn read_or<T>(
        &mut self,
        name: &'static str,
        default: T,
        read: impl FnOnce(&Node<'a>) -> Option<T>,
    ) -> T {
        self.read(name, read).unwrap_or(default)
    }

    /// [`ObjectReader::read`] for a field that must be there.
    pub(super) fn require<T>(&mut self, name: &'static str, read: impl FnOnce(&Node<'a>) -> Option<T>) -> Option<T> {
        let Some(node) = self.get(name) else {
            return self.node.child(name, &Value::Null).fault("is required");
        };
        read(&node)
    }

    /// Notes the fields that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.map.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let message = unknown_name("field", name, self.known.iter().copied());
            self.node.child(name, &Value::Null).fault::<()>(message);
        }
    }
}

/// What a JSON value is, in a message.
pub(in crate::model) fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The longest unknown name, in bytes, for which a near one is looked for: the work grows with its length.
const MAX_NEAR_NAME: usize = 64;

/// The message for a name that is not known: with the nearest known one where it is close, else with all of them.
pub(in crate::model) fn unknown_name<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("unknown {what}, did you mean `{near}`?");
    }
    match known.collect::<Vec<_>>() {
        known if known.is_empty() => format!("unknown {what}, there are none"),
        known => format!("unknown {what}, known ones: {}", known.join(", ")),
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NEAR_NAME {
        return None;
    }
    let lower = name.to_lowercase();
    let (distance, near) = known
        .map(|known| (strsim::damerau_levenshtein(&lower, known), known))
        .min()?;
    // One wrong letter in three is a slip of the pen, more is another word.
    (distance * 3 <= near.chars().count().max(3)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_get_the_nearest_known_one() {
        fn check(name: &str, expected: &str) {
            assert_eq!(
                unknown_name("field", name, ["rate_limit", "urls", "as"].into_iter()),
                expected
            );
        }
        check("rate_limt", "unknown field, did you mean `rate_limit`?");
        check("rateLimit", "unknown field, did you mean `rate_limit`?");
        check("url", "unknown field, did you mean `urls`?");
        check("URLS", "unknown field, did you mean `urls`?");
        check("sa", "unknown field, did you mean `as`?");
        check("speed", "unknown field, known ones: rate_limit, urls, as");
        check(&"x".repeat(65), "unknown field, known ones: rate_limit, urls, as");
        assert_eq!(
            unknown_name("option", "a", std::iter::empty()),
            "unknown option, there are none"
        );
    }
}
