//! `ocf:heartbeat:Delay`: a resource that takes its time. It gives what it is ordered behind time
//! to settle.

use super::Answer;
use super::context::{Context, Failure, remove_state, write_state};
use super::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use std::thread::sleep;
use std::time::Duration;

pub(crate) const METADATA: Metadata = Metadata {
    name: "Delay",
    short: "A resource that waits",
    long: "Waits when it starts, stops and is monitored, and does nothing else. Put it in a group \
           behind something that says it is ready before it is.",
    parameters: &[
        Parameter::optional(
            "startdelay",
            Content::Number("20"),
            "Seconds that a start takes",
            "How long a start waits. The timeout of start has to be longer.",
        )
        .reloadable(),
        Parameter::optional(
            "stopdelay",
            Content::Number("30"),
            "Seconds that a stop takes",
            "How long a stop waits. The timeout of stop has to be longer.",
        )
        .reloadable(),
        Parameter::optional(
            "mondelay",
            Content::Number("30"),
            "Seconds that a monitor takes",
            "How long a monitor waits. The timeout of monitor has to be longer.",
        )
        .reloadable(),
    ],
    actions: &[
        Action::once("start", "30s"),
        Action::once("stop", "30s"),
        Action::monitor("30s", "10s"),
        Action::once("status", "30s"),
        Action::once("validate-all", "5s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let state = context.temporary_file(&format!("Delay_{}", context.instance()));
    let is_started = state.exists();
    match action {
        "start" if is_started => {}
        "start" => {
            sleep(seconds(context, "startdelay")?);
            write_state(&state, "")?;
        }
        "stop" if !is_started => {}
        "stop" => {
            sleep(seconds(context, "stopdelay")?);
            remove_state(&state)?;
        }
        "monitor" | "status" if !is_started => return Ok(OcfCode::NotRunning),
        "monitor" | "status" => sleep(seconds(context, "mondelay")?),
        _ => {
            for name in ["startdelay", "stopdelay", "mondelay"] {
                seconds(context, name)?;
            }
        }
    }
    Ok(OcfCode::Ok)
}

/// What does not fit is told as the well-known agent of this name tells it.
fn seconds(context: &Context, name: &str) -> Result<Duration, Failure> {
    context.time(name).map_err(|failure| Failure::new(OcfCode::Arguments, failure.reason))
}
