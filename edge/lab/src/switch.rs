//! The network between the machines: a bridge per ring, a cable per machine and ring.
//!
//! All by netlink. A machine's end of each cable is moved into its network namespace as it is
//! made, and configured by a thread that enters that namespace for the purpose.

use rtnetlink::packet_route::link::{InfoData, InfoVeth};
use rtnetlink::packet_route::neighbour::{NeighbourFlags, NeighbourState};
use rtnetlink::{
    Handle, LinkBridge, LinkBridgePort, LinkMessageBuilder, LinkUnspec, LinkVeth, new_connection,
};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

/// An address nobody has: frames to it are lost in silence.
const NOBODY: [u8; 6] = [0x02, 0xde, 0xad, 0, 0, 0];

/// The switch itself can be pinged on every ring, as 10.77.RING.254.
const SWITCH: u8 = 254;

/// One machine's end on one ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) machine: u8,
    pub(crate) ring: u8,
}

/// Whether a cable is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cable {
    Plugged,
    Pulled,
}

/// Whether two machines hear each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Open,
    Lost,
}

/// Frames that are lost at random where they come into the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Toll {
    pub(crate) port: Port,
    /// So many in a hundred.
    pub(crate) percent: u8,
    /// Those that leave the switch for the machine too.
    pub(crate) both_ways: bool,
}

impl Port {
    pub(crate) const fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, self.ring, self.machine)
    }

    /// A machine keeps its network cards over a power cycle, or its neighbours would go on
    /// talking to the old ones for a while.
    const fn hardware_address(self) -> [u8; 6] {
        [0x02, 0x4c, 0x61, 0x62, self.ring, self.machine]
    }

    fn switch_side(self) -> String {
        format!("m{}r{}", self.machine, self.ring)
    }

    fn machine_side(self) -> String {
        format!("ring{}", self.ring)
    }
}

/// Makes the bridges of all rings in the caller's network namespace, and brings up its loopback.
pub(crate) fn make_bridges(rings: u8) -> io::Result<()> {
    talk(async |handle| {
        handle.link().change(named("lo").up().build()).execute().await?;
        for ring in 0..rings {
            let bridge = LinkBridge::new(&bridge_name(ring)).up().build();
            handle.link().add(bridge).execute().await?;
            let index = os::network::interface_index(&bridge_name(ring)).map_err(Failed::Os)?;
            let address = IpAddr::V4(Port { machine: SWITCH, ring }.address());
            handle.address().add(index, address, 24).execute().await?;
        }
        Ok(())
    })
}

/// Lays the cables of one machine into the network namespace of `process` and gives its ends
/// their addresses, and those of all others.
///
/// Who has which address is told, not asked for: the kernel has one table of neighbours for all
/// namespaces, a thousand entries long unless the host was told otherwise, and 32 machines on two
/// rings would need two thousand. Entries that are set by hand are not counted.
pub(crate) fn connect(ports: &[Port], others: &[Port], process: u32) -> io::Result<()> {
    for port in ports {
        lay_cable(*port, process)?;
    }
    inside(process, || {
        talk(async |handle| {
            handle.link().change(named("lo").up().build()).execute().await?;
            for port in ports {
                let name = port.machine_side();
                handle.link().change(named(&name).up().build()).execute().await?;
                let index = os::network::interface_index(&name).map_err(Failed::Os)?;
                let address = IpAddr::V4(port.address());
                handle.address().add(index, address, 24).execute().await?;
                for other in others.iter().filter(|other| other.ring == port.ring) {
                    tell_neighbour(&handle, index, *other, &other.hardware_address()).await?;
                }
            }
            Ok(())
        })
    })
}

async fn tell_neighbour(
    handle: &Handle,
    index: u32,
    to: Port,
    hardware: &[u8],
) -> Result<(), Failed> {
    let entry = handle.neighbours().add(index, IpAddr::V4(to.address()));
    let entry = entry.state(NeighbourState::Permanent).link_layer_address(hardware);
    Ok(entry.replace().execute().await?)
}

fn lay_cable(port: Port, process: u32) -> io::Result<()> {
    let bridge = os::network::interface_index(&bridge_name(port.ring))?;
    let far_end = LinkMessageBuilder::<LinkUnspec>::new()
        .name(port.machine_side())
        .address(port.hardware_address().to_vec())
        .setns_by_pid(process)
        .build();
    let cable = LinkVeth::new(&port.switch_side(), "replaced")
        .set_info_data(InfoData::Veth(InfoVeth::Peer(far_end)))
        .controller(bridge)
        .up()
        .build();
    talk(async |handle| {
        handle.link().add(cable).execute().await?;
        let index = os::network::interface_index(&port.switch_side()).map_err(Failed::Os)?;
        let known = handle.neighbours().add_bridge(index, &port.hardware_address());
        let known = known.state(NeighbourState::Noarp).flags(NeighbourFlags::Controller);
        known.execute().await?;
        // Frames to a machine that is off would come to all others.
        let quiet = LinkBridgePort::new(index).flood(false).build();
        Ok(handle.link().set_port(quiet).execute().await?)
    })
}

/// Takes the cables of a machine away, both ends; those that are gone already are no error.
pub(crate) fn disconnect(ports: &[Port]) -> io::Result<()> {
    for port in ports {
        if let Some(index) = index_of(&port.switch_side())? {
            talk(async |handle| Ok(handle.link().del(index).execute().await?))?;
        }
    }
    Ok(())
}

/// Pulls or plugs a cable at the switch. A cable that does not exist stays so.
pub(crate) fn set_cable(port: Port, cable: Cable) -> io::Result<()> {
    let name = port.switch_side();
    if index_of(&name)?.is_none() {
        return Ok(());
    }
    let change = match cable {
        Cable::Plugged => named(&name).up(),
        Cable::Pulled => named(&name).down(),
    };
    talk(async |handle| Ok(handle.link().change(change.build()).execute().await?))
}

/// Loses, or lets through, all frames from the machine of `process` to the machine at `to`.
///
/// Its frames go to an address that nobody has, and vanish as on a broken switch: no error
/// reaches the sender. (A blackhole route would tell it at once, which no real network does.)
pub(crate) fn set_path(process: u32, to: Port, path: Path) -> io::Result<()> {
    let hardware = match path {
        Path::Open => to.hardware_address(),
        Path::Lost => NOBODY,
    };
    inside(process, || {
        talk(async |handle| {
            let index = os::network::interface_index(&to.machine_side()).map_err(Failed::Os)?;
            tell_neighbour(&handle, index, to, &hardware).await
        })
    })
}

/// Loses frames as `tolls` say, and no others. Ports without a cable pay none: call it again when
/// they have one.
pub(crate) fn set_tolls(tolls: &[Toll]) -> io::Result<()> {
    let mut present = Vec::new();
    for toll in tolls {
        if index_of(&toll.port.switch_side())?.is_some() {
            present.push(*toll);
        }
    }
    let mut nft = Command::new("nft")
        .args(["-f", "-"])
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut rules) = nft.stdin.take() {
        rules.write_all(rules_of(&present).as_bytes())?;
    }
    let ended = nft.wait_with_output()?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&ended.stderr).trim().to_owned())),
    }
}

/// A table that takes the place of the last one at once. (To be deleted it must exist.)
fn rules_of(tolls: &[Toll]) -> String {
    let mut text = "table netdev lab\ndelete table netdev lab\ntable netdev lab {\n".to_owned();
    for (number, toll) in tolls.iter().enumerate() {
        let hooks: &[&str] = if toll.both_ways { &["ingress", "egress"] } else { &["ingress"] };
        for hook in hooks {
            let (device, percent) = (toll.port.switch_side(), toll.percent);
            let _ = writeln!(
                text,
                "chain {hook}{number} {{ type filter hook {hook} device \"{device}\" priority 0; \
                 numgen random mod 100 < {percent} drop; }}"
            );
        }
    }
    text + "}\n"
}

fn bridge_name(ring: u8) -> String {
    format!("ring{ring}")
}

fn named(name: &str) -> LinkMessageBuilder<LinkUnspec> {
    LinkUnspec::new_with_name(name)
}

fn index_of(name: &str) -> io::Result<Option<u32>> {
    const ENODEV: i32 = 19;
    match os::network::interface_index(name) {
        Ok(index) => Ok(Some(index)),
        Err(error) if error.raw_os_error() == Some(ENODEV) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Does `work` in the network namespace of `process`: a thread of its own goes there, since a
/// thread can change its network without the others.
fn inside(process: u32, work: impl FnOnce() -> io::Result<()> + Send) -> io::Result<()> {
    std::thread::scope(|scope| {
        let visitor = scope.spawn(|| {
            os::namespace::join_network(process)?;
            work()
        });
        visitor.join().unwrap_or_else(|_| Err(io::Error::other("the visiting thread panicked")))
    })
}

/// Why a conversation with the kernel ended early.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Kernel(#[from] rtnetlink::Error),
    #[error(transparent)]
    Os(io::Error),
}

/// A conversation over netlink in the calling thread's network namespace.
fn talk(conversation: impl AsyncFnOnce(Handle) -> Result<(), Failed>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let (connection, handle, _messages) = new_connection()?;
        let connection = tokio::spawn(connection);
        let result = conversation(handle).await;
        connection.abort();
        result.map_err(|failed| match failed {
            Failed::Kernel(rtnetlink::Error::NetlinkError(message)) => message.to_io(),
            Failed::Kernel(other) => io::Error::other(other),
            Failed::Os(error) => error,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toll_is_paid_on_the_way_in_and_perhaps_out() {
        let port = Port { machine: 3, ring: 1 };
        let text = rules_of(&[Toll { port, percent: 20, both_ways: true }]);
        let expected = "table netdev lab\ndelete table netdev lab\ntable netdev lab {\n\
            chain ingress0 { type filter hook ingress device \"m3r1\" priority 0; \
            numgen random mod 100 < 20 drop; }\n\
            chain egress0 { type filter hook egress device \"m3r1\" priority 0; \
            numgen random mod 100 < 20 drop; }\n}\n";
        assert_eq!(text, expected);
    }
}
