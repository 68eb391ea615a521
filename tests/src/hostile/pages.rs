//! Documents of awkward shapes and sizes, for the server and for tests that need no server.

use std::fmt::Write;

/// The bytes of filler in one repetition of [`text_node_page`]'s text.
const SENTENCE: &str = "All work and no play makes a very long text node. ";

/// `levels` nested `div`s, the word `bottom` in the innermost, closed properly.
pub fn deep_page(levels: usize) -> String {
    format!(
        "<!DOCTYPE html><title>deep</title>{}bottom{}<p>after</p>",
        "<div>".repeat(levels),
        "</div>".repeat(levels)
    )
}

/// One paragraph whose only text node has at least `bytes` bytes.
pub fn text_node_page(bytes: usize) -> String {
    let text = SENTENCE.repeat(bytes.div_ceil(SENTENCE.len()));
    format!("<!DOCTYPE html><title>text</title><p>{text}</p>")
}

/// An ordinary page of at least `bytes` bytes and less than 300 more: sections of a heading, a paragraph with a link
/// and a note, and a table row. An expression that is linear in the page takes twice the time on twice the `bytes`.
pub fn large_page(bytes: usize) -> String {
    let mut page = String::from("<!DOCTYPE html><html lang=\"en\"><head><title>large</title></head><body>\n");
    for number in 1.. {
        if page.len() >= bytes {
            break;
        }
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        write!(
            page,
            "<section id=\"s{number}\" class=\"part {parity}\"><h2>Part {number}</h2>\n<p>See <a href=\"/part/{number}\">part {number}</a> \
             or <em>ask</em>.</p><!-- {number} -->\n<table><tbody><tr><td>{number}</td><td>S</td></tr></tbody></table></section>\n"
        )
        .expect("writing to a String cannot fail");
    }
    page.push_str("</body></html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_size_that_was_asked_for() {
        assert_eq!(deep_page(3).matches("<div>").count(), 3);
        assert_eq!(deep_page(3).matches("</div>").count(), 3);
        let text = text_node_page(1_000);
        assert!((1_000..1_200).contains(&text.len()), "{}", text.len());
        for bytes in [10_000, 1_500_000] {
            let page = large_page(bytes);
            assert!((bytes..bytes + 300).contains(&page.len()), "{}", page.len());
        }
    }
}
