//! The guard against formulas: spreadsheets run a text that begins like one when they open the file.
//!
//! The rule is OWASP's ("CSV Injection"): an apostrophe goes before `=`, `+`, `-`, `@`, tab and carriage return. Numbers
//! such as `-5` and `+1.5e3` stay as they are: they are data, and a spreadsheet reads them as numbers.
//!
//! Looked at is where this file's fields begin. A program that splits at another character than the file's delimiter may
//! begin a cell in the middle of a text, which no apostrophe at its head guards.

/// Whether a spreadsheet would take the text for a formula.
pub(crate) fn is_formula(text: &str) -> bool {
    match text.as_bytes() {
        [b'=' | b'@' | b'\t' | b'\r' | b'\n', ..] => true,
        [b'+' | b'-', rest @ ..] => !is_number(rest),
        // Full-width forms, which East Asian versions of spreadsheets read as the narrow ones.
        _ => text.starts_with(['＝', '＋', '－', '＠']),
    }
}

fn is_number(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|first| first.is_ascii_digit() || *first == b'.')
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn numbers_are_no_formulas() {
        for (text, formula) in [
            ("=1+1", true),
            ("=cmd|' /C calc'!A0", true),
            ("@SUM(A1)", true),
            ("+1+cmd", true),
            ("-2+3", true),
            ("-", true),
            ("-inf", true),
            ("\t=1", true),
            ("\r=1", true),
            ("＝1", true),
            ("-5", false),
            ("+1.5e3", false),
            ("-.5", false),
            ("a=1", false),
            ("", false),
            (" =1", false),
        ] {
            assert_eq!(is_formula(text), formula, "{text:?}");
        }
    }
}
