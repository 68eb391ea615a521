//! The component that writes JSON arrays and NDJSON.
