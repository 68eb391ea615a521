//! Texts that may be secrets.

use poem_openapi::Object;
use poem_openapi::registry::{MetaSchema, Registry};
use poem_openapi::types::Type as _;

use super::described::{Described, Form};

/// The name of a value that the operator keeps. The value is put in when it is sent, and is never shown.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct SecretReference {
    /// The secret's name: letters of ASCII, digits and `_`.
    #[oai(validator(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_]+$"))]
    secret: String,
}

/// A text, or `{"secret": NAME}`. A pattern of such a field counts for the text.
pub(crate) type SecretText = Described<TextOrSecret>;

/// The form of a [`SecretText`]. It is no derived union, because poem-openapi gives each of those the type `object`,
/// which a text is not.
#[derive(Debug)]
pub(crate) struct TextOrSecret;

impl Form for TextOrSecret {
    fn schema() -> MetaSchema {
        MetaSchema {
            one_of: vec![String::schema_ref(), SecretReference::schema_ref()],
            ..MetaSchema::ANY
        }
    }

    fn register(registry: &mut Registry) {
        SecretReference::register(registry);
    }
}
