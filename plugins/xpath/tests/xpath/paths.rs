use snowscrape_dom::{NodeId, Output};
use snowscrape_plugin_sdk::Match;
use snowscrape_xpath::Expression;

use crate::{check, evaluate, parse, root, text};

const LIST: &str =
    "<ul id=a><li class='x y'>1<b>B</b></li><li>2</li><li class=x>3<ul><li>4</li><li>5</li></ul></li></ul>";

#[test]
fn paths() {
    for (expression, expected) in [
        ("//li", &["1B", "2", "345", "4", "5"] as &[&str]),
        ("/html/body/ul/li", &["1B", "2", "345"]),
        ("body/ul/li[2]", &["2"]),
        (".//li/b", &["B"]),
        ("//ul//li", &["1B", "2", "345", "4", "5"]),
        ("//ul//ul//li", &["4", "5"]),
        ("//li/..//b", &["B"]),
        ("//li[b]", &["1B"]),
        ("//li[not(b)]/text()", &["2", "3", "4", "5"]),
        ("//li[@class]", &["1B", "345"]),
        ("//li/@class", &["x y", "x"]),
        ("//@class", &["x y", "x"]),
        ("//@*", &["a", "x y", "x"]),
        ("//*[@class='x']", &["345"]),
        ("//*[@class]/text()", &["1", "3"]),
        ("//li[contains(concat(' ', @class, ' '), ' x ')]", &["1B", "345"]),
        (
            "//li[contains(concat(' ', normalize-space(@class), ' '), ' y ')]",
            &["1B"],
        ),
        ("//li[contains(@class, 'y')]", &["1B"]),
        ("//li[.='2']", &["2"]),
        ("//text()", &["1", "B", "2", "3", "4", "5"]),
        ("//li/text()[. > 2]", &["3", "4", "5"]),
        ("//b | //li[2] | //b", &["B", "2", "5"]),
        ("//li[2] | //b", &["B", "2", "5"]),
        ("id('a')/li[1]", &["1B"]),
        ("(//li)[2]", &["2"]),
        ("(//li)[last()]", &["5"]),
        ("(//li)[position() > 3]", &["4", "5"]),
        ("(//li/b)/..", &["1B"]),
        ("//li/ancestor::li", &["345"]),
        ("//b/ancestor-or-self::*/@class", &["x y"]),
        ("//DIV", &[]),
        ("//LI", &[]),
        ("//nothing", &[]),
        ("//li[count(preceding-sibling::li) = 1]", &["2", "5"]),
        ("//li[count(following-sibling::*) = 0]", &["345", "5"]),
        (".", &["1B2345"]),
        ("/", &["1B2345"]),
    ] {
        check(LIST, expression, expected);
    }
}

#[test]
fn positions_count_for_each_parent() {
    for (expression, expected) in [
        ("//li[1]", &["1B", "4"] as &[&str]),
        ("//li[2]", &["2", "5"]),
        ("//li[3]", &["345"]),
        ("//li[last()]", &["345", "5"]),
        ("//li[position() = last()]", &["345", "5"]),
        ("//li[last() - 1]", &["2", "4"]),
        ("//li[position() mod 2 = 1]", &["1B", "345", "4"]),
        ("//li[position() < 3][2]", &["2", "5"]),
        ("//li[@class][2]", &["345"]),
        ("//li[2][@class]", &[]),
        ("//li[1.5]", &[]),
        ("//li[0]", &[]),
        ("//li[-1]", &[]),
        ("//li[true()][2]", &["2", "5"]),
        ("//li['a'][2]", &["2", "5"]),
        ("//li[position()=2 or position()=3]", &["2", "345", "5"]),
        ("//li[count(//b)]", &["1B", "4"]),
        ("//ul/li[last()]", &["345", "5"]),
        ("//ul//li[last()]", &["345", "5"]),
        ("/descendant::li[4]", &["4"]),
        ("//li/descendant::li[2]", &["5"]),
        ("//@class[1]", &["x y", "x"]),
        ("(//@class)[2]", &["x"]),
        ("//@*[last()]", &["a", "x y", "x"]),
        ("//node()[1]/self::b", &[]),
        ("//li[3]//li[1]", &["4"]),
        ("//li[last()][b or ul]", &["345"]),
        ("//li[position() = 1 and b]", &["1B"]),
        ("//li[last() and 2]", &["1B", "2", "345", "4", "5"]),
        ("//li[not(position() = 1)]", &["2", "345", "5"]),
    ] {
        check(LIST, expression, expected);
    }
}

#[test]
fn a_relative_path_starts_at_the_item_and_an_absolute_one_does_not() {
    let document = parse(LIST);
    let third = Expression::compile("//li[3]", Output::Text).expect("it is right");
    let item = third.nodes(&document, root(&document)).expect("they are elements")[0];
    for (expression, expected) in [
        ("ul/li", &["4", "5"] as &[&str]),
        (".//li", &["4", "5"]),
        ("@class", &["x"]),
        ("//b", &["B"]),
        ("../li[1]/b", &["B"]),
        ("string(@class)", &["x"]),
        ("li", &[]),
    ] {
        let mut matches = Vec::new();
        let compiled = Expression::compile(expression, Output::Text).expect("it is right");
        compiled
            .matches(&document, item, &mut matches)
            .expect("it costs little");
        assert_eq!(
            matches.into_iter().map(text).collect::<Vec<_>>(),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn matches_say_what_they_are() {
    let document = parse("<p title=t>a<!--c--><b>d</b></p>");
    for (expression, output, expected) in [
        ("//p/text()", Output::Html, Match::TextNode("a".into())),
        ("//p/@title", Output::Html, Match::Text("t".into())),
        ("//p/comment()", Output::Html, Match::Text("c".into())),
        ("//b", Output::Text, Match::Text("d".into())),
        ("//b", Output::Html, Match::Text("<b>d</b>".into())),
        ("//b", Output::InnerHtml, Match::Text("d".into())),
        ("/", Output::Html, Match::Text("ad".into())),
        ("count(//b)", Output::Html, Match::Text("1".into())),
        ("true()", Output::Html, Match::Text("true".into())),
    ] {
        let mut matches = Vec::new();
        let compiled = Expression::compile(expression, output).expect("it is right");
        compiled
            .matches(&document, root(&document), &mut matches)
            .expect("it costs little");
        match (matches.as_slice(), expected) {
            ([Match::TextNode(found)], Match::TextNode(wanted)) | ([Match::Text(found)], Match::Text(wanted)) => {
                assert_eq!(*found, wanted, "{expression}");
            }
            (found, wanted) => panic!("{expression}: {found:?} instead of {wanted:?}"),
        }
    }
}

#[test]
fn items_are_elements() {
    let document = parse("<p title=t>a</p>");
    let nodes = |expression: &str| {
        let compiled = Expression::compile(expression, Output::Text).expect("it is right");
        compiled
            .nodes(&document, NodeId::DOCUMENT)
            .map_err(|failure| format!("{failure:?}"))
    };
    assert_eq!(nodes("//p").map(|found| found.len()), Ok(1));
    assert_eq!(nodes("//q").map(|found| found.len()), Ok(0));
    for (expression, named) in [
        ("//p/text()", "a text node"),
        ("//p/@title", "an attribute"),
        ("/", "the document"),
        ("count(//p)", "a number"),
        ("re:match('a', 'a')", "re:match"),
    ] {
        let error = nodes(expression).expect_err(expression);
        assert!(
            error.contains("an item has to be an element") && error.contains(named),
            "{expression}: {error}"
        );
    }
}

#[test]
fn names_are_folded_and_without_a_namespace() {
    let svg =
        "<svg viewBox='0 0 1 1'><linearGradient id=g xlink:href='#h'>x</linearGradient></svg><math><mi>y</mi></math>";
    for (expression, expected) in [
        ("//svg//lineargradient", &["x"] as &[&str]),
        ("//linearGradient", &[]),
        ("//svg/@viewbox", &["0 0 1 1"]),
        ("name(//svg/*)", &["lineargradient"]),
        ("local-name(//svg/@*)", &["viewbox"]),
        ("//@*[name() = 'xlink:href']", &["#h"]),
        ("namespace-uri(//svg)", &[""]),
        ("//mi", &["y"]),
        ("//*[local-name() = 'mi']", &["y"]),
    ] {
        check(svg, expression, expected);
    }
}

#[test]
fn white_space_between_tokens_is_free() {
    for expression in [
        "//li[@class='x']",
        " // li [ @ class = 'x' ] ",
        "\n//\tli\r\n[@class\n='x']",
        "// child :: li [@class='x']",
    ] {
        check(LIST, expression, &["345"]);
    }
}

#[test]
fn an_empty_page_answers() {
    let document = parse("");
    for (expression, expected) in [
        ("//p", &[] as &[&str]),
        ("count(//node())", &["3"]),
        ("string(//p)", &[""]),
    ] {
        assert_eq!(evaluate(&document, expression).expect("it is right"), expected);
    }
}
