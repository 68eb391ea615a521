//! Tokens into an [`ast::Node`](crate::ast::Node): the grammar of XPath 1.0, sections 2 and 3.
//!
//! Recursion is counted and bounded by [`MAX_DEPTH`]. Chains of operators, steps and predicates are lists and nest
//! nothing, so that what comes after the parser recurses no deeper than the parser did.

use snowscrape_plugin_sdk::ExpressionError;

use crate::ast::{Axis, BinaryOperator, Node, NodeKind, NodeTest, NodeType, PathStart, Span, Step};
use crate::lexer::{Token, TokenKind, tokens};

/// The most bytes of an expression.
pub const MAX_LENGTH: usize = 65_536;

/// How deep an expression nests at most: each parenthesis, argument list and right side of an operator is a level,
/// each predicate two.
pub const MAX_DEPTH: usize = 128;

/// The level at which unary minus reads its operand: only a union binds closer.
const UNION: u8 = 7;

pub(crate) fn parse(text: &str) -> Result<Node, ExpressionError> {
    if text.len() > MAX_LENGTH {
        let message = format!(
            "the expression is {} bytes long, the most is {MAX_LENGTH}: split it up",
            text.len()
        );
        return Err(Span::new(0, text.len()).error(message));
    }
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    if parser.peek() == &TokenKind::End {
        return Err(parser.span().error("the expression is empty"));
    }
    let node = parser.expression(0)?;
    if parser.peek() != &TokenKind::End {
        return Err(parser.unexpected("an operator or the end of the expression"));
    }
    Ok(node)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, ExpressionError>;

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        &self.tokens[self.at].kind
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The span of the token before.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// Steps on; the end is never passed.
    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn eat(&mut self, kind: &TokenKind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: &TokenKind, expected: &str) -> Parsed<()> {
        if self.eat(kind) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let span = self.span();
        let found = match self.peek() {
            TokenKind::End => "the expression ends".to_owned(),
            _ => format!("found {}", &self.text[span.start as usize..span.end as usize]),
        };
        span.error(format!("expected {expected}, {found}"))
    }

    /// Goes `levels` deeper for as long as `inner` reads.
    fn nested<T>(&mut self, levels: usize, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            let message = format!("the expression nests deeper than {MAX_DEPTH} levels: simplify it");
            return Err(self.span().error(message));
        }
        let result = inner(self);
        self.depth -= levels;
        result
    }

    /// An expression whose operators bind at least as close as `lowest`.
    fn expression(&mut self, lowest: u8) -> Parsed<Node> {
        let mut left = self.unary()?;
        while let Some(precedence) = self
            .operator()
            .map(BinaryOperator::precedence)
            .filter(|at| *at >= lowest)
        {
            let mut rest = Vec::new();
            while let Some(operator) = self.operator().filter(|operator| operator.precedence() == precedence) {
                self.advance();
                rest.push((operator, self.nested(1, |parser| parser.expression(precedence + 1))?));
            }
            let span = left.span.to(self.last_span());
            left = Node {
                kind: NodeKind::Chain {
                    first: Box::new(left),
                    rest,
                },
                span,
            };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<BinaryOperator> {
        match self.peek() {
            TokenKind::Operator(operator) => Some(*operator),
            _ => None,
        }
    }

    fn unary(&mut self) -> Parsed<Node> {
        let start = self.span();
        let mut signs = 0_usize;
        while self.eat(&TokenKind::Operator(BinaryOperator::Subtract)) {
            signs += 1;
        }
        if signs == 0 {
            return self.path();
        }
        let operand = Box::new(self.nested(1, |parser| parser.expression(UNION))?);
        let span = start.to(operand.span);
        Ok(Node {
            kind: NodeKind::Negate {
                operand,
                twice: signs.is_multiple_of(2),
            },
            span,
        })
    }

    /// A location path, or a filter expression with steps after it or none (section 3.3).
    fn path(&mut self) -> Parsed<Node> {
        let start = self.span();
        let (path_start, mut steps) = match self.peek() {
            TokenKind::Slash => {
                self.advance();
                if !self.at_step() {
                    let kind = NodeKind::Path {
                        start: PathStart::Root,
                        steps: Vec::new(),
                    };
                    return Ok(Node { kind, span: start });
                }
                (PathStart::Root, vec![self.step()?])
            }
            TokenKind::SlashSlash => {
                self.advance();
                (PathStart::Root, vec![Step::any_depth(), self.step()?])
            }
            _ if self.at_step() => (PathStart::Context, vec![self.step()?]),
            _ => {
                let filter = self.filter()?;
                if !matches!(self.peek(), TokenKind::Slash | TokenKind::SlashSlash) {
                    return Ok(filter);
                }
                (PathStart::Filter(Box::new(filter)), Vec::new())
            }
        };
        loop {
            if self.eat(&TokenKind::SlashSlash) {
                steps.push(Step::any_depth());
            } else if !self.eat(&TokenKind::Slash) {
                break;
            }
            steps.push(self.step()?);
        }
        Ok(Node {
            kind: NodeKind::Path {
                start: path_start,
                steps,
            },
            span: start.to(self.last_span()),
        })
    }

    fn at_step(&self) -> bool {
        matches!(
            self.peek(),
            TokenKind::Dot
                | TokenKind::DotDot
                | TokenKind::At
                | TokenKind::Star
                | TokenKind::Name(_)
                | TokenKind::NodeType(_)
                | TokenKind::Axis(_)
        )
    }

    fn step(&mut self) -> Parsed<Step> {
        let axis = match self.peek() {
            TokenKind::Dot | TokenKind::DotDot => return self.abbreviated_step(),
            TokenKind::At => {
                self.advance();
                Axis::Attribute
            }
            TokenKind::Axis(axis) => {
                let axis = *axis;
                self.advance();
                self.expect(&TokenKind::ColonColon, "::")?;
                axis
            }
            _ => Axis::Child,
        };
        let test = self.node_test()?;
        let predicates = self.predicates()?;
        Ok(Step { axis, test, predicates })
    }

    /// `.` and `..` (section 2.5), which take no predicates.
    fn abbreviated_step(&mut self) -> Parsed<Step> {
        let (axis, written, long) = match self.peek() {
            TokenKind::Dot => (Axis::SelfNode, ".", "self::node()"),
            _ => (Axis::Parent, "..", "parent::node()"),
        };
        self.advance();
        if self.peek() == &TokenKind::LeftBracket {
            let message = format!("{written} takes no predicate, write {long}[…]");
            return Err(self.span().error(message));
        }
        Ok(Step {
            axis,
            test: NodeTest::Type(NodeType::Node),
            predicates: Vec::new(),
        })
    }

    fn node_test(&mut self) -> Parsed<NodeTest> {
        let test = match self.peek() {
            TokenKind::Star => NodeTest::Any,
            TokenKind::Name(name) => NodeTest::Name(name.clone()),
            TokenKind::NodeType(kind) => {
                let kind = *kind;
                self.advance();
                return self.node_type(kind);
            }
            TokenKind::Function(_) => {
                let expected = "a node test (a name, *, node(), text(), comment()); a function cannot be a step";
                return Err(self.unexpected(expected));
            }
            _ => return Err(self.unexpected("a node test (a name, *, node(), text(), comment())")),
        };
        self.advance();
        Ok(test)
    }

    fn node_type(&mut self, kind: NodeType) -> Parsed<NodeTest> {
        self.expect(&TokenKind::LeftParenthesis, "(")?;
        let test = match self.peek() {
            TokenKind::Literal(target) if kind == NodeType::ProcessingInstruction => {
                let target = target.clone();
                self.advance();
                NodeTest::Target(target)
            }
            _ => NodeTest::Type(kind),
        };
        self.expect(&TokenKind::RightParenthesis, ")")?;
        Ok(test)
    }

    fn predicates(&mut self) -> Parsed<Vec<Node>> {
        let mut predicates = Vec::new();
        while self.eat(&TokenKind::LeftBracket) {
            predicates.push(self.nested(2, |parser| parser.expression(0))?);
            self.expect(&TokenKind::RightBracket, "] or an operator")?;
        }
        Ok(predicates)
    }

    fn filter(&mut self) -> Parsed<Node> {
        let start = self.span();
        let primary = self.primary()?;
        let predicates = self.predicates()?;
        if predicates.is_empty() {
            return Ok(primary);
        }
        let kind = NodeKind::Filter {
            primary: Box::new(primary),
            predicates,
        };
        Ok(Node {
            kind,
            span: start.to(self.last_span()),
        })
    }

    fn primary(&mut self) -> Parsed<Node> {
        let span = self.span();
        let kind = match self.peek() {
            TokenKind::Number(number) => NodeKind::Number(*number),
            TokenKind::Literal(literal) => NodeKind::Literal(literal.clone()),
            TokenKind::LeftParenthesis => {
                self.advance();
                let inner = self.nested(1, |parser| parser.expression(0))?;
                self.expect(&TokenKind::RightParenthesis, ") or an operator")?;
                return Ok(Node {
                    span: span.to(self.last_span()),
                    ..inner
                });
            }
            TokenKind::Function(name) => {
                let name = name.clone();
                self.advance();
                return self.call(name, span);
            }
            _ => return Err(self.unexpected("an expression (a path, a function, a string or a number)")),
        };
        self.advance();
        Ok(Node { kind, span })
    }

    fn call(&mut self, name: String, name_span: Span) -> Parsed<Node> {
        self.expect(&TokenKind::LeftParenthesis, "(")?;
        let mut arguments = Vec::new();
        if self.peek() != &TokenKind::RightParenthesis {
            arguments.push(self.nested(1, |parser| parser.expression(0))?);
            while self.eat(&TokenKind::Comma) {
                arguments.push(self.nested(1, |parser| parser.expression(0))?);
            }
        }
        self.expect(&TokenKind::RightParenthesis, "a comma or )")?;
        let span = name_span.to(self.last_span());
        Ok(Node {
            kind: NodeKind::Call {
                name,
                name_span,
                arguments,
            },
            span,
        })
    }
}
