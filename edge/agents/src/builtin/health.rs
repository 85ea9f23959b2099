//! Agents that tell how healthy a node is, as a node attribute `#health-...` that is green, yellow
//! or red. What follows from it says the option `node-health-strategy`.

pub(super) mod cpu;
pub(super) mod iowait;
mod processor;
pub(super) mod smart;
pub(super) mod system;

use super::Answer;
use super::context::{Context, Failure, SetAttribute, remove_state, write_state};
use super::metadata::{Content, Parameter};
use crate::code::OcfCode;
use std::path::{Path, PathBuf};

/// How healthy a node is, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Colour {
    Green,
    Yellow,
    Red,
}

impl Colour {
    fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// The parameter with the state file's place.
const STATE: Parameter = Parameter::optional(
    "state",
    Content::Text(""),
    "State file",
    "The file that exists while the resource is started. Without it, a file named after the \
     resource in the folder for agents' state.",
)
.unique();

const fn dampen(default: &'static str) -> Parameter {
    Parameter::optional(
        "dampen",
        Content::Text(default),
        "How long a change is held back",
        "How long to wait for more changes before the cluster acts on one.",
    )
    .reloadable()
}

/// Where a node becomes yellow, and where red, in per cent.
struct Limits {
    yellow: f64,
    red: f64,
}

impl Limits {
    fn read(context: &Context) -> Result<Self, Failure> {
        context.time("dampen")?;
        let limit = |name| context.number(name).map(|number| number as f64);
        Ok(Self { yellow: limit("yellow_limit")?, red: limit("red_limit")? })
    }
}

/// What is watched, and how.
struct Watch {
    attribute: &'static str,
    state: PathBuf,
    /// Looks at the node. The state file is there, and may keep what the next look compares with.
    look: fn(&Context, &Path) -> Result<Colour, Failure>,
}

impl Watch {
    fn perform(&self, context: &Context, action: &str) -> Answer {
        match action {
            "start" => {
                write_state(&self.state, "")?;
                self.publish(context)
            }
            "monitor" if !self.state.exists() => Ok(OcfCode::NotRunning),
            "monitor" | "reload-agent" => self.publish(context),
            "stop" => {
                // The colour stays: where red empties a node this agent goes, too, and a node that was
                // called well by that would get everything back, again and again.
                remove_state(&self.state)?;
                Ok(OcfCode::Ok)
            }
            _ => Ok(OcfCode::Ok),
        }
    }

    fn publish(&self, context: &Context) -> Answer {
        let colour = (self.look)(context, &self.state)?;
        let dampen = context.text("dampen");
        context.set_attribute(self.attribute, colour.name(), SetAttribute::Value, dampen)?;
        Ok(OcfCode::Ok)
    }
}
