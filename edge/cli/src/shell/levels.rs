//! Levels, the commands in them, and how a typed word finds its command.

use super::{Call, Shell, cluster_level, configure, node, resource, root};
use crate::answer::{DONE, Failure, Outcome, print};
use base::suggest;

/// Where the shell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Root,
    Cluster,
    Configure,
    Corosync,
    Node,
    Ra,
    Resource,
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
}

pub(super) const fn command(
    names: &'static str,
    words: &'static str,
    help: &'static str,
    run: fn(&mut Shell, &Call<'_>) -> Outcome,
) -> Command {
    Command { names, words, help, run }
}

impl Command {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split(' ')
    }
}

/// The levels below the root, with the names that lead to them.
const LEVELS: [(Level, &str); 6] = [
    (Level::Cluster, "cluster"),
    (Level::Configure, "configure cfg"),
    (Level::Corosync, "corosync"),
    (Level::Node, "node"),
    (Level::Ra, "ra"),
    (Level::Resource, "resource rsc"),
];

/// What can be said at every level.
const LEAVING: &str = "up end back cd quit exit bye help ls";

impl Level {
    /// What the prompt shows of it.
    pub(super) fn path(self) -> &'static str {
        let found = LEVELS.iter().find(|(level, _)| *level == self);
        found.map_or("", |(_, names)| names.split(' ').next().unwrap_or_default())
    }

    fn commands(self) -> &'static [Command] {
        match self {
            Self::Root => root::COMMANDS,
            Self::Cluster => cluster_level::CLUSTER,
            Self::Configure => configure::COMMANDS,
            Self::Corosync => cluster_level::COROSYNC,
            Self::Node => node::COMMANDS,
            Self::Ra => cluster_level::RA,
            Self::Resource => resource::COMMANDS,
        }
    }

    /// Everything that can be said here.
    fn vocabulary(self) -> Vec<&'static str> {
        let mut words: Vec<_> = self.commands().iter().flat_map(Command::names).collect();
        words.extend(LEAVING.split(' '));
        match self {
            Self::Root => words.extend(LEVELS.iter().flat_map(|(_, names)| names.split(' '))),
            Self::Configure => words.extend(configure::KEYWORDS),
            _ => {}
        }
        words
    }

    fn help(self) -> String {
        let mut text = String::new();
        for command in self.commands() {
            let left = format!("{} {}", command.names().next().unwrap_or_default(), command.words);
            text.push_str(&format!("  {left:<44} {}\n", command.help));
        }
        match self {
            Self::Root => text.push_str(&format!(
                "\nLevels: {}\n",
                LEVELS.map(|(level, _)| level.path()).join(", ")
            )),
            Self::Configure => {
                text.push_str(&format!("\nObjects: {}\n", configure::KEYWORDS.join(", ")));
            }
            _ => {}
        }
        text
    }
}

/// What a word means at a level.
enum Meaning {
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

fn meaning(level: Level, word: &str) -> Result<Meaning, Failure> {
    let vocabulary = level.vocabulary();
    // Keywords of the language are not case-sensitive.
    let small = word.to_ascii_lowercase();
    let Some(known) = complete(word, &vocabulary).or_else(|| complete(&small, &vocabulary)) else {
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
        && let Some((level, _)) = levels.find(|(_, names)| names.split(' ').any(|n| n == known))
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

impl Shell {
    /// Runs one command, given as words and as it was written.
    pub(super) fn execute(&mut self, words: &[String], written: &str) -> Outcome {
        let Some((first, rest)) = words.split_first() else { return DONE };
        match meaning(self.level, first)? {
            Meaning::Command(command) => (command.run)(self, &Call { words: rest }),
            Meaning::Statement => {
                let statement = if self.mode == super::Use::Once {
                    configure::statement(words)
                } else {
                    written.to_owned()
                };
                configure::define(self, &statement)
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
                print(&self.level.help());
                DONE
            }
        }
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
    fn no_name_means_two_things_at_a_level() {
        let levels = LEVELS.iter().map(|(level, _)| *level);
        for level in levels.chain([Level::Root]) {
            let mut words = level.vocabulary();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{level:?}");
        }
    }
}
