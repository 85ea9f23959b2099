//! What must hold for services that depend on each other.

use crate::Broken;
use crate::words::{Word, Words};
use scheduler::plan::Task;
use sim::{Call, Recording, Truth};
use std::time::Duration;

/// Within this time of a monitor's answer nothing more is started on what it missed.
const REACTED: Duration = Duration::from_secs(10);

/// R5: `then` is started only while `first` is active, and `first` is stopped only while `then` is not.
///
/// "At each instant, apart from the failure of `first` and the bounded time to react" is judged at the
/// instants at which the cluster does something, by what agents have answered to members of the same
/// view: that a service has died, or runs in a part of the cluster that is cut off, nobody can know
/// before. What people have said is to be left alone holds up nobody, as in Pacemaker.
///
/// # Errors
/// With the first start or stop out of order.
pub fn ordered(
    recording: &Recording,
    truth: &Truth,
    (first, then): (&str, &str),
) -> Result<(), Broken> {
    let words = Words::new(recording, truth);
    for (number, call) in truth.calls.iter().enumerate() {
        let is_free = || [first, then].iter().any(|it| words.is_left_alone(it, call.at));
        let broken = match call.task {
            Task::Start if call.instance == then => is_too_early(&words, (number, call), first),
            Task::Stop if call.instance == first => is_too_soon(&words, (number, call), then),
            _ => false,
        } && !is_free();
        if broken {
            let (verb, node, at) = (call.task.name(), call.node, call.at);
            let what = format!(
                "{verb} of {} on n{node} at {at} is out of order with {}",
                call.instance,
                if call.task == Task::Start { first } else { then }
            );
            return Err(Broken::new("R5", what));
        }
    }
    Ok(())
}

/// Nobody in the view has said of `first` that it is active, or that was long ago taken back.
fn is_too_early(words: &Words<'_>, (number, call): (usize, &Call), first: &str) -> bool {
    let Some(stay) = words.stay_at(call.node, call.at) else { return false };
    !words.words(stay, first, number).any(|(_, word)| match word {
        Word::Active | Word::Asked => true,
        Word::Failed(at) => at + REACTED > call.at,
        _ => false,
    })
}

/// Somebody in the view has said of `then` that it is active, or is starting it.
fn is_too_soon(words: &Words<'_>, (number, call): (usize, &Call), then: &str) -> bool {
    let Some(stay) = words.stay_at(call.node, call.at) else { return false };
    words.words(stay, then, number).any(|(_, word)| matches!(word, Word::Active | Word::Starting))
}
