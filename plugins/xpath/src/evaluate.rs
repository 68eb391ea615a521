//! Evaluating an expression as the type that is asked for, so that no value is made only to be converted.

use std::borrow::Cow;

use crate::evaluator::{Context, Evaluator, Flow, Outcome, Remembered};
use crate::fold::compute;
use crate::functions::Function;
use crate::nodes::{NodeSet, Place, normalize};
use crate::predicates::Groups;
use crate::program::{Expr, Filter, MemorySlot, Predicate, Separators, TokenTest};
use crate::steps::{Visitor, visit_all};
use crate::value::{Type, Value, boolean_of_number, is_space, number_of, number_of_boolean, text_of, text_of_boolean};

impl<'a> Evaluator<'a> {
    /// The value of an expression in its own type.
    pub(crate) fn value(&self, expr: &'a Expr, context: Context) -> Outcome<Value<'a>> {
        Ok(match expr.kind() {
            Type::Nodes => Value::Nodes(self.nodes(expr, context)?),
            Type::Boolean => Value::Boolean(self.boolean(expr, context)?),
            Type::Number => Value::Number(self.number(expr, context)?),
            Type::Text => Value::Text(self.text(expr, context)?),
        })
    }

    /// `boolean()` of an expression (section 4.3).
    pub(crate) fn boolean(&self, expr: &'a Expr, context: Context) -> Outcome<bool> {
        match expr {
            Expr::Boolean(value) => Ok(*value),
            Expr::Or(parts) => self.any(parts, context),
            Expr::And(parts) => Ok(!self.any_fails(parts, context)?),
            Expr::Not(inner) => Ok(!self.boolean(inner, context)?),
            Expr::Compare(comparison) => self.compare(comparison, context),
            Expr::Token(test) => Ok(self.has_tokens(test, context)),
            Expr::Matcher(matcher) if matcher.function == Function::RegexTest => self.test_matcher(matcher, context),
            Expr::Call(function, arguments) if function.result() == Type::Boolean => {
                self.boolean_call(*function, arguments, context)
            }
            Expr::Remembered(slot, inner) if inner.kind() != Type::Text => match self.remembered(*slot, inner)? {
                Remembered::Nodes(nodes) => Ok(!nodes.is_empty()),
                Remembered::Boolean(value) => Ok(value),
                Remembered::Number(number) => Ok(boolean_of_number(number)),
                Remembered::Text(text) => Ok(!text.is_empty()),
            },
            _ => match expr.kind() {
                Type::Nodes => self.exists(expr, context),
                Type::Number => Ok(boolean_of_number(self.number(expr, context)?)),
                Type::Text | Type::Boolean => Ok(!self.text(expr, context)?.is_empty()),
            },
        }
    }

    fn any(&self, parts: &'a [Expr], context: Context) -> Outcome<bool> {
        for part in parts {
            if self.boolean(part, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn any_fails(&self, parts: &'a [Expr], context: Context) -> Outcome<bool> {
        for part in parts {
            if !self.boolean(part, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `number()` of an expression (section 4.4).
    pub(crate) fn number(&self, expr: &'a Expr, context: Context) -> Outcome<f64> {
        match expr {
            Expr::Number(number) => Ok(*number),
            Expr::Position => Ok(f64::from(context.position)),
            Expr::Last => Ok(f64::from(context.size)),
            Expr::Negate(inner) => Ok(-self.number(inner, context)?),
            Expr::Arithmetic(chain) => {
                let mut value = self.number(&chain.first, context)?;
                for (operator, operand) in &chain.rest {
                    value = compute(*operator, value, self.number(operand, context)?);
                }
                Ok(value)
            }
            Expr::Call(function, arguments) if function.result() == Type::Number => {
                self.number_call(*function, arguments, context)
            }
            Expr::Remembered(slot, inner) if inner.kind() == Type::Number => match self.remembered(*slot, inner)? {
                Remembered::Number(number) => Ok(number),
                other => unreachable!("a number was remembered as {other:?}"),
            },
            _ => match expr.kind() {
                Type::Boolean => Ok(number_of_boolean(self.boolean(expr, context)?)),
                Type::Nodes | Type::Text | Type::Number => Ok(number_of(&self.text(expr, context)?)),
            },
        }
    }

    /// `string()` of an expression (section 4.2).
    pub(crate) fn text(&self, expr: &'a Expr, context: Context) -> Outcome<Cow<'a, str>> {
        match expr {
            Expr::Text(text) => Ok(Cow::Borrowed(text)),
            Expr::Call(function, arguments) if function.result() == Type::Text => {
                self.text_call(*function, arguments, context)
            }
            Expr::Translate(text, map) => self.translated(text, map, context),
            Expr::Matcher(matcher) if matcher.function == Function::RegexReplace => {
                self.replace_matcher(matcher, context).map(Cow::Owned)
            }
            Expr::Remembered(slot, inner) if inner.kind() == Type::Text => match self.remembered(*slot, inner)? {
                Remembered::Text(text) => {
                    self.spend_text(&text)?;
                    Ok(Cow::Owned(text.to_string()))
                }
                other => unreachable!("a string was remembered as {other:?}"),
            },
            _ => match expr.kind() {
                Type::Boolean => Ok(Cow::Borrowed(text_of_boolean(self.boolean(expr, context)?))),
                Type::Number => Ok(text_of(self.number(expr, context)?)),
                Type::Nodes | Type::Text => Ok(self
                    .first(expr, context)?
                    .map_or(Cow::Borrowed(""), |first| self.string(first))),
            },
        }
    }

    /// The nodes of a node-set expression.
    pub(crate) fn nodes(&self, expr: &'a Expr, context: Context) -> Outcome<NodeSet> {
        let nodes = match expr {
            Expr::Path(path) => self.path_nodes(path, context)?,
            Expr::Filter(filter) => self.filtered(filter, context)?,
            Expr::Union(parts) => {
                let mut nodes = Vec::new();
                for part in parts {
                    nodes.extend_from_slice(&self.nodes(part, context)?);
                }
                self.spend(nodes.len() as u64)?;
                normalize(&mut nodes);
                nodes
            }
            Expr::Matcher(matcher) => self.match_matcher(matcher, context)?,
            Expr::Call(function, arguments) => self.nodes_call(*function, arguments, context)?,
            Expr::Remembered(slot, inner) => match self.remembered(*slot, inner)? {
                Remembered::Nodes(nodes) => return Ok(NodeSet::Shared(nodes)),
                other => unreachable!("a node-set was remembered as {other:?}"),
            },
            other => unreachable!("{other:?} is no node-set, which the compiler has checked"),
        };
        Ok(NodeSet::Owned(nodes))
    }

    /// Visits the nodes of a node-set expression, in any order.
    pub(crate) fn visit(&self, expr: &'a Expr, context: Context, visit: Visitor<'_>) -> Outcome<Flow> {
        match expr {
            Expr::Path(path) => self.visit_path(path, context, visit),
            other => visit_all(&self.nodes(other, context)?, visit),
        }
    }

    /// Whether a node-set expression finds anything.
    pub(crate) fn exists(&self, expr: &'a Expr, context: Context) -> Outcome<bool> {
        match expr {
            Expr::Path(path) if path.as_attribute().is_some() && context.node.is_node() => {
                self.spend(1)?;
                Ok(self.attribute_of_context(expr, context).is_some())
            }
            Expr::Union(parts) => {
                for part in parts {
                    if self.exists(part, context)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Ok(self.visit(expr, context, &mut |_| Ok(Flow::Break))?.is_break()),
        }
    }

    /// The value of the one attribute that the expression asks of the context node, if it is of that shape.
    pub(crate) fn attribute_of_context(&self, expr: &'a Expr, context: Context) -> Option<&'a str> {
        let Expr::Path(path) = expr else { return None };
        let tag = self.tag(path.as_attribute()?)?;
        if !context.node.is_node() {
            return None;
        }
        self.document.attribute_by_tag(context.node.node, tag)
    }

    /// The first node in document order.
    pub(crate) fn first(&self, expr: &'a Expr, context: Context) -> Outcome<Option<Place>> {
        match expr {
            Expr::Path(path) if path.ordered => {
                let mut first = None;
                self.visit_path(path, context, &mut |place| {
                    first = Some(place);
                    Ok(Flow::Break)
                })?;
                Ok(first)
            }
            Expr::Path(path) if path.descends => self.first_below(path, context),
            other => Ok(self.nodes(other, context)?.first().copied()),
        }
    }

    /// A filter expression (section 3.3): positions are counted in document order among all nodes.
    fn filtered(&self, filter: &'a Filter, context: Context) -> Outcome<Vec<Place>> {
        let mut nodes = Vec::new();
        let mut predicates = filter.predicates.iter();
        match (&filter.primary, filter.predicates.first()) {
            (Expr::Path(path), Some(Predicate::At(at))) if path.ordered => {
                let mut count = 0;
                self.visit_path(path, context, &mut |place| {
                    count += 1;
                    if count < *at {
                        return Ok(Flow::Continue);
                    }
                    nodes.push(place);
                    Ok(Flow::Break)
                })?;
                predicates.next();
            }
            (Expr::Path(path), Some(Predicate::At(1))) if path.descends => {
                nodes.extend(self.first_below(path, context)?);
                predicates.next();
            }
            (primary, _) => nodes = self.nodes(primary, context)?.into_vec(),
        }
        for predicate in predicates {
            nodes = self.filter(nodes, predicate, Groups::One)?;
        }
        Ok(nodes)
    }

    /// What was evaluated before in this slot, or is now. The context does not matter.
    pub(crate) fn remembered(&self, slot: MemorySlot, inner: &'a Expr) -> Outcome<Remembered> {
        let slot = slot as usize;
        if let Some(value) = &self.memories.borrow()[slot].value {
            return Ok(value.clone());
        }
        let value = match self.value(inner, Context::of(Place::of(snowscrape_dom::NodeId::DOCUMENT)))? {
            Value::Nodes(nodes) => Remembered::Nodes(nodes.into_shared()),
            Value::Boolean(value) => Remembered::Boolean(value),
            Value::Number(number) => Remembered::Number(number),
            Value::Text(text) => Remembered::Text(text.into()),
        };
        self.memories.borrow_mut()[slot].value = Some(value.clone());
        Ok(value)
    }

    fn has_tokens(&self, test: &TokenTest, context: Context) -> bool {
        let value = self.tag(test.attribute).filter(|_| context.node.is_node());
        let value = value.and_then(|tag| self.document.attribute_by_tag(context.node.node, tag));
        value.is_some_and(|value| test.tokens.iter().all(|token| has_token(value, token, test.separators)))
    }
}

/// Whether a token stands in a value with separators, or the ends, around it.
fn has_token(value: &str, token: &str, separators: Separators) -> bool {
    let separates = |byte: u8| match separators {
        Separators::Space => byte == b' ',
        Separators::Xml => is_space(byte as char),
        Separators::Html => is_space(byte as char) || byte == b'\x0c',
    };
    let bytes = value.as_bytes();
    if bytes.len() <= token.len() {
        return value == token;
    }
    let mut from = 0;
    while let Some(at) = value[from..].find(token) {
        let (start, end) = (from + at, from + at + token.len());
        let before = start == 0 || separates(bytes[start - 1]);
        let after = end == bytes.len() || separates(bytes[end]);
        if before && after {
            return true;
        }
        from = end;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_token;
    use crate::program::Separators;

    #[test]
    fn a_token_stands_between_separators() {
        for (value, token, expected) in [
            ("x", "x", true),
            ("x y", "x", true),
            ("y x", "x", true),
            ("y x z", "x", true),
            ("xx x", "x", true),
            ("xx", "x", false),
            ("x-y", "x", false),
            ("", "x", false),
            ("x\ty", "x", true),
            ("x\u{c}y", "x", false),
            ("äx ä", "ä", true),
            ("aab ab", "ab", true),
        ] {
            assert_eq!(
                has_token(value, token, Separators::Xml),
                expected,
                "{value:?} {token:?}"
            );
        }
        assert!(has_token("x\u{c}y", "y", Separators::Html));
        assert!(!has_token("x\ty", "y", Separators::Space));
    }
}
