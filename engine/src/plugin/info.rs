//! What components say of themselves, in the model's words, checked once when they are loaded.

use std::collections::HashSet;

use super::bindings::exporter::exports::snowscrape::plugin::exporting;
use super::bindings::extractor::exports::snowscrape::plugin::extracting;
use super::bindings::extractor::snowscrape::plugin::types;
use super::error::LoadError;
use crate::model::{OptionKind, OptionSpec, OptionValue};

/// Who an extractor is and what it serves.
#[derive(Clone, Debug)]
pub struct ExtractorInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The query types that it serves.
    pub query_types: Vec<QueryTypeInfo>,
}

/// A type of query.
#[derive(Clone, Debug)]
pub struct QueryTypeInfo {
    /// The name in `queries[].type`.
    pub name: String,
    /// One sentence about it.
    pub description: String,
    /// How it reads a page.
    pub input: InputKind,
    /// Whether it answers JSON.
    pub structured: bool,
    /// Whether it can be an item.
    pub item: bool,
    /// The options it takes.
    pub options: Vec<OptionSpec>,
}

/// How a query type reads a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// As decoded text.
    Text,
    /// As the bytes that came.
    Bytes,
}

/// Who an exporter is and what it writes.
#[derive(Clone, Debug)]
pub struct ExporterInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The name in `format=`.
    pub format: String,
    /// Without a dot.
    pub file_extension: String,
    /// Such as `text/csv; charset=utf-8`.
    pub media_type: String,
    /// One sentence about it.
    pub description: String,
    /// The options it takes.
    pub options: Vec<OptionSpec>,
    /// Values of options that make another kind of file.
    pub variants: Vec<FileVariant>,
}

/// What kind of file an option's value makes.
#[derive(Clone, Debug)]
pub struct FileVariant {
    /// The option.
    pub option: String,
    /// Its value.
    pub value: OptionValue,
    /// Without a dot.
    pub file_extension: String,
    /// Such as `application/x-ndjson`.
    pub media_type: String,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind<'a> {
    /// Without a dot.
    pub extension: &'a str,
    /// With a charset where that says something.
    pub media_type: &'a str,
}

impl ExporterInfo {
    /// The kind of file that these options make.
    pub fn file_kind(&self, options: &[(String, OptionValue)]) -> FileKind<'_> {
        let given = |variant: &&FileVariant| {
            let mut options = options.iter();
            options.any(|(name, value)| *name == variant.option && *value == variant.value)
        };
        let variant = self.variants.iter().find(given);
        FileKind {
            extension: variant.map_or(&self.file_extension, |variant| &variant.file_extension),
            media_type: variant.map_or(&self.media_type, |variant| &variant.media_type),
        }
    }
}

impl ExtractorInfo {
    pub(crate) fn from_wit(info: extracting::ExtractorInfo) -> Result<Self, LoadError> {
        if info.query_types.is_empty() {
            return Err(LoadError::Description("it serves no query type".to_owned()));
        }
        let query_types = info
            .query_types
            .into_iter()
            .map(QueryTypeInfo::from_wit)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: identifier("name", info.name)?,
            version: label("version", info.version)?,
            query_types,
        })
    }
}

impl QueryTypeInfo {
    fn from_wit(info: extracting::QueryType) -> Result<Self, LoadError> {
        Ok(Self {
            name: identifier("query type", info.name)?,
            description: info.description,
            input: match info.input {
                extracting::InputKind::Text => InputKind::Text,
                extracting::InputKind::Bytes => InputKind::Bytes,
            },
            structured: matches!(info.matches, extracting::MatchKind::Structured),
            item: info.item,
            options: options(info.options)?,
        })
    }
}

impl ExporterInfo {
    /// What no option may be called: a download takes parameters of these names whatever the format.
    pub const RESERVED: [&'static str; 4] = ["format", "run", "columns", "meta"];

    pub(crate) fn from_wit(info: exporting::ExporterInfo) -> Result<Self, LoadError> {
        Ok(Self {
            name: identifier("name", info.name)?,
            version: label("version", info.version)?,
            format: identifier("format", info.format)?,
            file_extension: identifier("file extension", info.file_extension)?,
            media_type: label("media type", info.media_type)?,
            description: info.description,
            options: unreserved(options(info.options)?)?,
            variants: info
                .variants
                .into_iter()
                .map(FileVariant::from_wit)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl FileVariant {
    fn from_wit(variant: exporting::FileVariant) -> Result<Self, LoadError> {
        Ok(Self {
            option: identifier("option", variant.name)?,
            value: option_value(variant.value),
            file_extension: identifier("file extension", variant.file_extension)?,
            media_type: label("media type", variant.media_type)?,
        })
    }
}

fn unreserved(options: Vec<OptionSpec>) -> Result<Vec<OptionSpec>, LoadError> {
    let reserved = |option: &&OptionSpec| ExporterInfo::RESERVED.contains(&option.name.as_str());
    match options.iter().find(reserved) {
        None => Ok(options),
        Some(option) => Err(LoadError::Description(format!(
            "an option is called `{}`, as a parameter of every download is",
            option.name
        ))),
    }
}

fn options(specs: Vec<types::OptionSpec>) -> Result<Vec<OptionSpec>, LoadError> {
    let options: Vec<_> = specs
        .into_iter()
        .map(|spec| {
            Ok(OptionSpec {
                name: identifier("option", spec.name)?,
                kind: match spec.kind {
                    types::OptionKind::Text => OptionKind::Text,
                    types::OptionKind::Boolean => OptionKind::Boolean,
                    types::OptionKind::Integer => OptionKind::Integer,
                    types::OptionKind::Number => OptionKind::Number,
                    types::OptionKind::Choice(words) => OptionKind::Choice(words),
                },
                default: spec.default.map(option_value),
                description: spec.description,
            })
        })
        .collect::<Result<_, LoadError>>()?;
    let mut names = HashSet::new();
    match options.iter().find(|option| !names.insert(&option.name)) {
        None => Ok(options),
        Some(option) => Err(LoadError::Description(format!(
            "two options are called `{}`",
            option.name
        ))),
    }
}

fn option_value(value: types::OptionValueResult) -> OptionValue {
    match value {
        types::OptionValueResult::Text(text) => OptionValue::Text(text),
        types::OptionValueResult::Boolean(value) => OptionValue::Boolean(value),
        types::OptionValueResult::Integer(value) => OptionValue::Integer(value),
        types::OptionValueResult::Number(value) => OptionValue::Number(value),
    }
}

/// Names end up in URLs, file names and messages, so they are of letters that need no escape anywhere.
fn identifier(what: &str, name: String) -> Result<String, LoadError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.') {
        Ok(name)
    } else {
        Err(LoadError::Description(format!(
            "the {what} `{}` is not 1 to 64 lower-case letters, digits, `-`, `_` and `.`",
            name.chars().take(80).collect::<String>().escape_debug()
        )))
    }
}

fn label(what: &str, text: String) -> Result<String, LoadError> {
    if (1..=128).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Ok(text)
    } else {
        Err(LoadError::Description(format!(
            "the {what} is not 1 to 128 printable ASCII characters"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str) -> types::OptionSpec {
        types::OptionSpec {
            name: name.to_owned(),
            kind: types::OptionKind::Boolean,
            default: None,
            description: String::new(),
        }
    }

    #[test]
    fn options_have_names_of_their_own() {
        let check = |names: &[&str], expected: Result<(), &str>| {
            let read = options(names.iter().map(|name| spec(name)).collect()).and_then(unreserved);
            let read = read.map(drop).map_err(|error| error.to_string());
            match expected {
                Ok(()) => assert_eq!(read, Ok(()), "{names:?}"),
                Err(part) => assert!(read.as_ref().is_err_and(|error| error.contains(part)), "{read:?}"),
            }
        };
        check(&["table", "bom"], Ok(()));
        check(&["bom", "table", "bom"], Err("two options are called `bom`"));
        for name in ExporterInfo::RESERVED {
            check(&["bom", name], Err(&format!("an option is called `{name}`")));
        }
    }

    #[test]
    fn names_need_no_escape() {
        for (name, fits) in [
            ("css", true),
            ("x-1_y.z", true),
            ("", false),
            ("CSS", false),
            (".a", false),
            ("a/b", false),
            ("a b", false),
            ("ü", false),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
        ] {
            assert_eq!(identifier("name", name.to_owned()).is_ok(), fits, "{name}");
        }
        for (text, fits) in [
            ("1.0 beta", true),
            ("a\nb", false),
            ("", false),
            (&"a".repeat(128), true),
            (&"a".repeat(129), false),
        ] {
            assert_eq!(label("version", text.to_owned()).is_ok(), fits, "{text}");
        }
    }
}
