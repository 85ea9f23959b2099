//! Statements into edits: what a text says about a configuration that is there.

mod names;
mod options;
mod resources;

use crate::diagnostic::{Diagnostic, Position};
use crate::element::{self, find_word};
use crate::parser::parse;
use crate::statement::{Located, Statement};
use cib::Cib;
use cluster::validate::{Severity, validate};
use cluster::{Configuration, Constraint, Edit, Element, FencingLevel, Object, Resource, Section};
use names::Names;
use resources::Stock;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of the objects that a text does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They stay. Options, defaults and nodes that it mentions are extended, other objects are
    /// replaced.
    Update,
    /// They go, but for the nodes and what the cluster itself keeps among its options. A text
    /// without any object is refused: more often than not it is a file that was not written.
    Replace,
}

/// What a text does to a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The changes; nothing has been applied.
    pub edits: Vec<Edit>,
    /// Where each object of the text is defined, by its id (for a node by its name).
    pub positions: BTreeMap<String, Position>,
    /// What was taken but is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Options that the cluster writes, not people: a text without them does not take them away.
const KEPT_OPTIONS: [&str; 4] =
    ["dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog"];

/// Reads `text` and works out what it changes in `onto`. A text without any object changes nothing
/// in [`Mode::Update`].
///
/// # Errors
/// Everything that is wrong with the text, in itself or together with `onto`. What was wrong with
/// `onto` before is not held against the text.
pub fn load(text: &str, onto: &Configuration, mode: Mode) -> Result<Loaded, Vec<Diagnostic>> {
    let statements = parse(text)?;
    if statements.is_empty() && mode == Mode::Replace {
        return Err(vec![empty().with_excerpt(text)]);
    }
    let mut loader = Loader::new(&statements, onto, mode);
    loader.check_ids();
    loader.resources();
    loader.others();
    let outcome = loader.finish(mode);
    let with_excerpts = |diagnostics: Vec<Diagnostic>| {
        let mut diagnostics: Vec<_> =
            diagnostics.into_iter().map(|diagnostic| diagnostic.with_excerpt(text)).collect();
        diagnostics.sort_by_key(Diagnostic::position);
        diagnostics
    };
    match outcome {
        Ok(mut loaded) => {
            loaded.warnings = with_excerpts(loaded.warnings);
            Ok(loaded)
        }
        Err(errors) => Err(with_excerpts(errors)),
    }
}

fn empty() -> Diagnostic {
    let help = "write at least one object; to remove everything, use `cibadmin --erase --force`";
    let what = "the text is empty: it would remove everything";
    Diagnostic::error(Position { line: 1, column: 1 }, what, help)
}

/// The work on one text.
struct Loader<'a> {
    statements: &'a [Located<Statement>],
    /// What was there, for the ids of the parts of objects that stay.
    old: &'a Configuration,
    /// What is there when the first edit comes: as `old`, or next to nothing to replace it.
    base: Configuration,
    names: Names,
    stock: Stock,
    edits: Vec<Edit>,
    /// The statements about each object.
    about: BTreeMap<String, Vec<&'a Located<Statement>>>,
    errors: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    fn new(statements: &'a [Located<Statement>], old: &'a Configuration, mode: Mode) -> Self {
        let base = match mode {
            Mode::Update => old.clone(),
            Mode::Replace => remainder(old),
        };
        let ids: BTreeSet<&str> =
            statements.iter().filter_map(|located| located.value.id()).collect();
        let mut names = Names::default();
        reserve_others(&mut names, &base, &ids);
        for word in statements.iter().flat_map(|located| &located.words) {
            if let Some(id) = word.text.strip_prefix("$id=") {
                names.reserve(id);
            }
        }
        let (edits, about, errors) = (Vec::new(), BTreeMap::new(), Vec::new());
        let stock = Stock::default();
        Self { statements, old, base, names, stock, edits, about, errors }
    }

    /// One object, one definition. Blocks of options may come in pieces, and a node in none.
    fn check_ids(&mut self) {
        let mut first: BTreeMap<&str, &Located<Statement>> = BTreeMap::new();
        let is_piece = |one: &Statement, other: &Statement| match (one, other) {
            (Statement::Options(one, _), Statement::Options(other, _)) => one == other,
            _ => false,
        };
        for located in self.statements {
            let id = located.value.id().filter(|_| !matches!(located.value, Statement::Node(_)));
            let Some(id) = id else { continue };
            let before = *first.entry(id).or_insert(located);
            if !std::ptr::eq(before, located) && !is_piece(&before.value, &located.value) {
                let before = before.position;
                let help = format!("it was in line {}; give each object its own id", before.line);
                let what = format!("`{id}` is defined for the second time");
                self.errors.push(Diagnostic::error(located.position, what, help));
            }
        }
    }

    /// Constraints, tags, options, nodes, and what is kept as elements.
    fn others(&mut self) {
        for located in self.statements {
            match &located.value {
                Statement::Constraint(constraint) => {
                    self.constraint(located, constraint.as_ref().clone());
                }
                Statement::Options(kind, set) => self.options(located, *kind, set.clone()),
                Statement::Node(node) => self.node(located, node),
                Statement::Opaque(section, element) => {
                    self.opaque(located, *section, element.clone());
                }
                Statement::Tag(tag) => {
                    let mut object = Object::Tag(tag.clone());
                    element::set_comments(element::extra_of(&mut object), &located.comments);
                    self.put(located, object);
                }
                Statement::FencingLevels(levels) => self.fencing_levels(located, levels),
                Statement::Xml(objects) => {
                    for object in objects {
                        let mut object = object.clone();
                        let extra = element::extra_of(&mut object);
                        element::set_comments(extra, &located.comments);
                        self.put(located, object);
                    }
                }
                Statement::Primitive(_)
                | Statement::Template(_)
                | Statement::Bundle(_)
                | Statement::Group(_)
                | Statement::Clone(_)
                | Statement::Monitor(..) => {}
            }
        }
    }

    fn constraint(&mut self, located: &'a Located<Statement>, mut constraint: Constraint) {
        let id = constraint.id();
        let old = self.old.constraints.iter().find(|old| old.id() == id);
        self.names.constraint(&mut constraint, old);
        let mut object = Object::Constraint(constraint);
        element::set_comments(element::extra_of(&mut object), &located.comments);
        self.put(located, object);
    }

    fn opaque(&mut self, located: &'a Located<Statement>, section: Section, mut new: Element) {
        let id = new.attribute("id").map(str::to_owned);
        let is_old = |(_, old): &&(Section, Element)| {
            old.name == new.name && old.attribute("id") == id.as_deref()
        };
        let old = self.old.opaque.iter().find(is_old).map(|(_, old)| old);
        self.names.element(&mut new, old);
        element::set_comments(&mut new.extra, &located.comments);
        self.put(located, Object::Opaque(section, new));
    }

    /// The levels that a text names are all there are.
    fn fencing_levels(&mut self, located: &'a Located<Statement>, levels: &[FencingLevel]) {
        let mut kept = BTreeSet::new();
        for level in levels {
            let mut level = level.clone();
            let same =
                |old: &&FencingLevel| old.target == level.target && old.devices == level.devices;
            let same = self.old.fencing_levels.iter().find(same);
            self.names.fencing_level(&mut level, same);
            kept.insert(level.id.clone());
            self.put(located, Object::FencingLevel(level));
        }
        let gone = self.base.fencing_levels.iter().filter(|level| !kept.contains(&level.id));
        self.edits.extend(gone.map(|level| Edit::Remove(level.id.clone())));
    }

    /// Adds the edit that makes the object so; of two for one object the later counts.
    fn put(&mut self, located: &'a Located<Statement>, object: Object) {
        let key = match &object {
            Object::Node(node) => node.name.clone(),
            object => object.id().to_owned(),
        };
        self.about.entry(key).or_default().push(located);
        let is_same = |edit: &&mut Edit| match edit {
            Edit::Put(old) => {
                std::mem::discriminant(old.as_ref()) == std::mem::discriminant(&object)
                    && old.id() == object.id()
            }
            _ => false,
        };
        match self.edits.iter_mut().find(is_same) {
            Some(edit) => *edit = Edit::Put(Box::new(object)),
            None => self.edits.push(Edit::Put(Box::new(object))),
        }
    }

    /// Looks at the outcome as a whole.
    fn finish(mut self, mode: Mode) -> Result<Loaded, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let mut outcome = self.base.clone();
        if let Err(refusal) = outcome.apply(&self.edits) {
            let id = match &refusal {
                cluster::Refusal::Unknown { id }
                | cluster::Refusal::Taken { id, .. }
                | cluster::Refusal::InUse { id, .. }
                | cluster::Refusal::Changed { id } => id,
            };
            let position = self.about.get(id).map(|about| about[0].position).unwrap_or_default();
            return Err(vec![Diagnostic::error(position, refusal.to_string(), "")]);
        }
        let all = self.statements.iter();
        let mut warnings: Vec<_> = all.flat_map(|located| located.warnings.clone()).collect();
        for problem in validate(&outcome) {
            let Some(position) = self.place_of(&problem) else { continue };
            let (what, help) = (problem.what, problem.help);
            match problem.severity {
                Severity::Error => self.errors.push(Diagnostic::error(position, what, help)),
                Severity::Warning => warnings.push(Diagnostic::warning(position, what, help)),
            }
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let first = |(id, about): (&String, &Vec<&Located<Statement>>)| {
            (id.clone(), about.first().map(|located| located.position).unwrap_or_default())
        };
        let positions = self.about.iter().map(first).collect();
        let edits = match mode {
            Mode::Update => self.edits,
            Mode::Replace => vec![Edit::Replace(Box::new(outcome))],
        };
        Ok(Loaded { edits, positions, warnings })
    }

    /// Where the text says what the problem is about, if it is the text that says it.
    fn place_of(&self, problem: &cluster::validate::Problem) -> Option<Position> {
        let about = self.about.get(&problem.object)?;
        let word = problem.word.as_deref().unwrap_or_default();
        let found = about.iter().find_map(|located| find_word(&located.words, word));
        found.or_else(|| about.first().map(|located| located.position))
    }
}

/// What stays of a configuration that is replaced: its nodes, and what the cluster itself wrote.
fn remainder(old: &Configuration) -> Configuration {
    let mut properties = old.properties.clone();
    for set in &mut properties {
        set.pairs.retain(|pair| KEPT_OPTIONS.contains(&pair.name.as_str()));
    }
    properties.retain(|set| !set.pairs.is_empty());
    Configuration {
        version: old.version,
        nodes: old.nodes.clone(),
        properties,
        extra: old.extra.clone(),
        ..Configuration::default()
    }
}

/// Keeps the ids of everything that the text does not define anew.
fn reserve_others(names: &mut Names, base: &Configuration, ids: &BTreeSet<&str>) {
    let is_redefined = |element: &Element| {
        let id = element.attribute("id").is_some_and(|id| ids.contains(id));
        id || element.attribute("uname").is_some_and(|name| ids.contains(name))
    };
    let tree = cib::to_element(&Cib { configuration: base.clone(), ..Cib::default() });
    let mut pending: Vec<&Element> = element::children(&tree, "configuration").collect();
    while let Some(element) = pending.pop() {
        let is_container = ["group", "clone", "configuration"].contains(&element.name.as_str());
        let is_section = element.attribute("id").is_none();
        if is_redefined(element) {
            names.reserve(element.attribute("id").unwrap_or_default());
            // The primitives inside may be none of the text's business.
            let inside = |child: &&Element| ["primitive", "group"].contains(&child.name.as_str());
            pending.extend(element.elements().filter(inside));
        } else if is_container || is_section {
            names.reserve(element.attribute("id").unwrap_or_default());
            pending.extend(element.elements());
        } else {
            names.reserve_all(element);
        }
    }
}

/// The kind of a resource, for messages.
fn kind_of(resource: &Resource) -> &'static str {
    match resource {
        Resource::Primitive(_) => "primitive",
        Resource::Group(_) => "group",
        Resource::Clone(_) => "clone",
        Resource::Bundle(_) => "bundle",
        Resource::Template(_) => "template",
    }
}
