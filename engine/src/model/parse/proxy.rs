//! Reads `proxy_config`.

use super::reader::Node;
use crate::model::{GeoTarget, ProxyConfig};

/// `proxy_config`.
pub(super) fn proxy_config(node: &Node<'_>) -> Option<ProxyConfig> {
    let mut object = node.object()?;
    let default = ProxyConfig::default();
    let config = ProxyConfig {
        enabled: object.read_or("enabled", default.enabled, Node::boolean),
        rotation_strategy: object.read_or("rotation_strategy", default.rotation_strategy, Node::choice),
        geo_targeting: object.read("geo_targeting", geo_target),
        max_retries: object.read_or("max_retries", default.max_retries, |node| node.whole32(0..=20)),
        fallback_to_direct: object.read_or("fallback_to_direct", default.fallback_to_direct, Node::boolean),
    };
    object.finish();
    Some(config)
}

fn geo_target(node: &Node<'_>) -> Option<GeoTarget> {
    let text = node.text()?;
    let wrong = || {
        node.fault(format!(
            "must be a country of ISO 3166 like `US`, or a part like `US-CA`, found `{text}`"
        ))
    };
    GeoTarget::parse(text).map_or_else(wrong, Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::ProxyConfig;
    use crate::model::parse::testing::{check_field, parse};

    #[test]
    fn each_fault_has_its_place() {
        let check = |config: serde_json::Value, expected: &[&str]| check_field("proxy_config", config, expected);
        check(
            json!({"enabled": true, "rotation_strategy": "round-robin", "geo_targeting": "US"}),
            &[],
        );
        check(
            json!({"rotation_strategy": "sticky", "geo_targeting": "us-ca", "max_retries": 0}),
            &[],
        );
        check(json!({"geo_targeting": null, "max_retries": 20}), &[]);
        check(
            json!({"rotation_strategy": "round_robin", "geo_targeting": "UK", "max_retries": 21}),
            &[
                "proxy_config.rotation_strategy: Must be one of: round-robin, random, sticky",
                "proxy_config.geo_targeting: Must be a country of ISO 3166 like `US`, or a part like `US-CA`, found `UK`",
                "proxy_config.max_retries: Must be a whole number from 0 to 20, found 21",
            ],
        );
        check(
            json!({"fallback": true}),
            &[
                "proxy_config.fallback: Unknown field, known ones: enabled, rotation_strategy, geo_targeting, max_retries, fallback_to_direct",
            ],
        );
        let job = parse(&json!({"proxy_config": {}})).expect("a job");
        assert_eq!(job.proxy_config, Some(ProxyConfig::default()));
    }
}
