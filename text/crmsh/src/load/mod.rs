//! Statements into edits: what a text says about a configuration that is there.

mod options;
mod outcome;
mod resources;
mod secrets;
mod sequence;

use crate::diagnostic::{Diagnostic, Position};
use crate::element::{self, find_word};
use crate::names::Names;
use crate::parser::{parse, parse_tolerant};
use crate::statement::{Located, Statement};
use cib::{Cib, Part, elements};
use cluster::validate::{Severity, validate};
use cluster::{Configuration, Edit, Element, Object};
use resources::Stock;
pub(crate) use sequence::ids_of;
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

/// Reads `text` and works out what it changes in `onto`. A text without any object changes nothing
/// in [`Mode::Update`].
///
/// # Errors
/// Everything that is wrong with the text, in itself or together with `onto`. What was wrong with
/// `onto` before is not held against the text.
pub fn load(text: &str, onto: &Configuration, mode: Mode) -> Result<Loaded, Vec<Diagnostic>> {
    read(text, onto, mode, false)
}

/// The same, but what can be kept although it is wrong (a value that is none of its kind, something
/// named that is not there) is a warning: for those who insist, and for texts of configurations that
/// are wrong already.
///
/// # Errors
/// What cannot be kept.
pub fn load_tolerant(
    text: &str,
    onto: &Configuration,
    mode: Mode,
) -> Result<Loaded, Vec<Diagnostic>> {
    read(text, onto, mode, true)
}

fn read(
    text: &str,
    onto: &Configuration,
    mode: Mode,
    is_tolerant: bool,
) -> Result<Loaded, Vec<Diagnostic>> {
    let statements = if is_tolerant { parse_tolerant(text)? } else { parse(text)? };
    if statements.is_empty() && mode == Mode::Replace {
        return Err(vec![empty().with_excerpt(text)]);
    }
    let mut loader = Loader::new(&statements, onto, mode);
    loader.check_ids();
    loader.gather();
    loader.resources();
    loader.sequences();
    let outcome = loader.finish(is_tolerant);
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
    mode: Mode,
    /// What was there, for the ids of the parts of objects that stay.
    old: Old<'a>,
    /// What is there when the first edit comes: as before, or next to nothing to replace it.
    base: Configuration,
    names: Names,
    stock: Stock,
    /// Blocks of options and nodes, as far as the text has come.
    extended: BTreeMap<(Part, String), Element>,
    edits: Vec<Edit>,
    /// Where in `edits` an object is.
    places: BTreeMap<(cluster::ObjectKind, String), usize>,
    /// The statements about each object.
    about: BTreeMap<String, Vec<&'a Located<Statement>>>,
    warnings: Vec<Diagnostic>,
    errors: Vec<Diagnostic>,
    /// What is wrong with an object but was kept.
    doubts: Vec<(String, Diagnostic)>,
}

impl<'a> Loader<'a> {
    fn new(statements: &'a [Located<Statement>], old: &'a Configuration, mode: Mode) -> Self {
        let base = match mode {
            Mode::Update => old.clone(),
            Mode::Replace => outcome::remainder(old),
        };
        let ids: BTreeSet<&str> =
            statements.iter().filter_map(|located| located.value.id()).collect();
        let mut names = Names::default();
        let is_topology =
            |located: &Located<Statement>| matches!(located.value, Statement::FencingLevels(_));
        let mut others = base.clone();
        if statements.iter().any(is_topology) {
            others.fencing_levels.clear();
        }
        reserve_others(&mut names, others, &ids);
        let doubts = reserve_said(&mut names, statements, &ids);
        let stock = Stock::of(statements, &base);
        let (extended, places) = (BTreeMap::new(), BTreeMap::new());
        let (edits, about) = (Vec::new(), BTreeMap::new());
        let (warnings, errors) = (Vec::new(), Vec::new());
        let old = Old::of(old);
        Self {
            statements,
            mode,
            old,
            base,
            names,
            stock,
            extended,
            edits,
            places,
            about,
            warnings,
            errors,
            doubts,
        }
    }

    /// One object, one definition. Blocks of options may come in pieces, and a node in none.
    fn check_ids(&mut self) {
        let mut first: BTreeMap<&str, &Located<Statement>> = BTreeMap::new();
        let is_piece = |one: &Statement, other: &Statement| match (one, other) {
            (Statement::Object(one, _), Statement::Object(other, _)) => {
                options::is_extended(*one) && one == other
            }
            _ => false,
        };
        let is_node =
            |statement: &Statement| matches!(statement, Statement::Object(Part::Nodes, _));
        for located in self.statements {
            let id = located.value.id().filter(|_| !is_node(&located.value));
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

    /// Gives every object its ids, in the order of the text. Resources are kept for those that
    /// name them; all else is an edit already.
    fn gather(&mut self) {
        for located in self.statements {
            match &located.value {
                Statement::Object(Part::Resources, _) => self.gather_resource(located),
                Statement::Object(Part::Nodes, node) => self.node(located, node),
                Statement::Object(part, block) if options::is_extended(*part) => {
                    self.options(located, *part, block.clone());
                }
                Statement::Object(part, object) => {
                    let old = self.old.element(*part, object);
                    let object = self.finished(located, object.clone(), old.as_ref());
                    self.put(located, *part, &object);
                }
                Statement::FencingLevels(levels) => self.fencing_levels(located, levels),
                Statement::Monitor(word, operation) => self.monitor(word, operation),
                Statement::Sequence(..) => {}
            }
        }
    }

    /// The object with its comments and ids, and without stars in the place of secrets.
    fn finished(
        &mut self,
        located: &'a Located<Statement>,
        mut object: Element,
        old: Option<&Element>,
    ) -> Element {
        if !located.is_xml() {
            self.names.object(&mut object, old);
        }
        element::set_comments(&mut object, &located.comments);
        secrets::uncover(located, &mut object, old, &mut self.errors);
        object
    }

    /// The levels that a text names are all there are.
    fn fencing_levels(&mut self, located: &'a Located<Statement>, levels: &[Element]) {
        const KEYS: [&str; 5] =
            ["target", "target-pattern", "target-attribute", "target-value", "devices"];
        let mut kept = BTreeSet::new();
        let old: Vec<Element> = self.old.all.fencing_levels.iter().map(elements::level).collect();
        for level in levels {
            let mut level = level.clone();
            let same =
                |old: &&Element| KEYS.iter().all(|key| old.attribute(key) == level.attribute(key));
            let same = old.iter().find(same).map(element::id);
            self.names.fencing_level(&mut level, same);
            kept.insert(element::id(&level).to_owned());
            self.put(located, Part::FencingTopology, &level);
        }
        let gone = self.base.fencing_levels.iter().filter(|level| !kept.contains(&level.id));
        self.edits.extend(gone.map(|level| Edit::Remove(level.id.clone())));
    }

    /// Adds the edit that makes the object so; of two for one object the later counts.
    fn put(&mut self, located: &'a Located<Statement>, part: Part, element: &Element) {
        let name = match part {
            Part::Nodes => element.attribute("uname").unwrap_or_default(),
            _ => element::id(element),
        };
        self.about.entry(name.to_owned()).or_default().push(located);
        match cib::objects_of(element, Some(part)) {
            Ok((objects, doubts)) => {
                let name = name.to_owned();
                let doubts = doubts.into_iter().map(|doubt| {
                    let position = located.position;
                    (name.clone(), Diagnostic::error(position, doubt.what, doubt.help))
                });
                self.doubts.extend(doubts);
                objects.into_iter().for_each(|object| self.put_object(object));
            }
            Err(error) => {
                self.errors.push(Diagnostic::error(located.position, error.what, error.help));
            }
        }
    }

    fn put_object(&mut self, object: Object) {
        let key = (object.kind(), object.id().to_owned());
        let edit = Edit::Put(Box::new(object));
        match self.places.get(&key) {
            Some(place) => self.edits[*place] = edit,
            None => {
                self.places.insert(key, self.edits.len());
                self.edits.push(edit);
            }
        }
    }

    /// Looks at the outcome as a whole.
    fn finish(mut self, is_tolerant: bool) -> Result<Loaded, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let outcome = self.outcome().map_err(|error| vec![error])?;
        let all = self.statements.iter();
        let mut warnings: Vec<_> =
            all.clone().flat_map(|located| located.warnings.clone()).collect();
        warnings.append(&mut self.warnings);
        let (mut errors, more) = self.problems(&outcome);
        warnings.extend(more);
        errors.extend(all.flat_map(|located| located.doubts.clone()));
        if is_tolerant {
            let kept = errors.drain(..);
            warnings.extend(kept.map(|error| Diagnostic { severity: Severity::Warning, ..error }));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let first = |(id, about): (&String, &Vec<&Located<Statement>>)| {
            (id.clone(), about.first().map(|located| located.position).unwrap_or_default())
        };
        let positions = self.about.iter().map(first).collect();
        let edits = match self.mode {
            Mode::Update => self.edits,
            Mode::Replace => vec![Edit::Replace(Box::new(outcome))],
        };
        Ok(Loaded { edits, positions, warnings })
    }

    /// What is wrong with the objects of the text, and what is probably not meant. What the old
    /// configuration had wrong in the same way is not held against the text.
    fn problems(&self, outcome: &Configuration) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let problems = validate(outcome);
        let old = if problems.is_empty() { Vec::new() } else { validate(self.old.all) };
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for problem in problems {
            let Some(position) = self.place_of(&problem) else { continue };
            seen.insert(problem.object.clone());
            let is_new = !old.contains(&problem);
            let (what, help) = (problem.what, problem.help);
            match problem.severity {
                Severity::Error if is_new => errors.push(Diagnostic::error(position, what, help)),
                _ => warnings.push(Diagnostic::warning(position, what, help)),
            }
        }
        // The validation says better what it says at all.
        let others = self.doubts.iter().filter(|(object, _)| !seen.contains(object));
        errors.extend(others.map(|(_, doubt)| doubt.clone()));
        (errors, warnings)
    }

    /// Where the text says what the problem is about, if it is the text that says it.
    fn place_of(&self, problem: &cluster::validate::Problem) -> Option<Position> {
        let about = self.about.get(&problem.object)?;
        let word = problem.word.as_deref().unwrap_or_default();
        let found = about.iter().find_map(|located| find_word(&located.words, word));
        found.or_else(|| about.first().map(|located| located.position))
    }
}

/// What was there before, found by id.
struct Old<'a> {
    all: &'a Configuration,
    constraints: BTreeMap<&'a str, &'a cluster::Constraint>,
    resources: BTreeMap<&'a str, resources::Known<'a>>,
}

impl<'a> Old<'a> {
    fn of(all: &'a Configuration) -> Self {
        let constraints = all.constraints.iter();
        let constraints = constraints.map(|constraint| (constraint.id(), constraint)).collect();
        Self { all, constraints, resources: resources::known(all) }
    }

    /// What the object of that id looked like, as an element.
    fn element(&self, part: Part, new: &Element) -> Option<Element> {
        let id = element::id(new);
        match part {
            Part::Resources => self.resources.get(id).map(resources::Known::element),
            Part::Constraints => self.constraints.get(id).map(|old| elements::constraint(old)),
            Part::Tags => self.all.tag(id).map(elements::tag),
            Part::Acls | Part::Alerts => {
                let opaque = self.all.opaque.iter().map(|(_, element)| element);
                opaque
                    .into_iter()
                    .find(|old| old.name == new.name && element::id(old) == id)
                    .cloned()
            }
            _ => None,
        }
    }
}

/// Keeps the ids of everything that the text does not define anew.
fn reserve_others(names: &mut Names, base: Configuration, ids: &BTreeSet<&str>) {
    let is_redefined = |element: &Element| {
        let id = element.attribute("id").is_some_and(|id| ids.contains(id));
        id || element.attribute("uname").is_some_and(|name| ids.contains(name))
    };
    let tree = cib::to_element(&Cib { configuration: base, ..Cib::default() });
    let mut pending: Vec<&Element> = element::children(&tree, "configuration").collect();
    while let Some(element) = pending.pop() {
        let is_container =
            ["group", "clone", "master", "configuration"].contains(&element.name.as_str());
        let is_section = element.attribute("id").is_none();
        if is_redefined(element) {
            names.reserve(element.attribute("id").unwrap_or_default());
            // The primitives inside may be none of the text's business.
            pending.extend(element.elements().filter(|child| element::is_resource(child)));
        } else if is_container || is_section {
            names.reserve(element.attribute("id").unwrap_or_default());
            pending.extend(element.elements());
        } else {
            names.reserve_all(element);
        }
    }
}

/// Keeps the ids that the text itself says, wherever it says them; tells of those that it says twice.
/// What is said in XML inside a group or clone, and again by itself, is said there.
fn reserve_said(
    names: &mut Names,
    statements: &[Located<Statement>],
    ids: &BTreeSet<&str>,
) -> Vec<(String, Diagnostic)> {
    ids.iter().for_each(|id| names.reserve(id));
    let mut said = Names::default();
    let mut doubts = Vec::new();
    for located in statements {
        let objects = match &located.value {
            Statement::Object(_, object) => std::slice::from_ref(object),
            Statement::FencingLevels(levels) => levels.as_slice(),
            Statement::Monitor(..) | Statement::Sequence(..) => &[],
        };
        for object in objects {
            let alone =
                |child: &&Element| element::is_resource(child) && !ids.contains(element::id(child));
            names.reserve(element::id(object));
            object.elements().filter(alone).for_each(|child| names.reserve_all(child));
            names.reserve_parts(object);
            if let Some(id) = said.reserve_parts(object) {
                let position = find_word(&located.words, &id).unwrap_or(located.position);
                let what = format!("the id `{id}` is given twice");
                let error = Diagnostic::error(position, what, "give each part an id of its own");
                doubts.push((element::id(object).to_owned(), error));
            }
        }
    }
    doubts
}
