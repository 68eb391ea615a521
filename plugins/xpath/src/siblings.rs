//! Looking along siblings without walking them again for each of them.
//!
//! `preceding-sibling::h2[1]` and `count(preceding-sibling::li)` are asked of one sibling after the other. What was found
//! from one answers for the next, so that a list of n siblings takes n steps and not n².

use std::collections::HashMap;

use snowscrape_dom::NodeId;

use crate::ast::Axis;
use crate::evaluator::{Evaluator, Outcome};
use crate::nodes::Place;
use crate::program::{MemorySlot, Predicate, Step, StepAxis};

/// Siblings that are looked at before memory is: most answers are near.
const NEAR: usize = 8;

/// What one expression found from the siblings that it was asked of last, by their parent.
#[derive(Debug, Default)]
pub(crate) struct SiblingMemory {
    nearest: HashMap<NodeId, Nearest>,
    counts: HashMap<NodeId, Count>,
    totals: HashMap<NodeId, u32>,
}

/// The nearest match from a node.
#[derive(Clone, Copy, Debug)]
struct Nearest {
    from: NodeId,
    found: Option<NodeId>,
}

/// How many matches stand before a node.
#[derive(Clone, Copy, Debug)]
struct Count {
    before: NodeId,
    count: u32,
}

impl<'a> Evaluator<'a> {
    /// The nearest sibling on the step's axis that passes its test and its predicates, the last of which is `[1]`.
    pub(crate) fn nearest_sibling(&self, step: &'a Step, memory: MemorySlot, from: NodeId) -> Outcome<Option<NodeId>> {
        let backwards = step.axis == StepAxis::Plain(Axis::PrecedingSibling);
        let before = &step.predicates[..step.predicates.len() - 1];
        let Some(parent) = self.document.parent(from) else {
            return Ok(None);
        };
        let mut remembered = None;
        let mut at = from;
        let mut walked = 0;
        let found = loop {
            let next = if backwards {
                self.document.previous_sibling(at)
            } else {
                self.document.next_sibling(at)
            };
            let Some(next) = next else { break None };
            at = next;
            if self.sibling_passes(step, before, at)? {
                break Some(at);
            }
            walked += 1;
            if walked == NEAR {
                remembered = self.scans.borrow()[memory as usize].nearest.get(&parent).copied();
            }
            // What lies between here and the node asked before was walked now and does not match: its answer is ours.
            if let Some(known) = remembered {
                if backwards && known.from < from && known.from >= at {
                    break known.found;
                }
                if !backwards && known.from < from && known.found.is_none_or(|found| found > from) {
                    break known.found;
                }
            }
        };
        if walked >= NEAR {
            let nearest = Nearest { from, found };
            self.scans.borrow_mut()[memory as usize].nearest.insert(parent, nearest);
        }
        Ok(found)
    }

    /// How many siblings on the step's axis pass its test and its predicates, which are plain.
    pub(crate) fn count_siblings(&self, step: &'a Step, memory: MemorySlot, from: NodeId) -> Outcome<u32> {
        let Some(parent) = self.document.parent(from) else {
            return Ok(0);
        };
        let before = self.count_before(step, memory, parent, from)?;
        if step.axis == StepAxis::Plain(Axis::PrecedingSibling) {
            return Ok(before);
        }
        let total = self.scans.borrow()[memory as usize].totals.get(&parent).copied();
        let total = if let Some(total) = total {
            total
        } else {
            let mut total = 0;
            for child in self.document.children(parent) {
                total += u32::from(self.sibling_passes(step, &step.predicates, child)?);
            }
            self.scans.borrow_mut()[memory as usize].totals.insert(parent, total);
            total
        };
        Ok(total - before - u32::from(self.sibling_passes(step, &step.predicates, from)?))
    }

    fn count_before(&self, step: &'a Step, memory: MemorySlot, parent: NodeId, from: NodeId) -> Outcome<u32> {
        let known = self.scans.borrow()[memory as usize].counts.get(&parent).copied();
        let known = known.filter(|known| known.before <= from);
        let mut count = 0;
        let mut at = from;
        loop {
            if let Some(known) = known.filter(|known| known.before == at) {
                count += known.count;
                break;
            }
            let Some(previous) = self.document.previous_sibling(at) else {
                break;
            };
            at = previous;
            count += u32::from(self.sibling_passes(step, &step.predicates, at)?);
        }
        let known = Count { before: from, count };
        self.scans.borrow_mut()[memory as usize].counts.insert(parent, known);
        Ok(count)
    }

    fn sibling_passes(&self, step: &'a Step, predicates: &'a [Predicate], sibling: NodeId) -> Outcome<bool> {
        self.spend(1)?;
        Ok(self.passes_test(&step.test, sibling) && self.passes_plain(predicates, Place::of(sibling))?)
    }

    /// Whether a step is a scan from the context node whose matches can be counted with memory.
    pub(crate) fn countable(step: &Step) -> Option<MemorySlot> {
        step.scan.filter(|_| step.plain)
    }
}
