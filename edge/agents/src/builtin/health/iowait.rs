//! `ocf:pacemaker:HealthIOWait`: whether the processors wait for disks.

use super::processor::since_last_look;
use super::{Answer, Colour, Context, Failure, Limits, Watch};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use std::path::Path;

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "HealthIOWait",
    short: "Node health by waiting for disks",
    long: "Keeps the node attribute #health-iowait: green, yellow or red by how much of their time \
           the processors waited for disks since the last monitor. Run it as a clone, and set \
           node-health-strategy.",
    parameters: &[
        super::STATE,
        Parameter::optional(
            "yellow_limit",
            Content::Number("10"),
            "Waiting per cent above which the node is yellow",
            "With more time spent waiting than this, in per cent, the attribute is yellow.",
        ),
        Parameter::optional(
            "red_limit",
            Content::Number("15"),
            "Waiting per cent above which the node is red",
            "With more time spent waiting than this, in per cent, the attribute is red.",
        ),
        super::dampen("5s"),
    ],
    actions: &[
        Action::once("start", "10s"),
        Action::once("stop", "10s"),
        Action::monitor("10s", "10s"),
        Action::once("validate-all", "10s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(in crate::builtin) fn perform(context: &Context, action: &str) -> Answer {
    if action != "stop" {
        Limits::read(context)?;
    }
    let state = context.state_file_of("state", "HealthIoWait", ".state");
    Watch { attribute: "#health-iowait", state, look }.perform(context, action)
}

fn look(context: &Context, state: &Path) -> Result<Colour, Failure> {
    let limits = Limits::read(context)?;
    Ok(match since_last_look(state)?.waiting {
        waiting if waiting > limits.red => Colour::Red,
        waiting if waiting > limits.yellow => Colour::Yellow,
        _ => Colour::Green,
    })
}
