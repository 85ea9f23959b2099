//! `crm history`: what happened, from the cluster's own journal, and what the configuration was.

use super::levels::{Command, query};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::unexpected;
use crate::output::{self, Form};
use crate::terminal::pager;
use crate::verbs::config;
use api::{EventReport, Request, Response};
use base::WallTime;
use jiff::tz::TimeZone;
use serde_json::json;

pub(super) const COMMANDS: &[Command] = &[
    query("latest", "[NUMBER]", "show what happened last", latest),
    query("events", "", "show everything that the journal keeps", |shell, _| {
        tell(shell, &journal(shell)?)
    }),
    query("resource", "RESOURCE...", "show what happened to resources", |shell, call| {
        of(shell, call, is_about_resource)
    }),
    query("node", "NODE...", "show what happened to nodes, and on them", |shell, call| {
        of(shell, call, is_about_node)
    }),
    query("failures", "", "show what went wrong", |shell, _| {
        let events: Vec<EventReport> = journal(shell)?.into_iter().filter(|it| it.failed).collect();
        tell(shell, &events)
    }),
    query("info", "", "say from when on the journal tells", info),
    query("log", "[NUMBER]", "list the changes of the configuration", |shell, call| {
        config::log(&shell.connection, number(call, usize::MAX)?, false, shell.form)
    }),
    query("diff", "[REVISION]", "show what a change changed", |shell, call| {
        config::diff(&shell.connection, call.word(0).map(str::to_owned), shell.form)
    }),
    query("show", "[REVISION]", "show the configuration after a change", |shell, call| {
        config::show(&shell.connection, call.word(0).map(str::to_owned), shell.form.into())
    }),
];

/// So many are the latest.
const LATEST: usize = 20;

fn number(call: &Call<'_>, usual: usize) -> Result<usize, Failure> {
    let wrong = |text| Failure::Usage(format!("`{text}` is no number of entries"));
    call.word(0).map_or(Ok(usual), |text| text.parse().map_err(|_| wrong(text)))
}

fn journal(shell: &Shell) -> Result<Vec<EventReport>, Failure> {
    match shell.connection.ask(&Request::Events { after: 0 })? {
        Response::Events { events } => Ok(events),
        other => Err(unexpected(&other)),
    }
}

fn latest(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let events = journal(shell)?;
    let number = number(call, LATEST)?;
    tell(shell, &events[events.len().saturating_sub(number)..])
}

fn of(shell: &mut Shell, call: &Call<'_>, is_about: fn(&EventReport, &str) -> bool) -> Outcome {
    call.needs(0, "the name")?;
    let mut events = journal(shell)?;
    events.retain(|event| call.words.iter().any(|name| is_about(event, name)));
    tell(shell, &events)
}

/// An instance is called `ost0:1`.
fn is_about_resource(event: &EventReport, id: &str) -> bool {
    event.task.is_some() && event.subject.split(':').next() == Some(id)
}

fn is_about_node(event: &EventReport, name: &str) -> bool {
    event.node.as_deref() == Some(name) || (event.task.is_none() && event.subject == name)
}

fn tell(shell: &Shell, events: &[EventReport]) -> Outcome {
    match shell.form {
        Form::Json => output::tell(json!({ "events": events })),
        Form::Text if events.is_empty() => line("the journal tells of nothing"),
        Form::Text => pager::show(&text(events, &TimeZone::system())),
    }
    DONE
}

fn text(events: &[EventReport], zone: &TimeZone) -> String {
    let shown = |event: &EventReport| {
        let mark = if event.failed { '!' } else { ' ' };
        format!("{mark} {}  {}\n", report::date(WallTime(event.at_ms), zone), event.text)
    };
    events.iter().map(shown).collect()
}

fn info(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let events = journal(shell)?;
    if shell.form == Form::Json {
        let from = events.first().map(|event| event.at_ms);
        output::tell(json!({ "number": events.len(), "from_ms": from }));
        return DONE;
    }
    let from = events.first().map(|it| report::date(WallTime(it.at_ms), &TimeZone::system()));
    line(&match from {
        Some(from) => format!("{} events since {from}", events.len()),
        None => "the journal tells of nothing".to_owned(),
    });
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(subject: &str, node: Option<&str>, task: Option<&str>, failed: bool) -> EventReport {
        EventReport {
            number: 1,
            at_ms: 1_700_000_000_000,
            kind: "action".into(),
            subject: subject.into(),
            node: node.map(str::to_owned),
            task: task.map(str::to_owned),
            failed,
            text: format!("about {subject}"),
        }
    }

    #[test]
    fn events_are_about_resources_and_nodes() {
        let start = event("ost0:1", Some("oss1"), Some("start"), true);
        let lost = event("oss2", None, None, false);
        assert!(is_about_resource(&start, "ost0") && !is_about_resource(&start, "ost"));
        assert!(is_about_node(&start, "oss1") && !is_about_node(&start, "oss2"));
        assert!(is_about_node(&lost, "oss2") && !is_about_resource(&lost, "oss2"));
        assert_eq!(
            text(&[start, lost], &TimeZone::UTC),
            "! Tue Nov 14 22:13:20 2023  about ost0:1\n  Tue Nov 14 22:13:20 2023  about oss2\n"
        );
    }
}
