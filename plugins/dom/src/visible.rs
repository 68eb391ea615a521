//! The visible text of a page: what a reader sees, without scripts, styles and the head.

use html5ever::{local_name, ns};

use crate::arena::{Document, NodeId, NodeKind};

impl Document {
    /// The text in `id`'s subtree that a browser without style sheets shows: no `head`, `script`, `style`, `template`,
    /// `noscript` of rendered pages, nor elements with `hidden`. Blocks and `<br>` end lines; white space is as in the
    /// source.
    pub fn visible_text(&self, id: NodeId) -> String {
        let mut text = String::with_capacity(self.text(id).len());
        let mut open: Vec<NodeId> = Vec::new();
        let mut at = id.0;
        let end = self.node(id).end;
        while at < end {
            let node = NodeId(at);
            while open.last().is_some_and(|block| self.node(*block).end <= at) {
                open.pop();
                end_line(&mut text);
            }
            at += 1;
            match self.kind(node) {
                NodeKind::Text => text.push_str(self.text(node)),
                NodeKind::Element if self.is_hidden(node) => at = self.node(node).end,
                NodeKind::Element if self.breaks_lines(node) => {
                    end_line(&mut text);
                    open.push(node);
                }
                _ => {}
            }
        }
        text
    }

    fn is_hidden(&self, id: NodeId) -> bool {
        *self.namespace(id) == ns!(html)
            && (matches!(
                *self.local_name(id),
                local_name!("head")
                    | local_name!("script")
                    | local_name!("style")
                    | local_name!("template")
                    | local_name!("title")
            ) || (self.scripting && *self.local_name(id) == local_name!("noscript"))
                || self.attribute(id, "hidden").is_some())
    }

    /// Elements that the HTML standard's style sheet (15.3) shows as blocks, list items or table parts, and `<br>`.
    fn breaks_lines(&self, id: NodeId) -> bool {
        const BLOCKS: &[&str] = &[
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "br",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
            "dir",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hgroup",
            "hr",
            "html",
            "legend",
            "li",
            "listing",
            "main",
            "menu",
            "nav",
            "ol",
            "optgroup",
            "option",
            "p",
            "plaintext",
            "pre",
            "search",
            "section",
            "summary",
            "table",
            "td",
            "th",
            "tr",
            "ul",
            "xmp",
        ];
        *self.namespace(id) == ns!(html) && BLOCKS.binary_search(&self.local_name(id).as_ref()).is_ok()
    }
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use crate::{Document, NodeId, ParseOptions};

    #[test]
    fn visible_text_is_what_a_reader_sees() {
        for (html, text) in [
            ("<title>t</title><p>a<b>b</b><p>c", "ab\nc\n"),
            ("a<br>b<script>x</script><style>y</style>c", "a\nbc\n"),
            ("<div hidden>x</div>y<!--z-->", "y\n"),
            ("<ul><li>1<li>2</ul>3", "1\n2\n3\n"),
        ] {
            let document = Document::parse(html, ParseOptions::default());
            assert_eq!(
                document.visible_text(NodeId::DOCUMENT).trim_end(),
                text.trim_end(),
                "{html}"
            );
        }
    }
}
