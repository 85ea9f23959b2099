//! `crm_mon`'s command line.

use crate::answer::Failure;
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
use report::monitor::{Grouping, Options, Section};
use std::time::Duration;

pub(super) const LINE: CommandLine = CommandLine {
    name: "crm_mon",
    purpose: "shows the state of the cluster",
    words: "",
    choices: &[
        flag("1", "one-shot", "show it once; otherwise over and over"),
        value("i", "interval", "the time between two looks (5 s)"),
        flag("r", "inactive", "show stopped resources too"),
        flag("f", "failcounts", "show how often resources failed"),
        flag("A", "show-node-attributes", "show attributes of nodes"),
        flag("n", "group-by-node", "group resources by node"),
        flag("o", "operations", "show what was done with each resource"),
        flag("t", "timing-details", "the same with dates and durations"),
        flag("c", "tickets", "show tickets"),
        attached("L", "neg-locations", "show what is kept away from nodes"),
        flag("b", "brief", "count resources only"),
        flag("R", "show-detail", "show ids and all instances"),
        flag("D", "hide-headers", "leave the summary out"),
        attached("m", "fence-history", "show fencing: 0 nothing to 3 everything"),
        value("I", "include", "show these sections too"),
        value("U", "exclude", "leave these sections out"),
        value("", "output-as", "text, xml or none"),
        flag("X", "as-xml", "the same as --output-as=xml"),
        flag("s", "simple-status", "one line for monitoring systems"),
        flag("Q", "quiet", "show what matters only: the summary is left out"),
        flag("N", "disable-ncurses", "accepted: nothing but text is shown"),
        flag("j", "print-pending", "accepted: what is under way is always shown"),
    ],
};

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Xml,
    Simple,
    Nothing,
}

pub(super) fn output(given: &Parsed) -> Result<Output, Failure> {
    if given.has("simple-status") {
        return Ok(Output::Simple);
    }
    match given.value("output-as") {
        _ if given.has("as-xml") => Ok(Output::Xml),
        None | Some("text" | "console") => Ok(Output::Text),
        Some("xml") => Ok(Output::Xml),
        Some("none") => Ok(Output::Nothing),
        Some(other) => {
            Err(Failure::Usage(format!("`{other}` is no form of output; use text, xml or none")))
        }
    }
}

/// The time between two looks; none for a single one.
pub(super) fn pause(given: &Parsed, output: &Output) -> Result<Option<Duration>, Failure> {
    let interval = given.value("interval").map_or(Ok(Duration::from_secs(5)), |text| {
        cluster::value::duration(text)
            .filter(|pause| !pause.is_zero())
            .ok_or_else(|| Failure::Usage(format!("`{text}` is no duration; write it as 5s")))
    })?;
    let once = given.has("one-shot") || *output != Output::Text;
    Ok((!once).then_some(interval))
}

/// What is to be shown.
pub(super) fn shown(given: &Parsed, output: &Output) -> Result<Options, Failure> {
    let mut shown = Options {
        grouping: match given.has("group-by-node") {
            true => Grouping::Node,
            false => Grouping::Resource,
        },
        inactive: given.has("inactive"),
        timing: given.has("timing-details"),
        brief: given.has("brief"),
        detail: given.has("show-detail"),
        ban_prefix: given.value("neg-locations").unwrap_or_default().to_owned(),
        ..Options::default()
    };
    let sections = [
        ("failcounts", Section::FailCounts),
        ("show-node-attributes", Section::Attributes),
        ("operations", Section::Operations),
        ("timing-details", Section::Operations),
        ("tickets", Section::Tickets),
        ("neg-locations", Section::Bans),
    ];
    for (option, section) in sections {
        if given.has(option) {
            shown.include(&[section]);
        }
    }
    if given.has("hide-headers") || given.has("quiet") {
        shown.exclude(named("summary")?);
    }
    fencing(given, &mut shown)?;
    words(given.value("include"), |sections| shown.include(sections))?;
    words(given.value("exclude"), |sections| shown.exclude(sections))?;
    if *output == Output::Xml {
        shown.inactive = true;
    }
    Ok(shown)
}

fn fencing(given: &Parsed, shown: &mut Options) -> Result<(), Failure> {
    if !given.has("fence-history") {
        return Ok(());
    }
    match given.value("fence-history").unwrap_or("2") {
        "0" => shown.exclude(named("fencing")?),
        "1" => shown.include(&[Section::FencingFailed, Section::FencingPending]),
        "2" => shown.include(named("fencing")?),
        "3" => {
            shown.include(named("fencing")?);
            shown.full_fencing = true;
        }
        other => return Err(Failure::Usage(format!("`{other}`: use 0, 1, 2 or 3"))),
    }
    Ok(())
}

fn words(list: Option<&str>, mut each: impl FnMut(&[Section])) -> Result<(), Failure> {
    for word in list.unwrap_or_default().split(',').filter(|word| !word.is_empty()) {
        each(named(word)?);
    }
    Ok(())
}

fn named(word: &str) -> Result<&'static [Section], Failure> {
    Section::named(word).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no section `{word}`; one is nodes, others are resources, \
             failures, failcounts, attributes, operations, bans, tickets, fencing, summary, all"
        ))
    })
}

/// The command line again, for the head of XML.
pub(super) fn spelled(given: &Parsed) -> String {
    let mut text = "crm_mon".to_owned();
    for choice in ["one-shot", "inactive", "failcounts", "operations"] {
        if given.has(choice) {
            text.push_str(&format!(" --{choice}"));
        }
    }
    text + " --output-as=xml"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed {
        let args: Vec<String> = text.split(' ').map(Into::into).collect();
        LINE.read(&args).expect("the options are right")
    }

    fn options(text: &str) -> Result<Options, Failure> {
        shown(&read(text), &Output::Text)
    }

    #[test]
    fn letters_choose_sections() {
        let found = options("-1rf").expect("they are right");
        assert!(found.inactive && found.shows(Section::FailCounts));
        assert!(!found.shows(Section::Operations));
        let found = options("-1 -A -n -Lcli-").expect("they are right");
        assert!(found.shows(Section::Attributes) && found.shows(Section::Bans));
        assert_eq!((found.grouping, found.ban_prefix.as_str()), (Grouping::Node, "cli-"));
        let found = options("-1D").expect("they are right");
        assert!(!found.shows(Section::Counts) && found.shows(Section::Nodes));
        let found = options("-1 --exclude=all --include=nodes").expect("they are right");
        assert!(!found.shows(Section::Resources));
        assert!(matches!(options("-1 --include=moon"), Err(Failure::Usage(_))));
        assert!(matches!(options("-1 -m7"), Err(Failure::Usage(_))));
    }

    #[test]
    fn it_goes_on_unless_told_otherwise() {
        let pause = |text| pause(&read(text), &output(&read(text)).expect("it is right"));
        assert_eq!(pause("-1").expect("it is right"), None);
        assert_eq!(pause("-r").expect("it is right"), Some(Duration::from_secs(5)));
        assert_eq!(pause("-i 2").expect("it is right"), Some(Duration::from_secs(2)));
        assert_eq!(pause("--output-as=xml").expect("it is right"), None);
        assert!(matches!(pause("-i soon"), Err(Failure::Usage(_))));
    }
}
