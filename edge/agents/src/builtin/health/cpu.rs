//! `ocf:pacemaker:HealthCPU`: whether the processors have time left.

use super::processor::since_last_look;
use super::{Answer, Colour, Context, Failure, Limits, Watch};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use std::path::Path;

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "HealthCPU",
    short: "Node health by idle processors",
    long: "Keeps the node attribute #health-cpu: green, yellow or red by how much of their time \
           the processors were idle since the last monitor. Run it as a clone, and set \
           node-health-strategy.",
    parameters: &[
        super::STATE,
        Parameter::optional(
            "yellow_limit",
            Content::Number("50"),
            "Idle per cent below which the node is yellow",
            "With less idle time than this, in per cent, the attribute is yellow.",
        )
        .reloadable(),
        Parameter::optional(
            "red_limit",
            Content::Number("10"),
            "Idle per cent below which the node is red",
            "With less idle time than this, in per cent, the attribute is red.",
        )
        .reloadable(),
        super::dampen("30s"),
    ],
    actions: &[
        Action::once("start", "10s"),
        Action::once("stop", "10s"),
        Action::monitor("10s", "10s"),
        Action::once("reload-agent", "20s"),
        Action::once("validate-all", "10s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(in crate::builtin) fn perform(context: &Context, action: &str) -> Answer {
    if action != "stop" {
        Limits::read(context)?;
    }
    let state = context.state_file_of("state", "HealthCPU", ".state");
    Watch { attribute: "#health-cpu", state, look }.perform(context, action)
}

fn look(context: &Context, state: &Path) -> Result<Colour, Failure> {
    let limits = Limits::read(context)?;
    Ok(match since_last_look(state)?.idle {
        idle if idle < limits.red => Colour::Red,
        idle if idle < limits.yellow => Colour::Yellow,
        _ => Colour::Green,
    })
}
