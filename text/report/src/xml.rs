//! The same as XML: what agents and exporters read with `--output-as=xml`.
//!
//! Elements only; how they are written is up to who can write XML.

mod build;
mod simulation;
mod status;
mod summary;

pub use simulation::{actions, events, modifications, notes, timing};
pub use status::{nodes, one, resources};
pub use summary::summary;

pub(crate) use build::Build;

use cluster::Element;

/// Which version of the form is written: readers check answers against its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// That of Pacemaker 2.1.5, which other tools take us for.
    Presented,
    /// That of the versions whose decisions are ours; it says more of resources.
    Newest,
}

impl Form {
    const fn version(self) -> &'static str {
        match self {
            Self::Presented => "2.25",
            Self::Newest => "2.40",
        }
    }
}

/// The whole answer: `parts`, and how the command ended.
pub fn result(
    form: Form,
    request: &str,
    parts: Vec<Element>,
    (code, message): (u8, &str),
) -> Element {
    let status = Build::new("status").with("code", code).with("message", message);
    Build::new("pacemaker-result")
        .with("api-version", form.version())
        .with("request", request)
        .elements(parts)
        .child(status)
        .finish()
}

/// Elements under one name.
pub fn group(name: &str, children: Vec<Element>) -> Element {
    Build::new(name).elements(children).finish()
}
