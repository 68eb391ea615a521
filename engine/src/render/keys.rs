//! A keyboard: keys go down and up as a person's do, so that the page's handlers hear of them.

use chromiumoxide::cdp::browser_protocol::input::{DispatchKeyEventParams, DispatchKeyEventType, InsertTextParams};
use chromiumoxide::keys::{KeyDefinition, USKEYBOARD_LAYOUT};

use super::devtools::{CallError, Session};

/// Types a text into what has the keyboard. Characters that an American keyboard does not have are put in as an input
/// method does it.
pub(super) async fn type_text(session: &Session, text: &str) -> Result<(), CallError> {
    for character in text.chars() {
        let name = match character {
            '\n' | '\r' => "Enter".to_owned(),
            '\t' => "Tab".to_owned(),
            other => other.to_string(),
        };
        match key(&name) {
            Some(key) => press(session, key).await?,
            None => {
                session.call(InsertTextParams::new(name)).await?;
            }
        }
    }
    Ok(())
}

/// The key of that name in the UI Events standard; `None` where an American keyboard has none.
pub(super) fn key(name: &str) -> Option<&'static KeyDefinition> {
    let name = if name == "Space" { " " } else { name };
    // Many keys stand on the number pad, too.
    let named = |key: &&KeyDefinition| key.key == name && !key.code.starts_with("Numpad");
    USKEYBOARD_LAYOUT.iter().find(named)
}

/// Presses a key and lets it go.
pub(super) async fn press(session: &Session, key: &KeyDefinition) -> Result<(), CallError> {
    // What a key writes is its name where that is one character, and it may write where it has a longer one.
    let text = key.text.or((key.key.chars().count() == 1).then_some(key.key));
    let event = |kind: DispatchKeyEventType| {
        let mut event = DispatchKeyEventParams::new(kind);
        event.key = Some(key.key.to_owned());
        event.code = Some(key.code.to_owned());
        event.windows_virtual_key_code = Some(key.key_code);
        event.native_virtual_key_code = Some(key.key_code);
        event
    };
    let mut down = event(match text {
        Some(_) => DispatchKeyEventType::KeyDown,
        None => DispatchKeyEventType::RawKeyDown,
    });
    down.text = text.map(str::to_owned);
    session.call(down).await?;
    session.call(event(DispatchKeyEventType::KeyUp)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_standards_names() {
        let check = |name: &str, code: Option<&str>| assert_eq!(key(name).map(|key| key.code), code, "{name}");
        check("Enter", Some("Enter"));
        check("ArrowDown", Some("ArrowDown"));
        check("Space", Some("Space"));
        check("a", Some("KeyA"));
        check("A", Some("KeyA"));
        check("Return", None);
        check("ß", None);
    }
}
