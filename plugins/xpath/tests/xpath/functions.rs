use crate::{check, check_value};

#[test]
fn of_strings() {
    for (expression, expected) in [
        ("concat('a', 1, true())", "a1true"),
        ("starts-with('abc', '')", "true"),
        ("contains('abc', '')", "true"),
        ("contains('', 'a')", "false"),
        ("substring-before('a=b', '=')", "a"),
        ("substring-after('a=b', '=')", "b"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0 div 0)", ""),
        ("substring('12345', -1 div 0, 1 div 0)", ""),
        ("substring('12345', -42, 1 div 0)", "12345"),
        ("string-length('äöü')", "3"),
        ("normalize-space('  a  b\t')", "a b"),
        ("normalize-space('\u{a0}a\u{a0}')", "\u{a0}a\u{a0}"),
        ("translate('bar', 'abc', 'AB')", "BAr"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("translate('abc', concat('a', 'b'), 'x')", "xc"),
        ("string(12)", "12"),
        ("string(-0)", "0"),
        ("string(1 div 3)", "0.3333333333333333"),
        (
            "string(1000000 * 1000000 * 1000000 * 1000000)",
            "1000000000000000000000000",
        ),
        ("string(0.0000001)", "0.0000001"),
    ] {
        check_value(expression, expected);
    }
}

#[test]
fn of_numbers_and_booleans() {
    for (expression, expected) in [
        ("number(' 12 ')", "12"),
        ("number('1e3')", "NaN"),
        ("number(true())", "1"),
        ("floor(-1.5)", "-2"),
        ("ceiling(-1.5)", "-1"),
        ("round(-1.5)", "-1"),
        ("1 div round(-0.2)", "-Infinity"),
        ("5 mod -2", "1"),
        ("-5 mod 2", "-1"),
        ("1.5 mod 0.5", "0"),
        ("5 mod 0", "NaN"),
        ("boolean('false')", "true"),
        ("boolean('')", "false"),
        ("boolean(0 div 0)", "false"),
        ("boolean(-1)", "true"),
        ("not('')", "true"),
        ("not(not('a'))", "true"),
    ] {
        check_value(expression, expected);
    }
}

#[test]
fn of_nodes() {
    let html = "<p id=a class=c>1</p><p id='b'>2 <i>3</i></p><p>x</p><div>a\tb  nope</div>";
    for (expression, expected) in [
        ("count(//p)", &["3"] as &[&str]),
        ("count(//p | //i | //p)", &["4"]),
        ("count(//none)", &["0"]),
        ("sum(//p[1] | //i)", &["4"]),
        ("sum(//p)", &["NaN"]),
        ("sum(//none)", &["0"]),
        ("string(//p)", &["1"]),
        ("string(//none)", &[""]),
        ("string(//i/ancestor::*)", &["12 3xa\tb  nope"]),
        ("number(//i)", &["3"]),
        ("name(//p)", &["p"]),
        ("name(//p/@class)", &["class"]),
        ("name(//text())", &[""]),
        ("name(/)", &[""]),
        ("local-name(//none)", &[""]),
        ("id('b a')/@id", &["a", "b"]),
        ("id(//div)/@id", &["a", "b"]),
        ("id('nope')", &[]),
        ("id(//p/@id)/i", &["3"]),
        ("//p[string-length() = 1]", &["1", "x"]),
        ("//p[normalize-space() = '2 3']", &["2 3"]),
        ("//p[normalize-space(i) = '3']/@id", &["b"]),
        ("//p[number() = 1]", &["1"]),
        ("//p[name() = 'p'][2]", &["2 3"]),
        ("//p[count(i) > 0]/@id", &["b"]),
        ("//p[0 = count(i)]/@id", &["a"]),
        ("//p[count(i) >= 1]/@id", &["b"]),
        ("//p[string-length(@id) > 0]/@id", &["a", "b"]),
        ("//p[string-length(i) = 0]", &["1", "x"]),
        ("//p[contains(., '3')]/@id", &["b"]),
        ("//p[starts-with(@id, 'a')]", &["1"]),
    ] {
        check(html, expression, expected);
    }
}

#[test]
fn languages() {
    let html = "<body lang=EN><p>a</p><p lang=de-AT>b<i xml:lang=fr lang=it>c</i></p><q lang=english>d</q>";
    for (expression, expected) in [
        ("//p[lang('en')]", &["a"] as &[&str]),
        ("//p[lang('de')]/text()", &["b"]),
        ("//p[lang('DE-at')]/text()", &["b"]),
        ("//p[lang('de-at-x')]", &[]),
        ("//i[lang('fr')]", &["c"]),
        ("//i[lang('it')]", &[]),
        ("//q[lang('en')]", &[]),
        ("//i/text()[lang('fr')]", &["c"]),
        ("//p/@lang[lang('de')]", &["de-AT"]),
        ("lang('en')", &["false"]),
    ] {
        check(html, expression, expected);
    }
}
