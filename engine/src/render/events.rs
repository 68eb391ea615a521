//! What a tab's sessions tell, as far as it matters here.
//!
//! These are own types and not chromiumoxide's, which refuse an event altogether when one of its words is newer than
//! they are; a request that waits for an answer would then wait for ever.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::devtools::Event;

/// An event of a tab.
#[derive(Debug)]
pub(super) enum TabEvent {
    FrameAttached(FrameAttached),
    FrameNavigated(FrameNavigated),
    FrameDetached(FrameDetached),
    NavigationRequested(FrameId),
    LoadingStopped(FrameId),
    Lifecycle(Lifecycle),
    DialogOpened(Dialog),
    RequestSent(RequestSent),
    ResponseReceived(ResponseReceived),
    RequestFinished(RequestFinished),
    RequestPaused(RequestPaused),
    TargetAttached(TargetAttached),
    TargetDetached(TargetDetached),
    Crashed,
}

impl TabEvent {
    /// Reads an event; `None` where it does not matter or cannot be read.
    pub(super) fn read(event: Event) -> Option<Self> {
        let Event { method, params, .. } = event;
        let params = Params { method, params };
        match params.method.as_str() {
            "Page.frameAttached" => params.read().map(Self::FrameAttached),
            "Page.frameNavigated" => params.read().map(Self::FrameNavigated),
            "Page.frameDetached" => params.read().map(Self::FrameDetached),
            "Page.frameRequestedNavigation" => params
                .read()
                .and_then(Requested::in_its_frame)
                .map(Self::NavigationRequested),
            "Page.frameStoppedLoading" => params.read::<OfFrame>().map(|of| Self::LoadingStopped(of.frame_id)),
            "Page.lifecycleEvent" => params.read().map(Self::Lifecycle),
            // Its text may be unreadable; it is to be answered all the same.
            "Page.javascriptDialogOpening" => Some(Self::DialogOpened(params.read().unwrap_or_default())),
            "Network.requestWillBeSent" => params.read().map(Self::RequestSent),
            "Network.responseReceived" => params.read().map(Self::ResponseReceived),
            "Network.loadingFinished" | "Network.loadingFailed" => params.read().map(Self::RequestFinished),
            "Fetch.requestPaused" => params.read().map(Self::RequestPaused),
            "Target.attachedToTarget" => params.read().map(Self::TargetAttached),
            "Target.detachedFromTarget" => params.read().map(Self::TargetDetached),
            "Inspector.targetCrashed" => Some(Self::Crashed),
            _ => None,
        }
    }
}

struct Params {
    method: String,
    params: serde_json::Value,
}

impl Params {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.params)
            .inspect_err(|error| tracing::debug!(method = %self.method, %error, "an event cannot be read"))
            .ok()
    }
}

/// A frame of a page, through all of its documents.
pub(super) type FrameId = String;
/// One document's coming into a frame. The request for it has the same name.
pub(super) type LoaderId = String;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFrame {
    frame_id: FrameId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Requested {
    frame_id: FrameId,
    disposition: String,
}

impl Requested {
    /// The frame, unless the document is to come up elsewhere.
    fn in_its_frame(self) -> Option<FrameId> {
        (self.disposition == "currentTab").then_some(self.frame_id)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameAttached {
    pub(super) frame_id: FrameId,
    pub(super) parent_frame_id: FrameId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameNavigated {
    pub(super) frame: Frame,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Frame {
    pub(super) id: FrameId,
    pub(super) parent_id: Option<FrameId>,
    pub(super) loader_id: LoaderId,
    /// What was asked for, where the document is the browser's own page of an error.
    pub(super) unreachable_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameDetached {
    pub(super) frame_id: FrameId,
    /// `remove`, or `swap` where the frame goes on in another process.
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lifecycle {
    pub(super) frame_id: FrameId,
    pub(super) loader_id: LoaderId,
    pub(super) name: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Dialog {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestSent {
    pub(super) request_id: String,
    pub(super) frame_id: Option<FrameId>,
    #[serde(default)]
    pub(super) r#type: String,
    pub(super) request: SentRequest,
}

#[derive(Debug, Deserialize)]
pub(super) struct SentRequest {
    pub(super) url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseReceived {
    pub(super) loader_id: LoaderId,
    pub(super) request_id: String,
    pub(super) frame_id: Option<FrameId>,
    pub(super) response: Response,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) mime_type: String,
    /// By their names as the server wrote them.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

/// A request's end, good or bad.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestFinished {
    pub(super) request_id: String,
    /// Why it failed, where it did.
    pub(super) error_text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestPaused {
    pub(super) request_id: String,
    pub(super) frame_id: FrameId,
    pub(super) resource_type: String,
    pub(super) request: PausedRequest,
}

#[derive(Debug, Deserialize)]
pub(super) struct PausedRequest {
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetAttached {
    pub(super) session_id: String,
    pub(super) target_info: TargetInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetInfo {
    /// A frame's is its frame's.
    pub(super) target_id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) opener_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetDetached {
    pub(super) session_id: String,
}

/// `Target.targetCreated`, which the browser itself tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetCreated {
    pub(super) target_info: TargetInfo,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(method: &str, params: serde_json::Value) -> Option<TabEvent> {
        TabEvent::read(Event {
            method: method.to_owned(),
            session: None,
            params,
        })
    }

    #[test]
    fn what_is_newer_than_this_is_no_fault() {
        let paused = json!({
            "requestId": "i1", "frameId": "F", "resourceType": "TypeOfTheFuture", "more": {},
            "request": {"url": "http://a.example/", "headers": {"A": "b"}, "initialPriority": "Unheard"},
        });
        match read("Fetch.requestPaused", paused) {
            Some(TabEvent::RequestPaused(paused)) => assert_eq!(paused.resource_type, "TypeOfTheFuture"),
            other => panic!("{other:?}"),
        }
        assert!(read("Page.somethingNew", json!({})).is_none());
        assert!(read("Page.frameNavigated", json!({})).is_none());
    }

    #[test]
    fn a_dialog_is_known_without_its_text() {
        let unreadable = read("Page.javascriptDialogOpening", serde_json::Value::Null);
        assert!(matches!(unreadable, Some(TabEvent::DialogOpened(_))), "{unreadable:?}");
    }

    #[test]
    fn a_document_in_a_new_window_is_not_the_pages() {
        let requested = |disposition: &str| {
            let params = json!({"frameId": "F", "reason": "anchorClick", "url": "u", "disposition": disposition});
            read("Page.frameRequestedNavigation", params)
        };
        assert!(matches!(
            requested("currentTab"),
            Some(TabEvent::NavigationRequested(_))
        ));
        assert!(requested("newTab").is_none());
    }
}
