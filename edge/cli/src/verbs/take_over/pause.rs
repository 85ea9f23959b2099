//! Options that hold while it lasts: nothing is started, stopped or fenced.

use cluster::{AttributeSet, Configuration, options};

/// Nothing is touched.
const MAINTENANCE: &str = "maintenance-mode";
/// What holds, by the names that every version knows.
const HELD: [(&str, &str); 3] = [
    (MAINTENANCE, "true"),
    // A node that is still Pacemaker's is not lost.
    ("stonith-enabled", "false"),
    // A node that goes back does not wait for what it runs to be stopped, which nobody does.
    ("shutdown-escalation", "1s"),
];
/// Where people set options.
const SET: &str = "cib-bootstrap-options";

/// Every name of the options that are put aside.
fn names() -> impl Iterator<Item = &'static str> {
    HELD.iter()
        .flat_map(|(name, _)| {
            options::property(name).map_or(&[][..], options::ClusterOption::names)
        })
        .copied()
}

/// `configuration` while it lasts, under the next version.
pub(crate) fn paused(configuration: &Configuration) -> Configuration {
    let mut paused = configuration.clone();
    for set in &mut paused.properties {
        for name in names() {
            set.unset(name);
        }
    }
    let place = paused.properties.iter().position(|set| set.id == SET).unwrap_or_else(|| {
        paused.properties.push(AttributeSet::new(SET));
        paused.properties.len() - 1
    });
    for (name, value) in HELD {
        paused.properties[place].set(name, value);
    }
    paused.version.epoch += 1;
    paused
}

/// `configuration` when it is over: options that were put aside are as they were in `original`, and
/// the cluster is in maintenance mode no longer.
pub(crate) fn resumed(configuration: &Configuration, original: &Configuration) -> Configuration {
    let mut resumed = configuration.clone();
    for set in &mut resumed.properties {
        for name in names() {
            set.unset(name);
        }
        let Some(before) = original.properties.iter().find(|before| before.id == set.id) else {
            continue;
        };
        let put_aside = before.pairs.iter().filter(|pair| names().any(|name| name == pair.name));
        let put_aside = put_aside.filter(|pair| pair.name != MAINTENANCE);
        set.pairs.extend(put_aside.cloned());
    }
    resumed.properties.retain(|set| {
        let was_there = original.properties.iter().any(|before| before.id == set.id);
        was_there || !set.pairs.is_empty() || set.rule.is_some()
    });
    resumed
}

/// Whether the cluster leaves everything alone.
pub(crate) fn is_on(configuration: &Configuration) -> bool {
    configuration.is_property_on(MAINTENANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_comes_back_as_it_was() {
        let text = |options: &str| {
            format!(
                "<cib epoch='4'><configuration><crm_config>{options}</crm_config><nodes/>\
                 <resources/><constraints/></configuration></cib>"
            )
        };
        let set = |id: &str, pairs: &str| {
            format!("<cluster_property_set id='{id}'>{pairs}</cluster_property_set>")
        };
        let pair = |id: &str, name: &str, value: &str| {
            format!("<nvpair id='{id}' name='{name}' value='{value}'/>")
        };
        let boot = set(SET, &pair("s", "stonith-enabled", "true"));
        let cases = [
            (String::new(), String::new()),
            (boot.clone(), boot.clone()),
            // The maintenance mode is that of the take-over.
            (set(SET, &pair("m", MAINTENANCE, "true")), set(SET, "")),
            (
                format!("{}{boot}", set("x", &pair("f", "fencing-enabled", "true"))),
                format!("{}{boot}", set("x", &pair("f", "fencing-enabled", "true"))),
            ),
        ];
        for (before, after) in cases {
            let original = cib::read(&text(&before)).expect("it is right").configuration;
            let held = paused(&original);
            assert!(is_on(&held) && !held.is_property_on("fencing-enabled"), "{before}");
            assert_eq!(held.version.epoch, 5, "newer than what it was made of");
            let expected = cib::read(&text(&after)).expect("it is right").configuration;
            let found = resumed(&held, &original);
            assert_eq!(found.properties, expected.properties, "{before}");
            assert!(!is_on(&found));
        }
    }
}
