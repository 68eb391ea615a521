//! The `DevTools` protocol over one web socket: commands with their answers, and events by session.
//!
//! The web socket and the commands' types are chromiumoxide's. Its own `Handler` is not used, because it hands over
//! the events of one kind at a time and so loses their order, on which the waiting for a quiet network rests, and
//! because it cannot speak to frames that live in processes of their own.

use std::collections::HashMap;
use std::fmt;

use chromiumoxide::conn::Connection;
use chromiumoxide::error::CdpError;
use chromiumoxide::types::{CallId, Command, EventMessage, Message, Method, MethodId, Response};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// An event, still as JSON.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    /// Its name, such as `Page.loadEventFired`.
    pub(super) method: String,
    /// The session that it happened in; none for the browser itself.
    #[serde(rename = "sessionId")]
    pub(super) session: Option<String>,
    /// What it says; null where that is no JSON that can be read.
    #[serde(default)]
    pub(super) params: Value,
}

impl Method for Event {
    fn identifier(&self) -> MethodId {
        self.method.clone().into()
    }
}

impl EventMessage for Event {
    fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// Where the events of a session go. The receiver must keep pace: nothing bounds the queue, because a full one would
/// hold up the answers that its receiver waits for.
pub(super) type Events = mpsc::UnboundedReceiver<Event>;

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// The browser is gone.
    Lost,
    /// The browser said no, or something that is not understood.
    Refused {
        /// The command's name.
        command: String,
        /// What it said.
        reason: String,
    },
}

/// One browser's end of the protocol. Clones share it; it is closed when the last is dropped.
#[derive(Clone)]
pub(super) struct DevTools {
    orders: mpsc::UnboundedSender<Order>,
}

impl fmt::Debug for DevTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevTools").finish_non_exhaustive()
    }
}

impl DevTools {
    /// Connects to a browser; `lost` is cancelled when the connection ends.
    ///
    /// # Errors
    /// What the web socket's library says.
    pub(super) async fn connect(url: &str, lost: CancellationToken) -> Result<Self, CdpError> {
        let socket = Connection::connect(url).await?;
        let (orders, queue) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            drive(socket, queue).await;
            lost.cancel();
        });
        Ok(Self { orders })
    }

    /// The browser itself.
    pub(super) fn browser(&self) -> Session {
        Session {
            devtools: self.clone(),
            id: None,
        }
    }

    /// A session that was attached.
    pub(super) fn session(&self, id: impl Into<String>) -> Session {
        Session {
            devtools: self.clone(),
            id: Some(id.into()),
        }
    }

    fn order(&self, order: Order) {
        // It fails only when the browser is gone, which the reply, if one is wanted, will say.
        let _ = self.orders.send(order);
    }
}

/// Where commands are sent to: the browser, a tab, or a frame in a process of its own.
#[derive(Debug, Clone)]
pub(super) struct Session {
    devtools: DevTools,
    id: Option<String>,
}

impl Session {
    /// The client that it belongs to.
    pub(super) fn devtools(&self) -> &DevTools {
        &self.devtools
    }

    /// Sends a command and waits for its answer, as long as that takes.
    pub(super) async fn call<C: Command>(&self, command: C) -> Result<C::Response, CallError> {
        let name = command.identifier();
        let refused = |reason: String| CallError::Refused {
            command: name.to_string(),
            reason,
        };
        let (reply, answer) = oneshot::channel();
        self.submit(&command, Some(reply))
            .map_err(|error| refused(error.to_string()))?;
        let result = answer.await.map_err(|_| CallError::Lost)?.map_err(&refused)?;
        C::response_from_value(result).map_err(|error| refused(error.to_string()))
    }

    /// Sends a command whose answer does not matter.
    pub(super) fn send<C: Command>(&self, command: &C) {
        if let Err(error) = self.submit(command, None) {
            tracing::debug!(command = %command.identifier(), %error, "a command cannot be written");
        }
    }

    /// Takes over the session's events from here on.
    pub(super) fn events(&self) -> (Listener, Events) {
        let (sender, events) = mpsc::unbounded_channel();
        let listener = Listener { sender };
        self.listen(&listener);
        (listener, events)
    }

    /// Has the session's events go to a receiver that is there.
    pub(super) fn listen(&self, listener: &Listener) {
        self.devtools.order(Order::Listen {
            session: self.id.clone(),
            sender: listener.sender.clone(),
        });
    }

    /// Has the session's events go nowhere.
    pub(super) fn forget(&self) {
        self.devtools.order(Order::Forget {
            session: self.id.clone(),
        });
    }

    fn submit<C: Command>(&self, command: &C, reply: Option<Reply>) -> serde_json::Result<()> {
        self.devtools.order(Order::Call {
            method: command.identifier(),
            session: self.id.clone(),
            params: serde_json::to_value(command)?,
            reply,
        });
        Ok(())
    }
}

/// The sending end of [`Events`], for sessions that join in.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    sender: mpsc::UnboundedSender<Event>,
}

type Reply = oneshot::Sender<Result<Value, String>>;

enum Order {
    Call {
        method: MethodId,
        session: Option<String>,
        params: Value,
        reply: Option<Reply>,
    },
    Listen {
        session: Option<String>,
        sender: mpsc::UnboundedSender<Event>,
    },
    Forget {
        session: Option<String>,
    },
}

/// Carries orders out and hands answers and events over, until either side is gone. Replies that are then still owed
/// are dropped, which their receivers take as the browser's loss.
async fn drive(mut socket: Connection<Event>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut owed: HashMap<CallId, Reply> = HashMap::new();
    let mut listeners: HashMap<Option<String>, mpsc::UnboundedSender<Event>> = HashMap::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Call { method, session, params, reply }) => {
                    match socket.submit_command(method, session.map(Into::into), params) {
                        Ok(id) => drop(reply.map(|reply| owed.insert(id, reply))),
                        Err(error) => drop(reply.map(|reply| reply.send(Err(error.to_string())))),
                    }
                }
                Some(Order::Listen { session, sender }) => drop(listeners.insert(session, sender)),
                Some(Order::Forget { session }) => drop(listeners.remove(&session)),
                None => return,
            },
            message = socket.next() => {
                let message = match message {
                    Some(Ok(message)) => message,
                    Some(Err(CdpError::InvalidMessage(text, _))) => match Envelope::read(&text) {
                        Some(message) => message,
                        None => continue,
                    },
                    Some(Err(error)) => {
                        tracing::debug!(%error, "the connection to the browser broke");
                        return;
                    }
                    None => return,
                };
                match message {
                    Message::Response(response) => {
                        if let Some(reply) = owed.remove(&response.id) {
                            let _ = reply.send(outcome(response));
                        }
                    }
                    Message::Event(event) => {
                        if let Some(sender) = listeners.get(&event.session) {
                            let _ = sender.send(event);
                        }
                    }
                }
            }
        }
    }
}

fn outcome(response: Response) -> Result<Value, String> {
    match (response.result, response.error) {
        (_, Some(error)) => Err(error.message),
        (Some(result), None) => Ok(result),
        (None, None) => Err("an answer with neither a result nor an error".to_owned()),
    }
}

/// What can be read of every message. Texts of a page may hold half a surrogate pair, which JSON can write and Rust's
/// strings cannot hold; whoever waits for such a message must hear of it all the same.
#[derive(Deserialize)]
struct Envelope {
    id: Option<CallId>,
    method: Option<String>,
    #[serde(rename = "sessionId")]
    session: Option<String>,
}

impl Envelope {
    fn read(text: &str) -> Option<Message<Event>> {
        let envelope: Self = serde_json::from_str(text).ok()?;
        if let Some(id) = envelope.id {
            let message = "its answer is no text in Unicode".to_owned();
            return Some(Message::Response(Response {
                id,
                result: None,
                error: Some(chromiumoxide::types::Error { code: 0, message }),
            }));
        }
        Some(Message::Event(Event {
            method: envelope.method?,
            session: envelope.session,
            params: Value::Null,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_spoils_no_more_than_the_text() {
        let event = r#"{"method":"Page.javascriptDialogOpening","sessionId":"S","params":{"message":"\ud800"}}"#;
        assert!(serde_json::from_str::<Event>(event).is_err());
        match Envelope::read(event) {
            Some(Message::Event(event)) => {
                assert_eq!(
                    (event.method.as_str(), event.session.as_deref()),
                    ("Page.javascriptDialogOpening", Some("S"))
                );
            }
            other => panic!("{other:?}"),
        }
        match Envelope::read(r#"{"id":7,"result":{"value":"\ud800"}}"#) {
            Some(Message::Response(response)) => {
                assert_eq!(response.id, CallId::new(7));
                assert!(outcome(response).is_err());
            }
            other => panic!("{other:?}"),
        }
        assert!(Envelope::read("{}").is_none());
        assert!(Envelope::read("[").is_none());
    }

    #[test]
    fn sessions_are_read() {
        let event: Event = serde_json::from_str(r#"{"method":"A.b","sessionId":"S","params":{"c":1}}"#).unwrap();
        assert_eq!((event.session_id(), event.params["c"].as_u64()), (Some("S"), Some(1)));
    }
}
