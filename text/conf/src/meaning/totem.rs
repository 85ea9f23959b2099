//! Section `totem` and its interfaces.

use super::{integer, switch, text_of, wrong};
use crate::error::{ConfError, Warning, WarningKind};
use crate::grammar::{Section, Setting};
use crate::model::{Interface, Multicast, OwnId, Transport, usual_port};
use base::NodeId;
use group::{Cipher, LinkId, LinkPolicy, Timing};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Patience below this would take a busy machine for a dead one.
const SHORTEST_PATIENCE: u64 = 200;

pub(super) fn transport(totem: &Section, is_multicast: bool) -> Result<Transport, ConfError> {
    let Some(setting) = totem.setting("transport") else {
        return Ok(if is_multicast { Transport::Udp } else { Transport::Knet });
    };
    match setting.value.as_str() {
        "knet" => Ok(Transport::Knet),
        "udpu" => Ok(Transport::Udpu),
        "udp" => Ok(Transport::Udp),
        "iba" | "rdma" => {
            Err(wrong(setting, "knet, udpu or udp; use an IP address of the InfiniBand interface"))
        }
        _ => Err(wrong(setting, "knet, udpu or udp")),
    }
}

pub(super) fn policy(
    totem: &Section,
    warnings: &mut Vec<Warning>,
) -> Result<LinkPolicy, ConfError> {
    let misspelt = totem.setting("rrd_mode");
    warnings.extend(misspelt.map(|setting| {
        let kind = WarningKind::Misspelt { key: "totem.rrd_mode".to_owned(), meant: "rrp_mode" };
        Warning { line: setting.line, kind }
    }));
    let setting = totem.setting("link_mode").or_else(|| totem.setting("rrp_mode")).or(misspelt);
    let Some(setting) = setting else { return Ok(LinkPolicy::default()) };
    match setting.value.as_str() {
        "active" => Ok(LinkPolicy::Active),
        "passive" | "none" => Ok(LinkPolicy::Passive),
        "rr" => Ok(LinkPolicy::RoundRobin),
        _ => Err(wrong(setting, "active, passive or rr")),
    }
}

pub(super) fn timing(totem: &Section, warnings: &mut Vec<Warning>) -> Result<Timing, ConfError> {
    let standard = Timing::default();
    let Some(asked) = integer(totem, "token")?.map(u64::from) else { return Ok(standard) };
    let used = asked.max(SHORTEST_PATIENCE);
    if used != asked {
        let line = totem.setting("token").map_or(0, |setting| setting.line);
        warnings.push(Warning { line, kind: WarningKind::ShortToken { asked, used } });
    }
    let patience = Duration::from_millis(used);
    Ok(Timing { patience, heartbeat: standard.heartbeat.min(patience / 5), ..standard })
}

pub(super) fn cipher(totem: &Section, warnings: &mut Vec<Warning>) -> Result<Cipher, ConfError> {
    let mut warn = |setting: &Setting| {
        let kind = WarningKind::SealedAnyway { key: setting.key.clone() + ": " + &setting.value };
        warnings.push(Warning { line: setting.line, kind });
    };
    if switch(totem, "secauth")? == Some(false) {
        totem.setting("secauth").into_iter().for_each(&mut warn);
    }
    for key in ["crypto_cipher", "crypto_hash"] {
        totem
            .setting(key)
            .filter(|setting| setting.value == "none")
            .into_iter()
            .for_each(&mut warn);
    }
    let asked = totem.setting("crypto_cipher").map(|setting| setting.value.as_str());
    Ok(if asked == Some("chacha20") { Cipher::ChaCha20Poly1305 } else { Cipher::Aes256Gcm })
}

/// Corosync 3 fragments below `netmtu` and has 65536 there: that says nothing of packets.
pub(super) fn mtu(totem: &Section) -> Result<Option<u16>, ConfError> {
    const EXPECTED: &str = "a number of bytes from 576 to 65535, or 0 to find out";
    let read = |key| match (integer(totem, key)?, totem.setting(key)) {
        (None | Some(0 | 65_536..), _) | (_, None) => Ok(None),
        (Some(bytes @ 576..), _) => Ok(u16::try_from(bytes).ok()),
        (Some(_), Some(setting)) => Err(wrong(setting, EXPECTED)),
    };
    Ok(read("knet_mtu")?.or(read("netmtu")?))
}

pub(super) fn own_id(totem: &Section) -> Result<OwnId, ConfError> {
    let number = integer(totem, "nodeid")?.filter(|number| *number > 0);
    let is_positive = switch(totem, "clear_node_high_bit")? == Some(true);
    Ok(match number {
        Some(number) => OwnId::Given(NodeId(number)),
        None if is_positive => OwnId::OfAddressPositive,
        None => OwnId::OfAddress,
    })
}

/// Whether the file says whom to talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nodes {
    Listed,
    Sought,
}

pub(super) fn interfaces(
    totem: &Section,
    nodes: Nodes,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<LinkId, Interface>, ConfError> {
    let mut interfaces = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for section in totem.all("interface") {
        let ring = link(section)?;
        if let Some(line) = lines.insert(ring, section.line) {
            let kind = WarningKind::SameRing { link: ring.0, counts: section.line };
            warnings.push(Warning { line, kind });
        }
        let interface = Interface {
            bind_network: text_of(section, "bindnetaddr"),
            multicast: multicast(totem, section, nodes)?,
            port: port(section)?,
            priority: priority(section)?,
        };
        interfaces.insert(ring, interface);
    }
    Ok(interfaces)
}

/// The ring that an interface is of.
pub(super) fn link(section: &Section) -> Result<LinkId, ConfError> {
    let setting = section.setting("linknumber").or_else(|| section.setting("ringnumber"));
    let Some(setting) = setting else { return Ok(LinkId(0)) };
    match setting.value.parse() {
        Ok(number @ 0..=7) => Ok(LinkId(number)),
        _ => Err(wrong(setting, "a ring from 0 to 7")),
    }
}

fn port(section: &Section) -> Result<Option<u16>, ConfError> {
    let Some(setting) = section.setting("mcastport") else { return Ok(None) };
    match setting.value.parse() {
        Ok(0) | Err(_) => Err(wrong(setting, "a UDP port from 1 to 65535")),
        Ok(port) => Ok(Some(port)),
    }
}

fn priority(section: &Section) -> Result<u8, ConfError> {
    let Some(setting) = section.setting("knet_link_priority") else {
        return Ok(Interface::default().priority);
    };
    setting.value.parse().map_err(|_| wrong(setting, "a number from 0 to 255"))
}

fn multicast(
    totem: &Section,
    section: &Section,
    nodes: Nodes,
) -> Result<Option<Multicast>, ConfError> {
    let ring = link(section)?;
    let group = match (section.setting("mcastaddr"), switch(section, "broadcast")?) {
        (_, Some(true)) => Some(IpAddr::V4(Ipv4Addr::BROADCAST)),
        (Some(setting), _) => {
            let group = setting.value.parse().ok().filter(IpAddr::is_multicast);
            Some(group.ok_or_else(|| wrong(setting, "a multicast address, as 239.255.1.1"))?)
        }
        (None, _) if nodes == Nodes::Sought => Some(usual_group(totem, ring)),
        (None, _) => None,
    };
    let port = port(section)?.unwrap_or_else(|| usual_port(ring));
    let ttl = match section.setting("ttl") {
        Some(setting) => setting.value.parse().map_err(|_| wrong(setting, "a number to 255"))?,
        None => 1,
    };
    Ok(group.map(|group| Multicast { group, port, ttl }))
}

/// An address of the organization's own (RFC 2365), another one for each ring, and most likely for
/// each cluster: FNV-1a of the cluster's name.
fn usual_group(totem: &Section, ring: LinkId) -> IpAddr {
    let name = text_of(totem, "cluster_name").unwrap_or_default();
    let hash = name
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [high, low, ..] = hash.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(239, 192, high, low.wrapping_add(ring.0)))
}
