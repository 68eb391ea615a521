//! Predicates (XPath 1.0, section 2.4), one node at a time or over a list whose size is asked for.

use snowscrape_dom::NodeId;

use crate::evaluator::{Context, Evaluator, Outcome};
use crate::nodes::{Place, PlaceKind};
use crate::program::{Expr, Predicate};
use crate::value::Type;

/// Among which nodes positions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// Among all of the list.
    One,
    /// Among those of the list with the same parent: the list is then in document order and has all children that
    /// passed so far of each parent.
    ByParent,
}

impl<'a> Evaluator<'a> {
    /// Whether predicates that do not look at the position hold.
    pub(crate) fn passes_plain(&self, predicates: &'a [Predicate], place: Place) -> Outcome<bool> {
        for predicate in predicates {
            if !self.predicate_holds(predicate, Context::of(place))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether one predicate holds; the context's size is looked at only by those that ask for it.
    pub(crate) fn predicate_holds(&self, predicate: &'a Predicate, context: Context) -> Outcome<bool> {
        match predicate {
            Predicate::Plain(expr) => self.boolean(expr, context),
            Predicate::At(at) => Ok(context.position == *at),
            Predicate::Last => Ok(context.position == context.size),
            Predicate::Positional(expr) | Predicate::Sized(expr) => self.position_holds(expr, context),
        }
    }

    #[expect(
        clippy::float_cmp,
        reason = "section 2.4 compares a number with the position exactly"
    )]
    fn position_holds(&self, expr: &'a Expr, context: Context) -> Outcome<bool> {
        if expr.kind() == Type::Number {
            Ok(self.number(expr, context)? == f64::from(context.position))
        } else {
            self.boolean(expr, context)
        }
    }

    /// The nodes of a list for which a predicate holds.
    pub(crate) fn filter(&self, nodes: Vec<Place>, predicate: &'a Predicate, groups: Groups) -> Outcome<Vec<Place>> {
        match (predicate, groups) {
            (Predicate::At(at), Groups::One) => Ok(nodes.get(*at as usize - 1).copied().into_iter().collect()),
            (Predicate::Last, Groups::One) => Ok(nodes.last().copied().into_iter().collect()),
            (Predicate::Plain(_), _) | (_, Groups::One) => {
                let size = nodes.len() as u32;
                self.retain(nodes, predicate, |index| (index as u32 + 1, size))
            }
            (_, Groups::ByParent) => {
                let positions = self.positions_by_parent(&nodes)?;
                self.retain(nodes, predicate, |index| positions[index])
            }
        }
    }

    fn retain(
        &self,
        nodes: Vec<Place>,
        predicate: &'a Predicate,
        position: impl Fn(usize) -> (u32, u32),
    ) -> Outcome<Vec<Place>> {
        let mut kept = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            self.spend(1)?;
            let (position, size) = position(index);
            if self.predicate_holds(predicate, Context { node, position, size })? {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    /// The position of each node among those with its parent, and how many these are.
    fn positions_by_parent(&self, nodes: &[Place]) -> Outcome<Vec<(u32, u32)>> {
        /// The nodes of one parent: how many so far, and the index of the last of them.
        struct Group {
            parent: NodeId,
            count: u32,
            number: usize,
        }
        self.spend(nodes.len() as u64)?;
        // Position, and the group's number, in whose place its size is put at the end.
        let mut positions: Vec<(u32, u32)> = Vec::with_capacity(nodes.len());
        let mut sizes: Vec<u32> = Vec::new();
        // The parents around the node at hand, the innermost last.
        let mut open: Vec<Group> = Vec::new();
        for place in nodes {
            let parent = match place.kind() {
                PlaceKind::Attribute(_) => place.node,
                _ => self.document.parent(place.node).unwrap_or(NodeId::DOCUMENT),
            };
            let inside = |group: &Group| group.parent == parent || self.document.is_ancestor(group.parent, parent);
            while open.last().is_some_and(|group| !inside(group)) {
                open.pop();
            }
            if open.last().is_none_or(|group| group.parent != parent) {
                open.push(Group {
                    parent,
                    count: 0,
                    number: sizes.len(),
                });
                sizes.push(0);
            }
            let group = open.last_mut().expect("one was pushed if there was none");
            group.count += 1;
            sizes[group.number] = group.count;
            positions.push((group.count, group.number as u32));
        }
        for (_, size) in &mut positions {
            *size = sizes[*size as usize];
        }
        Ok(positions)
    }
}
