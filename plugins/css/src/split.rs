//! A selector list taken apart: selectors at commas, compound selectors at combinators, pseudo-elements off the end.
//!
//! Only this level is looked at: what is in parentheses and brackets is skipped. Places are bytes into the text.

use std::ops::Range;

use cssparser::{ParseError, Parser, Token};
use snowscrape_plugin_sdk::ExpressionError;

use crate::error::at;
use crate::pseudo_element::{KNOWN, Yield};

/// What stands between two compound selectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combinator {
    Descendant,
    Child,
    NextSibling,
    LaterSibling,
}

/// One selector of a list.
#[derive(Debug, Default)]
pub(crate) struct SelectorSource {
    /// The combinator that it begins with, in an argument of `:has()`.
    pub(crate) lead: Option<Combinator>,
    pub(crate) compounds: Vec<CompoundSource>,
    /// One fewer than compounds.
    pub(crate) combinators: Vec<Combinator>,
    pub(crate) pseudo_element: Option<(Yield, Range<usize>)>,
}

/// A compound selector: simple selectors without white space between them. Before `::text` alone it is empty.
#[derive(Debug)]
pub(crate) struct CompoundSource {
    pub(crate) range: Range<usize>,
    pub(crate) parts: Vec<Part>,
}

/// A simple selector.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) range: Range<usize>,
    pub(crate) kind: PartKind,
}

/// What a simple selector looks like from outside.
#[derive(Debug)]
pub(crate) enum PartKind {
    Type,
    Id,
    Class,
    Attribute,
    PseudoClass,
    /// A pseudo-class with an argument: its name, and where the argument stands.
    Function(String, Range<usize>),
}

/// Where a selector list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the whole expression.
    Outermost,
    /// It is the argument of a pseudo-class, where no pseudo-element can stand.
    Argument,
    /// It is the argument of `:has()`, where a selector can begin with a combinator.
    Relative,
}

/// Takes a selector list apart.
pub(crate) fn split(text: &str, place: Place) -> Result<Vec<SelectorSource>, ExpressionError> {
    let mut splitter = Splitter {
        parser: Parser::new(text),
        text,
        place,
        done: Vec::new(),
        current: SelectorSource::default(),
        open: None,
        pending: None,
    };
    while let Some((token, here)) = splitter.next() {
        splitter.take(&token, here)?;
    }
    splitter.finish_selector(text.len()..text.len())?;
    Ok(splitter.done)
}

struct Splitter<'t> {
    parser: Parser<'t>,
    text: &'t str,
    place: Place,
    done: Vec<SelectorSource>,
    current: SelectorSource,
    open: Option<CompoundSource>,
    /// A combinator other than white space that waits for its right side.
    pending: Option<(Combinator, Range<usize>)>,
}

impl<'t> Splitter<'t> {
    fn next(&mut self) -> Option<(Token<'t>, Range<usize>)> {
        let start = self.parser.position().byte_index();
        let token = self.parser.next_including_whitespace_and_comments().ok()?.clone();
        Some((token, start..self.parser.position().byte_index()))
    }

    fn take(&mut self, token: &Token<'t>, here: Range<usize>) -> Result<(), ExpressionError> {
        match token {
            Token::Comment(_) => Ok(()),
            Token::WhiteSpace(_) => {
                self.close_compound();
                Ok(())
            }
            Token::Delim('>') => self.combinator(Combinator::Child, here),
            Token::Delim('+') => self.combinator(Combinator::NextSibling, here),
            Token::Delim('~') => self.combinator(Combinator::LaterSibling, here),
            Token::Comma => self.finish_selector(here),
            _ => {
                self.refuse_after_pseudo_element()?;
                self.part(token, here)
            }
        }
    }

    fn combinator(&mut self, combinator: Combinator, here: Range<usize>) -> Result<(), ExpressionError> {
        self.refuse_after_pseudo_element()?;
        self.close_compound();
        if let Some((_, before)) = &self.pending {
            return Err(at(
                before.start..here.end,
                "two combinators in a row: expected a selector between them",
            ));
        }
        if self.current.compounds.is_empty() {
            if self.place != Place::Relative {
                return Err(at(
                    here,
                    "a selector cannot begin with a combinator: write :scope or * before it",
                ));
            }
            if self.current.lead.is_some() {
                return Err(at(here, "two combinators in a row: expected a selector between them"));
            }
            self.current.lead = Some(combinator);
        } else {
            self.pending = Some((combinator, here));
        }
        Ok(())
    }

    fn refuse_after_pseudo_element(&self) -> Result<(), ExpressionError> {
        match &self.current.pseudo_element {
            Some((_, place)) => Err(at(
                place.clone(),
                format!("{} must stand at the end of its selector", &self.text[place.clone()]),
            )),
            None => Ok(()),
        }
    }

    fn close_compound(&mut self) {
        self.current.compounds.extend(self.open.take());
    }

    fn finish_selector(&mut self, here: Range<usize>) -> Result<(), ExpressionError> {
        self.close_compound();
        if let Some((_, place)) = self.pending.take() {
            return Err(at(place, "expected a selector after the combinator"));
        }
        if self.current.compounds.is_empty() {
            let message = if self.text.trim().is_empty() {
                "expected a selector: the expression is empty"
            } else if here.is_empty() {
                "expected a selector at the end"
            } else {
                "expected a selector before the comma"
            };
            return Err(at(here, message));
        }
        self.done.push(std::mem::take(&mut self.current));
        Ok(())
    }

    /// The compound that a simple selector at `start` belongs to.
    fn compound(&mut self, start: usize) -> &mut CompoundSource {
        if self.open.is_none() && !self.current.compounds.is_empty() {
            let combinator = self
                .pending
                .take()
                .map_or(Combinator::Descendant, |(combinator, _)| combinator);
            self.current.combinators.push(combinator);
        }
        self.open.get_or_insert_with(|| CompoundSource {
            range: start..start,
            parts: Vec::new(),
        })
    }

    fn push(&mut self, range: Range<usize>, kind: PartKind) {
        let compound = self.compound(range.start);
        compound.range.end = range.end;
        compound.parts.push(Part { range, kind });
    }

    fn part(&mut self, token: &Token<'t>, here: Range<usize>) -> Result<(), ExpressionError> {
        match token {
            Token::Ident(_) | Token::Delim('*' | '|') => self.type_part(here),
            Token::IDHash(_) => {
                self.push(here, PartKind::Id);
                Ok(())
            }
            Token::Hash(name) => Err(at(
                here,
                format!("an id selector cannot begin with a digit: write [id=\"{name}\"]"),
            )),
            Token::Delim('.') => match self.next() {
                Some((Token::Ident(_), name)) => {
                    self.push(here.start..name.end, PartKind::Class);
                    Ok(())
                }
                Some((_, other)) => Err(at(
                    here.start..other.end,
                    "expected the name of a class after the dot: write .name",
                )),
                None => Err(at(here, "expected the name of a class after the dot: write .name")),
            },
            Token::Number { .. } | Token::Dimension { .. } | Token::Percentage { .. }
                if self.text[here.clone()].starts_with('.') =>
            {
                let name = &self.text[here.start + 1..here.end];
                Err(at(
                    here,
                    format!("a class selector cannot begin with a digit: write [class~=\"{name}\"]"),
                ))
            }
            Token::SquareBracketBlock => {
                self.skip_block();
                let end = self.parser_end();
                self.push(here.start..end, PartKind::Attribute);
                Ok(())
            }
            Token::Colon => self.pseudo(here.start),
            _ => {
                let what = &self.text[here.clone()];
                let hint = if matches!(token, Token::Delim('/' | '@') | Token::AtKeyword(_)) {
                    "an XPath expression is a query of type xpath"
                } else {
                    "remove it, or put it in quotes inside [name=\"…\"]"
                };
                let message = format!("unexpected {what} in a selector: {hint}");
                Err(at(here, message))
            }
        }
    }

    /// A name, `*` or `|`: each lengthens the name before it, as in `svg|a`.
    fn type_part(&mut self, here: Range<usize>) -> Result<(), ExpressionError> {
        let compound = self.compound(here.start);
        match compound.parts.last_mut() {
            None => self.push(here, PartKind::Type),
            Some(Part {
                range,
                kind: PartKind::Type,
            }) if range.end == here.start => {
                range.end = here.end;
                compound.range.end = here.end;
            }
            Some(_) => {
                return Err(at(
                    here,
                    "the name of an element must come first in its part: put it there, or put a space before it",
                ));
            }
        }
        Ok(())
    }

    /// What follows a colon.
    fn pseudo(&mut self, start: usize) -> Result<(), ExpressionError> {
        const EXPECTED: &str = "expected the name of a pseudo-class after : or of a pseudo-element after ::";
        match self.next() {
            Some((Token::Colon, colon)) => match self.next() {
                Some((Token::Ident(name), end)) => {
                    let found = Yield::from_name(&name);
                    self.pseudo_element(found, start..end.end)
                }
                Some((Token::Function(name), _)) => {
                    let argument = self.single_argument();
                    let end = self.parser_end();
                    self.pseudo_element(Yield::from_function(&name, argument.as_deref()), start..end)
                }
                other => Err(at(start..other.map_or(colon.end, |(_, range)| range.end), EXPECTED)),
            },
            Some((Token::Ident(name), end)) => {
                let range = start..end.end;
                if selectors::parser::is_css2_pseudo_element(&name) {
                    return Err(at(
                        range,
                        format!("the pseudo-element :{name} is unknown; there are {KNOWN}"),
                    ));
                }
                if Yield::from_name(&name).is_ok() {
                    return Err(at(range, format!("a pseudo-element has two colons: write ::{name}")));
                }
                self.push(range, PartKind::PseudoClass);
                Ok(())
            }
            Some((Token::Function(name), _)) => {
                let inner = self.skip_block();
                let range = start..self.parser_end();
                if name.eq_ignore_ascii_case("attr") {
                    return Err(at(range, "a pseudo-element has two colons: write ::attr(name)"));
                }
                self.push(range, PartKind::Function(name.to_ascii_lowercase(), inner));
                Ok(())
            }
            other => Err(at(start..other.map_or(start + 1, |(_, range)| range.end), EXPECTED)),
        }
    }

    fn pseudo_element(&mut self, found: Result<Yield, String>, range: Range<usize>) -> Result<(), ExpressionError> {
        let found = found.map_err(|message| at(range.clone(), message))?;
        if self.place != Place::Outermost {
            return Err(at(
                range,
                "a pseudo-element cannot stand in parentheses: put it at the end of the selector",
            ));
        }
        self.compound(range.start);
        self.current.pseudo_element = Some((found, range));
        self.close_compound();
        Ok(())
    }

    /// Steps over a block whose opening was the last token, and says where its content stands.
    fn skip_block(&mut self) -> Range<usize> {
        let mut inner = 0..0;
        let skipped: Result<(), ParseError<()>> = self.parser.parse_nested_block(|block| {
            let start = block.position().byte_index();
            while block.next_including_whitespace_and_comments().is_ok() {}
            inner = start..block.position().byte_index();
            Ok(())
        });
        debug_assert!(skipped.is_ok(), "the block was read to its end");
        inner
    }

    /// The block whose opening was the last token, if it is one name or string.
    fn single_argument(&mut self) -> Option<String> {
        self.parser
            .parse_nested_block(|block| -> Result<String, ParseError<()>> {
                Ok(block.expect_ident_or_string()?.as_ref().to_owned())
            })
            .ok()
            .filter(|name| !name.is_empty())
    }

    fn parser_end(&self) -> usize {
        self.parser.position().byte_index()
    }
}
