//! What the settings mean.

use crate::error::{ConfError, Warning, WarningKind};
use crate::grammar::{self, Section, Setting};
use crate::keys;
use crate::model::{ClusterConf, Interface, Logging, Node, Transport};
use base::NodeId;
use group::{Cipher, LinkId, LinkPolicy, QuorumConfig, QuorumRule, Timing, WaitForAll};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

/// Patience below this would take a busy machine for a dead one.
const SHORTEST_PATIENCE: u64 = 200;

/// Reads a `corosync.conf` of any generation.
///
/// `token` becomes the group's patience, one to one: it is the administrator's word on how long a
/// silence is to be borne. Corosync adds a consensus time-out and, from three nodes on, 650 ms for
/// each further node to it; here nothing is added. Without a `token` our own default holds, which
/// is much shorter than Corosync's 3000 ms, because it is not the circulation of a token that is
/// watched but every single node.
///
/// # Errors
/// When the file is no `corosync.conf`, or contradicts itself; with the line, and what would be
/// right. Unknown settings are only warned of.
pub fn parse(text: &str) -> Result<ClusterConf, ConfError> {
    let root = grammar::read(text)?;
    let totem = merged(&root, "totem");
    if integer(&totem, "version")? != Some(2) {
        return Err(ConfError::NoVersion);
    }
    let mut warnings = keys::unknown(&root);
    let nodes = nodes(&root, &totem)?;
    let conf = ClusterConf {
        cluster_name: text_of(&totem, "cluster_name").unwrap_or_default(),
        transport: transport(&totem, nodes.is_empty())?,
        policy: policy(&totem)?,
        timing: timing(&totem, &mut warnings)?,
        cipher: cipher(&totem, &mut warnings)?,
        key_file: text_of(&totem, "keyfile"),
        key: text_of(&totem, "key"),
        interfaces: interfaces(&totem)?,
        quorum: quorum(&root, &nodes, &mut warnings)?,
        logging: logging(&merged(&root, "logging"))?,
        starts_pacemaker: root.all("service").any(starts_pacemaker),
        nodes,
        warnings,
    };
    Ok(finish(conf))
}

fn finish(mut conf: ClusterConf) -> ClusterConf {
    if conf.nodes.is_empty() {
        conf.warnings.push(Warning { line: 0, kind: WarningKind::NoNodes });
    }
    conf.warnings.sort_by_key(|warning| warning.line);
    conf
}

/// All sections of one name as one: a repeated setting overrides the earlier.
fn merged(root: &Section, name: &str) -> Section {
    let mut whole = Section { name: name.to_owned(), ..Section::default() };
    for section in root.all(name) {
        whole.settings.extend(section.settings.iter().cloned());
        whole.sections.extend(section.sections.iter().cloned());
    }
    whole
}

// Values.

fn text_of(section: &Section, key: &str) -> Option<String> {
    let value = section.setting(key).map(|setting| setting.value.clone());
    value.filter(|value| !value.is_empty())
}

fn wrong(setting: &Setting, expected: &'static str) -> ConfError {
    let (line, key, value) = (setting.line, setting.key.clone(), setting.value.clone());
    ConfError::Value { line, key, value, expected }
}

fn integer(section: &Section, key: &str) -> Result<Option<u32>, ConfError> {
    let Some(setting) = section.setting(key) else { return Ok(None) };
    let number = setting.value.parse().map_err(|_| wrong(setting, "a number from 0"))?;
    Ok(Some(number))
}

fn switch(section: &Section, key: &str) -> Result<Option<bool>, ConfError> {
    let Some(setting) = section.setting(key) else { return Ok(None) };
    match setting.value.to_ascii_lowercase().as_str() {
        "yes" | "on" | "1" | "true" => Ok(Some(true)),
        "no" | "off" | "0" | "false" => Ok(Some(false)),
        _ => Err(wrong(setting, "yes or no")),
    }
}

fn link(section: &Section) -> Result<LinkId, ConfError> {
    let setting = section.setting("linknumber").or_else(|| section.setting("ringnumber"));
    let Some(setting) = setting else { return Ok(LinkId(0)) };
    match setting.value.parse() {
        Ok(number @ 0..=7) => Ok(LinkId(number)),
        _ => Err(wrong(setting, "a ring from 0 to 7")),
    }
}

// Totem.

fn transport(totem: &Section, is_multicast: bool) -> Result<Transport, ConfError> {
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

fn policy(totem: &Section) -> Result<LinkPolicy, ConfError> {
    let setting = totem.setting("link_mode").or_else(|| totem.setting("rrp_mode"));
    let Some(setting) = setting else { return Ok(LinkPolicy::default()) };
    match setting.value.as_str() {
        "active" => Ok(LinkPolicy::Active),
        "passive" | "none" => Ok(LinkPolicy::Passive),
        "rr" => Ok(LinkPolicy::RoundRobin),
        _ => Err(wrong(setting, "active, passive or rr")),
    }
}

fn timing(totem: &Section, warnings: &mut Vec<Warning>) -> Result<Timing, ConfError> {
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

fn cipher(totem: &Section, warnings: &mut Vec<Warning>) -> Result<Cipher, ConfError> {
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
    Ok(if asked == Some("aes256") { Cipher::Aes256Gcm } else { Cipher::ChaCha20Poly1305 })
}

fn interfaces(totem: &Section) -> Result<BTreeMap<LinkId, Interface>, ConfError> {
    let mut interfaces = BTreeMap::new();
    for section in totem.all("interface") {
        let interface = Interface {
            bind_network: text_of(section, "bindnetaddr"),
            multicast_address: text_of(section, "mcastaddr"),
            port: port(section)?,
        };
        interfaces.insert(link(section)?, interface);
    }
    Ok(interfaces)
}

fn port(section: &Section) -> Result<Option<u16>, ConfError> {
    let Some(setting) = section.setting("mcastport") else { return Ok(None) };
    match setting.value.parse() {
        Ok(0) | Err(_) => Err(wrong(setting, "a UDP port from 1 to 65535")),
        Ok(port) => Ok(Some(port)),
    }
}

// Nodes.

fn nodes(root: &Section, totem: &Section) -> Result<Vec<Node>, ConfError> {
    let list = merged(root, "nodelist");
    let mut found = Vec::new();
    for section in list.all("node") {
        found.push((section.line, node(section, totem)?));
    }
    if found.is_empty() {
        found = legacy_members(totem)?;
    }
    check(&found)?;
    let mut nodes: Vec<_> = found.into_iter().map(|(_, node)| node).collect();
    nodes.sort_by_key(|node| node.id);
    Ok(nodes)
}

fn node(section: &Section, totem: &Section) -> Result<Node, ConfError> {
    let address = |link: u8| Some((LinkId(link), text_of(section, &format!("ring{link}_addr"))?));
    let addresses: BTreeMap<_, _> = (0..8).filter_map(address).collect();
    let id = match section.setting("nodeid") {
        Some(setting) => match setting.value.parse() {
            Ok(0) | Err(_) => return Err(wrong(setting, "a number from 1")),
            Ok(id) => NodeId(id),
        },
        None => derived_id(&addresses, totem)?.ok_or(ConfError::NoNodeId { line: section.line })?,
    };
    let votes = integer(section, "quorum_votes")?.unwrap_or(1);
    Ok(Node { id, name: text_of(section, "name"), addresses, votes })
}

/// Corosync takes the four bytes of ring 0's IPv4 address as they lie in memory.
fn derived_id(
    addresses: &BTreeMap<LinkId, String>,
    totem: &Section,
) -> Result<Option<NodeId>, ConfError> {
    let clear = switch(totem, "clear_node_high_bit")? == Some(true);
    let address = addresses.get(&LinkId(0)).and_then(|text| text.parse::<Ipv4Addr>().ok());
    let number = address.map(|address| u32::from_le_bytes(address.octets()));
    Ok(number.map(|number| NodeId(if clear { number & 0x7fff_ffff } else { number })))
}

/// `interface { member { memberaddr: ... } }` of Corosync 1.4 and 2: the n-th member of each ring is
/// one node.
fn legacy_members(totem: &Section) -> Result<Vec<(usize, Node)>, ConfError> {
    let mut rows: Vec<(usize, BTreeMap<LinkId, String>)> = Vec::new();
    for section in totem.all("interface") {
        let ring = link(section)?;
        for (index, member) in section.all("member").enumerate() {
            let Some(address) = text_of(member, "memberaddr") else { continue };
            if index >= rows.len() {
                rows.push((member.line, BTreeMap::new()));
            }
            if let Some((_, addresses)) = rows.get_mut(index) {
                addresses.insert(ring, address);
            }
        }
    }
    let node = |(line, addresses): (usize, BTreeMap<LinkId, String>)| {
        let id = derived_id(&addresses, totem)?.ok_or(ConfError::NoNodeId { line })?;
        Ok((line, Node { id, name: None, addresses, votes: 1 }))
    };
    rows.into_iter().map(node).collect()
}

fn check(nodes: &[(usize, Node)]) -> Result<(), ConfError> {
    if nodes.len() > group::MAX_NODES {
        return Err(ConfError::TooManyNodes { found: nodes.len(), limit: group::MAX_NODES });
    }
    let rings: BTreeSet<LinkId> =
        nodes.iter().flat_map(|(_, node)| node.addresses.keys().copied()).collect();
    let rings = if rings.is_empty() { BTreeSet::from([LinkId(0)]) } else { rings };
    let mut seen = BTreeSet::new();
    for (line, node) in nodes {
        let (line, id) = (*line, node.id.0);
        if !seen.insert(node.id) {
            return Err(ConfError::SameNodeId { line, id });
        }
        if let Some(ring) = rings.iter().find(|ring| !node.addresses.contains_key(ring)) {
            return Err(ConfError::RingMissing { line, id, link: ring.0 });
        }
    }
    Ok(())
}

// Quorum, logging, services.

fn quorum(
    root: &Section,
    nodes: &[Node],
    warnings: &mut Vec<Warning>,
) -> Result<QuorumConfig, ConfError> {
    let section = merged(root, "quorum");
    unsupported(&section, warnings);
    let expected_votes = integer(&section, "expected_votes")?;
    let wait_for_all = match switch(&section, "wait_for_all")? {
        None => WaitForAll::Unset,
        Some(true) => WaitForAll::Required,
        Some(false) => WaitForAll::Off,
    };
    let listed = nodes.iter().fold(0, |votes: u32, node| votes.saturating_add(node.votes));
    let expected = expected_votes.unwrap_or(listed);
    let two_node = switch(&section, "two_node")? == Some(true);
    let rule = match section.setting("provider") {
        Some(setting) if setting.value != "corosync_votequorum" => {
            return Err(wrong(setting, "corosync_votequorum"));
        }
        // Nobody has said who counts: what Pacemaker did on top of Corosync 1, a majority.
        None if nodes.is_empty() => QuorumRule::Majority,
        None => {
            warnings.push(Warning { line: 0, kind: WarningKind::NoQuorumProvider });
            QuorumRule::None
        }
        Some(_) if two_node && expected == 2 => QuorumRule::TwoNode,
        Some(_) => QuorumRule::Majority,
    };
    if two_node && expected != 2 {
        let line = section.setting("two_node").map_or(0, |setting| setting.line);
        warnings.push(Warning { line, kind: WarningKind::NotTwoNodes { expected } });
    }
    Ok(QuorumConfig { rule, expected_votes, wait_for_all })
}

fn unsupported(section: &Section, warnings: &mut Vec<Warning>) {
    const MAJORITY: &str = "the plain rule holds, which never permits more";
    for key in ["last_man_standing", "auto_tie_breaker", "allow_downscale"] {
        let on = section
            .setting(key)
            .filter(|setting| !["0", "no", "off"].contains(&setting.value.as_str()));
        warnings.extend(on.map(|setting| Warning {
            line: setting.line,
            kind: WarningKind::Unsupported { key: setting.key.clone(), instead: MAJORITY },
        }));
    }
    warnings.extend(section.all("device").map(|device| {
        let instead = "the votes of the nodes alone decide";
        let kind = WarningKind::Unsupported { key: "quorum.device".to_owned(), instead };
        Warning { line: device.line, kind }
    }));
}

fn logging(section: &Section) -> Result<Logging, ConfError> {
    let to_file = switch(section, "to_logfile")?.or(switch(section, "to_file")?) == Some(true);
    let traces = section.setting("debug").is_some_and(|setting| setting.value == "trace");
    let debug = traces || switch(section, "debug")? == Some(true);
    Ok(Logging {
        to_syslog: switch(section, "to_syslog")?.unwrap_or(true),
        to_stderr: switch(section, "to_stderr")?.unwrap_or(true),
        file: text_of(section, "logfile").filter(|_| to_file),
        debug,
    })
}

fn starts_pacemaker(service: &Section) -> bool {
    service.setting("name").is_some_and(|setting| setting.value == "pacemaker")
}
