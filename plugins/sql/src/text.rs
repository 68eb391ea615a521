//! Texts as literals.
//!
//! Each dialect's file fixes at its top how its literals are read, so that there is one reading. What no literal can
//! carry is put together by a function at the reader's: SQLite's shell reads a file line by line and drops a CR before
//! an LF even within a literal, so something that is not in the text stands between the two and `replace` takes it out.

use crate::dialect::Dialect;

/// What a byte needs within a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: it stands for itself.
    Nothing,
    /// Stands twice.
    Doubling,
    /// Stands after a backslash, as this letter.
    Escape(u8),
    /// The dialect's texts cannot hold it: U+FFFD takes its place.
    Replacement,
    /// A function puts it in.
    Marker,
    /// The same where an LF follows.
    MarkerBeforeLf,
}

type Needs = [Need; 256];

static STANDARD: Needs = needs(Dialect::Standard);
static POSTGRES: Needs = needs(Dialect::Postgres);
static MYSQL: Needs = needs(Dialect::Mysql);
static SQLITE: Needs = needs(Dialect::Sqlite);

const fn needs(dialect: Dialect) -> Needs {
    let mut needs = [Need::Nothing; 256];
    needs[b'\'' as usize] = Need::Doubling;
    match dialect {
        Dialect::Standard => {
            needs[0] = Need::Replacement;
            needs[b'\r' as usize] = Need::MarkerBeforeLf;
        }
        Dialect::Postgres => needs[0] = Need::Replacement,
        Dialect::Mysql => {
            needs[0] = Need::Escape(b'0');
            needs[b'\n' as usize] = Need::Escape(b'n');
            needs[b'\r' as usize] = Need::Escape(b'r');
            needs[b'\\' as usize] = Need::Escape(b'\\');
            // Windows takes it for the end of a file.
            needs[0x1A] = Need::Escape(b'Z');
        }
        Dialect::Sqlite => {
            needs[0] = Need::Marker;
            needs[b'\r' as usize] = Need::MarkerBeforeLf;
        }
    }
    needs
}

/// Writes a text as a literal. Answers whether a NUL was replaced.
pub(crate) fn write_text(text: &str, dialect: Dialect, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let needs = match dialect {
        Dialect::Standard => &STANDARD,
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql => &MYSQL,
        Dialect::Sqlite => &SQLITE,
    };
    match write_literal(text, needs, None, out) {
        Written::Whole => false,
        Written::Replaced => true,
        Written::NeedsMarkers => {
            out.truncate(start);
            write_marked(text, needs, out)
        }
    }
}

/// What became of a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    Replaced,
    /// Not written to its end.
    NeedsMarkers,
}

/// What stands for a NUL, and what keeps a CR from its LF.
struct Markers {
    nul: String,
    between: String,
}

fn write_literal(text: &str, needs: &Needs, markers: Option<&Markers>, out: &mut Vec<u8>) -> Written {
    let bytes = text.as_bytes();
    let mut written = Written::Whole;
    let mut run = 0;
    let mut at = 0;
    out.push(b'\'');
    while let Some(found) = bytes[at..]
        .iter()
        .position(|byte| needs[usize::from(*byte)] != Need::Nothing)
    {
        let place = at + found;
        at = place + 1;
        let byte = bytes[place];
        // What of the byte itself is left to write with the bytes after it.
        match needs[usize::from(byte)] {
            Need::Nothing => unreachable!("such bytes are passed over"),
            Need::Doubling => {
                out.extend_from_slice(&bytes[run..at]);
                run = place;
            }
            Need::Escape(letter) => {
                out.extend_from_slice(&bytes[run..place]);
                out.extend_from_slice(&[b'\\', letter]);
                run = at;
            }
            Need::Replacement => {
                out.extend_from_slice(&bytes[run..place]);
                out.extend_from_slice("\u{FFFD}".as_bytes());
                run = at;
                written = Written::Replaced;
            }
            Need::Marker => {
                let Some(markers) = markers else {
                    return Written::NeedsMarkers;
                };
                out.extend_from_slice(&bytes[run..place]);
                out.extend_from_slice(markers.nul.as_bytes());
                run = at;
            }
            Need::MarkerBeforeLf if bytes.get(at) == Some(&b'\n') => {
                let Some(markers) = markers else {
                    return Written::NeedsMarkers;
                };
                out.extend_from_slice(&bytes[run..at]);
                out.extend_from_slice(markers.between.as_bytes());
                run = at;
            }
            Need::MarkerBeforeLf => {}
        }
    }
    out.extend_from_slice(&bytes[run..]);
    out.push(b'\'');
    written
}

fn write_marked(text: &str, needs: &Needs, out: &mut Vec<u8>) -> bool {
    let nul = needs[0] == Need::Marker && text.contains('\0');
    let between = text.contains("\r\n");
    let markers = Markers {
        nul: marker(text, b'^'),
        between: marker(text, b'~'),
    };
    for _ in 0..usize::from(nul) + usize::from(between) {
        out.extend_from_slice(b"replace(");
    }
    let written = write_literal(text, needs, Some(&markers), out);
    if between {
        out.extend_from_slice(format!(",'{}','')", markers.between).as_bytes());
    }
    if nul {
        out.extend_from_slice(format!(",'{}',char(0))", markers.nul).as_bytes());
    }
    written == Written::Replaced
}

/// Something that the text does not contain: the lead, and digits where the text has the lead.
///
/// Since the lead stands at its beginning only, putting it into the text makes it nowhere else.
fn marker(text: &str, lead: u8) -> String {
    let bytes = text.as_bytes();
    let leads = || {
        bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == lead)
            .map(|(at, _)| at)
    };
    let count = leads().count();
    // There are more numbers of so many digits than leads, so one of them is free.
    let digits = count.checked_ilog10().map_or(0, |log| log as usize + 1);
    let mut taken: Vec<usize> = leads()
        .filter_map(|at| bytes.get(at + 1..=at + digits))
        .filter(|after| after.iter().all(u8::is_ascii_digit))
        .map(|after| {
            after
                .iter()
                .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
        })
        .collect();
    taken.sort_unstable();
    taken.dedup();
    let free = taken
        .iter()
        .enumerate()
        .find(|(at, number)| at != *number)
        .map_or(taken.len(), |(at, _)| at);
    match digits {
        0 => char::from(lead).to_string(),
        digits => format!("{}{free:0digits$}", char::from(lead)),
    }
}

#[cfg(test)]
mod tests {
    use super::{marker, write_text};
    use crate::dialect::Dialect::{self, Mysql, Postgres, Sqlite, Standard};

    fn check(dialect: Dialect, text: &str, expected: &str) {
        let mut out = Vec::new();
        let replaced = write_text(text, dialect, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?} in {dialect:?}");
        assert_eq!(
            replaced,
            dialect.for_postgres() && text.contains('\0'),
            "{text:?} in {dialect:?}"
        );
    }

    #[test]
    fn quotes_are_doubled_and_others_stand_for_themselves() {
        for dialect in [Standard, Postgres, Mysql, Sqlite] {
            check(dialect, "", "''");
            check(dialect, "'", "''''");
            check(dialect, "a''b'", "'a''''b'''");
            check(dialect, "'); DROP TABLE x; --", "'''); DROP TABLE x; --'");
            check(dialect, "\"`\té😀\u{202E}", "'\"`\té😀\u{202E}'");
        }
        for dialect in [Standard, Postgres, Sqlite] {
            check(dialect, "a\\", "'a\\'");
            check(dialect, "\\'\n\u{1A}", "'\\''\n\u{1A}'");
        }
        check(Mysql, "a\\", "'a\\\\'");
        check(Mysql, "\\'\r\n\0\u{1A}", "'\\\\''\\r\\n\\0\\Z'");
    }

    #[test]
    fn a_cr_is_kept_from_its_lf_where_sqlite_reads() {
        for dialect in [Standard, Sqlite] {
            check(dialect, "a\rb\n", "'a\rb\n'");
            check(dialect, "\r", "'\r'");
            check(dialect, "a'\r\n\r\n", "replace('a''\r~\n\r~\n','~','')");
            check(dialect, "~\r\n", "replace('~\r~0\n','~0','')");
        }
        check(Postgres, "a\r\n", "'a\r\n'");
    }

    #[test]
    fn a_nul_is_put_in_or_replaced() {
        check(Postgres, "\0a\0", "'\u{FFFD}a\u{FFFD}'");
        check(Standard, "\0a", "'\u{FFFD}a'");
        check(Standard, "\0\r\n", "replace('\u{FFFD}\r~\n','~','')");
        check(Sqlite, "a\0'", "replace('a^''','^',char(0))");
        check(
            Sqlite,
            "^\0~\r\n",
            "replace(replace('^^0~\r~0\n','~0',''),'^0',char(0))",
        );
    }

    #[test]
    fn a_marker_is_nowhere_in_the_text() {
        let every: String = (0..1_000).map(|number| format!("~{number:03}")).collect();
        for (text, expected) in [
            ("", "~"),
            ("a", "~"),
            ("~", "~0"),
            ("~0", "~1"),
            ("~1~2", "~0"),
            ("~0~0", "~1"),
            ("~0~1~2~3~4~5~6~7~8~9", "~00"),
            (&every, "~0000"),
            (&every.replace("~100", "x"), "~100"),
        ] {
            assert_eq!(marker(text, b'~'), expected);
            assert!(!text.contains(expected));
        }
    }
}
