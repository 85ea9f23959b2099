//! A configuration as text, in the layout of `crm configure show`.

mod bundles;
mod constraints;
mod parts;
mod resources;
mod roundtrip;
mod selection;
mod tables;

use crate::element;
use cluster::{Configuration, Constraint, Object, Resource};
use parts::References;
use selection::Selection;

pub use selection::matches;

/// The configuration, or what `selection` picks of it, as text that [`crate::load`] reads.
///
/// Objects stand by type, and within a type by id. A selection is a list of ids (for nodes names),
/// `type:KEYWORD` or `related:ID`; none picks everything. `obscure:PATTERN` puts stars in the
/// place of values whose names match (`*` stands for anything).
pub fn show(configuration: &Configuration, selection: &[&str]) -> String {
    let selection = Selection::parse(selection);
    let printer = Printer { references: References::of(configuration), selection: &selection };
    let mut entries = entries(configuration, &printer);
    entries.sort_by(|a, b| (a.rank, &a.place).cmp(&(b.rank, &b.place)));
    let mut text = String::new();
    for entry in entries.into_iter().filter(|entry| selection.picks(entry)) {
        text.push_str(&entry.text);
        text.push('\n');
    }
    text
}

/// An object on its way to the text.
struct Entry {
    rank: Rank,
    keyword: &'static str,
    /// What it is called: the id, for a node the name.
    id: String,
    /// Its place among its kind: the id, for a node too.
    place: String,
    /// Other objects that it names.
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
    references: References,
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

fn entries(configuration: &Configuration, printer: &Printer<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |object: &Object, rank, keyword, names: Vec<String>| {
        let id = match object {
            Object::Node(node) => node.name.clone(),
            object => object.id().to_owned(),
        };
        let text = printer.object(object, keyword);
        let place = object.id().to_owned();
        entries.push(Entry { rank, keyword, id, place, names, text });
    };
    for node in &configuration.nodes {
        add(&Object::Node(node.clone()), Rank::Node, "node", Vec::new());
    }
    for resource in all_resources(configuration) {
        let inside: Vec<String> = resource.ids().into_iter().skip(1).map(str::to_owned).collect();
        let (rank, keyword) = match &resource {
            Resource::Primitive(_) => (Rank::Primitive, "primitive"),
            Resource::Group(_) => (Rank::Group, "group"),
            Resource::Clone(_) => (Rank::Clone, "clone"),
            Resource::Bundle(_) => (Rank::Bundle, "bundle"),
            Resource::Template(_) => (Rank::Template, "rsc_template"),
        };
        add(&Object::Resource(resource), rank, keyword, inside);
    }
    for constraint in &configuration.constraints {
        let (rank, keyword) = match constraint {
            Constraint::Location(_) => (Rank::Constraint, "location"),
            Constraint::Colocation(_) => (Rank::Constraint, "colocation"),
            Constraint::Order(_) => (Rank::Constraint, "order"),
            Constraint::Ticket(_) => (Rank::Ticket, "rsc_ticket"),
        };
        let named = constraint.resources().into_iter().map(str::to_owned).collect();
        add(&Object::Constraint(constraint.clone()), rank, keyword, named);
    }
    for tag in &configuration.tags {
        add(&Object::Tag(tag.clone()), Rank::Tag, "tag", tag.members.clone());
    }
    for set in &configuration.properties {
        add(&Object::Properties(set.clone()), Rank::Property, "property", Vec::new());
    }
    for set in &configuration.resource_defaults {
        let object = Object::ResourceDefaults(set.clone());
        add(&object, Rank::ResourceDefaults, "rsc_defaults", Vec::new());
    }
    for set in &configuration.operation_defaults {
        let object = Object::OperationDefaults(set.clone());
        add(&object, Rank::OperationDefaults, "op_defaults", Vec::new());
    }
    for (section, element) in &configuration.opaque {
        let (rank, keyword) = tables::kind(&element.name);
        let named = tables::named(element);
        add(&Object::Opaque(*section, element.clone()), rank, keyword, named);
    }
    entries.extend(tables::fencing(configuration, printer));
    entries
}

/// Every resource on its own: what is inside a group, clone or bundle has an entry, too.
fn all_resources(configuration: &Configuration) -> Vec<Resource> {
    fn collect(resource: &Resource, all: &mut Vec<Resource>) {
        all.push(resource.clone());
        match resource {
            Resource::Primitive(_) | Resource::Template(_) => {}
            Resource::Group(group) => {
                all.extend(group.members.iter().cloned().map(Resource::Primitive));
            }
            Resource::Clone(clone) => collect(&clone.child, all),
            Resource::Bundle(bundle) => {
                all.extend(bundle.primitive.iter().cloned().map(Resource::Primitive));
            }
        }
    }
    let mut all = Vec::new();
    for resource in &configuration.resources {
        collect(resource, &mut all);
    }
    all
}

impl Printer<'_> {
    /// The object in words, or as XML where the words would not say all of it.
    fn object(&self, object: &Object, keyword: &str) -> String {
        let in_words = self.in_words(object).map(|lines| lines.join());
        let text = in_words
            .filter(|text| roundtrip::says_all(text, object))
            .unwrap_or_else(|| xml(object, keyword));
        let mut lines = String::new();
        for comment in comments(object) {
            lines.push_str(&format!("#{comment}\n"));
        }
        lines + &self.selection.obscure(&text)
    }

    fn in_words(&self, object: &Object) -> Option<Lines> {
        match object {
            Object::Node(node) => Some(self.node(node)),
            Object::Resource(resource) => Some(match resource {
                Resource::Primitive(primitive) => self.primitive("primitive", primitive),
                Resource::Group(group) => self.group(group),
                Resource::Clone(clone) => self.clone(clone),
                Resource::Bundle(bundle) => self.bundle(bundle),
                Resource::Template(template) => self.primitive("rsc_template", template),
            }),
            Object::Constraint(constraint) => self.constraint(constraint),
            Object::Properties(set) => Some(self.options("property", set)),
            Object::ResourceDefaults(set) => Some(self.options("rsc_defaults", set)),
            Object::OperationDefaults(set) => Some(self.options("op_defaults", set)),
            Object::Tag(tag) => {
                Some(Lines::new(format!("tag {} {}", tag.id, tag.members.join(" "))))
            }
            // The statement for levels says all of them; one alone has no words.
            Object::FencingLevel(_) => None,
            Object::Opaque(_, element) => self.opaque(element),
        }
    }
}

/// Comments above an object, in lines of their own.
fn comments(object: &Object) -> Vec<String> {
    let mut lines = Vec::new();
    for comment in element::take_comments(&mut object.clone()) {
        match comment.trim() {
            "" => lines.push(String::new()),
            _ => {
                let written = comment.lines().filter(|line| !line.trim().is_empty());
                lines.extend(written.map(|line| line.trim_end().to_owned()));
            }
        }
    }
    lines
}

/// `xml <...>`; defaults in their section, which tells those of resources from those of
/// operations.
fn xml(object: &Object, keyword: &str) -> String {
    let mut object = object.clone();
    element::take_comments(&mut object);
    let mut written = element::of_object(&object);
    element::join_comments(&mut written);
    if ["rsc_defaults", "op_defaults"].contains(&keyword) {
        let mut section = element::new(keyword, &[]);
        element::push(&mut section, written);
        written = section;
    }
    let text = cib::write_element(&written);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    format!("xml {}", lines.join(" \\\n\t"))
}
