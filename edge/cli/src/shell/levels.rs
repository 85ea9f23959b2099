//! Levels, the commands in them, and how a typed word finds its command.

use super::completion::Candidate;
use super::objects::OBJECTS;
use super::{
    Call, Shell, absent, cib, cluster, configure, corosync, history, maintenance, node, options,
    ra, resource, root, script, settle,
};
use crate::answer::{DONE, Failure, Outcome};
use crate::connection::Connection;
use crate::output::Form;
use crate::terminal::pager;
use base::suggest;

/// Where the shell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Level {
    #[default]
    Root,
    Cib,
    Cluster,
    Configure,
    Corosync,
    History,
    Maintenance,
    Node,
    Options,
    Ra,
    Resource,
    Script,
}

/// A command of a level.
pub(super) struct Command {
    /// Its names, separated by blanks; the first is the one in the help.
    names: &'static str,
    /// What it takes.
    words: &'static str,
    /// What it does, in a sentence.
    help: &'static str,
    run: fn(&mut Shell, &Call<'_>) -> Outcome,
    /// Whether it answers as JSON where that is wanted.
    has_json: bool,
}

pub(super) const fn command(
    names: &'static str,
    words: &'static str,
    help: &'static str,
    run: fn(&mut Shell, &Call<'_>) -> Outcome,
) -> Command {
    Command { names, words, help, run, has_json: false }
}

/// One that answers in every form.
pub(super) const fn query(
    names: &'static str,
    words: &'static str,
    help: &'static str,
    run: fn(&mut Shell, &Call<'_>) -> Outcome,
) -> Command {
    Command { has_json: true, ..command(names, words, help, run) }
}

impl Command {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split(' ')
    }

    /// What it takes, as the help tells it.
    pub(super) const fn takes(&self) -> &'static str {
        self.words
    }

    /// All of its names, and what it takes.
    fn usage(&self) -> String {
        format!("{} {}", self.names.replace(' ', "|"), self.words).trim_end().to_owned()
    }
}

/// The levels below the root, with the names that lead to them, and what they are about.
const LEVELS: [(Level, &str, &str); 11] = [
    (Level::Cib, "cib", "shadow copies"),
    (Level::Cluster, "cluster", "this node, and which nodes there are"),
    (Level::Configure, "configure cfg", "what people want"),
    (Level::Corosync, "corosync", "networks, and how nodes hear each other"),
    (Level::History, "history", "what happened, and what was changed"),
    (Level::Maintenance, "maintenance", "leave things alone"),
    (Level::Node, "node", "what nodes are to do"),
    (Level::Options, "options", "how the shell behaves"),
    (Level::Ra, "ra", "the agents of this machine"),
    (Level::Resource, "resource rsc", "what resources do"),
    (Level::Script, "script", "configurations with gaps to fill in"),
];

/// What can be said at every level.
const LEAVING: &str = "up end back cd quit exit bye help ls";

impl Level {
    /// What the prompt shows of it.
    pub(super) fn path(self) -> &'static str {
        let found = LEVELS.iter().find(|(level, ..)| *level == self);
        found.map_or("", |(_, names, _)| names.split(' ').next().unwrap_or_default())
    }

    fn commands(self) -> &'static [Command] {
        match self {
            Self::Root => root::COMMANDS,
            Self::Cib => cib::COMMANDS,
            Self::Cluster => cluster::COMMANDS,
            Self::Configure => configure::COMMANDS,
            Self::Corosync => corosync::COMMANDS,
            Self::History => history::COMMANDS,
            Self::Maintenance => maintenance::COMMANDS,
            Self::Node => node::COMMANDS,
            Self::Options => options::COMMANDS,
            Self::Ra => ra::COMMANDS,
            Self::Resource => resource::COMMANDS,
            Self::Script => script::COMMANDS,
        }
    }

    /// Whether the cluster may have something to do after a command here.
    const fn changes_things(self) -> bool {
        match self {
            Self::Cib
            | Self::Configure
            | Self::Maintenance
            | Self::Node
            | Self::Resource
            | Self::Script => true,
            Self::Root
            | Self::Cluster
            | Self::Corosync
            | Self::History
            | Self::Options
            | Self::Ra => false,
        }
    }

    /// Everything that can be said here.
    fn vocabulary(self) -> Vec<&'static str> {
        let mut words: Vec<_> = self.commands().iter().flat_map(Command::names).collect();
        words.extend(LEAVING.split(' '));
        match self {
            Self::Root => words.extend(LEVELS.iter().flat_map(|(_, names, _)| names.split(' '))),
            Self::Configure => {
                words.extend(OBJECTS.iter().flat_map(super::objects::Object::keywords));
            }
            _ => {}
        }
        words
    }

    /// The same as candidates, each thing once and by its first name.
    pub(super) fn offers(self) -> Vec<Candidate> {
        let commands = self
            .commands()
            .iter()
            .filter_map(|it| Some(Candidate::new(it.names().next()?, it.help)));
        let mut offers: Vec<Candidate> = commands.collect();
        match self {
            Self::Root => {
                let levels = LEVELS.iter().map(|(level, _, about)| (level.path(), *about));
                offers.extend(levels.map(|(path, about)| Candidate::new(path, about)));
            }
            Self::Configure => {
                let heads =
                    OBJECTS.iter().filter_map(|it| Some((it.keywords().next()?, it.syntax)));
                offers.extend(heads.map(|(word, syntax)| Candidate::new(word, syntax)));
            }
            _ => {}
        }
        offers.extend(["up", "help", "quit"].map(|word| Candidate::new(word, "")));
        offers
    }

    fn help(self) -> String {
        let mut text = String::new();
        for command in self.commands() {
            text.push_str(&row(&command.usage(), command.help));
        }
        match self {
            Self::Root => {
                text.push_str("\nLevels:\n");
                LEVELS
                    .iter()
                    .for_each(|(level, _, about)| text.push_str(&row(level.path(), about)));
                text.push_str(
                    "\n`help LEVEL` lists what there is, `help COMMAND` tells about one.\n",
                );
            }
            Self::Configure => {
                text.push_str("\nObjects, N=V being a name and its value:\n");
                for object in &OBJECTS {
                    for keyword in object.keywords() {
                        text.push_str(&format!("  {}\n", object.line(keyword)));
                    }
                }
            }
            _ => {}
        }
        text
    }
}

/// So wide is the column of what can be typed.
const COLUMN: usize = 30;

/// What can be typed, and what it does; on a line of its own where both do not fit on one.
fn row(left: &str, right: &str) -> String {
    if left.chars().count() <= COLUMN {
        return format!("  {left:<COLUMN$}  {right}\n");
    }
    format!("  {left}\n  {:<COLUMN$}  {right}\n", "")
}

/// The help about one thing: a level, a command or an object, at `here` first, else at any level.
fn topic(here: Level, words: &[String]) -> Result<String, Failure> {
    let (here, word) = match words {
        [word] => (here, word.as_str()),
        [place, word, ..] => match meaning(Level::Root, place)? {
            Meaning::Level(level) => (level, word.as_str()),
            _ => return Err(Failure::Usage(format!("`{place}` is no level"))),
        },
        [] => return Ok(here.help()),
    };
    if here == Level::Root
        && let Ok(Meaning::Level(level)) = meaning(Level::Root, word)
    {
        return Ok(level.help());
    }
    let told = told_of(here, word);
    if !told.is_empty() {
        return Ok(told);
    }
    let everywhere = LEVELS.iter().map(|(level, ..)| *level).chain([Level::Root]);
    let levels: Vec<Level> = everywhere.collect();
    let told: String = levels.iter().map(|level| told_of(*level, word)).collect();
    if !told.is_empty() {
        return Ok(told);
    }
    let known = levels.iter().flat_map(|level| level.vocabulary());
    let near = suggest::closest(word, known).map(|near| format!("; did you mean `{near}`?"));
    let near = near.unwrap_or_else(|| "; `crm help` lists levels and commands".into());
    Err(Failure::Usage(format!("there is no help on `{word}`{near}")))
}

/// What there is to say about a command or an object of a level.
fn told_of(level: Level, word: &str) -> String {
    let path = format!("crm {}", level.path());
    let command = level.commands().iter().find(|command| command.names().any(|n| n == word));
    if let Some(command) = command {
        let others: Vec<&str> = command.names().filter(|name| *name != word).collect();
        let also = match others[..] {
            [] => String::new(),
            _ => format!("  The same: {}\n", others.join(", ")),
        };
        let line = format!("{} {word} {}", path.trim_end(), command.words);
        return format!("{}\n  {}\n{also}", line.trim_end(), command.help);
    }
    let object = OBJECTS.iter().find(|object| object.keywords().any(|known| known == word));
    match object.filter(|_| level == Level::Configure) {
        Some(object) => format!("{path} {}\n", object.line(word)),
        None => String::new(),
    }
}

/// What a word means at a level.
pub(super) enum Meaning {
    Command(&'static Command),
    Level(Level),
    Statement,
    Leave,
    End,
    Help,
}

/// The word of `vocabulary` that is meant: itself, or the only one that begins like it.
fn complete(word: &str, vocabulary: &[&'static str]) -> Option<&'static str> {
    if let Some(known) = vocabulary.iter().find(|known| **known == word) {
        return Some(known);
    }
    let mut near = vocabulary.iter().filter(|known| known.starts_with(word));
    match (near.next(), near.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

pub(super) fn meaning(level: Level, word: &str) -> Result<Meaning, Failure> {
    let vocabulary = level.vocabulary();
    // Keywords of the language are not case-sensitive.
    let small = word.to_ascii_lowercase();
    let Some(known) = complete(word, &vocabulary).or_else(|| complete(&small, &vocabulary)) else {
        if let Some(reason) = absent::reason(level, &small) {
            return Err(Failure::Other(format!("`{word}` is not offered: {reason}")));
        }
        let near = suggest::closest(word, vocabulary);
        let place = if level == Level::Root { "" } else { level.path() };
        let help = near.map_or_else(
            || format!("`crm {place} help` lists what there is").replace("  ", " "),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::Usage(format!("there is no command `{word}`; {help}")));
    };
    let commands = level.commands();
    if let Some(command) = commands.iter().find(|command| command.names().any(|n| n == known)) {
        return Ok(Meaning::Command(command));
    }
    let mut levels = LEVELS.iter();
    if level == Level::Root
        && let Some((level, ..)) = levels.find(|(_, names, _)| names.split(' ').any(|n| n == known))
    {
        return Ok(Meaning::Level(*level));
    }
    Ok(match known {
        "up" | "end" | "back" | "cd" => Meaning::Leave,
        "quit" | "exit" | "bye" => Meaning::End,
        "help" | "ls" => Meaning::Help,
        _ => Meaning::Statement,
    })
}

/// Whether the last of these words leads to a level or names a command or an object, at `level`.
pub(super) fn is_command(level: Level, words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    match meaning(level, first) {
        Ok(Meaning::Level(below)) => rest.is_empty() || is_command(below, rest),
        Ok(_) => rest.is_empty(),
        Err(_) => false,
    }
}

/// Behind any command: nothing is changed.
pub(super) const DRY_RUN: &str = "--dry-run";

/// The other words, where that is among them.
pub(super) fn without_dry_run(words: &[String]) -> Option<Vec<String>> {
    let others: Vec<String> = words.iter().filter(|word| *word != DRY_RUN).cloned().collect();
    (others.len() < words.len()).then_some(others)
}

/// Behind any command, and in front of its value: how the answer looks.
pub(super) const OUTPUT: &str = "--output";

/// The other words, where that is among them, and its value.
pub(super) fn without_output(words: &[String]) -> Option<(Vec<String>, &str)> {
    let place = words.iter().position(|word| word == OUTPUT)?;
    let others = words[..place].iter().chain(words.iter().skip(place + 2)).cloned();
    Some((others.collect(), words.get(place + 1).map_or("", String::as_str)))
}

impl Shell {
    /// Runs one command, given as words and as it was written.
    pub(super) fn execute(&mut self, words: &[String], written: &str) -> Outcome {
        if let Some((others, value)) = without_output(words) {
            let before = std::mem::replace(&mut self.form, Form::named(value)?);
            let statement = written.replace(&format!("{OUTPUT} {value}"), "");
            let outcome = self.execute(&others, &statement);
            self.form = before;
            return outcome;
        }
        if let Some(words) = without_dry_run(words) {
            return self.rehearse(&words, &written.replace(DRY_RUN, ""));
        }
        let Some((first, rest)) = words.split_first() else { return DONE };
        match meaning(self.level, first)? {
            Meaning::Command(command) => {
                self.check_form(command)?;
                let outcome = (command.run)(self, &Call { words: rest });
                if outcome.is_ok() && self.waits && self.level.changes_things() {
                    settle::settle(&self.connection)?;
                }
                outcome
            }
            Meaning::Statement => {
                let statement = if self.mode == super::Use::Once {
                    configure::statement(words)
                } else {
                    written.to_owned()
                };
                let outcome = configure::define(self, &statement);
                if outcome.is_ok() && self.waits && self.mode == super::Use::Once {
                    settle::settle(&self.connection)?;
                }
                outcome
            }
            Meaning::Level(level) => self.at(level, rest, written),
            Meaning::Leave => {
                if self.level == Level::Configure {
                    self.leave_configure()?;
                }
                self.level = Level::Root;
                DONE
            }
            Meaning::End => {
                self.is_ending = true;
                DONE
            }
            Meaning::Help => {
                pager::show(&topic(self.level, rest)?);
                DONE
            }
        }
    }

    /// What has no form for programs is not read by one as if it had.
    fn check_form(&self, command: &Command) -> Result<(), Failure> {
        let is_rehearsal = matches!(self.connection, Connection::Rehearsal(..));
        if self.form == Form::Text || command.has_json || is_rehearsal {
            return Ok(());
        }
        let name = command.names().next().unwrap_or_default();
        let place = format!("crm {} {name}", self.level.path()).replace("  ", " ");
        Err(Failure::Usage(format!("`{place}` answers as text only; leave out --output")))
    }

    /// Goes to a level, or runs one command there and comes back.
    fn at(&mut self, level: Level, words: &[String], written: &str) -> Outcome {
        if words.is_empty() && self.mode == super::Use::Once {
            self.level = level;
            return self.converse();
        }
        let before = std::mem::replace(&mut self.level, level);
        if words.is_empty() {
            return DONE;
        }
        let rest = written.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        let outcome = self.execute(words, rest.trim_start());
        if self.level == level {
            self.level = before;
        }
        if self.level != Level::Configure && self.mode != super::Use::Once {
            self.leave_configure()?;
        }
        outcome
    }
}

/// What a command, an object or a level does, by the level's name and its own.
#[cfg(test)]
pub(super) fn told(level: &str, name: &str) -> Option<String> {
    let known = LEVELS.iter().map(|(level, ..)| *level).chain([Level::Root]);
    let level = known.into_iter().find(|known| known.path() == level)?;
    if let Some(found) = level.commands().iter().find(|it| it.names().any(|known| known == name)) {
        return Some(found.help.to_owned());
    }
    let object = super::objects::of(name).filter(|_| level == Level::Configure)?;
    Some(format!("`{}`", object.line(name)))
}

/// What the commands of all levels take.
#[cfg(test)]
pub(super) fn usages() -> Vec<(Level, &'static str)> {
    let levels = LEVELS.iter().map(|(level, ..)| *level).chain([Level::Root]);
    levels.flat_map(|level| level.commands().iter().map(move |it| (level, it.words))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_their_commands() {
        let word = |level, word| match meaning(level, word) {
            Ok(Meaning::Command(command)) => command.names().next().unwrap_or_default().to_owned(),
            Ok(Meaning::Level(level)) => format!("{level:?}"),
            Ok(Meaning::Statement) => "statement".into(),
            Ok(Meaning::Leave) => "leave".into(),
            Ok(Meaning::End) => "end".into(),
            Ok(Meaning::Help) => "help".into(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(word(Level::Root, "resource"), "Resource");
        assert_eq!(word(Level::Root, "conf"), "Configure");
        assert_eq!(word(Level::Configure, "primitive"), "statement");
        assert_eq!(word(Level::Configure, "PRIMITIVE"), "statement");
        assert_eq!(word(Level::Configure, "show"), "show");
        assert_eq!(word(Level::Resource, "migrate"), "move");
        assert_eq!(word(Level::Resource, "unmigrate"), "clear");
        assert_eq!(word(Level::Resource, "up"), "leave");
        assert_eq!(
            word(Level::Resource, "strat"),
            "there is no command `strat`; did you mean `start`?"
        );
        assert_eq!(
            word(Level::Configure, "primitve"),
            "there is no command `primitve`; did you mean `primitive`?"
        );
        assert_eq!(
            word(Level::Node, "xyzzy"),
            "there is no command `xyzzy`; `crm node help` lists what there is"
        );
    }

    #[test]
    fn help_fits_and_tells_about_one_thing() {
        let levels = LEVELS.iter().map(|(level, ..)| *level);
        for level in levels.chain([Level::Root]) {
            for line in level.help().lines() {
                assert!(line.chars().count() <= 80 && line == line.trim_end(), "{line}");
            }
        }
        let told = |words: &str| match topic(Level::Root, &crate::words::split(words)) {
            Ok(text) => text,
            Err(failure) => failure.to_string(),
        };
        let migrate = "crm resource migrate RESOURCE [NODE] [LIFETIME|--stay]\n  move it, until it has \
            settled or to stay\n  \
            The same: move\n";
        assert_eq!(told("migrate"), migrate);
        assert_eq!(told("resource migrate"), migrate);
        assert_eq!(told("tag"), "crm configure tag ID: OBJECT...\n");
        assert_eq!(told("resource"), Level::Resource.help());
        assert_eq!(told("migarte"), "there is no help on `migarte`; did you mean `migrate`?");
    }

    #[test]
    fn no_name_means_two_things_at_a_level() {
        let levels = LEVELS.iter().map(|(level, ..)| *level);
        for level in levels.chain([Level::Root]) {
            let mut words = level.vocabulary();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{level:?}");
        }
    }
}
