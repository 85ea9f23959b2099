//! What is asked for.

use crate::answer::Failure;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use base::WallTime;
use rehearsal::{Injection, Spec, TicketChange};
use report::monitor::Section;
use report::simulation::Notes;
use std::path::PathBuf;

const LINE: CommandLine = CommandLine {
    name: "crm_simulate",
    purpose: "shows what the cluster would do, without doing it",
    words: "",
    choices: &[
        flag("L", "live-check", "for the cluster as it is"),
        value("x", "xml-file", "for the CIB in this file"),
        flag("p", "xml-pipe", "for the CIB on standard input"),
        flag("R", "run", "show what would be done"),
        flag("S", "simulate", "play it, too, and show what comes of it"),
        flag("X", "in-place", "the same, and write that into the file that was read"),
        flag("A", "show-attrs", "show node attributes"),
        flag("c", "show-failcounts", "show how often what failed"),
        flag("s", "show-scores", "show what speaks for each node"),
        flag("U", "show-utilization", "show what nodes have room for"),
        flag("j", "pending", "accepted: what is under way is always shown"),
        value("P", "profile", "play all CIBs in this folder, and stop the time"),
        value("N", "repeat", "each of them so often"),
        value("u", "node-up", "first, this node comes"),
        value("d", "node-down", "first, this node leaves in order"),
        value("f", "node-fail", "first, this node is lost"),
        value("i", "op-inject", "first, this operation has ended so: ost0_monitor_10000@oss1=7"),
        value("F", "op-fail", "when this operation is played, it ends so"),
        value("t", "set-datetime", "at this date (ISO 8601)"),
        value("q", "quorum", "first, quorum is there (1) or not (0)"),
        value("w", "watchdog", "first, a watchdog is there (1) or not (0)"),
        value("g", "ticket-grant", "first, this ticket is granted"),
        value("r", "ticket-revoke", "first, this ticket is revoked"),
        value("b", "ticket-standby", "first, this ticket is in standby"),
        value("e", "ticket-activate", "first, this ticket is no longer in standby"),
        value("I", "save-input", "write the CIB that is planned for into this file"),
        value("O", "save-output", "write the CIB that comes of it into this file"),
        value("G", "save-graph", "write the transition graph into this file"),
        value("D", "save-dotfile", "write the transition graph for Graphviz into this file"),
        flag("a", "all-actions", "with -D, show actions that are not needed, too"),
        value("", "output-as", "in this form: text or xml"),
        value("", "output-to", "into this file"),
        flag("", "text-fancy", "accepted: the text is always laid out"),
        flag("Q", "quiet", "show only what is asked for by name"),
    ],
};

/// Which cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The one that runs, or the file in `CIB_file`.
    Live,
    /// The CIB in a file.
    File(PathBuf),
    /// The CIB on standard input.
    Pipe,
}

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// What is.
    Status,
    /// What would be done.
    Plan,
    /// How that goes.
    Play,
}

/// What is written where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// The CIB that is planned for.
    pub(super) input: Option<PathBuf>,
    /// The CIB that comes of it.
    pub(super) output: Option<PathBuf>,
    /// The graph.
    pub(super) graph: Option<PathBuf>,
    /// The graph for Graphviz.
    pub(super) dot: Option<PathBuf>,
    /// Whether that shows all actions.
    pub(super) all_actions: bool,
    /// What is told, in place of standard output.
    pub(super) told: Option<PathBuf>,
}

/// In which form it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs.
    Xml,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) source: Source,
    pub(super) depth: Depth,
    pub(super) form: Form,
    /// The command line.
    pub(super) request: String,
    pub(super) notes: Notes,
    /// Whether node attributes are shown.
    pub(super) attributes: bool,
    /// Whether fail counts are shown.
    pub(super) fail_counts: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    /// The date, and how it was written.
    pub(super) date: Option<(WallTime, String)>,
    /// Whether there is quorum, as it was written.
    pub(super) quorum: Option<String>,
    pub(super) injections: Vec<Injection>,
    pub(super) failures: Vec<Spec>,
    pub(super) files: Files,
    pub(super) profile: Option<PathBuf>,
    pub(super) repeat: u32,
}

impl Options {
    /// As `-L -R`.
    pub(super) fn run() -> Self {
        Self {
            source: Source::Live,
            depth: Depth::Plan,
            form: Form::Text,
            request: "crm_simulate".into(),
            notes: Notes { scores: false, utilization: false },
            attributes: false,
            fail_counts: false,
            quiet: false,
            verbose: false,
            date: None,
            quorum: None,
            injections: Vec::new(),
            failures: Vec::new(),
            files: Files::default(),
            profile: None,
            repeat: 1,
        }
    }

    /// What is told of a state beside nodes and resources.
    pub(super) fn sections(&self) -> Vec<Section> {
        let attributes = self.attributes.then_some(Section::Attributes);
        attributes.into_iter().chain(self.fail_counts.then_some(Section::FailCounts)).collect()
    }

    /// Reads a command line.
    pub(super) fn read(args: &[String]) -> Result<Self, Failure> {
        let given = LINE.read(args)?;
        let files = files(&given);
        let depth = depth(&given, &files);
        let repeat = given.value("repeat").map_or(Ok(1), |text| {
            let times = text.parse().ok().filter(|times| *times > 0);
            times.ok_or_else(|| Failure::Usage(format!("--repeat: {text} is no number")))
        });
        Ok(Self {
            source: source(&given)?,
            depth,
            form: form(&given)?,
            request: format!("crm_simulate {}", args.join(" ")),
            notes: Notes {
                scores: given.has("show-scores"),
                utilization: given.has("show-utilization"),
            },
            attributes: given.has("show-attrs"),
            fail_counts: given.has("show-failcounts"),
            quiet: given.has("quiet"),
            verbose: given.has("verbose"),
            date: date(&given)?,
            quorum: quorum(&given)?,
            injections: injections(&given)?,
            failures: failures(&given)?,
            files,
            profile: given.value("profile").map(PathBuf::from),
            repeat: repeat?,
        })
    }
}

fn source(given: &Parsed) -> Result<Source, Failure> {
    let is_live = given.has("live-check");
    match given.first_of(&["xml-file", "xml-pipe"]) {
        // Pacemaker's exit code for it, which scripts may know.
        Some(key) if is_live => Err(Failure::NoInput(format!(
            "--live-check is for the cluster as it is, --{key} for another: give one of them"
        ))),
        Some("xml-pipe") => Ok(Source::Pipe),
        Some(_) => match given.value("xml-file") {
            Some("-") | None => Ok(Source::Pipe),
            Some(file) => Ok(Source::File(file.into())),
        },
        None => Ok(Source::Live),
    }
}

fn quorum(given: &Parsed) -> Result<Option<String>, Failure> {
    let Some(text) = given.value("quorum") else { return Ok(None) };
    match cluster::value::boolean(text) {
        Some(_) => Ok(Some(text.to_owned())),
        None => Err(Failure::Usage(format!("--quorum: {text} is neither true (1) nor false (0)"))),
    }
}

fn files(given: &Parsed) -> Files {
    let path = |key| given.value(key).map(PathBuf::from);
    let in_place = given.has("in-place").then(|| path("xml-file")).flatten();
    Files {
        input: path("save-input"),
        output: in_place.or_else(|| path("save-output")),
        graph: path("save-graph"),
        dot: path("save-dotfile"),
        all_actions: given.has("all-actions"),
        told: given.value("output-to").filter(|path| *path != "-").map(PathBuf::from),
    }
}

fn form(given: &Parsed) -> Result<Form, Failure> {
    match given.value("output-as") {
        None | Some("text") => Ok(Form::Text),
        Some("xml") => Ok(Form::Xml),
        Some(other) => {
            Err(Failure::Usage(format!("--output-as: there is no form `{other}`; text or xml")))
        }
    }
}

/// What can only be told of a plan asks for one.
fn depth(given: &Parsed, files: &Files) -> Depth {
    let wants_plan = ["run", "show-scores", "show-utilization"].iter().any(|key| given.has(key));
    if given.has("simulate") || given.has("in-place") {
        Depth::Play
    } else if wants_plan || files.graph.is_some() || files.dot.is_some() {
        Depth::Plan
    } else {
        Depth::Status
    }
}

fn date(given: &Parsed) -> Result<Option<(WallTime, String)>, Failure> {
    let Some(text) = given.value("set-datetime") else { return Ok(None) };
    let date = cluster::date::parse(text).ok_or_else(|| {
        let help = "write it as 2026-11-22 09:30:00";
        Failure::Usage(format!("--set-datetime: {text} is no date; {help}"))
    })?;
    Ok(Some((date, text.to_owned())))
}

/// In the order in which they are made, whatever the order on the command line.
fn injections(given: &Parsed) -> Result<Vec<Injection>, Failure> {
    let ticket = |change| move |ticket: &str| Injection::Ticket(ticket.to_owned(), change);
    let watchdog = given.value("watchdog").map(|value| Injection::Watchdog(value.to_owned()));
    let own = |make: fn(String) -> Injection| move |text: &str| make(text.to_owned());
    if let Some(key) = NODE_CHANGES.iter().find(|key| given.values(key).any(str::is_empty)) {
        return Err(Failure::Usage(format!("--{key} needs the name of a node")));
    }
    for text in given.values("op-inject") {
        spec("op-inject", text)?;
    }
    Ok(watchdog
        .into_iter()
        .chain(given.values("node-up").map(own(Injection::NodeUp)))
        .chain(given.values("node-down").map(own(Injection::NodeDown)))
        .chain(given.values("node-fail").map(own(Injection::NodeFailed)))
        .chain(given.values("ticket-grant").map(ticket(TicketChange::Grant)))
        .chain(given.values("ticket-revoke").map(ticket(TicketChange::Revoke)))
        .chain(given.values("ticket-standby").map(ticket(TicketChange::Standby)))
        .chain(given.values("ticket-activate").map(ticket(TicketChange::Activate)))
        .chain(given.values("op-inject").map(own(Injection::Operation)))
        .collect())
}

/// What a node does first. A node without a name would come into being, and stay in what `-X`
/// writes.
const NODE_CHANGES: [&str; 3] = ["node-up", "node-down", "node-fail"];

fn failures(given: &Parsed) -> Result<Vec<Spec>, Failure> {
    given.values("op-fail").map(|text| spec("op-fail", text)).collect()
}

/// What was meant for an operation and its result has to be one: left out it would look as if it
/// had changed nothing.
fn spec(key: &str, text: &str) -> Result<Spec, Failure> {
    Spec::parse(text).map_err(|_| {
        let form = "RESOURCE_TASK_MILLISECONDS@NODE=CODE";
        Failure::Usage(format!("--{key}: {text} is not written as {form}"))
    })
}
