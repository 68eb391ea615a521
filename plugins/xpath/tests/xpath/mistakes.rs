use snowscrape_dom::Output;
use snowscrape_xpath::Expression;

#[track_caller]
fn check(expression: &str, place: &str, message: &str) {
    let error = Expression::compile(expression, Output::Text).expect_err(expression);
    let (start, end) = (error.offset as usize, (error.offset + error.length) as usize);
    assert!(
        error.message.contains(message),
        "{expression}: {:?} instead of {message:?}",
        error.message
    );
    assert_eq!(&expression[start..end], place, "{expression}: {}", error.message);
}

#[test]
fn syntax() {
    check("", "", "the expression is empty");
    check("  ", "", "the expression is empty");
    check(
        "//",
        "",
        "expected a node test (a name, *, node(), text(), comment()), the expression ends",
    );
    check(
        "//a[",
        "",
        "expected an expression (a path, a function, a string or a number), the expression ends",
    );
    check(
        "//a]",
        "]",
        "expected an operator or the end of the expression, found ]",
    );
    check("//a[1", "", "expected ] or an operator, the expression ends");
    check("(1", "", "expected ) or an operator, the expression ends");
    check("count(//a", "", "expected a comma or ), the expression ends");
    check("//a[@class='x'", "", "expected ] or an operator");
    check(
        "//a[@class='x]",
        "'x]",
        "this string is not closed, expected ' at its end",
    );
    check("1 +", "", "expected an expression");
    check("a b", "b", "expected an operator here, found the name b");
    check("//a/count(b)", "count", "a function cannot be a step");
    check(".[1]", "[", ". takes no predicate, write self::node()[…]");
    check("a/..[b]", "[", ".. takes no predicate, write parent::node()[…]");
    check("a ! b", "!", "write != or not(…)");
    check("text(1)", "1", "expected ), found 1");
    check("child:a", "child", "undefined namespace prefix child");
    check("a\u{a0}b", "\u{a0}", "it is a no-break space");
    check("//a[#]", "#", "'#' has no meaning in XPath");
}

#[test]
fn names() {
    check("foo(1)", "foo", "unknown function foo()");
    check("lower-case(a)", "lower-case", "in XPath 1.0 use translate");
    check("ends-with(a, b)", "ends-with", "in XPath 1.0 use substring or re:test");
    check("Contains(a, b)", "Contains", "contains() is near");
    check("x:y(1)", "x:y", "unknown function x:y()");
    check("parents::a", "parents", "unknown axis parents, the axes are ancestor,");
    check(
        "//svg:rect",
        "svg",
        "undefined namespace prefix svg: names have no namespace here, write rect or *[name()='svg:rect']",
    );
    check("//@xlink:href", "xlink", "write @href or @*[name()='xlink:href']");
    check("//svg:*", "svg", "undefined namespace prefix svg");
    check("re:test", "re", "undefined namespace prefix re");
    check("$x + 1", "$x", "undefined variable $x");
    check("$a:b", "$a:b", "undefined variable $a:b");
}

#[test]
fn arguments() {
    check("count()", "count()", "count() takes 1 argument, found none");
    check(
        "contains('a')",
        "contains('a')",
        "contains() takes 2 arguments, found 1",
    );
    check(
        "concat('a')",
        "concat('a')",
        "concat() takes at least 2 arguments, found 1",
    );
    check(
        "substring('a')",
        "substring('a')",
        "substring() takes 2 to 3 arguments, found 1",
    );
    check(
        "string(1, 2)",
        "string(1, 2)",
        "string() takes at most 1 argument, found 2",
    );
    check("position(1)", "position(1)", "position() takes no argument, found 1");
    check("count('a')", "'a'", "count() takes node-sets only, this is a string");
    check("name(1)", "1", "name() takes node-sets only, this is a number");
    check("1 | //a", "1", "both sides of | have to be node-sets, this is a number");
    check(
        "//a | 'b'",
        "'b'",
        "both sides of | have to be node-sets, this is a string",
    );
    check("'a'[1]", "'a'", "only a node-set takes a predicate, this is a string");
    check(
        "true()/a",
        "true()",
        "only a node-set can be followed by a path, this is a boolean",
    );
    check(
        "has-class()",
        "has-class()",
        "has-class() takes at least 1 argument, found none",
    );
    check("//a[has-class(b)]", "b", "have to be quoted strings");
    check(
        "//a[has-class('b c')]",
        "'b c'",
        "a class is a name without white space",
    );
}

#[test]
fn patterns() {
    check(
        "re:test(., '(')",
        "'('",
        "the pattern is no regular expression: unclosed group",
    );
    check("re:test(., '(?=a)')", "'(?=a)'", "look-around");
    check(r"re:test(., '(a)\1')", r"'(a)\1'", "back-reference");
    check("re:test(., 'a', 'x')", "'x'", "unknown flag 'x'");
    check(
        "re:replace(., 'a', 'b')",
        "re:replace(., 'a', 'b')",
        "re:replace() takes 4 arguments, found 3",
    );
}

#[test]
fn a_computed_pattern_fails_on_the_page() {
    let document = crate::parse("<p>(</p>");
    let error = crate::evaluate(&document, "//p[re:test('a', string(.))]").expect_err("it is no pattern");
    assert!(error.contains("unclosed group") && error.contains("\"(\""), "{error}");
    let error = crate::evaluate(&document, "//p[re:test('a', 'b', string(.))]").expect_err("it is no flag");
    assert!(error.contains("unknown flag '('"), "{error}");
}
