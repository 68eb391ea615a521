//! The OpenAPI document: what poem-openapi makes of the routes, and what only the registered plugins and the schemas'
//! rules can add.

use poem_openapi::{ExtraHeader, LicenseObject, OpenApiService, ServerObject};
use serde_json::{Value, json};
use snowscrape_engine::model::{OptionKind, OptionSpec};
use snowscrape_engine::plugin::{ExporterInfo, PluginRegistry};

use crate::routes::{DownloadApi, EventsApi, ExtractApi, JobsApi, ResultsApi, RunsApi, ServerApi};
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
    let mut document = serde_json::from_str(&service.spec()).expect("a document is JSON");
    complete(&mut document);
    close(&mut document, "Extraction");
    add_formats(&mut document, registry);
    add_links(&mut document);
    relax_headers(&mut document);
    document
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
    }
    let content = formats.iter().map(|info| {
        let schema = if info.format == "json" {
            json!({"type": "array", "items": {"type": "object", "additionalProperties": true}})
        } else {
            json!({"type": "string"})
        };
        (info.media_type.clone(), json!({ "schema": schema }))
    });
    operation["responses"]["200"]["content"] = Value::Object(content.collect());
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

/// Where the ids in an answer lead, for clients that walk through the API.
fn add_links(document: &mut Value) {
    const OF_A_JOB: [&str; 11] = [
        "getJob",
        "updateJob",
        "deleteJob",
        "runJob",
        "pauseJob",
        "resumeJob",
        "cancelJob",
        "listRuns",
        "getResults",
        "downloadResults",
        "streamEvents",
    ];
    let job = OF_A_JOB.map(|operation| {
        let link = json!({"operationId": operation, "parameters": {"id": "$response.body#/job_id"}});
        (operation.to_owned(), link)
    });
    document["paths"]["/jobs"]["post"]["responses"]["201"]["links"] = Value::Object(job.into_iter().collect());
    let run = ["getRun", "getRunLog"].map(|operation| {
        let parameters = json!({"id": "$response.body#/job_id", "run": "$response.body#/run_id"});
        (
            operation.to_owned(),
            json!({"operationId": operation, "parameters": parameters}),
        )
    });
    let started = &mut document["paths"]["/jobs/{id}/run"]["post"]["responses"]["202"];
    started["links"] = Value::Object(run.into_iter().collect());
}

/// Answers to nobody in particular have no rate limit.
fn relax_headers(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    let operations = paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut());
    for operation in operations {
        let Some(responses) = operation["responses"].as_object_mut() else {
            continue;
        };
        let open = !responses.contains_key("401");
        for (status, response) in responses {
            let Some(headers) = response["headers"].as_object_mut() else {
                continue;
            };
            if open || status == "401" {
                headers.retain(|name, _| !name.starts_with("X-RateLimit-"));
            }
            for (name, header) in headers.iter_mut() {
                // Wrong keys are limited, too, and are told no figures.
                if name.starts_with("X-RateLimit-") && status == "429" {
                    header["required"] = false.into();
                }
            }
        }
    }
}
