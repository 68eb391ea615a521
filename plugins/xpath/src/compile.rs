//! From what was written to what is evaluated: types and arities are checked, names numbered, what does not depend on
//! the context found, and the shapes that people write given forms of their own.

use snowscrape_plugin_sdk::ExpressionError;

use crate::ast::{BinaryOperator, Node, NodeKind, Span};
use crate::fold::{arithmetic, emptiness, flat_union};
use crate::functions::Function;
use crate::paths::as_boolean;
use crate::program::{
    Arithmetic, ArithmeticOperator, CompareOperator, Comparison, Expr, Filter, MemorySlot, NameSlot, Program,
};
use crate::value::Type;

/// Compiles a parsed expression.
pub(crate) fn compile(node: &Node) -> Result<Program, ExpressionError> {
    let mut compiler = Compiler::default();
    let root = compiler.expression(node)?.expr;
    let Compiler {
        names,
        remembered,
        scans,
        ..
    } = compiler;
    Ok(Program {
        root,
        names,
        remembered: remembered as usize,
        scans: scans as usize,
    })
}

/// A compiled expression and what its value depends on.
pub(crate) struct Compiled {
    pub(crate) expr: Expr,
    pub(crate) needs: Needs,
}

/// What a value depends on besides the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The context node or position.
    pub(crate) context: bool,
    /// The position or the size of the context.
    pub(crate) position: bool,
    /// The size.
    pub(crate) size: bool,
}

impl Needs {
    pub(crate) const NODE: Self = Self {
        context: true,
        position: false,
        size: false,
    };

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            context: self.context || other.context,
            position: self.position || other.position,
            size: self.size || other.size,
        }
    }
}

impl From<Expr> for Compiled {
    fn from(expr: Expr) -> Self {
        Self {
            expr,
            needs: Needs::default(),
        }
    }
}

#[derive(Default)]
pub(crate) struct Compiler {
    names: Vec<Box<str>>,
    remembered: MemorySlot,
    scans: MemorySlot,
    /// How many predicates are open around what is compiled: outside of them all is evaluated once anyway.
    pub(crate) predicates: usize,
}

pub(crate) type CompileResult<T> = Result<T, ExpressionError>;

impl Compiler {
    pub(crate) fn expression(&mut self, node: &Node) -> CompileResult<Compiled> {
        match &node.kind {
            NodeKind::Number(number) => Ok(Expr::Number(*number).into()),
            NodeKind::Literal(text) => Ok(Expr::Text(text.as_str().into()).into()),
            NodeKind::Negate { operand, twice } => self.negation(operand, *twice),
            NodeKind::Chain { first, rest } => self.chain(first, rest),
            NodeKind::Path { start, steps } => self.path(start, steps),
            NodeKind::Filter { primary, predicates } => self.filter(primary, predicates),
            NodeKind::Call {
                name,
                name_span,
                arguments,
            } => self.call(name, *name_span, node.span, arguments),
        }
    }

    /// The slot of a name.
    pub(crate) fn name(&mut self, name: &str) -> NameSlot {
        let known = self.names.iter().position(|known| **known == *name);
        known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        }) as NameSlot
    }

    /// A memory of sibling scans.
    pub(crate) fn scan(&mut self) -> MemorySlot {
        self.scans += 1;
        self.scans - 1
    }

    /// The parts of a whole: where the whole depends on the context, a part that does not is evaluated once.
    pub(crate) fn settle(&mut self, parts: Vec<Compiled>) -> (Vec<Expr>, Needs) {
        let needs = parts.iter().fold(Needs::default(), |needs, part| needs.and(part.needs));
        let exprs = parts
            .into_iter()
            .map(|part| if needs.context { self.remember(part) } else { part.expr })
            .collect();
        (exprs, needs)
    }

    /// An expression that is evaluated once if it can be.
    pub(crate) fn remember(&mut self, part: Compiled) -> Expr {
        let trivial = matches!(
            part.expr,
            Expr::Number(_) | Expr::Text(_) | Expr::Boolean(_) | Expr::Remembered(..)
        );
        if part.needs.context || trivial || self.predicates == 0 {
            return part.expr;
        }
        self.remembered += 1;
        Expr::Remembered(self.remembered - 1, Box::new(part.expr))
    }

    fn negation(&mut self, operand: &Node, twice: bool) -> CompileResult<Compiled> {
        let Compiled { expr, needs } = self.expression(operand)?;
        let expr = match expr {
            Expr::Number(number) if twice => Expr::Number(number),
            Expr::Number(number) => Expr::Number(-number),
            expr if twice => Expr::Negate(Box::new(Expr::Negate(Box::new(expr)))),
            expr => Expr::Negate(Box::new(expr)),
        };
        Ok(Compiled { expr, needs })
    }

    fn chain(&mut self, first: &Node, rest: &[(BinaryOperator, Node)]) -> CompileResult<Compiled> {
        let operands = std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand));
        let operator = rest[0].0;
        let mut parts = Vec::with_capacity(rest.len() + 1);
        for operand in operands {
            let part = self.expression(operand)?;
            if operator == BinaryOperator::Union {
                expect_nodes(&part.expr, operand.span, "both sides of | have to be node-sets")?;
            }
            parts.push(part);
        }
        let (parts, needs) = self.settle(parts);
        let operators = rest.iter().map(|(operator, _)| *operator);
        Ok(Compiled {
            expr: combine(operator, parts, operators),
            needs,
        })
    }

    fn filter(&mut self, primary: &Node, predicates: &[Node]) -> CompileResult<Compiled> {
        let Compiled { expr, needs } = self.expression(primary)?;
        expect_nodes(&expr, primary.span, "only a node-set takes a predicate")?;
        let predicates = self.predicates(predicates)?;
        Ok(Compiled {
            expr: Expr::Filter(Box::new(Filter {
                primary: expr,
                predicates,
            })),
            needs,
        })
    }
}

/// The parts of a chain of operators of one precedence as one expression.
fn combine(operator: BinaryOperator, parts: Vec<Expr>, operators: impl Iterator<Item = BinaryOperator>) -> Expr {
    match operator {
        BinaryOperator::Or | BinaryOperator::And => {
            let parts: Vec<_> = parts.into_iter().map(as_boolean).collect();
            // What is certain decides or drops out.
            let decisive = operator == BinaryOperator::Or;
            if parts
                .iter()
                .any(|part| matches!(part, Expr::Boolean(value) if *value == decisive))
            {
                return Expr::Boolean(decisive);
            }
            let mut parts: Vec<_> = parts
                .into_iter()
                .filter(|part| !matches!(part, Expr::Boolean(_)))
                .collect();
            match parts.len() {
                0 => Expr::Boolean(!decisive),
                // A number would be a position where this is a predicate.
                1 if parts[0].kind() != Type::Boolean => Expr::Call(Function::Boolean, parts),
                1 => parts.remove(0),
                _ if decisive => Expr::Or(parts),
                _ => Expr::And(parts),
            }
        }
        BinaryOperator::Union => Expr::Union(flat_union(parts)),
        BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => {
            let mut parts = parts.into_iter();
            let first = parts.next().expect("a chain has a first operand");
            let rest = operators.map(arithmetic_operator).zip(parts).collect();
            arithmetic(Arithmetic { first, rest })
        }
        _ => {
            let mut parts = parts.into_iter();
            let first = parts.next().expect("a chain has a first operand");
            let rest = operators.map(compare_operator).zip(parts).collect();
            match emptiness(Comparison { first, rest }) {
                // The inner one is a boolean of something, or the denial of one.
                Ok(Expr::Not(inner)) => Expr::Not(Box::new(as_boolean(*inner))),
                Ok(expr) => as_boolean(expr),
                Err(comparison) => Expr::Compare(Box::new(comparison)),
            }
        }
    }
}

/// Refuses what is no node-set: XPath converts nothing into one (section 3.2 and 3.3).
pub(crate) fn expect_nodes(expr: &Expr, span: Span, rule: &str) -> CompileResult<()> {
    match expr.kind() {
        Type::Nodes => Ok(()),
        other => Err(span.error(format!("{rule}, this is {}", other.described()))),
    }
}

fn arithmetic_operator(operator: BinaryOperator) -> ArithmeticOperator {
    match operator {
        BinaryOperator::Add => ArithmeticOperator::Add,
        BinaryOperator::Subtract => ArithmeticOperator::Subtract,
        BinaryOperator::Multiply => ArithmeticOperator::Multiply,
        BinaryOperator::Divide => ArithmeticOperator::Divide,
        BinaryOperator::Modulo => ArithmeticOperator::Modulo,
        other => unreachable!("{other:?} is of another precedence"),
    }
}

fn compare_operator(operator: BinaryOperator) -> CompareOperator {
    match operator {
        BinaryOperator::Equal => CompareOperator::Equal,
        BinaryOperator::NotEqual => CompareOperator::NotEqual,
        BinaryOperator::Less => CompareOperator::Less,
        BinaryOperator::LessOrEqual => CompareOperator::LessOrEqual,
        BinaryOperator::Greater => CompareOperator::Greater,
        BinaryOperator::GreaterOrEqual => CompareOperator::GreaterOrEqual,
        other => unreachable!("{other:?} is of another precedence"),
    }
}
