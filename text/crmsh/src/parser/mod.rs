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

pub(crate) use resources::PRIMITIVE_PARTS;

use crate::diagnostic::Diagnostic;
use crate::element;
use crate::lexer::{self, Line, Word};
use crate::statement::{Located, OptionKind, Statement};
use cluster::{Object, Resource, Section};
use cursor::{Cursor, Parsed};
use std::collections::BTreeSet;

/// The keywords that begin an object.
pub(crate) const OBJECTS: [&str; 26] = [
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
    let (lines, mut errors) = lexer::lines(text);
    let mut statements = Vec::with_capacity(lines.len());
    let mut is_after_error = false;
    for line in lines {
        match statement(&line) {
            Ok(statement) => {
                statements.push(statement);
                is_after_error = false;
            }
            // What is indented below a line that was refused only repeats that refusal.
            Err(_) if line.indented && is_after_error => {}
            Err(error) => {
                errors.push(error);
                is_after_error = true;
            }
        }
    }
    if errors.is_empty() {
        return Ok(statements);
    }
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

fn statement(line: &Line) -> Parsed<Located<Statement>> {
    let mut cursor = Cursor::new(line);
    let keyword = cursor.expect("an object such as `primitive` or `property`")?;
    let value = object(&mut cursor, keyword, line)?;
    let object = keyword.keyword();
    cursor.expect_end(&object)?;
    let warnings = cursor.warnings;
    let is_named = value.id().is_some() && value.id() == line.words.get(1).map(bare);
    let named = line.words.get(usize::from(is_named)).unwrap_or(keyword);
    let (words, comments) = (line.words.clone(), line.comments.clone());
    Ok(Located { value, position: named.position, words, comments, warnings })
}

fn bare(word: &Word) -> &str {
    let text = word.text.as_str();
    let text = ["$id=", "id="].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    text.strip_suffix(':').unwrap_or(text)
}

fn object(cursor: &mut Cursor<'_>, keyword: &Word, line: &Line) -> Parsed<Statement> {
    Ok(match keyword.keyword().as_str() {
        "node" => resources::node(cursor)?,
        "primitive" => Statement::Primitive(resources::primitive(cursor, "primitive")?),
        "rsc_template" => Statement::Template(resources::primitive(cursor, "template")?),
        "group" => Statement::Group(resources::container(cursor, "group")?),
        "clone" => Statement::Clone(resources::container(cursor, "clone")?),
        "ms" | "master" => Statement::Clone(resources::promotable(cursor)?),
        "bundle" => bundles::bundle(cursor)?,
        "monitor" => operations::monitor(cursor)?,
        "location" => constraints::location(cursor)?,
        "colocation" | "collocation" => constraints::colocation(cursor)?,
        "order" => constraints::order(cursor)?,
        "rsc_ticket" => constraints::ticket(cursor)?,
        "tag" => constraints::tag(cursor)?,
        "property" => resources::options(cursor, keyword, OptionKind::Property)?,
        "rsc_defaults" => resources::options(cursor, keyword, OptionKind::ResourceDefaults)?,
        "op_defaults" => resources::options(cursor, keyword, OptionKind::OperationDefaults)?,
        "fencing_topology" | "fencing-topology" => fencing::topology(cursor)?,
        "role" => access::role(cursor)?,
        "acl_target" => access::target(cursor, "acl_target")?,
        "acl_group" => access::target(cursor, "acl_group")?,
        "alert" => alerts::alert(cursor)?,
        "xml" => xml(cursor, keyword, line)?,
        _ => return Err(unknown(keyword, line)),
    })
}

/// `xml <...>`: the rest of the line as it stands.
fn xml(cursor: &mut Cursor<'_>, keyword: &Word, line: &Line) -> Parsed<Statement> {
    cursor.rest();
    let text = line.raw.get(keyword.text.len()..).unwrap_or_default();
    let objects = element::read_objects(text).map_err(|error| {
        let first = line.words.get(1).unwrap_or(keyword);
        first.error(error.what, error.help)
    })?;
    Ok(match <[Object; 1]>::try_from(objects) {
        // A group or clone may name it.
        Ok([Object::Resource(Resource::Primitive(primitive))]) => {
            Statement::Primitive(Box::new(primitive))
        }
        Ok(one) => Statement::Xml(one.into()),
        Err(several) => Statement::Xml(several),
    })
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
    if keyword == "user" {
        let help = "write `role` and `acl_target`, which took its place";
        return word.error("`user` is not supported by this version", help);
    }
    if COMMANDS.contains(&keyword.as_str()) {
        let help = "a text holds objects only; leave it out";
        return word.error(format!("`{text}` is a command of the shell"), help);
    }
    let what = format!("unknown keyword `{text}`");
    word.error(what, cursor::near_or_all(text, &OBJECTS[..16]))
}

/// An object that the model keeps as an element.
fn opaque(section: Section, element: cluster::Element) -> Statement {
    Statement::Opaque(section, element)
}
