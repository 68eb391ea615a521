//! Pseudo-classes and rules of comparison that the HTML standard gives.

use super::{found, page};

fn check(html: &str, cases: &[(&str, &str)]) {
    let document = page(html);
    for (expression, expected) in cases {
        assert_eq!(found(&document, None, expression), *expected, "{expression} on {html}");
    }
}

#[test]
fn form_states() {
    check(
        "<!doctype html><fieldset id=f1 disabled><legend id=g1><input id=i1></legend><legend id=g2><input id=i2></legend>\
         <button id=b1></button><fieldset id=f2><textarea id=t1></textarea></fieldset></fieldset>\
         <input id=i3 disabled><input id=i4><select id=s1><optgroup id=o1 disabled><option id=p1></optgroup>\
         <option id=p2><option id=p3 disabled></select><a id=a1 disabled></a><fieldset id=f3></fieldset>",
        &[
            (":disabled", "f1 i2 b1 f2 t1 i3 o1 p1 p3"),
            (":enabled", "i1 i4 s1 p2 f3"),
            ("input:not(:disabled)", "i1 i4"),
        ],
    );
    check(
        "<!doctype html><input id=i1 type=CHECKBOX checked><input id=i2 type=radio checked><input id=i3 checked>\
         <input id=i4 type=checkbox><select><option id=p1 disabled><option id=p2><option id=p3></select>\
         <select><option id=p4 selected><option id=p5 selected></select>\
         <select multiple><option id=p6 selected><option id=p7 selected><option></select>\
         <select size=3><option id=p8></select><datalist><option id=p9></datalist>",
        &[(":checked", "i1 i2 p2 p5 p6 p7"), ("option:checked", "p2 p5 p6 p7")],
    );
}

#[test]
fn links() {
    check(
        "<!doctype html><head><link id=l href=x></head><a id=a1 href=x></a><a id=a2></a><map><area id=r href=x></map>\
         <svg><a id=a3 xlink:href=x></a><a id=a4 href=x></a><a id=a5></a></svg>",
        &[(":link", "a1 r a3 a4"), (":any-link", "a1 r a3 a4"), (":visited", "")],
    );
}

#[test]
fn languages() {
    let html = "<!doctype html><html id=h lang=en-GB><meta http-equiv=content-language content=fr>\
        <p id=p1></p><p id=p2 lang=de-Latn-CH-1996></p><p id=p3 lang><b id=b></b></p>\
        <svg id=s1><g id=g1 xml:lang=it></g></svg>";
    check(
        html,
        &[
            ("p:lang(en)", "p1"),
            ("p:lang(EN-gb)", "p1"),
            ("p:lang(en-US)", ""),
            (":lang(it)", "g1"),
            ("p:lang(de-CH)", "p2"),
            ("p:lang('*-CH')", "p2"),
            ("p:lang(de, en)", "p1 p2"),
            ("p:lang('*')", "p1 p2"),
            ("p:lang('')", "p3"),
            ("b:lang(en)", ""),
            ("svg:lang(en)", "s1"),
        ],
    );
    check(
        "<!doctype html><meta http-equiv=Content-Language content=' fr-CA '><p id=p>",
        &[("p:lang(fr)", "p"), ("p:lang(en)", "")],
    );
}

#[test]
fn what_needs_a_live_page_never_matches() {
    for name in [
        "hover",
        "focus",
        "active",
        "visited",
        "target",
        "focus-within",
        "focus-visible",
        "fullscreen",
    ] {
        check(
            "<a href=x id=a>",
            &[(&format!(":{name}"), ""), (&format!("a:not(:{name})"), "a")],
        );
    }
}

#[test]
fn attribute_values_that_html_compares_without_case() {
    check(
        "<!doctype html><input id=i type=TEXT data-x=Y class=C><form id=f method=POST></form><svg id=s type=TEXT></svg>",
        &[
            ("[type=text]", "i"),
            ("[type=text s]", ""),
            ("[TYPE=text]", "i"),
            ("[method=post]", "f"),
            ("[data-x=y]", ""),
            ("[data-x=y i]", "i"),
            ("[DATA-X=Y]", "i"),
            ("[class=c]", ""),
            ("[class=c i]", "i"),
            (".c", ""),
            ("INPUT", "i"),
        ],
    );
}

#[test]
fn quirks_mode_compares_classes_and_ids_without_case() {
    let body = "<p id=A class='B c'></p>";
    let cases = [
        ("#a", "A"),
        (".b", "A"),
        (".C", "A"),
        ("[id=a]", ""),
        ("[class~=b]", ""),
    ];
    check(body, &cases);
    check(
        &format!("<!doctype html>{body}"),
        &[("#a", ""), ("#A", "A"), (".b", ""), (".B.c", "A")],
    );
}

#[test]
fn structure() {
    check(
        "<!doctype html><ul id=u><li id=l1 class=x><li id=l2><li id=l3 class=x><!-- c --><li id=l4 class=x>t</ul>",
        &[
            ("li:nth-child(2 of .x)", "l3"),
            ("li:nth-last-child(-n+2 of .x)", "l3 l4"),
            ("li:nth-child(even)", "l2 l4"),
            ("li:empty", "l1 l2 l3"),
            ("li:is(.x, :nonsense, ::text)", "l1 l3 l4"),
            ("li:where()", ""),
            ("li:matches(.x)", "l1 l3 l4"),
            ("li:not(.x, #l9)", "l2"),
            ("ul:has(> .x + li)", "u"),
            ("ul:has(> .x + .y)", ""),
            ("li:has(~ .x)", "l1 l2 l3"),
            ("li:has(+ .x)", "l2 l3"),
            (":has(li)", "html body u"),
            ("body:has(ul li:last-child)", "body"),
            (":scope > body", "body"),
            ("*|li", "l1 l2 l3 l4"),
            ("|li", ""),
        ],
    );
}

#[test]
fn names_in_svg_keep_their_case() {
    check(
        "<svg viewBox=x><linearGradient id=g1></linearGradient></svg>",
        &[
            ("linearGradient", "g1"),
            ("lineargradient", ""),
            ("svg[viewBox]", "svg"),
            ("svg[viewbox]", ""),
            ("SVG", ""),
        ],
    );
}
