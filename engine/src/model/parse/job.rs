//! Reads a whole definition.

use serde_json::Value;

use super::limits::{budget, concurrency, rate_limit, retention};
use super::links::{follow, pagination, rows_from};
use super::proxy::proxy_config;
use super::query::{item, queries};
use super::reader::{Faults, Node};
use super::render::render_config;
use super::request::request;
use super::schedule::schedule;
use crate::model::{
    Budget, Concurrency, FieldError, Job, OnPluginError, QueryTypes, RateLimit, Request, Retention, SourceType,
};
use crate::source::SourcePattern;

/// The longest name of a job, in characters.
const MAX_NAME: usize = 256;

impl Job {
    /// Reads a definition, as `POST /jobs` takes it. An error is all its faults, in the order of the job's fields.
    pub fn parse(definition: &Value, query_types: &dyn QueryTypes) -> Result<Self, Vec<FieldError>> {
        let faults = Faults::default();
        let node = Node {
            path: String::new(),
            value: definition,
            faults: &faults,
        };
        let job = job(&node, query_types);
        let faults = faults.into_vec();
        match job {
            Some(job) if faults.is_empty() => Ok(job),
            _ => Err(faults),
        }
    }

    /// [`Job::parse`] from text. JSON that is malformed is one fault at `body`, with its line and column.
    pub fn from_text(text: &str, query_types: &dyn QueryTypes) -> Result<Self, Vec<FieldError>> {
        // Some editors begin a file with a byte order mark, which JSON does not know.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let definition: Value = serde_json::from_str(text)
            .map_err(|error| vec![FieldError::new("body", format!("must be JSON: {error}"))])?;
        Self::parse(&definition, query_types)
    }
}

fn job(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Job> {
    let mut object = node.object()?;
    let name = object.require("name", name);
    let source = object.require("source", |node| node.good(SourcePattern::parse(node.text()?)));
    let source_type = object.read_or("source_type", SourceType::default(), Node::choice);
    let source_column = object.read("source_column", |node| match source_type {
        SourceType::Csv => node.some_text().map(str::to_owned),
        _ => node.fault("only has a meaning with `source_type` csv"),
    });
    let urls = object
        .get("urls")
        .map(|node| node.list(Node::page_url))
        .unwrap_or_default();
    let rate_limit = object.read_or("rate_limit", RateLimit::default(), rate_limit);
    let concurrency = object.read_or("concurrency", Concurrency::default(), concurrency);
    let item = object.read("item", |node| item(node, query_types));
    let queries = object.require("queries", |node| queries(node, query_types));
    let pagination = object.read("pagination", |node| pagination(node, query_types));
    let follow = object
        .get("follow")
        .map(|node| node.list(|node| follow(node, query_types)))
        .unwrap_or_default();
    let rows_from = object.read("rows_from", rows_from);
    let request = object.read_or("request", Request::default(), request);
    let scheduling = object.read("scheduling", schedule);
    let render_config = object.read("render_config", render_config);
    let proxy_config = object.read("proxy_config", proxy_config);
    let budget = object.read_or("budget", Budget::default(), budget);
    let retention = object.read_or("retention", Retention::default(), retention);
    let on_plugin_error = object.read_or("on_plugin_error", OnPluginError::default(), Node::choice);
    object.finish();
    Some(Job {
        name: name?,
        source: source?,
        source_type,
        source_column,
        urls,
        rate_limit,
        concurrency,
        item,
        queries: queries?,
        pagination,
        follow,
        rows_from,
        request,
        scheduling,
        render_config,
        proxy_config,
        budget,
        retention,
        on_plugin_error,
    })
}

fn name(node: &Node<'_>) -> Option<String> {
    let name = node.text_within(1..=MAX_NAME)?;
    if name.trim().is_empty() {
        node.fault("must not be only white space")
    } else {
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::parse::testing::{BuiltIn, check_field, parse};

    #[test]
    fn simple_fields() {
        check_field("name", json!("x".repeat(256)), &[]);
        check_field(
            "name",
            json!("x".repeat(257)),
            &["name: Must be 1 to 256 characters long, found 257"],
        );
        check_field("name", json!(""), &["name: Must be 1 to 256 characters long, found 0"]);
        check_field("name", json!(" \t"), &["name: Must not be only white space"]);
        check_field("name", json!(null), &["name: Is required"]);
        check_field("name", json!(7), &["name: Must be text, found a number"]);
        check_field("source", json!("https://a.example/[1-100000]"), &[]);
        check_field(
            "source",
            json!("https://a.example/[1-100001]"),
            &[
                "source: Names 100001 URLs, more than the 100000 that a job may have: narrow its ranges or split the job",
            ],
        );
        check_field(
            "source",
            json!("shop.example"),
            &[
                "source: Must be an http or https URL like `https://shop.example/products`, but `shop.example` is not one: relative URL without a base",
            ],
        );
        check_field(
            "source",
            json!(["https://a.example"]),
            &["source: Must be text, found a list"],
        );
        check_field("source_type", json!("sitemap"), &[]);
        check_field(
            "source_type",
            json!("xml"),
            &["source_type: Must be one of: page, sitemap, csv, list"],
        );
        check_field(
            "source_column",
            json!("url"),
            &["source_column: Only has a meaning with `source_type` csv"],
        );
        check_field("urls", json!(["http://a.example/", "https://b.example/x"]), &[]);
        check_field(
            "urls",
            json!(["http://a.example/", "ftp://b.example/x", 1]),
            &[
                "urls[1]: Must begin with http:// or https://, but `ftp://b.example/x` does not",
                "urls[2]: Must be text, found a number",
            ],
        );
        check_field("on_plugin_error", json!("fail_run"), &[]);
        check_field(
            "on_plugin_error",
            json!("ignore"),
            &["on_plugin_error: Must be one of: fail_page, fail_run"],
        );
        check_field(
            "rate_limt",
            json!(5),
            &["rate_limt: Unknown field, did you mean `rate_limit`?"],
        );
        check_field(
            "sourceType",
            json!("page"),
            &["sourceType: Unknown field, did you mean `source_type`?"],
        );
        let column = parse(&json!({"source_type": "csv", "source_column": "url"}))
            .expect("a job")
            .source_column;
        assert_eq!(column.as_deref(), Some("url"));
    }

    #[test]
    fn what_is_no_definition() {
        fn check(text: &str, expected: &[&str]) {
            let faults = Job::from_text(text, &BuiltIn::new()).expect_err(text);
            assert_eq!(
                faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
        check(
            "",
            &["body: Must be JSON: EOF while parsing a value at line 1 column 0"],
        );
        check(
            "{\n  \"name\": x}",
            &["body: Must be JSON: expected value at line 2 column 11"],
        );
        check("[]", &["body: Must be an object, found a list"]);
        check("null", &["body: Must be an object, found null"]);
        check(
            "{}",
            &["name: Is required", "source: Is required", "queries: Is required"],
        );
        check(
            "\u{feff}{}",
            &["name: Is required", "source: Is required", "queries: Is required"],
        );
        check(
            &"[".repeat(100_000),
            &["body: Must be JSON: recursion limit exceeded at line 1 column 128"],
        );
    }

    #[test]
    fn all_faults_at_once() {
        let faults = parse(&json!({
            "name": 1,
            "source": "nope",
            "rate_limit": 0,
            "queries": [{"name": "a", "type": "x", "query": "p"}, {"name": "A", "type": "css", "query": "{"}],
            "request": {"auth": {"username": "a"}, "attempts": 0},
            "scheduling": {"days": [9]},
            "wat": null,
        }));
        let paths: Vec<_> = faults
            .expect_err("faults")
            .into_iter()
            .map(|fault| fault.path)
            .collect();
        assert_eq!(
            paths,
            [
                "name",
                "source",
                "rate_limit",
                "queries[0].type",
                "queries[1].name",
                "queries[1].query",
                "request.auth.password",
                "request.attempts",
                "scheduling.days[0]",
                "wat",
            ]
        );
    }

    #[test]
    fn the_whole_of_it_is_read_and_written() {
        let definition = json!({
            "name": "Product prices",
            "source": "https://shop.example/products?page=[1-5]",
            "source_type": "page",
            "urls": ["https://shop.example/specials"],
            "rate_limit": 60,
            "concurrency": 4,
            "item": {"type": "css", "query": ".product"},
            "queries": [
                {"name": "title", "type": "xpath", "query": ".//h2/text()"},
                {"name": "price", "type": "css", "query": ".price::text", "match": "([0-9.,]+)", "as": "number"},
                {"name": "tags", "type": "css", "query": ".tag::text", "many": true},
                {"name": "about", "type": "css", "query": "p::text", "join": true, "join_separator": "\n"},
                {"name": "markup", "type": "xpath", "query": ".", "options": {"output": "html"}}
            ],
            "pagination": {"next": {"type": "css", "query": "a.next::attr(href)"}, "max_pages": 50},
            "follow": [{"links": {"type": "css", "query": "a.product::attr(href)"}, "depth": 1, "allow": ["/p/"], "deny": ["\\?print="], "same_host": true}],
            "rows_from": {"allow": ["/p/"], "deny": []},
            "request": {"method": "GET", "headers": {"Accept-Language": "en"}, "cookies": {}, "body": null, "auth": {"username": "me", "password": {"secret": "SHOP_PASSWORD"}},
                        "user_agent": null, "timeout_ms": 30000, "attempts": 4, "max_redirects": 10, "max_body_bytes": 33_554_432, "robots": "obey", "only_changed": false},
            "scheduling": {"days": [1, 2, 3, 4, 5], "hours": [9], "minutes": [0], "timezone": "Europe/Paris", "overlap": "skip", "missed": "once", "enabled": true},
            "render_config": {"enabled": true, "wait_strategy": "networkidle", "wait_for_selector": null, "wait_timeout_ms": 5000, "actions": [{"click": "#more"}, {"wait_ms": 200}],
                              "block_resources": ["image", "font"], "viewport": {"width": 1280, "height": 800}, "screenshot": false, "frames": false, "fallback_to_fetch": false},
            "proxy_config": {"enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US", "max_retries": 2, "fallback_to_direct": false},
            "budget": {"pages": 1000, "seconds": 3600, "bytes": 1_000_000_000, "rows": 100_000},
            "retention": {"runs": 20, "days": null},
            "on_plugin_error": "fail_page"
        });
        let job = Job::parse(&definition, &BuiltIn::new()).expect("a job");
        let written = serde_json::to_value(&job).expect("JSON");
        insta::assert_json_snapshot!(written);
        assert_eq!(Job::parse(&written, &BuiltIn::new()).expect("a job"), job);
    }

    #[test]
    fn the_smallest_one_shows_its_defaults() {
        insta::assert_json_snapshot!(serde_json::to_value(parse(&json!({})).expect("a job")).expect("JSON"));
    }

    #[test]
    fn the_reference_example_is_a_job() {
        let fields = json!({
            "rate_limit": 10,
            "queries": [
                {"name": "title", "type": "xpath", "query": "//h1[@class='product-title']/text()"},
                {"name": "price", "type": "css", "query": ".price-value::text"}
            ],
            "scheduling": {"days": [1, 2, 3, 4, 5], "hours": [9], "minutes": [0]},
            "render_config": {"enabled": true, "wait_strategy": "networkidle", "wait_timeout_ms": 5000},
            "proxy_config": {"enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US"}
        });
        assert_eq!(parse(&fields).expect("a job").queries.len(), 2);
    }
}
