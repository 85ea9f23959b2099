//! `rename`: another id for an object, also where others name it.

use super::names::{knows, unknown};
use super::{change_to, present};
use crate::answer::{Failure, Outcome};
use crate::picture::Picture;
use crate::shell::{Call, Shell};
use cib::Cib;
use cluster::{Configuration, Element, ExtraNode};

pub(super) fn rename(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (old, new) = (call.needs(0, "the id")?, call.needs(1, "the new id")?);
    let before = present(shell)?;
    if !shell.is_forced && shell.connection.file().is_none() {
        let places = Picture::take(&shell.connection)?.places_of(old).unwrap_or_default();
        if !places.is_empty() {
            let help = format!("stop it first (`crm resource stop {old}`), or use --force");
            let places = places.join(", ");
            return Err(Failure::Other(format!("{old} is running on {places}; {help}")));
        }
    }
    let after = renamed(&before, old, new)?;
    change_to(shell, after)
}

fn renamed(before: &Configuration, old: &str, new: &str) -> Result<Configuration, Failure> {
    if before.nodes.iter().any(|node| node.id == old || node.name == old) {
        let text =
            format!("{old} is a node: its name is that of its machine and stands in corosync.conf");
        return Err(Failure::Usage(text));
    }
    if !knows(before, old) {
        return Err(unknown(before, old));
    }
    if !is_id(new) {
        let help = "begin with a letter and go on with letters, digits, `-`, `_` or `.`";
        return Err(Failure::Usage(format!("`{new}` is no id; {help}")));
    }
    if knows(before, new) {
        return Err(Failure::Exists(format!("{new} is the id of something else already")));
    }
    let mut root = cib::to_element(&Cib { configuration: before.clone(), ..Cib::default() });
    rename_in(&mut root, old, new);
    let wrong = |error: cib::CibError| Failure::Usage(format!("{}; {}", error.what, error.help));
    Ok(cib::from_element(&root).map_err(wrong)?.configuration)
}

/// An id is a name as XML has it.
fn is_id(text: &str) -> bool {
    let is_first = |c: char| c.is_alphabetic() || c == '_';
    text.starts_with(is_first) && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// Attributes that name one object.
const NAMING: [&str; 8] =
    ["id", "rsc", "with-rsc", "first", "then", "template", "reference", "id-ref"];

/// An attribute that names several, between commas.
const NAMING_MANY: &str = "devices";

fn rename_in(element: &mut Element, old: &str, new: &str) {
    for (name, value) in &mut element.extra.attributes {
        if name == NAMING_MANY {
            let ids = value.split(',').map(|id| if id.trim() == old { new } else { id });
            *value = ids.collect::<Vec<_>>().join(",");
        } else if value == old && NAMING.contains(&name.as_str()) {
            new.clone_into(value);
        }
    }
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            rename_in(child, old, new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::configuration;
    use super::*;

    #[test]
    fn an_object_has_its_new_id_wherever_it_is_named() {
        let text = "primitive a Dummy\nprimitive b @t\nrsc_template t Dummy\ngroup g a\n\
            primitive f stonith:fence_x\ntag both: a b\ncolocation c inf: b g\n\
            order o g b\nlocation l a 5: n\nfencing_topology f,a\n";
        let before = configuration(text);
        let cases = [
            ("a", "x", "location l x 5: n"),
            ("a", "x", "group g x"),
            ("a", "x", "tag both x b"),
            ("a", "x", "fencing_topology f,x"),
            ("g", "x", "colocation c inf: b x"),
            ("g", "x", "order o x b"),
            ("t", "x", "primitive b @x"),
            ("l", "x", "location x a 5: n"),
        ];
        for (old, new, line) in cases {
            let after = crmsh::show(&renamed(&before, old, new).expect("both fit"), &[]);
            assert!(after.lines().any(|shown| shown == line), "{old} -> {new}: {line}\n{after}");
        }
        assert!(matches!(renamed(&before, "a", "b"), Err(Failure::Exists(_))));
        assert!(matches!(renamed(&before, "zzz", "y"), Err(Failure::NoSuchObject(_))));
        assert!(matches!(renamed(&before, "a", "x y"), Err(Failure::Usage(_))));
    }
}
