//! The names of columns in one parameter.

use csv::{ReaderBuilder, StringRecord};
use poem_openapi::registry::MetaSchema;

use super::query::ParamValue;

/// Names of columns, in the order in which they are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnNames(pub(crate) Vec<String>);

/// They are a record of CSV, so that names with commas and quotes can be told.
impl ParamValue for ColumnNames {
    fn schema() -> MetaSchema {
        MetaSchema {
            min_length: Some(1),
            ..MetaSchema::new("string")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let (mut record, mut more) = (StringRecord::new(), StringRecord::new());
        match (reader.read_record(&mut record), reader.read_record(&mut more)) {
            (Ok(true), Ok(false)) => Ok(Self(record.iter().map(str::to_owned).collect())),
            _ => Err(
                "must be names of columns with commas between them; one with a comma in it goes in double quotes"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_a_record_of_csv() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let names = ColumnNames::parse(text).ok().map(|names| names.0);
            assert_eq!(
                names
                    .as_deref()
                    .map(|names| names.iter().map(String::as_str).collect::<Vec<_>>())
                    .as_deref(),
                expected,
                "{text:?}"
            );
        };
        check("a", Some(&["a"]));
        check("a,b c", Some(&["a", "b c"]));
        check(r#""a,b","c""d""#, Some(&["a,b", "c\"d"]));
        check("a,", Some(&["a", ""]));
        check("", None);
        check("a\nb", None);
    }
}
