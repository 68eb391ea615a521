//! The expression as the rest of the house sees it: compiled once, asked of page after page.

use snowscrape_dom::{Document, NodeId, NodeKind, Output};
use snowscrape_plugin_sdk::{ExpressionError, Match, QueryFailure};

use crate::compile::compile;
use crate::evaluator::{Context, Evaluator, Outcome};
use crate::nodes::{Place, PlaceKind};
use crate::parser::parse;
use crate::program::Program;
use crate::value::{Type, Value, text_of, text_of_boolean};

/// A compiled XPath expression.
#[derive(Debug)]
pub struct Expression {
    program: Program,
    output: Output,
}

impl Expression {
    /// Compiles an expression; `output` is the form in which elements are answered.
    ///
    /// # Errors
    ///
    /// What is wrong and where, in bytes: bad syntax, an unknown name, a wrong number or type of arguments, a bad
    /// constant pattern, or more than [`MAX_LENGTH`](crate::MAX_LENGTH) bytes or [`MAX_DEPTH`](crate::MAX_DEPTH) levels.
    pub fn compile(expression: &str, output: Output) -> Result<Self, ExpressionError> {
        let program = compile(&parse(expression)?)?;
        Ok(Self { program, output })
    }

    /// Every match in document order, each node once, added to `out`.
    ///
    /// A relative path starts at `context`. A string, a number or a boolean is one match.
    pub fn matches(&self, document: &Document, context: NodeId, out: &mut Vec<Match>) -> Result<(), QueryFailure> {
        let evaluator = Evaluator::new(document, &self.program);
        self.matches_by(&evaluator, context, out).map_err(|failure| *failure)
    }

    /// As [`Expression::matches`], telling how many steps it took: a count that depends on the page and the expression
    /// only, for tests of what an expression costs.
    #[doc(hidden)]
    pub fn matches_and_steps(
        &self,
        document: &Document,
        context: NodeId,
        out: &mut Vec<Match>,
    ) -> Result<u64, QueryFailure> {
        let evaluator = Evaluator::new(document, &self.program);
        self.matches_by(&evaluator, context, out).map_err(|failure| *failure)?;
        Ok(evaluator.steps())
    }

    /// The elements that an item expression finds, in document order.
    ///
    /// # Errors
    ///
    /// An item is an element: text, attributes and what is no node-set are none.
    pub fn nodes(&self, document: &Document, context: NodeId) -> Result<Vec<NodeId>, QueryFailure> {
        if self.program.root.kind() != Type::Nodes {
            let found = self.program.root.kind().described();
            return Err(QueryFailure::Other(format!(
                "an item has to be an element, the expression gives {found}"
            )));
        }
        let evaluator = Evaluator::new(document, &self.program);
        let context = Context::of(Place::of(context));
        let nodes = evaluator
            .nodes(&self.program.root, context)
            .map_err(|failure| *failure)?;
        nodes.iter().map(|place| element(document, *place)).collect()
    }

    fn matches_by<'a>(&'a self, evaluator: &Evaluator<'a>, context: NodeId, out: &mut Vec<Match>) -> Outcome<()> {
        match evaluator.value(&self.program.root, Context::of(Place::of(context)))? {
            Value::Nodes(nodes) => {
                out.reserve(nodes.len());
                out.extend(nodes.iter().map(|place| self.answer(evaluator, *place)));
            }
            Value::Boolean(value) => out.push(Match::Text(text_of_boolean(value).to_owned())),
            Value::Number(number) => out.push(Match::Text(text_of(number).into_owned())),
            Value::Text(text) => out.push(Match::Text(text.into_owned())),
        }
        Ok(())
    }

    fn answer(&self, evaluator: &Evaluator<'_>, place: Place) -> Match {
        let document = evaluator.document;
        if place.is_node() && document.is_element(place.node) {
            return Match::Text(document.output(place.node, self.output));
        }
        let text = evaluator.string(place).into_owned();
        let is_text = match place.kind() {
            PlaceKind::Node => document.is_text(place.node),
            PlaceKind::MadeText(_) => true,
            PlaceKind::Attribute(_) | PlaceKind::MadeElement(_) => false,
        };
        if is_text {
            Match::TextNode(text)
        } else {
            Match::Text(text)
        }
    }
}

fn element(document: &Document, place: Place) -> Result<NodeId, QueryFailure> {
    let found = match place.kind() {
        PlaceKind::Node => match document.kind(place.node) {
            NodeKind::Element => return Ok(place.node),
            NodeKind::Document => "the document",
            NodeKind::Text => "a text node: leave out /text()",
            NodeKind::Comment => "a comment",
            NodeKind::ProcessingInstruction => "a processing instruction",
        },
        PlaceKind::Attribute(_) => "an attribute: leave out its step",
        PlaceKind::MadeElement(_) | PlaceKind::MadeText(_) => "a match of re:match",
    };
    Err(QueryFailure::Other(format!(
        "an item has to be an element, the expression finds {found}"
    )))
}
