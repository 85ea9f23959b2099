//! Makes steps of intentions, and says what has to come before what.

mod edges;
mod recurring;
mod steps;

pub(crate) use steps::{StepId, StepKind, Steps, Strength};

use crate::act::Intentions;
use crate::gather::Situation;
use crate::place::Constraints;

/// All that has to be done.
pub(crate) fn order<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    intentions: &Intentions<'a>,
) -> Steps<'a> {
    let mut steps = Steps::new(situation);
    steps.fence(situation, intentions);
    steps.probe(situation);
    steps.stop_and_start(situation, intentions);
    steps.watch(situation, intentions);
    edges::connect(situation, intentions, &mut steps);
    edges::look_before_stopping(situation, constraints, intentions, &mut steps);
    steps
}
