//! The component that writes JSON: an array of objects, or one object a line (NDJSON).
//!
//! Columns keep the order of the queries. A value keeps its type: numbers are numbers, lists are lists, a datetime is
//! RFC 3339 in UTC, structured values are nested as they are. A number that JSON cannot hold does not occur: the host
//! lets only finite ones through.
//!
//! # What readers cannot tell apart or hold
//!
//! | value | what becomes of it |
//! |---|---|
//! | datetime, URL | text: JSON has no types for them |
//! | integer beyond ±2^53 | exact in the file; readers that take every number for a double, such as JavaScript, round it |
//! | integers with nulls, or with numbers, in one column | pandas makes a column of floats of them |
//! | number under 2.2e-308 in size, integer beyond 64 bits in structured values | pandas' parser refuses the file |
//! | U+0000 and unpaired surrogates | U+0000 is escaped and kept; the others do not occur in texts |

mod writer;

use snowscrape_plugin_sdk::{
    Column, ExportError, Exporter, ExporterInfo, FileVariant, OptionKind, OptionSpec, OptionValue, RunInfo, Settings,
    export_exporter,
};

use writer::JsonWriter;

struct Json;

impl Exporter for Json {
    type Writer = JsonWriter;

    fn describe() -> ExporterInfo {
        ExporterInfo {
            name: "json".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: "json".to_owned(),
            file_extension: "json".to_owned(),
            media_type: "application/json".to_owned(),
            description: "An array of objects, one for each row.".to_owned(),
            options: vec![OptionSpec {
                name: "lines".to_owned(),
                kind: OptionKind::Boolean,
                default: Some(OptionValue::Boolean(false)),
                description: "One object a line without an array around them (NDJSON).".to_owned(),
            }],
            variants: vec![FileVariant {
                name: "lines".to_owned(),
                value: OptionValue::Boolean(true),
                file_extension: "ndjson".to_owned(),
                media_type: "application/x-ndjson".to_owned(),
            }],
        }
    }

    fn open(columns: Vec<Column>, settings: Settings, _: RunInfo) -> Result<JsonWriter, ExportError> {
        Ok(JsonWriter::new(&columns, settings.boolean("lines").unwrap_or(false)))
    }
}

export_exporter!(Json);
