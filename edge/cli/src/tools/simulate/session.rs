//! The story: what is, what is changed, what would be done, how it goes, what is then.

use super::artifacts::{write_cib, write_dot, write_graph};
use super::options::{Depth, Options};
use super::tell::Tell;
use crate::answer::{Failure, complain, say_aside};
use base::WallTime;
use cib::Cib;
use cluster::{Agent, date::Date};
use rehearsal::{End, Modification, Played, Script};
use report::simulation::{Labels, Shown};
use scheduler::{Decision, Facts, Situation};
use std::collections::BTreeMap;

/// The graph was wrong: it waited for what never came.
const INVALID_TRANSITION: u8 = 113;

const NOT_VALIDATED: &str = "Schema validation of configuration is disabled (support for \
    validate-with set to \"none\" is deprecated and will be removed in a future release)";

/// Tells it, and says with which exit code it ends.
pub(super) fn run(cib: &mut Cib, options: &Options, tell: &mut dyn Tell) -> Result<u8, Failure> {
    if cib.attribute("validate-with") == Some("none") {
        say_aside(NOT_VALIDATED);
    }
    let now = set_date(tell, cib, options);
    let mut situation = scheduler::situation(&facts(cib, now));
    warn(&situation.warnings, options);
    tell.present(&situation);
    if options.quorum.is_some() || !options.injections.is_empty() {
        let agents = agents(&situation);
        modify(tell, cib, options, &agents);
        set_date(tell, cib, options);
        situation = scheduler::situation(&facts(cib, now));
    }
    if let Some(path) = &options.files.input {
        write_cib(path, cib)?;
    }
    let (end, after) = decide(situation, cib, options, tell)?;
    if let Some(path) = &options.files.output {
        write_cib(path, after.as_ref().unwrap_or(cib))?;
    }
    Ok(match end {
        End::Complete => 0,
        End::Terminated => INVALID_TRANSITION,
    })
}

/// As far as it is asked for: decides, and plays that; gives what the CIB is like afterwards, if
/// anything was played.
fn decide(
    situation: Situation<'_>,
    cib: &Cib,
    options: &Options,
    tell: &mut dyn Tell,
) -> Result<(End, Option<Cib>), Failure> {
    if options.depth < Depth::Plan {
        return Ok((End::Complete, None));
    }
    let warned = situation.warnings.len();
    let decision = scheduler::decide_on(situation);
    warn(decision.situation.warnings.get(warned..).unwrap_or_default(), options);
    tell.noted(&decision.notes);
    write_artifacts(&decision, options)?;
    tell.planned(&decision.summary);
    if options.depth < Depth::Play {
        return Ok((End::Complete, None));
    }
    let mut after = cib.clone();
    let end = play(tell, &decision, options, &mut after);
    let now = set_date(tell, &after, options);
    tell.future(&scheduler::situation(&facts(&after, now)));
    Ok((end, Some(after)))
}

fn warn(warnings: &[String], options: &Options) {
    if options.verbose {
        warnings.iter().for_each(|warning| say_aside(warning));
    }
}

/// What a plan depends on.
pub(super) fn facts(cib: &Cib, now: WallTime) -> Facts<'_> {
    Facts {
        configuration: &cib.configuration,
        status: &cib.status,
        in_flight: &[],
        has_quorum: cib.attribute("have-quorum").and_then(cluster::value::boolean) == Some(true),
        has_lost_quorum: cib.attribute("no-quorum-panic").and_then(cluster::value::boolean)
            == Some(true),
        is_masked: true,
        coordinator: cib.attribute("dc-uuid"),
        now,
    }
}

/// When it is: as asked for, or when the CIB was planned for, or now.
pub(super) fn date_of(cib: &Cib, options: &Options) -> (WallTime, Option<String>) {
    let original = cib.attribute("execution-date").and_then(|text| text.parse().ok());
    match (&options.date, original.filter(|seconds| *seconds != 0)) {
        (Some((date, written)), _) => {
            (*date, Some(format!("Setting effective cluster time: {written}")))
        }
        (None, Some(seconds)) => {
            let date = WallTime::from_seconds(seconds);
            (date, Some(format!("Using the original execution date of: {}", words_of(date))))
        }
        (None, None) => (os::clock::wall(), None),
    }
}

fn set_date(tell: &mut dyn Tell, cib: &Cib, options: &Options) -> WallTime {
    let (now, remark) = date_of(cib, options);
    if let Some(remark) = remark {
        tell.remark(&remark);
    }
    now
}

/// `2017-09-12 10:51:59Z`
fn words_of(date: WallTime) -> String {
    let (year, month, day) = Date::utc(date).calendar();
    let seconds = date.seconds().rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The agents of all resources, by the names under which people and histories know them.
fn agents(situation: &Situation<'_>) -> BTreeMap<String, Agent> {
    let primitives = situation.resources.values().filter(|resource| resource.is_primitive());
    let named = primitives.flat_map(|resource| {
        [&resource.history_id, &resource.id].map(|name| (name.clone(), resource.agent.clone()))
    });
    named.collect()
}

fn modify(tell: &mut dyn Tell, cib: &mut Cib, options: &Options, agents: &BTreeMap<String, Agent>) {
    let mut all = Vec::new();
    if let Some(quorum) = &options.quorum {
        all.push(Modification::Quorum(quorum.clone()));
        cib.set_attribute("have-quorum", quorum);
    }
    let mut complaints = Vec::new();
    let now = os::clock::wall();
    for injection in &options.injections {
        let place = (&mut cib.configuration, &mut cib.status);
        let (said, done) = rehearsal::inject(injection, place, |id| agents.get(id).cloned(), now);
        all.extend(said);
        complaints.extend(done.err().map(|error| error.to_string()));
    }
    cib.configuration.version.count_update();
    tell.modified(&all);
    complaints.iter().for_each(|complaint| complain("crm_simulate", complaint));
}

fn write_artifacts(decision: &Decision<'_>, options: &Options) -> Result<(), Failure> {
    if let Some(path) = &options.files.graph {
        write_graph(path, decision)?;
    }
    if let Some(path) = &options.files.dot {
        let shown = if options.files.all_actions { Shown::All } else { Shown::Needed };
        let labels = if options.verbose { Labels::Numbered } else { Labels::Plain };
        write_dot(path, decision, shown, labels)?;
    }
    Ok(())
}

fn play(tell: &mut dyn Tell, decision: &Decision<'_>, options: &Options, after: &mut Cib) -> End {
    let resources = decision.situation.resources.values();
    let names = resources.flat_map(|it| [it.id.as_str(), it.history_id.as_str()]).collect();
    let script = Script {
        configuration: decision.situation.facts.configuration,
        names,
        failures: &options.failures,
        is_start_failure_fatal: decision.situation.options.is_start_failure_fatal,
        now: os::clock::wall(),
    };
    let Played { events, end } = rehearsal::play(&decision.transition, &script, &mut after.status);
    after.configuration.version.count_update();
    tell.played(&events);
    if end == End::Terminated {
        complain("crm_simulate", "Transition failed: terminated");
        complain("crm_simulate", "An invalid transition was produced");
    }
    end
}
