//! `--why`: whether resources run, and what people have said that keeps them as they are.

use crate::answer::Failure;
use crate::connection::Connection;
use crate::picture::Picture;
use crate::tools::markup::{Said, element};
use crate::tools::resources::unknown;
use cluster::{Element, Role};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use std::fmt::Write;

/// Why a resource, or each of them, does what it does; on one node or anywhere.
pub(super) fn answer(
    connection: &Connection,
    resource: Option<&str>,
    node: Option<&str>,
) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let (situation, configuration) = (picture.situation(), &picture.cib.configuration);
    let node = match node {
        None => None,
        Some(name) => Some(
            situation
                .node(name)
                .ok_or_else(|| crate::tools::membership::unknown(&configuration.nodes, name))?,
        ),
    };
    let mut said = Said::default();
    if let Some(id) = resource {
        let found = situation.resource(id).ok_or_else(|| unknown(configuration, id))?;
        let one = One { situation: &situation, resource: found, node };
        let running = one.runs().to_string();
        let about = [("running", running)];
        let about = if node.is_some() { &[][..] } else { &about[..] };
        said.parts.push(element("reason", about, vec![one.check()]));
        one.tell(&mut said.text);
        return Ok(said);
    }
    let subjects = match node {
        None => situation.top.clone(),
        Some(node) => situation.nodes[node].running.clone(),
    };
    let all: Vec<Element> = subjects
        .into_iter()
        .map(|resource| {
            let one = One { situation: &situation, resource, node };
            one.tell(&mut said.text);
            one.element()
        })
        .collect();
    let resources = element::<&str>("resources", &[], all);
    said.parts.push(element::<&str>("reason", &[], vec![resources]));
    Ok(said)
}

/// One resource, anywhere or on one node.
struct One<'a> {
    situation: &'a Situation<'a>,
    resource: ResourceIndex,
    node: Option<NodeIndex>,
}

/// What people have said of a resource, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    RemainsStopped,
    NotPromoted,
    Unmanaged,
}

impl One<'_> {
    fn runs(&self) -> bool {
        let active = self.situation.active_on(self.resource);
        self.node.map_or(!active.is_empty(), |node| active.contains(&node))
    }

    fn host(&self) -> Option<&str> {
        self.node.map(|node| self.situation.nodes[node].name.as_str())
    }

    fn top(&self) -> &str {
        &self.situation.resources[self.situation.top_of(self.resource, false)].id
    }

    fn checks(&self) -> Vec<Word> {
        let state = &self.situation.resources[self.resource];
        let role = state.meta.get("target-role").and_then(|text| Role::parse(text));
        let top = &self.situation.resources[self.situation.top_of(self.resource, false)];
        let is_promotable =
            top.is_clone() && top.clone_settings().is_some_and(|it| it.is_promotable);
        let mut checks = Vec::new();
        match role {
            Some(Role::Stopped) => checks.push(Word::RemainsStopped),
            Some(Role::Unpromoted) if is_promotable => checks.push(Word::NotPromoted),
            _ => {}
        }
        if !state.is_managed {
            checks.push(Word::Unmanaged);
        }
        checks
    }

    fn tell(&self, text: &mut String) {
        let id = &self.situation.resources[self.resource].id;
        let state = if self.runs() { "running" } else { "not running" };
        let host = self.host().map_or_else(String::new, |host| format!(" on host {host}"));
        // Writing to a string does not fail.
        let _ = writeln!(text, "Resource {id} is {state}{host}");
        let top = self.top();
        for check in self.checks() {
            let _ = match check {
                Word::RemainsStopped => {
                    writeln!(text, "Configuration specifies '{top}' should remain stopped")
                }
                Word::NotPromoted => {
                    writeln!(text, "Configuration specifies '{top}' should not be promoted")
                }
                Word::Unmanaged => writeln!(
                    text,
                    "Configuration prevents cluster from stopping or starting unmanaged '{top}'"
                ),
            };
        }
    }

    fn check(&self) -> Element {
        let mut about = vec![("id", self.top())];
        about.extend(self.checks().into_iter().map(|check| match check {
            Word::RemainsStopped => ("remain_stopped", "true"),
            Word::NotPromoted => ("promotable", "false"),
            Word::Unmanaged => ("unmanaged", "true"),
        }));
        element("check", &about, Vec::new())
    }

    fn element(&self) -> Element {
        let id = self.situation.resources[self.resource].id.as_str();
        let mut about = vec![("id", id), ("running", if self.runs() { "true" } else { "false" })];
        about.extend(self.host().map(|host| ("host", host)));
        element("resource", &about, vec![self.check()])
    }
}
