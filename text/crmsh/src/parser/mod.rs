//! Text into statements.

mod access;
mod alerts;
mod attributes;
mod bundles;
mod constraints;
mod cursor;
mod fencing;
mod operations;
mod resources;
mod rules;
mod sets;

pub(crate) use cursor::is_xml_name;
pub(crate) use resources::push_operation;

use crate::diagnostic::{Diagnostic, Position};
use crate::lexer::{self, Line, Word};
use crate::statement::{Located, Sequence, Statement};
use crate::vocabulary::PRIMITIVE_PARTS;
use cib::Part;
use cluster::Element;
use cursor::{Cursor, Parsed};
use std::collections::BTreeSet;

/// The keywords that begin an object.
pub(crate) const OBJECTS: [&str; 27] = [
    "node",
    "primitive",
    "group",
    "clone",
    "ms",
    "master",
    "location",
    "colocation",
    "collocation",
    "order",
    "property",
    "rsc_defaults",
    "op_defaults",
    "monitor",
    "rsc_template",
    "bundle",
    "tag",
    "rsc_ticket",
    "fencing_topology",
    "fencing-topology",
    "role",
    "acl_target",
    "acl_group",
    "alert",
    "xml",
    "user",
    "sequence",
];

/// Commands of the shell that people leave in files meant to be loaded.
const COMMANDS: [&str; 12] = [
    "commit",
    "configure",
    "show",
    "verify",
    "edit",
    "delete",
    "up",
    "exit",
    "quit",
    "bye",
    "crm",
    "rename",
];

/// Reads a whole text, or says everything that is wrong with it.
///
/// # Errors
/// All that is wrong, in the order of the text; one error for each object. A list of what is
/// possible stands at the first error only that it helps with.
pub fn parse(text: &str) -> Result<Vec<Located<Statement>>, Vec<Diagnostic>> {
    let statements = parse_tolerant(text)?;
    let doubts = statements.iter().flat_map(|located| located.doubts.clone());
    let doubts: Vec<Diagnostic> = doubts.map(|doubt| doubt.with_excerpt(text)).collect();
    if doubts.is_empty() { Ok(statements) } else { Err(doubts) }
}

/// The same, but values that are none of their kind are kept, with a doubt at their statement.
pub(crate) fn parse_tolerant(text: &str) -> Result<Vec<Located<Statement>>, Vec<Diagnostic>> {
    let (lines, mut errors) = lexer::lines(text);
    let mut statements = Vec::with_capacity(lines.len());
    let mut is_after_error = false;
    for line in lines {
        let is_indented = line.indented;
        match statement(line) {
            Ok(said) => {
                statements.extend(said);
                is_after_error = false;
            }
            // What is indented below a line that was refused only repeats that refusal.
            Err(_) if is_indented && is_after_error => {}
            Err(error) => {
                errors.push(error);
                is_after_error = true;
            }
        }
    }
    if errors.is_empty() {
        return Ok(statements);
    }
    errors.extend(statements.into_iter().flat_map(|located| located.doubts));
    errors.sort_by_key(Diagnostic::position);
    list_once(&mut errors);
    Err(errors.into_iter().map(|error| error.with_excerpt(text)).collect())
}

/// A list of all that is possible helps once; a text that is wrong in the same way in every line
/// would repeat it without end.
fn list_once(errors: &mut [Diagnostic]) {
    let mut listed = BTreeSet::new();
    for error in errors {
        let is_list = error.help.starts_with(cursor::LIST);
        if is_list && !listed.insert(error.help.clone()) {
            error.help.clear();
        }
    }
}

/// What a line says: one thing, or with `xml` several objects at once.
fn statement(line: Line) -> Parsed<Vec<Located<Statement>>> {
    let mut cursor = Cursor::new(&line);
    let keyword = cursor.expect("an object such as `primitive` or `property`")?;
    let values = match keyword.keyword().as_str() {
        "xml" => xml(&mut cursor, keyword, &line)?,
        _ => vec![object(&mut cursor, keyword, &line)?],
    };
    let object = keyword.keyword();
    cursor.expect_end(&object)?;
    let (mut warnings, mut doubts) = (cursor.warnings, cursor.doubts);
    let places: Vec<Position> = values.iter().map(|value| place_of(value, &line)).collect();
    let Line { words, comments, .. } = line;
    // Most of the time there is one value, which gets them all.
    let mut words = std::iter::repeat_n(words, values.len());
    let mut comments = std::iter::repeat_n(comments, values.len());
    let locate = |(value, position)| Located {
        value,
        position,
        words: words.next().unwrap_or_default(),
        comments: comments.next().unwrap_or_default(),
        warnings: std::mem::take(&mut warnings),
        doubts: std::mem::take(&mut doubts),
    };
    Ok(values.into_iter().zip(places).map(locate).collect())
}

/// Where the word stands that names the object, else the keyword.
fn place_of(value: &Statement, line: &Line) -> Position {
    let is_named = value.id().is_some() && value.id() == line.words.get(1).map(bare);
    line.words.get(usize::from(is_named)).map(|word| word.position).unwrap_or_default()
}

fn bare(word: &Word) -> &str {
    let text = word.text.as_str();
    let text = ["$id=", "id="].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    text.strip_suffix(':').unwrap_or(text)
}

fn object(cursor: &mut Cursor<'_>, keyword: &Word, line: &Line) -> Parsed<Statement> {
    match keyword.keyword().as_str() {
        "node" => resources::node(cursor),
        "primitive" => resources::primitive(cursor, "primitive"),
        "rsc_template" => resources::primitive(cursor, "template"),
        "group" => resources::container(cursor, "group"),
        "clone" => resources::container(cursor, "clone"),
        "ms" | "master" => resources::container(cursor, "master"),
        "bundle" => bundles::bundle(cursor),
        "monitor" => operations::monitor(cursor),
        "location" => constraints::location(cursor),
        "colocation" | "collocation" => constraints::colocation(cursor),
        "order" => constraints::order(cursor),
        "rsc_ticket" => constraints::ticket(cursor),
        "tag" => constraints::tag(cursor),
        "property" => resources::options(cursor, keyword, Part::Properties),
        "rsc_defaults" => resources::options(cursor, keyword, Part::ResourceDefaults),
        "op_defaults" => resources::options(cursor, keyword, Part::OperationDefaults),
        "fencing_topology" | "fencing-topology" => fencing::topology(cursor),
        "role" => access::role(cursor),
        "user" => access::user(cursor),
        "acl_target" => access::target(cursor, "acl_target"),
        "acl_group" => access::target(cursor, "acl_group"),
        "alert" => alerts::alert(cursor),
        "sequence" => sequence(cursor),
        _ => Err(unknown(keyword, line)),
    }
}

/// `sequence resources: ID ...`, and the same for every other section; `sequence sections: NAME
/// ...`, `sequence members: ID ...`, `sequence inside ID: ID ...`
fn sequence(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut word = cursor.expect("resources:, constraints: or another section")?;
    let is_inside = word.keyword() == "inside";
    if is_inside {
        word = cursor.expect("the id of a group or clone, then `:`")?;
    }
    let Some(name) = word.text.strip_suffix(':') else {
        let help = format!("write `{}:`, then the ids in their order", word.text);
        return Err(word.error(format!("`{}` has no `:` behind it", word.text), help));
    };
    let of = match name {
        id if is_inside => Sequence::Inside(Word { text: id.to_owned(), position: word.position }),
        "sections" => Sequence::Sections,
        "members" => Sequence::Members,
        name => Sequence::Objects(Part::parse(name).ok_or_else(|| {
            let known = Part::ALL.map(Part::name);
            let known: Vec<&str> = known.into_iter().chain(["sections", "members"]).collect();
            let help = cursor::near_or_all(name, &known);
            word.error(format!("there is no section `{name}`"), help)
        })?),
    };
    Ok(Statement::Sequence(of, cursor.rest().to_vec()))
}

/// `xml <...>`: the rest of the line as it stands.
fn xml(cursor: &mut Cursor<'_>, keyword: &Word, line: &Line) -> Parsed<Vec<Statement>> {
    cursor.rest();
    let text = line.raw.get(keyword.text.len()..).unwrap_or_default();
    let first = line.words.get(1).unwrap_or(keyword);
    let wrong = |error: cib::CibError| first.error(error.what, error.help);
    let element = cib::read_element(text).map_err(wrong)?;
    // What is no object, or belongs nowhere, is told here, with what would be right.
    let (_, doubts) = cib::objects_of(&element, None).map_err(wrong)?;
    cursor.doubts.extend(doubts.into_iter().map(wrong));
    let mut said = Vec::new();
    collect(element, None, &mut said);
    Ok(said)
}

/// The objects of an element, which may be one, a section, or a configuration.
fn collect(element: Element, part: Option<Part>, said: &mut Vec<Statement>) {
    let section = Part::parse(&element.name);
    if section.is_none() && !["configuration", "cib"].contains(&element.name.as_str()) {
        let part = part.or_else(|| Part::of_element(&element.name));
        said.extend(part.map(|part| Statement::Object(part, element)));
        return;
    }
    for child in element.extra.children {
        if let cluster::ExtraNode::Element(child) = child
            && child.name != "status"
        {
            collect(child, section.or(part), said);
        }
    }
}

/// A line that begins with no object's name.
fn unknown(word: &Word, line: &Line) -> Diagnostic {
    let text = word.text.as_str();
    let keyword = word.keyword();
    let continues = ["attributes", "rule", "description"].into_iter();
    let is_part = PRIMITIVE_PARTS.into_iter().chain(continues).any(|part| part == keyword);
    if is_part || (line.indented && text.contains('=')) {
        let help = "does the line before lack a `\\` at its end?";
        return word.error(format!("`{text}` begins no object"), help);
    }
    if COMMANDS.contains(&keyword.as_str()) {
        let help = "a text holds objects only; leave it out";
        return word.error(format!("`{text}` is a command of the shell"), help);
    }
    let what = format!("unknown keyword `{text}`");
    word.error(what, cursor::near_or_all(text, &OBJECTS[..16]))
}
