//! What is told, in which order.

use super::options::Options;
use super::session;
use super::tell::Tell;
use crate::answer::Failure;
use rehearsal::{Event, Modification};
use report::simulation;
use scheduler::model::ScoreNote;
use scheduler::{Situation, SummaryLine};

const CIB: &str = "<cib have-quorum='1' execution-date='1772791200'><configuration><crm_config>\
    <cluster_property_set id='o'><nvpair id='f' name='stonith-enabled' value='false'/>\
    </cluster_property_set></crm_config>\
    <nodes><node id='1' uname='oss1'/><node id='2' uname='oss2'/></nodes>\
    <resources><primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/></resources>\
    <constraints/></configuration><status>\
    <node_state id='1' uname='oss1' in_ccm='true' crmd='online' join='member' expected='member'>\
    <lrm id='1'><lrm_resources/></lrm></node_state>\
    </status></cib>";

/// Writes down what it is told.
#[derive(Default)]
struct Notebook(Vec<String>);

impl Notebook {
    fn state(&mut self, word: &str, situation: &Situation<'_>) {
        let online = situation.nodes.values().filter(|node| node.is_online);
        let names: Vec<&str> = online.map(|node| node.name.as_str()).collect();
        let runs = situation.resource("a").map(|it| situation.resources[it].role.name());
        self.0.push(format!("{word}: {} online, a is {}", names.join(" "), runs.unwrap_or("?")));
    }
}

impl Tell for Notebook {
    fn remark(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }

    fn present(&mut self, situation: &Situation<'_>) {
        self.state("now", situation);
    }

    fn modified(&mut self, modifications: &[Modification]) {
        self.0.extend(modifications.iter().map(simulation::modification));
    }

    fn noted(&mut self, _: &[ScoreNote]) {}

    fn planned(&mut self, lines: &[SummaryLine]) {
        self.0.extend(simulation::transition_summary(lines));
    }

    fn played(&mut self, events: &[Event]) {
        self.0.extend(events.iter().map(simulation::event));
    }

    fn future(&mut self, situation: &Situation<'_>) {
        self.state("then", situation);
    }

    fn finish(&mut self, _: u8) -> Result<(), Failure> {
        Ok(())
    }
}

fn told(words: &str) -> Vec<String> {
    let args: Vec<String> = words.split_whitespace().map(String::from).collect();
    let options = Options::read(&args).expect("it is right");
    let mut cib = cib::read(CIB).expect("it is right");
    let mut notebook = Notebook::default();
    let code = session::run(&mut cib, &options, &mut notebook).expect("it works");
    assert_eq!(code, 0);
    notebook.0
}

const DATE: &str = "Using the original execution date of: 2026-03-06 10:00:00Z";

#[test]
fn without_a_wish_only_what_is_is_told() {
    assert_eq!(told("-x f"), [DATE, "now: oss1 online, a is Stopped"]);
}

#[test]
fn a_play_is_told_from_beginning_to_end() {
    let expected = [
        "Setting effective cluster time: 2026-03-06 12:00",
        "now: oss1 online, a is Stopped",
        "Start      a       (  oss1 )",
        "Resource action: a               monitor on oss1",
        "Resource action: a               start on oss1",
        "Setting effective cluster time: 2026-03-06 12:00",
        "then: oss1 online, a is Started",
    ];
    let words = ["-S", "-t", "2026-03-06 12:00"].map(String::from);
    let options = Options::read(&words).expect("it is right");
    let mut cib = cib::read(CIB).expect("it is right");
    let mut notebook = Notebook::default();
    session::run(&mut cib, &options, &mut notebook).expect("it works");
    assert_eq!(notebook.0, expected);
}

#[test]
fn what_is_asked_for_is_changed_first() {
    let told = told("-R -d oss1 -u oss2");
    let expected = [
        DATE,
        "now: oss1 online, a is Stopped",
        "Bringing node oss2 online",
        "Taking node oss1 offline",
        DATE,
        "Start      a       (  oss2 )",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        ("--op-fail foo", "--op-fail: foo is not written as RESOURCE_TASK_MILLISECONDS@NODE=CODE"),
        ("-i a_start@n=0", "RESOURCE_TASK_MILLISECONDS@NODE=CODE"),
        ("-t soon", "soon is no date"),
        ("--output-as html", "there is no form `html`"),
        ("-P d -N often", "often is no number"),
        ("-q maybe", "--quorum: maybe is neither true (1) nor false (0)"),
        ("--node-up=", "--node-up needs the name of a node"),
        ("--node-fail=", "--node-fail needs the name of a node"),
    ];
    for (words, expected) in cases {
        let args: Vec<String> = words.split_whitespace().map(String::from).collect();
        match Options::read(&args) {
            Err(Failure::Usage(said)) => assert!(said.contains(expected), "{words}: {said}"),
            other => panic!("{words}: {other:?}"),
        }
    }
}

#[test]
fn only_one_cluster_is_asked_about() {
    for words in [["-xf", "-L"], ["-L", "-p"]].map(|words| words.map(String::from)) {
        assert!(matches!(Options::read(&words), Err(Failure::NoInput(_))), "{words:?}");
    }
}
