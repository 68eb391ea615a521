//! The regular expressions of parsel's `re:` functions, which are EXSLT's as lxml has them.
//!
//! The syntax is the `regex` crate's: matching takes linear time, so there is no look-around and no back-reference.

use regex::{Captures, Regex, RegexBuilder};

/// The most memory that a compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// The letters after a pattern: `i` ignores case, `g` finds all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    pub(crate) ignore_case: bool,
    pub(crate) mode: MatchMode,
}

/// How much is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum MatchMode {
    #[default]
    First,
    All,
}

impl Flags {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut flags = Self::default();
        for letter in text.chars() {
            match letter {
                'i' => flags.ignore_case = true,
                'g' => flags.mode = MatchMode::All,
                other => {
                    return Err(format!(
                        "unknown flag {other:?}: the flags are i and g, others go into the pattern, as in (?{other})"
                    ));
                }
            }
        }
        Ok(flags)
    }
}

/// Compiles a pattern; the error says why not, without the pattern.
pub(crate) fn compile_regex(pattern: &str, flags: Flags) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(flags.ignore_case)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        let reason = text.rsplit("error: ").next().unwrap_or(&text).trim();
        if text.contains("look-around") {
            "the pattern has look-around, which is not supported: match what stands around too and take a group"
                .to_owned()
        } else if text.contains("backreferences") {
            "the pattern has a back-reference, which is not supported".to_owned()
        } else if matches!(error, regex::Error::CompiledTooBig(_)) {
            "the pattern is too large when compiled: shorten its repetitions".to_owned()
        } else {
            format!("the pattern is no regular expression: {reason}")
        }
    })
}

/// `re:match()`: the first match and its groups; with `g` of each match the whole, or its groups joined if it has any.
///
/// Each is handed to `found` as it is made, which can end it.
pub(crate) fn regex_matches<E>(
    regex: &Regex,
    text: &str,
    mode: MatchMode,
    mut found: impl FnMut(String) -> Result<(), E>,
) -> Result<(), E> {
    let group = |captures: &Captures<'_>, at| captures.get(at).map_or("", |found| found.as_str()).to_owned();
    let count = regex.captures_len();
    match mode {
        MatchMode::First => {
            let captures = regex.captures(text);
            captures.map_or(Ok(()), |captures| {
                (0..count).try_for_each(|at| found(group(&captures, at)))
            })
        }
        MatchMode::All if count == 1 => regex
            .find_iter(text)
            .try_for_each(|matched| found(matched.as_str().to_owned())),
        MatchMode::All => regex
            .captures_iter(text)
            .try_for_each(|captures| found((1..count).map(|at| group(&captures, at)).collect())),
    }
}

/// `re:replace()`; `replacement` is what [`regex_replacement`] gave. `grown` hears how many bytes were written, and can
/// end it.
pub(crate) fn regex_replace<E>(
    regex: &Regex,
    text: &str,
    mode: MatchMode,
    replacement: &str,
    mut grown: impl FnMut(usize) -> Result<(), E>,
) -> Result<String, E> {
    let limit = match mode {
        MatchMode::First => 1,
        MatchMode::All => usize::MAX,
    };
    let mut replaced = String::new();
    let mut end = 0;
    for captures in regex.captures_iter(text).take(limit) {
        let matched = captures.get_match();
        let before = replaced.len();
        replaced.push_str(&text[end..matched.start()]);
        captures.expand(replacement, &mut replaced);
        end = matched.end();
        grown(replaced.len() - before)?;
    }
    replaced.push_str(&text[end..]);
    Ok(replaced)
}

/// A replacement in the `regex` crate's syntax: `\1` and `$1` are groups, `\\` and `$$` the signs themselves.
pub(crate) fn regex_replacement(written: &str) -> String {
    let mut replacement = String::with_capacity(written.len() + 8);
    let mut rest = written.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match (c, next) {
            ('\\' | '$', Some(digit)) if digit.is_ascii_digit() => {
                let mut group = String::new();
                // Two digits at most, as in Python.
                while group.len() < 2 {
                    let Some(digit) = rest.next_if(char::is_ascii_digit) else {
                        break;
                    };
                    group.push(digit);
                }
                replacement.push_str("${");
                replacement.push_str(&group);
                replacement.push('}');
            }
            ('\\', Some('\\')) => {
                rest.next();
                replacement.push('\\');
            }
            ('\\', Some('n')) => {
                rest.next();
                replacement.push('\n');
            }
            ('\\', Some('t')) => {
                rest.next();
                replacement.push('\t');
            }
            ('$', Some('$')) => {
                rest.next();
                replacement.push_str("$$");
            }
            ('$', _) => replacement.push_str("$$"),
            (other, _) => replacement.push(other),
        }
    }
    replacement
}

#[cfg(test)]
mod tests {
    use super::{Flags, MatchMode, compile_regex, regex_matches, regex_replace, regex_replacement};

    #[test]
    fn matches_are_lxmls() {
        for (pattern, mode, expected) in [
            (r"(\w)(\d+)", MatchMode::First, &["x1", "x", "1"] as &[&str]),
            (r"(\w)(\d+)", MatchMode::All, &["x1", "y22"]),
            (r"(\w)\d+", MatchMode::All, &["x", "y"]),
            (r"\d+", MatchMode::All, &["1", "22"]),
            (r"\w(z)?", MatchMode::First, &["x", ""]),
            (r"q", MatchMode::First, &[]),
        ] {
            let regex = compile_regex(pattern, Flags::default()).expect(pattern);
            let mut matches = Vec::new();
            let end: Result<(), ()> = regex_matches(&regex, "x1 y22", mode, |found| {
                matches.push(found);
                Ok(())
            });
            assert_eq!(end, Ok(()));
            assert_eq!(matches, expected, "{pattern}");
        }
    }

    #[test]
    fn replacements_take_both_signs() {
        for (written, expected) in [
            (r"[\1]", "a[b]cabc"),
            ("[$1]", "a[b]cabc"),
            ("$$", "a$cabc"),
            ("5$", "a5$cabc"),
            (r"\\", r"a\cabc"),
            ("$x", "a$xcabc"),
            ("$1x", "abxcabc"),
            (r"\0\0", "abbcabc"),
            (r"\12", "acabc"),
        ] {
            let regex = compile_regex("(b)", Flags::default()).expect("it compiles");
            let replacement = regex_replacement(written);
            assert_eq!(
                regex_replace(&regex, "abcabc", MatchMode::First, &replacement, |_| Ok::<_, ()>(())).as_deref(),
                Ok(expected),
                "{written}"
            );
        }
        let regex = compile_regex("B", Flags::parse("gi").expect("they exist")).expect("it compiles");
        let replaced = regex_replace(&regex, "abcabc", MatchMode::All, "-", |_| Ok::<_, ()>(()));
        assert_eq!(replaced.as_deref(), Ok("a-ca-c"));
        let stopped = regex_replace(&regex, "abcabc", MatchMode::All, "--", |grown| {
            if grown > 2 { Err(grown) } else { Ok(()) }
        });
        assert_eq!(stopped, Err(3));
    }

    #[test]
    fn what_is_not_supported_says_so() {
        for (pattern, expected) in [
            ("(?=a)", "look-around"),
            ("(?<!a)b", "look-around"),
            (r"(a)\1", "back-reference"),
            ("(", "unclosed group"),
            (r"\w{1000}{1000}", "too large"),
        ] {
            let error = compile_regex(pattern, Flags::default()).expect_err(pattern);
            assert!(error.contains(expected), "{pattern}: {error}");
        }
        assert!(Flags::parse("x").expect_err("there is no such flag").contains("'x'"));
    }
}
