//! `modgroup`: members of groups come and go.

use super::names::unknown;
use super::{change, present};
use crate::answer::{Failure, Outcome};
use crate::shell::{Call, Shell};
use cluster::{Configuration, Edit, Group, Object, Primitive, Resource};

pub(super) fn modgroup(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = present(shell)?;
    let edits = regrouped(&configuration, call)?;
    change(shell, &edits)
}

fn regrouped(configuration: &Configuration, call: &Call<'_>) -> Result<Vec<Edit>, Failure> {
    let id = call.needs(0, "the group")?;
    let member = call.needs(2, "the member")?;
    let mut group = group(configuration, id).ok_or_else(|| unknown(configuration, id))?.clone();
    let at = |group: &Group, id: &str| group.members.iter().position(|inside| inside.id == id);
    let put = |group: Group| Edit::Put(Box::new(Object::Resource(Resource::Group(group))));
    match call.word(1) {
        Some("add") => {
            let primitive = configuration.primitive(member);
            let primitive: Primitive =
                primitive.ok_or_else(|| unknown(configuration, member))?.clone();
            if at(&group, member).is_some() {
                return Err(Failure::Exists(format!("{member} is in {id} already")));
            }
            let neighbour = call.word(4).map(|name| (name, at(&group, name)));
            let place = match (call.word(3), neighbour) {
                (None, _) => group.members.len(),
                (Some("before"), Some((_, Some(place)))) => place,
                (Some("after"), Some((_, Some(place)))) => place + 1,
                (Some("before" | "after"), Some((name, None))) => {
                    return Err(Failure::NoSuchObject(format!("{name} is not in {id}")));
                }
                _ => return Err(Failure::Usage("add MEMBER [before|after MEMBER]".into())),
            };
            group.members.insert(place, primitive);
            Ok(vec![put(group)])
        }
        Some("remove") => {
            let place = at(&group, member);
            let place =
                place.ok_or_else(|| Failure::NoSuchObject(format!("{member} is not in {id}")))?;
            let primitive = group.members.remove(place);
            if group.members.is_empty() {
                let help = format!("delete the group: `crm configure delete {id}`");
                return Err(Failure::Other(format!("{member} is the last member; {help}")));
            }
            let alone = Edit::Put(Box::new(Object::Resource(Resource::Primitive(primitive))));
            Ok(vec![put(group), alone])
        }
        _ => Err(Failure::Usage("modgroup GROUP add|remove MEMBER".into())),
    }
}

/// The group of that id, at the top or in a clone.
pub(super) fn group<'a>(configuration: &'a Configuration, id: &str) -> Option<&'a Group> {
    configuration.resources.iter().find_map(|resource| {
        let inside = match resource {
            Resource::Clone(clone) => clone.child.as_ref(),
            other => other,
        };
        match inside {
            Resource::Group(group) if group.id == id => Some(group),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TEXT, configuration};
    use super::*;

    #[test]
    fn members_of_groups_come_and_go() {
        let mut configuration = configuration(TEXT);
        let mut change = |line: &str| {
            let words = crate::words::split(line);
            let call = Call { words: &words };
            let edits = regrouped(&configuration, &call)?;
            configuration.apply(&edits).expect("the edits fit");
            let group = group(&configuration, "g").expect("it is there");
            let members: Vec<_> = group.members.iter().map(|member| member.id.clone()).collect();
            Ok::<_, Failure>(members.join(" "))
        };
        assert_eq!(change("g add c before b").expect("c is free"), "a c b");
        assert_eq!(change("g remove a").expect("a is in it"), "c b");
        assert_eq!(change("g add a").expect("a is free"), "c b a");
        assert!(matches!(change("g add c"), Err(Failure::Exists(_))));
        assert!(matches!(change("g remove zzz"), Err(Failure::NoSuchObject(_))));
        assert!(matches!(change("zzz add a"), Err(Failure::NoSuchObject(_))));
    }
}
