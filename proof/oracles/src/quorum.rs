//! What must hold for the right to act.

use crate::Broken;
use crate::stays::{Stay, stays_of};
use base::{Instant, NodeId};
use sim::{Deed, Recording, Setup, Truth};

/// A time in which a view might act, as one of its members was told.
struct Reign<'a> {
    stay: &'a Stay<'a>,
    from: Instant,
    until: Option<Instant>,
}

/// Q1, Q3 and Q6 for clusters of `setup`, whose nodes have a vote each: two nodes under
/// `two_node`, others under the majority rule.
///
/// # Errors
/// With the first that is broken.
pub fn quorum(recording: &Recording, setup: &Setup) -> Result<(), Broken> {
    let stays: Vec<Stay<'_>> = recording.lives.iter().flat_map(stays_of).collect();
    let reigns = |stay| {
        let reign = move |(from, until)| Reign { stay, from, until };
        Stay::reigns(stay).map(reign)
    };
    let quorate: Vec<Reign<'_>> = stays.iter().flat_map(reigns).collect();
    for reign in &quorate {
        has_the_votes(reign.stay, setup)?;
    }
    if setup.nodes > 2 {
        no_rivals(&quorate)?;
    }
    if setup.nodes == 2 || setup.wait_for_all {
        all_were_seen(recording, &stays, &quorate, setup.nodes)?;
    }
    Ok(())
}

/// Q3: the table of who is quorate, written once more.
fn has_the_votes(stay: &Stay<'_>, setup: &Setup) -> Result<(), Broken> {
    let here = stay.view.members.len() as u32;
    if setup.nodes == 2 || here * 2 > setup.nodes {
        return Ok(());
    }
    let what = format!("{here} of {} nodes are quorate in view {}", setup.nodes, stay.view.id);
    Err(Broken::new("Q3", what))
}

/// Q1: no two sets of nodes without a common member are quorate at one time.
fn no_rivals(quorate: &[Reign<'_>]) -> Result<(), Broken> {
    let is_over = |reign: &Reign<'_>, at: Instant| reign.until.is_some_and(|until| until <= at);
    for (place, one) in quorate.iter().enumerate() {
        for other in &quorate[place + 1..] {
            let (first, second) = (one.stay.view, other.stay.view);
            let together = !is_over(one, other.from) && !is_over(other, one.from);
            let apart = !first.members.iter().any(|member| second.contains(member.node));
            if together && apart {
                let at = one.from.max(other.from);
                let (first, second) = (first.id, second.id);
                let what = format!("views {first} and {second} are quorate side by side at {at}");
                return Err(Broken::new("Q1", what));
            }
        }
    }
    Ok(())
}

/// Q6: since the last time when no daemon ran anywhere all were in one view once.
fn all_were_seen(
    recording: &Recording,
    stays: &[Stay<'_>],
    quorate: &[Reign<'_>],
    nodes: u32,
) -> Result<(), Broken> {
    let is_complete = |stay: &Stay<'_>| stay.view.members.len() as u32 == nodes;
    let complete: Vec<Instant> =
        stays.iter().filter(|stay| is_complete(stay)).map(|stay| stay.installed).collect();
    for Reign { stay, from, .. } in quorate.iter().filter(|reign| !is_complete(reign.stay)) {
        let start = cold_start_before(recording, *from);
        if !complete.iter().any(|at| start <= *at && at <= from) {
            let (node, view) = (stay.life.node, stay.view.id);
            let what = format!(
                "n{node} is quorate in view {view} at {from}, and not all were seen since {start}"
            );
            return Err(Broken::new("Q6", what));
        }
    }
    Ok(())
}

/// When the first process of those began that have followed on each other up to `at`.
fn cold_start_before(recording: &Recording, at: Instant) -> Instant {
    let births = recording.lives.iter().map(|life| life.born).filter(|born| *born <= at);
    let is_cold = |born: &Instant| {
        let mut others = recording.lives.iter().filter(|life| life.born < *born);
        others.all(|life| life.ended.is_some_and(|(end, _)| end <= *born))
    };
    births.filter(is_cold).max().unwrap_or_default()
}

/// Q5: without the right to act nothing is started.
///
/// # Errors
/// With the first that was.
pub fn starts(truth: &Truth) -> Result<(), Broken> {
    let mut starts = truth.acts.iter().filter(|act| act.deed == Deed::Start && !act.was_quorate);
    starts.next().map_or(Ok(()), |act| {
        let (NodeId(node), at) = (act.node, act.at);
        Err(Broken::new("Q5", format!("n{node} started something at {at} without quorum")))
    })
}
