//! The cluster that is put to the test: what is configured, and what people change meanwhile.

use super::super::changes::done;
use crate::answer::Failure;
use api::{Language, LoadMode, Request};
use base::Rng;
use lab::{Lab, promoted};

pub(super) const NODES: usize = 3;
/// Services on their own, each of which likes to be somewhere.
const SINGLE: [&str; 4] = ["web1", "web2", "web3", "web4"];
/// A group: one after the other, on one node.
const STACK: [&str; 3] = ["disk", "files", "export"];
/// A clone: one on each node.
const EVERYWHERE: &str = "agent";
/// A promotable clone: one on each node, one of them promoted.
const BASE: &str = "base";

/// A service stays where it is, so that nothing moves only because a node is back.
const OPTIONS: &str = "property stonith-enabled=true no-quorum-policy=stop\n\
    rsc_defaults resource-stickiness=1000 migration-threshold=3 failure-timeout=5s\n\
    primitive fence stonith:fence_lab op monitor interval=10s timeout=10s\n";

/// All services that must be active on these nodes, as the ground truth calls them.
pub(super) fn services(nodes: &[String]) -> Vec<String> {
    let instances = |name: &'static str| nodes.iter().map(move |node| instance(name, node));
    only_once().chain(instances(EVERYWHERE)).chain(instances(BASE)).collect()
}

/// Those that may be active on one node only.
pub(super) fn only_once() -> impl Iterator<Item = String> {
    single().map(str::to_owned).chain([promoted(BASE)])
}

/// Of them those that are no part of a clone.
fn single() -> impl Iterator<Item = &'static str> {
    SINGLE.into_iter().chain(STACK)
}

/// What the ground truth calls the instance of a clone on a node.
pub(super) fn instance(name: &str, node: &str) -> String {
    format!("{name}@{node}")
}

/// Under which name it is noted what agents do for a service on a node.
pub(super) fn agent(service: &str, node: &str) -> String {
    if is_promoted(service) { instance(BASE, node) } else { service.to_owned() }
}

/// Whether it is the promoted instance of a clone.
pub(super) fn is_promoted(service: &str) -> bool {
    service == promoted(BASE)
}

pub(super) fn configure(lab: &Lab) -> Result<(), Failure> {
    let nodes = &lab.options().nodes;
    let mut text = OPTIONS.to_owned();
    for name in single() {
        text.push_str(&service(name, "note=0", 2));
    }
    text.push_str(&service(EVERYWHERE, "everywhere=true", 2));
    text.push_str(&format!("group stack {}\nclone {EVERYWHERE}s {EVERYWHERE}\n", STACK.join(" ")));
    text.push_str(&base(nodes));
    for (name, node) in SINGLE.into_iter().zip(nodes.iter().cycle()) {
        text.push_str(&location(name, node, 100));
    }
    done(lab, &nodes[0], &load(text))
}

/// Each node may have the promoted instance, the first one likes it best.
fn base(nodes: &[String]) -> String {
    let mut text = format!(
        "primitive {BASE} ocf:lab:service params everywhere=true \
         op monitor interval=2s role=Unpromoted timeout=5s op monitor interval=3s role=Promoted timeout=5s \
         op start interval=0 timeout=5s op stop interval=0 timeout=5s \
         op promote interval=0 timeout=5s op demote interval=0 timeout=5s\n\
         clone {BASE}s {BASE} meta promotable=true\n"
    );
    for (place, node) in nodes.iter().enumerate() {
        let score = 100 - 10 * place;
        text.push_str(&format!("location lead-{node} {BASE}s role=Promoted {score}: {node}\n"));
    }
    text
}

fn service(name: &str, parameter: &str, interval: u64) -> String {
    format!(
        "primitive {name} ocf:lab:service params {parameter} \
         op monitor interval={interval}s timeout=5s \
         op start interval=0 timeout=5s op stop interval=0 timeout=5s\n"
    )
}

fn location(name: &str, node: &str, score: u64) -> String {
    format!("location where-{name} {name} {score}: {node}\n")
}

fn load(text: String) -> Request {
    let (language, mode) = (Language::Crm, LoadMode::Update);
    Request::Load { text, language, mode, name: "soak".to_owned(), force: false }
}

/// Something that people change.
pub(super) fn edit(random: &mut Rng, nodes: &[String]) -> Request {
    let (all, number) = (single().collect::<Vec<_>>(), random.below(1000));
    let name = random.pick(&all).copied().unwrap_or_default();
    match random.below(4) {
        0 => Request::ResourceMeta {
            resource: name.to_owned(),
            name: "priority".to_owned(),
            value: Some(number.to_string()),
        },
        // With another parameter it is started anew, with another interval it is watched anew.
        1 => load(service(name, &format!("note={number}"), 1 + random.below(3))),
        // A node may be liked better than staying.
        2 => {
            let name = random.pick(&SINGLE).copied().unwrap_or_default();
            let node = random.pick(nodes).map(String::as_str).unwrap_or_default();
            load(location(name, node, 2 * number))
        }
        _ => load(format!("rsc_defaults failure-timeout={}s\n", 3 + random.below(5))),
    }
}
