//! The story: what is, what is changed, what would be done, how it goes, what is then.

use super::artifacts::{write_cib, write_dot, write_graph};
use super::options::{Depth, Options};
use super::text::Pages;
use crate::answer::{Failure, Outcome, complain, say_aside};
use base::WallTime;
use cib::Cib;
use cluster::{Agent, date::Date};
use rehearsal::{End, Played, Script};
use report::monitor::{self, Pending, Section};
use report::simulation::{self, Labels, Shown};
use scheduler::{Decision, Facts, Situation};
use std::process::ExitCode;

/// The graph was wrong: it waited for what never came.
const INVALID_TRANSITION: u8 = 113;

const NOT_VALIDATED: &str = "Schema validation of configuration is disabled (support for \
    validate-with set to \"none\" is deprecated and will be removed in a future release)";

/// Tells it.
pub(super) fn run(mut cib: Cib, options: &Options, mut pages: Pages) -> Outcome {
    if cib.attribute("validate-with") == Some("none") {
        say_aside(NOT_VALIDATED);
    }
    let now = set_date(&mut pages, &cib, options);
    let situation = scheduler::situation(&facts(&cib, now));
    show_present(&mut pages, &situation, options);
    let agents = agents(&situation);
    drop(situation);
    if options.quorum.is_some() || !options.injections.is_empty() {
        modify(&mut pages, &mut cib, options, &agents);
        set_date(&mut pages, &cib, options);
    }
    if let Some(path) = &options.files.input {
        write_cib(path, &cib)?;
    }
    let mut after = cib.clone();
    let mut end = End::Complete;
    if options.depth >= Depth::Plan {
        let decision = scheduler::decide(&facts(&cib, now));
        show_plan(&mut pages, &decision, options)?;
        if options.depth >= Depth::Play {
            end = play(&mut pages, &decision, options, &mut after);
            show_future(&mut pages, &after, options);
        }
    }
    if let Some(path) = &options.files.output {
        write_cib(path, &after)?;
    }
    Ok(match end {
        End::Complete => ExitCode::SUCCESS,
        End::Terminated => ExitCode::from(INVALID_TRANSITION),
    })
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

fn set_date(pages: &mut Pages, cib: &Cib, options: &Options) -> WallTime {
    let (now, remark) = date_of(cib, options);
    if let Some(remark) = remark {
        pages.remark(&remark);
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

fn sections(options: &Options) -> Vec<Section> {
    let attributes = options.attributes.then_some(Section::Attributes);
    attributes.into_iter().chain(options.fail_counts.then_some(Section::FailCounts)).collect()
}

fn show_present(pages: &mut Pages, situation: &Situation<'_>, options: &Options) {
    if options.verbose {
        situation.warnings.iter().for_each(|warning| say_aside(warning));
    }
    if pages.is_quiet() {
        return;
    }
    if situation.options.is_in_maintenance {
        pages.page(monitor::MAINTENANCE);
    }
    if let Some(line) = monitor::out_of_action(situation) {
        pages.page(&format!("{line}\n"));
    }
    let status = monitor::current_status(situation, Pending::Shown, &sections(options));
    pages.page(&format!("Current cluster status:\n{status}"));
}

/// The agents of all resources, by the names under which people and histories know them.
type Agents = std::collections::BTreeMap<String, Agent>;

fn agents(situation: &Situation<'_>) -> Agents {
    let primitives = situation.resources.values().filter(|resource| resource.is_primitive());
    let named = primitives.flat_map(|resource| {
        [&resource.history_id, &resource.id].map(|name| (name.clone(), resource.agent.clone()))
    });
    named.collect()
}

fn modify(pages: &mut Pages, cib: &mut Cib, options: &Options, agents: &Agents) {
    let mut lines = Vec::new();
    if let Some(quorum) = &options.quorum {
        lines.push(simulation::modification(&rehearsal::Modification::Quorum(quorum.clone())));
        cib.set_attribute("have-quorum", quorum);
    }
    let mut complaints = Vec::new();
    let now = os::clock::wall();
    for injection in &options.injections {
        let place = (&mut cib.configuration, &mut cib.status);
        let (said, done) =
            rehearsal::inject(injection, place, |id| agents.get(id).cloned(), now);
        lines.extend(said.iter().map(simulation::modification));
        complaints.extend(done.err().map(|error| error.to_string()));
    }
    cib.configuration.version.num_updates += 1;
    if !pages.is_quiet() {
        pages.part("Performing Requested Modifications", &lines);
    }
    complaints.iter().for_each(|complaint| say_aside(complaint));
}

fn show_plan(
    pages: &mut Pages,
    decision: &Decision<'_>,
    options: &Options,
) -> Result<(), Failure> {
    if let Some(title) = options.notes.title() {
        let notes = decision.notes.iter().filter(|note| options.notes.show(note));
        let lines: Vec<String> = notes.map(simulation::score).collect();
        match pages.is_quiet() {
            true => pages.plain(&lines),
            false => pages.part(title, &lines),
        }
    }
    if let Some(path) = &options.files.graph {
        write_graph(path, decision)?;
    }
    if let Some(path) = &options.files.dot {
        let shown = if options.files.all_actions { Shown::All } else { Shown::Needed };
        let labels = if options.verbose { Labels::Numbered } else { Labels::Plain };
        write_dot(path, decision, shown, labels)?;
    }
    if !pages.is_quiet() {
        pages.part("Transition Summary", &simulation::transition_summary(&decision.summary));
    }
    Ok(())
}

fn play(pages: &mut Pages, decision: &Decision<'_>, options: &Options, after: &mut Cib) -> End {
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
    after.configuration.version.num_updates += 1;
    if !pages.is_quiet() {
        let lines: Vec<String> = events.iter().map(simulation::event).collect();
        pages.part("Executing Cluster Transition", &lines);
    }
    if end == End::Terminated {
        complain("crm_simulate", "Transition failed: terminated");
        complain("crm_simulate", "An invalid transition was produced");
    }
    end
}

fn show_future(pages: &mut Pages, after: &Cib, options: &Options) {
    if pages.is_quiet() {
        return;
    }
    let now = set_date(pages, after, options);
    let situation = scheduler::situation(&facts(after, now));
    let status = monitor::current_status(&situation, Pending::LeftOut, &sections(options));
    pages.page(&format!("Revised Cluster Status:\n{status}"));
}
