//! What has happened in the cluster so far.

use super::{Cast, Manner, pairs};
use crate::tree::{put, set, tag, with};
use base::Rng;
use cluster::Element;

/// The whole status section.
pub(super) fn status(random: &mut Rng, cast: &Cast) -> Element {
    let mut all = Element { name: "status".into(), ..Element::default() };
    let mut calls = 0;
    let nodes = cast.nodes.len() as u64;
    let homes: Vec<u64> = cast.instances.iter().map(|_| random.below(nodes)).collect();
    for (at, name) in cast.nodes.iter().enumerate() {
        if random.percent(95) {
            let state = node(random, cast, (at + 1, name, &homes), &mut calls);
            put(&mut all, state);
        }
    }
    if random.percent(50) {
        let granted = if random.percent(50) { "true" } else { "false" };
        let ticket = tag("ticket_state", &[("id", "site-a"), ("granted", granted)]);
        put(&mut all, with(Element { name: "tickets".into(), ..Element::default() }, [ticket]));
    }
    all
}

fn node(
    random: &mut Rng,
    cast: &Cast,
    (number, name, homes): (usize, &str, &[u64]),
    calls: &mut u32,
) -> Element {
    let id = number.to_string();
    let (member, online, join, expected) = match random.below(20) {
        0 => ("false", "offline", "down", "member"),
        1 => ("false", "offline", "down", "down"),
        2 => ("true", "offline", "down", "member"),
        3 => ("true", "online", "pending", "down"),
        _ => ("true", "online", "member", "member"),
    };
    let mut state = tag(
        "node_state",
        &[
            ("id", id.as_str()),
            ("uname", name),
            ("in_ccm", member),
            ("crmd", online),
            ("join", join),
            ("expected", expected),
        ],
    );
    let mut resources = Element { name: "lrm_resources".into(), ..Element::default() };
    let mut failed = Vec::new();
    for ((resource, most), home) in cast.instances.iter().zip(homes) {
        if random.percent(85) {
            let is_orderly = cast.manner == Manner::Orderly;
            let instance = random.below(*most);
            let is_numbered = *most > 1 && random.percent(20) && !is_orderly;
            let id = if is_numbered { format!("{resource}:{instance}") } else { resource.clone() };
            let is_home = *most > 1 || *home + 1 == number as u64;
            let told = match (is_orderly, is_home) {
                (false, _) => random.pick(&RESULTS),
                (true, true) => random.pick(&ORDERLY_RESULTS),
                (true, false) => None,
            };
            let (history, is_failed) = history(told.copied().unwrap_or(NOT_THERE), &id, calls);
            put(&mut resources, history);
            if is_failed {
                failed.push(id);
            }
        }
    }
    let lrm = with(tag("lrm", &[("id", id.as_str())]), [resources]);
    put(&mut state, lrm);
    put(&mut state, transient(random, cast, &id, &failed));
    state
}

/// Attributes that last until the node leaves: wishes to be promoted, failures.
fn transient(random: &mut Rng, cast: &Cast, id: &str, failed: &[String]) -> Element {
    let mut values: Vec<(String, String)> = Vec::new();
    for (resource, _) in &cast.instances {
        let can_wish = cast.manner == Manner::Any && !cast.promotable.is_empty();
        if can_wish && random.percent(15) {
            values.push((format!("master-{resource}"), random.below(20).to_string()));
        }
    }
    for resource in failed {
        let count = if random.percent(25) { "INFINITY".into() } else { "1".to_owned() };
        values.push((format!("fail-count-{resource}#monitor_10000"), count));
        values.push((format!("last-failure-{resource}#monitor_10000"), "1799999990".into()));
    }
    for (name, value, percent) in
        [("shutdown", "1799999999", 4), ("pingd", "1", 20), ("#health-disk", "red", 5)]
    {
        if random.percent(percent) {
            values.push((name.into(), value.into()));
        }
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let block = pairs("instance_attributes", &format!("transient-{id}"), &values);
    with(tag("transient_attributes", &[("id", id)]), [block])
}

/// Operation, interval, code, status.
type Results = &'static [(&'static str, &'static str, i32, i32)];

const NOT_THERE: Results = &[("monitor", "0", 7, 0)];
const RUNNING: Results = &[("start", "0", 0, 0), ("monitor", "10000", 0, 0)];
const ORDERLY_RESULTS: [Results; 5] = [
    RUNNING,
    RUNNING,
    NOT_THERE,
    &[("start", "0", 0, 0), ("monitor", "10000", 1, 0)],
    &[("stop", "0", 0, 0)],
];
const RESULTS: [Results; 16] = [
    RUNNING,
    RUNNING,
    NOT_THERE,
    NOT_THERE,
    NOT_THERE,
    &[("start", "0", 0, 0), ("monitor", "10000", 1, 0)],
    &[("start", "0", 1, 0)],
    &[("stop", "0", 1, 0)],
    &[("start", "0", 193, -1)],
    &[("promote", "0", 0, 0)],
    &[("monitor", "0", 8, 0)],
    &[("monitor", "0", 5, 0)],
    &[("migrate_to", "0", 0, 0)],
    &[("migrate_from", "0", 0, 0)],
    &[("monitor", "0", 1, 2)],
    &[("stop", "0", 0, 0)],
];

/// What a resource did, as executors keep it: of what is run once only the newest. Says whether
/// it failed.
fn history(results: Results, id: &str, calls: &mut u32) -> (Element, bool) {
    let mut element = tag("lrm_resource", &[("id", id), ("class", "ocf")]);
    set(&mut element, "provider", "pacemaker");
    set(&mut element, "type", "Dummy");
    for (operation, interval, code, status) in results {
        *calls += 1;
        let place = if *interval == "0" { "last_0" } else { "monitor_10000" };
        let (own, key) = (format!("{id}_{place}"), format!("{id}_{operation}_{interval}"));
        let expected = if (*operation, *code) == ("monitor", 7) { 7 } else { 0 };
        let answers = format!("{calls}:1:{expected}:a0a0a0a0-0000-0000-0000-000000000000");
        let magic = format!("{status}:{code};{answers}");
        let mut record = tag("lrm_rsc_op", &[("id", own.as_str()), ("operation_key", &key)]);
        for (name, value) in [
            ("operation", (*operation).to_owned()),
            ("interval", (*interval).to_owned()),
            ("transition-key", answers),
            ("transition-magic", magic),
            ("call-id", if *status < 0 { "-1".into() } else { calls.to_string() }),
            ("rc-code", code.to_string()),
            ("op-status", status.to_string()),
            ("last-rc-change", (1_799_999_000 + u64::from(*calls)).to_string()),
        ] {
            set(&mut record, name, &value);
        }
        if operation.starts_with("migrate") {
            set(&mut record, "migrate_source", "n1");
            set(&mut record, "migrate_target", "n2");
        }
        put(&mut element, record);
    }
    let is_failed = results.iter().any(|(_, _, code, _)| ![0, 7, 8].contains(code));
    (element, is_failed)
}
