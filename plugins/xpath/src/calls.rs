//! Compiling function calls: names, arities and types are checked, constant patterns compiled, idioms recognised.

use snowscrape_plugin_sdk::ExpressionError;

use crate::ast::{Node, NodeKind, Span};
use crate::compile::{CompileResult, Compiled, Compiler, Needs, expect_nodes};
use crate::functions::{Callee, Flags, Function, Signature, compile_regex};
use crate::paths::as_boolean;
use crate::program::{Expr, Matcher, NameSlot, Path, Separators, Start, TokenTest};
use crate::value::is_space;

impl Compiler {
    pub(crate) fn call(
        &mut self,
        name: &str,
        name_span: Span,
        span: Span,
        written: &[Node],
    ) -> CompileResult<Compiled> {
        let signature = Signature::find(name).ok_or_else(|| name_span.error(unknown_function(name)))?;
        if written.len() < signature.least || written.len() > signature.most {
            let found = if written.is_empty() {
                "none".to_owned()
            } else {
                written.len().to_string()
            };
            return Err(span.error(format!("{name}() takes {}, found {found}", signature.arity())));
        }
        let mut arguments = Vec::with_capacity(written.len().max(1));
        for node in written {
            let argument = self.expression(node)?;
            if signature.takes_nodes {
                expect_nodes(&argument.expr, node.span, &format!("{name}() takes node-sets only"))?;
            }
            arguments.push(argument);
        }
        if signature.defaults_to_context && arguments.is_empty() {
            arguments.push(context());
        }
        match signature.callee {
            Callee::Position => Ok(Compiled {
                expr: Expr::Position,
                needs: Needs {
                    context: true,
                    position: true,
                    size: false,
                },
            }),
            Callee::Last => Ok(Compiled {
                expr: Expr::Last,
                needs: Needs {
                    context: true,
                    position: true,
                    size: true,
                },
            }),
            Callee::True => Ok(Expr::Boolean(true).into()),
            Callee::False => Ok(Expr::Boolean(false).into()),
            Callee::NamespaceUri => Ok(Expr::Text("".into()).into()),
            Callee::Not => {
                let Compiled { expr, needs } = arguments.remove(0);
                let expr = match as_boolean(expr) {
                    Expr::Boolean(value) => Expr::Boolean(!value),
                    Expr::Not(inner) => Expr::Call(Function::Boolean, vec![*inner]),
                    inner => Expr::Not(Box::new(inner)),
                };
                Ok(Compiled { expr, needs })
            }
            Callee::HasClass => self.has_class(written),
            Callee::Function(function) => self.function(function, arguments, written),
        }
    }

    fn function(&mut self, function: Function, arguments: Vec<Compiled>, written: &[Node]) -> CompileResult<Compiled> {
        let (arguments, mut needs) = self.settle(arguments);
        // lang() asks the context node without an argument that says so.
        needs.context |= function == Function::Lang;
        let expr = match function {
            Function::Contains => contains(arguments),
            Function::Translate => translate(arguments),
            Function::Boolean => {
                let [argument] = one(arguments);
                as_boolean(Expr::Call(Function::Boolean, vec![argument]))
            }
            Function::RegexTest | Function::RegexMatch | Function::RegexReplace => {
                matcher(function, arguments, written)?
            }
            _ => Expr::Call(function, arguments),
        };
        Ok(Compiled { expr, needs })
    }

    /// parsel's `has-class(name, …)`.
    fn has_class(&mut self, written: &[Node]) -> CompileResult<Compiled> {
        let mut tokens = Vec::with_capacity(written.len());
        for node in written {
            match &node.kind {
                NodeKind::Literal(class) if !class.is_empty() && !class.contains(is_html_space) => {
                    tokens.push(class.as_str().into());
                }
                NodeKind::Literal(_) => {
                    return Err(node
                        .span
                        .error("a class is a name without white space, give several as several arguments"));
                }
                _ => return Err(node.span.error("the classes of has-class() have to be quoted strings")),
            }
        }
        let attribute = self.name("class");
        let expr = Expr::Token(Box::new(TokenTest {
            attribute,
            tokens,
            separators: Separators::Html,
        }));
        Ok(Compiled {
            expr,
            needs: Needs::NODE,
        })
    }
}

/// `contains()`, or what `contains(concat(' ', @class, ' '), ' x ')` means, with or without `normalize-space`.
fn contains(arguments: Vec<Expr>) -> Expr {
    match token_test(&arguments[0], &arguments[1]) {
        Some(test) => Expr::Token(Box::new(test)),
        None => Expr::Call(Function::Contains, arguments),
    }
}

fn context() -> Compiled {
    let path = Path {
        start: Start::Context,
        steps: Vec::new(),
        streams: true,
        ordered: true,
        descends: false,
    };
    Compiled {
        expr: Expr::Path(Box::new(path)),
        needs: Needs::NODE,
    }
}

fn one(arguments: Vec<Expr>) -> [Expr; 1] {
    arguments.try_into().expect("the arity was checked")
}

fn unknown_function(name: &str) -> String {
    let hint = match name {
        "matches" => Some("re:test"),
        "replace" => Some("re:replace"),
        "lower-case" | "upper-case" => Some("translate"),
        "ends-with" => Some("substring or re:test"),
        "exists" => Some("boolean"),
        "empty" => Some("not"),
        "string-join" => Some("concat"),
        "tokenize" | "re:search" | "re:findall" => Some("re:match"),
        _ => None,
    };
    if let Some(instead) = hint {
        return format!("unknown function {name}(), in XPath 1.0 use {instead}");
    }
    let near = Signature::names().find(|known| near(known, name));
    let near = near.map_or_else(String::new, |known| format!(", {known}() is near"));
    format!(
        "unknown function {name}(){near}: there are XPath 1.0's, re:test, re:match, re:replace, set:… and has-class"
    )
}

/// Whether two names differ in case, or in hyphens and underscores, only.
fn near(known: &str, name: &str) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_'], "");
    plain(known) == plain(name)
}

fn is_html_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

fn token_test(haystack: &Expr, needle: &Expr) -> Option<TokenTest> {
    let token = needle.as_text()?.strip_prefix(' ')?.strip_suffix(' ')?;
    if token.is_empty() || token.contains(is_space) {
        return None;
    }
    let (attribute, separators) = match haystack {
        Expr::Call(Function::Concat, parts) => padded_attribute(parts)?,
        _ => return None,
    };
    Some(TokenTest {
        attribute,
        tokens: vec![token.into()],
        separators,
    })
}

/// `concat(' ', @class, ' ')`.
fn padded_attribute(parts: &[Expr]) -> Option<(NameSlot, Separators)> {
    let [before, middle, after] = parts else { return None };
    if before.as_text()? != " " || after.as_text()? != " " {
        return None;
    }
    match middle {
        Expr::Path(path) => Some((path.as_attribute()?, Separators::Space)),
        Expr::Call(Function::NormalizeSpace, inner) => match &inner[0] {
            Expr::Path(path) => Some((path.as_attribute()?, Separators::Xml)),
            _ => None,
        },
        _ => None,
    }
}

/// `translate()`, its map made here when both strings are constant.
fn translate(arguments: Vec<Expr>) -> Expr {
    let map = match (arguments[1].as_text(), arguments[2].as_text()) {
        (Some(from), Some(to)) => translation(from, to),
        _ => return Expr::Call(Function::Translate, arguments),
    };
    let text = arguments.into_iter().next().expect("the arity was checked");
    Expr::Translate(Box::new(text), map)
}

/// What `translate()` does to each character of `from`.
pub(crate) fn translation(from: &str, to: &str) -> Vec<(char, Option<char>)> {
    let mut to = to.chars();
    from.chars().map(|from| (from, to.next())).collect()
}

/// An `re:` function, with its pattern compiled when pattern and flags are constant.
fn matcher(function: Function, mut arguments: Vec<Expr>, written: &[Node]) -> Result<Expr, ExpressionError> {
    let flags = match arguments.get(2).map(Expr::as_text) {
        None => Some(Flags::default()),
        Some(None) => None,
        Some(Some(text)) => Some(Flags::parse(text).map_err(|message| written[2].span.error(message))?),
    };
    let (Some(flags), Some(pattern)) = (flags, arguments[1].as_text()) else {
        return Ok(Expr::Call(function, arguments));
    };
    let regex = compile_regex(pattern, flags).map_err(|message| written[1].span.error(message))?;
    let replacement = arguments.drain(1..).nth(2);
    let text = arguments.remove(0);
    Ok(Expr::Matcher(Box::new(Matcher {
        function,
        regex,
        mode: flags.mode,
        text,
        replacement,
    })))
}
