//! `systole bench changes`: a large configuration shown and changed.

use super::table::{Table, seconds};
use super::{Verdict, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::edit::{Manner, request};
use crate::observer::{ObserverError, OwnNodes, ask};
use crate::shell::completion::{AgentsHere, Facts, complete};
use crate::shell::levels::Level;
use crate::words::number;
use api::{Language, LoadMode, Request, Response};
use clap::Args;
use cluster::{Configuration, Difference};
use lab::Lab;
use lab::measure::{everybody, in_one_view};
use std::time::{Duration, Instant};

/// `crm configure show`, the whole process.
const SHOW: Duration = Duration::from_millis(100);
/// Candidates for what was typed, the agent's description asked for once among it.
const COMPLETION: Duration = Duration::from_millis(20);
/// A commit, until a majority of the voters has it on disk.
const COMMIT: Duration = Duration::from_millis(100);
/// A thousand changes of one value, one after the other.
const VALUES: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct Changes {
    /// How many resources there are
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = number::<usize>)]
    resources: usize,
    /// How many values are changed
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = number::<usize>)]
    values: usize,
    /// How often each of the others is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = number::<usize>)]
    repeats: usize,
}

pub(super) fn run(how: &Changes) -> Result<Verdict, Failure> {
    line(&format!("Three nodes, {} resources:", how.resources));
    in_lab(&own_options(3)?, |lab| {
        in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE)?;
        let node = lab.options().nodes[0].clone();
        configure(lab, &node, how.resources)?;
        measure(lab, &node, how)
    })
}

fn measure(lab: &Lab, node: &str, how: &Changes) -> Result<Verdict, Failure> {
    let table = Table::begin(&[("", 44), ("median", 8), ("wanted", 8), ("", 7)]);
    let mut verdict = Verdict::Held;
    let mut tell = |what: &str, took: Duration, wanted: Duration| {
        let held = Verdict::of(took <= wanted);
        verdict = verdict.and(held);
        let cells =
            [what.to_owned(), seconds(Some(took)), seconds(Some(wanted)), held.word().into()];
        table.row(&cells);
    };

    let show = median(how.repeats, |round| {
        // What was shown last is at hand until something changes.
        done(lab, node, &priority("r0", round))?;
        // Entering the machine of the lab takes time, too: that of a program that does nothing.
        let nothing = timed(|| output(lab, node, &["systole", "crm", "--version"]))?;
        let all = timed(|| output(lab, node, &["systole", "crm", "configure", "show"]))?;
        Ok(all.saturating_sub(nothing))
    })?;
    tell("crm configure show, after a change", show, SHOW);

    let asked = median(how.repeats, |_| {
        let nothing = timed(|| output(lab, node, &["systole", "crm", "--version"]))?;
        let line = "COMP_LINE='crm resource move r1' COMP_POINT=19 systole complete -- r1";
        let all = timed(|| output(lab, node, &["sh", "-c", line]))?;
        Ok(all.saturating_sub(nothing))
    })?;
    tell("a completion from bash", asked, SHOW);

    completion(how, &mut tell)?;

    let commit = median(how.repeats, |round| {
        let before = configuration(lab, node)?;
        let mut after = before.clone();
        for (place, primitive) in (0..10).map(|place| (place, format!("r{}", place * 7 + round))) {
            if let Some(primitive) = after.primitive_mut(&primitive) {
                primitive.description = Some(format!("round {round}, {place}"));
            }
        }
        let manner = Manner { name: "bench", ..Manner::default() };
        let change = request(&Difference::between(&before, &after), manner);
        timed(|| done(lab, node, &change))
    })?;
    tell("a commit of ten resources", commit, COMMIT);

    let values = timed(|| {
        (0..how.values).try_for_each(|number| {
            let resource = format!("r{}", number * 13 % how.resources.max(1));
            done(lab, node, &priority(&resource, number))
        })
    })?;
    let wanted = VALUES.mul_f64(how.values as f64 / 1000.0);
    tell(&format!("{} changes of one value, in sequence", how.values), values, wanted);
    Ok(verdict)
}

/// A change of one value.
fn priority(resource: &str, value: usize) -> Request {
    Request::ResourceMeta {
        resource: resource.to_owned(),
        name: "priority".to_owned(),
        value: Some(value.to_string()),
    }
}

/// The words that are typed before Tab: an id of a thousand, a parameter, an object.
const LINES: [&str; 3] = [
    "resource move r1",
    "configure primitive p ocf:pacemaker:Dummy params f",
    "configure delete l19",
];

/// What the prompt needs to show candidates, everything asked for: its own part of the answer.
fn completion(
    how: &Changes,
    tell: &mut impl FnMut(&str, Duration, Duration),
) -> Result<(), Failure> {
    let mut configuration = Configuration::default();
    let text = text_of(how.resources);
    let loaded = crmsh::load(&text, &configuration, crmsh::Mode::Update);
    let wrong = |_| Failure::Other("the configuration of this benchmark is wrong".to_owned());
    let applied = configuration.apply(&loaded.map_err(wrong)?.edits);
    applied.map_err(|refusal| Failure::Refused(vec![refusal.to_string()]))?;
    let machine = AgentsHere::default();
    let facts = Facts { configuration: &configuration, machine: &machine };
    let mut found = 0;
    let took = median(how.repeats, |_| {
        timed(|| {
            found = LINES.map(|line| complete(line, Level::Root, &facts).candidates.len())[0];
            Ok(())
        })
    })?;
    if found == 0 && how.resources > 1 {
        return Err(Failure::Other("nothing was found to complete".to_owned()));
    }
    tell("three completions at the prompt", took, COMPLETION);
    Ok(())
}

/// Gives the cluster so many resources.
pub(super) fn configure(lab: &Lab, node: &str, resources: usize) -> Result<(), Failure> {
    done(lab, node, &whole(resources))
}

/// So many resources that nothing starts, each with what people usually say of one.
fn whole(resources: usize) -> Request {
    let (language, mode) = (Language::Crm, LoadMode::Update);
    let text = text_of(resources);
    Request::Load { text, language, mode, name: "bench".to_owned(), force: false }
}

fn text_of(resources: usize) -> String {
    let mut text =
        "property stonith-enabled=false stop-all-resources=true enable-startup-probes=false\n"
            .to_owned();
    for number in 0..resources {
        text.push_str(&format!(
            "primitive r{number} ocf:pacemaker:Dummy params fake={number} \
             op monitor interval=10s timeout=20s op start interval=0 timeout=60s\n\
             location l{number} r{number} 100: oss{}\n",
            number % 3 + 1
        ));
    }
    text
}

fn configuration(lab: &Lab, node: &str) -> Result<Configuration, Failure> {
    match ask(lab, node, &Request::Cib).map_err(|error| failed(&error))? {
        Response::Cib { xml } => Ok(crate::input::cib_of("the node's answer", &xml)?.configuration),
        other => Err(crate::connection::unexpected(&other)),
    }
}

/// Has a node make a change.
pub(super) fn done(lab: &Lab, node: &str, change: &Request) -> Result<(), Failure> {
    match ask(lab, node, change).map_err(|error| failed(&error))? {
        Response::Done { .. } => Ok(()),
        Response::Refused { reasons } => Err(Failure::Refused(reasons)),
        other => Err(crate::connection::unexpected(&other)),
    }
}

fn output(lab: &Lab, node: &str, words: &[&str]) -> Result<(), Failure> {
    let output = lab.run_in(node, words)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::Other(format!("{}: {said}", words.join(" "))))
}

fn failed(error: &ObserverError) -> Failure {
    Failure::Other(error.to_string())
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let begin = Instant::now();
    work().map(|()| begin.elapsed())
}

fn median(
    repeats: usize,
    work: impl FnMut(usize) -> Result<Duration, Failure>,
) -> Result<Duration, Failure> {
    let mut took = (0..repeats.max(1)).map(work).collect::<Result<Vec<_>, _>>()?;
    took.sort_unstable();
    Ok(took[took.len() / 2])
}
