//! Patches in Pacemaker's format 2: what makes one tree of another, in pieces that can be sent.
//!
//! Read in this order: [`Patch`] and [`Change`] (what there is), `path` (how a place is named),
//! `making` ([`Patch::between`]), `applying` ([`Patch::apply`]), `markup` (as XML).
//!
//! A child is known by its name and its id among its siblings. Where several cannot be told apart
//! they are removed and made anew, so that a patch always gives the tree it was made for. Text
//! between elements is none of a patch's business.

mod applying;
mod making;
mod markup;
mod path;
mod places;
mod siblings;

#[cfg(test)]
mod tests;

pub use making::Order;
pub use path::Path;

use cluster::{Element, ExtraNode, Version};

/// What makes one tree of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// The version it was made against, and the one that comes of it.
    pub versions: Option<Versions>,
    /// The digest of what must come of it.
    pub digest: Option<String>,
    /// What to do. Places are those after everything was deleted and moved elements were set
    /// aside.
    pub changes: Vec<Change>,
}

/// From which version to which a patch leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// What has to be there.
    pub source: Version,
    /// What is there afterwards.
    pub target: Version,
}

/// A part of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new child.
    Create {
        /// The parent.
        path: Path,
        /// Its place among the children, from 0.
        position: usize,
        /// The child with all that is inside it.
        child: ExtraNode,
    },
    /// Other attributes.
    Modify {
        /// Whose.
        path: Path,
        /// Each that differs, with its value; none where it goes.
        attributes: Vec<(String, Option<String>)>,
        /// All that it has afterwards.
        result: Vec<(String, String)>,
    },
    /// Another place among its siblings.
    Move {
        /// Whose.
        path: Path,
        /// The place, from 0.
        position: usize,
    },
    /// It goes.
    Delete {
        /// What goes. One that is not there is gone already.
        path: Path,
    },
    /// A comment goes.
    DeleteComment {
        /// The parent.
        path: Path,
        /// Where it stands among the children, when what was to be deleted before it is gone.
        position: usize,
    },
}

/// What has to be true of a tree before a patch is applied to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// It has the version the patch was made against.
    SameVersion,
    /// Nothing: what comes of it tells.
    Any,
}

/// Why there is no patch, or why it was not applied. The tree is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Two trees that have nothing in common.
    #[error("the roots differ: {old} and {new}; compare a whole CIB with a whole CIB")]
    OtherRoot {
        /// The root of the one.
        old: String,
        /// The root of the other.
        new: String,
    },
    /// It is no patch in format 2.
    #[error("this is no patch of format 2: {what}; make one with `crm_diff`")]
    Format {
        /// What is wrong.
        what: String,
    },
    /// A modification does not say what comes of it.
    #[error("the change of {path} has no <change-result>; make the patch anew with `crm_diff`")]
    NoResult {
        /// What was to be changed.
        path: String,
    },
    /// The patch was made against an older version, or leads to one.
    #[error(
        "the patch leads from version {source_version} to {target}, and the configuration is at \
             {found} already; make it anew against that"
    )]
    Old {
        /// What the patch was made against.
        source_version: Version,
        /// Where it leads.
        target: Version,
        /// What is there.
        found: Version,
    },
    /// The patch was made against a newer version.
    #[error(
        "the patch was made against version {source_version}, and the configuration is only at \
             {found}; apply what lies between first"
    )]
    Early {
        /// What the patch was made against.
        source_version: Version,
        /// What is there.
        found: Version,
    },
    /// Something that is to be changed is not there, or not where it has to be.
    #[error("the patch does not fit: {what}; make it anew against what is there now")]
    Misfit {
        /// What is missing.
        what: String,
    },
    /// Something else came of it than was meant.
    #[error(
        "what comes of the patch has the digest {found} and not {expected}; make it anew against \
             what is there now"
    )]
    Digest {
        /// As the patch has it.
        expected: String,
        /// As it would be.
        found: String,
    },
}

/// The version that a root says; what it does not say is 0.
fn version_of(root: &Element) -> Version {
    let number = |name: &str| root.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    Version {
        admin_epoch: number("admin_epoch"),
        epoch: number("epoch"),
        num_updates: number("num_updates"),
    }
}
