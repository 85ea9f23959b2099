//! What another user may see and change of a file, as its own rules have it.

use super::CibFile;
use crate::answer::Failure;
use crate::input::located;
use cib::access::Forbidden;
use cluster::Element;
use cluster::access::{Grants, Person, Rights};

/// The rules that count; none where there are none, or they are not asked for.
pub(super) fn grants(file: &CibFile, text: &str) -> Result<Option<Grants>, Failure> {
    let Some(user) = &file.user else { return Ok(None) };
    let wrong = |error| Failure::Configuration(located(&file.name(), &error));
    let (cib, _) = cib::read_tolerant(text).map_err(wrong)?;
    let person = Person { name: user.clone(), groups: os::account::groups_of(user) };
    Ok(match Rights::of(&cib.configuration, &person) {
        Rights::All => None,
        Rights::Granted(grants) => Some(grants),
    })
}

/// What may be seen of `text`, which is all of it.
pub(super) fn seen(file: &CibFile, grants: &Grants, text: &str) -> Result<String, Failure> {
    let root = tree(file, text)?;
    let seen = cib::access::visible(grants, &root).map_err(|why| forbidden(&why))?;
    Ok(cib::write_element(&seen))
}

/// All of the file as it is, and as it will be when what makes `after` of `before`, which is what
/// may be seen of it, is done to all of it.
pub(super) fn allowed(
    file: &CibFile,
    grants: &Grants,
    text: &str,
    (before, after): (&Element, &Element),
) -> Result<(Element, Element), Failure> {
    let whole = tree(file, text)?;
    let merged = cib::merge(before, &whole, after).map_err(|_| {
        let hint = "part of it is hidden from this user, or it was changed meanwhile";
        Failure::Other(format!("{}: nothing was written: {hint}", file.name()))
    })?;
    cib::access::check(grants, &whole, &merged).map_err(|why| forbidden(&why))?;
    Ok((whole, merged))
}

fn tree(file: &CibFile, text: &str) -> Result<Element, Failure> {
    cib::read_element(text).map_err(|error| Failure::Configuration(located(&file.name(), &error)))
}

fn forbidden(why: &Forbidden) -> Failure {
    Failure::Forbidden(why.to_string())
}
