use crate::check;

const TREE: &str = "<!--zero--><div id=1><p id=2>a<b id=3>b</b>c</p><!--one--><p id=4 title=t>d<i id=5>e</i></p><p id=6>f</p></div><div id=7>g</div>";

/// What an axis finds by the attribute `id`, `-` for an element without one.
fn ids(from: &str, axis: &str, expected: &[&str]) {
    check(TREE, &format!("//*[@id='{from}']/{axis}::*/@id"), expected);
}

#[test]
fn elements_on_each_axis() {
    ids("4", "child", &["5"]);
    ids("1", "descendant", &["2", "3", "4", "5", "6"]);
    ids("1", "descendant-or-self", &["1", "2", "3", "4", "5", "6"]);
    ids("3", "parent", &["2"]);
    ids("3", "ancestor", &["1", "2"]);
    ids("3", "ancestor-or-self", &["1", "2", "3"]);
    ids("2", "following-sibling", &["4", "6"]);
    ids("6", "preceding-sibling", &["2", "4"]);
    ids("2", "following", &["4", "5", "6", "7"]);
    ids("7", "preceding", &["1", "2", "3", "4", "5", "6"]);
    ids("5", "preceding", &["2", "3"]);
    ids("4", "self", &["4"]);
    ids("4", "namespace", &[]);
}

#[test]
fn positions_follow_the_axis() {
    for (expression, expected) in [
        ("//i/preceding::*[1]/@id", &["3"] as &[&str]),
        ("//i/preceding::p[1]/@id", &["2"]),
        ("//i/ancestor::*[1]/@id", &["4"]),
        ("//i/ancestor::*[@id][last()]/@id", &["1"]),
        ("//p[3]/preceding-sibling::p[1]/@id", &["4"]),
        ("//p[3]/preceding-sibling::p[last()]/@id", &["2"]),
        ("//p[1]/following-sibling::p[1]/@id", &["4"]),
        ("//p[1]/following-sibling::p[position() = 2]/@id", &["6"]),
        ("//b/following::*[2]/@id", &["5"]),
        ("(//i/preceding::*)[@id][1]/@id", &["2"]),
        ("//p/preceding-sibling::p[1]/@id", &["2", "4"]),
        ("//p/following-sibling::*[1][self::p]/@id", &["4", "6"]),
        ("//p[preceding-sibling::p[1]/@id = '2']/@id", &["4"]),
        ("//p[not(following-sibling::p)]/@id", &["6"]),
        ("//p[not(preceding-sibling::p)]/@id", &["2"]),
        ("//p/ancestor::*[1]/@id", &["1"]),
        ("//p/following::*[1]/@id", &["4", "6", "7"]),
        ("//p/descendant::*[1]/@id", &["3", "5"]),
    ] {
        check(TREE, expression, expected);
    }
}

#[test]
fn sets_are_walked_once_and_come_in_order() {
    for (expression, expected) in [
        ("//p/following-sibling::p/@id", &["4", "6"] as &[&str]),
        ("//p/preceding-sibling::p/@id", &["2", "4"]),
        ("//*/ancestor::*[@id]/@id", &["1", "2", "4"]),
        ("//p/ancestor-or-self::*[@id]/@id", &["1", "2", "4", "6"]),
        ("//*[@id]/following::*/@id", &["4", "5", "6", "7"]),
        ("//*[@id]/preceding::*[@id]/@id", &["1", "2", "3", "4", "5", "6"]),
        ("//*/parent::*[@id]/@id", &["1", "2", "4"]),
        ("//*/*/@id", &["1", "2", "3", "4", "5", "6", "7"]),
        ("//div/descendant-or-self::*/@id", &["1", "2", "3", "4", "5", "6", "7"]),
        ("//p//text()", &["a", "b", "c", "d", "e", "f"]),
        ("//p/text()/following::text()", &["b", "c", "d", "e", "f", "g"]),
        ("//@id/ancestor::*/@id", &["1", "2", "3", "4", "5", "6", "7"]),
        ("//@id/../@title", &["t"]),
    ] {
        check(TREE, expression, expected);
    }
}

#[test]
fn node_tests() {
    for (expression, expected) in [
        ("//comment()", &["zero", "one"] as &[&str]),
        ("//div/comment()", &["one"]),
        ("/comment()", &["zero"]),
        ("//div/node()", &["abc", "one", "de", "f", "g"]),
        ("//p[1]/node()", &["a", "b", "c"]),
        ("//p/text()", &["a", "c", "d", "f"]),
        ("//processing-instruction()", &[]),
        ("//processing-instruction('php')", &[]),
        ("//p/attribute::node()", &["2", "4", "t", "6"]),
        ("//p/attribute::text()", &[]),
        ("//p/attribute::title", &["t"]),
        ("//p/self::div", &[]),
        ("//p[2]/self::p/@title", &["t"]),
        ("count(//node())", &["19"]),
        ("//i[count(preceding::p) = 1 and count(following::p) = 1]/@id", &["5"]),
        ("//div[count(descendant::p) = 3 and count(.//b) = 1]/@id", &["1"]),
    ] {
        check(TREE, expression, expected);
    }
}

/// Section 5.3: an attribute has a parent and no children, no siblings and no descendants; section 2.2: what its
/// element contains comes after it.
#[test]
fn axes_of_an_attribute() {
    for (expression, expected) in [
        ("//@title/parent::*/@id", &["4"] as &[&str]),
        ("//@title/ancestor::div/@id", &["1"]),
        ("//@title/following::*/@id", &["5", "6", "7"]),
        ("//@title/following::text()", &["d", "e", "f", "g"]),
        ("//@title/preceding::*[@id]/@id", &["2", "3"]),
        ("//@title/following-sibling::node()", &[]),
        ("//@title/preceding-sibling::node()", &[]),
        ("//@title/child::node()", &[]),
        ("//@title/descendant-or-self::node()", &["t"]),
        ("//@title//text()", &[]),
        ("//@title/self::node()", &["t"]),
        ("//@title/self::title", &[]),
        ("//@title/.", &["t"]),
        ("//@title/ancestor-or-self::node()[1]", &["t"]),
    ] {
        check(TREE, expression, expected);
    }
}
