//! Walking an axis from one node, in the axis's order (XPath 1.0, section 2.2).

use snowscrape_dom::{NodeId, NodeKind, TagId};

use crate::ast::Axis;
use crate::evaluator::{Evaluator, Flow, Outcome};
use crate::nodes::{Place, PlaceKind};
use crate::program::{Step, StepAxis, Test};

/// A node test with its name looked up in the document.
#[derive(Clone, Copy, Debug)]
enum Wanted<'a> {
    /// A name that the document does not have.
    Unknown(&'a str),
    Anything,
    Principal,
    Tag(TagId),
    Kind(NodeKind),
    Target(&'a str),
}

/// Goes on to the next node unless the visitor has had enough.
macro_rules! offer {
    ($visited:expr) => {
        if $visited?.is_break() {
            return Ok(Flow::Break);
        }
    };
}

impl<'a> Evaluator<'a> {
    /// Visits the nodes of a step's axis that pass its node test; its predicates are not looked at.
    pub(crate) fn walk<F>(&self, step: &'a Step, from: Place, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        let wanted = self.wanted(&step.test);
        if !from.is_node() {
            return self.walk_from_attribute(step, wanted, from, visit);
        }
        if matches!(wanted, Wanted::Unknown(_)) {
            return Ok(Flow::Continue);
        }
        let (document, node) = (self.document, from.node);
        match step.axis {
            StepAxis::AnyChild => self.walk_descendants(step, wanted, node, visit),
            StepAxis::AnyAttribute => self.walk_attributes_below(wanted, node, visit),
            StepAxis::Plain(axis) => match axis {
                Axis::Child => self.offer_all(wanted, document.children(node), visit),
                Axis::Attribute => self.walk_attributes(wanted, node, visit),
                Axis::SelfNode => self.offer(wanted, node, visit),
                Axis::Descendant => self.walk_descendants(step, wanted, node, visit),
                Axis::DescendantOrSelf => {
                    if step.needs.is_none_or(|name| self.has_attribute(node, name)) {
                        offer!(self.offer(wanted, node, visit));
                    }
                    self.walk_descendants(step, wanted, node, visit)
                }
                Axis::Parent => self.offer_all(wanted, document.parent(node).into_iter(), visit),
                Axis::Ancestor => self.offer_all(wanted, document.ancestors(node), visit),
                Axis::AncestorOrSelf => {
                    offer!(self.offer(wanted, node, visit));
                    self.offer_all(wanted, document.ancestors(node), visit)
                }
                Axis::FollowingSibling => {
                    let siblings = std::iter::successors(document.next_sibling(node), |at| document.next_sibling(*at));
                    self.offer_all(wanted, siblings, visit)
                }
                Axis::PrecedingSibling => {
                    let before = |at: &NodeId| document.previous_sibling(*at);
                    self.offer_all(
                        wanted,
                        std::iter::successors(document.previous_sibling(node), before),
                        visit,
                    )
                }
                Axis::Following => self.walk_following(wanted, node, false, visit),
                Axis::Preceding => self.walk_preceding(wanted, node, visit),
                Axis::Namespace => Ok(Flow::Continue),
            },
        }
    }

    fn wanted(&self, test: &'a Test) -> Wanted<'a> {
        match test {
            Test::Node => Wanted::Anything,
            Test::Principal => Wanted::Principal,
            Test::Name(name) => self
                .tag(*name)
                .map_or(Wanted::Unknown(self.written(*name)), Wanted::Tag),
            Test::Text => Wanted::Kind(NodeKind::Text),
            Test::Comment => Wanted::Kind(NodeKind::Comment),
            Test::ProcessingInstruction(None) => Wanted::Kind(NodeKind::ProcessingInstruction),
            Test::ProcessingInstruction(Some(target)) => Wanted::Target(target),
        }
    }

    /// Whether a node of the arena passes the node test.
    fn passes(&self, wanted: Wanted<'a>, node: NodeId) -> bool {
        match wanted {
            Wanted::Unknown(_) => false,
            Wanted::Anything => true,
            Wanted::Principal => self.document.is_element(node),
            Wanted::Tag(tag) => self.document.is_element(node) && self.document.tag_of(node) == tag,
            Wanted::Kind(kind) => self.document.kind(node) == kind,
            Wanted::Target(target) => {
                self.document.kind(node) == NodeKind::ProcessingInstruction && self.target(node) == target
            }
        }
    }

    /// Whether a node of the arena passes a node test whose principal type is the element.
    pub(crate) fn passes_test(&self, test: &'a Test, node: NodeId) -> bool {
        self.passes(self.wanted(test), node)
    }

    fn offer<F>(&self, wanted: Wanted<'a>, node: NodeId, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        self.spend(1)?;
        if self.passes(wanted, node) {
            visit(Place::of(node))
        } else {
            Ok(Flow::Continue)
        }
    }

    fn offer_all<F>(&self, wanted: Wanted<'a>, nodes: impl Iterator<Item = NodeId>, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        for node in nodes {
            offer!(self.offer(wanted, node, visit));
        }
        Ok(Flow::Continue)
    }

    /// The last node of a subtree.
    pub(crate) fn last_of(&self, node: NodeId) -> NodeId {
        self.document.subtree(node).next_back().unwrap_or(node)
    }

    fn walk_descendants<F>(&self, step: &'a Step, wanted: Wanted<'a>, node: NodeId, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        match (wanted, step.needs) {
            (Wanted::Tag(tag), _) => {
                // The search in the index.
                self.spend(1)?;
                let elements = self.document.elements_by_tag_in(tag, node);
                self.offer_all(Wanted::Anything, elements.iter().copied(), visit)
            }
            (Wanted::Principal | Wanted::Anything, Some(name)) => {
                let Some(tag) = self.tag(name) else {
                    return Ok(Flow::Continue);
                };
                let owners = self
                    .attributes_below(node)
                    .filter(|(_, attribute)| attribute.tag() == tag);
                let owners = owners
                    .map(|(_, attribute)| attribute.owner())
                    .filter(|owner| *owner != node);
                self.offer_all(Wanted::Anything, owners, visit)
            }
            _ => self.offer_all(wanted, self.document.descendants(node), visit),
        }
    }

    /// The attributes of a node and of its descendants, with their indices.
    fn attributes_below(&self, node: NodeId) -> impl Iterator<Item = (usize, &'a snowscrape_dom::Attribute)> {
        let first = self.document.attribute_range(node).start;
        let end = self.document.attribute_range(self.last_of(node)).end;
        (first..end).zip(&self.document.all_attributes()[first..end])
    }

    fn walk_attributes_below<F>(&self, wanted: Wanted<'a>, node: NodeId, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        for (index, attribute) in self.attributes_below(node) {
            self.spend(1)?;
            if attribute_passes(wanted, attribute.tag()) {
                offer!(visit(Place::attribute(attribute.owner(), index)));
            }
        }
        Ok(Flow::Continue)
    }

    fn walk_attributes<F>(&self, wanted: Wanted<'a>, node: NodeId, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        self.spend(1)?;
        let range = self.document.attribute_range(node);
        for (index, attribute) in range.zip(self.document.attributes(node)) {
            if attribute_passes(wanted, attribute.tag()) {
                offer!(visit(Place::attribute(node, index)));
            }
        }
        Ok(Flow::Continue)
    }

    /// What starts after the node and, unless `inside`, after its subtree.
    fn walk_following<F>(&self, wanted: Wanted<'a>, node: NodeId, inside: bool, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        let last = if inside { node } else { self.last_of(node) };
        if let Wanted::Tag(tag) = wanted {
            self.spend(1)?;
            let all = self.document.elements_by_tag(tag);
            let after = &all[all.partition_point(|at| *at <= last)..];
            return self.offer_all(Wanted::Anything, after.iter().copied(), visit);
        }
        if inside {
            offer!(self.offer_all(wanted, self.document.descendants(node), visit));
        }
        self.offer_all(wanted, self.document.following(node), visit)
    }

    /// What ends before the node starts, the nearest first.
    fn walk_preceding<F>(&self, wanted: Wanted<'a>, node: NodeId, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        let document = self.document;
        if let Wanted::Tag(tag) = wanted {
            self.spend(1)?;
            let all = document.elements_by_tag(tag);
            let before = &all[..all.partition_point(|at| *at < node)];
            let before = before
                .iter()
                .rev()
                .copied()
                .filter(|at| !document.is_ancestor(*at, node));
            return self.offer_all(Wanted::Anything, before, visit);
        }
        // The subtrees of the siblings before it, then of those before its parent, and so on: ancestors are never met.
        let mut at = node;
        loop {
            if let Some(sibling) = document.previous_sibling(at) {
                offer!(self.offer_all(wanted, document.subtree(sibling).rev(), visit));
                at = sibling;
            } else if let Some(parent) = document.parent(at) {
                self.spend(1)?;
                at = parent;
            } else {
                return Ok(Flow::Continue);
            }
        }
    }

    /// How many elements of one name the axis has, without walking it: told by the index for the wide axes.
    pub(crate) fn count_by_tag(&self, step: &'a Step, from: Place) -> Option<usize> {
        let (StepAxis::Plain(axis), Test::Name(name), true) = (step.axis, &step.test, from.is_node()) else {
            return None;
        };
        if !step.predicates.is_empty() {
            return None;
        }
        let (document, node) = (self.document, from.node);
        let tag = self.tag(*name)?;
        let all = document.elements_by_tag(tag);
        match axis {
            Axis::Descendant => Some(document.elements_by_tag_in(tag, node).len()),
            Axis::Following => {
                let last = self.last_of(node);
                Some(all.len() - all.partition_point(|at| *at <= last))
            }
            Axis::Preceding => {
                let around = document.ancestors(node).filter(|at| self.passes(Wanted::Tag(tag), *at));
                Some(all.partition_point(|at| *at < node) - around.count())
            }
            _ => None,
        }
    }

    /// The axes of an attribute (section 5.3: an element is its parent, it is no child), and of what `re:match` made.
    fn walk_from_attribute<F>(&self, step: &'a Step, wanted: Wanted<'a>, from: Place, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        self.spend(1)?;
        let StepAxis::Plain(axis) = step.axis else {
            // Of the two steps the first gives the node itself and what is below it.
            return self.walk_made(wanted, from, step.axis == StepAxis::AnyChild, visit);
        };
        let or_self = matches!(axis, Axis::SelfNode | Axis::AncestorOrSelf | Axis::DescendantOrSelf);
        if or_self && self.passes_itself(wanted, from) {
            offer!(visit(from));
        }
        if let PlaceKind::Attribute(_) = from.kind() {
            let owner = from.node;
            return match axis {
                Axis::Parent => self.offer(wanted, owner, visit),
                Axis::Ancestor | Axis::AncestorOrSelf => {
                    offer!(self.offer(wanted, owner, visit));
                    self.offer_all(wanted, self.document.ancestors(owner), visit)
                }
                // An attribute has no descendants: what its element contains comes after it in document order.
                Axis::Following => self.walk_following(wanted, owner, true, visit),
                Axis::Preceding => self.walk_preceding(wanted, owner, visit),
                _ => Ok(Flow::Continue),
            };
        }
        match (axis, from.kind()) {
            (Axis::Child | Axis::Descendant | Axis::DescendantOrSelf, _) => self.walk_made(wanted, from, true, visit),
            (Axis::Parent | Axis::Ancestor | Axis::AncestorOrSelf, PlaceKind::MadeText(number)) => {
                let parent = Place::made_element(number);
                if self.passes_itself(wanted, parent) {
                    visit(parent)
                } else {
                    Ok(Flow::Continue)
                }
            }
            _ => Ok(Flow::Continue),
        }
    }

    /// The text inside of an element that `re:match` made.
    fn walk_made<F>(&self, wanted: Wanted<'a>, from: Place, children: bool, visit: &mut F) -> Outcome<Flow>
    where
        F: FnMut(Place) -> Outcome<Flow>,
    {
        match from.kind() {
            PlaceKind::MadeElement(number) if children && self.made_has_text(number) => {
                let text = Place::made_text(number);
                if self.passes_itself(wanted, text) {
                    visit(text)
                } else {
                    Ok(Flow::Continue)
                }
            }
            _ => Ok(Flow::Continue),
        }
    }

    /// Whether a node that is none of the arena passes the test of an axis whose principal type is the element.
    fn passes_itself(&self, wanted: Wanted<'a>, place: Place) -> bool {
        match (wanted, place.kind()) {
            (Wanted::Anything, _)
            | (Wanted::Principal, PlaceKind::MadeElement(_))
            | (Wanted::Kind(NodeKind::Text), PlaceKind::MadeText(_)) => true,
            (Wanted::Tag(tag), PlaceKind::MadeElement(_)) => self.document.tag_name(tag) == self.name(place),
            (Wanted::Unknown(name), PlaceKind::MadeElement(_)) => name == self.name(place),
            _ => false,
        }
    }

    fn has_attribute(&self, node: NodeId, name: crate::program::NameSlot) -> bool {
        self.tag(name)
            .is_some_and(|tag| self.document.attribute_by_tag(node, tag).is_some())
    }
}

fn attribute_passes(wanted: Wanted<'_>, tag: TagId) -> bool {
    match wanted {
        Wanted::Anything | Wanted::Principal => true,
        Wanted::Tag(wanted) => wanted == tag,
        Wanted::Unknown(_) | Wanted::Kind(_) | Wanted::Target(_) => false,
    }
}
