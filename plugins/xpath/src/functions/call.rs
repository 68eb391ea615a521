//! Calling the functions, by the type of what they give.

use std::borrow::Cow;
use std::collections::HashSet;

use regex::Regex;
use snowscrape_dom::NodeId;
use snowscrape_plugin_sdk::QueryFailure;

use crate::calls::translation;
use crate::evaluator::{Context, Evaluator, Flow, Outcome};
use crate::functions::{
    Flags, Function, MatchMode, normalize_space, regex_matches, regex_replace, regex_replacement, substring,
    substring_after, substring_before, translate,
};
use crate::nodes::{Place, PlaceKind, normalize};
use crate::program::{Expr, Matcher, Start};
use crate::value::{Type, is_space, number_of, round};

impl<'a> Evaluator<'a> {
    pub(crate) fn boolean_call(&self, function: Function, arguments: &'a [Expr], context: Context) -> Outcome<bool> {
        match function {
            Function::Boolean => self.boolean(&arguments[0], context),
            Function::StartsWith => {
                let text = self.text(&arguments[0], context)?;
                Ok(text.starts_with(&*self.text(&arguments[1], context)?))
            }
            Function::Contains => {
                let text = self.text(&arguments[0], context)?;
                let sought = self.text(&arguments[1], context)?;
                self.spend_text(&text)?;
                Ok(text.contains(&*sought))
            }
            Function::Lang => {
                let wanted = self.text(&arguments[0], context)?;
                Ok(self
                    .language(context.node)
                    .is_some_and(|language| is_language(language, &wanted)))
            }
            Function::RegexTest => {
                let (text, regex, _) = self.computed_regex(arguments, context)?;
                Ok(regex.is_match(&text))
            }
            Function::HasSameNode => {
                let (left, right) = (self.nodes(&arguments[0], context)?, self.nodes(&arguments[1], context)?);
                self.spend(left.len() as u64)?;
                Ok(left.iter().any(|place| right.binary_search(place).is_ok()))
            }
            other => unreachable!("{other:?} gives no boolean"),
        }
    }

    pub(crate) fn number_call(&self, function: Function, arguments: &'a [Expr], context: Context) -> Outcome<f64> {
        let argument = &arguments[0];
        match function {
            Function::Count => self.count(argument, context).map(|count| count as f64),
            Function::Sum => {
                // In document order: a sum of floating-point numbers depends on it.
                let nodes = self.nodes(argument, context)?;
                Ok(nodes.iter().map(|place| number_of(&self.string(*place))).sum::<f64>() + 0.0)
            }
            Function::StringLength => {
                let text = self.text(argument, context)?;
                self.spend_text(&text)?;
                Ok(text.chars().count() as f64)
            }
            Function::Number => self.number(argument, context),
            Function::Floor => self.number(argument, context).map(f64::floor),
            Function::Ceiling => self.number(argument, context).map(f64::ceil),
            Function::Round => self.number(argument, context).map(round),
            other => unreachable!("{other:?} gives no number"),
        }
    }

    fn count(&self, argument: &'a Expr, context: Context) -> Outcome<usize> {
        let path = match argument {
            Expr::Path(path) if path.streams => path,
            other => return Ok(self.nodes(other, context)?.len()),
        };
        let from = match path.start {
            Start::Root => Some(Place::of(NodeId::DOCUMENT)),
            Start::Context => Some(context.node),
            Start::Nodes(_) => None,
        };
        if let (Some(from), [step]) = (from, path.steps.as_slice()) {
            self.spend(1)?;
            if let Some(count) = self.count_by_tag(step, from) {
                return Ok(count);
            }
            if let (Some(memory), true) = (Self::countable(step), from.is_node()) {
                return Ok(self.count_siblings(step, memory, from.node)? as usize);
            }
        }
        let mut count = 0;
        self.visit_path(path, context, &mut |_| {
            count += 1;
            Ok(Flow::Continue)
        })?;
        Ok(count)
    }

    pub(crate) fn text_call(
        &self,
        function: Function,
        arguments: &'a [Expr],
        context: Context,
    ) -> Outcome<Cow<'a, str>> {
        match function {
            Function::LocalName | Function::Name => Ok(Cow::Borrowed(
                self.first(&arguments[0], context)?.map_or("", |first| self.name(first)),
            )),
            Function::String => self.text(&arguments[0], context),
            Function::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    let text = self.text(argument, context)?;
                    self.spend_written(text.len())?;
                    all.push_str(&text);
                }
                Ok(Cow::Owned(all))
            }
            Function::SubstringBefore | Function::SubstringAfter => {
                let (text, mark) = (self.text(&arguments[0], context)?, self.text(&arguments[1], context)?);
                self.spend_text(&text)?;
                let part = if function == Function::SubstringBefore {
                    substring_before
                } else {
                    substring_after
                };
                Ok(part(text, &mark))
            }
            Function::Substring => {
                let text = self.text(&arguments[0], context)?;
                let start = self.number(&arguments[1], context)?;
                let length = arguments
                    .get(2)
                    .map(|length| self.number(length, context))
                    .transpose()?;
                self.spend_text(&text)?;
                Ok(substring(text, start, length))
            }
            Function::NormalizeSpace => {
                let text = self.text(&arguments[0], context)?;
                self.spend_text(&text)?;
                Ok(normalize_space(text))
            }
            Function::Translate => {
                let map = translation(&self.text(&arguments[1], context)?, &self.text(&arguments[2], context)?);
                self.translated(&arguments[0], &map, context)
            }
            Function::RegexReplace => {
                let (text, regex, mode) = self.computed_regex(arguments, context)?;
                let replacement = regex_replacement(&self.text(&arguments[3], context)?);
                let written = |bytes| self.spend_written(bytes);
                regex_replace(&regex, &text, mode, &replacement, written).map(Cow::Owned)
            }
            other => unreachable!("{other:?} gives no string"),
        }
    }

    pub(crate) fn translated(
        &self,
        text: &'a Expr,
        map: &[(char, Option<char>)],
        context: Context,
    ) -> Outcome<Cow<'a, str>> {
        let text = self.text(text, context)?;
        self.spend((text.len() * map.len().min(64) / 64) as u64)?;
        self.spend_text(&text)?;
        Ok(Cow::Owned(translate(&text, map)))
    }

    pub(crate) fn nodes_call(
        &self,
        function: Function,
        arguments: &'a [Expr],
        context: Context,
    ) -> Outcome<Vec<Place>> {
        match function {
            Function::Id => self.by_id(&arguments[0], context),
            Function::RegexMatch => {
                let (text, regex, mode) = self.computed_regex(arguments, context)?;
                self.made_matches(&regex, &text, mode)
            }
            Function::Distinct => {
                let nodes = self.nodes(&arguments[0], context)?.into_vec();
                let mut seen = HashSet::with_capacity(nodes.len());
                let mut distinct = Vec::new();
                for place in nodes {
                    let string = self.string(place);
                    self.spend_text(&string)?;
                    if seen.insert(string) {
                        distinct.push(place);
                    }
                }
                Ok(distinct)
            }
            Function::Difference | Function::Intersection => {
                let (left, right) = (
                    self.nodes(&arguments[0], context)?.into_vec(),
                    self.nodes(&arguments[1], context)?,
                );
                self.spend(left.len() as u64)?;
                let both = function == Function::Intersection;
                Ok(left
                    .into_iter()
                    .filter(|place| right.binary_search(place).is_ok() == both)
                    .collect())
            }
            Function::Leading | Function::Trailing => {
                let (left, right) = (
                    self.nodes(&arguments[0], context)?.into_vec(),
                    self.nodes(&arguments[1], context)?,
                );
                self.spend(left.len() as u64)?;
                // EXSLT: without a second set all of the first, and nothing if its first node is not in the first set.
                let Some(mark) = right.first() else { return Ok(left) };
                Ok(match left.binary_search(mark) {
                    Err(_) => Vec::new(),
                    Ok(at) if function == Function::Leading => left[..at].to_vec(),
                    Ok(at) => left[at + 1..].to_vec(),
                })
            }
            other => unreachable!("{other:?} gives no node-set"),
        }
    }

    /// `id()` (section 4.1): of a node-set the string-value of each node, of all else the string, split at white space.
    fn by_id(&self, argument: &'a Expr, context: Context) -> Outcome<Vec<Place>> {
        let mut found = Vec::new();
        let mut look_up = |ids: &str| -> Outcome<()> {
            for id in ids.split(is_space).filter(|id| !id.is_empty()) {
                self.spend(1)?;
                found.extend(self.document.element_by_id(id).map(Place::of));
            }
            Ok(())
        };
        if argument.kind() == Type::Nodes {
            self.visit(argument, context, &mut |place| {
                let ids = self.string(place);
                self.spend_text(&ids)?;
                look_up(&ids)?;
                Ok(Flow::Continue)
            })?;
        } else {
            look_up(&self.text(argument, context)?)?;
        }
        normalize(&mut found);
        Ok(found)
    }

    /// The language of a node: of the nearest element around it that says one, in `xml:lang` before `lang`.
    fn language(&self, place: Place) -> Option<&'a str> {
        let of = |node| {
            self.document
                .attribute(node, "xml:lang")
                .or_else(|| self.document.attribute(node, "lang"))
        };
        match place.kind() {
            PlaceKind::Node | PlaceKind::Attribute(_) => {
                of(place.node).or_else(|| self.document.ancestors(place.node).find_map(of))
            }
            PlaceKind::MadeElement(_) | PlaceKind::MadeText(_) => None,
        }
    }

    /// The text, the pattern and the mode of an `re:` function whose pattern or flags are computed.
    fn computed_regex(&self, arguments: &'a [Expr], context: Context) -> Outcome<(Cow<'a, str>, Regex, MatchMode)> {
        let text = self.text(&arguments[0], context)?;
        let pattern = self.text(&arguments[1], context)?;
        let flags = match arguments.get(2) {
            Some(flags) => {
                let flags = self.text(flags, context)?;
                Flags::parse(&flags).map_err(|message| Box::new(QueryFailure::Other(message)))?
            }
            None => Flags::default(),
        };
        self.spend_text(&text)?;
        let regex = self.regex(&pattern, flags)?;
        Ok((text, regex, flags.mode))
    }

    pub(crate) fn test_matcher(&self, matcher: &'a Matcher, context: Context) -> Outcome<bool> {
        let text = self.text(&matcher.text, context)?;
        self.spend_text(&text)?;
        Ok(matcher.regex.is_match(&text))
    }

    pub(crate) fn match_matcher(&self, matcher: &'a Matcher, context: Context) -> Outcome<Vec<Place>> {
        let text = self.text(&matcher.text, context)?;
        self.spend_text(&text)?;
        self.made_matches(&matcher.regex, &text, matcher.mode)
    }

    fn made_matches(&self, regex: &Regex, text: &str, mode: MatchMode) -> Outcome<Vec<Place>> {
        let mut nodes = Vec::new();
        regex_matches(regex, text, mode, |found| {
            nodes.push(self.make(found)?);
            Ok::<_, Box<QueryFailure>>(())
        })?;
        Ok(nodes)
    }

    pub(crate) fn replace_matcher(&self, matcher: &'a Matcher, context: Context) -> Outcome<String> {
        let text = self.text(&matcher.text, context)?;
        self.spend_text(&text)?;
        let replacement = match &matcher.replacement {
            Some(replacement) => regex_replacement(&self.text(replacement, context)?),
            None => String::new(),
        };
        regex_replace(&matcher.regex, &text, matcher.mode, &replacement, |bytes| {
            self.spend_written(bytes)
        })
    }
}

/// `lang()` (section 4.3): equal without regard to case, or a sublanguage after a hyphen.
fn is_language(language: &str, wanted: &str) -> bool {
    match (language.get(..wanted.len()), language.get(wanted.len()..)) {
        (Some(start), Some(rest)) => start.eq_ignore_ascii_case(wanted) && (rest.is_empty() || rest.starts_with('-')),
        _ => false,
    }
}
