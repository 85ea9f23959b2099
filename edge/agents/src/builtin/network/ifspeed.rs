//! `ocf:pacemaker:ifspeed`: how fast an interface is, as a node attribute.

use super::interfaces::Interfaces;
use super::{Answer, Context, Failure};
use crate::builtin::context::{SetAttribute, remove_state, write_state};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use std::net::IpAddr;

pub(in crate::builtin) const METADATA: Metadata = Metadata {
    name: "ifspeed",
    short: "Speed of a network interface as an attribute",
    long: "Keeps a node attribute up to date with the speed of a network interface, 0 while it has \
           no link. A bond is as fast as its parts that send, a bridge as its fastest port. Rules \
           use it to prefer nodes that are better connected. Run it as a clone.",
    parameters: &[
        Parameter::optional(
            "name",
            Content::Text("ifspeed"),
            "Name of the attribute",
            "The node attribute that rules refer to.",
        )
        .unique(),
        Parameter::optional(
            "iface",
            Content::Text(""),
            "Interface",
            "The interface to watch. Either this or ip has to be set.",
        )
        .unique(),
        Parameter::optional(
            "ip",
            Content::Text(""),
            "Address of the interface",
            "Watches the interface that has this address (IPv4 or IPv6).",
        )
        .unique(),
        Parameter::optional(
            "bridge_ports",
            Content::Text("detect"),
            "Ports that count",
            "For a bridge, the ports to look at, separated by blanks; detect looks at all.",
        ),
        Parameter::optional(
            "weight_base",
            Content::Number("1000"),
            "Worth of 1 Gb/s",
            "What the attribute is for an interface of 1 Gb/s.",
        ),
        Parameter::optional(
            "dampen",
            Content::Text("5"),
            "How long a change is held back",
            "How long to wait for more changes before the cluster acts on one.",
        ),
        Parameter::optional(
            "debug",
            Content::Text("false"),
            "Without effect",
            "Accepted for configurations that have it.",
        ),
    ],
    actions: &[
        Action::once("start", "30s"),
        Action::once("stop", "30s"),
        Action::monitor("30s", "10s"),
        Action::once("validate-all", "30s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(in crate::builtin) fn perform(context: &Context, action: &str) -> Answer {
    let interfaces = Interfaces::here();
    let name = interface(context)?;
    let base = context.number("weight_base")?;
    context.time("dampen")?;
    let state = context.temporary_file(&format!("ifspeed-{}", context.instance()));
    let publish = |how| {
        let weight = weight(context, &interfaces, name.as_deref(), base).to_string();
        context.set_attribute(context.text("name"), &weight, how, context.text("dampen"))?;
        Ok(OcfCode::Ok)
    };
    match action {
        "start" => {
            write_state(&state, "")?;
            publish(SetAttribute::ValueAndDampening)
        }
        "monitor" if !state.exists() => Ok(OcfCode::NotRunning),
        "monitor" => publish(SetAttribute::Value),
        "stop" => {
            context.delete_attribute(context.text("name"), context.text("dampen"));
            remove_state(&state)?;
            Ok(OcfCode::Ok)
        }
        _ => Ok(OcfCode::Ok),
    }
}

/// The interface that is meant; `None` when nobody has the address at present.
fn interface(context: &Context) -> Result<Option<String>, Failure> {
    let wrong = |reason: &str| Failure::new(OcfCode::Configured, reason);
    match (context.text("iface"), context.text("ip")) {
        ("", "") => Err(wrong("set parameter iface to an interface, or ip to an address of one")),
        ("", address) => {
            let address: IpAddr = address.parse().map_err(|_| {
                wrong(&format!("parameter ip is {address:?}, but has to be an address"))
            })?;
            let all = if_addrs::get_if_addrs().unwrap_or_default();
            Ok(all.into_iter().find(|one| one.ip() == address).map(|one| one.name))
        }
        (name, _) => Ok(Some(name.to_owned())),
    }
}

/// What the attribute is to be. A speed that nobody knows is -1: less than none, because none is
/// at least known.
fn weight(context: &Context, interfaces: &Interfaces, name: Option<&str>, base: i64) -> i64 {
    let Some(name) = name.filter(|name| interfaces.has_link(name)) else { return 0 };
    let ports = match context.text("bridge_ports") {
        "detect" => interfaces.ports(name),
        given => given.split_whitespace().map(str::to_owned).collect(),
    };
    let speed = if interfaces.ports(name).is_empty() {
        interfaces.speed(name)
    } else {
        let linked = ports.iter().filter(|port| interfaces.has_link(port));
        linked.filter_map(|port| interfaces.speed(port)).max()
    };
    match speed.and_then(|speed| i64::try_from(speed).ok()) {
        Some(megabits) => megabits.saturating_mul(base) / 1000,
        None => -1,
    }
}
