//! A configuration as text, in the layout of `crm configure show`.

mod bundles;
mod constraints;
mod order;
mod parts;
mod resources;
mod roundtrip;
mod secrets;
mod selection;
mod tables;

pub(crate) use secrets::STARS;

use crate::element;
use crate::names::Names;
use cib::{Part, elements};
use cluster::{Configuration, Element};
use selection::Selection;
use std::collections::{BTreeMap, BTreeSet};

pub use selection::matches;

/// The configuration, or what `selection` picks of it, as text that [`crate::load`] reads.
///
/// Objects stand by type, and within a type by id. What the sorted text would not give back stands
/// at its end, as `sequence`. A selection is a list of ids (for nodes names) or patterns of them
/// with `*` and `?`, `type:KEYWORD`, `tag:ID` and `related:ID`; with `and` between two only what
/// both pick. None picks everything. `obscure:PATTERN` puts stars in the place of values whose names
/// match.
pub fn show(configuration: &Configuration, selection: &[&str]) -> String {
    let selection = Selection::parse(selection);
    let mut objects = objects(configuration);
    objects.sort_by(|a, b| (a.rank, &a.place).cmp(&(b.rank, &b.place)));
    let levels: Vec<Element> = configuration.fencing_levels.iter().map(elements::level).collect();
    let mut ids = said_anyway(&objects);
    let nameable = name(&objects, &levels, &mut ids);
    let resources = objects.iter().filter(|object| object.part == Part::Resources);
    let resources = resources.map(|object| (object.id(), &object.element)).collect();
    let printer = Printer { ids, resources, selection: &selection };
    let mut entries: Vec<Entry> = objects
        .iter()
        .zip(nameable)
        .map(|(object, is_nameable)| printer.entry(object, is_nameable))
        .collect();
    let sections = cib::section_names(configuration);
    let has_fencing = sections.iter().any(|name| name == Part::FencingTopology.name());
    entries.extend(tables::fencing(&levels, &printer, has_fencing));
    entries.sort_by(|a, b| (a.rank, &a.place).cmp(&(b.rank, &b.place)));
    let picked = selection.picked(&entries, configuration);
    let mut text = String::new();
    for (entry, _) in entries.iter().zip(picked).filter(|(_, is_picked)| *is_picked) {
        text.push_str(&entry.text);
        text.push('\n');
    }
    if selection.picks_all() {
        order::sequences(configuration, &objects, &levels, &mut text);
    }
    text
}

/// An object with its place in the text.
struct Shown {
    rank: Rank,
    keyword: &'static str,
    /// Its place among its kind: the id.
    place: String,
    part: Part,
    /// What it is; of what is inside it the ids.
    element: Element,
    comments: Vec<String>,
}

/// An object on its way to the text.
struct Entry {
    rank: Rank,
    keyword: &'static str,
    /// Its place among its kind: the id.
    place: String,
    /// What it is called: the id, for a node the name.
    id: String,
    /// Other objects that it names; left out when everything is shown.
    names: Vec<String>,
    text: String,
}

/// Types of objects, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Node,
    Template,
    Primitive,
    Bundle,
    Group,
    Master,
    Clone,
    Tag,
    Constraint,
    Ticket,
    Property,
    ResourceDefaults,
    OperationDefaults,
    Role,
    Target,
    Alert,
}

/// What every part of the printer has to know.
struct Printer<'a> {
    /// Ids of parts of objects that are printed.
    ids: BTreeSet<String>,
    /// All resources, for those around them.
    resources: BTreeMap<&'a str, &'a Element>,
    selection: &'a Selection,
}

/// The lines of one object: its head, and what stands below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lines(Vec<String>);

impl Lines {
    fn new(head: impl Into<String>) -> Self {
        Self(vec![head.into()])
    }

    fn push(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }

    fn join(&self) -> String {
        self.0.join(" \\\n\t")
    }
}

/// Every object on its own, but for the levels of fencing, which are one statement: what is inside
/// a group, clone or bundle is one, too.
fn objects(configuration: &Configuration) -> Vec<Shown> {
    let mut all = Vec::new();
    let mut add = |part: Part, element: Element| all.push(Shown::of(part, element));
    for node in &configuration.nodes {
        add(Part::Nodes, elements::node(node));
    }
    for resource in &configuration.resources {
        let mut resource = elements::resource(resource);
        let mut inside = Vec::new();
        element::take_apart(&mut resource, &mut inside);
        add(Part::Resources, resource);
        inside.into_iter().for_each(|resource| add(Part::Resources, resource));
    }
    for constraint in &configuration.constraints {
        add(Part::Constraints, elements::constraint(constraint));
    }
    for tag in &configuration.tags {
        add(Part::Tags, elements::tag(tag));
    }
    for set in &configuration.properties {
        add(Part::Properties, elements::set("cluster_property_set", set));
    }
    for set in &configuration.resource_defaults {
        add(Part::ResourceDefaults, elements::set("meta_attributes", set));
    }
    for set in &configuration.operation_defaults {
        add(Part::OperationDefaults, elements::set("meta_attributes", set));
    }
    for (section, element) in &configuration.opaque {
        let is_part = |part: &Part| part.opaque() == Some(*section);
        let part = Part::ALL.into_iter().find(is_part).unwrap_or(Part::Alerts);
        add(part, element.clone());
    }
    all
}

impl Shown {
    fn of(part: Part, mut element: Element) -> Self {
        let (rank, keyword) = match (part, element.name.as_str()) {
            (Part::Properties, _) => (Rank::Property, "property"),
            (Part::ResourceDefaults, _) => (Rank::ResourceDefaults, "rsc_defaults"),
            (Part::OperationDefaults, _) => (Rank::OperationDefaults, "op_defaults"),
            (_, "node") => (Rank::Node, "node"),
            (_, "template") => (Rank::Template, "rsc_template"),
            (_, "primitive") => (Rank::Primitive, "primitive"),
            (_, "bundle") => (Rank::Bundle, "bundle"),
            (_, "group") => (Rank::Group, "group"),
            (_, "master") => (Rank::Master, "ms"),
            (_, "clone") => (Rank::Clone, "clone"),
            (_, "tag") => (Rank::Tag, "tag"),
            (_, "rsc_location") => (Rank::Constraint, "location"),
            (_, "rsc_colocation") => (Rank::Constraint, "colocation"),
            (_, "rsc_order") => (Rank::Constraint, "order"),
            (_, "rsc_ticket") => (Rank::Ticket, "rsc_ticket"),
            (_, "acl_role") => (Rank::Role, "role"),
            (_, "acl_target") => (Rank::Target, "acl_target"),
            (_, "acl_group") => (Rank::Target, "acl_group"),
            (_, "acl_user") => (Rank::Target, "user"),
            _ => (Rank::Alert, "alert"),
        };
        let comments = element::take_comments(&mut element);
        let place = element::id(&element).to_owned();
        Self { rank, keyword, place, part, element, comments }
    }

    /// What it is called: the id, for a node the name.
    fn id(&self) -> &str {
        match self.part {
            Part::Nodes => self.element.attribute("uname").unwrap_or_default(),
            _ => &self.place,
        }
    }

    /// The ids of other objects that it names.
    fn names(&self) -> Vec<String> {
        let mut named = Vec::new();
        for attribute in ["rsc", "with-rsc", "first", "then", "template"] {
            named.extend(self.element.attribute(attribute).map(str::to_owned));
        }
        let mut pending: Vec<&Element> = self.element.elements().collect();
        while let Some(child) = pending.pop() {
            let names = ["resource_ref", "obj_ref", "role", "role_ref", "primitive"];
            if names.contains(&child.name.as_str()) {
                named.push(element::id(child).to_owned());
            }
            pending.extend(child.elements());
        }
        named
    }
}

/// The ids that something refers to: these are always printed.
fn said_anyway(objects: &[Shown]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<&Element> = objects.iter().map(|object| &object.element).collect();
    while let Some(element) = pending.pop() {
        found.extend(element.attribute("id-ref").map(str::to_owned));
        pending.extend(
            element
                .elements()
                .filter(|child| child.name != "nvpair" || child.attribute("id-ref").is_some()),
        );
    }
    found
}

/// Adds the ids that a load would not make up. For each object, whether its parts have the ids that
/// parts have.
fn name(objects: &[Shown], levels: &[Element], ids: &mut BTreeSet<String>) -> Vec<bool> {
    let mut names = Names::default();
    objects.iter().for_each(|object| names.reserve(&object.place));
    let fencing = (Rank::Ticket, tables::FENCING);
    let fencing = objects.partition_point(|object| (object.rank, &*object.place) < fencing);
    let mut nameable = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        if index == fencing {
            levels.iter().for_each(|level| names.unusual_level(level, ids));
        }
        nameable.push(names.unusual(&object.element, ids));
    }
    if fencing == objects.len() {
        levels.iter().for_each(|level| names.unusual_level(level, ids));
    }
    nameable
}

impl Printer<'_> {
    /// The object in words, or as XML where the words would not say all of it.
    fn entry(&self, object: &Shown, is_nameable: bool) -> Entry {
        let Shown { rank, keyword, element, .. } = object;
        let in_words = |element| self.in_words(object, element).map(|lines| lines.join());
        let says_all = |text: &String| roundtrip::says_all(text, element, &self.ids);
        let text = in_words(element).filter(|_| is_nameable).filter(says_all);
        let text = match self.selection.obscured(element) {
            Some(hidden) => text.and_then(|_| in_words(&hidden)),
            None => text,
        };
        let comments: String = comment_lines(&object.comments).map(|line| line + "\n").collect();
        let text = comments + &text.unwrap_or_else(|| self.xml(object));
        let (id, place) = (object.id().to_owned(), object.place.clone());
        let names = if self.selection.picks_all() { Vec::new() } else { object.names() };
        Entry { rank: *rank, keyword, place, id, names, text }
    }

    /// `xml <...>`, with all that is inside; defaults in their section, which tells those of
    /// resources from those of operations.
    fn xml(&self, object: &Shown) -> String {
        let mut written = self.whole(&object.element);
        written = self.selection.obscured(&written).unwrap_or(written);
        element::join_comments(&mut written);
        if matches!(object.part, Part::ResourceDefaults | Part::OperationDefaults) {
            let mut section = element::new(object.keyword, &[]);
            element::push(&mut section, written);
            written = section;
        }
        let text = cib::write_element(&written);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        format!("xml {}", lines.join(" \\\n\t"))
    }

    /// An element with the resources inside it, of which there was the id.
    fn whole(&self, element: &Element) -> Element {
        let mut whole = element.clone();
        for child in element::elements_mut(&mut whole).filter(|child| element::is_stub(child)) {
            if let Some(resource) = self.resources.get(element::id(child)) {
                *child = self.whole(resource);
            }
        }
        whole
    }

    fn in_words(&self, object: &Shown, element: &Element) -> Option<Lines> {
        match object.rank {
            Rank::Node => self.node(element),
            Rank::Primitive | Rank::Template => self.primitive(object.keyword, element),
            Rank::Group | Rank::Clone | Rank::Master => self.container(object.keyword, element),
            Rank::Bundle => self.bundle(element),
            Rank::Constraint | Rank::Ticket => self.constraint(element),
            Rank::Property | Rank::ResourceDefaults | Rank::OperationDefaults => {
                self.options(object.keyword, element)
            }
            Rank::Tag => Some(Lines::new(parts::listed("tag", element, "obj_ref"))),
            Rank::Role => Some(self.role(element)),
            Rank::Target if object.keyword == "user" => self.user(element),
            Rank::Target => Some(Lines::new(parts::listed(object.keyword, element, "role"))),
            Rank::Alert => self.alert(element),
        }
    }
}

/// Comments above an object, in lines of their own that begin with `#`.
fn comment_lines(comments: &[String]) -> impl Iterator<Item = String> + '_ {
    let lines = comments.iter().flat_map(|comment| comment.lines()).map(str::trim_end);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(|line| match line.trim_start() {
        line if line.starts_with('#') => line.to_owned(),
        _ => format!("#{line}"),
    })
}
