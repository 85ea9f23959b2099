//! `systole completion bash`: candidates in the shell people come from.
//!
//! bash runs the hidden `systole complete` at each press of Tab, with the line in its environment.
//! For `crm` the answer is the prompt's; for our own verbs it is read from their command line.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::connection::Connection;
use crate::shell::completion::{
    AgentsHere, Candidate, Completion, Facts, Place, complete, complete_place,
};
use crate::shell::levels::Level;
use crate::tools::TOOLS;
use crate::words::begun;
use clap::{Arg, Command, ValueEnum};
use cluster::Configuration;

/// The shells that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The script goes to /etc/bash_completion.d or into ~/.bashrc
    Bash,
}

/// `nospace`, since some words go on: what is whole brings its blank along.
const BASH: &str = "\
# What bash offers behind `systole` and `crm`: the program itself says it.
_systole() {
    local IFS=$'\\n'
    COMPREPLY=($(COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT systole complete -- \"$2\" 2>/dev/null))
}
complete -o nospace -F _systole systole crm
";

/// Prints the script for a shell.
pub(crate) fn script(target: Target) -> Outcome {
    match target {
        Target::Bash => print(BASH),
    }
    DONE
}

/// What bash is told: the words, one a line, each beginning where bash thinks that the word begins.
pub(crate) fn answer(verbs: &Command, word: &str) -> Outcome {
    let variable = |name: &str| {
        let missing = || Failure::Usage(format!("{name} is not set; bash sets it"));
        std::env::var(name).map_err(|_| missing())
    };
    let line = variable("COMP_LINE")?;
    let end = variable("COMP_POINT")?.parse().unwrap_or(line.len());
    let line = line.get(..end).unwrap_or(&line);
    // Without a cluster there are still commands and options.
    let configuration = Connection::usual().cib().map(|cib| cib.configuration).unwrap_or_default();
    for told in told(line, word, verbs, &configuration) {
        print(&format!("{told}\n"));
    }
    DONE
}

fn told(line: &str, word: &str, verbs: &Command, configuration: &Configuration) -> Vec<String> {
    let machine = AgentsHere::default();
    let facts = Facts { configuration, machine: &machine };
    let completion = of_line(line, verbs, &facts);
    // bash ends words at `:` and `=`, and puts what it is told behind these.
    let typed = &line[completion.from..];
    let cut = typed.len().saturating_sub(word.len());
    let shown = |it: Candidate| {
        let blank = if it.is_whole { " " } else { "" };
        Some(format!("{}{blank}", it.word.get(cut..)?))
    };
    completion.candidates.into_iter().filter_map(shown).collect()
}

/// What can stand at the end of a whole line, the program's name among its words.
fn of_line(line: &str, verbs: &Command, facts: &Facts<'_>) -> Completion {
    let typed = begun(line);
    let program = typed.words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let is_shell = typed.words.get(1).is_some_and(|word| word == "crm");
    let behind = match (program, is_shell) {
        ("crm", _) => 1,
        (_, true) => 2,
        (_, false) => return of_verbs(&typed.words, line, verbs, facts),
    };
    // What the shell is told before its command is skipped.
    let options = typed.words.iter().skip(behind).take_while(|word| word.starts_with('-')).count();
    let from = place_of(line, behind + options);
    let found = complete(&line[from..], Level::Root, facts);
    Completion { from: from + found.from, ..found }
}

/// Where the word of that number begins, or would begin, in bytes.
fn place_of(line: &str, number: usize) -> usize {
    let ends = line.char_indices().map(|(place, _)| place).chain([line.len()]);
    let has_it = |place: &usize| {
        let typed = begun(&line[..*place]);
        typed.words.len() == number && typed.word.is_none()
    };
    ends.into_iter().find(has_it).unwrap_or(line.len())
}

fn of_verbs(words: &[String], line: &str, verbs: &Command, facts: &Facts<'_>) -> Completion {
    let typed = begun(line);
    let word = typed.word.clone().unwrap_or_default();
    let (mut at, mut positions) = (verbs, 0);
    for said in words.iter().skip(1) {
        match at.find_subcommand(said) {
            Some(below) => (at, positions) = (below, 0),
            None if !said.starts_with('-') => positions += 1,
            None => {}
        }
    }
    let last = words.last().map_or("", String::as_str);
    let awaited = at.get_arguments().find(|it| is_option(it, last) && takes_value(it));
    let mut found = match awaited.or_else(|| at.get_positionals().nth(positions)) {
        Some(argument) => values(argument, &word, facts),
        None => Vec::new(),
    };
    if awaited.is_none() {
        let verbs = at.get_subcommands().filter(|it| !it.is_hide_set());
        found.extend(verbs.map(|it| Candidate::new(it.get_name(), about(it.get_about()))));
        if words.len() == 1 {
            found.extend(TOOLS.iter().map(|tool| Candidate::new(tool.name, "a compatible tool")));
        }
        let options = at.get_arguments().filter(|it| !it.is_hide_set());
        found.extend(options.filter_map(|it| {
            Some(Candidate::new(format!("--{}", it.get_long()?), about(it.get_help())))
        }));
    }
    found
        .retain(|it| it.word.starts_with(&word) && (!it.word.starts_with('-') || !word.is_empty()));
    Completion { from: typed.from, candidates: found }
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn is_option(argument: &Arg, word: &str) -> bool {
    let long = argument.get_long().is_some_and(|name| word == format!("--{name}"));
    long || argument.get_short().is_some_and(|name| word == format!("-{name}"))
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

/// What an argument can be: one of its own values, or what its name stands for.
fn values(argument: &Arg, word: &str, facts: &Facts<'_>) -> Vec<Candidate> {
    let own = argument.get_possible_values();
    if !own.is_empty() {
        return own.iter().map(|it| Candidate::new(it.get_name(), about(it.get_help()))).collect();
    }
    let named = argument.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str);
    let id = argument.get_id().as_str().to_ascii_uppercase();
    let place = named.chain([id.as_str()]).find_map(Place::named);
    place.map(|place| complete_place(place, word, facts)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bash_is_told() {
        let text = "node 1: oss1\nprimitive ost0 ocf:pacemaker:Dummy\n\
            primitive ost1 ocf:pacemaker:Dummy\nlocation l ost0 inf: oss1\n";
        let mut configuration = Configuration::default();
        let loaded = crmsh::load(text, &configuration, crmsh::Mode::Update).expect("it is right");
        configuration.apply(&loaded.edits).expect("the edits fit");
        let cases = [
            ("crm resource sto", "sto", "stop "),
            ("/usr/sbin/crm -F resource stop o", "o", "ost0 |ost1 "),
            ("systole crm resource stop ost0 ", "", "ost0 |ost1 "),
            // bash has ended the word at `=` or `:`.
            ("crm configure property stonith-enabled=t", "t", "true "),
            ("crm configure show type:or", "or", "order "),
            ("systole expl", "expl", "explain "),
            ("systole explain os", "os", "ost0 |ost1 "),
            ("systole explain ost0 --node o", "o", "oss1 "),
            ("systole explain ost0 --no", "--no", "--node "),
            ("systole config di", "di", "diff "),
            ("systole crm_resou", "crm_resou", "crm_resource "),
            ("systole completion ", "", "bash "),
        ];
        let verbs = crate::verbs::command();
        for (line, word, expected) in cases {
            assert_eq!(told(line, word, &verbs, &configuration).join("|"), expected, "{line}");
        }
    }
}
