//! Resources: groups, clones and bundles get what they name, from the text or from what is there.

use super::Loader;
use super::sequence::Insides;
use crate::diagnostic::Diagnostic;
use crate::element::{self, elements_mut};
use crate::lexer::Word;
use crate::parser::push_operation;
use crate::statement::{Located, Statement};
use base::suggest;
use cib::{Part, elements};
use cluster::{Configuration, Element, Primitive, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// A resource that is there already.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known<'a> {
    Resource(&'a Resource),
    Primitive(&'a Primitive),
}

impl Known<'_> {
    pub(super) fn element(&self) -> Element {
        match self {
            Self::Resource(resource) => elements::resource(resource),
            Self::Primitive(primitive) => elements::primitive(primitive),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Primitive(_) | Self::Resource(Resource::Primitive(_)) => "primitive",
            Self::Resource(Resource::Group(_)) => "group",
            Self::Resource(Resource::Clone(_)) => "clone",
            Self::Resource(Resource::Bundle(_)) => "bundle",
            Self::Resource(Resource::Template(_)) => "template",
        }
    }
}

/// All resources of a configuration by id, those inside others among them.
pub(super) fn known(configuration: &Configuration) -> BTreeMap<&str, Known<'_>> {
    fn add<'a>(resource: &'a Resource, known: &mut BTreeMap<&'a str, Known<'a>>) {
        known.insert(resource.id(), Known::Resource(resource));
        match resource {
            Resource::Primitive(_) | Resource::Template(_) => {}
            Resource::Clone(clone) => add(&clone.child, known),
            Resource::Group(_) | Resource::Bundle(_) => {
                for primitive in resource.primitives() {
                    known.insert(&primitive.id, Known::Primitive(primitive));
                }
            }
        }
    }
    let mut all = BTreeMap::new();
    for resource in &configuration.resources {
        add(resource, &mut all);
    }
    all
}

/// What groups and clones can be made of, and who has it.
#[derive(Default)]
pub(super) struct Stock {
    /// The resources of the text with their ids; what is inside them is an id still.
    finished: BTreeMap<String, Element>,
    /// What the resources of the text are.
    kinds: BTreeMap<String, &'static str>,
    /// What the resources are that stay, and in which container each is.
    old_kinds: BTreeMap<String, &'static str>,
    old_homes: BTreeMap<String, String>,
    /// In which container of the text a resource is.
    homes: BTreeMap<String, String>,
    insides: Insides,
}

impl Stock {
    pub(super) fn of(statements: &[Located<Statement>], base: &Configuration) -> Self {
        let mut stock = Self { insides: Insides::of(statements), ..Self::default() };
        for resource in statements.iter().filter_map(|located| located.value.resource()) {
            stock.kinds.insert(element::id(resource).to_owned(), kind_of(resource));
            // What is said in XML may have all of its contents with it.
            for child in resource.elements().filter(|child| element::is_resource(child)) {
                if !element::is_mention(child) {
                    let id = element::id(child).to_owned();
                    stock.kinds.entry(id).or_insert_with(|| kind_of(child));
                }
            }
        }
        for (id, resource) in known(base) {
            stock.old_kinds.insert(id.to_owned(), resource.kind());
        }
        for resource in &base.resources {
            let home = resource.id();
            if let Resource::Clone(clone) = resource {
                let child = clone.child.id();
                stock.old_homes.insert(child.to_owned(), home.to_owned());
                let inside = clone.child.ids().into_iter().skip(1);
                let inside = inside.map(|id| (id.to_owned(), child.to_owned()));
                stock.old_homes.extend(inside);
            } else {
                let inside = resource.ids().into_iter().skip(1);
                stock.old_homes.extend(inside.map(|id| (id.to_owned(), home.to_owned())));
            }
        }
        stock
    }

    fn kind(&self, id: &str) -> Option<&'static str> {
        self.kinds.get(id).or_else(|| self.old_kinds.get(id)).copied()
    }

    /// Whether the text says anew what the container holds.
    fn is_redefined(&self, container: &str) -> bool {
        self.kinds.get(container).is_some_and(|kind| *kind != "primitive")
    }

    /// Whether a container of the text had it before and has it no longer.
    fn is_freed(&self, id: &str) -> bool {
        let old = self.old_homes.get(id);
        old.is_some_and(|home| self.is_redefined(home)) && !self.homes.contains_key(id)
    }
}

impl<'a> Loader<'a> {
    /// Gives a resource its ids.
    pub(super) fn gather_resource(&mut self, located: &'a Located<Statement>) {
        let Some(resource) = located.value.resource() else { return };
        let old = self.old.element(Part::Resources, resource);
        let resource = self.finished(located, resource.clone(), old.as_ref());
        self.stock.finished.insert(element::id(&resource).to_owned(), resource);
    }

    /// One more operation for a primitive of the text, or one that is there.
    pub(super) fn monitor(&mut self, word: &'a Word, operation: &Element) {
        let finished = self.stock.finished.get(&word.text).cloned();
        let there = finished.or_else(|| self.there(&word.text));
        let Some(mut primitive) = there.filter(|it| it.name == "primitive") else {
            let error = self.unknown(word);
            self.errors.push(error);
            return;
        };
        push_operation(&mut primitive, operation.clone());
        self.names.object(&mut primitive, None);
        self.stock.kinds.insert(word.text.clone(), "primitive");
        self.stock.finished.insert(word.text.clone(), primitive);
    }

    /// A resource that stays, as an element.
    fn there(&self, id: &str) -> Option<Element> {
        let stays = self.stock.old_kinds.contains_key(id);
        stays.then(|| self.old.resources.get(id).map(Known::element))?
    }

    pub(super) fn resources(&mut self) {
        self.check_kinds();
        self.settle();
        if !self.errors.is_empty() {
            // What is inside what is not known; more would be said of it than is wrong.
            return;
        }
        self.resolve_references();
        self.put_resources();
        self.put_freed();
    }

    /// What a text defines keeps the kind it had.
    fn check_kinds(&mut self) {
        for located in self.statements {
            let Some(resource) = located.value.resource() else { continue };
            let (id, new) = (element::id(resource), kind_of(resource));
            if let Some(old) = self.stock.old_kinds.get(id).filter(|old| **old != new) {
                let what = format!("`{id}` is a {old} so far, and cannot become a {new}");
                let help = "remove it first, or choose another id";
                self.errors.push(Diagnostic::error(located.position, what, help));
            }
        }
    }

    /// Who is in what, each in one thing only.
    fn settle(&mut self) {
        for located in self.statements {
            let Some(container) = located.value.resource() else { continue };
            let is_clone = kind_of(container) == "clone";
            let mut named = BTreeMap::new();
            for child in container.elements().filter(|child| element::is_resource(child)) {
                let times: &mut usize = named.entry(element::id(child)).or_default();
                let word = word_of(located, element::id(child), *times);
                *times += 1;
                if self.can_be_inside(&word, is_clone) {
                    self.settle_one(&word, element::id(container));
                }
            }
        }
    }

    fn settle_one(&mut self, word: &Word, home: &str) {
        let id = &word.text;
        let elsewhere = self.stock.homes.get(id).or_else(|| {
            let old = self.stock.old_homes.get(id)?;
            Some(old).filter(|old| *old != home && !self.stock.is_redefined(old))
        });
        match elsewhere {
            Some(other) if other == home => {
                let what = format!("`{id}` is named twice");
                self.errors.push(word.error(what, "leave one of the two out"));
            }
            Some(other) => {
                let what = format!("`{id}` is already in `{other}`");
                self.errors.push(word.error(what, "a resource can be in one place only"));
            }
            None => {
                self.stock.homes.insert(id.clone(), home.to_owned());
            }
        }
    }

    /// Primitives can be inside groups and bundles, groups inside clones, too.
    fn can_be_inside(&mut self, word: &Word, of_clone: bool) -> bool {
        let error = match self.stock.kind(&word.text) {
            Some("primitive") => return true,
            Some("group") if of_clone => return true,
            Some(kind) if of_clone => {
                let help = "a clone holds a primitive or a group";
                word.error(format!("`{}` is a {kind} itself", word.text), help)
            }
            Some(kind) => {
                word.error(format!("`{}` is a {kind}", word.text), "name primitives only")
            }
            None => self.unknown(word),
        };
        self.errors.push(error);
        false
    }

    /// A text of one object is a command that somebody typed: what it names comes before it.
    fn unknown(&self, word: &Word) -> Diagnostic {
        let stock = &self.stock;
        let all = stock.kinds.iter().chain(&stock.old_kinds);
        let known = all.filter(|(_, kind)| ["primitive", "group"].contains(kind));
        let known = known.map(|(id, _)| id.as_str());
        let help = match (suggest::closest(&word.text, known), self.statements) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [_]) => "define it first".to_owned(),
            (None, _) => "define it in the text, too".to_owned(),
        };
        word.error(format!("there is no resource `{}`", word.text), help)
    }

    /// `$id-ref=RESOURCE` means the first block of the same kind of that resource.
    fn resolve_references(&mut self) {
        let mut named = BTreeSet::new();
        self.stock.finished.values().for_each(|resource| references(resource, &mut named));
        let mut blocks = BTreeMap::new();
        for id in named {
            let resource = self.stock.finished.get(&id).cloned().or_else(|| self.there(&id));
            for block in resource.iter().flat_map(Element::elements) {
                let first = (id.clone(), block.name.clone());
                blocks.entry(first).or_insert_with(|| element::id(block).to_owned());
            }
        }
        if !blocks.is_empty() {
            self.stock.finished.values_mut().for_each(|resource| resolve(resource, &blocks));
        }
    }

    /// The edits, in the order of the text; what is inside a container comes with it.
    fn put_resources(&mut self) {
        for located in self.statements {
            let id = match &located.value {
                Statement::Monitor(word, _) => word.text.as_str(),
                value => value.resource().map(element::id).unwrap_or_default(),
            };
            if id.is_empty() {
                continue;
            }
            if self.stock.homes.contains_key(id) || self.stock.is_freed(id) {
                self.about.entry(id.to_owned()).or_default().push(located);
            } else if let Some(resource) = self.built(id) {
                self.put(located, Part::Resources, &resource);
            }
        }
    }

    /// The resource with all that is inside it; nothing when something of that is missing, which
    /// has been said.
    fn built(&self, id: &str) -> Option<Element> {
        let of_text = self.stock.finished.get(id);
        let mut resource = of_text.cloned().or_else(|| self.there(id))?;
        let container = resource.name.clone();
        let can_hold = |child: &&mut Element| element::can_hold(&container, &child.name);
        for child in elements_mut(&mut resource).filter(can_hold) {
            let id = element::id(child);
            if self.stock.finished.contains_key(id) || element::is_mention(child) {
                *child = self.built(id)?;
            }
        }
        if of_text.is_some() {
            self.stock.insides.arrange(&mut resource);
        }
        Some(resource)
    }

    /// What a container no longer names stands alone from now on. These edits come last: before,
    /// the old container still holds it.
    fn put_freed(&mut self) {
        let old_homes = self.stock.old_homes.keys();
        let freed: Vec<String> = old_homes.filter(|id| self.stock.is_freed(id)).cloned().collect();
        for id in freed {
            if let Some(resource) = self.built(&id)
                && let Ok((objects, _)) = cib::objects_of(&resource, Some(Part::Resources))
            {
                objects.into_iter().for_each(|object| self.put_object(object));
            }
        }
    }
}

/// Where a statement names something, after it has named it so many times; the statement itself
/// where it does not say it as a word.
fn word_of(located: &Located<Statement>, id: &str, times: usize) -> Word {
    let words = located.words.iter().skip(2);
    let word = words.filter(|word| word.text == id).nth(times);
    word.cloned().unwrap_or_else(|| Word { text: id.to_owned(), position: located.position })
}

fn kind_of(resource: &Element) -> &'static str {
    match resource.name.as_str() {
        "group" => "group",
        "clone" | "master" => "clone",
        "bundle" => "bundle",
        "template" => "template",
        _ => "primitive",
    }
}

fn references(element: &Element, named: &mut BTreeSet<String>) {
    for child in element.elements() {
        named.extend(child.attribute("id-ref").map(str::to_owned));
        references(child, named);
    }
}

fn resolve(element: &mut Element, blocks: &BTreeMap<(String, String), String>) {
    for child in elements_mut(element) {
        let reference = child.attribute("id-ref").map(|id| (id.to_owned(), child.name.clone()));
        if let Some(id) = reference.and_then(|reference| blocks.get(&reference)) {
            element::set(child, "id-ref", id);
        }
        resolve(child, blocks);
    }
}
