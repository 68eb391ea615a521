//! From HTML text to a [`Document`]: html5ever's tokenizer, the cap on depth, html5ever's tree builder, the arena.

use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::{TokenizerResult, create_element};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, QualName, ns};

use crate::arena::Document;
use crate::build::Builder;
use crate::freeze::freeze;
use crate::nesting::NestingLimit;

/// How a page is parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Whether the page was rendered, with scripts running: the content of `<noscript>` is then text and not elements.
    pub scripting: bool,
}

impl Document {
    /// Parses a whole page.
    pub fn parse(html: &str, options: ParseOptions) -> Self {
        let tree = TreeBuilder::new(Builder::new(expected_nodes(html)), tree_options(options));
        run(html, tree, TokenizerOpts::default(), options, false)
    }

    /// Parses a fragment as it would stand inside an element named `parent`, so that a `<tr>` stays a `<tr>`
    /// (HTML standard, 13.4 "Parsing HTML fragments"). [`Document::item`] is its first element.
    pub fn parse_fragment(html: &str, parent: &str, options: ParseOptions) -> Self {
        let builder = Builder::new(expected_nodes(html));
        let parent = QualName::new(None, ns!(html), LocalName::from(parent));
        let context = create_element(&builder, parent, Vec::new());
        let tree = TreeBuilder::new_for_fragment(builder, context, None, tree_options(options));
        let tokenizer = TokenizerOpts {
            initial_state: Some(tree.tokenizer_state_for_context_elem(options.scripting)),
            ..TokenizerOpts::default()
        };
        run(html, tree, tokenizer, options, true)
    }
}

fn run(
    html: &str,
    tree: TreeBuilder<u32, Builder>,
    tokenizer: TokenizerOpts,
    options: ParseOptions,
    fragment: bool,
) -> Document {
    let tokenizer = Tokenizer::new(NestingLimit::new(tree), tokenizer);
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // The tokenizer stops at each script and at a declared encoding for those who act on them.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    let left_out = tokenizer.sink.left_out();
    let mut document = freeze(tokenizer.sink.tree.sink, html.len());
    document.left_out = left_out;
    document.scripting = options.scripting;
    document.fragment = fragment;
    document
}

fn tree_options(options: ParseOptions) -> TreeBuilderOpts {
    TreeBuilderOpts {
        scripting_enabled: options.scripting,
        ..TreeBuilderOpts::default()
    }
}

/// Real pages have a node in about 25 bytes; growing the vector once or twice costs little.
fn expected_nodes(html: &str) -> usize {
    html.len() / 32 + 16
}

#[cfg(test)]
mod tests {
    use crate::{Document, NodeId, NodeKind, ParseOptions};

    /// The tree as indented lines, as html5lib's tests write it but without the bars.
    fn outline(document: &Document) -> String {
        let mut lines = Vec::new();
        for id in document.descendants(NodeId::DOCUMENT) {
            let depth = document.ancestors(id).count() - 1;
            let what = match document.kind(id) {
                NodeKind::Element => {
                    let attributes: String = document
                        .attributes(id)
                        .iter()
                        .map(|a| format!(" {}={:?}", document.tag_name(a.tag()), document.attribute_value(a)))
                        .collect();
                    format!("<{}{attributes}>", document.local_name(id))
                }
                NodeKind::Comment => format!("<!--{}-->", document.text(id)),
                _ => format!("{:?}", document.text(id)),
            };
            lines.push(format!("{}{what}", " ".repeat(depth)));
        }
        lines.join("\n")
    }

    fn check(html: &str, expected: &[&str]) {
        let document = Document::parse(html, ParseOptions::default());
        assert_eq!(outline(&document), expected.join("\n"), "{html}");
        check_links(&document);
    }

    /// Every link of the arena agrees with every other.
    fn check_links(document: &Document) {
        for id in document.ids() {
            let children: Vec<_> = document.children(id).collect();
            assert_eq!(document.last_child(id), children.last().copied());
            for pair in children.windows(2) {
                assert_eq!(document.previous_sibling(pair[1]), Some(pair[0]));
            }
            let joined: String = document
                .subtree(id)
                .filter(|at| document.is_text(*at))
                .map(|at| document.text(at))
                .collect();
            if document.kind(id) != NodeKind::Comment {
                assert_eq!(document.text(id), joined);
            }
            for child in children {
                assert_eq!(document.parent(child), Some(id));
                assert!(document.is_ancestor(id, child) && !document.is_ancestor(child, id));
            }
        }
    }

    #[test]
    fn trees_are_the_standards() {
        check("", &["<html>", " <head>", " <body>"]);
        check(
            "<p>a<p>b",
            &["<html>", " <head>", " <body>", "  <p>", "   \"a\"", "  <p>", "   \"b\""],
        );
        // Foster parenting: text in a table goes before it, and joins the text that is there.
        check(
            "x<table>y<tr><td>z",
            &[
                "<html>",
                " <head>",
                " <body>",
                "  \"xy\"",
                "  <table>",
                "   <tbody>",
                "    <tr>",
                "     <td>",
                "      \"z\"",
            ],
        );
        // The adoption agency.
        check(
            "<b>1<p>2</b>3",
            &[
                "<html>",
                " <head>",
                " <body>",
                "  <b>",
                "   \"1\"",
                "  <p>",
                "   <b>",
                "    \"2\"",
                "   \"3\"",
            ],
        );
        check(
            "<template><li>x</template>",
            &["<html>", " <head>", "  <template>", "   <li>", "    \"x\"", " <body>"],
        );
        check(
            "<noscript><p>x</noscript>",
            &["<html>", " <head>", "  <noscript>", " <body>", "  <p>", "   \"x\""],
        );
        check(
            "<!--a--><i id=A CLASS=b>",
            &["<!--a-->", "<html>", " <head>", " <body>", "  <i id=\"A\" class=\"b\">"],
        );
        check(
            "<svg viewBox=1><linearGradient/>",
            &[
                "<html>",
                " <head>",
                " <body>",
                "  <svg viewbox=\"1\">",
                "   <linearGradient>",
            ],
        );
        check(
            "a<!-- -->b<br>c\r\nd\0",
            &[
                "<html>",
                " <head>",
                " <body>",
                "  \"a\"",
                "  <!-- -->",
                "  \"b\"",
                "  <br>",
                "  \"c\\nd\"",
            ],
        );
    }

    #[test]
    fn noscript_is_text_where_scripts_ran() {
        let document = Document::parse("<body><noscript><p>x</noscript>", ParseOptions { scripting: true });
        assert!(document.tag("p").is_none());
        assert_eq!(document.text(NodeId::DOCUMENT), "<p>x");
    }

    #[test]
    fn a_fragment_is_parsed_where_it_stood() {
        for (parent, html, name) in [
            ("tbody", "<tr><td>1", "tr"),
            ("div", "<tr><td>1<p>2", "p"),
            ("table", "<tr><td>1", "tbody"),
        ] {
            let document = Document::parse_fragment(html, parent, ParseOptions::default());
            let item = document.item().unwrap();
            assert_eq!(&**document.local_name(item), name, "{html} in {parent}");
            check_links(&document);
        }
    }

    #[test]
    fn tags_and_ids_are_indexed() {
        let document = Document::parse(
            "<q id=x><svg><q id=y></q></svg></q><p><q id=x>",
            ParseOptions::default(),
        );
        let anchors = document.elements_by_tag(document.tag("q").unwrap());
        assert_eq!(anchors.len(), 3);
        assert_eq!(document.element_by_id("x"), Some(anchors[0]));
        assert_eq!(document.element_by_id("z"), None);
        let p = document.elements_by_tag(document.tag("p").unwrap())[0];
        assert_eq!(
            document.elements_by_tag_in(document.tag("q").unwrap(), p),
            &anchors[2..]
        );
    }

    #[test]
    fn a_long_text_is_one_node() {
        let text = "x".repeat(50_000_000);
        let document = Document::parse(&format!("<p>{text}"), ParseOptions::default());
        assert_eq!(document.text(NodeId::DOCUMENT).len(), text.len());
        assert_eq!(document.len(), 6);
    }
}
