//! Reads `render_config`.

use serde_json::Value;

use super::reader::{Node, ObjectReader};
use super::secret::secret_text;
use crate::model::{Action, RenderConfig, Viewport, WaitStrategy};

/// The longest time that a page may be waited for, in milliseconds.
const MAX_WAIT_MS: u32 = 600_000;

/// `render_config`.
pub(super) fn render_config(node: &Node<'_>) -> Option<RenderConfig> {
    let mut object = node.object()?;
    let default = RenderConfig::default();
    let screenshot = object.read_or("screenshot", default.screenshot, Node::boolean);
    let config = RenderConfig {
        enabled: object.read_or("enabled", default.enabled, Node::boolean),
        wait: wait_strategy(&mut object).unwrap_or_default(),
        wait_timeout_ms: object.read_or("wait_timeout_ms", default.wait_timeout_ms, |node| {
            node.whole32(1..=MAX_WAIT_MS)
        }),
        actions: object.get("actions").map(|node| node.list(action)).unwrap_or_default(),
        block_resources: object
            .get("block_resources")
            .map(|node| node.list(Node::choice))
            .unwrap_or_default(),
        viewport: object.read_or("viewport", default.viewport, |node| viewport(node, screenshot)),
        screenshot,
        frames: object.read_or("frames", default.frames, Node::boolean),
        fallback_to_fetch: object.read_or("fallback_to_fetch", default.fallback_to_fetch, Node::boolean),
    };
    object.finish();
    Some(config)
}

/// `wait_strategy` and `wait_for_selector`, which belong together: the selector alone means to wait for it.
fn wait_strategy(object: &mut ObjectReader<'_>) -> Option<WaitStrategy> {
    let strategy = object.get("wait_strategy");
    let selector = object.get("wait_for_selector");
    let Some(strategy) = strategy else {
        return selector.and_then(|node| node.some_text().map(|text| WaitStrategy::Selector(text.to_owned())));
    };
    let plain = match strategy.text()? {
        "load" => WaitStrategy::Load,
        "domcontentloaded" => WaitStrategy::DomContentLoaded,
        "networkidle" => WaitStrategy::NetworkIdle,
        "selector" => {
            let selector = object.require("wait_for_selector", Node::some_text)?;
            return Some(WaitStrategy::Selector(selector.to_owned()));
        }
        _ => return strategy.one_of(WaitStrategy::NAMES),
    };
    match selector {
        Some(selector) => selector.fault("only has a meaning with `wait_strategy` selector"),
        None => Some(plain),
    }
}

fn action(node: &Node<'_>) -> Option<Action> {
    let mut object = node.object()?;
    let owned = |node: &Node<'_>| node.some_text().map(str::to_owned);
    // Every key is read, so that a fault in each of them is known, and so that they are known fields.
    let actions = [
        object.get("click").map(|node| owned(&node).map(Action::Click)),
        object.get("type").map(|node| typing(&node)),
        object.get("scroll").map(|node| match node.text()? {
            "end" => Some(Action::ScrollToEnd),
            _ => node.one_of(["end"]),
        }),
        object.get("wait_for").map(|node| owned(&node).map(Action::WaitFor)),
        object
            .get("wait_ms")
            .map(|node| node.whole32(0..=MAX_WAIT_MS).map(Action::WaitMs)),
        object.get("press").map(|node| owned(&node).map(Action::Press)),
        object.get("evaluate").map(|node| owned(&node).map(Action::Evaluate)),
    ];
    let mut given = actions.into_iter().flatten();
    let first = given.next();
    let exactly_one = "must have exactly one of: click, type, scroll, wait_for, wait_ms, press, evaluate";
    // A null beside the one key would be as absent elsewhere; here the one key says what the action is.
    let nulls = node
        .value
        .as_object()
        .is_some_and(|keys| keys.values().any(Value::is_null));
    if given.next().is_some() || node.entries().is_empty() || nulls {
        return node.fault(exactly_one);
    }
    object.finish();
    first.flatten()
}

fn typing(node: &Node<'_>) -> Option<Action> {
    let mut object = node.object()?;
    let selector = object.require("selector", Node::some_text);
    let text = object.require("text", secret_text);
    object.finish();
    Some(Action::Type {
        selector: selector?.to_owned(),
        text: text?,
    })
}

fn viewport(node: &Node<'_>, screenshot: bool) -> Option<Viewport> {
    let mut object = node.object()?;
    let mut side = |name| object.require(name, |node| node.whole32(Viewport::MIN..=Viewport::MAX));
    let (width, height) = (side("width"), side("height"));
    object.finish();
    let (width, height) = (width?, height?);
    if screenshot && width * height > Viewport::MAX_PICTURE {
        return node.fault(format!(
            "must have at most {} pixels where `screenshot` is true",
            Viewport::MAX_PICTURE
        ));
    }
    Some(Viewport { width, height })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse};
    use crate::model::{RenderConfig, WaitStrategy};

    const ONE: &str = "Must have exactly one of: click, type, scroll, wait_for, wait_ms, press, evaluate";

    #[test]
    fn each_fault_has_its_place() {
        let check = |config: serde_json::Value, expected: &[&str]| check_field("render_config", config, expected);
        check(json!({}), &[]);
        check(
            json!({"enabled": true, "wait_strategy": "networkidle", "wait_timeout_ms": 5000}),
            &[],
        );
        check(
            json!({"wait_strategy": "idle"}),
            &["render_config.wait_strategy: Must be one of: load, domcontentloaded, networkidle, selector"],
        );
        check(
            json!({"wait_strategy": "selector"}),
            &["render_config.wait_for_selector: Is required"],
        );
        check(
            json!({"wait_strategy": "load", "wait_for_selector": "p"}),
            &["render_config.wait_for_selector: Only has a meaning with `wait_strategy` selector"],
        );
        check(json!({"wait_strategy": "networkidle", "wait_for_selector": null}), &[]);
        check(json!({"wait_timeout_ms": 600_000}), &[]);
        check(
            json!({"wait_timeout_ms": 600_001}),
            &["render_config.wait_timeout_ms: Must be a whole number from 1 to 600000, found 600001"],
        );
        check(
            json!({"block_resources": ["image", "fonts"]}),
            &[
                "render_config.block_resources[1]: Must be one of: image, font, stylesheet, script, media, xhr, fetch, websocket, manifest, other",
            ],
        );
        check(json!({"viewport": {"width": 16, "height": 8192}}), &[]);
        check(
            json!({"viewport": {"width": 15, "height": 8193}}),
            &[
                "render_config.viewport.width: Must be a whole number from 16 to 8192, found 15",
                "render_config.viewport.height: Must be a whole number from 16 to 8192, found 8193",
            ],
        );
        check(
            json!({"viewport": {"width": 8192, "height": 2048}, "screenshot": true}),
            &[],
        );
        check(
            json!({"viewport": {"width": 8192, "height": 2049}, "screenshot": true}),
            &["render_config.viewport: Must have at most 16777216 pixels where `screenshot` is true"],
        );
        check(json!({"viewport": {"width": 8192, "height": 8192}}), &[]);
        check(
            json!({"viewport": {"width": 800}}),
            &["render_config.viewport.height: Is required"],
        );
        check(
            json!({"screenshots": true}),
            &["render_config.screenshots: Unknown field, did you mean `screenshot`?"],
        );
    }

    #[test]
    fn actions_have_one_key() {
        #[allow(
            clippy::needless_pass_by_value,
            reason = "a table of literals reads better without references"
        )]
        fn check(action: serde_json::Value, expected: &[(&str, &str)]) {
            let expected: Vec<_> = expected
                .iter()
                .map(|(path, text)| format!("render_config.actions[0]{path}: {text}"))
                .collect();
            let expected: Vec<_> = expected.iter().map(String::as_str).collect();
            check_field("render_config", json!({"actions": [action]}), &expected);
        }
        check(json!({"click": "#more"}), &[]);
        check(json!({"type": {"selector": "#q", "text": "shoes"}}), &[]);
        check(json!({"type": {"selector": "#q", "text": {"secret": "PIN"}}}), &[]);
        check(json!({"scroll": "end"}), &[]);
        check(json!({"wait_for": ".x"}), &[]);
        check(json!({"wait_ms": 0}), &[]);
        check(json!({"press": "Enter"}), &[]);
        check(json!({"evaluate": "1"}), &[]);
        check(json!({}), &[("", ONE)]);
        check(json!({"click": "#a", "wait_ms": 5}), &[("", ONE)]);
        check(json!("click"), &[("", "Must be an object, found text")]);
        check(
            json!({"clik": "#a"}),
            &[(".clik", "Unknown field, did you mean `click`?")],
        );
        check(json!({"click": ""}), &[(".click", "Must not be empty")]);
        check(json!({"click": 5}), &[(".click", "Must be text, found a number")]);
        check(json!({"scroll": "top"}), &[(".scroll", "Must be one of: end")]);
        check(
            json!({"wait_ms": 600_001}),
            &[(".wait_ms", "Must be a whole number from 0 to 600000, found 600001")],
        );
        check(json!({"type": {"text": "a"}}), &[(".type.selector", "Is required")]);
        check(json!({"type": "a"}), &[(".type", "Must be an object, found text")]);
        check(json!({"click": null}), &[("", ONE)]);
        check(json!({"click": "#a", "press": null}), &[("", ONE)]);
    }

    #[test]
    fn defaults() {
        let render = |config| {
            parse(&json!({"render_config": config}))
                .expect("a job")
                .render_config
                .expect("a config")
        };
        assert_eq!(render(json!({})), RenderConfig::default());
        assert_eq!(
            render(json!({"wait_for_selector": "p"})).wait,
            WaitStrategy::Selector("p".into())
        );
        let default = RenderConfig::default();
        assert!(default.enabled && default.wait == WaitStrategy::Load);
        assert_eq!(
            (default.viewport.width, default.viewport.height, default.wait_timeout_ms),
            (1280, 800, 30_000)
        );
    }
}
