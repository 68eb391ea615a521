//! The content of a finished page: its live document with its shadow roots and, where they are wanted, its frames.

use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::dom::{GetFrameOwnerParams, ResolveNodeParams};
use chromiumoxide::cdp::js_protocol::runtime::CallArgument;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::devtools::CallError;
use super::error::RenderError;
use super::events::FrameId;
use super::state::{Frame, PageState};
use super::tab::Tab;
use super::world::{ScriptError, World, value};

/// How long a frame may take, those in it included.
const FRAME: Duration = Duration::from_secs(5);

const CONTENT: &str = include_str!("scripts/content.js");

/// A document as it was.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Taken {
    Document(Document),
    TooLarge {
        #[serde(rename = "too_large")]
        _is: bool,
    },
}

/// A document, serialised.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) html: String,
    pub(super) url: String,
    #[serde(rename = "type")]
    pub(super) media_type: String,
}

/// Takes the page's document, of at most so many bytes. A document that goes while it is taken makes room for the
/// next, which is taken once it is parsed.
pub(super) async fn take(tab: &Tab, frames: bool, max_bytes: u64) -> Result<Document, RenderError> {
    loop {
        let main = tab.ask(|state| state.main().clone());
        match take_frame(tab, main, None, frames, max_bytes).await {
            Ok(Some(document)) => return Ok(document),
            Ok(None) => return Err(RenderError::TooLarge { limit: max_bytes }),
            Err(ScriptError::Gone) => tab.until(PageState::content_loaded).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes a frame's document with the frames in it; `None` if that is too large.
fn take_frame(
    tab: &Tab,
    id: FrameId,
    session: Option<String>,
    frames: bool,
    max_bytes: u64,
) -> BoxFuture<'_, Result<Option<Document>, ScriptError>> {
    Box::pin(async move {
        let world = World::of(&tab.session_of(session.as_deref()), &id).await?;
        let mut arguments = vec![value(max_bytes)];
        let mut inner = Vec::new();
        let children = if frames {
            tab.ask(|state| state.children(&id))
        } else {
            Vec::new()
        };
        for (child, frame) in children {
            let Some(element) = owner(tab, &world, session.as_deref(), &child).await else {
                continue;
            };
            let Some(document) = take_child(tab, child, frame, max_bytes).await? else {
                return Ok(None);
            };
            // Nobody can guess it, so that no page can put the content of a frame elsewhere.
            let mark = format!("{:032x}", rand::random::<u128>());
            arguments.extend([element, value(document.url), value(mark.as_str())]);
            inner.push((mark, document.html));
        }
        let taken = world.call(CONTENT, arguments).await?;
        let mut document = match serde_json::from_value(taken) {
            Ok(Taken::Document(document)) => document,
            Ok(Taken::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(ScriptError::Thrown(error.to_string())),
        };
        let bytes = document.html.len() + inner.iter().map(|(_, html)| html.len()).sum::<usize>();
        if bytes as u64 > max_bytes {
            return Ok(None);
        }
        for (mark, html) in inner {
            document.html = document.html.replacen(&mark, &html, 1);
        }
        Ok(Some(document))
    })
}

/// A frame's document, empty where it cannot be had: a frame that crashed, that is busy, or that is on its way
/// elsewhere does not spoil the page.
async fn take_child(tab: &Tab, id: FrameId, frame: Frame, max_bytes: u64) -> Result<Option<Document>, ScriptError> {
    let taken = take_frame(tab, id, frame.session, true, max_bytes);
    match tokio::time::timeout(FRAME, taken).await {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(ScriptError::Call(CallError::Lost))) => Err(ScriptError::Call(CallError::Lost)),
        Ok(Err(error)) => Ok(Some(without_content(&error))),
        Err(late) => Ok(Some(without_content(&late))),
    }
}

fn without_content(why: &impl std::fmt::Debug) -> Document {
    tracing::debug!(?why, "a frame's content cannot be taken");
    Document {
        html: String::new(),
        url: String::new(),
        media_type: String::new(),
    }
}

/// The element of a frame, in the world of the document that it stands in.
async fn owner(tab: &Tab, world: &World, session: Option<&str>, frame: &FrameId) -> Option<CallArgument> {
    let session = tab.session_of(session);
    let node = session.call(GetFrameOwnerParams::new(frame.clone())).await.ok()?;
    let resolve = ResolveNodeParams {
        backend_node_id: Some(node.backend_node_id),
        execution_context_id: Some(world.context()),
        ..ResolveNodeParams::default()
    };
    let object = session.call(resolve).await.ok()?.object.object_id?;
    Some(CallArgument {
        object_id: Some(object),
        ..CallArgument::default()
    })
}
