//! An explanation as a page for people.

use super::{Explanation, Told};
use crate::keys::Fate;
use crate::model::{ClusterConf, Node};
use group::{Cipher, LinkId, LinkPolicy};
use std::fmt::Write;

/// Settings longer than this are not lined up with.
const WIDEST: usize = 36;

impl Explanation {
    /// Settings by section, then what is in effect, then the warnings with the file's name and line.
    pub fn text(&self, file: &str) -> String {
        let mut text = format!("{file}: {}\n", self.summary());
        self.settings_by_section(&mut text);
        text.push_str("\nIn effect\n");
        for (what, lines) in effects(&self.conf) {
            for (at, line) in lines.iter().enumerate() {
                let name = if at == 0 { what } else { "" };
                push(&mut text, format_args!("  {name:<10}  {line}"));
            }
        }
        if !self.conf.warnings.is_empty() {
            text.push_str("\nWarnings\n");
            for warning in &self.conf.warnings {
                push(&mut text, format_args!("  {}", warning.in_file(&file)));
            }
        }
        text
    }

    fn summary(&self) -> String {
        let fates = [Fate::Understood, Fate::Mapped, Fate::Ignored, Fate::Unknown];
        let counted = fates.iter().filter_map(|fate| {
            let count = self.settings.iter().filter(|told| told.fate == *fate).count();
            (count > 0).then(|| format!("{count} {}", fate.word()))
        });
        let counted: Vec<String> = counted.collect();
        format!("{} settings: {}", self.settings.len(), counted.join(", "))
    }

    fn settings_by_section(&self, text: &mut String) {
        let setting = |told: &Told| format!("{}: {}", told.key, told.value);
        let widths = self.settings.iter().map(|told| setting(told).chars().count());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        let digits = self.settings.last().map_or(1, |told| told.line.to_string().len());
        let mut before = None;
        for told in &self.settings {
            if before.replace(told.opens) != Some(told.opens) {
                let name = if told.section.is_empty() { "(no section)" } else { &told.section };
                push(text, format_args!("\n{name}"));
            }
            let (line, fate) = (told.line, told.fate.word());
            let setting = setting(told);
            push(
                text,
                format_args!("  {line:>digits$}  {setting:<width$}  {fate:<10}  {}", told.words),
            );
        }
    }
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// What is in effect: a name, and one or more lines.
fn effects(conf: &ClusterConf) -> Vec<(&'static str, Vec<String>)> {
    let timing = conf.timing;
    let name = if conf.cluster_name.is_empty() { "(without a name)" } else { &conf.cluster_name };
    let mtu = conf.mtu.map(|mtu| ("packets", vec![format!("of at most {mtu} bytes")]));
    let mut effects = vec![
        ("cluster", vec![name.to_owned()]),
        ("nodes", nodes(conf)),
        ("rings", rings(conf)),
        ("policy", vec![policy(conf.policy).to_owned()]),
        (
            "timing",
            vec![
                format!("a heartbeat every {} ms on each ring", timing.heartbeat.as_millis()),
                format!("a node is given up after {} ms of silence", timing.patience.as_millis()),
                format!("a view is made {} ms after the last change", timing.settle.as_millis()),
            ],
        ),
    ];
    effects.extend(mtu);
    effects.push(("sealing", vec![sealing(conf)]));
    effects.push(("quorum", conf.quorum_in_words()));
    effects.push(("logging", vec![logging(conf)]));
    effects
}

fn nodes(conf: &ClusterConf) -> Vec<String> {
    if conf.nodes.is_empty() {
        return vec!["not listed: whoever is heard with the cluster's key".to_owned()];
    }
    let name = |node: &Node| node.name.clone().unwrap_or_else(|| "(no name)".to_owned());
    let widest = |texts: Vec<String>| texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    let names = widest(conf.nodes.iter().map(name).collect());
    let ids = widest(conf.nodes.iter().map(|node| node.id.to_string()).collect());
    let line = |node: &Node| {
        let addresses: Vec<&str> = node.addresses.values().map(String::as_str).collect();
        let votes =
            if node.votes == 1 { "1 vote".to_owned() } else { format!("{} votes", node.votes) };
        let (id, name) = (node.id.to_string(), name(node));
        format!("{id:>ids$}  {name:<names$}  {votes}  {}", addresses.join(", "))
    };
    conf.nodes.iter().map(line).collect()
}

fn rings(conf: &ClusterConf) -> Vec<String> {
    let used = conf.rings();
    let line = |ring: &LinkId| {
        let mut line = format!("{ring}  port {}", conf.port(*ring));
        let Some(interface) = conf.interfaces.get(ring) else { return line };
        if interface.priority != 1 {
            line.push_str(&format!(", priority {}", interface.priority));
        }
        if conf.nodes.is_empty() {
            let on = interface.bind_network.as_deref().unwrap_or("any network");
            line.push_str(&format!(", on {on}"));
            let group = interface.multicast.map(|multicast| multicast.group);
            line.extend(group.map(|group| format!(", search at {group}")));
        }
        line
    };
    if used.is_empty() { vec!["none".to_owned()] } else { used.iter().map(line).collect() }
}

fn policy(policy: LinkPolicy) -> &'static str {
    match policy {
        LinkPolicy::Passive => "passive: messages take one ring, another one when it fails",
        LinkPolicy::Active => "active: messages take all rings at once",
        LinkPolicy::RoundRobin => "rr: messages take the working rings in turn",
    }
}

fn sealing(conf: &ClusterConf) -> String {
    let cipher = match conf.cipher {
        Cipher::Aes256Gcm => "AES-256-GCM",
        Cipher::ChaCha20Poly1305 => "ChaCha20-Poly1305",
    };
    let key = match (&conf.key_file, &conf.key) {
        (Some(file), _) => format!("the key in {file}"),
        (None, Some(_)) => "the key in this file".to_owned(),
        (None, None) => "the key in authkey, beside this file".to_owned(),
    };
    format!("{cipher}, with {key}")
}

fn logging(conf: &ClusterConf) -> String {
    let logging = &conf.logging;
    let places = [
        logging.to_stderr.then(|| "standard error".to_owned()),
        logging.to_syslog.then(|| "the system's log".to_owned()),
        logging.file.clone(),
    ];
    let places: Vec<String> = places.into_iter().flatten().collect();
    let places = if places.is_empty() { "nowhere".to_owned() } else { places.join(", ") };
    if logging.debug { format!("{places}; with details") } else { places }
}
