//! A configuration as text, in the layout of `crm configure show`.

mod bundles;
mod constraints;
mod objects;
mod order;
mod ordinary;
mod parts;
mod resources;
mod roundtrip;
mod secrets;
mod selection;
mod tables;

pub use secrets::STARS;

use crate::element;
use crate::names::Names;
use cib::{Part, elements};
use cluster::{Configuration, Element};
use objects::{Rank, Shown, objects, references};
use selection::Selection;
use std::collections::BTreeSet;

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
    let objects = objects(configuration);
    let levels: Vec<Element> = configuration.fencing_levels.iter().map(elements::level).collect();
    let mut names = Names::default();
    objects.iter().for_each(|object| names.reserve(&object.place));
    let ids = references(&objects);
    let mut printer = Printer { ids, names, objects: &objects, selection: &selection };
    let fencing = (Rank::Ticket, tables::FENCING);
    let fencing = objects.partition_point(|object| (object.rank, &*object.place) < fencing);
    let (before, after) = objects.split_at(fencing);
    let mut entries: Vec<Entry> = before.iter().map(|object| printer.entry(object)).collect();
    entries.extend(printer.fencing(&levels, configuration));
    entries.extend(after.iter().map(|object| printer.entry(object)));
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

/// An object on its way to the text.
struct Entry {
    keyword: &'static str,
    /// What it is called: the id, for a node the name.
    id: String,
    /// Other objects that it names; left out when everything is shown.
    names: Vec<String>,
    text: String,
}

/// What every part of the printer has to know.
struct Printer<'a> {
    /// Ids of parts of objects that are printed, as far as the text has come.
    ids: BTreeSet<String>,
    /// What a load would call the parts.
    names: Names,
    objects: &'a [Shown<'a>],
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

impl Printer<'_> {
    /// The object in words, or as XML where the words would not say all of it.
    fn entry(&mut self, object: &Shown<'_>) -> Entry {
        let mut element = object.element();
        let comments = element::take_comments(&mut element);
        let is_nameable = self.names.unusual(&element, &mut self.ids);
        let in_words = |element| self.in_words(object, element).map(|lines| lines.join());
        let says_all = |text: &String| roundtrip::says_all(text, &element, &self.ids);
        let text = in_words(&element).filter(|_| is_nameable).filter(says_all);
        let text = match self.selection.obscured(&element) {
            Some(hidden) => text.and_then(|_| in_words(&hidden)),
            None => text,
        };
        let comments: String = comment_lines(&comments).map(|line| line + "\n").collect();
        let text = comments + &text.unwrap_or_else(|| self.xml(object, &element));
        let id = match object.part {
            Part::Nodes => element.attribute("uname").unwrap_or_default().to_owned(),
            _ => object.place.clone().into_owned(),
        };
        let names = if self.selection.picks_all() { Vec::new() } else { named(&element) };
        Entry { keyword: object.keyword, id, names, text }
    }

    /// `xml <...>`, with all that is inside; defaults in their section, which tells those of
    /// resources from those of operations.
    fn xml(&self, object: &Shown<'_>, element: &Element) -> String {
        let mut written = self.whole(element);
        written = self.selection.obscured(&written).unwrap_or(written);
        element::join_comments(&mut written);
        if matches!(object.part, Part::ResourceDefaults | Part::OperationDefaults) {
            let mut section = element::new(object.keyword, &[]);
            element::push(&mut section, written);
            written = section;
        }
        in_xml(&written)
    }

    /// A group, clone or bundle with the resources inside it, of which there was the id. Anything
    /// else stays as it is: there an id alone names something (`resource_ref`), or is all there is
    /// to say (`<operations id="..."/>`).
    fn whole(&self, element: &Element) -> Element {
        let can_hold = |kind: &str| element::can_hold(&element.name, kind);
        let mut whole = element.clone();
        let inside = element::elements_mut(&mut whole).filter(|child| can_hold(&child.name));
        for child in inside.filter(|child| element::is_mention(child)) {
            let is_it = |other: &&Shown<'_>| {
                other.part == Part::Resources
                    && can_hold(other.keyword)
                    && other.place == element::id(child)
            };
            if let Some(resource) = self.objects.iter().find(is_it) {
                *child = self.whole(&resource.element());
            }
        }
        whole
    }

    fn in_words(&self, object: &Shown<'_>, element: &Element) -> Option<Lines> {
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

/// `xml <...>`, one tag a line.
fn in_xml(element: &Element) -> String {
    let text = cib::write_element(element);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    format!("xml {}", lines.join(" \\\n\t"))
}

/// The ids of other objects that an object names.
fn named(object: &Element) -> Vec<String> {
    const NAMES: [&str; 5] = ["resource_ref", "obj_ref", "role", "role_ref", "primitive"];
    let mut named = Vec::new();
    for attribute in ["rsc", "with-rsc", "first", "then", "template"] {
        named.extend(object.attribute(attribute).map(str::to_owned));
    }
    let mut pending: Vec<&Element> = object.elements().collect();
    while let Some(child) = pending.pop() {
        if NAMES.contains(&child.name.as_str()) {
            named.push(element::id(child).to_owned());
        }
        pending.extend(child.elements());
    }
    named
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
