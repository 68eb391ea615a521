//! Enums whose values have names in a definition: one macro, so that reading, listing and writing them agree.

/// A set of values that a definition names by fixed words.
pub trait ClosedSet: Copy + 'static {
    /// All values, in the order in which a message lists them.
    const ALL: &'static [Self];

    /// The value's word in JSON.
    fn as_str(self) -> &'static str;

    /// The value that a word names.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == name)
    }
}

/// Declares a field-less enum with the word that each value has in JSON.
macro_rules! closed_set {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$value_meta:meta])* $value:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_meta])* #[serde(rename = $word)] $value,)+
        }

        impl $crate::model::ClosedSet for $name {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::model::ClosedSet::as_str(*self))
            }
        }
    };
}
