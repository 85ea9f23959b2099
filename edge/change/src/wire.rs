//! A difference between two configurations as it goes over the wire: objects in XML, as they were
//! and as they are to be.

use crate::Refusal;
use api::{ObjectChanges, ObjectOrder};
use cib::{Cib, CibError, Part};
use cluster::{
    Configuration, Difference, Element, Extra, ExtraNode, Object, ObjectKind, Reorder, Swap,
    TicketChange,
};

/// The section of what has no type, in an order.
const OTHER: &str = "other";

/// What carries `difference` out.
pub fn to_wire(difference: &Difference) -> ObjectChanges {
    let text = |configuration: Configuration| {
        let cib = cib::to_element(&Cib { configuration, ..Cib::default() });
        let part = cib.elements().find(|child| child.name == "configuration");
        part.map(cib::write_element).unwrap_or_default()
    };
    let order = |order: &Reorder| ObjectOrder {
        section: Part::of(order.kind).map_or(OTHER, Part::name).to_owned(),
        before: order.before.clone(),
        after: order.after.clone(),
    };
    ObjectChanges {
        before: text(difference.before()),
        after: text(difference.after()),
        orders: difference.orders.iter().map(order).collect(),
        whole: difference.whole.is_some(),
        ..ObjectChanges::default()
    }
}

/// The difference that `changes` says.
///
/// # Errors
/// When a text is wrong, or the two sides of a change are not the same object.
pub fn from_wire(changes: &ObjectChanges) -> Result<Difference, Refusal> {
    let sides = [("before", &changes.before), ("after", &changes.after)];
    if changes.whole {
        let [before, after] = sides.map(|(side, text)| whole(changes, side, text));
        let whole = Some(Box::new((before?, after?)));
        return Ok(Difference { whole, ..Difference::default() });
    }
    let [before, after] = sides.map(|(side, text)| {
        cib::read_object(text, None).map_err(|error| wrong(changes, side, &error))
    });
    let orders = changes.orders.iter().map(order).collect::<Result<_, _>>()?;
    Ok(Difference { swaps: pair(before?, after?), orders, whole: None })
}

fn wrong(changes: &ObjectChanges, side: &str, error: &CibError) -> Refusal {
    let CibError { line, column, what, help } = error;
    Refusal::Text(vec![format!("{} {side}:{line}:{column}: error: {what}; {help}", changes.name)])
}

fn whole(changes: &ObjectChanges, side: &str, text: &str) -> Result<Configuration, Refusal> {
    let wrong = |error: CibError| wrong(changes, side, &error);
    let element = cib::read_element(text).map_err(wrong)?;
    let children = vec![ExtraNode::Element(element)];
    let extra = Extra { children, ..Extra::default() };
    let cib = Element { name: "cib".into(), extra };
    Ok(cib::from_element(&cib).map_err(wrong)?.configuration)
}

/// Each object with what it was; those that go come first.
fn pair(before: Vec<Object>, mut after: Vec<Object>) -> Vec<Swap> {
    let (mut gone, mut there) = (Vec::new(), Vec::new());
    for old in before {
        let same = |new: &Object| (new.kind(), new.id()) == (old.kind(), old.id());
        match after.iter().position(same) {
            Some(place) => there.extend(Swap::between(Some(old), Some(after.remove(place)))),
            None => gone.push(Swap::remove(old)),
        }
    }
    gone.into_iter().chain(there).chain(after.into_iter().map(Swap::add)).collect()
}

fn order(order: &ObjectOrder) -> Result<Reorder, Refusal> {
    let ObjectOrder { section, before, after } = order;
    let kind = match Part::parse(section) {
        Some(part) => part.kind(),
        None if section == OTHER => ObjectKind::Opaque,
        None => {
            let known: Vec<&str> = Part::ALL.into_iter().map(Part::name).collect();
            let known = known.join(", ");
            let text = format!("there is no section `{section}`; there are {known}, {OTHER}");
            return Err(Refusal::Text(vec![text]));
        }
    };
    Ok(Reorder { kind, before: before.clone(), after: after.clone() })
}

/// What is forgotten, as the cluster has it.
pub const fn forget(what: api::Forget) -> cluster::Forget {
    match what {
        api::Forget::Failures => cluster::Forget::Failures,
        api::Forget::Everything => cluster::Forget::Everything,
    }
}

/// What becomes of a ticket.
pub fn ticket(change: api::TicketChange) -> TicketChange {
    match change {
        api::TicketChange::Grant => TicketChange::Grant,
        api::TicketChange::Revoke => TicketChange::Revoke,
        api::TicketChange::Standby => TicketChange::Standby,
        api::TicketChange::Activate => TicketChange::Activate,
        api::TicketChange::Set { name, value } => TicketChange::Set { name, value },
    }
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
        let mut all = all.map(|resources| read(&resources)).to_vec();
        let mut noted = all[1].clone();
        noted.extra.attributes.push(("note".into(), "kept".into()));
        all.push(noted);
        for before in &all {
            for after in &all {
                let difference = Difference::between(before, after);
                assert_eq!(from_wire(&to_wire(&difference)), Ok(difference));
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
