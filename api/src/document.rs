//! The OpenAPI document: what poem-openapi makes of the routes, and what only the registered plugins and the schemas'
//! rules can add.

use std::sync::LazyLock;

use poem_openapi::{ExtraHeader, LicenseObject, OpenApiService, ServerObject};
use regex::Regex;
use serde_json::{Map, Value, json};
use snowscrape_engine::model::{OptionKind, OptionSpec};
use snowscrape_engine::plugin::{ExporterInfo, PluginRegistry};

use crate::routes::{DownloadApi, EventsApi, ExtractApi, JobsApi, ResultsApi, RunsApi, ServerApi, is_text};
use crate::types::complete;

/// All operations.
pub(crate) type Operations = (
    JobsApi,
    RunsApi,
    EventsApi,
    ResultsApi,
    DownloadApi,
    ExtractApi,
    ServerApi,
);

const DESCRIPTION: &str = "A scraping engine: describe a job (where its pages come from, the queries, a schedule), and get \
                           clean rows. Every request needs an API key as a bearer token, except where it says otherwise.";

/// The operations as a service.
pub(crate) fn service(operations: Operations) -> OpenApiService<Operations, ()> {
    OpenApiService::new(operations, "SnowScrape Jobs API", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(LicenseObject::new("Apache-2.0").url("https://www.apache.org/licenses/LICENSE-2.0"))
        .server(
            ServerObject::new("http://127.0.0.1:3000")
                .description("A server on this machine, as it listens by default"),
        )
        .extra_response_header::<u32, _>(
            ExtraHeader::new("X-RateLimit-Limit").description("How many requests the key may make in a minute."),
        )
        .extra_response_header::<u32, _>(
            ExtraHeader::new("X-RateLimit-Remaining").description("How many more it may make now."),
        )
        .extra_response_header::<u64, _>(
            ExtraHeader::new("X-RateLimit-Reset")
                .description("In how many seconds it may make all of them again, or the next one if none is left."),
        )
}

/// The finished document.
pub(crate) fn document(service: &OpenApiService<Operations, ()>, registry: &PluginRegistry) -> Value {
    let mut document = serde_json::from_str(&whole_bounds(&service.spec())).expect("a document is JSON");
    complete(&mut document);
    close(&mut document, "Extraction");
    add_formats(&mut document, registry);
    add_links(&mut document);
    describe_events(&mut document);
    relax_headers(&mut document);
    add_security(&mut document);
    document
}

/// Bounds as whole numbers where they are: poem-openapi writes them as floats, and the largest of them does not survive being
/// read as one.
fn whole_bounds(document: &str) -> String {
    static BOUND: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"("(?:maximum|minimum)": -?\d+)\.0\b"#).expect("the pattern is right"));
    BOUND.replace_all(document, "$1").into_owned()
}

/// The document as it is committed and served.
pub(crate) fn to_text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a document is JSON");
    text.push('\n');
    text
}

/// Says that an object has no fields but those shown.
fn close(document: &mut Value, schema: &str) {
    document["components"]["schemas"][schema]["additionalProperties"] = false.into();
}

/// Headers of a download, which are lists and so may have several lines: none is a parameter of the operation.
const ASKED_HEADERS: [(&str, &str); 3] = [
    (
        "Accept-Encoding",
        "The codings that the client reads: a text format comes in zstd or gzip where it likes one of them best.",
    ),
    ("If-None-Match", "The `ETag`s of files that the client has."),
    (
        "TE",
        "With `trailers`, and `Connection: TE` beside it, `X-Export-Warnings` tells behind the file what it does not hold of \
         the rows.",
    ),
];

/// The formats are whatever exporters there are: their names, media types and options.
fn add_formats(document: &mut Value, registry: &PluginRegistry) {
    let operation = &mut document["paths"]["/jobs/{id}/download"]["get"];
    let formats: Vec<&ExporterInfo> = registry.formats().collect();
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        let names: Vec<_> = formats.iter().map(|info| info.format.as_str()).collect();
        for parameter in &mut *parameters {
            if parameter["name"] == "format" {
                parameter["schema"]["enum"] = json!(names);
                parameter["schema"]["default"] = json!("json");
            }
        }
        let mut options: Vec<(&OptionSpec, Vec<&str>)> = Vec::new();
        for info in &formats {
            for spec in &info.options {
                match options.iter_mut().find(|(known, _)| known.name == spec.name) {
                    Some((_, of)) => of.push(&info.format),
                    None => options.push((spec, vec![&info.format])),
                }
            }
        }
        parameters.extend(options.iter().map(|(spec, of)| option(spec, of)));
        parameters.extend(ASKED_HEADERS.map(|(name, description)| {
            json!({
                "name": name,
                "in": "header",
                "required": false,
                "description": description,
                "schema": {"type": "string"},
            })
        }));
    }
    let content = formats.iter().map(|info| {
        let schema = if info.format == "json" {
            json!({"type": "array", "items": {"type": "object", "additionalProperties": true}})
        } else {
            file(&info.media_type)
        };
        (info.media_type.clone(), json!({ "schema": schema }))
    });
    let variants = formats.iter().flat_map(|info| &info.variants);
    let variants = variants.map(|variant| (variant.media_type.clone(), json!({"schema": file(&variant.media_type)})));
    operation["responses"]["200"]["content"] = Value::Object(content.chain(variants).collect());
}

/// The schema of a file: text, or bytes.
fn file(media_type: &str) -> Value {
    if is_text(media_type) {
        json!({"type": "string"})
    } else {
        json!({"type": "string", "format": "binary"})
    }
}

fn option(spec: &OptionSpec, formats: &[&str]) -> Value {
    let mut schema = match &spec.kind {
        OptionKind::Text => json!({"type": "string"}),
        OptionKind::Boolean => json!({"type": "boolean"}),
        OptionKind::Integer => json!({"type": "integer", "format": "int64"}),
        OptionKind::Number => json!({"type": "number", "format": "double"}),
        OptionKind::Choice(choices) => json!({"type": "string", "enum": choices}),
    };
    if let Some(default) = &spec.default {
        schema["default"] = default.to_json();
    }
    json!({
        "name": spec.name,
        "in": "query",
        "required": false,
        "description": format!("An option of {}. {}", formats.join(", "), spec.description),
        "schema": schema,
    })
}

/// Where the ids in an answer lead, for clients that walk through the API: an operation, the status of its answer, where the
/// job's id is, and the operations that may come next. A run's id is in the answer of its trigger.
const NEXT: [(&str, &str, &str, &[&str]); 8] = [
    ("createJob", "201", ANSWERED, &AT_REST),
    ("getJob", "200", ANSWERED, &["runJob", "updateJob", "deleteJob"]),
    ("updateJob", "200", ANSWERED, &["getJob", "runJob", "deleteJob"]),
    (
        "runJob",
        "202",
        ANSWERED,
        &[
            "getRun",
            "getRunLog",
            "getResults",
            "downloadResults",
            "pauseJob",
            "cancelJob",
            "getJob",
            "updateJob",
            "deleteJob",
            "streamEvents",
        ],
    ),
    ("pauseJob", "200", ANSWERED, &["resumeJob", "cancelJob", "getJob"]),
    (
        "resumeJob",
        "200",
        ANSWERED,
        &["pauseJob", "cancelJob", "getJob", "streamEvents"],
    ),
    (
        "cancelJob",
        "200",
        ANSWERED,
        &["runJob", "getJob", "listRuns", "deleteJob"],
    ),
    (
        "deleteJob",
        "204",
        "$request.path.id",
        &["getJob", "listRuns", "getResults"],
    ),
];
/// Where an answer has the job's id.
const ANSWERED: &str = "$response.body#/job_id";
/// What may be done with a job that does not run.
const AT_REST: [&str; 8] = [
    "getJob",
    "updateJob",
    "deleteJob",
    "runJob",
    "listRuns",
    "getResults",
    "downloadResults",
    "streamEvents",
];
/// What needs a run's id, too.
const OF_A_RUN: [&str; 2] = ["getRun", "getRunLog"];

fn add_links(document: &mut Value) {
    for operation in operations(document) {
        let Some((_, status, id, next)) = NEXT.iter().find(|(name, ..)| operation["operationId"] == *name) else {
            continue;
        };
        let links = next.iter().map(|name| {
            let mut parameters = json!({ "id": id });
            if OF_A_RUN.contains(name) {
                parameters["run"] = json!("$response.body#/run_id");
            }
            (
                (*name).to_owned(),
                json!({"operationId": name, "parameters": parameters}),
            )
        });
        operation["responses"][*status]["links"] = Value::Object(links.collect());
    }
}

/// OpenAPI 3.0 has no word for a stream of events: its schema is that of one of them.
fn describe_events(document: &mut Value) {
    for operation in operations(document) {
        if operation["operationId"] == "streamEvents" {
            operation["responses"]["200"]["content"] = json!({"text/event-stream": {"schema": {
                "type": "object",
                "description": "One event.",
                "required": ["event", "data", "id"],
                "properties": {
                    "event": {"type": "string", "enum": ["status", "progress"], "description": "What has changed."},
                    "data": {"type": "string", "description": "The run, as JSON."},
                    "id": {"type": "string", "description": "What `Last-Event-ID` takes to go on after this event."},
                },
            }}});
        }
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter();
    paths
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
}

/// Says of each operation whether it needs a key. That of the figures is a setting, so no extractor asks for it.
fn add_security(document: &mut Value) {
    for operation in operations(document) {
        if operation.get("security").is_none() {
            let open = operation["responses"].get("401").is_none();
            operation["security"] = if open { json!([]) } else { json!([{"apiKey": []}]) };
        }
    }
}

/// Answers to nobody in particular have no rate limit.
fn relax_headers(document: &mut Value) {
    for operation in operations(document) {
        let Some(responses) = operation["responses"].as_object_mut() else {
            continue;
        };
        let open = !responses.contains_key("401");
        for (status, response) in responses {
            let Some(headers) = response["headers"].as_object_mut() else {
                continue;
            };
            let told = !open && status != "401";
            *headers = std::mem::take(headers)
                .into_iter()
                .map(
                    |(name, header)| match name.to_ascii_lowercase().strip_prefix("x-ratelimit-") {
                        Some(what) => (rate_header(what), header, true),
                        None => (name, header, false),
                    },
                )
                .filter(|(.., of_rate)| told || !of_rate)
                .map(|(name, mut header, of_rate)| {
                    // Wrong keys are limited, too, and are told no figures.
                    if of_rate && status == "429" {
                        header["required"] = false.into();
                    }
                    (name, header)
                })
                .collect::<Map<_, _>>();
        }
    }
}

/// The name of a header as the reference writes it; poem-openapi writes it in capitals.
fn rate_header(what: &str) -> String {
    let (first, rest) = what.split_at(1);
    format!("X-RateLimit-{}{rest}", first.to_ascii_uppercase())
}
