//! Comparisons (XPath 1.0, section 3.4): on node-sets they ask whether some node makes them true.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use crate::evaluator::{Context, Evaluator, Flow, Outcome};
use crate::functions::{Function, normalized_equals};
use crate::program::{CompareOperator, Comparison, Expr};
use crate::value::{Type, number_of, number_of_boolean};

impl<'a> Evaluator<'a> {
    pub(crate) fn compare(&self, comparison: &'a Comparison, context: Context) -> Outcome<bool> {
        let mut operands = comparison.rest.iter();
        let Some((operator, second)) = operands.next() else {
            return self.boolean(&comparison.first, context);
        };
        let mut result = self.compare_two(*operator, &comparison.first, second, context)?;
        for (operator, operand) in operands {
            result = self.compare_boolean(*operator, result, operand, context)?;
        }
        Ok(result)
    }

    fn compare_two(
        &self,
        operator: CompareOperator,
        left: &'a Expr,
        right: &'a Expr,
        context: Context,
    ) -> Outcome<bool> {
        match (left.kind(), right.kind()) {
            (Type::Nodes, Type::Nodes) => self.compare_sets(operator, left, right, context),
            (Type::Nodes, _) => self.compare_set(operator, left, right, context),
            (_, Type::Nodes) => self.compare_set(operator.mirrored(), right, left, context),
            (Type::Boolean, _) => self.compare_boolean(operator, self.boolean(left, context)?, right, context),
            (_, Type::Boolean) => {
                self.compare_boolean(operator.mirrored(), self.boolean(right, context)?, left, context)
            }
            (Type::Text, Type::Text) if is_equality(operator) => {
                let equal = match (left, right) {
                    (Expr::Call(Function::NormalizeSpace, inner), other)
                    | (other, Expr::Call(Function::NormalizeSpace, inner)) => {
                        normalized_equals(&self.text(&inner[0], context)?, &self.text(other, context)?)
                    }
                    _ => self.text(left, context)? == self.text(right, context)?,
                };
                Ok(equal == (operator == CompareOperator::Equal))
            }
            _ => Ok(compare_numbers(
                operator,
                self.number(left, context)?,
                self.number(right, context)?,
            )),
        }
    }

    /// With a boolean on the left: equality converts the right side to a boolean, order both to numbers.
    fn compare_boolean(
        &self,
        operator: CompareOperator,
        left: bool,
        right: &'a Expr,
        context: Context,
    ) -> Outcome<bool> {
        if is_equality(operator) {
            let equal = left == self.boolean(right, context)?;
            return Ok(equal == (operator == CompareOperator::Equal));
        }
        // A node-set that meets a boolean is one itself, before it is a number.
        let right = match right.kind() {
            Type::Nodes => number_of_boolean(self.boolean(right, context)?),
            _ => self.number(right, context)?,
        };
        Ok(compare_numbers(operator, number_of_boolean(left), right))
    }

    /// A node-set with a value of another type.
    fn compare_set(
        &self,
        operator: CompareOperator,
        set: &'a Expr,
        other: &'a Expr,
        context: Context,
    ) -> Outcome<bool> {
        match other.kind() {
            Type::Boolean => self.compare_boolean(operator.mirrored(), self.boolean(other, context)?, set, context),
            Type::Text if is_equality(operator) => {
                let text = self.text(other, context)?;
                self.some_string(set, context, |string| {
                    (string == text) == (operator == CompareOperator::Equal)
                })
            }
            _ => {
                let number = self.number(other, context)?;
                self.some_string(set, context, |string| {
                    compare_numbers(operator, number_of(string), number)
                })
            }
        }
    }

    /// Whether the string-value of some node makes it true.
    fn some_string(&self, set: &'a Expr, context: Context, holds: impl Fn(&str) -> bool) -> Outcome<bool> {
        if let Some(value) = self.attribute_of_context(set, context) {
            self.spend(1)?;
            return Ok(holds(value));
        }
        let flow = self.visit(set, context, &mut |place| {
            Ok(if holds(&self.string(place)) {
                Flow::Break
            } else {
                Flow::Continue
            })
        })?;
        Ok(flow.is_break())
    }

    /// Two node-sets, in time linear in both.
    fn compare_sets(
        &self,
        operator: CompareOperator,
        left: &'a Expr,
        right: &'a Expr,
        context: Context,
    ) -> Outcome<bool> {
        match operator {
            CompareOperator::Equal => {
                // What is remembered has its strings remembered too.
                let (looked_up, asked) = if matches!(left, Expr::Remembered(..)) {
                    (left, right)
                } else {
                    (right, left)
                };
                if !matches!(looked_up, Expr::Remembered(..)) && !self.exists(asked, context)? {
                    return Ok(false);
                }
                let strings = self.strings(looked_up, context)?;
                if strings.is_empty() {
                    return Ok(false);
                }
                self.some_string(asked, context, |string| strings.contains(string))
            }
            CompareOperator::NotEqual => {
                // Two sets differ somewhere unless all nodes of both have one string between them.
                let Some(first) = self.first(left, context)? else {
                    return Ok(false);
                };
                if !self.exists(right, context)? {
                    return Ok(false);
                }
                let first = self.string(first);
                Ok(self.some_string(right, context, |string| string != first)?
                    || self.some_string(left, context, |string| string != first)?)
            }
            _ => {
                let (left, right) = (self.bounds(left, context)?, self.bounds(right, context)?);
                let (Some(left), Some(right)) = (left, right) else {
                    return Ok(false);
                };
                Ok(match operator {
                    CompareOperator::Less | CompareOperator::LessOrEqual => compare_numbers(operator, left.0, right.1),
                    _ => compare_numbers(operator, left.1, right.0),
                })
            }
        }
    }

    /// The string-values of a node-set.
    fn strings(&self, set: &'a Expr, context: Context) -> Outcome<Rc<HashSet<Cow<'a, str>>>> {
        let slot = match set {
            Expr::Remembered(slot, _) => Some(*slot as usize),
            _ => None,
        };
        let known = slot.and_then(|slot| self.memories.borrow()[slot].strings.clone());
        if let Some(strings) = known {
            return Ok(strings);
        }
        let mut strings = HashSet::new();
        self.visit(set, context, &mut |place| {
            let string = self.string(place);
            self.spend_text(&string)?;
            strings.insert(string);
            Ok(Flow::Continue)
        })?;
        let strings = Rc::new(strings);
        if let Some(slot) = slot {
            self.memories.borrow_mut()[slot].strings = Some(Rc::clone(&strings));
        }
        Ok(strings)
    }

    /// The least and the greatest number of a node-set, NaN left out: none if there is no number.
    fn bounds(&self, set: &'a Expr, context: Context) -> Outcome<Option<(f64, f64)>> {
        let mut bounds: Option<(f64, f64)> = None;
        self.visit(set, context, &mut |place| {
            let number = number_of(&self.string(place));
            if !number.is_nan() {
                bounds = Some(bounds.map_or((number, number), |(least, most)| (least.min(number), most.max(number))));
            }
            Ok(Flow::Continue)
        })?;
        Ok(bounds)
    }
}

fn is_equality(operator: CompareOperator) -> bool {
    matches!(operator, CompareOperator::Equal | CompareOperator::NotEqual)
}

/// IEEE 754: NaN is not equal to anything, and neither less nor greater.
#[expect(clippy::float_cmp, reason = "section 3.4 compares numbers exactly")]
fn compare_numbers(operator: CompareOperator, left: f64, right: f64) -> bool {
    match operator {
        CompareOperator::Equal => left == right,
        CompareOperator::NotEqual => left != right,
        CompareOperator::Less => left < right,
        CompareOperator::LessOrEqual => left <= right,
        CompareOperator::Greater => left > right,
        CompareOperator::GreaterOrEqual => left >= right,
    }
}
