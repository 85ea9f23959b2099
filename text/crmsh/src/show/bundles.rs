//! Bundles.

use super::parts::{assignments, description};
use super::{Lines, Printer};
use crate::element;
use cluster::{ContainerKind, Element};

impl Printer<'_> {
    pub(super) fn bundle(&self, bundle: &Element) -> Option<Lines> {
        let mut lines = Lines::new(format!("bundle {}", element::id(bundle)));
        description(bundle, &mut lines);
        for part in bundle.elements() {
            lines.push(match part.name.as_str() {
                "network" | "storage" => mappings(part),
                "meta_attributes" => self.block("meta", part)?,
                "primitive" => format!("primitive {}", element::id(part)),
                kind if ContainerKind::parse(kind).is_some() => line(part),
                _ => return None,
            });
        }
        Some(lines)
    }
}

/// A keyword with its values.
fn line(element: &Element) -> String {
    let values = assignments(element, &[]);
    std::iter::once(element.name.clone()).chain(values).collect::<Vec<_>>().join(" ")
}

/// The network or storage, and what of the host is seen inside.
fn mappings(element: &Element) -> String {
    let mappings = element.elements().map(line);
    std::iter::once(line(element)).chain(mappings).collect::<Vec<_>>().join(" ")
}
