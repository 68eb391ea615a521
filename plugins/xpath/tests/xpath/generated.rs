//! Generated expressions on generated pages, held against `xpath-eval`: what the compiler joins and the evaluator walks
//! once has to find what the plain reading of the recommendation finds.

use crate::engines::ask_xpath_eval;
use crate::{evaluate, parse};

/// Marsaglia's xorshift: the same expressions in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len())]
    }

    fn page(&mut self) -> String {
        let mut html = String::new();
        let mut open = Vec::new();
        for _ in 0..6 + self.roll(20) {
            match self.roll(6) {
                0 | 1 if open.len() < 5 => {
                    let tag = self.pick(&["div", "ul", "b", "section"]);
                    let attributes = self.pick(&["", " id=x", " class='x y'", " class=y title=1", " id=2 class=' x '"]);
                    html.push_str(&format!("<{tag}{attributes}>"));
                    open.push(tag);
                }
                2 => {
                    if let Some(tag) = open.pop() {
                        html.push_str(&format!("</{tag}>"));
                    }
                }
                3 => html.push_str("<!--c-->"),
                _ => html.push_str(self.pick(&["1", "2", " x ", "y", " ", "<i>3</i>", "<i id=x></i>"])),
            }
        }
        html
    }

    fn path(&mut self, depth: usize) -> String {
        let mut path = self.pick(&["", "", "/", "//", "//", ".//", "../"]).to_owned();
        for step in 0..=self.roll(3) {
            if step > 0 {
                path.push_str(self.pick(&["/", "/", "//"]));
            }
            path.push_str(&self.step(depth));
        }
        path
    }

    fn step(&mut self, depth: usize) -> String {
        if self.roll(8) == 0 {
            return self.pick(&["..", ".", "@id", "@class", "@*"]).to_owned();
        }
        let axis = self.pick(&[
            "",
            "",
            "",
            "",
            "",
            "child::",
            "descendant::",
            "descendant-or-self::",
            "parent::",
            "ancestor::",
            "ancestor-or-self::",
            "following-sibling::",
            "preceding-sibling::",
            "following::",
            "preceding::",
            "self::",
            "attribute::",
        ]);
        let test = self.pick(&["*", "*", "node()", "text()", "div", "ul", "b", "i", "comment()", "id"]);
        let mut step = format!("{axis}{test}");
        if depth > 0 {
            for _ in 0..self.roll(3) {
                step.push_str(&format!("[{}]", self.predicate(depth - 1)));
            }
        }
        step
    }

    fn predicate(&mut self, depth: usize) -> String {
        match self.roll(14) {
            0 => self
                .pick(&[
                    "1",
                    "2",
                    "last()",
                    "position() = 2",
                    "position() = last()",
                    "last() - 1",
                ])
                .to_owned(),
            1 => self
                .pick(&[
                    "position() > 1",
                    "position() < last()",
                    "position() mod 2 = 1",
                    "last() > 1",
                ])
                .to_owned(),
            2 => self
                .pick(&[
                    "@id",
                    "@class",
                    "@id = 'x'",
                    "@class != 'y'",
                    "contains(@class, 'x')",
                    "@title > 0",
                ])
                .to_owned(),
            3 => self
                .pick(&[
                    "contains(concat(' ', @class, ' '), ' x ')",
                    "contains(concat(' ', normalize-space(@class), ' '), ' x ')",
                    "normalize-space()",
                    "normalize-space(.) = 'x'",
                    "starts-with(., '1')",
                    "string-length() > 1",
                    "name() = 'b'",
                    "count(preceding::b) = 1",
                    "count(.//b) > 1",
                ])
                .to_owned(),
            4 => format!("not({})", self.predicate(depth)),
            5 if depth > 0 => format!("{} and {}", self.predicate(depth - 1), self.predicate(depth - 1)),
            6 if depth > 0 => format!("{} or {}", self.predicate(depth - 1), self.predicate(depth - 1)),
            7 => format!(
                "count({}) {} {}",
                self.path(depth),
                self.pick(&["=", ">", "<", "!="]),
                self.roll(3)
            ),
            8 => format!(
                "{} {} {}",
                self.path(depth),
                self.pick(&["=", "!=", "<", ">="]),
                self.path(depth)
            ),
            9 => format!(
                "{} {} {}",
                self.path(depth),
                self.pick(&["=", "!=", "<", ">="]),
                self.pick(&["1", "'x'", "'3'", "true()"])
            ),
            10 => format!("string({}) = {}", self.path(depth), self.pick(&["1", "'x'", "''"])),
            11 => format!("({})[{}]", self.path(depth), 1 + self.roll(2)),
            12 => format!("count({})", self.path(depth)),
            _ => self.path(depth),
        }
    }

    fn expression(&mut self) -> String {
        match self.roll(8) {
            0 => format!("{} | {}", self.path(2), self.path(1)),
            1 => format!("({})[{}]", self.path(2), self.predicate(1)),
            2 => format!("count({})", self.path(2)),
            3 => format!("string({})", self.path(2)),
            4 => format!("({})/{}", self.path(2), self.step(1)),
            _ => self.path(2),
        }
    }
}

#[test]
fn generated_expressions() {
    // XPATH_CASES asks for more of them, and XPATH_SEED for others.
    let setting = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |value| value.parse().expect("the setting is a number"))
    };
    let mut dice = Dice(setting("XPATH_SEED", 0x5eed_cafe));
    let mut found = 0;
    for _ in 0..setting("XPATH_CASES", 400) {
        let page = dice.page();
        let document = parse(&page);
        for _ in 0..10 {
            let expression = dice.expression();
            let ours = evaluate(&document, &expression);
            assert_eq!(ours, ask_xpath_eval(&document, &expression), "{expression}\non {page}");
            found += usize::from(ours.is_ok_and(|matches| !matches.is_empty()));
        }
    }
    assert!(
        found > 500,
        "only {found} expressions found anything, so little was compared"
    );
}
