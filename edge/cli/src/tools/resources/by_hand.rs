//! `--force-start` and the like: an agent of this machine, run with a resource's own parameters
//! and without the cluster, for people who look for the reason of a failure.

use crate::answer::{Failure, say_aside};
use crate::connection::Connection;
use crate::description;
use crate::picture::Picture;
use crate::tools::arguments::Parsed;
use crate::tools::cibsecret::Parameter;
use crate::tools::markup::{Said, element};
use crate::tools::resources::unknown;
use agents::{Agent, Request, Verdict};
use cluster::secret::KEPT_ELSEWHERE;
use cluster::{Element, OperationStatus, exit_code};
use report::execution;
use std::time::Duration;

/// The commands, and what they have the agent do.
const ACTIONS: [(&str, &str); 6] = [
    ("force-start", "start"),
    ("force-stop", "stop"),
    ("force-promote", "promote"),
    ("force-demote", "demote"),
    ("force-check", "monitor"),
    ("validate", "validate-all"),
];

/// An agent takes so long where nothing else is said.
const USUAL_TIMEOUT: Duration = Duration::from_secs(20);

/// What is run, for which resource, and what people and programs call it.
struct Run<'a> {
    command: &'a str,
    resource: Option<&'a str>,
    request: Request,
}

/// Has the agent of the resource, or for `--validate` the one that is named, do it here.
pub(super) fn answer(command: &str, given: &Parsed) -> Result<Said, Failure> {
    let action = ACTIONS.iter().find(|(name, _)| *name == command).map_or(command, |it| it.1);
    let resource = given.value("resource");
    let mut request = match resource {
        Some(id) => of_resource(&Connection::usual(), id, action)?,
        None => Request::new(named(given)?, action, "test"),
    };
    request.parameters.extend(options(given)?);
    request.timeout = match given.value("timeout") {
        Some(text) => cluster::value::duration(text).ok_or_else(|| {
            Failure::Usage(format!("`{text}` is no duration; write it as 30s or 5min"))
        })?,
        None => USUAL_TIMEOUT,
    };
    if let Some(level) = given.value(command) {
        request.check_level = level
            .parse()
            .map_err(|_| Failure::Usage(format!("`{level}` is no level; it is a number")))?;
    }
    Run { command, resource, request }.carry_out(given.has("verbose"))
}

/// Has the agent of a resource look at it here.
pub(crate) fn look(connection: &Connection, id: &str) -> Result<Said, Failure> {
    let request = of_resource(connection, id, "monitor")?;
    Run { command: "monitor", resource: Some(id), request }.carry_out(false)
}

/// The agent that `--class`, `--provider` and `--agent` name together.
fn named(given: &Parsed) -> Result<Agent, Failure> {
    let (class, kind) = (given.required("class")?, given.required("agent")?);
    description::agent(&match given.value("provider") {
        Some(provider) => format!("{class}:{provider}:{kind}"),
        None => format!("{class}:{kind}"),
    })
}

fn options(given: &Parsed) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("`{text}` is no parameter; write it as NAME=VALUE"))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.values("option").map(pair).collect()
}

/// What the cluster would ask of the agent on this node.
fn of_resource(connection: &Connection, id: &str, action: &str) -> Result<Request, Failure> {
    let (picture, here) = (Picture::take(connection)?, connection.this_node()?);
    let configuration = &picture.cib.configuration;
    let situation = picture.situation();
    let missing = || unknown(configuration, id);
    let found = situation.resource(id).ok_or_else(missing)?;
    let [primitive] = situation.primitives_in(found)[..] else {
        let is_clone = situation.resources[found].is_clone();
        return match situation.primitives_in(found).first() {
            Some(_) if is_clone => Err(Failure::Usage(format!(
                "{id} has many instances; name the resource that is cloned"
            ))),
            _ => Err(Failure::Usage(format!("{id} is no primitive; name one of its members"))),
        };
    };
    let state = &situation.resources[primitive];
    let agent = description::agent(&state.agent.to_string())?;
    let meta = state.meta.clone().into_iter().collect();
    let node = situation.node(&here);
    let value = |(name, value): (String, String)| match value.as_str() {
        KEPT_ELSEWHERE => {
            let value = Parameter { connection, resource: id, name: &name }.value()?;
            Ok((name, value))
        }
        _ => Ok((name, value)),
    };
    let parameters = situation.parameters(primitive, node).into_iter().map(value);
    let parameters = parameters.collect::<Result<_, Failure>>()?;
    let feature_set = daemon::CRM_FEATURE_SET.to_owned();
    Ok(Request { parameters, meta, node: here, feature_set, ..Request::new(agent, action, id) })
}

impl Run<'_> {
    fn carry_out(self, is_verbose: bool) -> Result<Said, Failure> {
        let outcome = description::run(&self.request)?;
        let status = match outcome.verdict {
            Verdict::Exited => OperationStatus::Done,
            Verdict::TimedOut => OperationStatus::TimedOut,
            Verdict::Signalled(_) | Verdict::CouldNotRun => OperationStatus::Error,
        };
        if is_verbose {
            let said = [outcome.stdout.trim(), outcome.stderr.trim()];
            said.into_iter().filter(|said| !said.is_empty()).for_each(say_aside);
        }
        let (command, code, agent) = (self.command, outcome.code, &self.request.agent);
        let subject = self.resource.map_or_else(String::new, |id| format!("for {id} "));
        let reason = match outcome.exit_reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        let words = exit_code::text(code);
        Ok(Said {
            text: format!(
                "Operation {command} {subject}({agent}) returned {code} ({words}{reason})\n"
            ),
            parts: vec![self.element(code, status, &outcome.exit_reason)],
            code: u8::try_from(code).unwrap_or(1),
        })
    }

    fn element(&self, code: i32, status: OperationStatus, reason: &str) -> Element {
        let agent = self.request.agent.to_string();
        let names: Vec<&str> = agent.split(':').collect();
        let mut about =
            vec![("action", self.command), ("class", names[0]), ("type", names[names.len() - 1])];
        about.extend(self.resource.map(|id| ("rsc", id)));
        if let [_, provider, _] = names[..] {
            about.push(("provider", provider));
        }
        let overrides = element::<&str>("overrides", &[], Vec::new());
        let (number, execution_code) = (code.to_string(), status.code().to_string());
        let mut ended = vec![
            ("code", number.as_str()),
            ("message", exit_code::text(code)),
            ("execution_code", &execution_code),
            ("execution_message", execution(status)),
        ];
        ended.extend((!reason.is_empty()).then_some(("reason", reason)));
        element(
            "resource-agent-action",
            &about,
            vec![overrides, element("agent-status", &ended, Vec::new())],
        )
    }
}
