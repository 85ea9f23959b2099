//! How an element was written, where that is not how it would be written from its typed values.
//!
//! `Master` is `Promoted`, an `interval` that nobody wrote is `0s`, `meta_attributes` may stand
//! before `instance_attributes`. The typed values decide; a wording only gives people back what
//! they wrote, and only for as long as what it stands for has not changed.

use crate::Element;

/// What of an element, and of those inside it, was written in another way than the usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// The element's name.
    pub name: Option<String>,
    /// How many of the comments at its beginning stood above it.
    pub above: u32,
    /// Its attributes.
    pub attributes: Vec<Spelling>,
    /// The names of its attributes in the order in which they stood, where that shows.
    pub attribute_order: Vec<String>,
    /// Its child nodes in the order in which they stood: elements by their name and id,
    /// `op=web-start-0`.
    pub order: Vec<String>,
    /// Child elements that are written although nobody wrote them.
    pub implied: Vec<Element>,
    /// Wordings of child elements, named in the same way.
    pub inside: Vec<(String, Self)>,
}

/// One attribute. What has another name appears twice: as one that nobody wrote, and as one that
/// is usually not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// Its name.
    pub name: String,
    /// What is usually written; nothing when the attribute is left out.
    pub usual: Option<String>,
    /// What was written; nothing when it was left out.
    pub written: Option<String>,
}

impl Wording {
    /// Whether everything was written the usual way.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
