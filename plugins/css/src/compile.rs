//! From text to compound selectors, and from an error of the parser to the place of the simple selector that caused it.

use cssparser::{ParseError, ParseErrorKind, Parser as CssParser};
use selectors::SelectorList;
use selectors::parser::ParseRelative;
use snowscrape_dom::Output;
use snowscrape_plugin_sdk::ExpressionError;

use crate::candidates::Source;
use crate::error::{at, explain, shifted};
use crate::grammar::{Grammar, GrammarError, GrammarParser};
use crate::pseudo_element::Yield;
use crate::split::{Combinator, CompoundSource, Part, PartKind, Place, SelectorSource, split};

/// Compound selectors and what joins them, from left to right.
#[derive(Debug)]
pub(crate) struct Complex {
    /// How the first compound stands to the anchor, in an argument of `:has()`.
    pub(crate) lead: Combinator,
    pub(crate) compounds: Vec<Compound>,
    /// One fewer than compounds.
    pub(crate) combinators: Vec<Combinator>,
}

/// One compound selector.
#[derive(Debug)]
pub(crate) struct Compound {
    /// A list of one. `None` matches every element.
    pub(crate) selector: Option<SelectorList<Grammar>>,
    /// Where to look for the elements that it can match.
    pub(crate) source: Source,
}

/// One selector of the expression and what it gives of each element.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) complex: Complex,
    pub(crate) yields: Yield,
    /// Whether everything in the subtree of a matching element is given, and not the element's own: `div ::text`.
    pub(crate) subtree: bool,
}

/// Compiles a whole expression. Elements without a pseudo-element are given in the form `output`; without one, the
/// expression finds items and a pseudo-element is an error.
pub(crate) fn compile_branches(
    text: &str,
    output: Option<Output>,
    parser: &GrammarParser,
) -> Result<Vec<Branch>, ExpressionError> {
    let sources = split(text, Place::Outermost)?;
    sources
        .into_iter()
        .map(|source| compile_branch(text, source, output, parser))
        .collect()
}

/// Compiles the argument of `:has()`. Places are counted from its start.
pub(crate) fn compile_relative(text: &str, parser: &GrammarParser) -> Result<Vec<Complex>, ExpressionError> {
    let sources = split(text, Place::Relative)?;
    sources
        .iter()
        .map(|source| compile_complex(text, source, parser))
        .collect()
}

fn compile_branch(
    text: &str,
    mut source: SelectorSource,
    output: Option<Output>,
    parser: &GrammarParser,
) -> Result<Branch, ExpressionError> {
    let yields = match source.pseudo_element.take() {
        Some((_, place)) if output.is_none() => {
            return Err(at(place, "an item is an element: leave out the pseudo-element"));
        }
        Some((yields, _)) => yields,
        None => Yield::Element(output.unwrap_or_default()),
    };
    let mut complex = compile_complex(text, &source, parser)?;
    // parsel's XPath for `div ::text` is `div/descendant-or-self::text()`, so that the div's own text is in it; and
    // `descendant-or-self::*/@x` for `div ::attr(x)`.
    let universal = complex.compounds.last().is_some_and(|last| last.selector.is_none());
    let subtree = universal
        && complex.combinators.last() == Some(&Combinator::Descendant)
        && matches!(yields, Yield::Text | Yield::Attribute(_));
    if subtree {
        complex.compounds.pop();
        complex.combinators.pop();
    }
    Ok(Branch {
        complex,
        yields,
        subtree,
    })
}

fn compile_complex(text: &str, source: &SelectorSource, parser: &GrammarParser) -> Result<Complex, ExpressionError> {
    let compounds: Result<Vec<_>, _> = source
        .compounds
        .iter()
        .map(|compound| compile_compound(text, compound, parser))
        .collect();
    Ok(Complex {
        lead: source.lead.unwrap_or(Combinator::Descendant),
        compounds: compounds?,
        combinators: source.combinators.clone(),
    })
}

fn compile_compound(text: &str, source: &CompoundSource, parser: &GrammarParser) -> Result<Compound, ExpressionError> {
    let slice = &text[source.range.clone()];
    if matches!(slice, "" | "*" | "*|*") {
        return Ok(Compound {
            selector: None,
            source: Source::Every,
        });
    }
    let selector = parse(slice, parser).map_err(|error| diagnose(text, source, &error, parser))?;
    Ok(Compound {
        source: Source::of(&selector),
        selector: Some(selector),
    })
}

fn parse(slice: &str, parser: &GrammarParser) -> Result<SelectorList<Grammar>, ParseError<GrammarError>> {
    SelectorList::parse(parser, &mut CssParser::new(slice), ParseRelative::No)
}

/// The parser says what is wrong and not where: the first simple selector that does not parse on its own is the place.
fn diagnose(
    text: &str,
    source: &CompoundSource,
    whole: &ParseError<GrammarError>,
    parser: &GrammarParser,
) -> ExpressionError {
    for part in &source.parts {
        if let Err(error) = parse(&text[part.range.clone()], parser) {
            return locate(text, part, &error, parser);
        }
    }
    at(source.range.clone(), message(whole, None))
}

fn locate(text: &str, part: &Part, error: &ParseError<GrammarError>, parser: &GrammarParser) -> ExpressionError {
    if let PartKind::Function(name, inner) = &part.kind {
        if let ParseErrorKind::Custom(GrammarError::Inside(inside)) = &error.kind
            && name == "has"
        {
            return shifted(inside.clone(), inner.start);
        }
        if matches!(name.as_str(), "not" | "is" | "where" | "matches") {
            let argument = &text[inner.clone()];
            let within = split(argument, Place::Argument).and_then(|sources| {
                sources
                    .iter()
                    .try_for_each(|source| compile_complex(argument, source, parser).map(drop))
            });
            if let Err(inside) = within {
                return shifted(inside, inner.start);
            }
        }
    }
    at(part.range.clone(), message(error, Some(&part.kind)))
}

fn message(error: &ParseError<GrammarError>, kind: Option<&PartKind>) -> String {
    match (&error.kind, kind) {
        (ParseErrorKind::Custom(GrammarError::Message(message)), _) => message.clone(),
        (ParseErrorKind::Custom(GrammarError::Inside(inside)), _) => inside.message.clone(),
        (ParseErrorKind::Custom(GrammarError::Parser(kind)), _) => explain(kind).to_owned(),
        (ParseErrorKind::Basic(_), Some(PartKind::Function(name, _))) if name.starts_with("nth-") => {
            format!("expected which ones: write :{name}(odd), :{name}(3) or :{name}(2n+1)")
        }
        (ParseErrorKind::Basic(_), Some(PartKind::Attribute)) => {
            "expected [name], [name=\"value\"] or [name=\"value\" i]: put the value in quotes".to_owned()
        }
        (ParseErrorKind::Basic(_), Some(PartKind::Type)) => {
            "expected the name of an element: write div or *".to_owned()
        }
        (ParseErrorKind::Basic(basic), _) => format!("this selector does not parse: {basic}"),
    }
}
