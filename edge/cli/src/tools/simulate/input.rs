//! Which cluster: the one that runs, or one in a file.

use super::options::Source;
use crate::answer::Failure;
use crate::connection::Connection;
use crate::input::{located, read_file};
use crate::picture::Picture;
use crate::verbs::verify::unknown_schema;
use cib::Cib;
use cluster::validate::{Severity, validate_structure};
use std::path::Path;

/// The CIB of the cluster that is asked about.
pub(super) fn read(source: &Source) -> Result<Cib, Failure> {
    match source {
        Source::Live => Ok(of_picture(Picture::take(&Connection::usual())?)),
        Source::File(path) => of_file(path),
        Source::Pipe => of_file(Path::new("-")),
    }
}

/// A CIB that knows what only the node knew: whether there is quorum.
pub(super) fn of_picture(picture: Picture) -> Cib {
    let has_quorum = if picture.has_quorum() { "1" } else { "0" };
    let mut cib = picture.cib;
    cib.set_attribute("have-quorum", has_quorum);
    cib
}

/// The CIB in a file; what makes no sense in it counts as not given.
pub(super) fn of_file(path: &Path) -> Result<Cib, Failure> {
    let text = read_file(path).map_err(|error| Failure::Unreadable(error.to_string()))?;
    let name = path.display().to_string();
    let (cib, _) = cib::read_tolerant(&text).map_err(|error| {
        let message = located(&name, &error);
        match cib::read_element(&text) {
            Err(_) => Failure::Unreadable(message),
            Ok(root) if root.name != "cib" => Failure::NoInput(message),
            Ok(_) => Failure::Configuration(message),
        }
    })?;
    match cib.attribute("validate-with") {
        Some("none") => return Ok(cib),
        Some(schema) if !cib::is_known_schema(schema) => {
            return Err(Failure::Configuration(unknown_schema(&name, schema)));
        }
        _ => {}
    }
    let errors: Vec<String> = validate_structure(&cib.configuration)
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| format!("{name}: error: {problem}"))
        .collect();
    if errors.is_empty() { Ok(cib) } else { Err(Failure::Configuration(errors.join("\n"))) }
}
