//! What `selectors` asks of its user: the types of names and values, and the pseudo-classes beyond the structural ones.

use std::cell::{Cell, RefCell};
use std::fmt;

use cssparser::{CowRcStr, ParseError, Parser as CssParser, ToCss, serialize_identifier, serialize_string};
use precomputed_hash::PrecomputedHash;
use selectors::parser::{self, SelectorParseErrorKind};
use snowscrape_dom::{LocalName, Namespace};
use snowscrape_plugin_sdk::ExpressionError;

use crate::compile::{Complex, compile_relative};
use crate::language::LanguageRange;
use crate::pseudo_class::PseudoClass;

/// The types that a parsed selector is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grammar;

impl parser::SelectorImpl for Grammar {
    type ExtraMatchingData<'a> = ();
    type AttrValue = Text;
    type Identifier = Ident;
    type LocalName = Ident;
    type NamespaceUrl = Namespace;
    type NamespacePrefix = Ident;
    type BorrowedNamespaceUrl = Namespace;
    type BorrowedLocalName = Ident;
    type NonTSPseudoClass = PseudoClass;
    type PseudoElement = NoPseudoElement;
}

/// A name: of an element, an attribute, a class, an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ident(pub(crate) LocalName);

impl From<&str> for Ident {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl ToCss for Ident {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        serialize_identifier(&self.0, to)
    }
}

impl PrecomputedHash for Ident {
    fn precomputed_hash(&self) -> u32 {
        self.0.precomputed_hash()
    }
}

/// The value that an attribute is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(Box<str>);

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl ToCss for Text {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        serialize_string(&self.0, to)
    }
}

/// No pseudo-element reaches `selectors`: those that there are end a selector and are taken off before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoPseudoElement {}

impl parser::PseudoElement for NoPseudoElement {}

impl ToCss for NoPseudoElement {
    fn to_css<W: fmt::Write>(&self, _: &mut W) -> fmt::Result {
        match *self {}
    }
}

/// Why a compound selector did not parse.
#[derive(Debug)]
pub(crate) enum GrammarError {
    /// What `selectors` found.
    Parser(SelectorParseErrorKind),
    /// What this crate found, to be shown at the simple selector where it happened.
    Message(String),
    /// What this crate found inside an argument, with its place counted from the start of that argument.
    Inside(ExpressionError),
}

impl From<SelectorParseErrorKind> for GrammarError {
    fn from(kind: SelectorParseErrorKind) -> Self {
        Self::Parser(kind)
    }
}

/// The parser of one expression. It collects the arguments of `:has()`, which are evaluated by this crate.
#[derive(Debug, Default)]
pub(crate) struct GrammarParser {
    pub(crate) relatives: RefCell<Vec<Vec<Complex>>>,
    inside_has: Cell<bool>,
}

impl<'i> parser::Parser<'i> for GrammarParser {
    type Impl = Grammar;
    type Error = GrammarError;

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_is_and_where(&self) -> bool {
        true
    }

    /// Older drafts of selectors level 4 and `cssselect` call it `:matches()`.
    fn is_is_alias(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case("matches")
    }

    fn parse_non_ts_pseudo_class(&self, name: CowRcStr<'i>) -> Result<PseudoClass, ParseError<GrammarError>> {
        PseudoClass::from_name(&name).ok_or_else(|| {
            ParseError::custom(GrammarError::Message(if PseudoClass::is_functional(&name) {
                format!("the pseudo-class :{name} takes an argument: write :{name}(…)")
            } else {
                format!(
                    "the pseudo-class :{name} is unknown; besides the structural ones (such as :first-child) there are {}",
                    PseudoClass::NAMES.join(" ")
                )
            }))
        })
    }

    fn parse_non_ts_functional_pseudo_class(
        &self,
        name: CowRcStr<'i>,
        arguments: &mut CssParser<'i>,
        _after_part: bool,
    ) -> Result<PseudoClass, ParseError<GrammarError>> {
        if name.eq_ignore_ascii_case("has") {
            self.parse_has_argument(arguments)
        } else if name.eq_ignore_ascii_case("lang") {
            parse_lang(arguments)
        } else {
            Err(ParseError::custom(GrammarError::Message(format!(
                "the pseudo-class :{name}() is unknown; those with an argument are :{}()",
                PseudoClass::FUNCTIONS.join("() :")
            ))))
        }
    }
}

impl GrammarParser {
    fn parse_has_argument(&self, arguments: &mut CssParser<'_>) -> Result<PseudoClass, ParseError<GrammarError>> {
        if self.inside_has.get() {
            // Selectors level 4, 4.5: the relational pseudo-class cannot be nested.
            return Err(ParseError::custom(GrammarError::Message(
                ":has() cannot stand inside :has(): write the inner condition as a descendant".to_owned(),
            )));
        }
        let start = arguments.position();
        while arguments.next().is_ok() {}
        let text = arguments.slice_from(start);
        self.inside_has.set(true);
        let compiled = compile_relative(text, self);
        self.inside_has.set(false);
        let compiled = compiled.map_err(|error| ParseError::custom(GrammarError::Inside(error)))?;
        let mut relatives = self.relatives.borrow_mut();
        relatives.push(compiled);
        Ok(PseudoClass::Has(relatives.len() - 1))
    }
}

/// `:lang(en, "fr-*")`: identifiers or strings with commas between them (selectors level 4, 8.2).
fn parse_lang(arguments: &mut CssParser<'_>) -> Result<PseudoClass, ParseError<GrammarError>> {
    let ranges = arguments.parse_comma_separated(|input| {
        let range = LanguageRange::new(input.expect_ident_or_string()?);
        Ok(range)
    });
    let ranges = ranges.map_err(|_: ParseError<GrammarError>| {
        ParseError::custom(GrammarError::Message(
            ":lang() takes languages with commas between them: write :lang(en, fr)".to_owned(),
        ))
    })?;
    Ok(PseudoClass::Lang(ranges))
}
