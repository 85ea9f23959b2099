//! `ocf:heartbeat:ethmonitor`: whether an interface works, as a node attribute.
//!
//! An interface without a link does not work. One with a link works when packets come in; when
//! none does for a while, neighbours are asked for one.

use super::interfaces::Interfaces;
use super::{Answer, Context, Failure};
use crate::builtin::context::{remove_state, say, write_state};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use crate::builtin::ping::echo;
use crate::code::OcfCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "ethmonitor",
    short: "Whether a network interface works, as an attribute",
    long: "Keeps a node attribute up to date that says whether a network interface works: it has a \
           link, and packets come in, of themselves or because neighbours are asked. A bond works \
           while one of its parts does. Rules use the attribute to keep resources away. Run it as \
           a clone. A look takes up to repeat_count times repeat_interval: the timeout of monitor \
           has to be longer.",
    parameters: PARAMETERS,
    actions: &[
        Action::once("start", "60s"),
        Action::once("stop", "20s"),
        Action::monitor("60s", "10s"),
        Action::once("status", "60s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

const PARAMETERS: &[Parameter] = &[
    Parameter::optional("interface", Content::Text(""), "Interface", "The interface to watch.")
        .required()
        .unique(),
    Parameter::optional(
        "name",
        Content::Text(""),
        "Name of the attribute",
        "The node attribute that rules refer to. Without it, ethmonitor- and the interface.",
    )
    .unique(),
    Parameter::optional(
        "multiplier",
        Content::Number("1"),
        "Value while it works",
        "What the attribute is while the interface works. It is 0 while it does not.",
    ),
    Parameter::optional(
        "repeat_count",
        Content::Number("5"),
        "Looks until it counts as broken",
        "How often to look before the interface counts as broken.",
    ),
    Parameter::optional(
        "repeat_interval",
        Content::Number("10"),
        "Seconds between looks",
        "How long to wait after a look that showed nothing.",
    ),
    Parameter::optional(
        "pktcnt_timeout",
        Content::Number("5"),
        "Seconds to wait for a packet",
        "How long a look waits for a packet to come in by itself.",
    ),
    Parameter::optional(
        "arping_count",
        Content::Number("1"),
        "Questions to a neighbour",
        "How often each neighbour is asked.",
    ),
    Parameter::optional(
        "arping_timeout",
        Content::Number("1"),
        "Seconds to wait for a neighbour",
        "How long to wait for each answer.",
    ),
    Parameter::optional(
        "arping_cache_entries",
        Content::Number("5"),
        "Neighbours to ask",
        "How many of those that the kernel knows on this interface are asked at most.",
    ),
    Parameter::optional(
        "infiniband_device",
        Content::Text(""),
        "InfiniBand device",
        "For an InfiniBand interface, its device, such as mlx5_0. Its port's state decides.",
    ),
    Parameter::optional(
        "infiniband_port",
        Content::Number(""),
        "Port of the InfiniBand device",
        "The number of the port to watch.",
    ),
    Parameter::optional(
        "link_status_only",
        Content::Switch("false"),
        "Look at the link alone",
        "When set, packets do not matter.",
    ),
];

pub(in crate::builtin) fn perform(context: &Context, action: &str) -> Answer {
    let watch = Watch::read(context)?;
    let state = context.temporary_file(context.instance());
    match action {
        "start" => {
            write_state(&state, "")?;
            watch.publish(context)
        }
        "monitor" | "status" if !state.exists() => Ok(OcfCode::NotRunning),
        "monitor" | "status" => watch.publish(context),
        "stop" => {
            context.drop_attribute(&watch.attribute);
            remove_state(&state)?;
            Ok(OcfCode::Ok)
        }
        _ if !watch.interfaces.exists(watch.interface) => Err(Failure::new(
            OcfCode::Configured,
            format!("this node has no interface {}: correct parameter interface", watch.interface),
        )),
        _ => Ok(OcfCode::Ok),
    }
}

/// What is watched, and for how long.
struct Watch<'a> {
    interfaces: Interfaces,
    interface: &'a str,
    attribute: String,
    multiplier: i64,
    looks: u64,
    pause: Duration,
    patience: Duration,
    asking: Asking,
    infiniband: Option<(&'a str, &'a str)>,
    link_only: bool,
}

/// How neighbours are asked.
struct Asking {
    neighbours: usize,
    attempts: u32,
    patience: Duration,
}

impl<'a> Watch<'a> {
    fn read(context: &'a Context) -> Result<Self, Failure> {
        let count = |name| context.number(name).map(|number| u64::try_from(number).unwrap_or(0));
        let seconds = |name| count(name).map(Duration::from_secs);
        let interface = context.text("interface");
        let device = context.text("infiniband_device");
        let asking = Asking {
            neighbours: usize::try_from(count("arping_cache_entries")?).unwrap_or(usize::MAX),
            attempts: u32::try_from(count("arping_count")?).unwrap_or(u32::MAX).max(1),
            patience: seconds("arping_timeout")?.max(Duration::from_millis(100)),
        };
        Ok(Self {
            interfaces: Interfaces::here(),
            interface,
            attribute: match context.text("name") {
                "" => format!("ethmonitor-{interface}"),
                given => given.to_owned(),
            },
            multiplier: context.number("multiplier")?,
            looks: count("repeat_count")?.max(1),
            pause: seconds("repeat_interval")?,
            patience: seconds("pktcnt_timeout")?,
            asking,
            infiniband: (!device.is_empty()).then(|| (device, context.text("infiniband_port"))),
            link_only: context.is_on("link_status_only")?,
        })
    }

    fn publish(&self, context: &Context) -> Answer {
        let value = if self.works(context) { self.multiplier } else { 0 };
        context.put_attribute(&self.attribute, &value.to_string())?;
        Ok(OcfCode::Ok)
    }

    /// Looks until something shows that it works, or there were enough looks. The time that the
    /// cluster gives is never used up: a monitor that times out would be a failure of its own.
    fn works(&self, context: &Context) -> bool {
        let enough = context.timeout().map(|timeout| Instant::now() + timeout * 3 / 4);
        for look in 1..=self.looks {
            if self.shows_life() {
                return true;
            }
            let is_last = look == self.looks
                || enough.is_some_and(|enough| Instant::now() + self.pause >= enough);
            if is_last {
                break;
            }
            sleep(self.pause);
        }
        say(&format!("WARNING: {} does not work", self.interface));
        false
    }

    fn shows_life(&self) -> bool {
        if let Some((device, port)) = self.infiniband
            && !self.interfaces.infiniband_is_active(device, port)
        {
            return false;
        }
        self.interfaces.has_link(self.interface)
            && (self.link_only || self.receives() || self.neighbour_answers())
    }

    /// Whether a packet comes in, of itself.
    fn receives(&self) -> bool {
        const LOOK: Duration = Duration::from_millis(50);
        let before = self.interfaces.received(self.interface);
        let until = Instant::now() + self.patience;
        loop {
            if self.interfaces.received(self.interface) != before {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            sleep(LOOK);
        }
    }

    /// Whether asking brings a packet in. Any will do: a neighbour that refuses to answer is there.
    fn neighbour_answers(&self) -> bool {
        let before = self.interfaces.received(self.interface);
        let table = std::fs::read_to_string("/proc/net/arp").unwrap_or_default();
        let neighbours = neighbours(&table, self.interface);
        neighbours.into_iter().take(self.asking.neighbours).any(|address| {
            let reach = echo::ask(address, self.asking.attempts, self.asking.patience);
            reach == echo::Reach::Answers || self.interfaces.received(self.interface) != before
        })
    }
}

/// The addresses in the kernel's table of neighbours (`/proc/net/arp`) that are behind `interface`.
fn neighbours<'a>(table: &'a str, interface: &str) -> Vec<&'a str> {
    const DEVICE: usize = 5;
    let behind = |line: &&str| line.split_ascii_whitespace().nth(DEVICE) == Some(interface);
    let lines = table.lines().skip(1).filter(behind);
    lines.filter_map(|line| line.split_ascii_whitespace().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::neighbours;

    #[test]
    fn neighbours_are_those_behind_the_interface() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
            192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n\
            198.51.100.7     0x1         0x0         00:00:00:00:00:00     *        eth1\n";
        assert_eq!(neighbours(table, "eth0"), ["192.0.2.1"]);
        assert_eq!(neighbours(table, "lo"), Vec::<&str>::new());
    }
}
