//! A cluster from nothing: `systole init` on the first machine, `systole join` on each other.
//!
//! Nothing that is there is overwritten, and what cannot be finished is taken back, so that the same
//! command can be given again.

mod fence;
mod files;
pub(crate) mod join;

use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::connection::{Connection, unexpected};
use crate::systemd;
use crate::verbs::duration;
use crate::verbs::status::{self, Waiting};
use crate::words::of_system;
use ::conf::{Node, founding};
use api::{Access, ClientError, Host, NodeReport, Request, Response};
use base::NodeId;
use clap::Args;
use fence::Device;
use files::{Files, Places};
use group::LinkId;
use os::network::Interface;
use std::net::IpAddr;
use std::time::Duration;

/// How long a node may take to start.
const START: Duration = Duration::from_secs(60);

/// Make a new cluster of which this machine is the first node; or invite one more
///
/// Where a node runs already, it only prints how one more machine joins.
#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// What the cluster is called
    #[arg(long, value_name = "CLUSTER", default_value = "systole")]
    name: String,
    /// What this node is called [default: as `hostname` says]
    #[arg(long = "node", value_name = "NAME")]
    node: Option<String>,
    /// This node's address on ring 0, once more for ring 1, and so on [default: its only one]
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// Where nodes answer those who join [default: at the addresses of the rings]
    #[arg(long = "reach", value_name = "HOST[:PORT]")]
    reach: Vec<Host>,
    /// For how long the invitation is good
    #[arg(long = "for", value_name = "TIME", default_value = "24h", value_parser = duration)]
    time: Duration,
    #[command(flatten)]
    machine: Machine,
}

/// What this machine is to be as a node.
#[derive(Args, Debug)]
struct Machine {
    /// What can cut this machine's power: a fence agent with its parameters, as in 'fence_ipmilan
    /// ip=10.0.0.101 username=admin password=secret lanplus=1'. It is tried first, then set up
    #[arg(long, value_name = "DEVICE", conflicts_with = "no_start")]
    fence: Option<Device>,
    /// Write the files only: something else starts the node
    #[arg(long)]
    no_start: bool,
    #[command(flatten)]
    places: Places,
}

/// `systole init`
pub(crate) fn init(given: InitArguments) -> Outcome {
    let connection = given.machine.places.connection();
    let running = runs(&connection)?;
    let name = given.node.clone().unwrap_or_else(os::machine::host_name);
    let name = running.as_ref().map_or(name, |node| node.name.clone());
    if let Some(device) = &given.machine.fence {
        device.check(&name)?;
    }
    if running.is_some() {
        if let Some(device) = &given.machine.fence {
            device.set_up(&connection, &name)?;
        }
        return invite(&connection, given);
    }
    let files = given.machine.places.files();
    files.check_free()?;
    let first = Node {
        id: NodeId(1),
        name: Some(name.clone()),
        addresses: (0..).map(LinkId).zip(own_addresses(&given.addresses)?).collect(),
        votes: 1,
    };
    let conf = founding(&given.name, &first);
    let conf = conf.map_err(|error| Failure::Usage(error.to_string()))?;
    files.write(&conf, &crate::verbs::keygen::new_key()?)?;
    line(&format!("Wrote {} and {}.", files.conf.display(), files.key.display()));
    if !start(&files, given.machine.no_start)? {
        line("Once it runs, `systole init` again prints how another machine joins.");
        return DONE;
    }
    status::wait(&connection, &Waiting { members: 1, timeout: START })?;
    fence_by(given.machine.fence.as_ref(), &connection, &name)?;
    line(&format!("The cluster {} runs, with this machine as its only node.", given.name));
    invite(&connection, given)
}

/// The device that was named and tried, or else what could be done.
fn fence_by(device: Option<&Device>, connection: &Connection, node: &str) -> Result<(), Failure> {
    match device {
        Some(device) => device.set_up(connection, node),
        None => {
            fence::propose();
            Ok(())
        }
    }
}

/// The node that runs here and can be asked, if there is one.
fn runs(connection: &Connection) -> Result<Option<NodeReport>, Failure> {
    match connection.node() {
        Ok(node) => Ok(Some(node)),
        Err(Failure::Client(ClientError::NotRunning { .. })) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Has the node started, if that is to be done here; says whether it was.
fn start(files: &Files, no_start: bool) -> Result<bool, Failure> {
    if !no_start && files.are_usual() && systemd::is_here() {
        return systemd::node("start").map(|()| true);
    }
    let why = if no_start { "" } else { "systemd does not run it here. " };
    line(&format!("{why}Start the node with: {}", files.command()));
    Ok(false)
}

/// Prints how one more machine joins.
fn invite(connection: &Connection, given: InitArguments) -> Outcome {
    let request = Request::Invite { seconds: given.time.as_secs() };
    let mut access: Access = match connection.ask(&request)? {
        Response::Access(access) => access,
        other => return Err(unexpected(&other)),
    };
    if !given.reach.is_empty() {
        access.addresses = given.reach;
    }
    let hours = given.time.as_secs().div_ceil(3600);
    say_aside(&format!(
        "On another machine, within {hours} h and once (whoever has this line can join, so keep it secret):"
    ));
    line(&format!("systole join {}", access.to_word()));
    DONE
}

/// What was said, or the only address that there is.
fn own_addresses(given: &[String]) -> Result<Vec<String>, Failure> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let name = os::machine::host_name();
    let of_name = || {
        let found = std::net::ToSocketAddrs::to_socket_addrs(&(name.as_str(), 0)).ok();
        found.into_iter().flatten().map(|address| address.ip()).collect::<Vec<_>>()
    };
    let interfaces = os::network::interfaces();
    let interfaces = interfaces.map_err(|error| Failure::Other(of_system(&error)))?;
    match the_address(&candidates(&interfaces), of_name) {
        Ok(address) => Ok(vec![address.to_string()]),
        Err(several) => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            let which = match several.is_empty() {
                true => "this machine has no address that others reach; give it one".to_owned(),
                false => format!("this machine has several addresses ({})", several.join(", ")),
            };
            Err(Failure::Usage(format!(
                "{which}: say `--address` with the one on the cluster's network, and once more for each \
                 further ring"
            )))
        }
    }
}

/// Those that others may reach.
fn candidates(interfaces: &[Interface]) -> Vec<IpAddr> {
    let is_reached = |address: &IpAddr| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    };
    interfaces.iter().map(|interface| interface.address).filter(is_reached).collect()
}

/// The only one; of several the one that the machine's name stands for.
fn the_address(
    candidates: &[IpAddr],
    of_name: impl FnOnce() -> Vec<IpAddr>,
) -> Result<IpAddr, Vec<IpAddr>> {
    let v4: Vec<IpAddr> = candidates.iter().filter(|address| address.is_ipv4()).copied().collect();
    match (candidates, v4.as_slice()) {
        ([only], _) | (_, [only]) => Ok(*only),
        _ => {
            let named = of_name().into_iter().find(|address| candidates.contains(address));
            named.ok_or_else(|| candidates.to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &str) -> Vec<IpAddr> {
        texts.split_whitespace().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn an_address_is_chosen_where_there_is_no_doubt() {
        for (here, of_name, expected) in [
            ("10.0.0.1", "", Some("10.0.0.1")),
            ("10.0.0.1 fd00::1", "", Some("10.0.0.1")),
            ("fd00::1", "", Some("fd00::1")),
            ("10.0.0.1 10.0.1.1", "127.0.1.1 10.0.1.1", Some("10.0.1.1")),
            ("10.0.0.1 10.0.1.1", "127.0.1.1", None),
            ("", "127.0.1.1", None),
        ] {
            let chosen = the_address(&addresses(here), || addresses(of_name));
            let chosen = chosen.ok().map(|address| address.to_string());
            assert_eq!(chosen.as_deref(), expected, "{here}");
        }
        let interface = |text: &str| Interface {
            name: "e".into(),
            address: text.parse().expect("an address"),
            prefix: 24,
        };
        let here = ["127.0.0.1", "169.254.1.1", "fe80::1", "::1", "10.0.0.1"].map(interface);
        assert_eq!(candidates(&here), addresses("10.0.0.1"));
    }
}
