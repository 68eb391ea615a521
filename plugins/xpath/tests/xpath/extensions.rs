use crate::{check, check_value};

const HTML: &str = "<ul><li class='a b\u{c}c'>x1 y22</li><li class=ab>z3</li></ul>";

/// What lxml gives for the same, but for its `<match>` around each match.
#[test]
fn regular_expressions() {
    for (expression, expected) in [
        (r"re:match(//li, '(\w)(\d+)')", &["x1", "x", "1"] as &[&str]),
        (r"re:match(//li, '\d+', 'g')", &["1", "22"]),
        (r"re:match(//li, '\d+', 'g')[2]", &["22"]),
        (r"re:match(//li, '\d+', 'g')/text()", &["1", "22"]),
        (r"re:match(//li, '\d+', 'g')/self::match", &["1", "22"]),
        (r"re:match(//li, '\d+', 'g')//text()/..", &["1", "22"]),
        (r"name(re:match('a', 'a'))", &["match"]),
        (r"count(re:match(//li, '\d+', 'g'))", &["2"]),
        (r"re:match(//li, '\d+', 'g') = '22'", &["true"]),
        (r"string(re:match(//li, '\d+', 'g'))", &["1"]),
        (r"re:match(//none, 'x')", &[]),
        (r"re:match(//li, '\d+', 'g') | //li[2]", &["1", "22", "z3"]),
        (r"sum(re:match(//li, '\d+', 'g'))", &["23"]),
        (r"//li[re:test(., 'Z\d', 'i')]", &["z3"]),
        (r"//li[re:test(@class, concat('a', 'b'))]", &["z3"]),
        (r"//li[re:test(., concat(substring(., 1, 1), '\d'))]", &["x1 y22", "z3"]),
        (r"re:replace(//li, '\d+', 'g', '<\0>')", &["x<1> y<22>"]),
        (r"re:replace(//li, '(\d+)', '', '[$1]')", &["x[1] y22"]),
        (r"re:replace(//li[2], concat('\', 'd'), concat('g', ''), '-')", &["z-"]),
    ] {
        check(HTML, expression, expected);
    }
}

#[test]
fn classes() {
    for (expression, expected) in [
        ("//li[has-class('a')]", &["x1 y22"] as &[&str]),
        ("//li[has-class('c', 'a')]", &["x1 y22"]),
        ("//li[has-class('ab')]", &["z3"]),
        ("//li[has-class('a', 'ab')]", &[]),
        ("//*[has-class('b')]", &["x1 y22"]),
        ("//li[not(has-class('a'))]", &["z3"]),
    ] {
        check(HTML, expression, expected);
    }
}

#[test]
fn sets() {
    let html = "<i>a</i><b>b</b><i>a</i><b>c</b>";
    for (expression, expected) in [
        ("set:distinct(//i)", &["a"] as &[&str]),
        ("set:difference(//body/*, //i)", &["b", "c"]),
        ("set:intersection(//body/*, //i)", &["a", "a"]),
        ("set:leading(//body/*, //b)", &["a"]),
        ("set:trailing(//body/*, //b)", &["a", "c"]),
        ("set:has-same-node(//i, //b)", &["false"]),
        ("set:has-same-node(//i, //body/*)", &["true"]),
    ] {
        check(html, expression, expected);
    }
    check_value("boolean(set:distinct(//none))", "false");
}
