//! Primitives, groups, clones.

use super::parts::description;
use super::{Lines, Printer};
use crate::element;
use cluster::Element;

impl Printer<'_> {
    /// A primitive, or a template, which is written like one.
    pub(super) fn primitive(&self, keyword: &str, primitive: &Element) -> Option<Lines> {
        let agent = match primitive.attribute("template") {
            Some(template) => format!("@{template}"),
            None => agent(primitive)?,
        };
        let mut lines = Lines::new(format!("{keyword} {} {agent}", element::id(primitive)));
        description(primitive, &mut lines);
        for part in primitive.elements() {
            match part.name.as_str() {
                "instance_attributes" => lines.push(self.block("params", part)?),
                "meta_attributes" => lines.push(self.block("meta", part)?),
                "utilization" => lines.push(self.block("utilization", part)?),
                "operations" => self.operations(part, &mut lines)?,
                _ => return None,
            }
        }
        Some(lines)
    }

    /// A group, clone, or promotable clone of the old kind.
    pub(super) fn container(&self, keyword: &str, container: &Element) -> Option<Lines> {
        let members = container.elements().filter(|child| element::is_resource(child));
        let words = [keyword, element::id(container)].into_iter().chain(members.map(element::id));
        let mut lines = Lines::new(words.collect::<Vec<_>>().join(" "));
        description(container, &mut lines);
        for part in container.elements() {
            match part.name.as_str() {
                "instance_attributes" => lines.push(self.block("params", part)?),
                "meta_attributes" => lines.push(self.block("meta", part)?),
                _ if element::is_resource(part) => {}
                _ => return None,
            }
        }
        Some(lines)
    }
}

/// An agent; what a bare name means is left out.
fn agent(primitive: &Element) -> Option<String> {
    let (class, kind) = (primitive.attribute("class")?, primitive.attribute("type")?);
    let provider = primitive.attribute("provider");
    let is_usual = class == "ocf" && provider == Some("heartbeat");
    Some(match provider {
        _ if is_usual && !kind.starts_with("fence_") && !kind.contains(':') => kind.to_owned(),
        Some(provider) => format!("{class}:{provider}:{kind}"),
        None => format!("{class}:{kind}"),
    })
}
