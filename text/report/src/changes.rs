//! What turns one configuration into another, in the language people configure it in.
//!
//! Object by object, with `-` in front of lines that go, `+` in front of those that come, and the
//! rest of the object around them.

use cluster::{Configuration, Difference, Edit, Object, ObjectKind, Reorder, Swap};
use similar::{ChangeTag, TextDiff};

/// The lines. `hide` are words that put stars in the place of values, see [`crmsh::show`].
pub fn lines(difference: &Difference, hide: &[&str]) -> String {
    let mut text = String::new();
    if let Some(whole) = &difference.whole {
        let (before, after) = whole.as_ref();
        compare(&crmsh::show(before, hide), &crmsh::show(after, hide), &mut text);
    }
    for swap in &difference.swaps {
        let [before, after] = [swap.before(), swap.after()].map(|object| said(object, hide));
        if before == after {
            let (_, id) = swap.of();
            text.push_str(&format!("~ {id}: something that is not shown\n"));
        } else {
            compare(&before, &after, &mut text);
        }
    }
    difference.orders.iter().for_each(|order| moved(order, &mut text));
    text
}

/// The object alone.
fn said(object: Option<&Object>, hide: &[&str]) -> String {
    let Some(object) = object else { return String::new() };
    let mut configuration = Configuration::default();
    let added = configuration.apply(&[Edit::Swap(Box::new(Swap::add(object.clone())))]);
    match added {
        Ok(()) => crmsh::show(&configuration, hide),
        Err(refusal) => format!("# {refusal}\n"),
    }
}

fn compare(before: &str, after: &str, text: &mut String) {
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        text.push(sign);
        text.push_str(change.value());
    }
}

fn moved(order: &Reorder, text: &mut String) {
    let kind = match order.kind {
        ObjectKind::Properties => "sets of options",
        ObjectKind::Node => "nodes",
        ObjectKind::Resource => "resources",
        ObjectKind::Constraint => "constraints",
        ObjectKind::ResourceDefaults | ObjectKind::OperationDefaults => "sets of defaults",
        ObjectKind::Tag => "tags",
        ObjectKind::FencingLevel => "fencing levels",
        ObjectKind::Opaque => "other objects",
    };
    text.push_str(&format!("~ the order of {kind}: {}\n", order.after.join(" ")));
}
