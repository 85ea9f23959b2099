//! What would be done, and how it went.

use super::Build;
use crate::simulation::Notes;
use cluster::Element;
use rehearsal::{Event, Modification};
use scheduler::model::ScoreNote;
use scheduler::{Course, SummaryLine};

/// `<modifications>`
pub fn modifications(all: &[Modification]) -> Element {
    let about = |wanted: fn(&Modification) -> Option<&String>| all.iter().find_map(wanted);
    let quorum = about(|it| match it {
        Modification::Quorum(value) => Some(value),
        _ => None,
    });
    let watchdog = about(|it| match it {
        Modification::Watchdog(value) => Some(value),
        _ => None,
    });
    Build::new("modifications")
        .maybe("quorum", quorum)
        .maybe("watchdog", watchdog)
        .children(all.iter().filter_map(modification))
        .finish()
}

fn modification(modification: &Modification) -> Option<Build> {
    let node = |action: &str, node: &str| {
        Some(Build::new("modify_node").with("action", action).with("node", node))
    };
    match modification {
        Modification::Quorum(_) | Modification::Watchdog(_) => None,
        Modification::NodeUp(name) => node("Online", name),
        Modification::NodeDown(name) => node("Offline", name),
        Modification::NodeFailed(name) => node("Failing", name),
        Modification::Ticket { how, ticket } => {
            Some(Build::new("modify_ticket").with("action", how).with("ticket", ticket))
        }
        Modification::Operation(spec) => Some(Build::new("inject_spec").with("spec", spec)),
        Modification::Attribute { name, value, node } => Some(
            Build::new("inject_attr")
                .with("name", name)
                .with("value", value)
                .with("node_path", "/node_state")
                .with("cib_node", node),
        ),
    }
}

/// The notes of the kinds that are asked for, under their name; nothing when none is.
pub fn notes(all: &[ScoreNote], shown: Notes) -> Option<Element> {
    let name = match (shown.scores, shown.utilization) {
        (true, true) => "allocations_utilizations",
        (true, false) => "allocations",
        (false, true) => "utilizations",
        (false, false) => return None,
    };
    let notes = all.iter().filter(|note| shown.show(note)).map(note);
    Some(Build::new(name).children(notes).finish())
}

fn note(note: &ScoreNote) -> Build {
    match note {
        ScoreNote::Allocation { stage, resource, node, score } => Build::new("node_weight")
            .with("function", format!("pcmk__{stage}_assign"))
            .with("node", node)
            .with("score", score)
            .with("id", resource),
        ScoreNote::Promotion { resource, node, score } => Build::new("promotion_score")
            .with("id", resource)
            .with("score", score)
            .maybe("node", node.as_ref()),
        ScoreNote::Capacity { when, node, values } => values.iter().fold(
            Build::new("capacity").with("node", node).with("comment", when),
            |it, (name, value)| it.with(name, value),
        ),
        ScoreNote::Utilization { stage, resource, node, values } => values.iter().fold(
            Build::new("utilization")
                .with("resource", resource)
                .with("node", node)
                .with("function", format!("pcmk__assign_{stage}")),
            |it, (name, value)| it.with(name, value),
        ),
    }
}

/// `<actions>`: the transition summary.
pub fn actions(lines: &[SummaryLine]) -> Element {
    Build::new("actions").children(lines.iter().map(action)).finish()
}

fn action(line: &SummaryLine) -> Build {
    let SummaryLine { verb, subject, course, reason, blocked } = line;
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let Some(course) = course else {
        return Build::new("node_action")
            .with("task", verb)
            .with("node", subject)
            .maybe("reason", reason);
    };
    let start =
        Build::new("rsc_action").with("action", verb.to_lowercase()).with("resource", subject);
    placed(start, course).maybe("reason", reason).maybe("blocked", blocked.then_some(true))
}

fn placed(build: Build, course: &Course) -> Build {
    let Course { from, to, role, next_role, shows_role } = course;
    match (from, to, shows_role) {
        (None, None, _) => build,
        (None, Some(to), true) => {
            build.with("role", role).with("next-role", next_role).with("dest", to)
        }
        (None, Some(node), false) | (Some(node), None, false) => build.with("node", node),
        (Some(from), None, true) => build.with("role", role).with("node", from),
        (Some(from), Some(to), _) => match (role == next_role, from == to) {
            (true, true) if *shows_role => build.with("role", role).with("source", from),
            (true, true) => build.with("source", from),
            (true, false) if *shows_role => {
                build.with("source", from).with("dest", to).with("role", role)
            }
            (true, false) => build.with("source", from).with("dest", to),
            (false, true) => {
                build.with("role", role).with("next-role", next_role).with("source", from)
            }
            (false, false) => build
                .with("role", role)
                .with("source", from)
                .with("next-role", next_role)
                .with("dest", to),
        },
    }
}

/// How long something took.
pub fn timing(file: &str, seconds: f64) -> Element {
    let duration = format!("{seconds:.6}");
    Build::new("timing").with("file", file).with("duration", duration).finish()
}

/// `<transition>`: what happened.
pub fn events(all: &[Event]) -> Element {
    Build::new("transition").children(all.iter().filter_map(event)).finish()
}

fn event(event: &Event) -> Option<Build> {
    Some(match event {
        Event::Point { key, node } => {
            Build::new("pseudo_action").with("task", key).maybe("node", node.as_ref())
        }
        Event::Agent { resource, task, interval, node } => {
            let every = Some(interval.as_millis()).filter(|every| *every > 0);
            Build::new("rsc_action")
                .with("resource", resource)
                .with("op", task)
                .with("node", node)
                .maybe("interval", every)
        }
        Event::Cluster { task, resource, node } => Build::new("cluster_action")
            .with("task", task)
            .with("node", node)
            .maybe("id", resource.as_ref()),
        Event::Fence { node, how } => {
            Build::new("fencing_action").with("target", node).with("op", how)
        }
        Event::Failed { .. } => return None,
        Event::Modified(modification) => return self::modification(modification),
    })
}
