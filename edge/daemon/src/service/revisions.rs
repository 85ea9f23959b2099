//! What the configuration was, who changed it, and taking changes back.

use super::access::Asker;
use super::{Door, forbidden, refused};
use api::{Replay, Request, Response, RevisionDetail, RevisionReport, TrialReport};
use change::Wish;
use change::access::{shown, shown_changes};
use cib::Cib;
use cluster::{Object, Swap, Version};
use manager::{Revision, Revisions, Snapshot};
use std::sync::Arc;

/// How revisions that did not count are called, before their place among those.
const ASIDE: &str = "aside-";

impl Door {
    /// All that are kept.
    pub(super) async fn revisions(&self) -> Result<Response, Response> {
        let snapshot = self.read().await?;
        let revisions = &snapshot.state.revisions;
        let named = |revision: &Arc<Revision>| report(name_of(revision.version), revision);
        let aside = revisions.aside().zip(1..);
        let trial = snapshot.state.trial.as_ref();
        Ok(Response::Revisions {
            revisions: revisions.iter().map(named).collect(),
            aside: aside.map(|(it, place)| report(format!("{ASIDE}{place}"), it)).collect(),
            trial: trial.map(|trial| TrialReport {
                revision: name_of(trial.version),
                left_ms: millis(trial.until.saturating_since(os::clock::wall())),
            }),
        })
    }

    /// One, with what it changed.
    pub(super) async fn revision(&self, asker: &Asker, name: &str) -> Result<Response, Response> {
        let snapshot = self.read().await?;
        let revision = find(&snapshot, name).map_err(|unknown| refused(&unknown))?;
        let rights = asker.rights(&snapshot.state.configuration);
        let changes = shown_changes(&rights, change::to_wire(&revision.difference));
        Ok(Response::Revision(Box::new(RevisionDetail {
            report: report(name.to_owned(), revision),
            before: changes.before,
            after: changes.after,
            orders: changes.orders,
            whole: changes.whole,
        })))
    }

    /// The configuration as it was after one.
    pub(super) async fn configuration_at(
        &self,
        asker: &Asker,
        name: &str,
    ) -> Result<Response, Response> {
        let snapshot = self.read().await?;
        let now = &snapshot.state.configuration;
        let version = version(now.version, name);
        let then = version.and_then(|it| snapshot.state.revisions.configuration_at(now, it));
        let configuration =
            then.ok_or_else(|| refused(&unknown(&snapshot.state.revisions, name)))?;
        let rights = asker.rights(now);
        let xml = shown(&rights, &Cib { configuration, ..Cib::default() });
        xml.map(|xml| Response::Cib { xml }).map_err(|why| forbidden(&why))
    }

    /// What a request to change the configuration wishes.
    pub(super) async fn wish(&self, request: Request) -> Result<Wish, Response> {
        match Wish::of(request) {
            Ok(wish) => Ok(wish),
            Err(request) => match *request {
                Request::Replay(replay) => self.wish_of_replay(replay).await,
                _ => Err(refused(&"only changes of the configuration can be foreseen")),
            },
        }
    }

    /// To take one back, or to carry it out again.
    pub(super) async fn wish_of_replay(&self, replay: Replay) -> Result<Wish, Response> {
        let Replay { revision: name, backwards, force, message } = replay;
        let snapshot = self.read().await?;
        let revision = find(&snapshot, &name).map_err(|unknown| refused(&unknown))?;
        let difference = revision.difference.clone();
        let (difference, verb) = match backwards {
            true => (difference.reversed(), "undo"),
            false => (difference, "redo"),
        };
        let name = format!("{verb} {name}");
        let message = if message.is_empty() { name.clone() } else { message };
        Ok(Wish::Merge { difference: Box::new(difference), name, force, message })
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What people call a revision: how often the status has changed since does not count.
fn name_of(version: Version) -> String {
    format!("{}.{}", version.admin_epoch, version.epoch)
}

/// The version of that name; `12` is short for `0.12` where the administrators' epoch is 0 now.
fn version(now: Version, name: &str) -> Option<Version> {
    let mut parts = name.split('.').map(|part| part.parse().ok());
    let numbers = (parts.next()?, parts.next(), parts.next(), parts.next());
    let (admin_epoch, epoch) = match numbers {
        (epoch, None, None, None) => (now.admin_epoch, epoch?),
        (admin_epoch, Some(epoch), None | Some(Some(_)), None) => (admin_epoch?, epoch?),
        _ => return None,
    };
    Some(Version { admin_epoch, epoch, num_updates: 0 })
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Revision, String> {
    let revisions = &snapshot.state.revisions;
    let found = match name.strip_prefix(ASIDE) {
        Some(place) => {
            let place: Option<usize> = place.parse().ok().and_then(|it: usize| it.checked_sub(1));
            place.and_then(|place| revisions.aside().nth(place))
        }
        None => version(snapshot.state.configuration.version, name)
            .and_then(|version| revisions.get(version)),
    };
    found.map(Arc::as_ref).ok_or_else(|| unknown(revisions, name))
}

fn unknown(revisions: &Revisions, name: &str) -> String {
    match (revisions.iter().next(), revisions.newest()) {
        (Some(oldest), Some(newest)) => format!(
            "there is no revision `{name}`; those from {} to {} are kept, see `systole config log`",
            name_of(oldest.version),
            name_of(newest.version)
        ),
        _ => format!("there is no revision `{name}`; none is kept yet"),
    }
}

fn report(name: String, revision: &Revision) -> RevisionReport {
    let swaps = &revision.difference.swaps;
    let ids = |is_meant: fn(&Swap) -> bool| -> Vec<String> {
        let meant = swaps.iter().filter(|swap| is_meant(swap));
        let object = |swap: &Swap| swap.after().or_else(|| swap.before()).map(label);
        meant.filter_map(object).collect()
    };
    let mut changed = ids(|swap| swap.before().is_some() && swap.after().is_some());
    if revision.difference.whole.is_some() {
        changed.push("everything".to_owned());
    }
    RevisionReport {
        name,
        before: name_of(revision.before),
        at_ms: revision.at.0,
        by: revision.by.clone(),
        origin: revision.origin.clone(),
        message: revision.message.clone(),
        added: ids(|swap| swap.before().is_none()),
        changed,
        removed: ids(|swap| swap.after().is_none()),
    }
}

/// What people call an object: nodes by their names.
fn label(object: &Object) -> String {
    match object {
        Object::Node(node) => node.name.clone(),
        object => object.id().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_named_by_what_they_made() {
        let now = Version { admin_epoch: 2, epoch: 40, num_updates: 7 };
        for (name, expected) in [
            ("12", Some((2, 12))),
            ("1.12", Some((1, 12))),
            ("1.12.3", Some((1, 12))),
            ("1.x", None),
            ("", None),
            ("1.2.3.4", None),
            ("aside", None),
        ] {
            let found = version(now, name).map(|it| (it.admin_epoch, it.epoch));
            assert_eq!(found, expected, "{name}");
        }
    }
}
