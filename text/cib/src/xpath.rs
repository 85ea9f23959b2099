//! The part of XPath that people and tools ask a CIB with.
//!
//! Paths with `/`, `//` (also as `/descendant::`), `*`, `.` and `..`, several joined by `|`; predicates with `@name`, paths,
//! `=`, `!=`, `and`, `or`, `not()`, `contains()`, `starts-with()`, and positions. The answer is
//! always elements: a path that ends in an attribute names those that have it.

use crate::place::Place;
use cluster::Element;

/// Why a question was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("XPath `{path}`, character {column}: {what}; {help}")]
pub struct XpathError {
    /// The question.
    pub path: String,
    /// The character where it stops being understood, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: &'static str,
}

/// The elements below `root`, itself among them, that `path` names, in document order. A relative
/// path starts inside `root`; an absolute one starts with `root`'s own name.
///
/// # Errors
/// When the path is none of the kind described in this module.
pub fn find<'a>(root: &'a Element, path: &str) -> Result<Vec<&'a Element>, XpathError> {
    Ok(spots(root, path)?.into_iter().map(|spot| spot.element()).collect())
}

/// Where these elements stand.
///
/// # Errors
/// As [`find`].
pub fn find_places(root: &Element, path: &str) -> Result<Vec<Place>, XpathError> {
    // The first number is the root's own, of which there is one.
    let place = |spot: Spot<'_>| Place::new(spot.places.into_iter().skip(1).collect());
    Ok(spots(root, path)?.into_iter().map(place).collect())
}

fn spots<'a>(root: &'a Element, path: &str) -> Result<Vec<Spot<'a>>, XpathError> {
    let union = Parser { path, at: 0, depth: 0 }.union()?;
    Ok(in_document_order(union.iter().flat_map(|path| path.walk(root)).collect()))
}

/// An element with the way to it.
#[derive(Clone)]
struct Spot<'a> {
    /// The root first; the document around the root is the empty line.
    line: Vec<&'a Element>,
    /// Which child each is of the one before.
    places: Vec<usize>,
}

impl<'a> Spot<'a> {
    /// The innermost element. Spots that are handed out have one.
    fn element(&self) -> &'a Element {
        self.line.last().expect("invariant: only the document itself has no element")
    }

    fn children(&self, root: &'a Element) -> Vec<Self> {
        match self.line.last() {
            None => vec![Self { line: vec![root], places: vec![0] }],
            Some(element) => element
                .elements()
                .enumerate()
                .map(|(place, child)| {
                    let mut spot = self.clone();
                    spot.line.push(child);
                    spot.places.push(place);
                    spot
                })
                .collect(),
        }
    }

    /// This one and all inside it, in document order.
    fn descendants(self, root: &'a Element) -> Vec<Self> {
        let children = self.children(root);
        let mut all = vec![self];
        for child in children {
            all.extend(child.descendants(root));
        }
        all
    }

    fn parent(mut self) -> Option<Self> {
        self.line.pop()?;
        self.places.pop();
        Some(self)
    }
}

/// Each place once: `|`, `..` and nested `//` lead to the same one more than once.
fn in_document_order(mut spots: Vec<Spot<'_>>) -> Vec<Spot<'_>> {
    spots.sort_by(|left, right| left.places.cmp(&right.places));
    spots.dedup_by(|left, right| left.places == right.places);
    spots
}

struct Path {
    start: Start,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Document,
    Here,
}

struct Step {
    /// Whether the step was written with `//`.
    reach: Reach,
    test: Test,
    predicates: Vec<Predicate>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Child,
    Descendant,
}

enum Test {
    Name(String),
    Any,
    Itself,
    Parent,
}

enum Predicate {
    Position(usize),
    Last,
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Exists(Operand),
    Compare { operand: Operand, test: Comparison, value: String },
}

/// Something with a text value: an attribute of an element that a path leads to.
struct Operand {
    path: Path,
    attribute: Option<String>,
}

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
}

impl Path {
    fn walk<'a>(&self, root: &'a Element) -> Vec<Spot<'a>> {
        let document = Spot { line: Vec::new(), places: Vec::new() };
        let start = match self.start {
            Start::Document => document,
            Start::Here => Spot { line: vec![root], places: vec![0] },
        };
        let mut spots = self.walk_from(start, root);
        spots.retain(|spot| !spot.line.is_empty());
        spots
    }

    fn walk_from<'a>(&self, start: Spot<'a>, root: &'a Element) -> Vec<Spot<'a>> {
        let mut spots = vec![start];
        for step in &self.steps {
            let mut next: Vec<Spot<'a>> = Vec::new();
            for spot in spots {
                next.extend(step.take(spot, root));
            }
            spots = in_document_order(next);
        }
        spots
    }
}

impl Step {
    fn take<'a>(&self, from: Spot<'a>, root: &'a Element) -> Vec<Spot<'a>> {
        let origins = match self.reach {
            Reach::Child => vec![from],
            Reach::Descendant => from.descendants(root),
        };
        origins
            .into_iter()
            .flat_map(|origin| self.filter(self.candidates(origin, root), root))
            .collect()
    }

    fn candidates<'a>(&self, origin: Spot<'a>, root: &'a Element) -> Vec<Spot<'a>> {
        match &self.test {
            Test::Itself => vec![origin],
            Test::Parent => origin.parent().into_iter().collect(),
            Test::Any => origin.children(root),
            Test::Name(name) => {
                // Most children have another name; the way to them need not be made.
                let is_met = origin
                    .line
                    .last()
                    .is_none_or(|element| element.elements().any(|child| child.name == *name));
                let mut children = if is_met { origin.children(root) } else { Vec::new() };
                children.retain(|child| child.element().name == *name);
                children
            }
        }
    }

    fn filter<'a>(&self, mut spots: Vec<Spot<'a>>, root: &'a Element) -> Vec<Spot<'a>> {
        for predicate in &self.predicates {
            let count = spots.len();
            let mut position = 0;
            spots.retain(|spot| {
                position += 1;
                predicate.holds(spot, (position, count), root)
            });
        }
        spots
    }
}

impl Predicate {
    fn holds(&self, spot: &Spot<'_>, place: (usize, usize), root: &Element) -> bool {
        match self {
            Self::Position(number) => *number == place.0,
            Self::Last => place.0 == place.1,
            Self::Or(left, right) => {
                left.holds(spot, place, root) || right.holds(spot, place, root)
            }
            Self::And(left, right) => {
                left.holds(spot, place, root) && right.holds(spot, place, root)
            }
            Self::Not(inner) => !inner.holds(spot, place, root),
            Self::Exists(operand) => operand.any(spot, root, |_| true),
            Self::Compare { operand, test, value } => {
                operand.any(spot, root, |text| test.holds(text, value))
            }
        }
    }
}

impl Comparison {
    fn holds(self, text: &str, value: &str) -> bool {
        match self {
            Self::Equal => text == value,
            Self::NotEqual => text != value,
            Self::Contains => text.contains(value),
            Self::StartsWith => text.starts_with(value),
        }
    }
}

impl Operand {
    fn any(&self, spot: &Spot<'_>, root: &Element, test: impl Fn(&str) -> bool) -> bool {
        self.path.walk_from(spot.clone(), root).iter().any(|spot| {
            let Some(element) = spot.line.last() else { return false };
            match self.attribute.as_deref() {
                None => test(""),
                Some("*") => element.extra.attributes.iter().any(|(_, value)| test(value)),
                Some(name) => element.attribute(name).is_some_and(&test),
            }
        })
    }
}

/// Nobody asks with more brackets inside each other; without a bound they would use up the stack.
const DEPTH_LIMIT: u32 = 32;

/// Reads a question from left to right.
struct Parser<'t> {
    path: &'t str,
    at: usize,
    /// How many predicates and brackets are open.
    depth: u32,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.path[self.at..].trim_start()
    }

    fn eat(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at = self.path.len() - self.rest().len() + token.len();
        }
        is_next
    }

    /// A word that stands alone.
    fn eat_word(&mut self, word: &str) -> bool {
        let follows = self.rest().strip_prefix(word).and_then(|rest| rest.chars().next());
        self.rest().starts_with(word) && !follows.is_some_and(is_name) && self.eat(word)
    }

    fn expect(&mut self, token: &str) -> Result<(), XpathError> {
        if self.eat(token) { Ok(()) } else { Err(self.wrong(&format!("`{token}` is missing"))) }
    }

    fn wrong(&self, what: &str) -> XpathError {
        XpathError {
            path: self.path.to_owned(),
            column: self.path[..self.at].chars().count() + 1,
            what: what.to_owned(),
            help: "write it like //primitive[@id='x']/meta_attributes",
        }
    }

    fn union(mut self) -> Result<Vec<Path>, XpathError> {
        let mut paths = vec![self.path()?];
        while self.eat("|") {
            paths.push(self.path()?);
        }
        if self.rest().is_empty() { Ok(paths) } else { Err(self.wrong("this is not understood")) }
    }

    fn path(&mut self) -> Result<Path, XpathError> {
        let start = if self.rest().starts_with('/') { Start::Document } else { Start::Here };
        let mut steps = Vec::new();
        let mut reach = self.reach();
        if reach.is_some() && self.rest().is_empty() {
            return Err(self.wrong("the path names no element"));
        }
        loop {
            let is_last = self.rest().starts_with('@');
            steps.push(self.step(reach.unwrap_or(Reach::Child))?);
            reach = self.reach();
            if reach.is_none() || is_last {
                return Ok(Path { start, steps });
            }
        }
    }

    fn reach(&mut self) -> Option<Reach> {
        if self.eat("//") { Some(Reach::Descendant) } else { self.eat("/").then_some(Reach::Child) }
    }

    fn step(&mut self, reach: Reach) -> Result<Step, XpathError> {
        // What is below an element, at any depth; `/child::` is what `/` alone says.
        let reach = if self.eat("descendant::") { Reach::Descendant } else { reach };
        self.eat("child::");
        if self.rest().starts_with('@') {
            let operand = self.operand()?;
            let predicates = vec![Predicate::Exists(operand)];
            return Ok(Step { reach, test: Test::Itself, predicates });
        }
        let test = if self.eat("..") {
            Test::Parent
        } else if self.eat(".") {
            Test::Itself
        } else if self.eat("*") {
            Test::Any
        } else {
            Test::Name(self.name("an element's name is expected")?)
        };
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.either()?);
            self.expect("]")?;
        }
        Ok(Step { reach, test, predicates })
    }

    fn name(&mut self, expected: &str) -> Result<String, XpathError> {
        let name: String = self.rest().chars().take_while(|c| is_name(*c)).collect();
        if name.is_empty() {
            return Err(self.wrong(expected));
        }
        if name.contains("::") {
            return Err(self.wrong("axes with a name are not understood"));
        }
        self.eat(&name);
        Ok(name)
    }

    fn either(&mut self) -> Result<Predicate, XpathError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(self.wrong("too many brackets are open"));
        }
        let mut left = self.both()?;
        while self.eat_word("or") {
            left = Predicate::Or(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Predicate, XpathError> {
        let mut left = self.single()?;
        while self.eat_word("and") {
            left = Predicate::And(Box::new(left), Box::new(self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Predicate, XpathError> {
        if self.eat("(") {
            let inner = self.either()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.eat("not(") {
            let inner = self.either()?;
            self.expect(")")?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        if self.eat("last()") {
            return Ok(Predicate::Last);
        }
        for (call, test) in
            [("contains(", Comparison::Contains), ("starts-with(", Comparison::StartsWith)]
        {
            if self.eat(call) {
                let operand = self.operand()?;
                self.expect(",")?;
                let value = self.literal()?;
                self.expect(")")?;
                return Ok(Predicate::Compare { operand, test, value });
            }
        }
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            let digits = self.name("a position is expected")?;
            return digits
                .parse()
                .map(Predicate::Position)
                .map_err(|_| self.wrong("this is no position"));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Predicate, XpathError> {
        let operand = self.operand()?;
        let test = if self.eat("!=") {
            Comparison::NotEqual
        } else if self.eat("=") {
            Comparison::Equal
        } else {
            return Ok(Predicate::Exists(operand));
        };
        Ok(Predicate::Compare { operand, test, value: self.literal()? })
    }

    /// `@name`, `path`, or `path/@name`.
    fn operand(&mut self) -> Result<Operand, XpathError> {
        let mut steps = Vec::new();
        let mut reach = Reach::Child;
        loop {
            if self.eat("@") {
                let attribute = if self.eat("*") {
                    "*".to_owned()
                } else {
                    self.name("an attribute's name is expected")?
                };
                if reach == Reach::Descendant {
                    let step = Step { reach, test: Test::Itself, predicates: Vec::new() };
                    steps.push(step);
                }
                let path = Path { start: Start::Here, steps };
                return Ok(Operand { path, attribute: Some(attribute) });
            }
            steps.push(self.step(reach)?);
            match self.reach() {
                Some(next) => reach = next,
                None => {
                    let path = Path { start: Start::Here, steps };
                    return Ok(Operand { path, attribute: None });
                }
            }
        }
    }

    fn literal(&mut self) -> Result<String, XpathError> {
        for quote in ["'", "\""] {
            if self.eat(quote) {
                let Some(length) = self.path[self.at..].find(quote) else {
                    return Err(self.wrong("the quotation mark is not closed"));
                };
                let value = self.path[self.at..self.at + length].to_owned();
                self.at += length + quote.len();
                return Ok(value);
            }
        }
        // A number is compared as it is written: `@id=1`.
        let rest = &self.path[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if length > 0 {
            self.at += length;
            return Ok(rest[..length].to_owned());
        }
        Err(self.wrong("a text in quotation marks or a number is expected"))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "-_.:".contains(c)
}
