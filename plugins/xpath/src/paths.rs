//! Compiling location paths: steps joined into one where that means the same, predicates sorted by what they look at.

use crate::ast::{self, Axis, Node, NodeTest, PathStart};
use crate::compile::{CompileResult, Compiled, Compiler, Needs, expect_nodes};
use crate::fold::constant_boolean;
use crate::functions::Function;
use crate::program::{CompareOperator, Comparison, Expr, NameSlot, Path, Predicate, Start, Step, StepAxis, Test};
use crate::value::Type;

/// The most steps of a path that is walked depth first: each is a few calls deep on the stack.
const MAX_STREAMED_STEPS: usize = 12;

impl Compiler {
    pub(crate) fn path(&mut self, start: &PathStart, written: &[ast::Step]) -> CompileResult<Compiled> {
        let (start, mut steps, needs) = match start {
            PathStart::Root => (Start::Root, Vec::new(), Needs::default()),
            PathStart::Context => (Start::Context, Vec::new(), Needs::NODE),
            PathStart::Filter(node) => {
                let Compiled { expr, needs } = self.expression(node)?;
                expect_nodes(&expr, node.span, "only a node-set can be followed by a path")?;
                match expr {
                    Expr::Path(path) => (path.start, path.steps, needs),
                    expr => (Start::Nodes(expr), Vec::new(), needs),
                }
            }
        };
        for step in written {
            self.add_step(&mut steps, step)?;
        }
        Ok(Compiled {
            expr: Expr::Path(Box::new(finished(start, steps))),
            needs,
        })
    }

    fn add_step(&mut self, steps: &mut Vec<Step>, written: &ast::Step) -> CompileResult<()> {
        let step = self.step(written)?;
        let bare = matches!(step.test, Test::Node) && step.predicates.is_empty();
        if step.axis == StepAxis::Plain(Axis::SelfNode) && bare {
            return Ok(());
        }
        let axis = steps
            .last()
            .filter(|last| is_any_depth(last))
            .and_then(|_| any_depth_then(&step));
        match axis {
            Some(axis) => {
                steps.pop();
                steps.push(Step { axis, ..step });
            }
            None => steps.push(step),
        }
        Ok(())
    }

    fn step(&mut self, written: &ast::Step) -> CompileResult<Step> {
        let test = match &written.test {
            NodeTest::Any => Test::Principal,
            NodeTest::Name(name) => Test::Name(self.name(name)),
            NodeTest::Type(kind) => Test::of_type(*kind),
            NodeTest::Target(target) => Test::ProcessingInstruction(Some(target.as_str().into())),
        };
        let predicates = self.predicates(&written.predicates)?;
        let plain = predicates
            .iter()
            .all(|predicate| matches!(predicate, Predicate::Plain(_)));
        let needs = predicates.first().and_then(|predicate| match predicate {
            Predicate::Plain(expr) => needed_attribute(expr),
            _ => None,
        });
        let sibling = matches!(written.axis, Axis::FollowingSibling | Axis::PrecedingSibling);
        let nearest = match predicates.split_last() {
            Some((Predicate::At(1), before)) => before.iter().all(|before| matches!(before, Predicate::Plain(_))),
            _ => false,
        };
        let scan = (sibling && (plain || nearest)).then(|| self.scan());
        let sized = predicates.iter().any(|predicate| match predicate {
            Predicate::Last | Predicate::Sized(_) => true,
            Predicate::Plain(_) | Predicate::At(_) | Predicate::Positional(_) => false,
        });
        Ok(Step {
            axis: StepAxis::Plain(written.axis),
            test,
            predicates,
            needs,
            plain,
            scan,
            sized,
        })
    }

    pub(crate) fn predicates(&mut self, written: &[Node]) -> CompileResult<Vec<Predicate>> {
        let mut predicates = Vec::with_capacity(written.len());
        for node in written {
            self.predicates += 1;
            let compiled = self.expression(node);
            let predicate = compiled.map(|compiled| self.predicate(compiled));
            self.predicates -= 1;
            let predicate = predicate?;
            // What is always true filters nothing and counts nothing.
            if !matches!(predicate, Predicate::Plain(Expr::Boolean(true))) {
                predicates.push(predicate);
            }
        }
        Ok(predicates)
    }

    /// Section 2.4: a number is compared with the position, all else is true or false.
    fn predicate(&mut self, compiled: Compiled) -> Predicate {
        let needs = compiled.needs;
        match (&compiled.expr, compiled.expr.kind()) {
            (Expr::Number(number), _) => return at(*number),
            (Expr::Last, _) => return Predicate::Last,
            (Expr::Compare(comparison), _) => {
                if let Some(predicate) = position_equals(comparison) {
                    return predicate;
                }
            }
            _ => {}
        }
        let number = compiled.expr.kind() == Type::Number;
        let expr = self.remember(compiled);
        if needs.size {
            Predicate::Sized(expr)
        } else if number || needs.position {
            Predicate::Positional(expr)
        } else {
            Predicate::Plain(as_boolean(expr))
        }
    }
}

/// An expression of which only the boolean is asked.
pub(crate) fn as_boolean(expr: Expr) -> Expr {
    if let Some(value) = constant_boolean(&expr) {
        return Expr::Boolean(value);
    }
    match expr {
        Expr::Call(Function::Boolean, mut arguments) => {
            let inner = arguments.remove(0);
            let inner = as_boolean(inner);
            if inner.kind() == Type::Boolean {
                inner
            } else {
                Expr::Call(Function::Boolean, vec![inner])
            }
        }
        // Whether there is a sibling is whether there is a nearest one.
        Expr::Path(mut path) => {
            if let Some(last) = path.steps.last_mut().filter(|last| last.scan.is_some() && last.plain) {
                last.predicates.push(Predicate::At(1));
                last.plain = false;
            }
            Expr::Path(path)
        }
        other => other,
    }
}

fn is_any_depth(step: &Step) -> bool {
    step.axis == StepAxis::Plain(Axis::DescendantOrSelf)
        && matches!(step.test, Test::Node)
        && step.predicates.is_empty()
}

/// The one axis for `descendant-or-self::node()` and then this step, where there is one.
///
/// Positions are counted from each node of the first step: only where a predicate does not look at them do the two
/// steps become a plain axis.
fn any_depth_then(step: &Step) -> Option<StepAxis> {
    let StepAxis::Plain(axis) = step.axis else { return None };
    match axis {
        Axis::Child if step.plain => Some(StepAxis::Plain(Axis::Descendant)),
        Axis::Child => Some(StepAxis::AnyChild),
        Axis::Attribute => Some(StepAxis::AnyAttribute),
        Axis::Descendant | Axis::DescendantOrSelf if step.plain => Some(step.axis),
        Axis::SelfNode if step.plain => Some(StepAxis::Plain(Axis::DescendantOrSelf)),
        _ => None,
    }
}

fn finished(start: Start, steps: Vec<Step>) -> Path {
    let mut single = !matches!(start, Start::Nodes(_));
    let mut nested = !single;
    let mut streams = steps.len() <= MAX_STREAMED_STEPS;
    let mut ordered = true;
    let mut descends = false;
    for step in &steps {
        descends = ordered && matches!(step.axis, StepAxis::Plain(Axis::Child));
        match step.axis {
            StepAxis::AnyChild | StepAxis::AnyAttribute => {
                streams &= !nested;
                nested = true;
            }
            StepAxis::Plain(axis) => match axis {
                Axis::SelfNode | Axis::Attribute | Axis::Namespace => {}
                Axis::Child => {
                    ordered &= !nested;
                    single = false;
                }
                Axis::Parent => {
                    streams &= single;
                    descends = false;
                    // The parent of one node is one node.
                    continue;
                }
                Axis::Descendant | Axis::DescendantOrSelf => {
                    streams &= !nested;
                    nested = true;
                }
                Axis::FollowingSibling | Axis::PrecedingSibling => {
                    streams &= single;
                    ordered &= axis == Axis::FollowingSibling;
                }
                Axis::Following | Axis::Preceding | Axis::Ancestor | Axis::AncestorOrSelf => {
                    streams &= single;
                    ordered &= axis == Axis::Following;
                    nested = true;
                }
            },
        }
        single &= step.axis == StepAxis::Plain(Axis::SelfNode);
    }
    Path {
        start,
        steps,
        streams,
        ordered: streams && ordered,
        descends: streams && descends,
    }
}

/// `[n]`: a number that no position can be matches nothing.
fn at(number: f64) -> Predicate {
    if number >= 1.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0 {
        Predicate::At(number as u32)
    } else {
        Predicate::Plain(Expr::Boolean(false))
    }
}

/// `position() = n` and `position() = last()`, either way round.
fn position_equals(comparison: &Comparison) -> Option<Predicate> {
    let Comparison { first, rest } = comparison;
    let [(CompareOperator::Equal, second)] = rest.as_slice() else {
        return None;
    };
    match (first, second) {
        (Expr::Position, Expr::Number(number)) | (Expr::Number(number), Expr::Position) => Some(at(*number)),
        (Expr::Position, Expr::Last) | (Expr::Last, Expr::Position) => Some(Predicate::Last),
        _ => None,
    }
}

/// An attribute without which the expression is false.
fn needed_attribute(expr: &Expr) -> Option<NameSlot> {
    match expr {
        Expr::Path(path) => path.as_attribute(),
        Expr::Token(token) => Some(token.attribute),
        Expr::And(parts) => parts.iter().find_map(needed_attribute),
        // An empty node-set equals nothing but false (section 3.4).
        Expr::Compare(comparison) => match comparison.rest.as_slice() {
            [(_, second)] if second.kind() != Type::Boolean && comparison.first.kind() != Type::Boolean => {
                [&comparison.first, second].into_iter().find_map(as_attribute)
            }
            _ => None,
        },
        Expr::Call(Function::Contains | Function::StartsWith, arguments) => {
            let sought = arguments[1].as_text().is_some_and(|text| !text.is_empty());
            if sought { as_attribute(&arguments[0]) } else { None }
        }
        Expr::Call(Function::Boolean, arguments) => match &arguments[0] {
            Expr::Call(Function::String | Function::NormalizeSpace, inner) => as_attribute(&inner[0]),
            other => as_attribute(other),
        },
        _ => None,
    }
}

fn as_attribute(expr: &Expr) -> Option<NameSlot> {
    match expr {
        Expr::Path(path) => path.as_attribute(),
        _ => None,
    }
}
