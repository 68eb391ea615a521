use crate::{check, check_value};

const NUMBERS: &str =
    "<ul><li>1</li><li>2</li><li>3</li></ul><ol><li>3</li><li>4</li></ol><dl><dd>a</dd><dd>a</dd><dt>a</dt></dl>";

/// Section 3.4.
#[test]
fn node_sets() {
    for (expression, expected) in [
        ("//ul/li = //ol/li", "true"),
        ("//ul/li[. < 3] = //ol/li", "false"),
        ("//ul/li != //ol/li", "true"),
        ("//dd != //dt", "false"),
        ("//dd = //dt", "true"),
        ("//dd != //dd", "false"),
        ("//ul/li != //ul/li", "true"),
        ("//ul/li < //ol/li", "true"),
        ("//ol/li < //ul/li", "false"),
        ("//ol/li <= //ul/li", "true"),
        ("//ul/li > //ol/li", "false"),
        ("//ul/li >= //ol/li", "true"),
        ("//dd < //dt", "false"),
        ("//li = //none", "false"),
        ("//li != //none", "false"),
        ("//none = //none", "false"),
        ("//none < 1", "false"),
        ("//li = 4", "true"),
        ("//li != 4", "true"),
        ("not(//li = 5)", "true"),
        ("5 > //li", "true"),
        ("1 > //li", "false"),
        ("//li = '4'", "true"),
        ("//li = ' 4'", "false"),
        ("//li = 4.0", "true"),
        ("//li < '2'", "true"),
        ("//dd = 'a'", "true"),
        ("//dd != 'a'", "false"),
        ("'b' != //dd", "true"),
        ("//dd = 0", "false"),
        ("//dd != 0", "true"),
        ("//li = true()", "true"),
        ("//none = false()", "true"),
        ("//none != true()", "true"),
        ("//li < true()", "false"),
        ("//li <= true()", "true"),
        ("true() > //none", "true"),
    ] {
        check(NUMBERS, expression, &[expected]);
    }
}

#[test]
fn chains_go_from_left_to_right() {
    check_value("3 > 2 > 1", "false");
    check_value("1 = 1 = 1", "true");
    check_value("2 = 2 = 2", "true");
    check_value("1 < 2 = true()", "true");
    check_value("1 + 2 = 3 and 2 * 2 = 4", "true");
    check_value("true() or false() and false()", "true");
    check_value("10 - 2 - 3", "5");
    check_value("2 + 3 * 4 - 6 div 3", "12");
    check_value("-2 - -3", "1");
    check_value("--4", "4");
    check_value("---4", "-4");
    check_value("- '3'", "-3");
    check_value("-(2) mod 3", "-2");
    check_value("--true()", "1");
}

#[test]
fn a_remembered_set_compares_as_any_other() {
    let html = "<i id=a></i><i id=b></i><a href=b>x</a><a href=c>y</a>";
    check(html, "//a[@href = //i/@id]", &["x"]);
    check(html, "//a[not(//i/@id = @href)]", &["y"]);
    check(html, "//a[count(//i) = 2 and @href != //i[1]/@id]", &["x", "y"]);
    check(html, "//a[string(//i/@id) = 'a'][2]", &["y"]);
    check(html, "//a[concat('x', '') = .]", &["x"]);
}
