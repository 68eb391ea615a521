//! Text into tokens, with the disambiguation rules of XPath 1.0, section 3.7.

use snowscrape_plugin_sdk::ExpressionError;

use crate::ast::{Axis, BinaryOperator, NodeType, Span};

/// One token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// What a token is. What section 3.7 tells apart by context is told apart here already.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    Dot,
    DotDot,
    At,
    Comma,
    ColonColon,
    Slash,
    SlashSlash,
    Operator(BinaryOperator),
    /// `*` as a node test.
    Star,
    Number(f64),
    Literal(String),
    Name(String),
    Function(String),
    NodeType(NodeType),
    Axis(Axis),
    End,
}

/// The tokens of an expression, the last of them [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
    };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    /// Reads one token; false after the last.
    fn next(&mut self) -> Result<bool, ExpressionError> {
        self.skip_space();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            self.push(start, TokenKind::End);
            return Ok(false);
        };
        let kind = match first {
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            '"' | '\'' => self.literal(first)?,
            '$' => return Err(self.variable()),
            first if is_name_start(first) => self.name()?,
            _ => self.punctuation(first)?,
        };
        self.push(start, kind);
        Ok(true)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, start: usize, kind: TokenKind) {
        let span = Span::new(start, self.at);
        self.tokens.push(Token { kind, span });
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(crate::value::is_space).len();
    }

    fn punctuation(&mut self, first: char) -> Result<TokenKind, ExpressionError> {
        use BinaryOperator as Op;
        const TABLE: [(&str, TokenKind); 21] = [
            ("::", TokenKind::ColonColon),
            ("..", TokenKind::DotDot),
            ("//", TokenKind::SlashSlash),
            ("!=", TokenKind::Operator(Op::NotEqual)),
            ("<=", TokenKind::Operator(Op::LessOrEqual)),
            (">=", TokenKind::Operator(Op::GreaterOrEqual)),
            ("(", TokenKind::LeftParenthesis),
            (")", TokenKind::RightParenthesis),
            ("[", TokenKind::LeftBracket),
            ("]", TokenKind::RightBracket),
            (".", TokenKind::Dot),
            ("@", TokenKind::At),
            (",", TokenKind::Comma),
            ("/", TokenKind::Slash),
            ("|", TokenKind::Operator(Op::Union)),
            ("+", TokenKind::Operator(Op::Add)),
            ("-", TokenKind::Operator(Op::Subtract)),
            ("=", TokenKind::Operator(Op::Equal)),
            ("<", TokenKind::Operator(Op::Less)),
            (">", TokenKind::Operator(Op::Greater)),
            ("*", TokenKind::Star),
        ];
        let Some((spelling, kind)) = TABLE.iter().find(|(spelling, _)| self.rest().starts_with(spelling)) else {
            let span = Span::new(self.at, self.at + first.len_utf8());
            let hint = match first {
                '!' => ", write != or not(…)",
                '&' => ", the operator is written and",
                ':' => ", an axis is followed by two colons",
                '\u{a0}' => ": it is a no-break space, replace it by a plain one",
                _ => "",
            };
            return Err(span.error(format!("{first:?} has no meaning in XPath{hint}")));
        };
        self.at += spelling.len();
        Ok(match kind {
            TokenKind::Star if self.operator_expected() => TokenKind::Operator(Op::Multiply),
            other => other.clone(),
        })
    }

    /// Section 3.7: after a token that is no `@`, `::`, `(`, `[`, `,` and no operator, `*` and a name are operators.
    fn operator_expected(&self) -> bool {
        self.tokens.last().is_some_and(|token| {
            !matches!(
                token.kind,
                TokenKind::At
                    | TokenKind::ColonColon
                    | TokenKind::LeftParenthesis
                    | TokenKind::LeftBracket
                    | TokenKind::Comma
                    | TokenKind::Slash
                    | TokenKind::SlashSlash
                    | TokenKind::Operator(_)
            )
        })
    }

    /// Digits, and digits after a point: `4.` and `.4` are numbers too.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_digits();
        if self.rest().starts_with('.') {
            self.at += 1;
            self.skip_digits();
        }
        let digits = &self.text[start..self.at];
        TokenKind::Number(digits.parse().expect("digits with at most one point are a number"))
    }

    fn skip_digits(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    }

    fn literal(&mut self, quote: char) -> Result<TokenKind, ExpressionError> {
        let rest = &self.rest()[1..];
        let Some(length) = rest.find(quote) else {
            let span = Span::new(self.at, self.text.len());
            return Err(span.error(format!("this string is not closed, expected {quote} at its end")));
        };
        let value = rest[..length].to_owned();
        self.at += length + 2;
        Ok(TokenKind::Literal(value))
    }

    fn variable(&mut self) -> ExpressionError {
        let start = self.at;
        self.at += 1;
        while !self.skip_name().is_empty() && self.rest().starts_with(':') {
            self.at += 1;
        }
        let name = &self.text[start..self.at];
        Span::new(start, self.at).error(format!(
            "undefined variable {name}: queries have no variables, write the value"
        ))
    }

    /// Skips an `NCName` and gives it; empty where none stands.
    fn skip_name(&mut self) -> String {
        let rest = self.rest();
        if !rest.starts_with(is_name_start) {
            return String::new();
        }
        let name = &rest[..rest.find(|c| !is_name_part(c)).unwrap_or(rest.len())];
        let name = name.to_owned();
        self.at += name.len();
        name
    }

    fn name(&mut self) -> Result<TokenKind, ExpressionError> {
        let start = self.at;
        let operator_expected = self.operator_expected();
        let name = self.skip_name();
        if operator_expected {
            return operator_name(&name).map(TokenKind::Operator).ok_or_else(|| {
                Span::new(start, self.at).error(format!(
                    "expected an operator here, found the name {name} (operators by name are and, or, div and mod)"
                ))
            });
        }
        if let Some(rest) = self.rest().strip_prefix(':')
            && (rest.starts_with('*') || rest.starts_with(is_name_start))
        {
            return self.prefixed(start, &name);
        }
        let end = self.at;
        self.skip_space();
        if self.rest().starts_with("::") {
            let axis = Axis::from_name(&name).ok_or_else(|| {
                let axes = Axis::NAMES.map(|(name, _)| name).join(", ");
                Span::new(start, end).error(format!("unknown axis {name}, the axes are {axes}"))
            });
            return axis.map(TokenKind::Axis);
        }
        let called = self.rest().starts_with('(');
        self.at = end;
        Ok(match NodeType::from_name(&name) {
            Some(kind) if called => TokenKind::NodeType(kind),
            _ if called => TokenKind::Function(name),
            _ => TokenKind::Name(name),
        })
    }

    /// A name with a prefix: a function's, or a mistake, as no namespace is bound here.
    fn prefixed(&mut self, start: usize, prefix: &str) -> Result<TokenKind, ExpressionError> {
        self.at += 1;
        let local = self.skip_name();
        let end = self.at;
        self.skip_space();
        let called = !local.is_empty() && self.rest().starts_with('(');
        self.at = end;
        if called {
            return Ok(TokenKind::Function(format!("{prefix}:{local}")));
        }
        let attribute = matches!(
            self.tokens.last(),
            Some(Token {
                kind: TokenKind::At,
                ..
            })
        );
        let (local, mark) = if local.is_empty() {
            ("name", "")
        } else {
            (local.as_str(), if attribute { "@" } else { "" })
        };
        Err(Span::new(start, start + prefix.len()).error(format!(
            "undefined namespace prefix {prefix}: names have no namespace here, write {mark}{local} or {mark}*[name()='{prefix}:{local}']"
        )))
    }
}

fn operator_name(name: &str) -> Option<BinaryOperator> {
    Some(match name {
        "and" => BinaryOperator::And,
        "or" => BinaryOperator::Or,
        "mod" => BinaryOperator::Modulo,
        "div" => BinaryOperator::Divide,
        _ => return None,
    })
}

/// `NCName`'s first character: XML 1.0 (fifth edition), production 4, without the colon.
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Production 4a, without the colon.
fn is_name_part(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, tokens};
    use crate::ast::{Axis, BinaryOperator as Op, NodeType};

    fn check(text: &str, expected: &[TokenKind]) {
        let mut kinds: Vec<_> = tokens(text).expect(text).into_iter().map(|token| token.kind).collect();
        assert_eq!(kinds.pop(), Some(TokenKind::End));
        assert_eq!(kinds, expected, "{text}");
    }

    fn name(name: &str) -> TokenKind {
        TokenKind::Name(name.to_owned())
    }

    #[test]
    fn names_are_told_from_operators_by_what_stands_before() {
        check(
            "div div div",
            &[name("div"), TokenKind::Operator(Op::Divide), name("div")],
        );
        check(
            "* * *",
            &[TokenKind::Star, TokenKind::Operator(Op::Multiply), TokenKind::Star],
        );
        check("//or", &[TokenKind::SlashSlash, name("or")]);
        check("a -b", &[name("a"), TokenKind::Operator(Op::Subtract), name("b")]);
        check("a-b", &[name("a-b")]);
        check(
            "1 mod 2",
            &[
                TokenKind::Number(1.0),
                TokenKind::Operator(Op::Modulo),
                TokenKind::Number(2.0),
            ],
        );
        check("@and", &[TokenKind::At, name("and")]);
    }

    #[test]
    fn names_are_told_from_calls_and_axes_by_what_follows() {
        check(
            "text ( )",
            &[
                TokenKind::NodeType(NodeType::Text),
                TokenKind::LeftParenthesis,
                TokenKind::RightParenthesis,
            ],
        );
        check("text", &[name("text")]);
        check(
            "child :: self",
            &[TokenKind::Axis(Axis::Child), TokenKind::ColonColon, name("self")],
        );
        check(
            "re:test(",
            &[TokenKind::Function("re:test".to_owned()), TokenKind::LeftParenthesis],
        );
    }

    #[test]
    fn numbers_and_dots() {
        check("4.", &[TokenKind::Number(4.0)]);
        check(".5", &[TokenKind::Number(0.5)]);
        check(".//.", &[TokenKind::Dot, TokenKind::SlashSlash, TokenKind::Dot]);
        check("../..", &[TokenKind::DotDot, TokenKind::Slash, TokenKind::DotDot]);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, offset, length, message) in [
            ("//a[@b='c]", 7, 3, "this string is not closed, expected ' at its end"),
            (
                "a & b",
                2,
                1,
                "'&' has no meaning in XPath, the operator is written and",
            ),
            (
                "$x",
                0,
                2,
                "undefined variable $x: queries have no variables, write the value",
            ),
            (
                "1 foo 2",
                2,
                3,
                "expected an operator here, found the name foo (operators by name are and, or, div and mod)",
            ),
        ] {
            let error = tokens(text).expect_err(text);
            assert_eq!(
                (error.offset, error.length, error.message.as_str()),
                (offset, length, message),
                "{text}"
            );
        }
    }
}
