//! Back to HTML: html5ever's serializer walked over the arena, without recursion (HTML standard, 13.3).

use std::io;

use html5ever::serialize::{HtmlSerializer, SerializeOpts, Serializer, TraversalScope};

use crate::arena::{Document, NodeId, NodeKind};

impl Document {
    /// The node as HTML, its own tags included.
    pub fn outer_html(&self, id: NodeId) -> String {
        self.html(id, TraversalScope::IncludeNode, self.subtree(id))
    }

    /// What is inside the node as HTML.
    pub fn inner_html(&self, id: NodeId) -> String {
        let name = self
            .is_element(id)
            .then(|| self.name(self.name_id(id)).qualified.clone());
        self.html(id, TraversalScope::ChildrenOnly(name), self.descendants(id))
    }

    fn html(&self, root: NodeId, scope: TraversalScope, nodes: impl Iterator<Item = NodeId>) -> String {
        let mut html = Vec::with_capacity(self.text(root).len() * 2);
        let options = SerializeOpts {
            scripting_enabled: self.scripting,
            traversal_scope: scope,
            create_missing_parent: false,
        };
        let mut serializer = HtmlSerializer::new(&mut html, options);
        self.write(nodes, &mut serializer)
            .expect("writing to a vector does not fail");
        String::from_utf8(html).expect("the serializer writes nothing but the strings that it is given")
    }

    fn write(&self, nodes: impl Iterator<Item = NodeId>, to: &mut impl Serializer) -> io::Result<()> {
        let mut open: Vec<NodeId> = Vec::new();
        for id in nodes {
            self.close_before(id, &mut open, to)?;
            match self.kind(id) {
                NodeKind::Document => {}
                NodeKind::Element => {
                    let attributes = self
                        .attributes(id)
                        .iter()
                        .map(|attribute| (&self.name(attribute.name).qualified, self.attribute_value(attribute)));
                    to.start_elem(self.name(self.name_id(id)).qualified.clone(), attributes)?;
                    open.push(id);
                }
                NodeKind::Text => to.write_text(self.text(id))?,
                NodeKind::Comment => to.write_comment(self.text(id))?,
                NodeKind::ProcessingInstruction => {
                    let (target, data) = self.text(id).split_once(' ').unwrap_or((self.text(id), ""));
                    to.write_processing_instruction(target, data)?;
                }
            }
        }
        while let Some(id) = open.pop() {
            to.end_elem(self.name(self.name_id(id)).qualified.clone())?;
        }
        Ok(())
    }

    fn close_before(&self, id: NodeId, open: &mut Vec<NodeId>, to: &mut impl Serializer) -> io::Result<()> {
        while let Some(last) = open.last().copied().filter(|last| self.node(*last).end <= id.0) {
            open.pop();
            to.end_elem(self.name(self.name_id(last)).qualified.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Document, ParseOptions};

    #[test]
    fn html_comes_back() {
        for (html, tag, outer, inner) in [
            (
                "<p class=a>x &amp; <b>y</b><br>z",
                "p",
                r#"<p class="a">x &amp; <b>y</b><br>z</p>"#,
                "x &amp; <b>y</b><br>z",
            ),
            ("<script>a<b</script>", "script", "<script>a<b</script>", "a<b"),
            (
                "<svg viewBox=1><a xlink:href=x>",
                "svg",
                r#"<svg viewBox="1"><a xlink:href="x"></a></svg>"#,
                r#"<a xlink:href="x"></a>"#,
            ),
            ("<i><!--c--></i>", "i", "<i><!--c--></i>", "<!--c-->"),
            (
                "<template><b>x</template>",
                "template",
                "<template><b>x</b></template>",
                "<b>x</b>",
            ),
        ] {
            let document = Document::parse(html, ParseOptions::default());
            let id = document.elements_by_tag(document.tag(tag).unwrap())[0];
            assert_eq!(document.outer_html(id), outer);
            assert_eq!(document.inner_html(id), inner);
        }
    }
}
