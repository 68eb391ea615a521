//! What a file says of its run: key-value pairs in the footer.

use polars_parquet::write::KeyValue;
use serde_json::{Map, Value, json};
use snowscrape_plugin_sdk::RunInfo;

/// Who wrote the file, in the form that Parquet's specification gives (`name version x`).
pub(crate) fn created_by() -> String {
    format!("snowscrape version {}", env!("CARGO_PKG_VERSION"))
}

/// What is known of the run; what is not known is left out.
pub(crate) fn of_run(run: &RunInfo) -> Vec<KeyValue> {
    let queries: Map<String, Value> = run
        .queries
        .iter()
        .map(|query| {
            (
                query.column.clone(),
                json!({ "type": query.query_type, "expression": query.expression }),
            )
        })
        .collect();
    [
        ("snowscrape.job", Some(run.job.clone())),
        ("snowscrape.run", run.run.clone()),
        ("snowscrape.started_at", run.started_at.clone()),
        ("snowscrape.finished_at", run.finished_at.clone()),
        ("snowscrape.queries", Some(Value::Object(queries).to_string())),
    ]
    .into_iter()
    .filter_map(|(key, value)| {
        value.map(|value| KeyValue {
            key: key.to_owned(),
            value: Some(value),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{ColumnQuery, RunInfo};

    use super::of_run;

    #[test]
    fn what_is_not_known_is_left_out() {
        let check = |run: Option<&str>, expected: &[(&str, &str)]| {
            let queries = [("b", "css"), ("a", "x\"path")];
            let run = RunInfo {
                job: "shop".into(),
                run: run.map(Into::into),
                started_at: run.map(Into::into),
                finished_at: None,
                queries: queries
                    .map(|(column, query_type)| ColumnQuery {
                        column: column.into(),
                        query_type: query_type.into(),
                        expression: "h1".into(),
                    })
                    .into(),
            };
            let pairs: Vec<_> = of_run(&run)
                .into_iter()
                .map(|pair| (pair.key, pair.value.unwrap()))
                .collect();
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            assert_eq!(pairs, expected);
        };
        let job = ("snowscrape.job", "shop");
        let queries = (
            "snowscrape.queries",
            r#"{"b":{"type":"css","expression":"h1"},"a":{"type":"x\"path","expression":"h1"}}"#,
        );
        check(None, &[job, queries]);
        check(
            Some("r1"),
            &[job, ("snowscrape.run", "r1"), ("snowscrape.started_at", "r1"), queries],
        );
    }
}
