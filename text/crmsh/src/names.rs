//! Ids for what a text leaves without one.
//!
//! An object that was there before keeps the ids of its parts where they are the same parts; a new
//! part is named after what it stands in: `resOST0-instance_attributes-device`. The printer asks
//! the same names which ids it has to say.

use crate::element::{self, elements_mut};
use cluster::Element;
use std::collections::{BTreeSet, HashSet};

/// The ids that are given away.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
}

/// What a part is called unless that is taken.
enum Wanted {
    /// This; else with `-0`, `-1`, ... behind it.
    Name(String),
    /// This with the first number behind it that is free, from this one on.
    Numbered(String, u32),
}

impl Names {
    /// Keeps `id` from being made up for something else.
    pub(crate) fn reserve(&mut self, id: &str) {
        if !self.taken.contains(id) {
            self.taken.insert(id.to_owned());
        }
    }

    /// Keeps every id inside `element` from being made up, names of other objects aside.
    pub(crate) fn reserve_all(&mut self, element: &Element) {
        if !is_reference(element) {
            self.reserve(element::id(element));
        }
        for child in element.elements() {
            self.reserve_all(child);
        }
    }

    /// The first id of a part of `object` that another part has already; the others are kept.
    pub(crate) fn reserve_parts(&mut self, object: &Element) -> Option<String> {
        let mut twice = None;
        for part in object.elements().filter(|part| !element::is_resource(part)) {
            let id = element::id(part);
            if !is_reference(part) && !id.is_empty() && !self.taken.insert(id.to_owned()) {
                twice.get_or_insert_with(|| id.to_owned());
            }
            let inside = self.reserve_parts(part);
            twice = twice.or(inside);
        }
        twice
    }

    /// Names the parts of an object; what is in a group, clone or bundle aside. Ids are those of
    /// `old`, where it has the same parts.
    pub(crate) fn object(&mut self, object: &mut Element, old: Option<&Element>) {
        let owner = owner(object).to_owned();
        self.parts(&owner, object, old);
    }

    fn parts(&mut self, owner: &str, element: &mut Element, old: Option<&Element>) {
        let mut used = BTreeSet::new();
        let parent = element.name.clone();
        for child in elements_mut(element).filter(|child| !element::is_resource(child)) {
            let wanted = wanted(owner, &parent, child);
            let same = old.and_then(|old| self.same(old, child, wanted.as_ref(), &mut used));
            self.part(owner, child, wanted, same);
        }
    }

    fn part(
        &mut self,
        owner: &str,
        part: &mut Element,
        wanted: Option<Wanted>,
        old: Option<&Element>,
    ) {
        if let Some(wanted) = wanted.filter(|_| element::id(part).is_empty()) {
            let id = self.free(wanted, old.map(element::id));
            part.extra.attributes.retain(|(name, _)| name != "id");
            part.extra.attributes.insert(0, ("id".to_owned(), id));
        }
        let id = element::id(part);
        let owner = if id.is_empty() { owner } else { id }.to_owned();
        self.parts(&owner, part, old);
    }

    /// An id for a level of fencing.
    pub(crate) fn fencing_level(&mut self, level: &mut Element, old: Option<&str>) {
        if element::id(level).is_empty() {
            let id = self.free(Wanted::Name("fencing".to_owned()), old);
            element::put(level, "id", &id);
        }
    }

    /// The old id if nobody has it, else a new one.
    fn free(&mut self, wanted: Wanted, old: Option<&str>) -> String {
        if let Some(old) = old.filter(|old| !old.is_empty() && !self.taken.contains(*old)) {
            self.reserve(old);
            return old.to_owned();
        }
        self.claim(wanted)
    }

    fn claim(&mut self, wanted: Wanted) -> String {
        let (prefix, first) = match wanted {
            Wanted::Name(name) => {
                let name = id_of(name);
                if self.taken.insert(name.clone()) {
                    return name;
                }
                (format!("{name}-"), 0)
            }
            Wanted::Numbered(prefix, first) => (prefix, first),
        };
        let mut candidates = (first..).map(|number| format!("{prefix}{number}"));
        let id = candidates.find(|id| !self.taken.contains(id)).unwrap_or_default();
        self.reserve(&id);
        id
    }

    /// The same part of the old object: the one of the id that the new one would get anyway, else
    /// the first that is alike and that nothing else has been found to be.
    fn same<'a>(
        &self,
        old: &'a Element,
        new: &Element,
        wanted: Option<&Wanted>,
        used: &mut BTreeSet<usize>,
    ) -> Option<&'a Element> {
        let id = match (element::id(new), wanted) {
            ("", Some(Wanted::Name(name))) => id_of(name.clone()),
            (id, _) => id.to_owned(),
        };
        let is_free = |old: &Element| {
            let id = element::id(old);
            id.is_empty() || !element::id(new).is_empty() || !self.taken.contains(id)
        };
        let alike: Vec<(usize, &Element)> = old
            .elements()
            .enumerate()
            .filter(|(place, old)| !used.contains(place) && is_alike(old, new) && is_free(old))
            .collect();
        let exact = alike.iter().find(|(_, old)| element::id(old) == id);
        let (place, old) = exact.or_else(|| alike.first())?;
        used.insert(*place);
        Some(old)
    }

    /// Which ids inside `object` have to be said because a text that does not say them would be
    /// given others. To be asked object by object, in the order of the text. Whether each part that
    /// would get an id has one.
    pub(crate) fn unusual(&mut self, object: &Element, said: &mut BTreeSet<String>) -> bool {
        self.unusual_parts(owner(object), object, said)
    }

    fn unusual_parts(
        &mut self,
        owner: &str,
        element: &Element,
        said: &mut BTreeSet<String>,
    ) -> bool {
        let mut all_have_one = true;
        for child in element.elements().filter(|child| !element::is_resource(child)) {
            let id = element::id(child);
            match wanted(owner, &element.name, child) {
                Some(_) if id.is_empty() => all_have_one = false,
                Some(wanted) => self.unusual_id(wanted, id, said),
                None => {}
            }
            let owner = if id.is_empty() { owner } else { id };
            all_have_one &= self.unusual_parts(owner, child, said);
        }
        all_have_one
    }

    /// The same for a level of fencing.
    pub(crate) fn unusual_level(&mut self, level: &Element, said: &mut BTreeSet<String>) {
        let wanted = Wanted::Name("fencing".to_owned());
        self.unusual_id(wanted, element::id(level), said);
    }

    fn unusual_id(&mut self, wanted: Wanted, id: &str, said: &mut BTreeSet<String>) {
        if said.contains(id) {
            return;
        }
        let usual = self.claim(wanted);
        if usual != id {
            self.taken.remove(&usual);
            self.reserve(id);
            said.insert(id.to_owned());
        }
    }
}

/// Elements whose id is the name of something else.
fn is_reference(element: &Element) -> bool {
    ["resource_ref", "obj_ref", "role", "role_ref"].contains(&element.name.as_str())
}

/// After what the parts of an object are named: nodes may have numbers for ids.
fn owner(object: &Element) -> &str {
    match object.name.as_str() {
        "node" => object.attribute("uname").unwrap_or_default(),
        _ => element::id(object),
    }
}

/// What a part inside `owner` is called, if it is called anything.
fn wanted(owner: &str, parent: &str, part: &Element) -> Option<Wanted> {
    if part.attribute("id-ref").is_some() {
        return None;
    }
    let attribute = |name: &str| part.attribute(name).unwrap_or_default();
    Some(match part.name.as_str() {
        "nvpair" => Wanted::Name(format!("{owner}-{}", attribute("name"))),
        "op" => {
            let interval = part.attribute("interval").unwrap_or("0");
            Wanted::Name(format!("{owner}-{}-{interval}", attribute("name")))
        }
        "expression" | "date_expression" | "rsc_expression" | "op_expression" => {
            Wanted::Name(format!("{owner}-expression"))
        }
        name @ ("instance_attributes"
        | "meta_attributes"
        | "utilization"
        | "rule"
        | "date_spec"
        | "duration") => Wanted::Name(format!("{owner}-{name}")),
        name @ ("read" | "write" | "deny") if parent == "acl_user" => {
            Wanted::Name(format!("{owner}-{name}"))
        }
        "resource_set" | "acl_permission" | "attribute" => Wanted::Numbered(format!("{owner}-"), 0),
        "recipient" => Wanted::Numbered(format!("{owner}-recipient-"), 1),
        "port-mapping" => Wanted::Numbered(format!("{owner}_port_mapping_"), 1),
        "storage-mapping" => Wanted::Numbered(format!("{owner}_storage_mapping_"), 1),
        _ => return None,
    })
}

/// Whether two parts are the same one, perhaps changed.
fn is_alike(old: &Element, new: &Element) -> bool {
    let keys: &[&str] = match new.name.as_str() {
        "op" => &["name", "interval"],
        "rule" => &["score", "score-attribute", "role"],
        "nvpair" | "attribute" => &["name"],
        "recipient" => &["value"],
        "expression" => &["attribute", "operation", "value"],
        "acl_permission" => &["kind"],
        _ => &[],
    };
    old.name == new.name && keys.iter().all(|key| old.attribute(key) == new.attribute(key))
}

/// Names of attributes may hold what an id may not.
fn id_of(wanted: String) -> String {
    let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if wanted.chars().all(allowed) {
        return wanted;
    }
    wanted.chars().map(|c| if allowed(c) { c } else { '.' }).collect()
}
