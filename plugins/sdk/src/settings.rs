//! The options that were given, by name.
//!
//! The host refuses what is not declared and what is of another kind, so a value that is not there was not given.

use crate::{OptionValue, Setting};

/// Options that were given.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// Takes the options as they came through the interface.
    pub fn new(given: Vec<Setting>) -> Self {
        Self(given)
    }

    fn get(&self, name: &str) -> Option<&OptionValue> {
        self.0
            .iter()
            .find(|setting| setting.name == name)
            .map(|setting| &setting.value)
    }

    /// A text or a choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A yes or no.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(OptionValue::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(OptionValue::Integer(value)) => Some(*value),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(OptionValue::Number(value)) => Some(*value),
            _ => None,
        }
    }
}
