//! Moves and bans: location constraints with ids of their own, and taking them back.

use crate::Refusal;
use crate::wish::{check_node, put, resource};
use cluster::{
    Configuration, Constraint, Edit, Extra, Location, LocationTarget, Object, Preference, Role,
    Score,
};

/// Makes a resource prefer `to` above all others, or bans it from where it is.
pub(crate) fn relocate(
    configuration: &Configuration,
    id: &str,
    to: Option<&str>,
    active_on: &[String],
) -> Result<Vec<Edit>, Refusal> {
    resource(configuration, id)?;
    if let Some(node) = to {
        check_node(configuration, node)?;
        let mut edits = clear(configuration, id)?;
        edits.push(prefer(format!("cli-prefer-{id}"), id, node, Score::INFINITY));
        return Ok(edits);
    }
    if active_on.is_empty() {
        return Err(Refusal::NotRunning(id.to_owned()));
    }
    let ban =
        |node: &String| prefer(format!("cli-ban-{id}-on-{node}"), id, node, Score::MINUS_INFINITY);
    Ok(active_on.iter().map(ban).collect())
}

fn prefer(constraint: String, resource: &str, node: &str, score: Score) -> Edit {
    put(Object::Constraint(Constraint::Location(Location {
        id: constraint,
        target: LocationTarget::Resource(resource.to_owned()),
        preference: Preference::Node { node: node.to_owned(), score },
        // Any role: others write it, and so does this.
        role: Some(Role::Started),
        discovery: None,
        extra: Extra::default(),
    })))
}

/// Takes back what [`relocate`] did.
pub(crate) fn clear(configuration: &Configuration, id: &str) -> Result<Vec<Edit>, Refusal> {
    resource(configuration, id)?;
    let ours = |constraint: &&Constraint| match constraint {
        Constraint::Location(location) => location.moved_by_hand() == Some(id),
        _ => false,
    };
    let remove = |constraint: &Constraint| Edit::Remove(constraint.id().to_owned());
    Ok(configuration.constraints.iter().filter(ours).map(remove).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{NodeEntry, Primitive, Resource};

    #[test]
    fn a_move_can_be_taken_back() {
        let primitive = Primitive { id: "ost0".into(), ..Primitive::default() };
        let node = NodeEntry { id: "1".into(), name: "oss1".into(), ..Default::default() };
        let mut configuration = Configuration {
            resources: [Resource::Primitive(primitive)].into(),
            nodes: [node].into(),
            ..Configuration::default()
        };
        let edits = relocate(&configuration, "ost0", Some("oss1"), &[]).expect("both are there");
        configuration.apply(&edits).expect("the edits fit");
        assert_eq!(configuration.constraints[0].id(), "cli-prefer-ost0");
        let edits = clear(&configuration, "ost0").expect("it is there");
        configuration.apply(&edits).expect("the edits fit");
        assert!(configuration.constraints.is_empty());
        let ban = relocate(&configuration, "ost0", None, &["oss1".into()]).expect("it runs");
        configuration.apply(&ban).expect("the edits fit");
        assert_eq!(configuration.constraints[0].id(), "cli-ban-ost0-on-oss1");
        assert_eq!(
            relocate(&configuration, "ost0", None, &[]),
            Err(Refusal::NotRunning("ost0".into()))
        );
    }
}
