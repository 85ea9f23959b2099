//! Changes that the language of requests has no word of its own for: read, change, send what
//! differs, object by object, so that what others change meanwhile elsewhere stays.

use crate::answer::Failure;
use crate::connection::Connection;
use api::{Language, LoadMode, Request};
use cib::Cib;
use cluster::{AttributeSet, Configuration, Constraint, Resource};

/// What has to be said to the cluster to turn one configuration into another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The objects that are new or different, whole.
    pub(crate) put: Configuration,
    /// The ids of those that are gone.
    pub(crate) removed: Vec<String>,
}

/// What turns `before` into `after`. The order of objects does not count.
pub(crate) fn difference(before: &Configuration, after: &Configuration) -> Difference {
    let mut removed = Vec::new();
    let put = Configuration {
        nodes: changed(&before.nodes, &after.nodes, |node| node.id.as_str(), &mut removed).into(),
        constraints: changed(&before.constraints, &after.constraints, Constraint::id, &mut removed)
            .into(),
        resources: changed(&before.resources, &after.resources, Resource::id, &mut removed).into(),
        properties: changed_sets(&before.properties, &after.properties, &mut removed),
        resource_defaults: changed_sets(
            &before.resource_defaults,
            &after.resource_defaults,
            &mut removed,
        ),
        operation_defaults: changed_sets(
            &before.operation_defaults,
            &after.operation_defaults,
            &mut removed,
        ),
        tags: changed(&before.tags, &after.tags, |tag| tag.id.as_str(), &mut removed),
        fencing_levels: changed(
            &before.fencing_levels,
            &after.fencing_levels,
            |level| level.id.as_str(),
            &mut removed,
        ),
        opaque: changed(
            &before.opaque,
            &after.opaque,
            |(_, element)| element.attribute("id").unwrap_or_default(),
            &mut removed,
        ),
        ..Configuration::default()
    };
    // What moved into a group or clone is not gone.
    removed.retain(|id| after.resource(id).is_none());
    Difference { put, removed }
}

fn changed_sets(
    before: &[AttributeSet],
    after: &[AttributeSet],
    removed: &mut Vec<String>,
) -> Vec<AttributeSet> {
    changed(before, after, |set| set.id.as_str(), removed)
}

fn changed<'a, T, L>(
    before: &'a L,
    after: &'a L,
    id: impl Fn(&T) -> &str,
    removed: &mut Vec<String>,
) -> Vec<T>
where
    T: Clone + PartialEq + 'a,
    L: ?Sized,
    &'a L: IntoIterator<Item = &'a T>,
{
    let gone = before.into_iter().filter(|old| after.into_iter().all(|new| id(new) != id(old)));
    removed.extend(gone.map(|old| id(old).to_owned()));
    let is_new = |new: &&T| before.into_iter().all(|old| old != *new);
    after.into_iter().filter(is_new).cloned().collect()
}

impl Difference {
    /// Says it. What is new or different first, so that nothing is removed for a change that
    /// turns out to be refused.
    fn send(&self, connection: &Connection, name: &str, force: bool) -> Result<(), Failure> {
        if self.put != Configuration::default() {
            let cib = Cib { configuration: self.put.clone(), ..Cib::default() };
            connection.change_by_program(&Request::Load {
                text: cib::write(&cib),
                language: Language::Xml,
                mode: LoadMode::Update,
                name: name.to_owned(),
                force,
            })?;
        }
        if !self.removed.is_empty() {
            connection.change(&Request::Remove { ids: self.removed.clone(), force })?;
        }
        Ok(())
    }
}

/// Whether two configurations say the same, whatever their versions.
pub(crate) fn is_same(one: &Configuration, other: &Configuration) -> bool {
    *one == Configuration { version: one.version, ..other.clone() }
}

/// Makes `after` of `before`, which was read over `connection`.
pub(crate) fn send(
    connection: &Connection,
    (before, after): (&Configuration, &Configuration),
    name: &str,
    force: bool,
) -> Result<(), Failure> {
    match connection.file() {
        _ if is_same(before, after) => Ok(()),
        Some(file) => file.replace(before, after.clone(), force),
        None => difference(before, after).send(connection, name, force),
    }
}

/// Reads the configuration, lets `edit` change it, and sends what differs.
pub(crate) fn edit(
    connection: &Connection,
    name: &str,
    edit: impl FnOnce(&mut Configuration) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let before = connection.cib()?.configuration;
    let mut after = before.clone();
    edit(&mut after)?;
    send(connection, (&before, &after), name, false)
}

/// Sets a value in the first of `sets`, or in a new one of that id; none removes it everywhere.
pub(crate) fn set_value(
    sets: &mut Vec<AttributeSet>,
    new_id: &str,
    name: &str,
    value: Option<&str>,
) {
    match value {
        Some(value) => {
            let place = sets.iter().position(|set| set.value(name).is_some());
            if sets.is_empty() {
                sets.push(AttributeSet::new(new_id));
            }
            let place = place.unwrap_or(0);
            sets[place].set(name, value);
        }
        None => {
            for set in sets.iter_mut() {
                set.unset(name);
            }
            sets.retain(|set| !set.pairs.is_empty() || set.rule.is_some() || set.id_ref.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{Group, Primitive};

    fn primitive(id: &str) -> Primitive {
        Primitive { id: id.into(), ..Primitive::default() }
    }

    #[test]
    fn only_what_differs_is_said() {
        let mut before = Configuration::default();
        before.properties.push(AttributeSet::new("cib-bootstrap-options"));
        before.resources = ["a", "b", "c"].map(|id| Resource::Primitive(primitive(id))).into();
        let mut after = before.clone();
        after.resources.remove(2);
        after.resources[1] = Resource::Group(Group {
            id: "g".into(),
            members: vec![primitive("b")],
            ..Group::default()
        });
        after.properties[0].set("maintenance-mode", "true");

        let difference = difference(&before, &after);
        assert_eq!(difference.removed, ["c"]);
        assert_eq!(difference.put.resources, [after.resources[1].clone()].into());
        assert_eq!(difference.put.properties, after.properties);
        assert_eq!(super::difference(&after, &after), Difference::default());
    }

    #[test]
    fn a_value_stays_in_its_set() {
        let mut sets = vec![AttributeSet::new("one"), AttributeSet::new("two")];
        sets[0].set("x", "0");
        sets[1].set("a", "1");
        set_value(&mut sets, "new", "a", Some("2"));
        assert_eq!((sets[0].value("a"), sets[1].value("a")), (None, Some("2")));
        set_value(&mut sets, "new", "a", None);
        assert_eq!(sets.len(), 1, "an empty set is not left behind");
        set_value(&mut sets, "new", "x", None);
        set_value(&mut sets, "new", "b", Some("3"));
        assert_eq!((sets[0].id.as_str(), sets[0].value("b")), ("new", Some("3")));
    }
}
