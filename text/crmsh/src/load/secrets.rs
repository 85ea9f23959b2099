//! Stars that stand for what nobody shall see: loaded again they mean what was there.

use crate::diagnostic::Diagnostic;
use crate::element::{self, elements_mut};
use crate::show::STARS;
use crate::statement::{Located, Statement};
use cluster::Element;

/// Puts the values of `old` in the place of stars in `new`.
pub(super) fn uncover(
    located: &Located<Statement>,
    new: &mut Element,
    old: Option<&Element>,
    errors: &mut Vec<Diagnostic>,
) {
    if new.name == "nvpair" && new.attribute("value") == Some(STARS) {
        let name = new.attribute("name").unwrap_or_default().to_owned();
        match old.and_then(|old| find(old, new)) {
            Some(value) => element::set(new, "value", &value),
            None => {
                let what = format!("the value of `{name}` is hidden by stars, and not known here");
                let help = "write the value itself";
                let position = element::find_word(&located.words, &name);
                let position = position.unwrap_or(located.position);
                errors.push(Diagnostic::error(position, what, help));
            }
        }
    }
    for child in elements_mut(new) {
        uncover(located, child, old, errors);
    }
}

/// The value of the same pair in `old`: of the same id, or else of the same name.
fn find(old: &Element, new: &Element) -> Option<String> {
    let mut pending = vec![old];
    let mut named = None;
    while let Some(element) = pending.pop() {
        if element.name == "nvpair" {
            let value = element.attribute("value").map(str::to_owned);
            if element::id(element) == element::id(new) {
                return value;
            }
            if element.attribute("name") == new.attribute("name") {
                named = value.or(named);
            }
        }
        pending.extend(element.elements());
    }
    named
}
