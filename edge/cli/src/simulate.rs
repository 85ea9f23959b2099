//! `crm_simulate`: what the cluster would do.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::arguments::{CommandLine, flag, value};
use crate::connection::{Connection, located, read_file};
use crate::picture::Picture;
use scheduler::Change;
use std::path::Path;

const LINE: CommandLine = CommandLine {
    name: "crm_simulate",
    purpose: "shows what the cluster would do, without doing it",
    words: "",
    choices: &[
        flag("L", "live-check", "for the cluster as it is"),
        value("x", "xml-file", "for the CIB in this file"),
        flag("p", "xml-pipe", "for the CIB on standard input"),
        flag("R", "run", "accepted: the plan is always made"),
        flag("S", "simulate", "accepted: the plan is shown, its execution is not played"),
        flag("s", "show-scores", "show what speaks for each node"),
        flag("Q", "quiet", "show the plan only"),
    ],
};

/// `crm_simulate`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let picture = match given.first_of(&["xml-file", "xml-pipe", "live-check"]) {
        Some("xml-file") => of_file(Path::new(given.required("xml-file")?))?,
        Some("xml-pipe") => of_file(Path::new("-"))?,
        Some(_) => Picture::take(&Connection::usual())?,
        None => return Err(Failure::Usage("say for what: -L, -x FILE or -p".into())),
    };
    if !given.has("quiet") {
        print_status(&picture);
    }
    if given.has("show-scores") {
        print_scores(&picture);
    }
    print_plan(&picture);
    DONE
}

/// What is, and what the cluster would do about it.
pub(crate) fn show(picture: &Picture) -> Outcome {
    print_status(picture);
    print_plan(picture);
    DONE
}

fn of_file(path: &Path) -> Result<Picture, Failure> {
    let text = read_file(path)?;
    let read = cib::read_tolerant(&text);
    let name = path.display().to_string();
    let wrong = |error| Failure::Configuration(located(&name, &error));
    Ok(Picture::of_file(read.map_err(wrong)?.0))
}

fn print_status(picture: &Picture) {
    let situation = picture.situation();
    if let Some(text) = report::monitor::out_of_action(&situation) {
        line(&format!("{text}\n"));
    }
    line("Current cluster status:");
    line(report::monitor::current_status(&situation).trim_end());
    line("");
}

fn print_scores(picture: &Picture) {
    line("Assignment Scores:");
    for placement in scheduler::schedule(&picture.facts()).placements {
        for (node, (score, _)) in placement.scores {
            line(&format!("  * {} allocation score on {node}: {score}", placement.instance));
        }
    }
    line("");
}

fn print_plan(picture: &Picture) {
    print(&transition(&scheduler::schedule(&picture.facts()).changes));
}

/// The changes in columns, as `crm_simulate` lists them.
fn transition(changes: &[Change]) -> String {
    let mut text = "Transition Summary:\n".to_owned();
    let subjects = changes.iter().filter(|change| change.verb != "Fence");
    let width = subjects.map(|change| change.subject.len()).max().unwrap_or(0);
    let room = changes.iter().map(|change| place(change).len()).max().unwrap_or(0);
    for change in changes {
        let subject = &change.subject;
        let reason = match change.reason.as_str() {
            "" => String::new(),
            reason if change.verb == "Fence" => format!(" '{reason}'"),
            reason => format!("  due to {reason}"),
        };
        let place = match place(change) {
            place if place.is_empty() => String::new(),
            place => format!("     ( {place:>room$} )"),
        };
        let line = match change.verb {
            "Fence" => format!("  * Fence {subject}{reason}"),
            verb => format!("  * {verb:<10} {subject:<width$}{place}{reason}"),
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Where something is or goes; nothing for a node that is fenced.
fn place(change: &Change) -> String {
    match (&change.from, &change.to) {
        _ if change.verb == "Fence" => String::new(),
        (Some(from), Some(to)) if from != to => format!("{from} -> {to}"),
        (Some(place), _) | (None, Some(place)) => place.clone(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_in_columns() {
        let change =
            |verb, subject: &str, from: Option<&str>, to: Option<&str>, reason: &str| Change {
                subject: subject.into(),
                verb,
                from: from.map(Into::into),
                to: to.map(Into::into),
                reason: reason.into(),
            };
        let text = transition(&[
            change("Fence", "oss2", None, None, "it was lost"),
            change("Start", "ost0", None, Some("oss1"), ""),
            change("Move", "ost10", Some("oss2"), Some("oss1"), "node availability"),
        ]);
        let expected = "Transition Summary:\n  * Fence oss2 'it was lost'\n\
            \x20 * Start      ost0      (         oss1 )\n\
            \x20 * Move       ost10     ( oss2 -> oss1 )  due to node availability\n";
        assert_eq!(text, expected);
    }
}
