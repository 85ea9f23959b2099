//! `ocf:pacemaker:HealthSMART`: what the disks say about themselves (`smartctl`).

use super::{Answer, Colour, Context, Failure, Watch};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use std::path::Path;

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "HealthSMART",
    short: "Node health by what its disks say",
    long: "Keeps the node attribute #health-smart: red when a disk says that it is failing or is \
           hotter or colder than allowed, yellow when it is near that, else green. Needs smartctl. \
           Run it as a clone, and set node-health-strategy.",
    parameters: &[
        super::STATE,
        Parameter::optional(
            "drives",
            Content::Text("/dev/sda"),
            "Disks to ask",
            "Paths of devices, separated by blanks.",
        )
        .reloadable(),
        Parameter::optional(
            "devices",
            Content::Text(""),
            "Types of the disks",
            "Types as after smartctl -d, separated by blanks. Each of drives is asked as each of \
             them, so that the disks behind a RAID controller are all asked.",
        )
        .reloadable(),
        Parameter::optional(
            "temp_lower_limit",
            Content::Number("0"),
            "Coldest allowed",
            "Degrees Celsius. A disk that is colder is red.",
        )
        .reloadable(),
        Parameter::optional(
            "temp_upper_limit",
            Content::Number("60"),
            "Hottest allowed",
            "Degrees Celsius. A disk that is hotter is red.",
        )
        .reloadable(),
        Parameter::optional(
            "temp_warning",
            Content::Number("5"),
            "How near a limit is yellow",
            "A disk that is within so many degrees of one of the limits is yellow.",
        )
        .reloadable(),
        Parameter::optional(
            "smartctl",
            Content::Text("/usr/sbin/smartctl"),
            "Path of smartctl",
            "The program that asks a disk.",
        )
        .reloadable(),
        super::dampen("5s"),
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
        context.time("dampen")?;
    }
    if matches!(action, "start" | "monitor") {
        context.needs(context.text("smartctl"))?;
    }
    let state = context.state_file("state", ".state");
    Watch { attribute: "#health-smart", state, look }.perform(context, action)
}

/// Degrees Celsius.
#[derive(Clone, Copy)]
struct Limits {
    lower: i64,
    upper: i64,
    warning: i64,
}

impl Limits {
    fn read(context: &Context) -> Result<Self, Failure> {
        Ok(Self {
            lower: context.number("temp_lower_limit")?,
            upper: context.number("temp_upper_limit")?,
            warning: context.number("temp_warning")?,
        })
    }

    fn colour(self, degrees: i64) -> Colour {
        let within = |margin: i64| {
            let lower = self.lower.saturating_add(margin);
            (lower..=self.upper.saturating_sub(margin)).contains(&degrees)
        };
        match (within(0), within(self.warning)) {
            (false, _) => Colour::Red,
            (true, false) => Colour::Yellow,
            (true, true) => Colour::Green,
        }
    }
}

fn look(context: &Context, _state: &Path) -> Result<Colour, Failure> {
    let limits = Limits::read(context)?;
    let types: Vec<&str> = context.text("devices").split_whitespace().collect();
    let mut worst = Colour::Green;
    for drive in context.text("drives").split_whitespace() {
        let as_itself = [vec!["-H", "-A", drive]];
        let as_each = types.iter().map(|kind| vec!["-H", "-A", "-d", kind, drive]);
        for arguments in as_each.chain(as_itself.into_iter().filter(|_| types.is_empty())) {
            let said = context.call(context.text("smartctl"), &arguments)?;
            if said.code.is_none_or(|code| code & COULD_NOT_ASK != 0) {
                return Err(Failure::generic(format!(
                    "cannot ask {drive} ({}): correct the parameters drives and devices",
                    said.stdout.lines().last().unwrap_or_default()
                )));
            }
            worst = worst.max(judge(&said.stdout, said.code.unwrap_or(0), limits));
        }
    }
    Ok(worst)
}

/// Bits of smartctl's exit code: the command line did not parse, the device did not open.
const COULD_NOT_ASK: i32 = 0b11;
/// The disk says that it is failing.
const FAILING: i32 = 0b1000;

fn judge(text: &str, code: i32, limits: Limits) -> Colour {
    let health = if code & FAILING == 0 { Colour::Green } else { Colour::Red };
    health.max(temperature(text).map_or(Colour::Green, |degrees| limits.colour(degrees)))
}

/// SCSI and NVMe disks have a line of their own for it, ATA disks an attribute.
fn temperature(text: &str) -> Option<i64> {
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    text.lines().find_map(|line| {
        let line = line.trim();
        if let Some(rest) = ["Current Drive Temperature:", "Temperature:"]
            .iter()
            .find_map(|it| line.strip_prefix(it))
        {
            return number(rest);
        }
        // Number, name, flags, value, worst, threshold, type, updated, when failed, raw value.
        const RAW: usize = 9;
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it =
            matches!(fields.get(1), Some(&("Temperature_Celsius" | "Airflow_Temperature_Cel")));
        if is_it { number(fields.get(RAW)?) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_as_healthy_as_it_says_and_as_its_temperature_allows() {
        let ata = |degrees| {
            format!(
                "194 Temperature_Celsius 0x0022 111 098 000 Old_age Always - {degrees} (0 18 0)"
            )
        };
        let limits = Limits { lower: 5, upper: 60, warning: 5 };
        for (text, code, colour) in [
            (
                "SMART overall-health self-assessment test result: PASSED".to_owned(),
                0,
                Colour::Green,
            ),
            ("anything".into(), 8, Colour::Red),
            // Errors of the past, which the log keeps for ever, do not count.
            ("anything".into(), 64, Colour::Green),
            (ata(36), 0, Colour::Green),
            (ata(57), 0, Colour::Yellow),
            (ata(61), 0, Colour::Red),
            (ata(4), 0, Colour::Red),
            (ata(9), 0, Colour::Yellow),
            ("Current Drive Temperature:     62 C".into(), 0, Colour::Red),
            ("Temperature:                        58 Celsius".into(), 0, Colour::Yellow),
            (ata(36), 8, Colour::Red),
        ] {
            assert_eq!(judge(&text, code, limits), colour, "{text}");
        }
    }
}
