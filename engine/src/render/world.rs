//! Functions of ours in a page: in a world of their own, where the page's scripts can neither see nor change them.

use chromiumoxide::cdp::browser_protocol::page::CreateIsolatedWorldParams;
use chromiumoxide::cdp::js_protocol::runtime::{
    CallArgument, CallFunctionOnParams, ExceptionDetails, ExecutionContextId,
};
use serde_json::Value;

use super::devtools::{CallError, Session};
use super::error::RenderError;
use super::events::FrameId;

/// A function that gave no result.
#[derive(Debug)]
pub(super) enum ScriptError {
    /// The document that it was for has gone.
    Gone,
    /// It threw this.
    Thrown(String),
    /// It could not be called.
    Call(CallError),
}

impl From<CallError> for ScriptError {
    fn from(error: CallError) -> Self {
        let gone = [
            "Cannot find context",
            "Execution context was destroyed",
            "Inspected target navigated or closed",
            "No frame for given id",
            "Frame with the given id was not found",
            "Promise was collected",
            "Session with given id not found",
        ];
        match &error {
            CallError::Refused { reason, .. } if gone.iter().any(|words| reason.contains(words)) => Self::Gone,
            _ => Self::Call(error),
        }
    }
}

impl From<ScriptError> for RenderError {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Call(error) => error.into(),
            ScriptError::Gone => Self::Protocol {
                command: "Runtime.callFunctionOn".to_owned(),
                reason: "the document has gone".to_owned(),
            },
            ScriptError::Thrown(reason) => Self::Protocol {
                command: "Runtime.callFunctionOn".to_owned(),
                reason,
            },
        }
    }
}

/// The world of a frame's document, as it is now.
#[derive(Debug, Clone)]
pub(super) struct World {
    session: Session,
    context: ExecutionContextId,
}

impl World {
    /// The world of a frame's present document; it is made where it is not there yet.
    pub(super) async fn of(session: &Session, frame: &FrameId) -> Result<Self, ScriptError> {
        let mut create = CreateIsolatedWorldParams::new(frame.clone());
        create.world_name = Some("snowscrape".to_owned());
        Ok(Self {
            context: session.call(create).await?.execution_context_id,
            session: session.clone(),
        })
    }

    /// The execution context's name, for objects that are to be passed to it.
    pub(super) fn context(&self) -> ExecutionContextId {
        self.context
    }

    /// Calls a function and gives what it returns, or what it promised to.
    pub(super) async fn call(&self, function: &str, arguments: Vec<CallArgument>) -> Result<Value, ScriptError> {
        let mut call = CallFunctionOnParams::new(function);
        call.execution_context_id = Some(self.context);
        call.arguments = Some(arguments);
        call.return_by_value = Some(true);
        call.await_promise = Some(true);
        let returned = self.session.call(call).await?;
        match returned.exception_details {
            Some(details) => Err(ScriptError::Thrown(description(&details))),
            None => Ok(returned.result.value.unwrap_or_default()),
        }
    }
}

/// A JSON value as an argument.
pub(super) fn value(value: impl Into<Value>) -> CallArgument {
    CallArgument {
        value: Some(value.into()),
        ..CallArgument::default()
    }
}

/// What was thrown, in a line.
pub(super) fn description(details: &ExceptionDetails) -> String {
    let exception = details.exception.as_ref();
    let described = exception.and_then(|exception| exception.description.as_deref());
    let thrown = exception.and_then(|exception| exception.value.as_ref());
    let text = match (described, thrown) {
        (Some(described), _) => described.to_owned(),
        (None, Some(thrown)) => thrown.to_string(),
        (None, None) => details.text.clone(),
    };
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
