//! What is known before any page: arithmetic on constants, and comparisons that only ask whether there is something.

use crate::functions::Function;
use crate::program::{Arithmetic, ArithmeticOperator, CompareOperator, Comparison, Expr};
use crate::value::{Type, boolean_of_number};

/// An arithmetic chain, its constant beginning computed.
pub(crate) fn arithmetic(chain: Arithmetic) -> Expr {
    let Arithmetic { first, rest } = chain;
    let Expr::Number(mut value) = first else {
        return Expr::Arithmetic(Box::new(Arithmetic { first, rest }));
    };
    let mut rest = rest.into_iter().peekable();
    while let Some((operator, Expr::Number(number))) = rest.next_if(|(_, next)| matches!(next, Expr::Number(_))) {
        value = compute(operator, value, number);
    }
    let first = Expr::Number(value);
    if rest.peek().is_none() {
        return first;
    }
    Expr::Arithmetic(Box::new(Arithmetic {
        first,
        rest: rest.collect(),
    }))
}

/// One operation (section 3.5). `mod` takes the sign of its left side, as Rust's `%` does.
pub(crate) fn compute(operator: ArithmeticOperator, left: f64, right: f64) -> f64 {
    match operator {
        ArithmeticOperator::Add => left + right,
        ArithmeticOperator::Subtract => left - right,
        ArithmeticOperator::Multiply => left * right,
        ArithmeticOperator::Divide => left / right,
        ArithmeticOperator::Modulo => left % right,
    }
}

/// `count(x) > 0`, `string-length(x) = 0` and their kin, as the boolean that they mean, possibly denied.
pub(crate) fn emptiness(comparison: Comparison) -> Result<Expr, Comparison> {
    let Comparison { first, mut rest } = comparison;
    if rest.len() != 1 {
        return Err(Comparison { first, rest });
    }
    let (operator, second) = rest.pop().expect("it has one");
    let back = |first, second| {
        Err(Comparison {
            first,
            rest: vec![(operator, second)],
        })
    };
    let (counted, number, seen) = match (&first, &second) {
        (Expr::Call(..), Expr::Number(number)) => (true, *number, operator),
        (Expr::Number(number), Expr::Call(..)) => (false, *number, operator.mirrored()),
        _ => return back(first, second),
    };
    // Counts are whole and not negative.
    let some = match (seen, number) {
        (CompareOperator::Greater | CompareOperator::NotEqual, 0.0) | (CompareOperator::GreaterOrEqual, 1.0) => true,
        (CompareOperator::Equal | CompareOperator::LessOrEqual, 0.0) | (CompareOperator::Less, 1.0) => false,
        _ => return back(first, second),
    };
    let (call, other) = if counted { (first, second) } else { (second, first) };
    let what = match call {
        Expr::Call(Function::Count, mut arguments) => arguments.remove(0),
        Expr::Call(Function::StringLength, mut arguments) => match arguments.remove(0) {
            text if text.kind() == Type::Text => text,
            other => Expr::Call(Function::String, vec![other]),
        },
        call if counted => return back(call, other),
        call => return back(other, call),
    };
    let boolean = Expr::Call(Function::Boolean, vec![what]);
    Ok(if some { boolean } else { Expr::Not(Box::new(boolean)) })
}

/// The operands of a union, those of unions inside of it among them.
pub(crate) fn flat_union(parts: Vec<Expr>) -> Vec<Expr> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Expr::Union(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}

/// The boolean of a constant.
pub(crate) fn constant_boolean(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Number(number) => Some(boolean_of_number(*number)),
        Expr::Text(text) => Some(!text.is_empty()),
        Expr::Boolean(value) => Some(*value),
        _ => None,
    }
}
