//! Requests that change the configuration, worked out by [`change`] and ordered by the manager.

use super::access::Asker;
use super::{Door, done, forbidden, refused};
use agents::{Catalogue, ParameterProblem};
use api::{Acknowledgement, Forget, Response};
use change::{AgentDoubt, Agents, Refusal, Scene, Wish, World};
use cluster::Agent;
use cluster::access::Rights;
use cluster::validate::Severity;
use manager::{Command, Refused, Reply, Snapshot};

/// How often an edit is worked out anew when somebody else was faster.
const TRIES: u32 = 20;

impl Door {
    /// Works a change out from what is, and has it ordered; again if somebody else was faster.
    pub(super) async fn change(&self, asker: &Asker, wish: &Wish) -> Result<Response, Response> {
        let mut reply = None;
        for _ in 0..TRIES {
            let snapshot = self.read().await?;
            if !snapshot.joined {
                return Err(refused(&Refused::NotJoined));
            }
            let rights = asker.rights(&snapshot.state.configuration);
            let change = wish.work_out(&self.scene(&snapshot, &rights));
            let change = change.map_err(|why| not_done(&why))?;
            let (difference, warnings) = (change.difference, change.warnings);
            if difference.is_empty() {
                let acknowledgement = Acknowledgement::Unchanged;
                return Ok(Response::Done { acknowledgement, warnings });
            }
            // Objects say themselves what they were made against; all together cannot.
            let version = snapshot.state.configuration.version;
            let base = difference.whole.is_some().then_some(version);
            let (edits, by) = (difference.into_edits(), asker.by.clone());
            let (message, lasting) = (wish.message().to_owned(), wish.lasting());
            // Nobody reads it any more: the state is changed where it is, and not in a copy.
            drop(snapshot);
            reply = self.ask(Command::Edit { edits, base, by, message, lasting }).await;
            if !reply.as_ref().is_some_and(somebody_was_faster) {
                return Ok(done(reply, warnings));
            }
        }
        Ok(done(reply, Vec::new()))
    }

    /// Works a change out from what is, and tells what would become of it.
    pub(super) async fn preview(&self, asker: &Asker, wish: &Wish) -> Result<Response, Response> {
        let snapshot = self.read().await?;
        let rights = asker.rights(&snapshot.state.configuration);
        let scene = self.scene(&snapshot, &rights);
        let preview =
            wish.work_out(&scene).and_then(|change| change.preview(&scene, wish.is_forced()));
        let preview = preview.map_err(|why| not_done(&why))?;
        Ok(Response::Preview(Box::new(preview)))
    }

    /// Tells what would become of a cleanup, or a refresh.
    pub(super) async fn preview_of_cleanup(
        &self,
        asker: &Asker,
        of: (Option<&str>, Option<&str>),
        what: Forget,
    ) -> Result<Response, Response> {
        let snapshot = self.read().await?;
        let rights = asker.rights(&snapshot.state.configuration);
        let preview = change::forgetting(&self.scene(&snapshot, &rights), of, change::forget(what));
        let preview = preview.map_err(|why| not_done(&why))?;
        Ok(Response::Preview(Box::new(preview)))
    }

    fn scene<'a>(&'a self, snapshot: &'a Snapshot, rights: &'a Rights) -> Scene<'a> {
        Scene {
            configuration: &snapshot.state.configuration,
            status: &snapshot.state.status,
            has_quorum: snapshot.state.has_quorum,
            now: os::clock::wall(),
            rights,
            world: World::Running(self),
        }
    }
}

fn not_done(why: &Refusal) -> Response {
    match why {
        Refusal::Forbidden(why) => forbidden(why),
        _ => Response::Refused { reasons: why.reasons() },
    }
}

fn somebody_was_faster(reply: &Reply) -> bool {
    use cluster::Refusal;
    matches!(
        reply,
        Reply::Refused(Refused::Changed { .. } | Refused::Edit(Refusal::Changed { .. }))
    )
}

impl Agents for Door {
    fn doubts(&self, agent: &Agent, parameters: &[String]) -> Vec<AgentDoubt> {
        doubts(&self.catalogue, agent, parameters)
    }
}

/// Whether this node has the agent, and what it says to the parameters.
fn doubts(catalogue: &Catalogue, agent: &Agent, parameters: &[String]) -> Vec<AgentDoubt> {
    let error = |what: String| vec![AgentDoubt { severity: Severity::Error, what }];
    let Agent { class, provider, kind } = agent;
    let agent = match agents::Agent::of_class(class, provider.as_deref(), kind) {
        Ok(agent) => agent,
        Err(unknown) => return error(unknown.to_string()),
    };
    if let Err(missing) = catalogue.find(&agent) {
        return error(missing.to_string());
    }
    let problems = catalogue.check_parameters(&agent, parameters.iter().map(String::as_str));
    let doubt = |problem: &ParameterProblem| AgentDoubt {
        severity: match problem {
            ParameterProblem::Missing { .. } => Severity::Error,
            ParameterProblem::Unknown { .. } => Severity::Warning,
        },
        what: problem.to_string(),
    };
    problems.iter().map(doubt).collect()
}
