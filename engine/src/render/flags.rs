//! The browser's command line and preferences: nothing leaves it but what a context's proxy lets through, and nothing
//! runs in it but pages.

use serde_json::{Value, json};

use super::settings::BrowserSettings;

/// What is always said, by what it is for.
const FLAGS: &[&str] = &[
    "--headless",
    "--remote-debugging-port=0",
    // What is not of a context has a proxy that nobody serves, and names are resolved nowhere but at a proxy.
    "--proxy-server=socks5://127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    // UDP goes past a SOCKS proxy. The first is the present name, the second that of older versions.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    // Nothing of its own accord.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-service-autorun",
    // Nobody sits before it.
    "--deny-permission-prompts",
    "--disable-hang-monitor",
    "--disable-prompt-on-repost",
    "--enable-automation",
    "--mute-audio",
    "--noerrdialogs",
    "--password-store=basic",
    "--use-mock-keychain",
    // Every tab works as the one in front does.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-ipc-flooding-protection",
    "--disable-renderer-backgrounding",
    // A page that was left is gone, and not kept for the way back.
    "--disable-back-forward-cache",
    // The same everywhere: no graphics card, no small /dev/shm of a container.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
];

/// Features that would make requests of their own or change those of the page.
const DISABLED_FEATURES: &[&str] = &[
    "AimEnabled",
    "AimServerEligibilityEnabled",
    "AimServerRequestOnStartupEnabled",
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "GlobalMediaControls",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PreconnectToSearch",
    "Prerender2",
    "SearchEnginePreconnect2",
    "Translate",
];

/// The browser's arguments but for its profile's folder.
pub(super) fn arguments(settings: &BrowserSettings) -> Vec<String> {
    let mut arguments: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
    arguments.push(format!("--disable-features={}", DISABLED_FEATURES.join(",")));
    let heap = settings.max_memory_bytes / 2 / (1024 * 1024);
    arguments.push(format!("--js-flags=--max-old-space-size={}", heap.max(64)));
    if !settings.sandbox {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.push("about:blank".to_owned());
    arguments
}

/// The profile's preferences. Contexts take them over; 2 stands for "block".
pub(super) fn preferences() -> Value {
    json!({
        "alternate_error_pages": {"enabled": false},
        "credentials_enable_service": false,
        "default_search_provider": {"enabled": false},
        "download_restrictions": 3,
        "net": {"network_prediction_options": 2},
        "profile": {"default_content_setting_values": {
            "geolocation": 2,
            "media_stream_camera": 2,
            "media_stream_mic": 2,
            "notifications": 2,
            "popups": 2,
        }},
        "safebrowsing": {"enabled": false},
        "search": {"suggest_enabled": false},
        "webrtc": {
            "ip_handling_policy": "disable_non_proxied_udp",
            "multiple_routes_enabled": false,
            "nonproxied_udp_enabled": false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_setting_turns_the_sandbox_off() {
        let check = |sandbox: bool| {
            let settings = BrowserSettings {
                sandbox,
                ..BrowserSettings::new(Vec::new())
            };
            let off = arguments(&settings).iter().any(|flag| flag == "--no-sandbox");
            assert_eq!(off, !sandbox);
        };
        check(true);
        check(false);
    }
}
