//! `ocf:pacemaker:SysInfo`: what this machine is and how it does, as node attributes.

use super::Answer;
use super::context::{Context, Failure, SetAttribute, remove_state, write_state};
use super::metadata::{Action, Change, Content, Metadata, Need, Parameter};
use crate::code::OcfCode;
use std::fs;

pub(crate) const METADATA: Metadata = Metadata {
    name: "SysInfo",
    short: "Node attributes about the machine",
    long: "Keeps these attributes of the node up to date, for rules to use: arch, os, cpu_info, \
           cpu_speed (bogomips), cpu_cores, cpu_load (average over one minute), ram_total, \
           ram_free and free_swap (megabytes, rounded to hundreds; free is what programs could \
           still get), root_free and one more per entry of disks. With min_disk_free also \
           #health_disk, which is green, or red when one of the disks has less than that. Run it \
           as a clone.",
    parameters: &[
        Parameter {
            name: "pidfile",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::RestartAndUnique,
            short: "State file",
            long: "The file that exists while the resource is started. Without it, a file named \
                   after the resource in the folder for agents' state.",
        },
        Parameter {
            name: "delay",
            content: Content::Text("0s"),
            need: Need::Optional,
            change: Change::Restart,
            short: "How long values are held back",
            long: "How long to wait for more changes before the cluster looks at them.",
        },
        Parameter {
            name: "disks",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Restart,
            short: "More file systems to watch",
            long: "Paths, separated by blanks or commas, of file systems whose free space is to \
                   be an attribute: /srv/www becomes srv_www_free.",
        },
        Parameter {
            name: "disk_unit",
            content: Content::OneOf(&["K", "M", "G", "T", "P"], "G"),
            need: Need::Optional,
            change: Change::Restart,
            short: "Unit of free space",
            long: "The unit of the attributes about free space, and of min_disk_free when it \
                   has none.",
        },
        Parameter {
            name: "min_disk_free",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Restart,
            short: "Free space below which a node is unhealthy",
            long: "When the root file system or one of disks has less space than this, like 10G \
                   or 500M, the node's #health_disk is red.",
        },
    ],
    actions: &[
        Action::once("start", "20s"),
        Action::once("stop", "20s"),
        Action::monitor("20s", "60s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let wanted = Wanted::read(context)?;
    let state = context.state_file("pidfile", "");
    match action {
        "start" => {
            publish(context, &wanted)?;
            write_state(&state, "")?;
            Ok(OcfCode::Ok)
        }
        "monitor" if !state.exists() => Ok(OcfCode::NotRunning),
        "monitor" => publish(context, &wanted).map(|()| OcfCode::Ok),
        "stop" => {
            withdraw(context, &wanted);
            remove_state(&state)?;
            Ok(OcfCode::Ok)
        }
        _ => Ok(OcfCode::Ok),
    }
}

struct Wanted<'a> {
    delay: &'a str,
    disks: Vec<String>,
    unit: u64,
    minimum: Option<u64>,
}

impl<'a> Wanted<'a> {
    fn read(context: &'a Context) -> Result<Self, Failure> {
        let more = context.text("disks").split([' ', ',', '\t']).filter(|path| !path.is_empty());
        let unit = unit_of(context.choice("disk_unit")?).unwrap_or(1 << 30);
        let minimum = match context.text("min_disk_free") {
            "" => None,
            text => Some(parse_size(text, unit).ok_or_else(|| {
                let reason = format!("min_disk_free is {text:?}, but has to be a size like 10G");
                Failure::new(OcfCode::Configured, reason)
            })?),
        };
        context.time("delay")?;
        Ok(Self {
            delay: context.text("delay"),
            disks: std::iter::once("/").chain(more).map(str::to_owned).collect(),
            unit,
            minimum,
        })
    }
}

fn publish(context: &Context, wanted: &Wanted<'_>) -> Result<(), Failure> {
    for (name, value) in machine().into_iter().chain(disks(wanted)?) {
        context.set_attribute(&name, &value, SetAttribute::Value, wanted.delay)?;
    }
    Ok(())
}

/// Attributes without anybody who keeps them up to date would be lies; but the colour stays: where it
/// empties a node this agent goes, too, and must not call the node well by that.
fn withdraw(context: &Context, wanted: &Wanted<'_>) {
    let names = machine().into_iter().map(|(name, _)| name);
    let disks = wanted.disks.iter().map(|path| attribute_of(path));
    for name in names.chain(disks) {
        context.delete_attribute(&name, wanted.delay);
    }
}

const HEALTH: &str = "#health_disk";

fn machine() -> Vec<(String, String)> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory, load) = (read("/proc/cpuinfo"), read("/proc/meminfo"), read("/proc/loadavg"));
    let uname = rustix::system::uname();
    let os = format!("{}-{}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy());
    let first = |names: &[&str]| {
        names.iter().find_map(|name| field(&cpu, name)).unwrap_or("unknown").to_owned()
    };
    [
        ("arch", uname.machine().to_string_lossy().into_owned()),
        ("os", os),
        ("cpu_info", first(&["model name", "cpu model", "cpu", "CPU part"])),
        ("cpu_speed", first(&["bogomips", "BogoMIPS"])),
        ("cpu_cores", cores(&cpu).to_string()),
        ("cpu_load", load.split(' ').next().unwrap_or_default().to_owned()),
        ("ram_total", hundreds(&memory, "MemTotal")),
        ("ram_free", hundreds(&memory, "MemAvailable")),
        ("free_swap", hundreds(&memory, "SwapFree")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(one, _)| one.trim() == name)
        .map(|(_, value)| value.trim())
}

fn cores(cpuinfo: &str) -> usize {
    let listed = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    if listed > 0 {
        return listed;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Kilobytes of `/proc/meminfo` as megabytes, rounded to hundreds so that not every breath of the
/// machine is a change of its attributes.
fn hundreds(meminfo: &str, name: &str) -> String {
    let text = field(meminfo, name).unwrap_or_default();
    let kilobytes: u64 = text.trim_end_matches("kB").trim().parse().unwrap_or(0);
    ((kilobytes / 1024 + 50) / 100 * 100).to_string()
}

fn disks(wanted: &Wanted<'_>) -> Result<Vec<(String, String)>, Failure> {
    let mut attributes = Vec::new();
    let mut health = "green";
    for path in &wanted.disks {
        let space = rustix::fs::statvfs(path.as_str()).map_err(|error| {
            let reason = format!("cannot measure {path} ({error}): correct parameter disks");
            Failure::new(OcfCode::Arguments, reason)
        })?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        attributes.push((attribute_of(path), (free / wanted.unit).to_string()));
        if wanted.minimum.is_some_and(|minimum| free < minimum) {
            health = "red";
        }
    }
    if wanted.minimum.is_some() {
        attributes.push((HEALTH.to_owned(), health.to_owned()));
    }
    Ok(attributes)
}

fn attribute_of(path: &str) -> String {
    match path.trim_matches('/') {
        "" => "root_free".to_owned(),
        inner => format!("{}_free", inner.replace('/', "_")),
    }
}

fn unit_of(letter: &str) -> Option<u64> {
    let power = match letter.to_ascii_uppercase().as_str() {
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        "P" => 5,
        _ => return None,
    };
    Some(1 << (10 * power))
}

fn parse_size(text: &str, unit: u64) -> Option<u64> {
    let text = text.trim().trim_end_matches(['b', 'B', 'i']);
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, letter) = text.split_at(digits);
    let unit = match letter.trim() {
        "" => unit,
        letter => unit_of(letter)?,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_their_own_unit_or_the_one_configured() {
        let giga = 1 << 30;
        for (text, bytes) in
            [("10", Some(10 * giga)), ("500M", Some(500 << 20)), ("2TB", Some(2 << 40))]
        {
            assert_eq!(parse_size(text, giga), bytes, "{text}");
        }
        for text in ["", "many", "1x", "99999999999P"] {
            assert_eq!(parse_size(text, giga), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_the_kernel_prints_them() {
        let memory = "MemTotal:       16384000 kB\nMemAvailable:    8151040 kB\n";
        assert_eq!(hundreds(memory, "MemTotal"), "16000");
        assert_eq!(hundreds(memory, "MemAvailable"), "8000");
        let cpu = "processor\t: 0\nmodel name\t: Z80: fast\nprocessor\t: 1\n";
        assert_eq!((field(cpu, "model name"), cores(cpu)), (Some("Z80: fast"), 2));
        assert_eq!(attribute_of("/srv/www/"), "srv_www_free");
    }
}
