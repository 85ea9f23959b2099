//! What must hold for views.

use crate::Broken;
use crate::excuses::Excuses;
use crate::stays::{Stay, by_view, stays_of};
use base::NodeId;
use group::{Departure, View, ViewId};
use sim::{Recording, Told, Truth, What};
use std::collections::BTreeMap;

/// G1 and G2.
///
/// # Errors
/// With the first that is broken.
pub fn views(recording: &Recording) -> Result<(), Broken> {
    ids_grow(recording)?;
    by_view(recording).values().try_for_each(|stays| all_agree(stays))
}

/// G1: on each node ids grow, as long as its disk keeps what it promised (assumption D).
fn ids_grow(recording: &Recording) -> Result<(), Broken> {
    let mut last: BTreeMap<(NodeId, u64), ViewId> = BTreeMap::new();
    let mut proposers: BTreeMap<(ViewId, u64), u64> = BTreeMap::new();
    let disks: BTreeMap<(NodeId, u64), u64> =
        recording.lives.iter().map(|life| ((life.node, life.incarnation), life.disk)).collect();
    for life in &recording.lives {
        for stay in stays_of(life) {
            let (node, id) = (life.node, stay.view.id);
            if let Some(before) = last.insert((node, life.disk), id).filter(|old| *old >= id) {
                let what =
                    format!("n{node} installs view {id} at {} after {before}", stay.installed);
                return Err(Broken::new("G1", what));
            }
            let (_, process) = stay.name();
            let disk = disks.get(&(id.proposer, process)).copied().unwrap_or_default();
            let first = *proposers.entry((id, disk)).or_insert(process);
            if first != process {
                let what = format!("two processes of n{} used the view id {id}", id.proposer);
                return Err(Broken::new("G1", what));
            }
        }
    }
    Ok(())
}

/// G2: equal members for all, oneself among them, and of oneself it says where one came from.
fn all_agree(stays: &[Stay<'_>]) -> Result<(), Broken> {
    for stay in stays {
        let (node, id) = (stay.life.node, stay.view.id);
        let broken = |what: &str| Err(Broken::new("G2", format!("n{node} in view {id} {what}")));
        let Some(own) = stay.view.member(node) else { return broken("is no member of it") };
        if own.incarnation != stay.life.incarnation {
            return broken("is there as another process");
        }
        if own.came_from != stay.before {
            return broken("came from another view than it says");
        }
        if stay.view.members != stays[0].view.members {
            return broken("sees other members than others in it");
        }
        if stay.view.quorum != stays[0].view.quorum {
            return broken("judges it otherwise than others in it");
        }
    }
    Ok(())
}

/// G10, and more: whoever is put out of a view was in trouble of its own shortly before.
///
/// # Errors
/// With the first that was not.
pub fn evictions(recording: &Recording, truth: &Truth) -> Result<(), Broken> {
    let excuses = Excuses::new(recording, truth);
    for life in &recording.lives {
        let mut before: Option<&View> = None;
        for Told { at, what } in &life.told {
            let What::View { view, left } = what else { continue };
            let process = |node| before.and_then(|view| view.member(node)).map(|it| it.incarnation);
            let mut lost = left.iter().filter(|(_, how)| *how == Departure::Lost);
            let innocent = lost.find(|(node, _)| {
                !excuses.is_another_process(*node, process(*node), *at)
                    && !excuses.explain_loss(life.node, *node, *at)
            });
            before = Some(view);
            if let Some((node, _)) = innocent {
                let (observer, view) = (life.node, view.id);
                let what = format!(
                    "n{node} was put out of n{observer}'s view at {at}, by {view}, and nothing was \
                     wrong with it"
                );
                return Err(Broken::new("G10", what));
            }
        }
    }
    Ok(())
}
