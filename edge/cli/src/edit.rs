//! Changes that the language of requests has no word of its own for: read, change, send what
//! differs, object by object, so that what others change meanwhile elsewhere stays.

use crate::answer::Failure;
use crate::connection::Connection;
use api::{ObjectChanges, Request};
use cluster::{AttributeSet, Configuration, Difference};
use std::time::Duration;

/// How a change is made, and what for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner<'a> {
    /// What to call it in messages.
    pub(crate) name: &'a str,
    /// Although it looks wrong.
    pub(crate) force: bool,
    /// Why, in the words of who asks.
    pub(crate) message: &'a str,
    /// Take it back after this time, unless it has been confirmed.
    pub(crate) trial: Option<Duration>,
}

/// Makes `after` of `before`, which was read over `connection`. What others have changed meanwhile
/// elsewhere stays.
pub(crate) fn send(
    connection: &Connection,
    (before, after): (&Configuration, &Configuration),
    manner: Manner<'_>,
) -> Result<(), Failure> {
    let difference = Difference::between(before, after);
    match connection.file() {
        _ if difference.is_empty() => Ok(()),
        Some(_) if manner.trial.is_some() => Err(Failure::Usage(
            "a file stands in for the cluster: nobody would take the change back".to_owned(),
        )),
        Some(file) => file.replace(before, after.clone(), manner.force),
        None => connection.change(&request(&difference, manner)),
    }
}

/// The request that carries `difference` out.
pub(crate) fn request(difference: &Difference, manner: Manner<'_>) -> Request {
    let Manner { name, force, message, trial } = manner;
    let (name, message) = (name.to_owned(), message.to_owned());
    let changes = change::to_wire(difference);
    let confirm_within = trial.map(|trial| trial.as_secs());
    Request::Change(Box::new(ObjectChanges { name, force, message, confirm_within, ..changes }))
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
    send(connection, (&before, &after), Manner { name, ..Manner::default() })
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
