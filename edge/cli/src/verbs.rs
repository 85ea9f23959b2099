//! The program's own verbs.

pub(crate) mod apply;
pub(crate) mod arbiter;
pub(crate) mod bench;
pub(crate) mod completing;
pub(crate) mod conf;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod forget;
pub(crate) mod founding;
pub(crate) mod import;
pub(crate) mod keygen;
pub(crate) mod laboratory;
pub(crate) mod links;
pub(crate) mod node;
pub(crate) mod offline;
pub(crate) mod pacemaker;
pub(crate) mod plan;
pub(crate) mod question;
pub(crate) mod rings;
pub(crate) mod status;
pub(crate) mod take_over;
pub(crate) mod token;
pub(crate) mod verify;

use self::apply::ApplyArguments;
use self::arbiter::ArbiterArguments;
use self::bench::BenchArguments;
use self::bench::messages::client::Role;
use self::conf::ConfArguments;
use self::config::ConfigArguments;
use self::demo::{DemoArguments, PlayerArguments};
use self::forget::ForgetArguments;
use self::founding::InitArguments;
use self::founding::join::JoinArguments;
use self::import::ImportArguments;
use self::keygen::Existing;
use self::laboratory::LabArguments;
use self::links::InstallLinks;
use self::node::{NodeArguments, NodeChange};
use self::offline::Subject;
use self::plan::Pictures;
use self::question::Question;
use self::status::Waiting;
use self::take_over::TakeOverArguments;
use self::token::TokenArguments;
use crate::answer::{Codes, DONE, Failure, Outcome, finish};
use crate::connection::Connection;
use crate::fencing;
use crate::output::Output;
use crate::tools::TOOLS;
use crate::words::number;
use api::Forget;
use clap::{Args, CommandFactory, Parser, Subcommand};
use report::plan::Points;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The width of help.
const WIDTH: usize = 80;

/// Keeps services running when servers die.
#[derive(Debug, Parser)]
#[command(name = "systole", version, after_help = compatible_names())]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// Which node is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// Where the node keeps its socket [default: $SYSTOLE_RUN, else /run/systole]
    #[arg(long, value_name = "DIR", display_order = 900)]
    run: Option<PathBuf>,
    /// Ask the cluster elsewhere that this file gives access to, see `systole token` [default:
    /// $SYSTOLE_ACCESS]
    #[arg(long, value_name = "FILE", display_order = 901, conflicts_with = "run")]
    access: Option<PathBuf>,
}

impl Place {
    pub(crate) fn connection(&self) -> Connection {
        match &self.access {
            Some(access) => Connection::elsewhere(access.clone()),
            None => Connection::new(self.run.as_deref()),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a new cluster of which this machine is the first node; or invite one more
    Init(InitArguments),
    /// Make this machine a node of the cluster that invites it
    Join(JoinArguments),
    /// Run a node of the cluster; or change which nodes there are
    #[command(args_conflicts_with_subcommands = true)]
    Node {
        #[command(subcommand)]
        change: Option<NodeChange>,
        #[command(flatten)]
        options: NodeArguments,
        #[command(flatten)]
        place: Place,
    },
    /// The daemon itself, started by `node`
    #[command(hide = true)]
    NodeDaemon {
        #[command(flatten)]
        options: NodeArguments,
        #[command(flatten)]
        place: Place,
    },
    /// A built-in agent
    #[command(hide = true)]
    Agent {
        /// ocf PROVIDER TYPE ACTION, or systemd UNIT ACTION
        words: Vec<String>,
    },
    /// Show the cluster
    Status {
        #[command(flatten)]
        output: Output,
        /// Wait until this node has joined and sees so many nodes, itself included
        #[arg(long, value_name = "N", value_parser = number::<usize>)]
        wait_for: Option<usize>,
        /// How long to wait
        #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
        timeout: Duration,
        #[command(flatten)]
        place: Place,
    },
    /// Show every link of the cluster: who hears whom on which ring, and how well
    Rings {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Say why a resource is where it is, or nowhere
    Explain {
        /// A primitive, an instance, a group, a clone or a bundle
        resource: String,
        /// What speaks for and against this node only
        #[arg(long)]
        node: Option<String>,
        #[command(flatten)]
        subject: Subject,
    },
    /// Ask whether a resource is started, stopped, failed ...: exit code 0 is yes, 1 no
    ///
    /// Nothing is printed. 2 means that it cannot be said: no cluster answers, or there is no such
    /// resource or node.
    Is(Question),
    /// Show what the cluster would do now, in which order and why
    Plan {
        /// Write the transition graph for Graphviz, in Pacemaker's form; - is standard
        /// output
        #[arg(long, value_name = "FILE")]
        dot: Option<PathBuf>,
        /// Draw a picture; - is standard output
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// In the picture, show the points too that only stand between others
        #[arg(long, requires = "svg")]
        points: bool,
        #[command(flatten)]
        subject: Subject,
    },
    /// Check a configuration, in the crm language or XML, without a cluster
    Verify {
        /// The file; - is standard input
        #[arg(required_unless_present = "xml_file")]
        file: Option<PathBuf>,
        /// The same, as other verbs take it
        #[arg(short = 'x', long, value_name = "FILE", conflicts_with = "file")]
        xml_file: Option<PathBuf>,
    },
    /// What a corosync.conf says
    Conf(ConfArguments),
    /// Make the configuration what a file says, after showing what that would do
    Apply(ApplyArguments),
    /// Every configuration that was, who changed it, and taking changes back
    Config(ConfigArguments),
    /// Forget failures, so that what failed is tried again
    Cleanup(ForgetArguments),
    /// Forget all results, so that resources are looked for again where they may be
    Refresh(ForgetArguments),
    /// Vouch that a lost node is certainly down
    ///
    /// What it ran is started elsewhere then; if it is not down, data may be destroyed.
    ConfirmDown {
        /// The node
        node: String,
        #[command(flatten)]
        place: Place,
    },
    /// Make the cluster's key
    Keygen {
        /// Where to put it [default: /etc/systole/authkey]
        file: Option<PathBuf>,
        /// Replace a key that is there
        #[arg(long)]
        force: bool,
    },
    /// Let others ask from elsewhere
    Token(TokenArguments),
    /// Print the script that has a shell complete `systole` and `crm`
    Completion {
        /// The shell
        shell: completing::Target,
    },
    /// What a shell asks at Tab
    #[command(hide = true)]
    Complete {
        /// The word that is being typed
        #[arg(allow_hyphen_values = true, default_value = "")]
        word: String,
    },
    /// Make a cluster of Corosync and Pacemaker one of ours: read its files, write ours
    Import(Box<ImportArguments>),
    /// Take a running cluster of Corosync and Pacemaker over, and stop none of its services
    TakeOver(TakeOverArguments),
    /// Make links of the compatible tools' names to this program
    InstallLinks(InstallLinks),
    /// Run the third voice for sites of two nodes, on a machine that is none of them
    Arbiter(ArbiterArguments),
    /// A whole cluster of real daemons on this machine
    Lab(LabArguments),
    /// Measure clusters of real daemons on this machine
    Bench(BenchArguments),
    /// A process that `bench messages` measures
    #[command(hide = true)]
    BenchClient {
        #[command(subcommand)]
        role: Role,
    },
    /// Show, in under a minute, what happens when a server dies
    Demo(DemoArguments),
    /// What `demo` starts to play it
    #[command(hide = true)]
    DemoPlayer(PlayerArguments),
}

fn compatible_names() -> String {
    let mut names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    names.sort_unstable();
    let mut text = "The tools people know are here too, as `systole NAME` or by links of their\n\
        names to this program:"
        .to_owned();
    let mut column = WIDTH;
    for name in names {
        if column + 2 + name.len() >= WIDTH {
            text.push_str("\n ");
            column = 1;
        }
        text.push_str(&format!(" {name},"));
        column += name.len() + 2;
    }
    text.trim_end_matches(',').to_owned()
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    cluster::value::duration(text).ok_or_else(|| "a duration is written as 30s or 2min".into())
}

/// All verbs, with what they take.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

/// Whether the program has a verb of this name.
#[cfg(test)]
pub(crate) fn is_verb(name: &str) -> bool {
    command().find_subcommand(name).is_some()
}

/// Does what `words` (the program's name first) ask for.
pub(crate) fn run(words: &[String]) -> ExitCode {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are errors to clap too; its codes are 0 for those and 2 else.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match arguments.verb {
        Verb::Node { change: None, options, place } => {
            node::supervise(options, place.run.as_deref())
        }
        Verb::NodeDaemon { options, place } => node::daemon(options, place.run.as_deref()),
        Verb::Agent { words } => node::agent(&words),
        Verb::Demo(how) => demo::run(how),
        Verb::DemoPlayer(told) => demo::perform(&told),
        verb @ Verb::Is(_) => finish("systole", Codes::Question, client(verb)),
        verb => finish("systole", Codes::Plain, client(verb)),
    }
}

/// The same for who calls from within.
pub(crate) fn outcome(words: &[String]) -> Outcome {
    match Arguments::try_parse_from(words) {
        Ok(arguments) => client(arguments.verb),
        Err(error) if error.use_stderr() => Err(Failure::Usage(error.to_string())),
        Err(error) => Err(Failure::Help(error.to_string())),
    }
}

/// The verbs that are requests to a node, or need none.
fn client(verb: Verb) -> Outcome {
    match verb {
        Verb::Status { output, wait_for, timeout, place } => {
            let connection = place.connection();
            if let Some(members) = wait_for {
                return status::wait(&connection, &Waiting { members, timeout });
            }
            status::show(&connection, output.form())
        }
        Verb::Rings { output, place } => rings::show(&place.connection(), output.form()),
        Verb::Explain { resource, node, subject } => {
            explain::run(&subject, &resource, node.as_deref())
        }
        Verb::Is(question) => question::answer(&question),
        Verb::Plan { dot, svg, points, subject } => {
            let points = if points { Points::Shown } else { Points::LeftOut };
            plan::run(&subject, &Pictures { dot, svg, points })
        }
        Verb::Verify { file, xml_file } => {
            verify::verify(&file.or(xml_file).unwrap_or_else(|| "-".into()))
        }
        Verb::Conf(arguments) => conf::run(&arguments),
        Verb::Apply(arguments) => apply::run(&arguments),
        Verb::Config(arguments) => config::run(arguments),
        Verb::Cleanup(arguments) => forget::run(&arguments, Forget::Failures),
        Verb::Refresh(arguments) => forget::run(&arguments, Forget::Everything),
        Verb::ConfirmDown { node, place } => fencing::confirm_at(&place.connection(), &node),
        Verb::Completion { shell } => completing::script(shell),
        Verb::Complete { word } => completing::answer(&command(), &word),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::TakeOver(arguments) => take_over::run(arguments),
        Verb::InstallLinks(given) => links::install(&given),
        Verb::Keygen { file, force } => {
            let existing = if force { Existing::Replace } else { Existing::Keep };
            keygen::keygen(file.as_deref(), existing)
        }
        Verb::Init(arguments) => founding::init(arguments),
        Verb::Join(arguments) => founding::join::join(arguments),
        Verb::Token(arguments) => token::run(arguments),
        Verb::Arbiter(arguments) => arbiter::run(arguments),
        Verb::Lab(arguments) => laboratory::run(arguments),
        Verb::Bench(arguments) => bench::run(arguments),
        Verb::BenchClient { role } => bench::messages::client::run(role),
        Verb::Node { change: Some(change), .. } => change.make(),
        Verb::Node { change: None, .. }
        | Verb::NodeDaemon { .. }
        | Verb::Agent { .. }
        | Verb::Demo(_)
        | Verb::DemoPlayer(_) => DONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_tools_are_listed_within_the_width() {
        let text = compatible_names();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("attrd_updater, cibadmin,") && !text.ends_with(','), "{text}");
    }

    const GOOD: &[&str] = &[
        "systole node --config a --state b --run c --key d",
        "systole status --wait-for 3 --timeout 10s --run r",
        "systole node add oss3 10.77.0.3 10.77.1.3 --id 3 --run r",
        "systole node remove oss3",
        "systole node drain oss3 --within 10min --run r",
        "systole node resume --run r",
        "systole status --json",
        "systole status --output json",
        "systole config show 0.3 --output json",
        "systole apply a.crm --yes --output json",
        "systole rings --json --run r",
        "systole lab up --nodes 2 --disk ost0 --disk ost1:128 --fresh --dir /tmp/x",
        "systole lab run oss1 -- crm_mon -1 --help",
        "systole lab power off oss2",
        "systole lab cut oss1 --ring 1 --from oss2",
        "systole lab deafen oss1 --to oss2",
        "systole lab lose 20 --ring 0",
        "systole lab flap --node oss1 --ring 0 --hz 2 --for 10s",
        "systole lab kill oss1",
        "systole bench detection --sizes 3,8 --crashes 5 --peer",
        "systole bench calm loss flap --minutes 0.5",
        "systole bench rest --sizes 3",
        "systole agent ocf heartbeat Filesystem monitor",
        "systole demo --fast",
        "systole bench messages --nodes 2,8 --sizes 64 --repeats 1 --peer-client /tmp/x",
        "systole bench-client ping 64 2",
        "systole keygen --force /tmp/key",
        "systole import --conf a --key b --cib c --into d --state e --dry-run --json",
        "systole import --from running -n",
        "systole take-over prepare --yes --state s --into i",
        "systole take-over finish --force --run r",
        "systole arbiter --listen 10.0.0.9:5403 --dir /tmp/x --trust-new",
        "systole arbiter status --json --dir /tmp/x",
        "systole arbiter fingerprint",
        "systole arbiter add lustre 0011",
        "systole arbiter add lustre --key /tmp/authkey",
        "systole arbiter remove lustre",
        "systole arbiter identity --config /tmp/corosync.conf",
        "systole explain ost0 --node oss1 -x cib.xml --format json",
        "systole explain ost0 --json",
        "systole init",
        "systole init --name lustre --node oss1 --address 10.0.0.1 --address 10.0.1.1 --no-start",
        "systole join - --name oss2",
        "systole token create --user alice --for 1h -o f --access g",
        "systole plan --xml-file - --dot - --svg plan.svg --points --run r",
        "systole conf explain corosync.conf",
        "systole conf explain --json -",
        "systole completion bash",
        "systole complete -- --no",
        "systole verify f.crm",
        "systole verify -x cib.xml",
    ];

    #[test]
    fn the_service_is_started_by_a_command_that_there_is() {
        let unit = include_str!("../../../packaging/systole.service");
        let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/sbin/"));
        let command = command.expect("it starts something");
        assert!(Arguments::try_parse_from(command.split(' ')).is_ok(), "{command}");
    }

    #[test]
    fn command_lines() {
        for line in GOOD {
            let parsed = Arguments::try_parse_from(line.split(' '));
            assert!(
                parsed.is_ok(),
                "{line}: {}",
                parsed.err().map_or_else(String::new, |e| e.to_string())
            );
        }
        for line in [
            "systole",
            "systole stauts",
            "systole node add oss3",
            "systole node remove",
            "systole join",
            "systole token create",
            "systole token create --user alice --access f --run r",
            "systole arbiter add lustre",
            "systole arbiter add lustre 0011 --key /tmp/authkey",
            "systole lab power up oss1",
            "systole status --wait-for",
            "systole plan --json --format text",
            "systole plan --points",
            "systole conf explain",
            "systole verify",
            "systole verify a -x b",
        ] {
            let refused = Arguments::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(refused.exit_code(), 2, "{line}");
        }
    }
}
