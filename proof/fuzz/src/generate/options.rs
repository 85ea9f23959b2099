//! Options with values that mean something, and now and then with any at all.

use super::pairs;
use crate::tree::{put, set, tag, with};
use base::Rng;
use cluster::Element;
use cluster::options::{ClusterOption, Kind, META, PROPERTIES};

/// Properties of the whole cluster.
pub(super) fn cluster_options(random: &mut Rng) -> Element {
    let mut values = Vec::new();
    if random.percent(50) {
        let value = if random.percent(60) { "true" } else { "false" };
        values.push(("stonith-enabled".to_owned(), value.to_owned()));
    }
    for _ in 0..random.below(4) {
        values.extend(any_of(random, PROPERTIES));
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    pairs("cluster_property_set", "options", &values)
}

/// No block of meta attributes, or one with up to `most` of them.
pub(super) fn meta(random: &mut Rng, id: &str, most: u64) -> Option<Element> {
    let values: Vec<(String, String)> =
        (0..random.below(most + 1)).filter_map(|_| any_of(random, META)).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    (!values.is_empty()).then(|| pairs("meta_attributes", &format!("{id}-m"), &values))
}

fn any_of(random: &mut Rng, options: &[ClusterOption]) -> Option<(String, String)> {
    let option = random.pick(options)?;
    let name = random.pick(option.names())?;
    Some(((*name).to_owned(), value(random, option.kind)))
}

/// A value that the kind accepts.
fn value(random: &mut Rng, kind: Kind) -> String {
    let words: &[&str] = match kind {
        Kind::Boolean => &["true", "false"],
        Kind::Integer => &["0", "1", "2", "3", "10", "INFINITY"],
        Kind::Score => &["0", "1", "100", "-100", "INFINITY", "-INFINITY"],
        Kind::Duration => &["0", "10s", "1min", "PT5M"],
        Kind::Percentage => &["10%", "80%"],
        Kind::OneOf(words) => words,
        Kind::Text => &["x", "n1", "#uname"],
    };
    random.pick(words).copied().unwrap_or_default().to_owned()
}

/// The operations of a primitive.
pub(super) fn operations(random: &mut Rng, id: &str) -> Element {
    let mut operations = Element { name: "operations".into(), ..Element::default() };
    let kinds =
        [("monitor", "10s"), ("monitor", "20s"), ("start", "0"), ("stop", "0"), ("promote", "0")];
    for (name, interval) in kinds {
        if !random.percent(35) {
            continue;
        }
        let own = format!("{id}-{name}-{interval}");
        let mut operation =
            tag("op", &[("id", own.as_str()), ("name", name), ("interval", interval)]);
        let details: [(&str, &[&str]); 4] = [
            ("on-fail", &["block", "stop", "restart", "standby", "fence", "ignore", "demote"]),
            ("timeout", &["20s", "1min"]),
            ("role", &["Promoted", "Unpromoted", "Stopped", "Started"]),
            ("enabled", &["false", "true"]),
        ];
        for (name, words) in details {
            if random.percent(15) {
                set(&mut operation, name, random.pick(words).copied().unwrap_or_default());
            }
        }
        put(&mut operations, operation);
    }
    with(operations, [])
}
