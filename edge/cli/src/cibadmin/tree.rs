//! Changes of the CIB as a tree: what `cibadmin` does to elements.

use crate::answer::Failure;
use base::suggest;
use cib::Part;
use cluster::{Element, Extra, ExtraNode};

/// What becomes of an element that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It must not be there, and is added.
    Create,
    /// It must be there; its attributes and children are laid over those it has.
    Modify,
    /// As before, or it is added.
    ModifyOrCreate,
    /// It takes the place of what has its id.
    Replace,
    /// What has its id is removed.
    Delete,
}

/// An element around others.
pub(super) fn wrapped(name: &str, children: Vec<Element>) -> Element {
    let children = children.into_iter().map(ExtraNode::Element).collect();
    Element { name: name.to_owned(), extra: Extra { children, ..Extra::default() } }
}

/// The section of that name.
pub(super) fn part(name: &str) -> Result<Part, Failure> {
    let help = || {
        let near = suggest::closest(name, Part::ALL.into_iter().map(Part::name));
        near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
    };
    Part::parse(name)
        .ok_or_else(|| Failure::Usage(format!("there is no section `{name}`{}", help())))
}

/// The element of a section, `cib`, `configuration` and `status` among them.
pub(super) fn section<'a>(root: &'a Element, name: &str) -> Result<&'a Element, Failure> {
    let configuration = || child(root, "configuration");
    let found = match name {
        "cib" | "all" => Some(root),
        "configuration" => configuration(),
        "status" => child(root, "status"),
        name => {
            let part = part(name)?;
            configuration().and_then(|configuration| child(configuration, part.name()))
        }
    };
    found.ok_or_else(super::no_such_object)
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.elements().find(|child| child.name == name)
}

fn elements_mut(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.extra.children.iter_mut().filter_map(|child| match child {
        ExtraNode::Element(element) => Some(element),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

/// The child of that name, made when it is not there.
fn child_mut<'a>(element: &'a mut Element, name: &str) -> &'a mut Element {
    let is_it = |node: &ExtraNode| matches!(node, ExtraNode::Element(child) if child.name == name);
    let children = &mut element.extra.children;
    let place = children.iter().position(is_it).unwrap_or_else(|| {
        children.push(ExtraNode::Element(wrapped(name, Vec::new())));
        children.len() - 1
    });
    match &mut children[place] {
        ExtraNode::Element(child) => child,
        ExtraNode::Comment(_) | ExtraNode::Text(_) => {
            unreachable!("invariant: the place was found by its name")
        }
    }
}

/// Takes sections and configurations apart into the objects inside, each with its section.
pub(super) fn spread(
    element: Element,
    part: Option<Part>,
) -> Result<Vec<(Part, Element)>, Failure> {
    if ["cib", "configuration"].contains(&element.name.as_str()) {
        let inside = element.elements().filter(|child| child.name != "status").cloned();
        let spread: Result<Vec<_>, Failure> = inside.map(|child| spread(child, part)).collect();
        return Ok(spread?.into_iter().flatten().collect());
    }
    if let Some(section) = Part::parse(&element.name) {
        return Ok(element.elements().map(|child| (section, child.clone())).collect());
    }
    let part = part.map_or_else(|| guess(&element), Ok)?;
    Ok(vec![(part, element)])
}

/// The section whose elements have such a name.
fn guess(element: &Element) -> Result<Part, Failure> {
    Ok(match element.name.as_str() {
        "cluster_property_set" => Part::Properties,
        "node" => Part::Nodes,
        "primitive" | "group" | "clone" | "master" | "bundle" | "template" => Part::Resources,
        "fencing-level" => Part::FencingTopology,
        "acl_role" | "acl_target" | "acl_group" => Part::Acls,
        "tag" => Part::Tags,
        "alert" => Part::Alerts,
        name if name.starts_with("rsc_") => Part::Constraints,
        name => {
            let text = format!("it is not clear where <{name}> belongs; name the section with -o");
            return Err(Failure::Usage(text));
        }
    })
}

/// The version that the root of a CIB says; what it does not say is 0.
pub(super) fn version(root: &Element) -> [u64; 3] {
    let number = |name| root.attribute(name).and_then(|text| text.parse().ok()).unwrap_or_default();
    ["admin_epoch", "epoch", "num_updates"].map(number)
}

/// A CIB with nothing in it, in the place of `root`.
pub(super) fn erased(root: &Element) -> Element {
    let empty = cib::to_element(&cib::Cib::default());
    let mut attributes = root.extra.attributes.clone();
    for (name, value) in &mut attributes {
        if name == "admin_epoch" {
            *value = version(root)[0].saturating_add(1).to_string();
        }
    }
    Element {
        extra: Extra { attributes, children: empty.extra.children, ..Extra::default() },
        ..empty
    }
}

/// Carries out a change at the element with the id of the one given, wherever it is inside the
/// section.
pub(super) fn carry_out(
    root: &mut Element,
    part: Part,
    given: &Element,
    change: Change,
) -> Result<(), Failure> {
    let section = child_mut(child_mut(root, "configuration"), part.name());
    let id = given.attribute("id").unwrap_or_default();
    let is_there = find_mut(section, &given.name, id).is_some();
    match (change, is_there) {
        (Change::Create, true) => {
            let text = "Call cib_create failed (-76): Name not unique on network";
            return Err(Failure::Exists(format!("{text} (<{} id=\"{id}\">)", given.name)));
        }
        (Change::Create | Change::ModifyOrCreate, false) => {
            section.extra.children.push(ExtraNode::Element(given.clone()));
        }
        (Change::Modify | Change::Replace, false) => return Err(super::no_such_object()),
        // What is not there has been removed already, as scripts want it.
        (Change::Delete, _) => {
            remove(section, &|element| element.name == given.name && has_id(element, id));
        }
        (Change::Modify | Change::ModifyOrCreate, true) => {
            if let Some(place) = find_mut(section, &given.name, id) {
                lay_over(place, given);
            }
        }
        (Change::Replace, true) => {
            if let Some(place) = find_mut(section, &given.name, id) {
                place.clone_from(given);
            }
        }
    }
    Ok(())
}

fn has_id(element: &Element, id: &str) -> bool {
    element.attribute("id").unwrap_or_default() == id
}

fn find_mut<'a>(within: &'a mut Element, name: &str, id: &str) -> Option<&'a mut Element> {
    elements_mut(within).find_map(|child| {
        if child.name == name && has_id(child, id) {
            return Some(child);
        }
        find_mut(child, name, id)
    })
}

/// Attributes and children of `given` over those of `place`; what it does not name stays.
fn lay_over(place: &mut Element, given: &Element) {
    for (name, value) in &given.extra.attributes {
        let known = place.extra.attributes.iter_mut().find(|(known, _)| known == name);
        match known {
            Some((_, known)) => known.clone_from(value),
            None => place.extra.attributes.push((name.clone(), value.clone())),
        }
    }
    for child in given.elements() {
        let id = child.attribute("id").unwrap_or_default();
        let known = elements_mut(place).find(|known| known.name == child.name && has_id(known, id));
        match known {
            Some(known) => lay_over(known, child),
            None => place.extra.children.push(ExtraNode::Element(child.clone())),
        }
    }
}

fn remove(within: &mut Element, is_it: &dyn Fn(&Element) -> bool) {
    within.extra.children.retain(|child| match child {
        ExtraNode::Element(element) => !is_it(element),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
    });
    for child in elements_mut(within) {
        remove(child, is_it);
    }
}

/// Removes everything that an XPath names.
pub(super) fn delete_found(root: &mut Element, path: &str) -> Result<(), Failure> {
    let found = cib::find(root, path).map_err(|error| Failure::Usage(error.to_string()))?;
    let found: Vec<Element> = found.into_iter().cloned().collect();
    if found.is_empty() {
        return Err(super::no_such_object());
    }
    remove(root, &|element| found.contains(element));
    Ok(())
}

/// Puts a whole section in the place of the one that is there.
pub(super) fn replace_section(root: &mut Element, section: Element) -> Result<(), Failure> {
    let part = part(&section.name)?;
    *child_mut(child_mut(root, "configuration"), part.name()) = section;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIB: &str = "<cib><configuration><resources><group id='g'><primitive id='a' class='ocf' \
        provider='p' type='T'><meta_attributes id='m'><nvpair id='n' name='x' value='1'/>\
        </meta_attributes></primitive></group></resources><constraints/></configuration></cib>";

    fn after(change: Change, given: &str) -> Result<String, Failure> {
        let mut root = cib::read_element(CIB).expect("it is XML");
        let element = cib::read_element(given).expect("it is XML");
        for (part, element) in spread(element, None)? {
            carry_out(&mut root, part, &element, change)?;
        }
        let lines = cib::write_element(&root);
        Ok(lines.lines().map(str::trim).collect())
    }

    #[test]
    fn elements_are_created_where_they_belong() {
        let text = after(Change::Create, "<rsc_location id='l' rsc='a' node='n' score='1'/>");
        let text = text.expect("it is new");
        assert!(text.contains("<constraints><rsc_location id=\"l\""), "{text}");
        let again = after(Change::Create, "<primitive id='a'/>");
        assert!(matches!(again, Err(Failure::Exists(_))));
        let lost = after(Change::Create, "<nonsense id='a'/>");
        assert!(matches!(lost, Err(Failure::Usage(_))));
    }

    #[test]
    fn a_modification_touches_what_it_names() {
        let given = "<resources><primitive id='a' type='U'><meta_attributes id='m'>\
            <nvpair id='n' name='x' value='2'/></meta_attributes></primitive></resources>";
        let text = after(Change::Modify, given).expect("it is there");
        assert!(text.contains("class=\"ocf\" provider=\"p\" type=\"U\""), "{text}");
        assert!(text.contains("value=\"2\"") && !text.contains("value=\"1\""), "{text}");
        let missing = after(Change::Modify, "<primitive id='zzz'/>");
        assert!(matches!(missing, Err(Failure::NoSuchObject(_))));
    }

    #[test]
    fn what_is_deleted_is_gone_wherever_it_was() {
        let text = after(Change::Delete, "<primitive id='a'/>").expect("it is there");
        assert!(!text.contains("primitive"), "{text}");
        assert!(after(Change::Delete, "<primitive id='zzz'/>").is_ok());
        let mut root = cib::read_element(CIB).expect("it is XML");
        delete_found(&mut root, "//nvpair[@name='x']").expect("it is there");
        assert!(!cib::write_element(&root).contains("nvpair"));
    }

    #[test]
    fn sections_are_found_by_name() {
        let root = cib::read_element(CIB).expect("it is XML");
        assert_eq!(section(&root, "resources").expect("it is there").name, "resources");
        assert_eq!(section(&root, "configuration").expect("it is there").name, "configuration");
        let wrong = section(&root, "resurces").expect_err("there is none");
        assert!(wrong.to_string().contains("did you mean resources?"), "{wrong}");
    }
}
