//! Steps of a location path: from one node with predicates as they come, from a whole set without doing work twice.

use std::slice;

use snowscrape_dom::NodeId;

use crate::ast::Axis;
use crate::evaluator::{Context, Evaluator, Flow, Outcome};
use crate::nodes::{Place, normalize};
use crate::predicates::Groups;
use crate::program::{Path, Predicate, Start, Step, StepAxis};

/// The most predicates whose positions are counted while the axis is walked.
const MAX_COUNTED: usize = 8;

/// Takes the nodes of a walk one after another.
pub(crate) type Visitor<'v> = &'v mut dyn FnMut(Place) -> Outcome<Flow>;

impl<'a> Evaluator<'a> {
    /// Visits what a step finds from one node, in the axis's order.
    pub(crate) fn select(&self, step: &'a Step, from: Place, visit: Visitor<'_>) -> Outcome<Flow> {
        if step.predicates.is_empty() {
            return self.walk(step, from, &mut |place| visit(place));
        }
        if step.plain {
            return self.walk(step, from, &mut |place| {
                if self.passes_plain(&step.predicates, place)? {
                    visit(place)
                } else {
                    Ok(Flow::Continue)
                }
            });
        }
        if let (Some(memory), true) = (step.scan, from.is_node()) {
            return match self.nearest_sibling(step, memory, from.node)? {
                Some(nearest) => visit(Place::of(nearest)),
                None => Ok(Flow::Continue),
            };
        }
        let grouped = matches!(step.axis, StepAxis::AnyChild | StepAxis::AnyAttribute);
        if grouped || step.sized || step.predicates.len() > MAX_COUNTED {
            return self.select_counted_after(step, from, grouped, visit);
        }
        self.select_counting(step, from, visit)
    }

    /// Positions are counted while walking: nothing asks how many there are.
    fn select_counting(&self, step: &'a Step, from: Place, visit: Visitor<'_>) -> Outcome<Flow> {
        let mut counts = [0_u32; MAX_COUNTED];
        let mut stopped = false;
        let flow = self.walk(step, from, &mut |place| {
            let mut last = false;
            for (predicate, count) in step.predicates.iter().zip(&mut counts) {
                *count += 1;
                let context = Context {
                    node: place,
                    position: *count,
                    size: 0,
                };
                last |= matches!(predicate, Predicate::At(at) if at == count);
                if !self.predicate_holds(predicate, context)? {
                    return Ok(if last { Flow::Break } else { Flow::Continue });
                }
            }
            let flow = visit(place)?;
            stopped = flow.is_break();
            Ok(if last { Flow::Break } else { flow })
        })?;
        // That nothing further can pass ends this walk only.
        Ok(if stopped { flow } else { Flow::Continue })
    }

    /// All are found first, and then counted.
    fn select_counted_after(&self, step: &'a Step, from: Place, grouped: bool, visit: Visitor<'_>) -> Outcome<Flow> {
        let mut found = Vec::new();
        self.walk(step, from, &mut |place| {
            found.push(place);
            Ok(Flow::Continue)
        })?;
        let groups = if grouped { Groups::ByParent } else { Groups::One };
        for predicate in &step.predicates {
            found = self.filter(found, predicate, groups)?;
        }
        for place in found {
            if visit(place)?.is_break() {
                return Ok(Flow::Break);
            }
        }
        Ok(Flow::Continue)
    }

    /// Visits what a path finds. In document order only if the path is `ordered`; each node once if it `streams`.
    pub(crate) fn visit_path(&self, path: &'a Path, context: Context, visit: Visitor<'_>) -> Outcome<Flow> {
        if !path.streams {
            let nodes = self.path_by_sets(path, context)?;
            return visit_all(&nodes, visit);
        }
        match &path.start {
            Start::Root => self.visit_steps(&path.steps, Place::of(NodeId::DOCUMENT), visit),
            Start::Context => self.visit_steps(&path.steps, context.node, visit),
            Start::Nodes(expr) => {
                for place in self.nodes(expr, context)?.iter() {
                    if self.visit_steps(&path.steps, *place, visit)?.is_break() {
                        return Ok(Flow::Break);
                    }
                }
                Ok(Flow::Continue)
            }
        }
    }

    /// The first node in document order of a path whose last step goes down: what is below a node comes after it, so
    /// that no node after the first one found needs to be looked at.
    pub(crate) fn first_below(&self, path: &'a Path, context: Context) -> Outcome<Option<Place>> {
        let mut first: Option<Place> = None;
        let Some((last, before)) = path.steps.split_last() else {
            return Ok(None);
        };
        let visit: Visitor<'_> = &mut |from| {
            if first.is_some_and(|first| first < from) {
                return Ok(Flow::Break);
            }
            self.select(last, from, &mut |place| {
                first = Some(first.map_or(place, |first| first.min(place)));
                Ok(Flow::Break)
            })?;
            Ok(Flow::Continue)
        };
        match &path.start {
            Start::Root => self.visit_steps(before, Place::of(NodeId::DOCUMENT), visit)?,
            Start::Context => self.visit_steps(before, context.node, visit)?,
            Start::Nodes(_) => return Ok(self.path_nodes(path, context)?.first().copied()),
        };
        Ok(first)
    }

    fn visit_steps(&self, steps: &'a [Step], from: Place, visit: Visitor<'_>) -> Outcome<Flow> {
        match steps {
            [] => visit(from),
            [step] => self.select(step, from, visit),
            [step, rest @ ..] => self.select(step, from, &mut |place| self.visit_steps(rest, place, visit)),
        }
    }

    /// The nodes of a path, in document order.
    pub(crate) fn path_nodes(&self, path: &'a Path, context: Context) -> Outcome<Vec<Place>> {
        if !path.streams {
            return self.path_by_sets(path, context);
        }
        let mut nodes = Vec::new();
        self.visit_path(path, context, &mut |place| {
            nodes.push(place);
            Ok(Flow::Continue)
        })?;
        if !path.ordered {
            self.spend(nodes.len() as u64)?;
            normalize(&mut nodes);
        }
        Ok(nodes)
    }

    fn path_by_sets(&self, path: &'a Path, context: Context) -> Outcome<Vec<Place>> {
        let mut nodes = match &path.start {
            Start::Root => vec![Place::of(NodeId::DOCUMENT)],
            Start::Context => vec![context.node],
            Start::Nodes(expr) => self.nodes(expr, context)?.into_vec(),
        };
        for step in &path.steps {
            nodes = self.apply(step, &nodes)?;
        }
        Ok(nodes)
    }

    /// What a step finds from every node of a set. Where predicates do not look at positions, a node that several
    /// nodes of the set would find is looked at once.
    fn apply(&self, step: &'a Step, from: &[Place]) -> Outcome<Vec<Place>> {
        let mut found = Vec::new();
        // What is found again and again from different nodes is kept once or twice, not each time.
        let most = 2 * (self.document.len() + self.document.all_attributes().len()) + 1024;
        let mut room = most;
        let push: Visitor<'_> = &mut |place| {
            found.push(place);
            if found.len() > room {
                normalize(&mut found);
                room = found.len() + most;
            }
            Ok(Flow::Continue)
        };
        match step.axis {
            StepAxis::AnyChild | StepAxis::AnyAttribute => self.apply_outermost(step, from, push)?,
            StepAxis::Plain(axis) if step.plain => match axis {
                Axis::Descendant | Axis::DescendantOrSelf => self.apply_outermost(step, from, push)?,
                Axis::Following => {
                    let first = from.iter().min_by_key(|place| self.end(**place));
                    self.apply_each(step, first.map_or(&[], slice::from_ref), push)?;
                }
                Axis::Preceding => self.apply_each(step, from.last().map_or(&[], slice::from_ref), push)?,
                Axis::FollowingSibling => self.apply_siblings(step, from.iter(), push)?,
                Axis::PrecedingSibling => self.apply_siblings(step, from.iter().rev(), push)?,
                Axis::Ancestor | Axis::AncestorOrSelf => self.apply_ancestors(step, axis, from, push)?,
                _ => self.apply_each(step, from, push)?,
            },
            StepAxis::Plain(_) => self.apply_each(step, from, push)?,
        }
        self.spend(found.len() as u64)?;
        normalize(&mut found);
        Ok(found)
    }

    fn apply_each(&self, step: &'a Step, from: &[Place], push: Visitor<'_>) -> Outcome<()> {
        for place in from {
            self.select(step, *place, push)?;
        }
        Ok(())
    }

    /// The last node that is no part of what follows, for the following axis.
    fn end(&self, place: Place) -> NodeId {
        if place.is_node() {
            self.last_of(place.node)
        } else {
            place.node
        }
    }

    /// What is below a node of the set that is below another of them is found from that one.
    fn apply_outermost(&self, step: &'a Step, from: &[Place], push: Visitor<'_>) -> Outcome<()> {
        let mut outer: Option<NodeId> = None;
        for place in from {
            self.spend(1)?;
            let covered = place.is_node() && outer.is_some_and(|outer| self.document.is_ancestor(outer, place.node));
            if !covered {
                self.select(step, *place, push)?;
                if place.is_node() {
                    outer = Some(place.node);
                }
            }
        }
        Ok(())
    }

    /// Of siblings the one that comes first on the way finds what the others would.
    fn apply_siblings<'p>(
        &self,
        step: &'a Step,
        from: impl Iterator<Item = &'p Place>,
        push: Visitor<'_>,
    ) -> Outcome<()> {
        // The parents around the node at hand whose children were walked already, the innermost last: the set is in
        // document order or against it, so that those around one node nest.
        let mut walked: Vec<NodeId> = Vec::new();
        for place in from.filter(|place| place.is_node()) {
            self.spend(1)?;
            let Some(parent) = self.document.parent(place.node) else {
                continue;
            };
            while walked
                .last()
                .is_some_and(|last| !self.document.is_ancestor(*last, place.node))
            {
                walked.pop();
            }
            if walked.last() != Some(&parent) {
                walked.push(parent);
                self.select(step, *place, push)?;
            }
        }
        Ok(())
    }

    /// The way up ends where an earlier node's way up went on.
    fn apply_ancestors(&self, step: &'a Step, axis: Axis, from: &[Place], push: Visitor<'_>) -> Outcome<()> {
        let mut earlier: Option<Place> = None;
        for place in from {
            // Everything around the earlier node was visited with it; the node itself was not on the ancestor axis.
            let known = |at: Place| {
                earlier.is_some_and(|earlier| {
                    let around = at.is_node() && earlier.is_node() && self.document.is_ancestor(at.node, earlier.node);
                    let owner = at.is_node()
                        && !earlier.is_node()
                        && (at.node == earlier.node || self.document.is_ancestor(at.node, earlier.node));
                    around || owner || (at == earlier && axis == Axis::AncestorOrSelf)
                })
            };
            self.walk(step, *place, &mut |at| {
                if known(at) {
                    return Ok(Flow::Break);
                }
                if self.passes_plain(&step.predicates, at)? {
                    push(at)
                } else {
                    Ok(Flow::Continue)
                }
            })?;
            earlier = Some(*place);
        }
        Ok(())
    }
}

/// Visits nodes that were found already.
pub(crate) fn visit_all(nodes: &[Place], visit: Visitor<'_>) -> Outcome<Flow> {
    for place in nodes {
        if visit(*place)?.is_break() {
            return Ok(Flow::Break);
        }
    }
    Ok(Flow::Continue)
}
