//! What Pacemaker's daemons say of their options (`pacemaker-schedulerd metadata`): other shells and
//! consoles ask them what may be configured.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::tools::markup::{element, text};
use cluster::Element;
use cluster::options::{ClusterOption, FENCING, Kind, PROPERTIES};

/// Options of the daemon that keeps the configuration.
const OF_CONFIGURATION: [&str; 2] = ["enable-acl", "cluster-ipc-limit"];
/// Options of the daemon that coordinates.
const OF_COORDINATION: [&str; 17] = [
    "dc-version",
    "cluster-infrastructure",
    "cluster-name",
    "dc-deadtime",
    "cluster-recheck-interval",
    "load-threshold",
    "node-action-limit",
    "mount-limit",
    "fence-reaction",
    "election-timeout",
    "shutdown-escalation",
    "join-integration-timeout",
    "join-finalization-timeout",
    "transition-delay",
    "stonith-watchdog-timeout",
    "stonith-max-attempts",
    "shutdown-lock",
];

/// `pacemaker-based`
pub(crate) fn configuration(args: &[String]) -> Outcome {
    let options = properties(|name| OF_CONFIGURATION.contains(&name));
    answer("pacemaker-based", "the configuration", &options, args)
}

/// `pacemaker-controld`
pub(crate) fn coordination(args: &[String]) -> Outcome {
    let options = properties(|name| OF_COORDINATION.contains(&name));
    answer("pacemaker-controld", "coordination", &options, args)
}

/// `pacemaker-schedulerd`
pub(crate) fn scheduling(args: &[String]) -> Outcome {
    let elsewhere = |name| OF_CONFIGURATION.contains(&name) || OF_COORDINATION.contains(&name);
    let options = properties(|name| !elsewhere(name) || name == "shutdown-lock");
    answer("pacemaker-schedulerd", "planning", &options, args)
}

/// `pacemaker-fenced`
pub(crate) fn fencing(args: &[String]) -> Outcome {
    let options: Vec<&ClusterOption> = FENCING.iter().collect();
    answer("pacemaker-fenced", "every fence device", &options, args)
}

/// Cluster options by the name that the version we present knows them by, which is the oldest.
fn properties(is_meant: impl Fn(&'static str) -> bool) -> Vec<&'static ClusterOption> {
    PROPERTIES.iter().filter(|option| is_meant(old_name(option))).collect()
}

fn old_name(option: &ClusterOption) -> &'static str {
    option.names().last().copied().unwrap_or_default()
}

fn answer(daemon: &str, about: &str, options: &[&ClusterOption], args: &[String]) -> Outcome {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["metadata"] => {
            let root = description(daemon, about, options);
            print(&format!("<?xml version=\"1.0\"?>\n{}", cib::write_element(&root)));
            DONE
        }
        // Shells look for the number behind `CRM Version:`.
        ["version"] => {
            line(&format!("CRM Version: {} (systole)", daemon::PRESENTED_VERSION));
            DONE
        }
        _ => Err(Failure::Usage(format!(
            "{daemon} is a part of `systole node` and is not started alone; it answers `metadata` and \
             `version`"
        ))),
    }
}

fn description(daemon: &str, about: &str, options: &[&ClusterOption]) -> Element {
    let about = format!("Options of {about}");
    let parameters = options.iter().map(|option| parameter(option)).collect();
    element(
        "resource-agent",
        &[("name", daemon), ("version", daemon::PRESENTED_VERSION)],
        vec![
            text("version", &[], "1.1"),
            text("longdesc", &[("lang", "en")], &about),
            text("shortdesc", &[("lang", "en")], &about),
            element::<&str>("parameters", &[], parameters),
        ],
    )
}

fn parameter(option: &ClusterOption) -> Element {
    let lang = [("lang", "en")];
    let mut content = vec![("type", kind(option.kind))];
    if !option.default.is_empty() || option.kind != Kind::Text {
        content.push(("default", option.default));
    }
    let choices = match option.kind {
        Kind::OneOf(words) => {
            words.iter().map(|word| element("option", &[("value", word)], Vec::new())).collect()
        }
        _ => Vec::new(),
    };
    element(
        "parameter",
        &[("name", old_name(option))],
        vec![
            text("longdesc", &lang, option.description),
            text("shortdesc", &lang, option.description),
            element("content", &content, choices),
        ],
    )
}

/// The type's name in descriptions of agents.
const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::Score => "integer",
        Kind::Duration => "time",
        Kind::Percentage => "percentage",
        Kind::OneOf(_) => "select",
        Kind::Text => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_option_has_a_daemon() {
        let all: BTreeSet<&str> = PROPERTIES.iter().map(old_name).collect();
        for name in OF_CONFIGURATION.iter().chain(&OF_COORDINATION) {
            assert!(all.contains(name), "{name} is no option");
        }
    }
}
