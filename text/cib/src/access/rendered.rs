//! The whole tree as text, with marks where the rights change: `cibadmin --show-access`.
//!
//! The marks, the namespaces and the colours are those of Pacemaker's tool.

use super::{Ground, Verdict};
use crate::{Place, markup};
use cluster::access::Grants;
use cluster::{Element, ExtraNode};
use std::collections::BTreeSet;

/// How rights are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// A line in front of the element where they change.
    Text,
    /// Each element in the colour of its rights, for terminals.
    Color,
    /// A namespace of the element where they change.
    Namespace,
}

/// What may be done with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Writable,
    Readable,
    Denied,
}

impl Level {
    fn of(ground: &Ground<'_>) -> Self {
        match (ground.change, ground.see) {
            (Verdict::Allowed, _) => Self::Writable,
            (_, Verdict::Allowed) => Self::Readable,
            _ => Self::Denied,
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Writable => "vvv---[ WRITABLE ]---vvv",
            Self::Readable => "vvv---[ READABLE ]---vvv",
            Self::Denied => "vvv---[ ~DENIED~ ]---vvv",
        }
    }

    const fn color(self) -> &'static str {
        match self {
            Self::Writable => "\x1b[32m",
            Self::Readable => "\x1b[34m",
            Self::Denied => "\x1b[31m",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Writable => "writable",
            Self::Readable => "readable",
            Self::Denied => "denied",
        }
    }
}

/// What stands at `place` of the tree, with what the person with these `grants` may do there.
pub fn render(grants: &Grants, root: &Element, place: &Place, rendering: Rendering) -> String {
    let whole = Ground::new(root, grants);
    let mut text = format!("<!-- ACLs as evaluated for user {} -->\n", grants.person);
    let Some(ground) =
        place.numbers().iter().try_fold(&whole, |it, number| it.children.get(*number))
    else {
        return text;
    };
    match rendering {
        Rendering::Namespace => text.push_str(&crate::write_element(&named(ground))),
        Rendering::Text | Rendering::Color => lines(ground, None, 0, rendering, &mut text),
    }
    text
}

/// The element and all inside it, a line each; `around` is what may be done around it.
fn lines(
    ground: &Ground<'_>,
    around: Option<Level>,
    depth: usize,
    rendering: Rendering,
    text: &mut String,
) {
    let level = Level::of(ground);
    let indent = "  ".repeat(depth);
    let (color, end) = match rendering {
        Rendering::Color => (level.color(), "\x1b[0m"),
        Rendering::Text | Rendering::Namespace => ("", ""),
    };
    if rendering == Rendering::Text && around != Some(level) {
        if around.is_some() {
            text.push_str(&format!("{indent}\n"));
        }
        text.push_str(&format!("{indent}{}\n", level.mark()));
    }
    let element = ground.element;
    text.push_str(&format!("{indent}{color}<{}", element.name));
    for (name, value) in &element.extra.attributes {
        text.push_str(&format!(" {name}=\""));
        markup::escape(value, text);
        text.push('"');
    }
    if element.extra.children.is_empty() {
        text.push_str(&format!("/>{end}\n"));
        return;
    }
    text.push_str(">\n");
    let mut below = ground.children.iter();
    for node in &element.extra.children {
        match node {
            ExtraNode::Element(_) => {
                if let Some(child) = below.next() {
                    lines(child, Some(level), depth + 1, rendering, text);
                }
            }
            ExtraNode::Comment(comment) => text.push_str(&format!("{indent}  <!--{comment}-->\n")),
            ExtraNode::Text(words) => {
                markup::escape(words, text);
                text.push('\n');
            }
        }
    }
    text.push_str(&format!("{indent}{color}</{}>{end}\n", element.name));
}

/// The tree with a prefix where the rights change, and what the prefixes stand for at its root.
fn named(ground: &Ground<'_>) -> Element {
    let mut used = BTreeSet::new();
    let mut root = prefixed(ground, None, &mut used);
    for level in used {
        let name = level.name();
        let place = format!("http://clusterlabs.org/ns/pacemaker/access/{name}");
        root.extra.attributes.push((format!("xmlns:pcmk-access-{name}"), place));
    }
    root
}

fn prefixed(ground: &Ground<'_>, around: Option<Level>, used: &mut BTreeSet<Level>) -> Element {
    let level = Level::of(ground);
    let mut element = ground.element.clone();
    if around != Some(level) {
        used.insert(level);
        element.name = format!("pcmk-access-{}:{}", level.name(), element.name);
    }
    let mut below = ground.children.iter();
    for node in &mut element.extra.children {
        if let (ExtraNode::Element(place), Some(child)) = (node, below.as_slice().first()) {
            *place = prefixed(child, Some(level), used);
            below.next();
        }
    }
    element
}
