//! `snowscrape extract`: a query on a page, its matches as a JSON array.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value as Json;
use snowscrape_engine::model::{ExpressionFault, Match, MatchKind, OptionSpec, QueryTypes, Selector, parse_options};
use snowscrape_engine::pipeline::base_url;
use snowscrape_engine::plugin::{Answers, OpenError, PageInput, PluginRegistry, Workbench};
use snowscrape_engine::rows::trial_value;

use super::arguments::ExtractArguments;
use super::failure::Failure;
use super::input::Page;
use crate::components::{self, AtOnce};

pub(crate) fn run(arguments: &ExtractArguments) -> Result<ExitCode, Failure> {
    let (Some(query_type), Some(expression), Some(from)) = (&arguments.query_type, &arguments.query, &arguments.page)
    else {
        unreachable!("clap requires all three where there is no batch");
    };
    let registry = components::load(AtOnce::ONE_RUN).map_err(|error| Failure::work(&error))?;
    let query = Selector {
        query_type: query_type.clone(),
        expression: expression.clone(),
        options: options(&registry, query_type, &arguments.options)?,
    };
    let item = arguments.item.as_ref().map(|expression| Selector {
        query_type: arguments
            .item_type
            .clone()
            .unwrap_or_else(|| item_type(&registry, query_type)),
        expression: expression.clone(),
        options: Vec::new(),
    });
    if let Some(item) = &item {
        specs(&registry, &item.query_type)?;
    }
    let page = Page::read(from, arguments.guard.guard())?;
    let base_url = base_url(&page.text, &page.url);
    let input = PageInput {
        url: page.url.as_str(),
        base_url: base_url.as_str(),
        media_type: &page.media_type,
        status: page.status,
        scripting: false,
        text: &page.text,
        bytes: &page.bytes,
    };
    let answers = Workbench::new(registry)
        .answer(item.as_ref(), &query, input)
        .map_err(|error| refused(&error, &query, item.as_ref()))?;
    let form = |found| {
        if arguments.raw {
            Some(raw(found))
        } else {
            as_in_a_row(found)
        }
    };
    let answer = to_json(answers, item.is_some(), form).map_err(Failure::input)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer:#}").map_err(|error| Failure::work(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// An array of matches, or one for each item.
pub(crate) fn to_json(answers: Answers, items: bool, form: impl Fn(Match) -> Option<Json>) -> Result<Json, String> {
    let mut arrays = Vec::with_capacity(answers.len());
    for answer in answers {
        arrays.push(Json::Array(answer?.into_iter().filter_map(&form).collect()));
    }
    Ok(if items {
        Json::Array(arrays)
    } else {
        arrays.pop().unwrap_or_else(|| Json::Array(Vec::new()))
    })
}

/// A match as the extractor gave it.
pub(crate) fn raw(found: Match) -> Json {
    match found.kind {
        MatchKind::TextNode | MatchKind::Text => Json::String(found.text),
        MatchKind::Structured => serde_json::from_str(&found.text).unwrap_or(Json::String(found.text)),
    }
}

fn as_in_a_row(found: Match) -> Option<Json> {
    trial_value(found).map(|value| serde_json::to_value(value).expect("a value is always JSON"))
}

fn specs<'a>(registry: &'a PluginRegistry, query_type: &str) -> Result<&'a [OptionSpec], Failure> {
    registry
        .options(query_type)
        .ok_or_else(|| Failure::input(format!("--type: Must be one of: {}", registry.names().join(", "))))
}

fn options(
    registry: &PluginRegistry,
    query_type: &str,
    given: &[(String, String)],
) -> Result<Vec<(String, snowscrape_engine::model::OptionValue)>, Failure> {
    let given = given.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    parse_options(specs(registry, query_type)?, given, "--option")
        .map_err(|faults| Failure::fields("the options of the query are wrong", &faults))
}

/// Items are mostly written in the query's own language; a language that finds no nodes borrows the first that does.
fn item_type(registry: &PluginRegistry, query_type: &str) -> String {
    let finds_nodes = |name: &&str| registry.extractor(name).is_some_and(|(_, info)| info.item);
    let names = registry.names();
    [query_type, "css"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .find(finds_nodes)
        .unwrap_or(query_type)
        .to_owned()
}

fn refused(error: &OpenError, query: &Selector, item: Option<&Selector>) -> Failure {
    match error {
        OpenError::Expression { query: place, fault } => {
            let wrong = if place.is_some() { Some(query) } else { item };
            let Some(wrong) = wrong else {
                return Failure::work(error);
            };
            let failure = Failure::input(format!("{}: {}", wrong.query_type, fault.message));
            let (line, marks) = marked(&wrong.expression, fault);
            failure.line(format!("  {line}")).line(format!("  {marks}"))
        }
        OpenError::Call(_) | OpenError::UnknownType(_) => Failure::work(error),
    }
}

/// The line of the expression with the fault, and marks to stand under it.
fn marked(expression: &str, fault: &ExpressionFault) -> (String, String) {
    const SHOWN: usize = 100;
    let offset = fault.offset as usize;
    let start = expression[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = expression[offset..]
        .find('\n')
        .map_or(expression.len(), |at| offset + at);
    let before = expression[start..offset].chars().count();
    let length = expression[offset..end.min(offset + fault.length as usize).max(offset)]
        .chars()
        .count()
        .max(1);
    // A long line is shown from shortly before the fault.
    let skipped = before.saturating_sub(SHOWN / 2);
    let clean = |character: char| if character.is_control() { ' ' } else { character };
    let line: String = expression[start..end]
        .chars()
        .skip(skipped)
        .take(SHOWN)
        .map(clean)
        .collect();
    let marks = "^".repeat(length.min(SHOWN - (before - skipped)));
    (line, format!("{}{marks}", " ".repeat(before - skipped)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked() {
        let check = |expression: &str, offset, length, line: &str, marks: &str| {
            let fault = ExpressionFault {
                offset,
                length,
                message: String::new(),
            };
            assert_eq!(
                marked(expression, &fault),
                (line.to_owned(), marks.to_owned()),
                "{expression}"
            );
        };
        check("div >> p", 5, 1, "div >> p", "     ^");
        check("é[", 3, 0, "é[", "  ^");
        check("a,\nb[[,\nc", 5, 2, "b[[,", "  ^^");
        check("a\tb[", 3, 99, "a b[", "   ^");
        let long = "(".repeat(1_000);
        check(&long, 500, 1, &"(".repeat(100), &format!("{}^", " ".repeat(50)));
    }
}
