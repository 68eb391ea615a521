//! What this component says of the query types that it serves.

use snowscrape_dom::Output;
use snowscrape_plugin_sdk::{InputKind, MatchKind, OptionKind, OptionSpec, OptionValue, QueryType};

/// The names, in the order in which messages list them.
pub(crate) const XPATH: &str = "xpath";
pub(crate) const CSS: &str = "css";
pub(crate) const REGEX: &str = "regex";

/// The option of css and xpath.
pub(crate) const OUTPUT: &str = "output";
/// The option of regex, and its second word.
pub(crate) const ON: &str = "on";
pub(crate) const ON_TEXT: &str = "text";

pub(crate) fn all() -> Vec<QueryType> {
    let output = OptionSpec {
        name: OUTPUT.to_owned(),
        kind: OptionKind::Choice(Output::NAMES.map(str::to_owned).to_vec()),
        default: Some(OptionValue::Text(Output::NAMES[0].to_owned())),
        description: "What an element's match is: its text content, its HTML, or the HTML inside of it.".to_owned(),
    };
    let on = OptionSpec {
        name: ON.to_owned(),
        kind: OptionKind::Choice(vec!["source".to_owned(), ON_TEXT.to_owned()]),
        default: Some(OptionValue::Text("source".to_owned())),
        description: "What is searched: the page's source, or its text as a reader sees it.".to_owned(),
    };
    vec![
        served(
            XPATH,
            "XPath 1.0, with parsel's re:test, re:match, re:replace and has-class.",
            true,
            output.clone(),
        ),
        served(
            CSS,
            "CSS selectors level 4, with parsel's ::text and ::attr(name).",
            true,
            output,
        ),
        served(
            REGEX,
            "A regular expression: its group `value`, else its first group, else the whole match.",
            false,
            on,
        ),
    ]
}

fn served(name: &str, description: &str, item: bool, option: OptionSpec) -> QueryType {
    QueryType {
        name: name.to_owned(),
        description: description.to_owned(),
        input: InputKind::Text,
        matches: MatchKind::Text,
        item,
        options: vec![option],
    }
}
