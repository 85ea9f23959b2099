//! A difference between two configurations as it goes over the wire: objects in XML, as they were
//! and as they are to be.

use crate::Refusal;
use api::{ObjectChanges, ObjectOrder};
use cib::{Cib, Part};
use cluster::{Configuration, Difference, Object, Reorder, Swap};

/// What carries `difference` out; `None` where it replaces everything.
pub fn to_wire(difference: &Difference) -> Option<ObjectChanges> {
    if difference.whole.is_some() {
        return None;
    }
    let text = |configuration: Configuration| {
        let cib = cib::to_element(&Cib { configuration, ..Cib::default() });
        cib.elements().find(|child| child.name == "configuration").map(cib::write_element)
    };
    let order = |order: &Reorder| {
        let section = Part::of(order.kind)?.name().to_owned();
        Some(ObjectOrder { section, before: order.before.clone(), after: order.after.clone() })
    };
    Some(ObjectChanges {
        before: text(difference.before())?,
        after: text(difference.after())?,
        orders: difference.orders.iter().map(order).collect::<Option<_>>()?,
        ..ObjectChanges::default()
    })
}

/// The difference that `changes` says.
///
/// # Errors
/// When a text is wrong, or the two sides of a change are not the same object.
pub(crate) fn from_wire(changes: &ObjectChanges) -> Result<Difference, Refusal> {
    let wrong = |side: &str, error: &cib::CibError| {
        let cib::CibError { line, column, what, help } = error;
        Refusal::Text(vec![format!(
            "{} {side}:{line}:{column}: error: {what}; {help}",
            changes.name
        )])
    };
    let read =
        |side: &str, text: &str| cib::read_object(text, None).map_err(|error| wrong(side, &error));
    let (before, mut after) = (read("before", &changes.before)?, read("after", &changes.after)?);
    let mut swaps = Vec::new();
    let mut stay = Vec::new();
    for old in before {
        let same = |new: &Object| (new.kind(), new.id()) == (old.kind(), old.id());
        match after.iter().position(same) {
            Some(place) => stay.extend(Swap::between(Some(old), Some(after.remove(place)))),
            None => swaps.push(Swap::remove(old)),
        }
    }
    swaps.extend(stay);
    swaps.extend(after.into_iter().map(Swap::add));
    let orders = changes.orders.iter().map(|order| {
        let kind = Part::parse(&order.section).map(Part::kind);
        let kind = kind.ok_or_else(|| {
            let known: Vec<&str> = Part::ALL.into_iter().map(Part::name).collect();
            let (section, known) = (&order.section, known.join(", "));
            Refusal::Text(vec![format!("there is no section `{section}`; there are {known}")])
        });
        Ok(Reorder { kind: kind?, before: order.before.clone(), after: order.after.clone() })
    });
    Ok(Difference { swaps, orders: orders.collect::<Result<_, _>>()?, whole: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_arrives_as_it_was_sent() {
        let read = |resources: &str| {
            let text = format!(
                r#"<cib><configuration><crm_config/><nodes/><resources>{resources}</resources><constraints/><acls><acl_role id="r"/></acls></configuration><status/></cib>"#
            );
            cib::read(&text).expect("it is sound").configuration
        };
        let primitive =
            |id: &str| format!(r#"<primitive id="{id}" class="ocf" provider="x" type="Dummy"/>"#);
        let [a, b, c] = ["a", "b", "c"].map(primitive);
        let group = format!(r#"<group id="g"><!-- both -->{a}{b}</group>"#);
        let all = [String::new(), [&*a, &b, &c].concat(), [&*c, &a].concat(), group];
        let all = all.map(|resources| read(&resources));
        for before in &all {
            for after in &all {
                let difference = Difference::between(before, after);
                let wire = to_wire(&difference).expect("it is object by object");
                assert_eq!(from_wire(&wire), Ok(difference));
            }
        }
    }

    #[test]
    fn what_is_no_change_is_refused_with_its_place() {
        let changes = |before: &str, section: &str| ObjectChanges {
            before: before.into(),
            after: "<configuration/>".into(),
            orders: vec![ObjectOrder { section: section.into(), ..ObjectOrder::default() }],
            name: "commit".into(),
            ..ObjectChanges::default()
        };
        for (changes, expected) in [
            (changes("<configuration", "tags"), "commit before:1:1: error: "),
            (changes("<configuration/>", "tag"), "there is no section `tag`; there are crm_config"),
        ] {
            let refusal = from_wire(&changes).expect_err("it is wrong").to_string();
            assert!(refusal.starts_with(expected), "{refusal}");
        }
    }
}
