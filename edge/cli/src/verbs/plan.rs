//! `systole plan`: what the cluster would do now, in which order and why; as a list, for
//! programs, or as a picture.

use crate::answer::{DONE, Failure, Outcome, print, say_aside};
use crate::output::{Form, JSON_VERSION};
use crate::verbs::explain::said;
use crate::verbs::offline::Subject;
use crate::words::of_system;
use report::plan::{self, Points, Step};
use report::simulation::{Labels, Shown, dot};
use scheduler::{Decision, SummaryLine};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Pictures to write; `-` is standard output, and then nothing else is written there.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    /// For Graphviz.
    pub(crate) dot: Option<PathBuf>,
    /// As it is.
    pub(crate) svg: Option<PathBuf>,
    /// Whether that shows points.
    pub(crate) points: Points,
}

/// Shows the plan, and writes its pictures.
pub(crate) fn run(subject: &Subject, pictures: &Pictures) -> Outcome {
    let is_output = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if is_output(&pictures.dot) && is_output(&pictures.svg) {
        return Err(Failure::Usage(
            "--dot and --svg are two documents, and standard output takes one: give a file for \
             one of them"
                .into(),
        ));
    }
    let picture = subject.picture()?;
    let facts = picture.facts();
    let decision = scheduler::decide(&facts);
    let mut is_said = false;
    if let Some(path) = &pictures.dot {
        is_said |= write(path, &dot(&decision, Shown::Needed, Labels::Plain))?;
    }
    if let Some(path) = &pictures.svg {
        is_said |= write(path, &report::svg(&decision, pictures.points))?;
    }
    if !is_said {
        print(&match subject.form() {
            Form::Text => plan::text(&decision),
            Form::Json => format!("{:#}\n", as_json(&decision)),
        });
    }
    decision.situation.warnings.iter().for_each(|warning| say_aside(warning));
    if plan::stuck(&decision).is_empty() { DONE } else { Ok(ExitCode::FAILURE) }
}

/// Writes a picture; says whether that was standard output.
fn write(path: &Path, text: &str) -> Result<bool, Failure> {
    if path == Path::new("-") {
        print(text);
        return Ok(true);
    }
    let written = std::fs::write(path, text);
    written
        .map_err(|error| Failure::Other(format!("{}: {}", path.display(), of_system(&error))))?;
    Ok(false)
}

fn as_json(decision: &Decision<'_>) -> Value {
    let steps = plan::steps(decision, Points::LeftOut);
    let changes = decision.summary.iter().map(change_as_json);
    json!({
        "version": JSON_VERSION,
        "changes": changes.collect::<Vec<Value>>(),
        "stuck": plan::stuck(decision),
        "steps": steps.iter().enumerate().map(step_as_json).collect::<Vec<Value>>(),
    })
}

fn change_as_json(line: &SummaryLine) -> Value {
    json!({
        "change": line.verb,
        "subject": line.subject,
        "course": line.course.as_ref().map(ToString::to_string),
        "why": said(&line.reason),
        "blocked": line.blocked,
    })
}

fn step_as_json((number, step): (usize, &Step)) -> Value {
    let waits = step.waits.iter().map(|wait| json!({ "step": wait.step, "why": said(&wait.why) }));
    json!({
        "step": number,
        "wave": step.wave,
        "kind": step.kind.name(),
        "what": step.what,
        "subject": step.subject,
        "node": step.node,
        "key": step.key,
        "why": said(&step.reason),
        "after": waits.collect::<Vec<Value>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        subject: Subject,
    }

    /// What it shows is what the programs say, and every command in it is one.
    #[test]
    fn the_readme_tells_the_truth() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let readme = std::fs::read_to_string(root.join("README.md")).expect("it is there");
        let example = root.join("examples/lost-server.xml");
        let subject = Line::parse_from(["plan", "-x", &example.display().to_string()]).subject;
        let picture = subject.picture().expect("it can be read");
        let facts = picture.facts();
        let decision = scheduler::decide(&facts);
        let plan = plan::text(&decision);
        assert!(readme.contains(&format!("$ systole plan -x examples/lost-server.xml\n{plan}")));
        let ost0 = report::explain::explain(&decision, "ost0");
        let why = report::explain::text(&ost0, None);
        let command = "$ systole explain ost0 -x examples/lost-server.xml";
        assert!(readme.contains(&format!("{command}\n{why}")), "{why}");
    }

    #[test]
    fn one_stream_takes_one_document() {
        let subject = Line::parse_from(["plan"]).subject;
        let output = || Some(PathBuf::from("-"));
        let both = Pictures { dot: output(), svg: output(), points: Points::LeftOut };
        assert!(matches!(run(&subject, &both), Err(Failure::Usage(_))));
    }
}
