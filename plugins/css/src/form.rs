//! `:checked`, `:disabled` and `:enabled` (HTML standard, 4.16.3), as a page says them before anyone touches it.

use snowscrape_dom::NodeId;

use crate::page::Page;

/// `:checked`: a checkbox or radio button with `checked`, and an option that is selected.
pub(crate) fn is_checked(page: &Page<'_>, id: NodeId) -> bool {
    match name(page, id) {
        Some("input") => {
            let kind = page.document.attribute(id, "type").unwrap_or("text");
            (kind.eq_ignore_ascii_case("checkbox") || kind.eq_ignore_ascii_case("radio")) && has(page, id, "checked")
        }
        Some("option") => is_selected(page, id),
        _ => false,
    }
}

/// `:disabled`: an element of a form that is actually disabled.
pub(crate) fn is_disabled(page: &Page<'_>, id: NodeId) -> bool {
    match name(page, id) {
        Some("button" | "input" | "select" | "textarea" | "fieldset") => {
            has(page, id, "disabled") || is_in_disabled_fieldset(page, id)
        }
        Some("optgroup") => has(page, id, "disabled"),
        Some("option") => is_disabled_option(page, id),
        _ => false,
    }
}

/// `:enabled`: an element that could be disabled and is not.
pub(crate) fn is_enabled(page: &Page<'_>, id: NodeId) -> bool {
    matches!(
        name(page, id),
        Some("button" | "input" | "select" | "textarea" | "optgroup" | "option" | "fieldset")
    ) && !is_disabled(page, id)
}

/// The name, if it is an element of HTML.
fn name<'p>(page: &'p Page<'_>, id: NodeId) -> Option<&'p str> {
    page.document.is_html(id).then(|| &**page.document.local_name(id))
}

fn has(page: &Page<'_>, id: NodeId, attribute: &str) -> bool {
    page.document.attribute(id, attribute).is_some()
}

/// Whether an ancestor is a disabled fieldset; what is in a fieldset's first legend is not disabled by it.
fn is_in_disabled_fieldset(page: &Page<'_>, id: NodeId) -> bool {
    let mut below = id;
    while let Some(above) = page.parent(below) {
        if name(page, above) == Some("fieldset") && has(page, above, "disabled") {
            let mut children = page.document.children(above);
            if children.find(|child| name(page, *child) == Some("legend")) != Some(below) {
                return true;
            }
        }
        below = above;
    }
    false
}

/// An option with `disabled`, or in an `<optgroup>` with it.
fn is_disabled_option(page: &Page<'_>, id: NodeId) -> bool {
    has(page, id, "disabled")
        || page
            .parent(id)
            .is_some_and(|parent| name(page, parent) == Some("optgroup") && has(page, parent, "disabled"))
}

/// In a `<select>` that shows one option the last with `selected` is it, or else the first that is not disabled
/// (HTML standard, 4.10.7: the selectedness setting algorithm).
fn is_selected(page: &Page<'_>, option: NodeId) -> bool {
    let mut above = page.parent(option);
    while let Some(id) = above {
        match name(page, id) {
            Some("select") => break,
            Some("datalist") => above = None,
            _ => above = page.parent(id),
        }
    }
    match above {
        Some(select) if !has(page, select, "multiple") => {
            let known = page.chosen.borrow().get(&select).copied();
            let chosen = known.unwrap_or_else(|| {
                let chosen = chosen_option(page, select);
                page.chosen.borrow_mut().insert(select, chosen);
                chosen
            });
            chosen == Some(option)
        }
        _ => has(page, option, "selected"),
    }
}

fn chosen_option(page: &Page<'_>, select: NodeId) -> Option<NodeId> {
    let options = page.document.elements_by_tag_in(page.document.tag("option")?, select);
    let options = options
        .iter()
        .copied()
        .filter(|option| page.step() && name(page, *option).is_some());
    let last = options.clone().filter(|option| has(page, *option, "selected")).last();
    let size = page
        .document
        .attribute(select, "size")
        .and_then(|size| size.trim().parse::<u32>().ok());
    let shows_one = size.is_none_or(|size| size <= 1);
    last.or_else(|| {
        let mut options = options;
        shows_one
            .then(|| options.find(|option| !is_disabled_option(page, *option)))
            .flatten()
    })
}
