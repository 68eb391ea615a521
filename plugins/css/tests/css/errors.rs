//! What is wrong with an expression, where, and how to mend it.

use snowscrape_css::Selector;
use snowscrape_dom::Output;

/// The expression marks the error's place with ‹ and ›.
fn check(marked: &str, message: &str) {
    let offset = marked.find('‹').expect("the place is marked");
    let end = marked.find('›').expect("the place is marked") - '‹'.len_utf8();
    let expression = marked.replace(['‹', '›'], "");
    let Err(error) = Selector::compile(&expression, Output::Text) else {
        panic!("{expression} compiles")
    };
    let place = error.offset as usize..(error.offset + error.length) as usize;
    assert_eq!(place, offset..end, "{expression}: {}", error.message);
    assert!(error.message.contains(message), "{expression}: {}", error.message);
    let first = error.message.chars().next().unwrap();
    assert!(!first.is_uppercase(), "{}", error.message);
}

#[test]
fn a_place_and_a_remedy() {
    for (marked, message) in [
        ("‹›", "the expression is empty"),
        ("  ‹›", "the expression is empty"),
        ("a,‹›", "expected a selector at the end"),
        ("a,‹,›b", "expected a selector before the comma"),
        ("‹,›a", "expected a selector before the comma"),
        ("‹>› a", "cannot begin with a combinator"),
        ("a ‹>›", "expected a selector after the combinator"),
        ("a ‹> >› b", "two combinators in a row"),
        ("a‹[]›", "expected [name]"),
        ("a‹[b=]›", "expected"),
        ("a‹[b=1]›", "put it in quotes"),
        ("a‹[b?=c]›", "expected one of ="),
        ("a‹[b=c d]›", "[name=\"value\" i]"),
        ("a[b=‹'c›\n]", "does not end"),
        ("p‹..›a", "the name of a class"),
        ("p‹.›", "the name of a class"),
        ("p‹.1a›", "[class~=\"1a\"]"),
        ("p‹#1a›", "[id=\"1a\"]"),
        ("[a]‹b›", "must come first"),
        ("é, ‹svg|a›", "*|name"),
        ("a‹:foo›", "the pseudo-class :foo is unknown"),
        ("é\n, b ‹:nope›", "the pseudo-class :nope is unknown"),
        ("😀 > a‹:foo(x)›", "the pseudo-class :foo() is unknown"),
        ("a‹:not›", "write :not(…)"),
        ("a:not(b‹:foo›)", ":foo is unknown"),
        ("a:has(b, > c‹:foo›)", ":foo is unknown"),
        ("a:not(b:has(c‹:foo›))", ":foo is unknown"),
        ("a‹:nth-child(x)›", "write :nth-child(odd)"),
        ("a‹:lang()›", "write :lang(en, fr)"),
        ("a:has(b‹:has(c)›)", "cannot stand inside :has()"),
        ("a‹:›", "the name of a pseudo-class"),
        ("a‹::›", "the name of a pseudo-class"),
        ("a‹)›", "closes nothing"),
        ("a ‹{› color: red }", "a style rule is no selector"),
        ("‹/›/a", "query of type xpath"),
        ("a‹!›", "unexpected !"),
        ("‹5›", "unexpected 5"),
        ("a ‹&› b", "unexpected &"),
    ] {
        check(marked, message);
    }
}

#[test]
fn pseudo_elements() {
    for (marked, message) in [
        ("a‹::foo›", "there are ::text, ::attr(name), ::html and ::inner-html"),
        ("a‹::foo(x)›", "::foo() is unknown"),
        ("a‹:before›", "is unknown"),
        ("a‹:text›", "write ::text"),
        ("a‹:attr(href)›", "two colons"),
        ("a‹::text(x)›", "write ::text"),
        ("a‹::attr›", "write ::attr(href)"),
        ("a‹::attr()›", "the name of one attribute"),
        ("a‹::attr(x, y)›", "the name of one attribute"),
        ("a‹::text› b", "end of its selector"),
        ("a‹::text› > b", "end of its selector"),
        ("a‹::text›.b", "end of its selector"),
        ("a‹::text›::text", "end of its selector"),
        ("a:not(b‹::text›)", "cannot stand in parentheses"),
        ("a:has(‹::text›)", "cannot stand in parentheses"),
    ] {
        check(marked, message);
    }
}

#[test]
fn what_only_cssselect_knows() {
    for (marked, message) in [
        ("p‹:contains(›'x')", "xpath query with contains(., '…')"),
        ("p:is(a, b‹:contains(›x))", "xpath query with contains(., '…')"),
        ("p[a‹!=›b]", "write :not([a=b])"),
        ("p:not([a‹!=›b])", "write :not([a=b])"),
    ] {
        check(marked, message);
    }
    // In a value these are text.
    assert!(Selector::compile("[a=':contains(!=)']", Output::Text).is_ok());
}

#[test]
fn an_item_is_an_element() {
    let error = Selector::compile_item("a, b::text").unwrap_err();
    assert_eq!((error.offset, error.length), (4, 6));
    assert!(Selector::compile_item("a, b").is_ok());
}

#[test]
fn what_css_closes_at_the_end_is_closed() {
    for expression in ["a[b", "a[b='c", "a:not(b", "a:is(b, [c"] {
        // css-syntax-3, 5.4.8: an open block ends with the input; a string too.
        assert!(Selector::compile(expression, Output::Text).is_ok(), "{expression}");
    }
}

/// Tokens thrown together, always the same way: each expression compiles or says where it is wrong, and none panics.
#[test]
fn no_expression_panics() {
    const TOKENS: [&str; 48] = [
        "a",
        "b",
        "*",
        "|",
        "#x",
        ".k",
        ".",
        "#",
        "[",
        "]",
        "(",
        ")",
        "[b]",
        "[b=",
        "'c'",
        "\"",
        " ",
        ">",
        "+",
        "~",
        ",",
        ":",
        "::",
        ":not(",
        ":is(",
        ":has(",
        ":where(",
        ":nth-child(",
        "2n+1",
        "of",
        ":lang(",
        ":root",
        ":hover",
        "::text",
        "::attr(",
        "::html",
        "é",
        "😀",
        "\\",
        "\\61 ",
        "/*",
        "*/",
        "!",
        "=",
        "5",
        "{",
        "\n",
        ":host(",
    ];
    let document = super::page("<p class=k id=x>é<a b=c>t</a><b></b></p>");
    let mut state = 1_u64;
    let mut compiled = 0;
    for _ in 0..30_000 {
        let mut expression = String::new();
        for _ in 0..=(state >> 60) % 9 {
            // Knuth's linear congruential generator.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            expression.push_str(TOKENS[(state >> 33) as usize % TOKENS.len()]);
        }
        match Selector::compile(&expression, Output::Text) {
            Ok(selector) => {
                compiled += 1;
                selector.matches(&document, None, &mut Vec::new()).unwrap();
                selector.nodes(&document, document.element_by_id("x")).unwrap();
            }
            Err(error) => {
                let place = error.offset as usize..(error.offset + error.length) as usize;
                assert!(expression.get(place).is_some(), "{expression:?}: {error:?}");
            }
        }
    }
    assert!(compiled > 1_000, "{compiled}");
}
