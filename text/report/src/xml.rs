//! The same as XML: what agents and exporters read with `--output-as=xml`.
//!
//! Elements only; how they are written is up to who can write XML.

mod build;
mod simulation;
mod status;

pub use simulation::{actions, events, modifications, notes, timing};
pub use status::{nodes, resources};

pub(crate) use build::Build;

use cluster::Element;

/// The whole answer: `parts`, and how the command ended.
pub fn result(
    version: &str,
    request: &str,
    parts: Vec<Element>,
    (code, message): (u8, &str),
) -> Element {
    let status = Build::new("status").with("code", code).with("message", message);
    Build::new("pacemaker-result")
        .with("api-version", version)
        .with("request", request)
        .elements(parts)
        .child(status)
        .finish()
}

/// Elements under one name.
pub fn group(name: &str, children: Vec<Element>) -> Element {
    Build::new(name).elements(children).finish()
}
