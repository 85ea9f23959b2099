//! What there is to fence with on this machine, and what was fenced.

use crate::answer::{DONE, Failure, Outcome};
use crate::connection::{Connection, run_directory};
use api::{EventReport, Request, Response};
use base::WallTime;
use report::monitor::{FenceEvent, FenceOutcome};

/// Why nobody can have a node fenced by hand.
pub(crate) const NO_FENCING: &str = "fencing on demand is not offered: the cluster fences what it has lost. To empty a node use \
     `crm node standby NODE`; to vouch for one that is down, `stonith_admin --confirm NODE`";

/// The agents that this machine has.
pub(crate) fn catalogue() -> agents::Catalogue {
    agents::Catalogue::new(agents::Settings::standard(&run_directory(None)))
}

/// Vouches that a node is down.
pub(crate) fn confirm_at(connection: &Connection, node: &str) -> Outcome {
    connection.change(&Request::ConfirmDown { node: node.to_owned() })?;
    DONE
}

/// What is known about fencing, oldest first.
fn fencing_events(connection: &Connection) -> Result<Vec<EventReport>, Failure> {
    let events = match connection.ask(&Request::Events { after: 0 })? {
        Response::Events { events } => events,
        _ => Vec::new(),
    };
    let about_fencing = |event: &EventReport| {
        ["fencing-started", "fencing-ended", "confirmed-down"].contains(&event.kind.as_str())
    };
    Ok(events.into_iter().filter(about_fencing).collect())
}

/// The fence history, newest first.
pub(crate) fn history_of(connection: &Connection) -> Result<Vec<FenceEvent>, Failure> {
    Ok(paired(&fencing_events(connection)?))
}

/// Each start with its end; one without an end is under way.
fn paired(events: &[EventReport]) -> Vec<FenceEvent> {
    let mut history: Vec<FenceEvent> = Vec::new();
    for event in events {
        let under_way = history
            .iter_mut()
            .rev()
            .find(|known| known.target == event.subject && known.outcome == FenceOutcome::Pending);
        match (event.kind.as_str(), under_way) {
            ("fencing-started", _) => history.push(started(event)),
            (_, Some(known)) => end(known, event),
            // Its start is older than what is kept.
            (_, None) => {
                let mut known = started(event);
                end(&mut known, event);
                history.push(known);
            }
        }
    }
    history.reverse();
    history
}

fn started(event: &EventReport) -> FenceEvent {
    let delegate = event.node.clone();
    FenceEvent {
        target: event.subject.clone(),
        action: event.task.clone().unwrap_or_else(|| "reboot".into()),
        origin: delegate.clone().unwrap_or_default(),
        delegate,
        client: "systole".into(),
        outcome: FenceOutcome::Pending,
        when: WallTime(event.at_ms),
    }
}

fn end(known: &mut FenceEvent, event: &EventReport) {
    known.when = WallTime(event.at_ms);
    known.outcome = match event.failed {
        true => FenceOutcome::Failed(None),
        false => FenceOutcome::Succeeded,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, subject: &str, at_ms: i64, failed: bool) -> EventReport {
        let (kind, subject) = (kind.to_owned(), subject.to_owned());
        EventReport { kind, subject, at_ms, failed, ..EventReport::default() }
    }

    #[test]
    fn starts_and_ends_belong_together() {
        let history = paired(&[
            event("fencing-started", "a", 1, false),
            event("fencing-started", "b", 2, false),
            event("fencing-ended", "a", 3, true),
            event("fencing-started", "a", 4, false),
            event("confirmed-down", "b", 5, false),
            event("fencing-ended", "c", 6, false),
        ]);
        let told: Vec<String> = history
            .iter()
            .map(|event| format!("{} {:?} {}", event.target, event.outcome, event.when.0))
            .collect();
        assert_eq!(told, ["c Succeeded 6", "a Pending 4", "b Succeeded 5", "a Failed(None) 3"]);
    }
}
