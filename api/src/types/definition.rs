//! A job's definition, the body of `POST /jobs` and `PUT /jobs/{id}`, as the OpenAPI document shows it.
//!
//! What is here describes a definition and does not judge it: the body is parsed by the engine's `Job::parse`, which
//! finds all faults at once and knows what no schema can say, such as whether an expression is valid. Bounds, words and
//! defaults are that parser's, and the tests hold the two together. No code but the derives' reads the fields: they
//! make the schema of them, and the JSON of a definition that the engine wrote.
//!
//! The derives cannot say all of it. [`Optional`] says that a field may be null, and [`complete`] adds to the finished
//! document that there are no other fields, and which of them exclude each other.

mod described;
mod document;
mod limits;
mod links;
mod optional;
mod proxy;
mod query;
mod render;
mod request;
mod schedule;
mod secret;

use poem_openapi::Object;
use poem_openapi::registry::MetaSchema;
use poem_openapi::types::{Example, ParseFromJSON as _};
use serde_json::json;
use snowscrape_engine::model::{OnPluginError, SourceType};

pub(crate) use described::{Described, Form};
pub(crate) use document::complete;
pub(crate) use optional::Optional;
pub(crate) use query::{Query, Selector};
pub(crate) use request::RequestConfig;

use described::word;
use limits::{Budget, Rate, Retention, rate_limit};
use links::{Follow, Pagination, UrlRules};
use optional::whole;
use proxy::ProxyConfig;
use render::RenderConfig;
use schedule::Schedule;

/// The definition of a job. An optional field that is null is as if it were left out; unknown fields are errors.
// Unknown fields are not denied to the derive, so that this can be flattened into an object with fields of its own.
#[derive(Debug, Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(crate) struct JobDefinition {
    /// The name that is shown. It must not be only white space.
    #[oai(validator(min_length = 1, max_length = 256, pattern = r"[^\s\x85]"))]
    name: String,
    /// Where pages come from: an http or https URL. Ranges such as `[1-100]`, `[001-100]`, `[1-9:2]` and `[a,b,c]` name
    /// many URLs, at most 100,000, and `{{date:%Y-%m-%d}}` is the run's date. Neither may stand before the path.
    source: Described<PageUrl>,
    /// What is there: a page, a sitemap, a CSV file with a column of URLs, or a text with one URL a line (`list`).
    #[oai(default = "word::<SourceType>")]
    source_type: Optional<Described<SourceType>>,
    /// The column of a CSV file that holds the URLs; the first one that does if left out. It is only allowed where
    /// `source_type` is `csv`.
    #[oai(validator(min_length = 1))]
    source_column: Optional<String>,
    /// URLs of pages besides those of `source`.
    urls: Optional<Vec<Described<PageUrl>>>,
    /// Requests a minute, above 0. Retries, redirects and rendered pages count one each.
    #[oai(default = "rate_limit")]
    rate_limit: Optional<Described<Rate>>,
    /// Pages in flight at once. The rate limit rules over it.
    #[oai(default = "whole::<4>", validator(minimum(value = "1"), maximum(value = "64")))]
    concurrency: Optional<u32>,
    /// What makes a row: one for each node that it finds. Its query type must be one that finds nodes, such as `css` or
    /// `xpath`. If left out, row *i* takes the *i*-th match of each query.
    item: Optional<Selector>,
    /// The columns of the result, at least one.
    #[oai(validator(min_items = 1))]
    queries: Vec<Query>,
    /// The way to the next page of a listing.
    pagination: Optional<Pagination>,
    /// Links to follow.
    follow: Optional<Vec<Follow>>,
    /// Which pages make rows; all if left out. Links are followed from every page.
    rows_from: Optional<UrlRules>,
    /// How pages are asked for.
    request: Optional<RequestConfig>,
    /// When the job runs by itself; never if left out.
    scheduling: Optional<Schedule>,
    /// How pages are rendered in a browser; they are not if left out.
    render_config: Optional<RenderConfig>,
    /// Through which proxies pages are fetched; through none if left out.
    proxy_config: Optional<ProxyConfig>,
    /// Where a run stops by itself.
    budget: Optional<Budget>,
    /// How long finished runs are kept.
    retention: Optional<Retention>,
    /// What a plugin's fault fails: the page, or the run.
    #[oai(default = "word::<OnPluginError>")]
    on_plugin_error: Optional<Described<OnPluginError>>,
}

/// An absolute URL of http or https. Which hosts are valid is more than a pattern can say.
#[derive(Debug)]
pub(crate) struct PageUrl;

impl Form for PageUrl {
    fn schema() -> MetaSchema {
        let scheme = "[Hh][Tt][Tt][Pp][Ss]?://";
        let user = r"([^\s/?#\\@]*@)?";
        let host = r"(\[[0-9A-Fa-f:.]+\]|[^\s/?#\\@:\[\]<>^|]+)";
        let port = "(:[0-9]{0,5})?";
        let end = r"([/?#\\]|$)";
        MetaSchema {
            pattern: Some(format!("^{scheme}{user}{host}{port}{end}")),
            ..MetaSchema::new("string")
        }
    }
}

/// The reference's own.
impl Example for JobDefinition {
    fn example() -> Self {
        let definition = json!({
            "name": "Product Prices",
            "source": "https://example.com/products",
            "rate_limit": 10,
            "queries": [
                {"name": "title", "type": "xpath", "query": "//h1[@class='product-title']/text()"},
                {"name": "price", "type": "css", "query": ".price-value::text"}
            ],
            "scheduling": {"days": [1, 2, 3, 4, 5], "hours": [9], "minutes": [0]},
            "render_config": {"enabled": true, "wait_strategy": "networkidle", "wait_timeout_ms": 5000},
            "proxy_config": {"enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US"}
        });
        Self::parse_from_json(Some(definition)).expect("the example is a definition")
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::registry::Registry;
    use poem_openapi::types::{ToJSON as _, Type as _};
    use serde_json::Value;
    use snowscrape_engine::model::{ExpressionFault, Job, OptionKind, OptionSpec, OptionValue, QueryTypes};

    use super::*;

    /// The built-in query types, to which every expression is valid.
    struct BuiltIn([OptionSpec; 1]);

    impl BuiltIn {
        fn new() -> Self {
            Self([OptionSpec {
                name: "output".into(),
                kind: OptionKind::Text,
                default: None,
                description: String::new(),
            }])
        }
    }

    impl QueryTypes for BuiltIn {
        fn names(&self) -> Vec<String> {
            ["xpath", "css", "regex"].map(Into::into).into()
        }

        fn options(&self, query_type: &str) -> Option<&[OptionSpec]> {
            self.names().iter().any(|name| name == query_type).then_some(&self.0)
        }

        fn is_structured(&self, _: &str) -> bool {
            false
        }

        fn check_item(&self, _: &str, _: &str, _: &[(String, OptionValue)]) -> Result<(), ExpressionFault> {
            Ok(())
        }

        fn check(&self, _: &str, _: &str, _: &[(String, OptionValue)]) -> Result<(), ExpressionFault> {
            Ok(())
        }
    }

    /// Calls `visit` with the place, schema and value of each value in a definition.
    fn visit(definition: &Value, mut visit: impl FnMut(&str, &Value, &Value)) {
        let mut registry = Registry::new();
        JobDefinition::register(&mut registry);
        let mut document = json!({ "components": { "schemas": registry.schemas } });
        complete(&mut document);
        let schemas = &document["components"]["schemas"];
        walk(schemas, &schemas["JobDefinition"], definition, "", &mut visit);
    }

    /// The schemas that one stands for: what it refers to, its parts or alternatives, or itself.
    fn resolve<'a>(schemas: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().expect("a name");
            return resolve(schemas, &schemas[name]);
        }
        match ["allOf", "anyOf", "oneOf"].iter().find_map(|of| schema[of].as_array()) {
            Some(parts) => parts.iter().flat_map(|part| resolve(schemas, part)).collect(),
            None => vec![schema],
        }
    }

    /// [`visit`] from a place on. A field without a schema is a panic.
    fn walk(schemas: &Value, schema: &Value, value: &Value, place: &str, visit: &mut dyn FnMut(&str, &Value, &Value)) {
        visit(place, schema, value);
        let alternatives = resolve(schemas, schema);
        for (name, value) in value.as_object().into_iter().flatten() {
            let find = |one: &&Value| {
                let map = one.get("additionalProperties").filter(|map| map.is_object());
                one["properties"].get(name).or(map).cloned()
            };
            let place = format!("{place}/{name}");
            let schema = alternatives
                .iter()
                .find_map(find)
                .unwrap_or_else(|| panic!("{place} has no schema"));
            walk(schemas, &schema, value, &place, visit);
        }
        for (i, value) in value.as_array().into_iter().flatten().enumerate() {
            let items = alternatives.iter().find_map(|one| one.get("items"));
            let place = format!("{place}/{i}");
            walk(schemas, items.expect("a list"), value, &place, visit);
        }
    }

    /// Values that stand at the edge of what a schema allows, each with whether it does.
    fn edges(schema: &Value) -> Vec<(Value, bool)> {
        let mut edges = Vec::new();
        if let Some(minimum) = schema["minimum"].as_f64() {
            let inclusive = schema["exclusiveMinimum"] != true;
            edges.extend([(json!(minimum), inclusive), (json!(minimum - 1.0), false)]);
        }
        if let Some(maximum) = schema["maximum"].as_f64() {
            edges.extend([(json!(maximum), true), (json!(maximum + 1.0), false)]);
        }
        if let Some(words) = schema["enum"].as_array() {
            edges.extend(words.iter().map(|word| (word.clone(), true)));
            edges.push((json!("no such word"), false));
        }
        let mut alternatives = schema["anyOf"].as_array().into_iter().flatten().chain([schema]);
        edges.push((Value::Null, alternatives.any(|one| one["nullable"] == true)));
        edges
    }

    /// A definition with every field.
    fn full() -> Value {
        json!({
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
            "follow": [{
                "links": {"type": "css", "query": "a.product::attr(href)"},
                "depth": 1, "allow": ["/p/"], "deny": ["\\?print="], "same_host": true
            }],
            "rows_from": {"allow": ["/p/"], "deny": []},
            "request": {
                "method": "GET", "headers": {"Accept-Language": "en"}, "cookies": {}, "body": null,
                "auth": {"username": "me", "password": {"secret": "SHOP_PASSWORD"}},
                "user_agent": null, "timeout_ms": 30000, "attempts": 4, "max_redirects": 10,
                "max_body_bytes": 33_554_432, "robots": "obey", "only_changed": false
            },
            "scheduling": {
                "days": [1, 2, 3, 4, 5], "hours": [9], "minutes": [0],
                "timezone": "Europe/Paris", "overlap": "skip", "missed": "once", "enabled": true
            },
            "render_config": {
                "enabled": true, "wait_strategy": "networkidle", "wait_for_selector": null, "wait_timeout_ms": 5000,
                "actions": [{"click": "#more"}, {"wait_ms": 200}], "block_resources": ["image", "font"],
                "viewport": {"width": 1280, "height": 800},
                "screenshot": false, "frames": false, "fallback_to_fetch": false
            },
            "proxy_config": {
                "enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US",
                "max_retries": 2, "fallback_to_direct": false
            },
            "budget": {"pages": 1000, "seconds": 3600, "bytes": 1_000_000_000, "rows": 100_000},
            "retention": {"runs": 20, "days": null},
            "on_plugin_error": "fail_page"
        })
    }

    #[test]
    fn the_parser_and_the_schema_agree_at_every_field() {
        let (full, query_types) = (full(), BuiltIn::new());
        Job::parse(&full, &query_types).expect("the example is a job");
        visit(&full, |place, schema, _| {
            // What a field may be can depend on one beside it.
            let depends = ["/queries/3/join", "/render_config/wait_strategy"];
            // The parser passes by a null in a map, where nothing asks for one.
            let in_map = ["/queries/4/options/output", "/request/headers/Accept-Language"];
            if place.is_empty() || depends.contains(&place) || in_map.contains(&place) {
                return;
            }
            for (value, allowed) in edges(schema) {
                let mut definition = full.clone();
                *definition.pointer_mut(place).expect("the place is there") = value.clone();
                let job = Job::parse(&definition, &query_types);
                assert_eq!(job.is_ok(), allowed, "{place} = {value}: {job:?}");
            }
        });
    }

    #[test]
    fn defaults_are_the_parsers() {
        let selector = json!({"type": "css", "query": "a"});
        let smallest = json!({
            "name": "a", "source": "http://a.example/", "queries": [{"name": "a", "type": "css", "query": "a"}],
            "pagination": {"next": selector}, "follow": [{"links": selector}],
            "scheduling": {}, "render_config": {}, "proxy_config": {}
        });
        let job = Job::parse(&smallest, &BuiltIn::new()).expect("a job");
        let written = serde_json::to_value(job).expect("JSON");
        let mut defaults = 0;
        visit(&written, |place, schema, value| {
            if let Some(default) = schema.get("default") {
                assert_eq!(default, value, "{place}");
                defaults += 1;
            }
        });
        // Those of a query are not written.
        assert_eq!(defaults, 27, "{written}");
    }

    #[test]
    fn what_the_engine_wrote_is_a_definition() {
        let job = Job::parse(&full(), &BuiltIn::new()).expect("the example is a job");
        let written = serde_json::to_value(job).expect("JSON");
        let definition = JobDefinition::parse_from_json(Some(written.clone())).expect("a definition");
        assert_eq!(definition.to_json(), Some(written));
    }
}
