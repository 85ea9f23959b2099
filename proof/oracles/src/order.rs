//! What must hold for messages.
//!
//! A message that was not delivered when a view ended is sent anew in the next one, so its name is
//! sender, content and view. Then "one acyclic order on all nodes" (G3) means: one order in each
//! view, and views that grow on each node (G1).

use crate::Broken;
use crate::stays::{Message, Stay, by_view, stays_of};
use base::Instant;
use group::Delivery;
use sim::{Life, Recording, Said, Told, What};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What was submitted so shortly before the end may still be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// Who submitted what: life, place among what it submitted.
type Origins<'a> = BTreeMap<Message, (usize, usize, &'a Said)>;

fn origins(recording: &Recording) -> Origins<'_> {
    let of_life = |(index, life): (usize, &'_ Life)| {
        let said = life.said.iter().enumerate();
        let entry = move |(place, said): (usize, &'_ Said)| (life.node, said.digest, place);
        said.map(move |pair| (entry(pair), index)).collect::<Vec<_>>()
    };
    let all = recording.lives.iter().enumerate().flat_map(of_life);
    all.map(|((node, digest, place), index)| {
        ((node, digest), (index, place, &recording.lives[index].said[place]))
    })
    .collect()
}

/// G3, G4 and G6, which hold at every moment.
///
/// # Errors
/// With the first that is broken.
pub fn safety(recording: &Recording) -> Result<(), Broken> {
    let origins = origins(recording);
    recording.lives.iter().try_for_each(|life| once_each(life, &origins))?;
    by_view(recording).values().try_for_each(|stays| {
        one_order(stays)?;
        together_means_equal(stays)
    })
}

/// Besides, G5 and G7, at `end`, when everything has come to rest.
///
/// # Errors
/// With the first that is broken.
pub fn order(recording: &Recording, end: Instant) -> Result<(), Broken> {
    safety(recording)?;
    let origins = origins(recording);
    recording.lives.iter().try_for_each(|life| own_messages(life, end))?;
    by_view(recording).values().try_for_each(|stays| safe_means_everybody(stays, &origins, end))
}

/// G4, and G3 for one sender. A process that is merged into another line starts afresh, because
/// so does its state.
fn once_each(life: &Life, origins: &Origins<'_>) -> Result<(), Broken> {
    let is_first = |told: &&Told| matches!(told.what, What::View { .. } | What::Deliver { .. });
    if let Some(Told { at, what: What::Deliver { .. } }) = life.told.iter().find(is_first) {
        return Err(Broken::new("G4", format!("n{} delivered in no view at {at}", life.node)));
    }
    let mut last: BTreeMap<usize, usize> = BTreeMap::new();
    for stay in stays_of(life) {
        if stay.begins_line() {
            last.clear();
        }
        for (message, at) in &stay.all {
            let broken = |id, what: &str| {
                let (node, sender) = (life.node, message.0);
                let what = format!("n{node} delivered a message of n{sender} {what} at {at}");
                Err(Broken::new(id, what))
            };
            match origins.get(message) {
                Some((sender, place, said)) if said.at <= *at => match last.insert(*sender, *place)
                {
                    Some(before) if before == *place => return broken("G4", "twice"),
                    Some(before) if before > *place => {
                        return broken("G4", "again, or out of its sender's order");
                    }
                    _ => {}
                },
                _ => return broken("G4", "that it never sent"),
            }
        }
    }
    Ok(())
}

/// G5: what a process that still lives has submitted, it has delivered, or was told that others
/// had.
fn own_messages(life: &Life, end: Instant) -> Result<(), Broken> {
    let was_refused = life.told.iter().any(|told| told.what == What::Refused);
    if life.ended.is_some() || was_refused {
        return Ok(());
    }
    let settled = life.told.iter().filter_map(|told| match &told.what {
        What::Deliver { sender, digest } if *sender == life.node => Some(*digest),
        What::Absorbed(digest) => Some(*digest),
        _ => None,
    });
    let settled: BTreeSet<_> = settled.collect();
    let due = life.said.iter().filter(|said| said.at + ON_ITS_WAY < end);
    match due.into_iter().find(|said| !settled.contains(&said.digest)) {
        None => Ok(()),
        Some(said) => {
            let (node, at) = (life.node, said.at);
            Err(Broken::new("G5", format!("n{node} never delivered what it submitted at {at}")))
        }
    }
}

/// G3: what two members delivered in a view is the same as far as both have got.
fn one_order(stays: &[Stay<'_>]) -> Result<(), Broken> {
    let Some(longest) = stays.iter().max_by_key(|stay| stay.all.len()) else { return Ok(()) };
    for stay in stays {
        let mut pairs = stay.messages().zip(longest.messages()).enumerate();
        if let Some((place, _)) = pairs.find(|(_, (one, other))| one != other) {
            let (one, other, view) = (stay.life.node, longest.life.node, stay.view.id);
            let what = format!("n{one} and n{other} differ in message {place} of view {view}");
            return Err(Broken::new("G3", what));
        }
    }
    Ok(())
}

/// G6: who goes on together has delivered the same.
fn together_means_equal(stays: &[Stay<'_>]) -> Result<(), Broken> {
    let mut by_next: BTreeMap<_, &Stay<'_>> = BTreeMap::new();
    for stay in stays {
        let Some(next) = stay.next else { continue };
        let first = by_next.entry(next).or_insert(stay);
        if !first.messages().eq(stay.messages()) {
            let (one, other) = (first.life.node, stay.life.node);
            let what = format!(
                "n{one} and n{other} went from view {} to {} with {} and {} messages",
                stay.view.id,
                next.0,
                first.all.len(),
                stay.all.len()
            );
            return Err(Broken::new("G6", what));
        }
    }
    Ok(())
}

/// G7: a safe message that anybody delivered before the view was over is delivered by all who
/// live on.
fn safe_means_everybody(
    stays: &[Stay<'_>],
    origins: &Origins<'_>,
    end: Instant,
) -> Result<(), Broken> {
    let is_safe = |message: &Message| {
        origins.get(message).is_some_and(|(_, _, said)| said.delivery == Delivery::Safe)
    };
    let regular = stays.iter().flat_map(|stay| stay.all.iter().take(stay.regular));
    let promised: BTreeMap<Message, Instant> =
        regular.filter(|(message, _)| is_safe(message)).copied().collect();
    for stay in stays.iter().filter(|stay| stay.life.ended.is_none() || stay.next.is_some()) {
        let has: BTreeSet<Message> = stay.messages().collect();
        let missing = promised.iter().find(|(message, at)| {
            let is_due = stay.next.is_some() || **at + ON_ITS_WAY < end;
            is_due && !has.contains(message)
        });
        if let Some(((sender, _), at)) = missing {
            let (node, view) = (stay.life.node, stay.view.id);
            let what = format!(
                "n{node} in view {view} lacks a safe message of n{sender} that was delivered at {at}"
            );
            return Err(Broken::new("G7", what));
        }
    }
    Ok(())
}
