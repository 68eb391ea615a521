//! The cap on depth, between the tokenizer and the tree builder.
//!
//! The tree builder walks its stack of open elements for most tags, so 100,000 nested ones take it a minute. Start tags
//! deeper than [`MAX_DEPTH`] are left out together with their end tags; the text in them stays. lxml in effect does the
//! same.

use std::cell::{Cell, RefCell};

use html5ever::interface::Tracer;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{LocalName, local_name};
use rustc_hash::FxHashMap;

use crate::build::{Builder, DOCUMENT};

/// The deepest that an element can be, `html` being at 1.
pub const MAX_DEPTH: usize = 2048;

/// Hands tokens on to the tree builder, but for start tags that would be too deep.
pub(crate) struct NestingLimit {
    pub(crate) tree: TreeBuilder<u32, Builder>,
    depth: Depth,
    left_out: RefCell<LeftOut>,
}

impl NestingLimit {
    pub(crate) fn new(tree: TreeBuilder<u32, Builder>) -> Self {
        Self {
            tree,
            depth: Depth::default(),
            left_out: RefCell::default(),
        }
    }

    pub(crate) fn left_out(&self) -> u32 {
        self.left_out.borrow().total
    }

    fn leave_out(&self, tag: &Tag) -> TokenSinkResult<u32> {
        self.left_out.borrow_mut().add(tag);
        // The tokenizer must still know where raw text ends, or markup in a script would become elements.
        match tag.name {
            local_name!("script") => TokenSinkResult::RawData(ScriptData),
            local_name!("style")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes") => TokenSinkResult::RawData(Rawtext),
            local_name!("title") | local_name!("textarea") => TokenSinkResult::RawData(Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

impl TokenSink for NestingLimit {
    type Handle = u32;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<u32> {
        if let Token::TagToken(tag) = &token {
            match tag.kind {
                TagKind::StartTag => {
                    if self.left_out.borrow().is_open() || self.depth.is_full(&self.tree) {
                        return self.leave_out(tag);
                    }
                }
                TagKind::EndTag => {
                    if self.left_out.borrow_mut().close(&tag.name) {
                        return TokenSinkResult::Continue;
                    }
                }
            }
            self.depth.invalidate();
        }
        self.tree.process_token(token, line)
    }

    fn end(&self) {
        self.tree.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.tree.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// How many elements are open. The tree builder does not tell, so this is an upper bound (the last count and every
/// element created since), and a count where the bound reaches the cap.
#[derive(Default)]
struct Depth {
    counted: Cell<usize>,
    /// The number of nodes there were at that count.
    nodes_then: Cell<usize>,
    /// Whether a tag went to the tree builder since the count.
    stale: Cell<bool>,
    open: OpenElements,
}

impl Depth {
    fn invalidate(&self) {
        self.stale.set(true);
    }

    fn is_full(&self, tree: &TreeBuilder<u32, Builder>) -> bool {
        let nodes = tree.sink.len();
        if self.counted.get() + nodes - self.nodes_then.get() < MAX_DEPTH {
            return false;
        }
        if self.stale.get() {
            self.counted.set(self.open.count(tree, nodes));
            self.nodes_then.set(nodes);
            self.stale.set(false);
        }
        self.counted.get() >= MAX_DEPTH
    }
}

/// Counts the elements that the tree builder holds, each once: one can be both open and an active formatting element.
#[derive(Default)]
struct OpenElements {
    /// For each node the round of counting that last saw it.
    seen: RefCell<Vec<u32>>,
    round: Cell<u32>,
    found: Cell<usize>,
}

impl OpenElements {
    fn count(&self, tree: &TreeBuilder<u32, Builder>, nodes: usize) -> usize {
        self.seen.borrow_mut().resize(nodes, 0);
        self.round.set(self.round.get() + 1);
        self.found.set(0);
        tree.trace_handles(self);
        // The tree builder keeps `head` for later after it was closed, which is when `body` stands beside it.
        self.found.get() - usize::from(tree.sink.has_closed_head())
    }
}

impl Tracer for OpenElements {
    type Handle = u32;

    fn trace_handle(&self, node: &u32) {
        let seen = &mut self.seen.borrow_mut()[*node as usize];
        if *node != DOCUMENT && *seen != self.round.get() {
            *seen = self.round.get();
            self.found.set(self.found.get() + 1);
        }
    }
}

/// The start tags that were left out, and those of them that are not closed yet.
#[derive(Default)]
struct LeftOut {
    total: u32,
    open: Vec<LocalName>,
    /// How often each name stands in `open`, so that an end tag is placed without a search.
    counts: FxHashMap<LocalName, u32>,
}

impl LeftOut {
    fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn add(&mut self, tag: &Tag) {
        self.total += 1;
        if !tag.self_closing && !is_void(&tag.name) {
            self.open.push(tag.name.clone());
            *self.counts.entry(tag.name.clone()).or_default() += 1;
        }
    }

    /// Takes an end tag: whether it was for an element that was left out. One that was not closes an element around
    /// them all.
    fn close(&mut self, name: &LocalName) -> bool {
        if !self.is_open() {
            return false;
        }
        if self.counts.get(name).is_none_or(|count| *count == 0) {
            self.open.clear();
            self.counts.clear();
            return false;
        }
        while let Some(open) = self.open.pop() {
            if let Some(count) = self.counts.get_mut(&open) {
                *count -= 1;
            }
            if open == *name {
                break;
            }
        }
        true
    }
}

fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}

#[cfg(test)]
mod tests {
    use crate::{Document, MAX_DEPTH, ParseOptions};

    fn nested(tag: &str, count: usize, inner: &str) -> Document {
        Document::parse(
            &format!("{}{inner}", format!("<{tag}>").repeat(count)),
            ParseOptions::default(),
        )
    }

    fn deepest(document: &Document) -> usize {
        document
            .ids()
            .map(|id| document.ancestors(id).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn the_cap_holds_on_both_its_sides() {
        // `html` and `body` are two of the elements.
        for (tag, count, left_out) in [
            ("div", MAX_DEPTH - 2, 0),
            ("div", MAX_DEPTH - 1, 1),
            ("b", MAX_DEPTH - 2, 0),
            ("b", MAX_DEPTH - 1, 1),
            ("div", 100_000, 100_000 - (MAX_DEPTH as u32 - 2)),
            ("br", 100_000, 0),
            ("li", 100_000, 0),
        ] {
            let document = nested(tag, count, "");
            assert_eq!(document.left_out(), left_out, "{count} of {tag}");
            assert!(deepest(&document) <= MAX_DEPTH);
        }
    }

    #[test]
    fn the_text_of_what_is_left_out_stays() {
        let document = nested("div", MAX_DEPTH + 10, "deep<p>text<script>if (a<b) {}</script></p>end");
        assert_eq!(document.text(crate::NodeId::DOCUMENT), "deeptextif (a<b) {}end");
    }

    #[test]
    fn end_tags_close_what_is_left_out_before_what_is_not() {
        let html = format!(
            "<main>{}<i>x</i>{}</main><p>after",
            "<div>".repeat(MAX_DEPTH + 5),
            "</div>".repeat(MAX_DEPTH + 5)
        );
        let document = Document::parse(&html, ParseOptions::default());
        let p = document.elements_by_tag(document.tag("p").unwrap())[0];
        assert_eq!(document.tag_name(document.tag_of(document.parent(p).unwrap())), "body");
    }
}
