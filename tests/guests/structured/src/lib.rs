//! A guest of two query types that the built-in components have no like of: `pointer`, a JSON pointer (RFC 6901) that
//! answers structured values, and `bytes`, which reads a page as the bytes that came and answers how many there are of
//! the one that the expression names in hexadecimal.

use serde_json::Value;
use snowscrape_plugin_sdk::{
    ExpressionError, Extraction, Extractor, ExtractorInfo, Fragment, InputKind, Match, MatchKind, OpenError, Outcome,
    Page, Query, QueryFailure, QueryPlace, QueryType, Session, export_extractor,
};

struct Structured;

enum Compiled {
    Pointer(String),
    Byte(u8),
}

impl Compiled {
    fn new(query: &Query) -> Result<Self, ExpressionError> {
        let wrong = |message: &str| ExpressionError {
            offset: 0,
            length: query.expression.len() as u32,
            message: message.to_owned(),
        };
        if query.query_type == "bytes" {
            return u8::from_str_radix(&query.expression, 16)
                .map(Self::Byte)
                .map_err(|_| wrong("must be a byte in hexadecimal, such as 0a"));
        }
        if query.expression.is_empty() || query.expression.starts_with('/') {
            Ok(Self::Pointer(query.expression.clone()))
        } else {
            Err(wrong("must begin with `/`"))
        }
    }

    fn answer(&self, text: Option<&str>, bytes: Option<&[u8]>) -> Outcome {
        match self {
            Self::Pointer(pointer) => {
                let text = text.ok_or_else(|| QueryFailure::UnsuitablePage("there is no text".to_owned()))?;
                let json: Value = serde_json::from_str(text)
                    .map_err(|error| QueryFailure::UnsuitablePage(format!("the page is no JSON: {error}")))?;
                Ok(json
                    .pointer(pointer)
                    .map(|value| Match::Structured(value.to_string()))
                    .into_iter()
                    .collect())
            }
            Self::Byte(byte) => {
                let bytes = bytes.ok_or_else(|| QueryFailure::UnsuitablePage("there are no bytes".to_owned()))?;
                let count = bytes
                    .iter()
                    .fold(0_u64, |count, other| count + u64::from(other == byte));
                Ok(vec![Match::Text(count.to_string())])
            }
        }
    }
}

struct Queries(Vec<Compiled>);

impl Extractor for Structured {
    type Session = Queries;

    fn describe() -> ExtractorInfo {
        let served = |name: &str, input, matches| QueryType {
            name: name.to_owned(),
            description: "For the tests.".to_owned(),
            input,
            matches,
            item: false,
            options: Vec::new(),
        };
        ExtractorInfo {
            name: "structured".to_owned(),
            version: "1.0.0".to_owned(),
            query_types: vec![
                served("pointer", InputKind::Text, MatchKind::Structured),
                served("bytes", InputKind::Bytes, MatchKind::Text),
            ],
        }
    }

    fn check(query: Query) -> Result<(), ExpressionError> {
        Compiled::new(&query).map(drop)
    }

    fn open(_: Option<Query>, queries: Vec<Query>, _: bool) -> Result<Queries, OpenError> {
        let compiled = queries.iter().enumerate().map(|(at, query)| {
            Compiled::new(query).map_err(|error| OpenError {
                place: QueryPlace::Query(at as u32),
                error,
            })
        });
        compiled.collect::<Result<_, _>>().map(Queries)
    }
}

impl Session for Queries {
    fn extract(&self, page: Page) -> Result<Extraction, QueryFailure> {
        let answer = |query: &Compiled| query.answer(page.text.as_deref(), page.bytes.as_deref());
        let items = vec![self.0.iter().map(answer).collect()];
        Ok(Extraction {
            items,
            fragments: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// An item of another language: the text between its tags is the JSON.
    fn extract_fragments(&self, _: Page, fragments: Vec<Fragment>) -> Result<Extraction, QueryFailure> {
        let answers = |fragment: Fragment| {
            let html = fragment.html;
            let inner = html
                .find('>')
                .zip(html.rfind('<'))
                .and_then(|(start, end)| html.get(start + 1..end));
            self.0
                .iter()
                .map(|query| query.answer(inner, Some(html.as_bytes())))
                .collect()
        };
        let items = fragments.into_iter().map(answers).collect();
        Ok(Extraction {
            items,
            fragments: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

export_extractor!(Structured);
