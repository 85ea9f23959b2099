//! Where an element stands in a tree, so that it can be changed there and nowhere else.

use crate::patch::Path;
use cluster::{Element, ExtraNode};

/// Which child element each is of the one before, from the root inwards. It holds for as long as
/// nothing before it in the tree is added or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Vec<usize>);

impl Place {
    pub(crate) const fn new(places: Vec<usize>) -> Self {
        Self(places)
    }

    /// The numbers it is made of.
    pub(crate) fn numbers(&self) -> &[usize] {
        &self.0
    }

    /// The first element, in document order, of which `is_it` is true.
    pub fn of(root: &Element, is_it: &dyn Fn(&Element) -> bool) -> Option<Self> {
        fn look(
            within: &Element,
            is_it: &dyn Fn(&Element) -> bool,
            place: &mut Vec<usize>,
        ) -> bool {
            if is_it(within) {
                return true;
            }
            for (number, child) in within.elements().enumerate() {
                place.push(number);
                if look(child, is_it, place) {
                    return true;
                }
                place.pop();
            }
            false
        }
        let mut place = Vec::new();
        look(root, is_it, &mut place).then_some(Self(place))
    }

    /// The place of what is at `inner` inside of what is here.
    #[must_use]
    pub fn then(&self, inner: &Self) -> Self {
        Self(self.0.iter().chain(&inner.0).copied().collect())
    }

    /// Whether it is the root's.
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The way to it as an `XPath`, with ids where there are some: `/cib/.../primitive[@id='x']`.
    pub fn path(&self, root: &Element) -> String {
        let mut path = Path::to(root);
        let mut element = root;
        for number in &self.0 {
            let Some(child) = element.elements().nth(*number) else { break };
            path = path.child(child);
            element = child;
        }
        path.to_string()
    }

    /// The element here, to be looked at.
    pub fn at<'t>(&self, root: &'t Element) -> Option<&'t Element> {
        self.0.iter().try_fold(root, |element, number| element.elements().nth(*number))
    }

    /// The element here.
    pub fn element<'t>(&self, root: &'t mut Element) -> Option<&'t mut Element> {
        let mut element = root;
        for number in &self.0 {
            let children = element.extra.children.iter_mut().filter_map(|child| match child {
                ExtraNode::Element(child) => Some(child),
                ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
            });
            element = { children }.nth(*number)?;
        }
        Some(element)
    }

    /// Takes the element away from here; the root stays.
    pub fn remove(&self, root: &mut Element) {
        let Some((last, before)) = self.0.split_last() else { return };
        let Some(parent) = Self(before.to_vec()).element(root) else { return };
        let is_element = |child: &ExtraNode| matches!(child, ExtraNode::Element(_));
        let children = &mut parent.extra.children;
        let found = children.iter().enumerate().filter(|(_, child)| is_element(child)).nth(*last);
        if let Some((place, _)) = found {
            children.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{find_places, read_element, write_element};

    const TWINS: &str = "<r><!-- c --><a id='1'><b/><b/></a><a id='1'><b x='2'/></a></r>";

    #[test]
    fn of_twins_the_one_is_changed_that_is_meant() {
        let mut root = read_element(TWINS).expect("it is XML");
        let places = find_places(&root, "//b").expect("it is a path");
        let paths: Vec<String> = places.iter().map(|place| place.path(&root)).collect();
        assert_eq!(paths, ["/r/a[@id='1']/b"; 3]);
        places[1].remove(&mut root);
        places[2].element(&mut root).expect("it is there").name = "c".into();
        let text: String = write_element(&root).lines().map(str::trim).collect();
        let left = "<r><!-- c --><a id=\"1\"><b/></a><a id=\"1\"><c x=\"2\"/></a></r>";
        assert_eq!(text, left);
    }

    #[test]
    fn an_attribute_names_the_elements_that_have_it() {
        let root = read_element(TWINS).expect("it is XML");
        for (path, count) in [("//b/@x", 1), ("//@id", 2), ("/r/a/@*", 2), ("//a/@y", 0)] {
            assert_eq!(find_places(&root, path).map(|found| found.len()), Ok(count), "{path}");
        }
        assert!(find_places(&root, "//@id/b").is_err());
    }
}
