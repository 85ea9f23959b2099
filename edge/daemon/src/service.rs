//! The API's requests, carried out.

use crate::colleagues::{Answer, Colleagues, Question};
use crate::edits::{self, NoEdit};
use crate::links::Links;
use crate::managing::ToManager;
use crate::map;
use crate::reload::KeyStep;
use crate::show;
use agents::{Agent, Catalogue, ParameterProblem};
use api::{
    Acknowledgement, Caller, ConfChange, Language, LoadMode, NodeReport, Request, Response,
    Service, VoteChange,
};
use base::NodeId;
use cluster::validate::{Severity, validate};
use cluster::{Configuration, Edit};
use group::QuorumChange;
use manager::{Command, Identity, Refused, Reply, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often an edit is worked out anew when somebody else was faster.
const TRIES: u32 = 5;

/// One node's answers.
pub(crate) struct Door {
    pub(crate) me: Identity,
    pub(crate) links: Links,
    pub(crate) manager: Sender<ToManager>,
    pub(crate) colleagues: Colleagues,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// What an edit is worked out from, and what else is to be said with it.
type Worked = Result<(Vec<Edit>, Vec<String>), Vec<String>>;

impl Service for Door {
    async fn answer(&self, caller: Caller, request: Request) -> Response {
        let by = caller_name(caller);
        match request {
            Request::Cib => match self.read().await {
                Ok(snapshot) => Response::Cib { xml: show::cib(&snapshot) },
                Err(refused) => refused,
            },
            Request::Node => match self.read().await {
                Ok(snapshot) => Response::Node(Box::new(self.node(&snapshot).await)),
                Err(refused) => refused,
            },
            Request::Rings => match self.read().await {
                Ok(snapshot) => {
                    let answers = self.colleagues.ask(Question::Rings).await;
                    Response::Rings { nodes: show::rings(&self.me, &snapshot, answers) }
                }
                Err(refused) => refused,
            },
            Request::Map { map: name } => match self.read().await {
                Ok(snapshot) => {
                    let node = self.node(&snapshot).await;
                    let joins = map::joins(&snapshot);
                    Response::Map {
                        entries: self.links.standing.now().map.entries(name, &node, &joins),
                    }
                }
                Err(refused) => refused,
            },
            Request::Groups => match self.links.rings.groups().await {
                Some(directory) => {
                    let addresses = self.links.rings.report().await.map(|rings| rings.addresses);
                    let groups = show::groups(directory, &addresses.unwrap_or_default());
                    Response::Groups { groups }
                }
                None => refused(&"this node is stopping"),
            },
            Request::Events { after } => match self.read().await {
                Ok(snapshot) => {
                    let events = snapshot.state.journal.since(after).map(show::event).collect();
                    Response::Events { events }
                }
                Err(refused) => refused,
            },
            Request::Reload => self.reload().await,
            Request::ChangeConf(change) => self.change_conf(change).await,
            Request::Kill { node } => match self.ask_all(Question::Kill(node)).await {
                // Who was asked to end cannot answer.
                Ok(_) | Err(_) => applied(),
            },
            request => self.change(by, request).await,
        }
    }
}

/// For the records: who changed something, and with which program.
fn caller_name(caller: Caller) -> String {
    let user = os::account::user_name(caller.user).unwrap_or_else(|| caller.user.to_string());
    let program = caller
        .process
        .and_then(|process| std::fs::read_to_string(format!("/proc/{process}/comm")).ok());
    match program {
        Some(program) => format!("{user} via {}", program.trim()),
        None => user,
    }
}

fn applied() -> Response {
    Response::Done { acknowledgement: Acknowledgement::Applied, warnings: Vec::new() }
}

const fn is_new_key(answer: &Answer) -> bool {
    matches!(answer, Answer::Read { is_new_key: true })
}

fn refused(reason: &impl ToString) -> Response {
    Response::Refused { reasons: vec![reason.to_string()] }
}

fn one(result: Result<Vec<Edit>, NoEdit>) -> Worked {
    result.map(|edits| (edits, Vec::new())).map_err(|error| vec![error.to_string()])
}

impl Door {
    /// All nodes read their files; a new key is taken up step by step.
    async fn reload(&self) -> Response {
        let steps = [KeyStep::Know, KeyStep::Use, KeyStep::ForgetOld];
        for step in steps {
            match self.ask_all(Question::Reload(step)).await {
                Ok(answers) if answers.iter().any(is_new_key) => {}
                Ok(_) => break,
                Err(reasons) => return Response::Refused { reasons },
            }
        }
        applied()
    }

    /// All nodes change their files.
    async fn change_conf(&self, change: ConfChange) -> Response {
        if let ConfChange::RemoveNode { node } = &change {
            let snapshot = match self.read().await {
                Ok(snapshot) => snapshot,
                Err(refused) => return refused,
            };
            let members = snapshot.view.iter().flat_map(group::View::nodes);
            let is_meant =
                |member: &NodeId| member.to_string() == *node || self.links.name(*member) == *node;
            if { members }.any(|member| is_meant(&member)) {
                return refused(&format!(
                    "{node} takes part in the cluster: stop it first, then what it runs moves away"
                ));
            }
        }
        match self.ask_all(Question::Change(change)).await {
            Ok(_) => applied(),
            Err(reasons) => Response::Refused { reasons },
        }
    }

    /// What all members answer; or why some could not do it.
    async fn ask_all(&self, question: Question) -> Result<Vec<Answer>, Vec<String>> {
        let answers = self.colleagues.ask(question).await;
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for (node, outcome) in answers {
            match outcome {
                Ok(answer) => done.push(answer),
                Err(why) => failed.push(format!("{}: {why}", self.links.name(node))),
            }
        }
        if failed.is_empty() { Ok(done) } else { Err(failed) }
    }

    async fn ask(&self, command: Command) -> Option<Reply> {
        let (answer, reply) = oneshot::channel();
        self.manager.send(ToManager::Request(command, answer)).ok()?;
        reply.await.ok()
    }

    async fn read(&self) -> Result<Snapshot, Response> {
        match self.ask(Command::Read).await {
            Some(Reply::Snapshot(snapshot)) => Ok(*snapshot),
            _ => Err(refused(&"this node is stopping")),
        }
    }

    async fn node(&self, snapshot: &Snapshot) -> NodeReport {
        let rings = self.links.rings.report().await;
        let links = self.links.reports(rings.as_ref());
        show::node(&self.me, links, snapshot, rings.as_ref())
    }

    async fn change(&self, by: String, request: Request) -> Response {
        match request {
            Request::Load { text, language, mode, name, force } => {
                let source = Source { text: &text, language, mode, name: &name, force };
                self.edit(by, |snapshot| {
                    let (edits, warnings) = self.load(&source, &snapshot.state.configuration)?;
                    keep_what_runs(snapshot, &edits, force)?;
                    Ok((edits, warnings))
                })
                .await
            }
            Request::Remove { ids, force } => {
                self.edit(by, |snapshot| {
                    let edits = edits::remove(&snapshot.state.configuration, &ids);
                    keep_what_runs(snapshot, &edits, force)?;
                    Ok((edits, Vec::new()))
                })
                .await
            }
            Request::ResourceMeta { resource, name, value } => {
                let meta = |configuration: &Configuration| {
                    one(edits::resource_meta(configuration, &resource, &name, value.as_deref()))
                };
                self.edit(by, |snapshot| meta(&snapshot.state.configuration)).await
            }
            Request::NodeAttribute { node, name, value } => {
                let attribute = |configuration: &Configuration| {
                    one(edits::node_attribute(configuration, &node, &name, value.as_deref()))
                };
                self.edit(by, |snapshot| attribute(&snapshot.state.configuration)).await
            }
            Request::Move { resource, node } => {
                self.edit(by, |snapshot| {
                    let active = active_on(snapshot, &resource);
                    let configuration = &snapshot.state.configuration;
                    one(edits::relocate(configuration, &resource, node.as_deref(), &active))
                })
                .await
            }
            Request::Clear { resource } => {
                self.edit(by, |snapshot| {
                    one(edits::clear(&snapshot.state.configuration, &resource))
                })
                .await
            }
            request => self.command(by, request).await,
        }
    }

    /// Requests that change no configuration.
    async fn command(&self, by: String, request: Request) -> Response {
        let command = match request {
            Request::Attribute(change) => Command::Attribute {
                node: change.node.unwrap_or_else(|| self.me.name.clone()),
                name: change.name,
                value: change.value,
                dampen: Duration::from_millis(change.dampen_ms),
            },
            Request::Cleanup { resource, node } => Command::Cleanup { resource, node },
            Request::ConfirmDown { node } => Command::ConfirmDown { node, by },
            Request::Quorum(change) => return self.vote(change).await,
            Request::Shutdown => Command::Shutdown,
            _ => return refused(&"this request is not understood"),
        };
        done(self.ask(command).await, Vec::new())
    }

    /// The group knows the rules, and says what does not fit them.
    async fn vote(&self, change: VoteChange) -> Response {
        let change = match change {
            VoteChange::Expect { votes } => QuorumChange::Expect(votes),
            VoteChange::Weigh { node, votes } => {
                QuorumChange::Weigh { node: node.map_or(self.me.node, NodeId), votes }
            }
            VoteChange::CancelWaitForAll => QuorumChange::CancelWaitForAll,
            VoteChange::ForgetArbiter => QuorumChange::ForgetArbiter,
        };
        done(self.ask(Command::Quorum(change)).await, Vec::new())
    }

    /// Works an edit out from what is, and has it ordered; again if somebody else was faster.
    async fn edit(&self, by: String, work: impl Fn(&Snapshot) -> Worked) -> Response {
        let mut reply = None;
        for _ in 0..TRIES {
            let snapshot = match self.read().await {
                Ok(snapshot) => snapshot,
                Err(refused) => return refused,
            };
            if !snapshot.joined {
                return refused(&Refused::NotJoined);
            }
            let (edits, warnings) = match work(&snapshot) {
                Ok(worked) => worked,
                Err(reasons) => return Response::Refused { reasons },
            };
            if changes_nothing(&snapshot.state.configuration, &edits) {
                let acknowledgement = Acknowledgement::Unchanged;
                return Response::Done { acknowledgement, warnings };
            }
            let base = Some(snapshot.state.configuration.version);
            reply = self.ask(Command::Edit { edits, base, by: by.clone() }).await;
            if !matches!(reply, Some(Reply::Refused(Refused::Changed { .. }))) {
                return done(reply, warnings);
            }
        }
        done(reply, Vec::new())
    }

    /// On a live cluster an agent that does not exist, or lacks a parameter, is an error: nothing
    /// would start.
    fn load(&self, source: &Source<'_>, onto: &Configuration) -> Worked {
        let (edits, mut warnings, positions) = source.read(onto)?;
        let mut changed = onto.clone();
        let mut errors = Vec::new();
        if changed.apply(&edits).is_ok() {
            warnings.extend(new_warnings(onto, &changed));
        }
        for primitive in edits::primitives(&edits) {
            let place = positions.get(&primitive.id).map(|place| format!("{place}: "));
            let place = format!("{}:{}", source.name, place.unwrap_or_default());
            for (severity, problem) in self.agent_problems(primitive, &changed) {
                match severity {
                    Severity::Error if !source.force => {
                        errors.push(format!("{place}error: {}: {problem}", primitive.id));
                    }
                    _ => warnings.push(format!("{place}warning: {}: {problem}", primitive.id)),
                }
            }
        }
        warnings.sort();
        warnings.dedup();
        if errors.is_empty() { Ok((edits, warnings)) } else { Err(errors) }
    }

    fn agent_problems(
        &self,
        primitive: &cluster::Primitive,
        configuration: &Configuration,
    ) -> Vec<(Severity, String)> {
        if primitive.template.is_some() {
            return Vec::new();
        }
        let agent: Agent = match primitive.agent.to_string().parse() {
            Ok(agent) => agent,
            Err(error) => return vec![(Severity::Error, format!("{error}"))],
        };
        if let Err(missing) = self.catalogue.find(&agent) {
            return vec![(Severity::Error, missing.to_string())];
        }
        let names = edits::parameter_names(configuration, primitive);
        let problems = self.catalogue.check_parameters(&agent, names.iter().map(String::as_str));
        let severity = |problem: &ParameterProblem| match problem {
            ParameterProblem::Missing { .. } => Severity::Error,
            ParameterProblem::Unknown { .. } => Severity::Warning,
        };
        problems.iter().map(|problem| (severity(problem), problem.to_string())).collect()
    }
}

/// What is now doubtful and was not before: people are told once.
fn new_warnings(before: &Configuration, after: &Configuration) -> Vec<String> {
    let known = validate(before);
    let news = validate(after).into_iter().filter(|problem| !known.contains(problem));
    let doubts = news.filter(|problem| problem.severity == Severity::Warning);
    doubts.map(|problem| problem.to_string()).collect()
}

/// Nothing that runs disappears from the configuration by accident.
fn keep_what_runs(snapshot: &Snapshot, edits: &[Edit], force: bool) -> Result<(), Vec<String>> {
    let before = &snapshot.state.configuration;
    let mut after = Configuration::clone(before);
    if force || after.apply(edits).is_err() {
        return Ok(());
    }
    let gone = before.primitives().filter(|primitive| after.primitive(&primitive.id).is_none());
    let running: Vec<String> = gone
        .filter_map(|primitive| {
            let nodes = active_on(snapshot, &primitive.id);
            let id = &primitive.id;
            (!nodes.is_empty()).then(|| {
                format!("{id} is running on {}; stop it first, or use --force", nodes.join(", "))
            })
        })
        .collect();
    if running.is_empty() { Ok(()) } else { Err(running) }
}

/// A configuration text.
struct Source<'a> {
    text: &'a str,
    language: Language,
    mode: LoadMode,
    name: &'a str,
    force: bool,
}

type Read = (Vec<Edit>, Vec<String>, BTreeMap<String, String>);

impl Source<'_> {
    /// The edits, warnings, and where each object stands.
    fn read(&self, onto: &Configuration) -> Result<Read, Vec<String>> {
        match self.language {
            Language::Crm => {
                let mode = match self.mode {
                    LoadMode::Update => crmsh::Mode::Update,
                    LoadMode::Replace => crmsh::Mode::Replace,
                };
                let in_file = |diagnostics: Vec<crmsh::Diagnostic>| {
                    diagnostics.iter().map(|d| d.in_file(self.name)).collect::<Vec<_>>()
                };
                let loaded = crmsh::load(self.text, onto, mode).map_err(in_file)?;
                let place = |(id, position): (String, crmsh::Position)| (id, position.to_string());
                let positions = loaded.positions.into_iter().map(place).collect();
                let warnings = loaded.warnings.iter().map(|d| d.in_file(self.name)).collect();
                Ok((loaded.edits, warnings, positions))
            }
            Language::Xml => self.read_xml(),
        }
    }

    /// A whole CIB, or objects of one.
    fn read_xml(&self) -> Result<Read, Vec<String>> {
        let wrong = |error: cib::CibError| {
            let cib::CibError { line, column, what, help } = error;
            vec![format!("{}:{line}:{column}: error: {what}; {help}", self.name)]
        };
        let element = cib::read_element(self.text).map_err(wrong)?;
        let edits = if element.name == "cib" {
            let cib = cib::read(self.text).map_err(wrong)?;
            edits::from_cib(cib, self.mode == LoadMode::Replace)
        } else {
            let objects = cib::read_object(self.text, None).map_err(wrong)?;
            objects.into_iter().map(|object| Edit::Put(Box::new(object))).collect()
        };
        let positions = edits::primitives(&edits)
            .into_iter()
            .filter_map(|primitive| {
                let (line, column) = cib::position_of(self.text, &primitive.id)?;
                Some((primitive.id.clone(), format!("{line}:{column}")))
            })
            .collect();
        Ok((edits, Vec::new(), positions))
    }
}

/// Whether the configuration is already as the edits want it.
fn changes_nothing(configuration: &Configuration, edits: &[Edit]) -> bool {
    let mut changed = configuration.clone();
    match changed.apply(edits) {
        Ok(()) => {
            changed.version = configuration.version;
            changed == *configuration
        }
        Err(_) => false,
    }
}

/// The names of the nodes on which a resource, or anything inside it, is active.
fn active_on(snapshot: &Snapshot, id: &str) -> Vec<String> {
    let state = &snapshot.state;
    let facts = scheduler::plan::Facts {
        configuration: &state.configuration,
        status: &state.status,
        in_flight: &[],
        has_quorum: state.has_quorum,
        has_lost_quorum: false,
        is_masked: false,
        migrates: false,
        coordinator: None,
        now: os::clock::wall(),
    };
    let situation = scheduler::situation(&facts);
    let Some(resource) = situation.resource(id) else { return Vec::new() };
    let nodes = situation.active_on(resource).into_iter();
    let mut names: Vec<String> = nodes.map(|node| situation.nodes[node].name.clone()).collect();
    names.sort();
    names
}

fn done(reply: Option<Reply>, warnings: Vec<String>) -> Response {
    match reply {
        Some(Reply::Done(acknowledgement)) => {
            let acknowledgement = match acknowledgement {
                manager::Acknowledgement::Applied => Acknowledgement::Applied,
                manager::Acknowledgement::Majority(version) => {
                    Acknowledgement::Majority { version: version.to_string() }
                }
                manager::Acknowledgement::SingleCopy(version) => {
                    Acknowledgement::SingleCopy { version: version.to_string() }
                }
            };
            Response::Done { acknowledgement, warnings }
        }
        Some(Reply::Refused(why)) => {
            Response::Refused { reasons: why.to_string().lines().map(str::to_owned).collect() }
        }
        _ => refused(&"this node is stopping; whether it did what was asked is not known"),
    }
}
