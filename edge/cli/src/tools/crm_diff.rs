//! `crm_diff`: what makes one XML file of another, and what comes of it.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::input::{located, read_file};
use crate::secrets;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use cib::{Base, Order, Patch};
use cluster::Element;
use std::path::Path;
use std::process::ExitCode;

const LINE: CommandLine = CommandLine {
    name: "crm_diff",
    purpose: "compares two CIBs, or applies a patch to one",
    words: "",
    choices: &[
        value("o", "original", "the file with the first XML; - is standard input"),
        value("O", "original-string", "the first XML"),
        value("n", "new", "compare it with this file"),
        value("N", "new-string", "compare it with this XML"),
        value("p", "patch", "apply the patch in this file to it"),
        flag(
            "c",
            "cib",
            "these are whole CIBs: count versions, add a digest, ignore the order of attributes",
        ),
        flag("s", "stdin", "what is not named comes on standard input"),
        flag("u", "no-version", "leave the versions out"),
    ],
};

/// The two differ: as with `diff`, that is no failure.
const DIFFERENT: u8 = 1;

/// `crm_diff`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    if given.has("cib") && given.has("no-version") {
        return Err(Failure::Usage("-u/--no-version incompatible with -c/--cib".into()));
    }
    let old = source(&given, ["original", "original-string"], "first")?;
    if given.has("patch") {
        return apply(&given, &old);
    }
    let new = source(&given, ["new", "new-string"], "second")?;
    compare(&given, &old, new)
}

/// The XML in a file, or the one on the command line.
fn source(given: &Parsed, [file, text]: [&str; 2], which: &str) -> Result<Element, Failure> {
    let (name, text) = match (given.value(text), given.value(file)) {
        (Some(text), _) => ("XML", text.to_owned()),
        (None, Some(path)) => (path, read(path)?),
        (None, None) if given.has("stdin") => ("standard input", read("-")?),
        (None, None) => {
            let missing = format!("the {which} XML is missing: name it with --{file} or --{text}");
            return Err(Failure::Data(missing));
        }
    };
    parse(name, &text)
}

fn parse(name: &str, text: &str) -> Result<Element, Failure> {
    cib::read_element(text).map_err(|error| Failure::Data(located(name, &error)))
}

fn read(path: &str) -> Result<String, Failure> {
    read_file(Path::new(path)).map_err(|error| Failure::Data(error.to_string()))
}

fn apply(given: &Parsed, old: &Element) -> Outcome {
    let name = given.required("patch")?;
    let patch = parse(name, &read(name)?)?;
    let base = if given.has("cib") { Base::SameVersion } else { Base::Any };
    let applied = Patch::from_element(&patch).and_then(|patch| patch.apply(old, base));
    let root =
        applied.map_err(|error| Failure::Other(format!("Could not apply patch: {error}")))?;
    print(&cib::write_element(&secrets::tree(root)));
    DONE
}

fn compare(given: &Parsed, old: &Element, mut new: Element) -> Outcome {
    if given.has("no-version") {
        for name in ["admin_epoch", "epoch", "num_updates"] {
            carry_over(old, &mut new, name);
        }
    }
    let order = if given.has("cib") { Order::Ignored } else { Order::Matters };
    let patch = Patch::between(old, &new, order);
    let mut patch = patch.map_err(|error| Failure::Data(error.to_string()))?;
    if patch.is_empty() {
        return DONE;
    }
    if given.has("no-version") {
        patch.versions = None;
    }
    if given.has("cib") {
        patch.digest = Some(cib::digest(&new));
    }
    print(&cib::write_element(&secrets::tree(patch.to_element())));
    Ok(ExitCode::from(DIFFERENT))
}

/// Gives the new root the old one's value, so that it makes no difference.
fn carry_over(old: &Element, new: &mut Element, name: &str) {
    let attributes = &mut new.extra.attributes;
    if let Some(value) = old.attribute(name)
        && let Some((_, place)) = attributes.iter_mut().find(|(known, _)| known == name)
    {
        value.clone_into(place);
    }
}
