//! `ocf:pacemaker:SystemHealth`: what the sensors of the machine say (`ipmitool`).

use super::{Answer, Colour, Context, Failure, Watch};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use std::path::Path;

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "SystemHealth",
    short: "Node health by the sensors of its machine",
    long: "Keeps the node attribute #health-ipmi by the sensors that the machine's management \
           controller watches (fans, temperatures, voltages, power supplies): red when one is \
           critical, yellow when one is near that, else green. Needs ipmitool. Run it as a clone, \
           and set node-health-strategy.",
    parameters: &[
        super::STATE,
        Parameter::optional(
            "ipmitool",
            Content::Text("ipmitool"),
            "The program ipmitool",
            "Its name or path.",
        )
        .reloadable(),
        Parameter::optional(
            "ignore",
            Content::Text(""),
            "Sensors that do not count",
            "Names of sensors as ipmitool sdr list prints them, separated by commas.",
        )
        .reloadable(),
        super::dampen("5s"),
    ],
    actions: &[
        Action::once("start", "20s"),
        Action::once("stop", "20s"),
        Action::monitor("20s", "60s"),
        Action::once("reload-agent", "20s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(in crate::builtin) fn perform(context: &Context, action: &str) -> Answer {
    if action != "stop" {
        context.time("dampen")?;
    }
    if matches!(action, "start" | "monitor") {
        context.needs(context.text("ipmitool"))?;
    }
    let state = context.state_file("state", ".state");
    Watch { attribute: "#health-ipmi", state, look }.perform(context, action)
}

fn look(context: &Context, _state: &Path) -> Result<Colour, Failure> {
    let said = context.call(context.text("ipmitool"), &["sdr", "list"])?;
    if said.code != Some(0) {
        return Err(Failure::generic(format!(
            "ipmitool cannot read the sensors ({}): load the kernel's IPMI modules",
            said.complaint()
        )));
    }
    let ignored: Vec<&str> = context.text("ignore").split(',').map(str::trim).collect();
    let worst = said.stdout.lines().filter_map(sensor).filter(|(name, _)| !ignored.contains(name));
    Ok(worst.map(|(_, colour)| colour).max().unwrap_or(Colour::Green))
}

/// A line is `name | reading | state`.
fn sensor(line: &str) -> Option<(&str, Colour)> {
    let mut fields = line.split('|').map(str::trim);
    let (name, _reading, state) = (fields.next()?, fields.next()?, fields.next()?);
    let colour = match state {
        "cr" | "nr" | "lcr" | "ucr" | "lnr" | "unr" => Colour::Red,
        "nc" | "lnc" | "unc" => Colour::Yellow,
        // ok, or a sensor that has nothing to say.
        _ => Colour::Green,
    };
    Some((name, colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_says_its_state_at_the_end_of_its_line() {
        for (line, told) in [
            ("Fan 1            | 4200 RPM          | ok", Some(("Fan 1", Colour::Green))),
            ("CPU Temp         | 88 degrees C      | nc", Some(("CPU Temp", Colour::Yellow))),
            ("PS2 Status       | 0x08              | cr", Some(("PS2 Status", Colour::Red))),
            ("Chassis Intru    | no reading        | ns", Some(("Chassis Intru", Colour::Green))),
            ("not a sensor", None),
        ] {
            assert_eq!(sensor(line), told, "{line}");
        }
    }
}
