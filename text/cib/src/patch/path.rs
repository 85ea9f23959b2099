//! How a patch names an element: the way from the root, each step with the id where there is one.

use cluster::{Element, ExtraNode};
use std::fmt;

/// The way to an element.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

/// One element of the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    name: String,
    id: Option<String>,
}

impl Step {
    fn of(element: &Element) -> Self {
        Self { name: element.name.clone(), id: element.attribute("id").map(str::to_owned) }
    }

    fn is(&self, element: &Element) -> bool {
        element.name == self.name && (self.id.is_none() || element.attribute("id") == self.id())
    }

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Path {
    /// To the root.
    pub(crate) fn to(root: &Element) -> Self {
        Self(vec![Step::of(root)])
    }

    /// To a child of where this leads.
    pub(crate) fn child(&self, child: &Element) -> Self {
        let mut path = self.clone();
        path.0.push(Step::of(child));
        path
    }

    /// To the parent of where this leads; from the root there is none.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, before) = self.0.split_last()?;
        (!before.is_empty()).then(|| Self(before.to_vec()))
    }

    /// The name of the element that it leads to.
    pub(super) fn name(&self) -> &str {
        self.0.last().map_or("", |step| &step.name)
    }

    /// How many elements there are on the way.
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// `/cib/configuration/resources/primitive[@id='x']`. The id ends at the first `']` that a `/`
    /// or the end follows: it may hold anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        while let Some(step) = rest.strip_prefix('/') {
            let end = step.find(['/', '[']).unwrap_or(step.len());
            let (name, behind) = step.split_at(end);
            if name.is_empty() {
                return None;
            }
            let id = match behind.strip_prefix("[@id='") {
                None => None,
                Some(quoted) => {
                    let is_end = |at: &usize| {
                        let after = &quoted[at + 2..];
                        after.is_empty() || after.starts_with('/')
                    };
                    let end = quoted.match_indices("']").map(|(at, _)| at).find(is_end)?;
                    rest = &quoted[end + 2..];
                    Some(quoted[..end].to_owned())
                }
            };
            if id.is_none() {
                rest = behind;
            }
            steps.push(Step { name: name.to_owned(), id });
        }
        (rest.is_empty() && !steps.is_empty()).then_some(Self(steps))
    }

    /// The way to the parent, where this one ends in `/comment`.
    pub(super) fn of_comment(&self) -> Option<Self> {
        let (last, _) = self.0.split_last()?;
        self.parent().filter(|_| last.name == "comment" && last.id.is_none())
    }

    /// The element below `root`, itself among them; of twins the first.
    pub(super) fn find<'t>(&self, root: &'t mut Element) -> Option<&'t mut Element> {
        let (first, steps) = self.0.split_first()?;
        let mut element = Some(root).filter(|root| first.is(root))?;
        for step in steps {
            element = element.extra.children.iter_mut().find_map(|child| match child {
                ExtraNode::Element(child) if step.is(child) => Some(child),
                _ => None,
            })?;
        }
        Some(element)
    }

    /// Which of these children the last step means; of twins the first.
    pub(super) fn place_among(&self, children: &[ExtraNode]) -> Option<usize> {
        let last = self.0.last()?;
        let is_it =
            |child: &ExtraNode| matches!(child, ExtraNode::Element(child) if last.is(child));
        children.iter().position(is_it)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            write!(f, "/{}", step.name)?;
            if let Some(id) = &step.id {
                write!(f, "[@id='{id}']")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn paths_are_read_as_they_are_written() {
        let good = [
            "/cib",
            "/cib/configuration/resources/primitive[@id='x']",
            "/cib/a[@id='x'y']/b",
            "/cib/a[@id='/x']/b[@id='']",
            "/cib/a[@id='x']y']",
        ];
        for text in good {
            assert_eq!(Path::parse(text).map(|path| path.to_string()).as_deref(), Some(text));
        }
        for text in ["", "/", "cib", "//primitive", "/cib/", "/cib/a[@id='x", "/cib/a[1]"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }
}
