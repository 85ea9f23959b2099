//! Constraints of every kind, between resources that are there.

use super::Cast;
use crate::tree::{put, set, tag, with};
use base::Rng;
use cluster::Element;

const SCORES: [&str; 7] = ["INFINITY", "-INFINITY", "100", "50", "1", "0", "-10"];
const ROLES: [&str; 3] = ["Promoted", "Unpromoted", "Started"];
const ACTIONS: [&str; 4] = ["start", "stop", "promote", "demote"];

/// Some of them.
pub(super) fn constraints(random: &mut Rng, cast: &Cast) -> Element {
    let mut all = Element { name: "constraints".into(), ..Element::default() };
    let most = if cast.resources.is_empty() { 0 } else { 9 };
    for number in 0..random.below(most) {
        let id = format!("k{number}");
        let constraint = match random.below(8) {
            0..=2 => location(random, cast, &id),
            3 | 4 => pair_or_sets(random, cast, &id, "rsc_colocation"),
            5 | 6 => pair_or_sets(random, cast, &id, "rsc_order"),
            _ => ticket(random, cast, &id),
        };
        put(&mut all, constraint);
    }
    all
}

fn word(random: &mut Rng, words: &[&'static str]) -> &'static str {
    random.pick(words).copied().unwrap_or_default()
}

fn resource(random: &mut Rng, cast: &Cast) -> String {
    random.pick(&cast.resources).cloned().unwrap_or_default()
}

fn location(random: &mut Rng, cast: &Cast, id: &str) -> Element {
    let of = resource(random, cast);
    let mut element = tag("rsc_location", &[("id", id), ("rsc", &of)]);
    if random.percent(20) {
        set(&mut element, "role", word(random, &ROLES));
    }
    if random.percent(15) {
        set(&mut element, "resource-discovery", word(random, &["always", "never", "exclusive"]));
    }
    if random.percent(65) {
        let node = random.pick(&cast.nodes).cloned().unwrap_or_default();
        set(&mut element, "node", &node);
        set(&mut element, "score", word(random, &SCORES));
        return element;
    }
    let (rule, test) = (format!("{id}-rule"), format!("{id}-test"));
    let mut expression = tag("expression", &[("id", test.as_str())]);
    set(&mut expression, "attribute", word(random, &["#uname", "site", "pingd", "#kind"]));
    set(&mut expression, "operation", word(random, &["eq", "ne", "lt", "defined", "not_defined"]));
    set(&mut expression, "value", word(random, &["n1", "a", "1", "remote"]));
    let rule = tag("rule", &[("id", rule.as_str()), ("score", word(random, &SCORES))]);
    with(element, [with(rule, [expression])])
}

fn pair_or_sets(random: &mut Rng, cast: &Cast, id: &str, name: &str) -> Element {
    let mut element = tag(name, &[("id", id)]);
    let is_order = name == "rsc_order";
    if is_order {
        set(&mut element, "kind", word(random, &["Mandatory", "Optional", "Serialize"]));
        if random.percent(20) {
            set(&mut element, "symmetrical", word(random, &["true", "false"]));
        }
        if random.percent(15) {
            set(&mut element, "require-all", "false");
        }
    } else {
        set(&mut element, "score", word(random, &SCORES));
        if random.percent(10) {
            set(&mut element, "node-attribute", "site");
        }
        if random.percent(15) {
            set(&mut element, "influence", word(random, &["true", "false"]));
        }
    }
    if random.percent(30) {
        let sets = (0..=random.below(2)).map(|number| set_of(random, cast, id, number, is_order));
        let sets: Vec<Element> = sets.collect();
        return with(element, sets);
    }
    let (one, other) = if is_order { ("first", "then") } else { ("rsc", "with-rsc") };
    for side in [one, other] {
        let of = resource(random, cast);
        set(&mut element, side, &of);
        if random.percent(20) {
            let (suffix, words) =
                if is_order { ("action", &ACTIONS[..]) } else { ("role", &ROLES[..]) };
            set(&mut element, &format!("{side}-{suffix}"), word(random, words));
        }
    }
    element
}

fn set_of(random: &mut Rng, cast: &Cast, id: &str, number: u64, is_order: bool) -> Element {
    let own = format!("{id}-set{number}");
    let mut element = tag("resource_set", &[("id", own.as_str())]);
    for name in ["sequential", "require-all"] {
        if random.percent(25) {
            set(&mut element, name, word(random, &["true", "false"]));
        }
    }
    if random.percent(20) {
        let (name, words) = if is_order { ("action", &ACTIONS[..]) } else { ("role", &ROLES[..]) };
        set(&mut element, name, word(random, words));
    }
    let members = (0..=random.below(3)).map(|_| {
        let of = resource(random, cast);
        tag("resource_ref", &[("id", of.as_str())])
    });
    let members: Vec<Element> = members.collect();
    with(element, members)
}

fn ticket(random: &mut Rng, cast: &Cast, id: &str) -> Element {
    let of = resource(random, cast);
    let mut element = tag("rsc_ticket", &[("id", id), ("rsc", &of), ("ticket", "site-a")]);
    set(&mut element, "loss-policy", word(random, &["stop", "demote", "fence", "freeze"]));
    if random.percent(30) {
        set(&mut element, "rsc-role", "Promoted");
    }
    element
}
