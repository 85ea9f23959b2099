//! `systole is`: questions that scripts ask, answered by the exit code.

use crate::answer::Outcome;
use crate::verbs::explain::Known;
use crate::verbs::offline::Subject;
use clap::{Args, ValueEnum};
use cluster::Role;
use scheduler::Situation;
use scheduler::model::{Kind, Resource};
use std::process::ExitCode;

/// What a script wants to know.
#[derive(Args, Debug)]
pub(crate) struct Question {
    /// A primitive, an instance, a group, a clone or a bundle
    resource: String,
    /// What it may be
    #[arg(value_enum)]
    state: State,
    /// On this node; on any when not given
    #[arg(long, value_name = "NODE")]
    on: Option<String>,
    #[command(flatten)]
    subject: Subject,
}

/// What a resource may be. Of a group all members have to be it, of a clone one instance; to be
/// stopped or managed all of both have to be, and to have failed or be blocked one of any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// Active, in whatever role, and not failed
    Started,
    /// Active in the promoted role
    Promoted,
    /// Active, and not promoted
    Unpromoted,
    /// Active nowhere, as far as is known
    Stopped,
    /// Failed, and not recovered yet
    Failed,
    /// Nothing can be done with it until somebody acts
    Blocked,
    /// The cluster may change it
    Managed,
}

/// It is not so: the exit code that says it.
const NO: u8 = 1;

/// Says by the exit code whether it is so.
///
/// # Errors
/// When it cannot be said.
pub(crate) fn answer(question: &Question) -> Outcome {
    let picture = question.subject.picture()?;
    let situation = picture.situation();
    let known = Known::of(&situation);
    let resource = situation.resource(&question.resource);
    let resource = resource.ok_or_else(|| known.no_resource(&question.resource))?;
    if let Some(node) = question.on.as_deref().filter(|node| situation.node(node).is_none()) {
        return Err(known.no_node(node));
    }
    let asked = Asked { situation: &situation, state: question.state, on: question.on.as_deref() };
    let is_so = asked.is_so(&situation.resources[resource]);
    Ok(if is_so { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

struct Asked<'s> {
    situation: &'s Situation<'s>,
    state: State,
    on: Option<&'s str>,
}

impl Asked<'_> {
    fn is_so(&self, resource: &Resource<'_>) -> bool {
        let mut inside = resource.children.iter().map(|child| &self.situation.resources[*child]);
        match (&resource.kind, self.state) {
            (Kind::Primitive, _) => self.is_so_of_one(resource),
            (_, State::Stopped | State::Managed) => inside.all(|child| self.is_so(child)),
            (_, State::Failed | State::Blocked) => inside.any(|child| self.is_so(child)),
            _ if resource.is_group() => inside.all(|child| self.is_so(child)),
            _ => inside.any(|child| self.is_so(child)),
        }
    }

    fn is_so_of_one(&self, resource: &Resource<'_>) -> bool {
        let mut nodes = resource.running_on.iter().map(|node| &self.situation.nodes[*node].name);
        let is_there = nodes.any(|name| self.on.is_none_or(|on| on == name));
        let runs = is_there && !resource.has_failed && !resource.is_start_pending;
        match self.state {
            State::Started => runs,
            State::Promoted => runs && resource.role == Role::Promoted,
            State::Unpromoted => runs && resource.role != Role::Promoted,
            State::Stopped => !is_there,
            State::Failed => resource.has_failed && (is_there || self.on.is_none()),
            State::Blocked => resource.is_blocked,
            State::Managed => resource.is_managed,
        }
    }
}
