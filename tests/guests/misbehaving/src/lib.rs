//! A guest that misbehaves on demand: the expression says how, and only pages that hold the word `misbehave` make it.
//!
//! Every other page it answers with the length of its text, so that a test can tell whether later pages are right.

#![allow(clippy::print_stderr, reason = "one of the ways to misbehave is to talk too much")]

use snowscrape_plugin_sdk::{
    ExpressionError, Extraction, Extractor, ExtractorInfo, Fragment, InputKind, Match, MatchKind, OpenError, Page,
    Query, QueryFailure, QueryPlace, QueryType, Session, export_extractor,
};

struct Misbehaving;

/// How to misbehave.
enum Mode {
    /// Never comes back.
    Loop,
    /// Takes all memory that it gets, and more.
    Memory,
    /// Panics, which traps.
    Trap,
    /// Answers more queries than there are.
    Nonsense,
    /// Sleeps for an hour.
    Sleep,
    /// Recurses without end.
    Stack,
    /// Calls the system's exit.
    Exit,
    /// Prints far more than is kept, and then answers.
    Chatter,
}

impl Mode {
    fn parse(expression: &str) -> Option<Self> {
        Some(match expression {
            "loop" => Self::Loop,
            "memory" => Self::Memory,
            "trap" => Self::Trap,
            "nonsense" => Self::Nonsense,
            "sleep" => Self::Sleep,
            "stack" => Self::Stack,
            "exit" => Self::Exit,
            "chatter" => Self::Chatter,
            _ => return None,
        })
    }

    fn answers(&self, text: &str) -> usize {
        match self {
            Self::Loop => forever(),
            Self::Memory => eat(),
            Self::Trap => panic!("this guest was told to trap"),
            Self::Nonsense => 3,
            Self::Sleep => {
                std::thread::sleep(std::time::Duration::from_hours(1));
                1
            }
            Self::Stack => recurse(text.len() as u64) as usize,
            Self::Exit => std::process::exit(3),
            Self::Chatter => {
                (0..2_000).for_each(|line| eprintln!("line {line} of a guest that talks too much"));
                1
            }
        }
    }
}

fn forever() -> ! {
    let mut turn = 0_u64;
    loop {
        turn = std::hint::black_box(turn.wrapping_add(1));
    }
}

fn eat() -> usize {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(vec![1; 1 << 20]);
        std::hint::black_box(&eaten);
    }
}

#[expect(
    unconditional_recursion,
    clippy::only_used_in_recursion,
    reason = "that is the misbehaviour"
)]
fn recurse(depth: u64) -> u64 {
    std::hint::black_box(recurse(depth + 1)) + 1
}

struct OneMode(Mode);

impl Extractor for Misbehaving {
    type Session = OneMode;

    fn describe() -> ExtractorInfo {
        ExtractorInfo {
            name: "misbehaving".to_owned(),
            version: "6.6.6".to_owned(),
            query_types: vec![QueryType {
                name: "misbehave".to_owned(),
                description: "Misbehaves as the expression says.".to_owned(),
                input: InputKind::Text,
                matches: MatchKind::Text,
                item: false,
                options: Vec::new(),
            }],
        }
    }

    fn check(query: Query) -> Result<(), ExpressionError> {
        match query.expression.as_str() {
            "loop-check" => forever(),
            // A place that is not in the expression.
            "nowhere" => Err(ExpressionError {
                offset: 4_000,
                length: 4_000,
                message: "nowhere".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn open(_: Option<Query>, queries: Vec<Query>, _: bool) -> Result<OneMode, OpenError> {
        let expression = queries.first().map_or("", |query| &query.expression);
        Mode::parse(expression).map(OneMode).ok_or_else(|| OpenError {
            // The session has fewer queries than that.
            place: QueryPlace::Query(if expression == "strange" { 77 } else { 0 }),
            error: ExpressionError {
                offset: 0,
                length: 0,
                message: "no such mode".to_owned(),
            },
        })
    }
}

impl Session for OneMode {
    fn extract(&self, page: Page) -> Result<Extraction, QueryFailure> {
        let text = page.text.unwrap_or_default();
        let answers = if text.contains("misbehave") {
            self.0.answers(&text)
        } else {
            1
        };
        let answer = || Ok(vec![Match::Text(text.len().to_string())]);
        let items = vec![(0..answers).map(|_| answer()).collect()];
        Ok(Extraction {
            items,
            fragments: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn extract_fragments(&self, _: Page, _: Vec<Fragment>) -> Result<Extraction, QueryFailure> {
        // However many fragments there were.
        Ok(Extraction {
            items: Vec::new(),
            fragments: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

export_extractor!(Misbehaving);
