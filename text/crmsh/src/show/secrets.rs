//! Values that are not to be seen.

use super::selection::{Selection, matches};
use crate::element::elements_mut;
use cluster::{Element, secret};

pub use cluster::secret::STARS;

impl Selection {
    /// The object with stars in the place of secrets; nothing when it holds none.
    pub(super) fn obscured(&self, object: &Element) -> Option<Element> {
        if self.obscure.is_empty() || !self.has_secrets(object) {
            return None;
        }
        let mut hidden = object.clone();
        self.hide(&mut hidden);
        Some(hidden)
    }

    fn is_secret(&self, element: &Element) -> bool {
        let name = element.attribute("name").filter(|_| element.name == "nvpair");
        let has_value = element.attribute("value").is_some();
        has_value && name.is_some_and(|name| self.hides(name))
    }

    fn hides(&self, name: &str) -> bool {
        self.obscure.iter().any(|glob| match glob.as_str() {
            "" => secret::is_secret(name),
            glob => matches(glob, name),
        })
    }

    fn has_secrets(&self, element: &Element) -> bool {
        self.is_secret(element) || element.elements().any(|child| self.has_secrets(child))
    }

    fn hide(&self, element: &mut Element) {
        if self.is_secret(element) {
            crate::element::set(element, "value", STARS);
        }
        elements_mut(element).for_each(|child| self.hide(child));
    }
}
