//! Changes of the CIB as a tree: what `cibadmin` does to elements.

use crate::answer::Failure;
use base::suggest;
use cib::{Part, Place};
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

/// An element that is given, and the section it belongs to where that is clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) section: Option<&'static str>,
    pub(super) element: Element,
}

/// The section for the status beside those of the configuration.
const STATUS: &str = "status";

/// Takes sections and configurations apart into the objects inside, each with its section;
/// `section` is the one that was named for all.
pub(super) fn spread(element: Element, section: Option<&'static str>) -> Vec<Given> {
    if ["cib", "configuration"].contains(&element.name.as_str()) {
        let inside = element.elements().cloned();
        return inside.flat_map(|child| spread(child, section)).collect();
    }
    let named = Part::parse(&element.name).map(Part::name);
    if let Some(named) = named.or_else(|| (element.name == STATUS).then_some(STATUS)) {
        let inside = element.elements().cloned();
        return inside.map(|element| Given { section: Some(named), element }).collect();
    }
    let section = section.or_else(|| guess(&element.name));
    vec![Given { section, element }]
}

/// The section of that name, `configuration` and `cib` being none in particular.
pub(super) fn section_named(name: &str) -> Result<Option<&'static str>, Failure> {
    match name {
        "cib" | "all" | "configuration" => Ok(None),
        STATUS => Ok(Some(STATUS)),
        name => part(name).map(|part| Some(part.name())),
    }
}

/// The section whose elements have such a name.
fn guess(name: &str) -> Option<&'static str> {
    let part = match name {
        "cluster_property_set" => Part::Properties,
        "node" => Part::Nodes,
        "primitive" | "group" | "clone" | "master" | "bundle" | "template" => Part::Resources,
        "fencing-level" => Part::FencingTopology,
        "acl_role" | "acl_target" | "acl_group" => Part::Acls,
        "tag" => Part::Tags,
        "alert" => Part::Alerts,
        "node_state" => return Some(STATUS),
        name if name.starts_with("rsc_") => Part::Constraints,
        _ => return None,
    };
    Some(part.name())
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

/// Carries out a change: at `place` where one is named, else at the element that is like the one
/// given, wherever it is inside the section.
pub(super) fn carry_out(
    root: &mut Element,
    place: Option<&Place>,
    given: &Given,
    change: Change,
) -> Result<(), Failure> {
    let Given { section, element } = given;
    let place = match place {
        Some(place) => Some(place.clone()),
        None => find(root, *section, &|found| is_meant(found, element, change)),
    };
    match change {
        Change::Create => {
            if let Some(place) = place {
                return Err(exists(&place.path(root)));
            }
            add(root, *section, element.clone())?;
        }
        // What is not there has been removed already, as scripts want it.
        Change::Delete => place.into_iter().for_each(|place| place.remove(root)),
        Change::Modify | Change::ModifyOrCreate | Change::Replace => {
            match place.as_ref().and_then(|place| place.element(root)) {
                Some(there) if change == Change::Replace => there.clone_from(element),
                Some(there) => lay_over(there, element),
                None if change == Change::ModifyOrCreate => add(root, *section, element.clone())?,
                None => return Err(super::no_such_object()),
            }
        }
    }
    Ok(())
}

fn exists(path: &str) -> Failure {
    // The words of strerror(ENOTUNIQ), which scripts look for.
    Failure::Exists(format!("Call failed: Name not unique on network ({path} is there)"))
}

/// Whether `found` is what is meant by `given`: for a deletion all that is said has to be true of
/// it, else its id.
fn is_meant(found: &Element, given: &Element, change: Change) -> bool {
    let has = |(name, value): &(String, String)| found.attribute(name) == Some(value);
    found.name == given.name
        && match change {
            Change::Delete => given.extra.attributes.iter().all(has),
            _ => found.attribute("id") == given.attribute("id"),
        }
}

/// The first such element of the section, or of all of it.
fn find(root: &Element, section: Option<&str>, is_it: &dyn Fn(&Element) -> bool) -> Option<Place> {
    let Some(name) = section else { return Place::of(root, is_it) };
    let whole = Place::of(root, &|element| element.name == name)?;
    let inner = Place::of(whole.at(root)?, is_it)?;
    Some(whole.then(&inner))
}

fn add(root: &mut Element, section: Option<&str>, element: Element) -> Result<(), Failure> {
    let Some(section) = section else {
        let name = &element.name;
        let text = format!("it is not clear where <{name}> belongs; name the section with -o");
        return Err(Failure::Usage(text));
    };
    let around = if section == STATUS { root } else { child_mut(root, "configuration") };
    child_mut(around, section).extra.children.push(ExtraNode::Element(element));
    Ok(())
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
        let is_it = |known: &&mut Element| {
            known.name == child.name && known.attribute("id") == child.attribute("id")
        };
        let known = elements_mut(place).find(is_it);
        match known {
            Some(known) => lay_over(known, child),
            None => place.extra.children.push(ExtraNode::Element(child.clone())),
        }
    }
}

/// Attributes of the root: a value, or `NAME++` and `NAME+=N`, which count on from what is there.
pub(super) fn set_root(root: &mut Element, given: &Element) {
    for (name, value) in &given.extra.attributes {
        let old = root.attribute(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let sum = value.strip_prefix(name.as_str()).and_then(|rest| match rest {
            "++" => Some(1),
            rest => rest.strip_prefix("+=")?.parse().ok(),
        });
        let value = sum.map_or_else(|| value.clone(), |sum| old.saturating_add(sum).to_string());
        let attributes = &mut root.extra.attributes;
        match attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, place)) => *place = value,
            None => attributes.push((name.clone(), value)),
        }
    }
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
        for given in spread(element, None) {
            carry_out(&mut root, None, &given, change)?;
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
        assert!(
            after(Change::Delete, "<primitive id='a' type='U'/>")
                .expect("no")
                .contains("primitive")
        );
        let text = after(Change::Delete, "<nvpair name='x'/>").expect("it is there");
        assert!(!text.contains("nvpair"), "{text}");
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
