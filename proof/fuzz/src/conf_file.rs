//! Files in the language of `corosync.conf`: random ones, what can happen to them, and what must
//! hold for whatever comes of that.

use crate::letters::{self, below};
use crate::target::Outcome;
use base::{NodeId, Rng};
use conf::{ClusterConf, Edit, Node, NodeRef};
use group::LinkId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

/// Values that have to be refused, or borne.
const VALUES: [&str; 40] = [
    "",
    "0",
    "1",
    "2",
    "7",
    "8",
    "255",
    "256",
    "576",
    "5405",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "-1",
    "99999999999999999999",
    "1e9",
    "yes",
    "no",
    "on",
    "off",
    "active",
    "passive",
    "none",
    "rr",
    "knet",
    "udpu",
    "udp",
    "aes256",
    "10.0.0.0",
    "226.94.1.1",
    "ff15::1",
    "255.255.255.255",
    "corosync_votequorum",
    "lowest",
    "1 2 3",
    "ä€𝄞",
    "a # b",
    "::",
    "pacemaker",
];
/// The longest file: doubling doubled lines has to end.
const LONGEST: usize = 60_000;

/// A file that is right, or nearly.
pub fn generate(random: &mut Rng) -> String {
    let mut text = String::new();
    let end = if random.percent(20) { "\r\n" } else { "\n" };
    let blanks = ["", " ", "\t", "    "];
    let indentation = *random.pick(&blanks).unwrap_or(&"");
    let rings = 1 + random.below(3);
    let mut totem = vec![("version".to_owned(), "2".to_owned())];
    totem.extend(any_settings("totem", random));
    let mut inner = String::new();
    for ring in 0..random.below(3) {
        let mut settings = vec![("ringnumber".to_owned(), ring.to_string())];
        settings.extend(any_settings("totem.interface", random));
        section(&mut inner, "interface", &settings, "", indentation);
    }
    section(&mut text, "totem", &totem, &inner, indentation);
    let mut nodes = String::new();
    for node in 1..=random.below(6) {
        let mut settings: Vec<(String, String)> = (0..rings)
            .map(|ring| (format!("ring{ring}_addr"), format!("10.0.{ring}.{node}")))
            .collect();
        settings.push(("nodeid".to_owned(), node.to_string()));
        if random.percent(80) {
            settings.push(("name".to_owned(), format!("oss{node}")));
        }
        nodes.push_str(random.pick(&["", "", "\n", "# a node\n", "\n\n"]).unwrap_or(&""));
        section(&mut nodes, "node", &settings, "", indentation);
    }
    if random.percent(80) {
        section(&mut text, "nodelist", &[], &nodes, indentation);
    }
    for name in ["quorum", "logging", "service", "uidgid", "amf"] {
        if random.percent(40) {
            section(&mut text, name, &any_settings(name, random), "", indentation);
        }
    }
    text.replace('\n', end)
}

/// A value that the key can have.
fn fitting(key: &str) -> &'static [&'static str] {
    match key {
        "version" => &["2"],
        "transport" => &["knet", "udpu", "udp"],
        "link_mode" | "rrp_mode" | "rrd_mode" => &["active", "passive"],
        "crypto_cipher" => &["aes256", "none"],
        "token" => &["1000", "100"],
        "knet_mtu" | "netmtu" => &["1400", "0"],
        "mcastaddr" => &["226.94.1.1", "ff15::1"],
        "mcastport" => &["5405", "6000"],
        "linknumber" | "ringnumber" => &["0", "1", "7"],
        "provider" => &["corosync_votequorum"],
        "name" => &["pacemaker", "amf"],
        "logfile" => &["/var/log/cluster.log"],
        _ => &["1", "0"],
    }
}

/// A few of a section's keys; with values that sometimes mean nothing to them.
fn any_settings(path: &str, random: &mut Rng) -> Vec<(String, String)> {
    let keys: Vec<&str> = conf::known_keys()
        .filter(|(section, key)| *section == path && *key != "*")
        .map(|(_, key)| key)
        .collect();
    let mut settings = Vec::new();
    for _ in 0..random.below(4) {
        let Some(key) = random.pick(&keys) else { break };
        let values = if random.percent(90) { fitting(key) } else { &VALUES };
        let value = random.pick(values).copied().unwrap_or_default();
        settings.push(((*key).to_owned(), value.to_owned()));
    }
    settings
}

fn section(
    text: &mut String,
    name: &str,
    settings: &[(String, String)],
    inner: &str,
    indentation: &str,
) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{name} {{");
    for (key, value) in settings {
        let _ = writeln!(text, "{indentation}{key}: {value}");
    }
    for line in inner.lines() {
        let _ = writeln!(text, "{indentation}{line}");
    }
    text.push_str("}\n");
}

/// Changes a file in one to six ways, by lines or by letters.
pub fn mutate(text: &mut String, random: &mut Rng) {
    for _ in 0..=random.below(6) {
        if random.percent(70) {
            *text = with_other_lines(text, random);
        } else {
            *text = letters::change(text, random);
        }
    }
}

fn with_other_lines(text: &str, random: &mut Rng) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
    if lines.is_empty() {
        return "totem {\nversion: 2\n}\n".to_owned();
    }
    let (at, other) = (below(random, lines.len()), below(random, lines.len()));
    match random.below(7) {
        0 => drop(lines.remove(at)),
        1 => lines.swap(at, other),
        2 => lines.insert(other, lines[at].clone()),
        3 => {
            let odd = random.pick(&["}\n", "x {\n", "\n", "# }\n"]).copied();
            lines.insert(at, odd.unwrap_or_default().to_owned());
        }
        4 => {
            let value = random.pick(&VALUES).copied().unwrap_or_default();
            let key = lines[at].split_once(':').map_or("token", |(key, _)| key).to_owned();
            lines[at] = format!("{key}: {value}\n");
        }
        5 if text.len() < LONGEST / 2 => {
            let (from, to) = (at.min(other), at.max(other));
            let part: Vec<String> = lines[from..to].to_vec();
            lines.extend(part);
        }
        _ => {
            let known: Vec<(&str, &str)> = conf::known_keys().collect();
            let (_, key) = random.pick(&known).copied().unwrap_or_default();
            let values = if random.percent(80) { fitting(key) } else { &VALUES };
            let value = random.pick(values).copied().unwrap_or_default();
            lines.insert(at, format!("{key}: {value}\n"));
        }
    }
    lines.concat()
}

/// Reads, explains and edits `text`, and looks at everything that comes of it.
///
/// # Panics
/// When something does not hold: that is what is looked for.
pub fn check(text: &str) -> Outcome {
    let parsed = conf::parse(text);
    let explained = conf::explain(text);
    let conf = match (parsed, explained) {
        (Ok(conf), Ok(explanation)) => {
            assert_eq!(conf, explanation.conf, "a file says the same to all");
            let lines: BTreeSet<usize> =
                explanation.settings.iter().map(|told| told.line).collect();
            assert_eq!(lines.len(), explanation.settings.len(), "each setting is told once");
            assert!(!explanation.text("file").is_empty());
            conf
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same, "a file is wrong in one way");
            assert!(!error.in_file(&"file").contains('\n'), "an error is one line");
            return Outcome::Refused;
        }
        (parsed, explained) => panic!("two opinions: {parsed:?}, {explained:?}"),
    };
    keys_are_in_order(text);
    edits_leave_no_trace(text, &conf);
    Outcome::Taken(text.lines().filter(|line| line.contains(':')).count())
}

fn keys_are_in_order(text: &str) {
    let map = conf::map(text, NodeId(1)).unwrap_or_default();
    assert!(map.windows(2).all(|pair| pair[0].key < pair[1].key), "keys ascend");
    assert!(!map.iter().any(|entry| entry.key == "totem.key"), "the key is a secret");
}

fn edits_leave_no_trace(text: &str, conf: &ClusterConf) {
    let has_token = text.lines().any(|line| line.contains("token"));
    let set = |value: Option<&str>| Edit::Set {
        path: "totem.token".into(),
        value: value.map(str::to_owned),
    };
    let token = set(Some("1234"));
    if let Some(changed) = there_and_back(text, &token, &set(None), !has_token) {
        let patience = conf::parse(&changed).map(|conf| conf.timing.patience);
        assert_eq!(patience.ok(), Some(Duration::from_millis(1234)), "the token is set");
    }
    let id = (1..).map(NodeId).find(|id| !conf.has_node(*id)).unwrap_or_default();
    let address = |ring: LinkId, id: NodeId| format!("new-{ring}-{id}");
    let addresses = conf.rings().into_iter().map(|ring| (ring, address(ring, id))).collect();
    let node = Node { id, name: Some(format!("new{id}")), addresses, votes: id.0 % 3 };
    let remove = Edit::RemoveNode(NodeRef::Id(id));
    there_and_back(text, &Edit::AddNode(node), &remove, true);
    if let Some(link) = (0..8).map(LinkId).find(|ring| !conf.rings().contains(ring)) {
        let addresses: BTreeMap<NodeId, String> =
            conf.nodes.iter().map(|node| (node.id, address(link, node.id))).collect();
        let add = Edit::AddRing { link, addresses };
        there_and_back(text, &add, &Edit::RemoveRing(link), true);
    }
    for node in &conf.nodes {
        // Where that leaves a good file, the node is not in it.
        if let Ok(changed) = conf::edit(text, &Edit::RemoveNode(NodeRef::Id(node.id))) {
            let left = conf::parse(&changed).map(|conf| conf.nodes.len());
            assert_eq!(left.ok(), Some(conf.nodes.len() - 1), "one node has gone");
        }
    }
}

/// The text after an edit, if that fits; its reverse has to fit then, too.
fn there_and_back(text: &str, there: &Edit, back: &Edit, is_exact: bool) -> Option<String> {
    let changed = conf::edit(text, there).ok()?;
    assert_ne!(changed, text, "{there:?} has changed something");
    let again = conf::edit(&changed, back);
    let Ok(again) = again else { panic!("{back:?} is refused: {again:?}\n{changed}") };
    if is_exact {
        assert_eq!(again, text, "{there:?} is taken back");
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_thousand_files_are_read() {
        let mut taken = 0;
        for seed in 0..3000 {
            let mut random = Rng::new(seed);
            let mut text = generate(&mut random);
            if seed % 3 > 0 {
                mutate(&mut text, &mut random);
            }
            let outcome = std::panic::catch_unwind(|| check(&text));
            let Ok(outcome) = outcome else { panic!("seed {seed}:\n{text}") };
            taken += usize::from(outcome != Outcome::Refused);
        }
        assert!(taken > 1000, "only {taken} of 3000 were taken");
    }
}
