//! A query in whichever language it is written, compiled.

use snowscrape_css::Selector;
use snowscrape_dom::Output;
use snowscrape_plugin_sdk::{ExpressionError, Query, Settings};
use snowscrape_regex::{On, Pattern};
use snowscrape_xpath::Expression;

use crate::query_types::{CSS, ON, ON_TEXT, OUTPUT, REGEX, XPATH};

/// A query of a session.
pub(crate) enum CompiledQuery {
    Css(Selector),
    XPath(Expression),
    Regex(Pattern),
}

/// An expression that finds items.
pub(crate) enum CompiledItem {
    Css(Selector),
    XPath(Expression),
}

impl CompiledQuery {
    pub(crate) fn new(query: &Query) -> Result<Self, ExpressionError> {
        let settings = Settings::new(query.options.clone());
        let output = settings.text(OUTPUT).and_then(Output::from_name).unwrap_or_default();
        let on = if settings.text(ON) == Some(ON_TEXT) {
            On::Text
        } else {
            On::Source
        };
        match query.query_type.as_str() {
            CSS => Selector::compile(&query.expression, output).map(Self::Css),
            XPATH => Expression::compile(&query.expression, output).map(Self::XPath),
            REGEX => Pattern::compile(&query.expression, on).map(Self::Regex),
            other => Err(whole(
                &query.expression,
                format!("`{other}` is no query type of this plugin"),
            )),
        }
    }

    /// Whether the query reads the page as a tree.
    pub(crate) fn reads_tree(&self) -> bool {
        match self {
            Self::Css(_) | Self::XPath(_) => true,
            Self::Regex(pattern) => pattern.on() == On::Text,
        }
    }
}

impl CompiledItem {
    pub(crate) fn new(query: &Query) -> Result<Self, ExpressionError> {
        match query.query_type.as_str() {
            CSS => Selector::compile_item(&query.expression).map(Self::Css),
            XPATH => Expression::compile(&query.expression, Output::Text).map(Self::XPath),
            other => Err(whole(
                &query.expression,
                format!("`{other}` finds no nodes, so it cannot be an item; use css or xpath"),
            )),
        }
    }
}

fn whole(expression: &str, message: String) -> ExpressionError {
    ExpressionError {
        offset: 0,
        length: expression.len() as u32,
        message,
    }
}
