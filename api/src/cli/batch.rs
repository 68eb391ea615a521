//! `snowscrape extract --batch`: a query a line, an answer a line, in order. Instances are made once, not once a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use snowscrape_engine::model::{OptionValue, QueryTypes, Selector, validate_options};
use snowscrape_engine::plugin::{OpenError, PageInput, PluginRegistry, Workbench};

use super::extract::{raw, to_json};
use super::failure::Failure;
use crate::components::{self, AtOnce};

pub(crate) fn run(file: &Path) -> Result<ExitCode, Failure> {
    let unreadable = |error: io::Error| Failure::input(format!("{} cannot be read: {error}", file.display()));
    let lines: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(unreadable)?))
    };
    let registry = components::load(AtOnce::ONE_RUN).map_err(|error| Failure::work(&error))?;
    let mut workbench = Workbench::new(registry.clone());
    let mut out = BufWriter::new(io::stdout().lock());
    for (at, line) in lines.lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line)
            .map_err(|error| Failure::input(format!("{}: line {}: {error}", file.display(), at + 1)))?;
        let answer = match answer(&registry, &mut workbench, &question) {
            Ok(matches) => json!({ "id": question.id, "matches": matches }),
            Err(fault) => {
                json!({ "id": question.id, "error": { "message": fault.message, "offset": fault.offset } })
            }
        };
        writeln!(out, "{answer}").map_err(|error| Failure::work(&error))?;
    }
    out.flush().map_err(|error| Failure::work(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// A line that comes in. Other fields are whoever wrote it's own.
#[derive(Deserialize)]
struct Question {
    id: Json,
    #[serde(rename = "type")]
    query_type: String,
    query: String,
    html: String,
    item: Option<Item>,
    #[serde(default)]
    options: Map<String, Json>,
}

/// An item as a job has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(rename = "type")]
    query_type: String,
    query: String,
    #[serde(default)]
    options: Map<String, Json>,
}

/// Why a line has no matches; with a place where the expression is wrong.
struct Fault {
    message: String,
    offset: Option<u32>,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { message, offset: None }
    }
}

fn answer(registry: &PluginRegistry, workbench: &mut Workbench, question: &Question) -> Result<Json, Fault> {
    let query = selector(registry, &question.query_type, &question.query, &question.options)?;
    let item = question
        .item
        .as_ref()
        .map(|item| selector(registry, &item.query_type, &item.query, &item.options))
        .transpose()?;
    let page = PageInput {
        url: "about:blank",
        base_url: "about:blank",
        media_type: "text/html",
        status: 200,
        scripting: false,
        text: &question.html,
        bytes: question.html.as_bytes(),
    };
    let answers = workbench
        .answer(item.as_ref(), &query, page)
        .map_err(|error| match error {
            OpenError::Expression { fault, .. } => Fault {
                message: fault.message,
                offset: Some(fault.offset),
            },
            other => Fault::from(other.to_string()),
        })?;
    Ok(to_json(answers, item.is_some(), |found| Some(raw(found)))?)
}

fn selector(
    registry: &PluginRegistry,
    query_type: &str,
    expression: &str,
    options: &Map<String, Json>,
) -> Result<Selector, Fault> {
    let specs = registry
        .options(query_type)
        .ok_or_else(|| format!("type: Must be one of: {}", registry.names().join(", ")))?;
    let given = options.iter().map(|(name, value)| (name.as_str(), value));
    let options = validate_options(specs, given, "options", OptionValue::from_json)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    Ok(Selector {
        query_type: query_type.to_owned(),
        expression: expression.to_owned(),
        options,
    })
}
