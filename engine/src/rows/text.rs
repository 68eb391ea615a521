//! White space of matches, which is Unicode's `White_Space` throughout.

/// Whether a text is nothing but white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Trims a text and makes each run of white space in it one space. A text that is so already is given back as it is.
pub(super) fn normalise(text: String) -> String {
    if is_normal(&text) {
        return text;
    }
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

fn is_normal(text: &str) -> bool {
    // As if a space came before, so that one at the start is one too many.
    let mut after_space = true;
    for character in text.chars() {
        let is_space = character.is_whitespace();
        if is_space && (after_space || character != ' ') {
            return false;
        }
        after_space = is_space;
    }
    !after_space || text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_one_space() {
        let check = |text: &str, expected: &str| assert_eq!(normalise(text.to_owned()), expected, "{text:?}");
        check("", "");
        check("a", "a");
        check("a b", "a b");
        check(" a b ", "a b");
        check("a  b", "a b");
        check("a\nb", "a b");
        check("\t a \r\n b\u{b}", "a b");
        check("a\u{a0}b\u{a0}\u{2009}c\u{3000}", "a b c");
        check("\u{85}\u{2028}", "");
        check("a\u{200b}b", "a\u{200b}b");
        check(" ", "");
    }

    #[test]
    fn a_normal_text_is_not_copied() {
        let text = "a normal text".to_owned();
        let before = text.as_ptr();
        let normal = normalise(text);
        assert_eq!(normal.as_ptr(), before);
    }
}
