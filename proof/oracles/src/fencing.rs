//! What must hold for fencing.

use crate::Broken;
use crate::excuses::Excuses;
use crate::words::Words;
use cluster::exit_code;
use scheduler::plan::Task;
use sim::{Call, CallEnd, Deed, Recording, Shot, Told, Truth, What};
use std::time::Duration;

/// What was on its way when a node was cut off has come by then.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// F1: without the right to act nobody is fenced.
///
/// # Errors
/// With the first who was.
pub fn shots(truth: &Truth) -> Result<(), Broken> {
    for act in truth.acts.iter().filter(|act| !act.was_quorate) {
        if let Deed::Fence(target) = act.deed {
            let (node, at) = (act.node, act.at);
            return Err(Broken::new(
                "F1",
                format!("n{node} shot n{target} at {at} without quorum"),
            ));
        }
    }
    Ok(())
}

/// F2: why somebody is fenced is recorded before, and nobody is who is in the view of those who do it
/// and well. Whose stop has failed is not, as far as a cluster can know; nor is who was in trouble of
/// its own a moment ago.
///
/// # Errors
/// With the first who was.
pub fn reasons(recording: &Recording, truth: &Truth) -> Result<(), Broken> {
    let (words, excuses) = (Words::new(recording, truth), Excuses::new(recording, truth));
    for shot in &truth.shots {
        let Shot { at, by, target, reason } = shot;
        let broken =
            |what: &str| Err(Broken::new("F2", format!("n{by} shot n{target} at {at}, {what}")));
        if reason.as_ref().is_none_or(String::is_empty) {
            return broken("and its journal did not say why before");
        }
        if is_member(&words, shot)
            && !excuses.explain_loss(*by, *target, *at)
            && !has_failed_stop(truth, shot)
        {
            return broken("which was in its view and well");
        }
    }
    Ok(())
}

/// How many were fenced who were in the view of those who did it.
pub fn of_members(recording: &Recording, truth: &Truth) -> usize {
    let words = Words::new(recording, truth);
    truth.shots.iter().filter(|shot| is_member(&words, shot)).count()
}

fn is_member(words: &Words<'_>, shot: &Shot) -> bool {
    let view = words.stay_at(shot.by, shot.at).map(|stay| stay.view);
    view.is_some_and(|view| view.contains(shot.target))
}

/// Whether something could not be stopped on the target since it was last cut off.
fn has_failed_stop(truth: &Truth, shot: &Shot) -> bool {
    let cuts = truth.cut_off.iter().filter(|(at, node)| *node == shot.target && *at <= shot.at);
    let since = cuts.map(|(at, _)| *at).max().unwrap_or_default();
    let has_failed = |call: &Call| match call.end {
        Some((at, CallEnd::Ended(_, code))) => code != exit_code::OK && at <= shot.at,
        Some((_, CallEnd::Cut)) | None => false,
    };
    let mut stops = truth.calls.iter().filter(|call| call.task == Task::Stop);
    stops.any(|call| call.node == shot.target && call.at >= since && has_failed(call))
}

/// F5: a machine life that a fence device has ended is in no view that is installed later.
///
/// # Errors
/// With the first that was.
pub fn returns(recording: &Recording, truth: &Truth) -> Result<(), Broken> {
    for (cut_off, node) in &truth.cut_off {
        let lives = recording.lives.iter().filter(|life| life.node == *node);
        let Some(boot) =
            lives.filter(|life| life.born <= *cut_off).map(|life| life.boot).next_back()
        else {
            continue;
        };
        for life in &recording.lives {
            for Told { at, what } in &life.told {
                if let What::View { view, .. } = what
                    && *at > *cut_off + ON_ITS_WAY
                    && view.member(*node).is_some_and(|member| member.boot == boot)
                {
                    let what = format!(
                        "n{node} was cut off at {cut_off}, and is in n{}'s view {} at {at}",
                        life.node, view.id
                    );
                    return Err(Broken::new("F5", what));
                }
            }
        }
    }
    Ok(())
}
