//! Columns as Parquet types and as an Arrow schema.
//!
//! It says what is in a file; how values are encoded is `pages`' concern.

use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_parquet::parquet::error::ParquetResult;
use polars_parquet::parquet::metadata::SchemaDescriptor;
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::{
    GroupConvertedType, GroupLogicalType, ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType,
    TimeUnit as ParquetTimeUnit,
};
use snowscrape_plugin_sdk::{Column, ColumnType};

/// What Parquet calls the repeated group of a list and what is in it.
const LIST_GROUP: &str = "list";
const LIST_ITEM: &str = "element";

/// The types that a file declares.
pub(crate) fn declared(columns: &[Column]) -> ParquetResult<SchemaDescriptor> {
    let fields: ParquetResult<Vec<_>> = columns.iter().map(|column| parquet_type(column, true)).collect();
    Ok(SchemaDescriptor::new("schema".into(), fields?))
}

/// The type that a column's values are encoded by: as declared, save that JSON is a text, because the statistics of
/// texts are cut between characters and those of other bytes anywhere, which readers refuse as a text's bounds.
pub(crate) fn encoded(column: &Column) -> ParquetResult<ParquetType> {
    parquet_type(column, false)
}

fn parquet_type(column: &Column, json: bool) -> ParquetResult<ParquetType> {
    let leaf = |name: &str| {
        let (physical, converted, logical) = match column.column_type {
            ColumnType::Json if json => (
                PhysicalType::ByteArray,
                Some(PrimitiveConvertedType::Json),
                Some(PrimitiveLogicalType::Json),
            ),
            ColumnType::Text | ColumnType::Url | ColumnType::Json => (
                PhysicalType::ByteArray,
                Some(PrimitiveConvertedType::Utf8),
                Some(PrimitiveLogicalType::String),
            ),
            ColumnType::Integer => (PhysicalType::Int64, None, None),
            ColumnType::Number => (PhysicalType::Double, None, None),
            ColumnType::Boolean => (PhysicalType::Boolean, None, None),
            ColumnType::Datetime => (
                PhysicalType::Int64,
                // Readers from before logical types know UTC timestamps by this.
                Some(PrimitiveConvertedType::TimestampMicros),
                Some(PrimitiveLogicalType::Timestamp {
                    unit: ParquetTimeUnit::Microseconds,
                    is_adjusted_to_utc: true,
                }),
            ),
        };
        ParquetType::try_from_primitive(name.into(), physical, Repetition::Optional, converted, logical, None)
    };
    if !column.many {
        return leaf(&column.name);
    }
    let list = ParquetType::from_group(
        LIST_GROUP.into(),
        Repetition::Repeated,
        None,
        None,
        vec![leaf(LIST_ITEM)?],
        None,
    );
    Ok(ParquetType::from_group(
        column.name.as_str().into(),
        Repetition::Optional,
        Some(GroupConvertedType::List),
        Some(GroupLogicalType::List),
        vec![list],
        None,
    ))
}

/// The schema that Arrow's readers look for in the metadata: with it, pyarrow takes texts and lists with 64-bit offsets,
/// so that a column of lists may hold more than 2 GB, and polars takes JSON for text instead of bytes.
pub(crate) fn arrow(columns: &[Column]) -> ArrowSchema {
    let field = |column: &Column| {
        let dtype = match item_type(column.column_type) {
            // Values are gathered as bytes that are known to be UTF-8; readers want to hear that they are texts.
            ArrowDataType::LargeBinary => ArrowDataType::LargeUtf8,
            dtype => dtype,
        };
        let dtype = if column.many { list_of(dtype) } else { dtype };
        (
            column.name.as_str().into(),
            Field::new(column.name.as_str().into(), dtype, true),
        )
    };
    columns.iter().map(field).collect()
}

/// The Arrow type in which values are gathered.
pub(crate) fn item_type(column_type: ColumnType) -> ArrowDataType {
    match column_type {
        ColumnType::Text | ColumnType::Url | ColumnType::Json => ArrowDataType::LargeBinary,
        ColumnType::Integer => ArrowDataType::Int64,
        ColumnType::Number => ArrowDataType::Float64,
        ColumnType::Boolean => ArrowDataType::Boolean,
        ColumnType::Datetime => ArrowDataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The Arrow type of a list.
pub(crate) fn list_of(item: ArrowDataType) -> ArrowDataType {
    ArrowDataType::LargeList(Box::new(Field::new(LIST_ITEM.into(), item, true)))
}
