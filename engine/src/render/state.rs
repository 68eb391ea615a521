//! What is known of the page in a tab: how far its document is, what is under way, which frames it has.
//!
//! It is told of events and asked questions, and neither waits nor sends.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::events::{
    FrameAttached, FrameDetached, FrameId, FrameNavigated, Lifecycle, LoaderId, RequestFinished, RequestSent, Response,
    ResponseReceived,
};

/// The page in a tab.
#[derive(Debug)]
pub(super) struct PageState {
    main: FrameId,
    document: Option<Document>,
    /// All documents that the main frame has had.
    committed: HashSet<LoaderId>,
    /// Whether a script asked for another document in the main frame, and it has neither come nor failed.
    pending: bool,
    /// The heads of the main frame's responses whose documents have not come yet, and of the one that has.
    responses: HashMap<LoaderId, Head>,
    /// The URL of the last document that was asked for in the main frame.
    asked: Option<String>,
    /// Why the main frame's last document did not come.
    failure: Option<String>,
    requests: HashMap<String, Request>,
    quiet_since: Option<Instant>,
    frames: HashMap<FrameId, Frame>,
    crashed: bool,
}

/// The document in the main frame.
#[derive(Debug)]
struct Document {
    loader: LoaderId,
    content_loaded: bool,
    loaded: bool,
    unreachable: Option<String>,
}

/// A request under way.
#[derive(Debug)]
struct Request {
    session: Option<String>,
    url: String,
    /// Whether it is for a document of the main frame.
    main: bool,
}

/// What is known of the response that a document came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) media_type: String,
    /// `Retry-After` as it stands there.
    pub(super) retry_after: Option<String>,
}

/// A frame below the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) parent: FrameId,
    /// The session that speaks to it; the tab's own if `None`.
    pub(super) session: Option<String>,
}

impl PageState {
    /// An empty tab, by the frame that stays its main one.
    pub(super) fn new(main: FrameId) -> Self {
        Self {
            main,
            document: None,
            committed: HashSet::new(),
            pending: false,
            responses: HashMap::new(),
            asked: None,
            failure: None,
            requests: HashMap::new(),
            quiet_since: None,
            frames: HashMap::new(),
            crashed: false,
        }
    }

    /// Forgets the page, for another.
    pub(super) fn clear(&mut self) {
        let crashed = self.crashed;
        *self = Self {
            crashed,
            ..Self::new(std::mem::take(&mut self.main))
        };
    }

    /// The main frame.
    pub(super) fn main(&self) -> &FrameId {
        &self.main
    }

    /// Whether the page's process has ended.
    pub(super) fn crashed(&self) -> bool {
        self.crashed
    }

    /// Whether a document has come into the main frame, though another may have taken its place.
    pub(super) fn committed(&self, loader: &LoaderId) -> bool {
        self.committed.contains(loader)
    }

    /// The main frame's document.
    pub(super) fn loader(&self) -> Option<&LoaderId> {
        self.document.as_ref().map(|document| &document.loader)
    }

    /// Whether the document has been parsed.
    pub(super) fn content_loaded(&self) -> bool {
        self.document
            .as_ref()
            .is_some_and(|document| document.content_loaded || document.loaded)
    }

    /// Whether the document has loaded, with what belongs to it.
    pub(super) fn loaded(&self) -> bool {
        self.document.as_ref().is_some_and(|document| document.loaded)
    }

    /// Whether another document is on its way into the main frame.
    pub(super) fn pending(&self) -> bool {
        self.pending
    }

    /// The URL that the browser shows an error for, and the error's name.
    pub(super) fn unreachable(&self) -> Option<(&str, &str)> {
        let url = self.document.as_ref()?.unreachable.as_deref()?;
        Some((url, self.failure.as_deref().unwrap_or("net::ERR_FAILED")))
    }

    /// The URL of the last document that was asked for in the main frame.
    pub(super) fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// The head of the response that the main frame's document came in.
    pub(super) fn head(&self) -> Option<&Head> {
        self.responses.get(self.loader()?)
    }

    /// The head of any response to the main frame, for a document that will not come.
    pub(super) fn any_head(&self) -> Option<&Head> {
        self.responses.values().next()
    }

    /// Since when nothing is under way, while the document has been parsed.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        self.quiet_since.filter(|_| self.content_loaded())
    }

    /// How many requests are under way, and the URL of one without its query.
    pub(super) fn open_requests(&self) -> (usize, Option<String>) {
        let url = self.requests.values().map(|request| &request.url).min();
        let shown = |url: &String| {
            let end = url.find(['?', '#']).unwrap_or(url.len());
            url[..end].chars().take(200).collect()
        };
        (self.requests.len(), url.map(shown))
    }

    /// The names of the requests under way.
    pub(super) fn request_ids(&self) -> impl Iterator<Item = &String> {
        self.requests.keys()
    }

    /// The frames below one, in no order.
    pub(super) fn children(&self, parent: &FrameId) -> Vec<(FrameId, Frame)> {
        let below = self.frames.iter().filter(|(_, frame)| frame.parent == *parent);
        below.map(|(id, frame)| (id.clone(), frame.clone())).collect()
    }

    pub(super) fn on_crash(&mut self) {
        self.crashed = true;
    }

    pub(super) fn on_navigation_requested(&mut self, frame: &FrameId) {
        self.pending |= *frame == self.main;
    }

    pub(super) fn on_loading_stopped(&mut self, frame: &FrameId) {
        self.pending &= *frame != self.main;
    }

    pub(super) fn on_attached(&mut self, attached: FrameAttached, session: Option<String>) {
        let FrameAttached {
            frame_id,
            parent_frame_id,
        } = attached;
        let frame = Frame {
            parent: parent_frame_id,
            session,
        };
        self.frames.insert(frame_id, frame);
    }

    pub(super) fn on_detached(&mut self, detached: &FrameDetached) {
        // A frame that goes to another process stays, and is soon attached there.
        if detached.reason != "swap" {
            self.remove_frame(&detached.frame_id);
        }
    }

    pub(super) fn on_navigated(&mut self, navigated: FrameNavigated, session: Option<String>) {
        let frame = navigated.frame;
        if frame.id != self.main {
            self.remove_children(&frame.id);
            if let Some(parent) = frame
                .parent_id
                .or_else(|| Some(self.frames.get(&frame.id)?.parent.clone()))
            {
                self.frames.insert(frame.id, Frame { parent, session });
            }
            return;
        }
        self.frames.clear();
        self.pending = false;
        self.responses.retain(|loader, _| *loader == frame.loader_id);
        // What the last document still had under way is over with it, but for the new document's own request.
        self.requests.retain(|id, _| *id == frame.loader_id);
        self.committed.insert(frame.loader_id.clone());
        self.document = Some(Document {
            loader: frame.loader_id,
            content_loaded: false,
            loaded: false,
            unreachable: frame.unreachable_url,
        });
        self.note_quiet();
    }

    pub(super) fn on_lifecycle(&mut self, event: &Lifecycle) {
        if let Some(document) = &mut self.document
            && event.frame_id == self.main
            && event.loader_id == document.loader
        {
            match event.name.as_str() {
                "DOMContentLoaded" => document.content_loaded = true,
                "load" => document.loaded = true,
                _ => {}
            }
        }
    }

    pub(super) fn on_request(&mut self, sent: RequestSent, session: Option<String>) {
        let main = sent.r#type == "Document" && sent.frame_id.as_ref() == Some(&self.main);
        if main {
            self.pending = self.document.is_some();
            self.asked = Some(sent.request.url.clone());
        }
        // Those need no network, or nobody waits for their end.
        if sent.request.url.starts_with("data:") || sent.r#type == "Ping" {
            return;
        }
        let request = Request {
            session,
            url: sent.request.url,
            main,
        };
        self.requests.insert(sent.request_id, request);
        self.quiet_since = None;
    }

    pub(super) fn on_response(&mut self, received: ResponseReceived) {
        if received.request_id == received.loader_id && received.frame_id.as_ref() == Some(&self.main) {
            let Response {
                status,
                mime_type,
                headers,
            } = received.response;
            let mut headers = headers.into_iter();
            let head = Head {
                status,
                media_type: mime_type.to_ascii_lowercase(),
                retry_after: headers
                    .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
                    .map(|(_, value)| value),
            };
            self.responses.insert(received.loader_id, head);
        }
    }

    pub(super) fn on_finished(&mut self, finished: RequestFinished) {
        let Some(request) = self.requests.remove(&finished.request_id) else {
            return;
        };
        if let (true, Some(text)) = (request.main, finished.error_text) {
            self.failure = Some(text);
            self.pending = false;
        }
        self.note_quiet();
    }

    /// A frame's session, or a worker's, has come.
    pub(super) fn on_session(&mut self, target: &FrameId, session: String) {
        if let Some(frame) = self.frames.get_mut(target) {
            frame.session = Some(session);
        }
    }

    /// A session is gone, and what it had under way with it.
    pub(super) fn on_session_gone(&mut self, session: &str) {
        let gone = |of: &Option<String>| of.as_deref() == Some(session);
        self.requests.retain(|_, request| !gone(&request.session));
        self.note_quiet();
    }

    fn note_quiet(&mut self) {
        if self.requests.is_empty() {
            self.quiet_since.get_or_insert_with(Instant::now);
        }
    }

    fn remove_frame(&mut self, frame: &FrameId) {
        self.frames.remove(frame);
        self.remove_children(frame);
    }

    fn remove_children(&mut self, frame: &FrameId) {
        for (child, _) in self.children(frame) {
            self.remove_frame(&child);
        }
    }
}

#[cfg(test)]
mod tests;
