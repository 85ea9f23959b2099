//! Command lines as Pacemaker's and Corosync's tools take them: short options that can be run
//! together (`-1rf`), values attached or apart (`-nX`, `-n X`, `--name=X`, `--name X`), long
//! options that may be cut short as long as they are clear.

use crate::answer::Failure;
use base::suggest;
use std::collections::BTreeSet;

/// Whether an option has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// A value only when it is attached: `-pX`, `--promotion=X`.
    Attached,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// Its letters; empty when it has none.
    letters: &'static str,
    /// Its long names, separated by blanks. The first is the one the program asks for.
    names: &'static str,
    takes: Takes,
    help: &'static str,
}

impl Choice {
    fn key(&self) -> &'static str {
        self.names.split(' ').next().unwrap_or(self.names)
    }
}

/// An option without value.
pub(crate) const fn flag(letters: &'static str, names: &'static str, help: &'static str) -> Choice {
    Choice { letters, names, takes: Takes::Nothing, help }
}

/// An option with a value.
pub(crate) const fn value(
    letters: &'static str,
    names: &'static str,
    help: &'static str,
) -> Choice {
    Choice { letters, names, takes: Takes::Value, help }
}

/// An option with a value that can be left out.
pub(crate) const fn attached(
    letters: &'static str,
    names: &'static str,
    help: &'static str,
) -> Choice {
    Choice { letters, names, takes: Takes::Attached, help }
}

/// What every tool takes.
const COMMON: [Choice; 3] = [
    flag("?", "help help-all", "show this text"),
    flag("$", "version", "show the version"),
    flag("V", "verbose", "accepted for the sake of scripts; there is nothing more to say"),
];

/// A tool's command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandLine {
    /// The tool's name.
    pub(crate) name: &'static str,
    /// What it is for, in a sentence.
    pub(crate) purpose: &'static str,
    /// What stands behind the options.
    pub(crate) words: &'static str,
    /// Its options.
    pub(crate) choices: &'static [Choice],
}

/// A command line that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    given: Vec<(&'static str, Option<String>)>,
    /// What is no option.
    pub(crate) words: Vec<String>,
}

impl Parsed {
    /// Whether the option was given.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.given.iter().any(|(given, _)| *given == key)
    }

    /// The value of the option; the last one counts.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        let found = self.given.iter().rev().find(|(given, _)| *given == key)?;
        found.1.as_deref()
    }

    /// All values of the option, in order.
    pub(crate) fn values<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        let given = self.given.iter().filter(move |(given, _)| *given == key);
        given.filter_map(|(_, value)| value.as_deref())
    }

    /// The first of `keys` that was given.
    pub(crate) fn first_of<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        keys.iter().copied().find(|key| self.has(key))
    }

    /// The value of an option that has to be there.
    pub(crate) fn required(&self, key: &str) -> Result<&str, Failure> {
        self.value(key).ok_or_else(|| Failure::Usage(format!("--{key} is missing")))
    }
}

impl CommandLine {
    /// Understands `args` (without the program's name).
    pub(crate) fn read(&self, args: &[String]) -> Result<Parsed, Failure> {
        let mut parsed = Parsed::default();
        let mut rest = args.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                parsed.words.extend(rest.by_ref().cloned());
            } else if let Some(long) = word.strip_prefix("--") {
                self.long(long, &mut rest, &mut parsed)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.short(&word[1..], &mut rest, &mut parsed)?;
            } else {
                parsed.words.push(word.clone());
            }
        }
        if parsed.has("help") {
            return Err(Failure::Help(self.help()));
        }
        if parsed.has("version") {
            return Err(Failure::Help(crate::tools::version_text()));
        }
        Ok(parsed)
    }

    fn long(
        &self,
        text: &str,
        rest: &mut std::slice::Iter<'_, String>,
        parsed: &mut Parsed,
    ) -> Result<(), Failure> {
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let choice = self.named(name)?;
        let value = match (choice.takes, given) {
            (Takes::Nothing, Some(_)) => {
                return Err(Failure::Usage(format!("--{name} takes no value")));
            }
            (Takes::Value, None) => Some(next(rest, &format!("--{name}"))?),
            (_, given) => given,
        };
        parsed.given.push((choice.key(), value));
        Ok(())
    }

    fn short(
        &self,
        letters: &str,
        rest: &mut std::slice::Iter<'_, String>,
        parsed: &mut Parsed,
    ) -> Result<(), Failure> {
        for (at, letter) in letters.char_indices() {
            let choice = self.all().find(|choice| choice.letters.contains(letter));
            let choice = choice.ok_or_else(|| self.unknown(&format!("-{letter}")))?;
            let behind = &letters[at + letter.len_utf8()..];
            let attached = Some(behind.to_owned()).filter(|text| !text.is_empty());
            let value = match (choice.takes, attached) {
                (Takes::Nothing, _) => {
                    parsed.given.push((choice.key(), None));
                    continue;
                }
                (Takes::Value, None) => Some(next(rest, &format!("-{letter}"))?),
                (_, attached) => attached,
            };
            parsed.given.push((choice.key(), value));
            return Ok(());
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Choice> {
        self.choices.iter().chain(&COMMON)
    }

    fn names(&self) -> impl Iterator<Item = (&'static str, &Choice)> {
        self.all().flat_map(|choice| choice.names.split(' ').map(move |name| (name, choice)))
    }

    /// The option of that name, or the only one whose names begin like it.
    fn named(&self, name: &str) -> Result<&Choice, Failure> {
        if let Some((_, choice)) = self.names().find(|(known, _)| *known == name) {
            return Ok(choice);
        }
        let near: Vec<_> = self.names().filter(|(known, _)| known.starts_with(name)).collect();
        let keys: BTreeSet<&str> = near.iter().map(|(_, choice)| choice.key()).collect();
        match (keys.len(), near.first()) {
            (1, Some((_, choice))) => Ok(choice),
            (0, _) => Err(self.unknown(&format!("--{name}"))),
            _ => {
                let names: Vec<&str> = near.iter().map(|(name, _)| *name).collect();
                Err(Failure::Usage(format!("--{name} can be any of {}", names.join(", "))))
            }
        }
    }

    fn unknown(&self, option: &str) -> Failure {
        let name = option.trim_start_matches('-');
        let near = suggest::closest(name, self.names().map(|(name, _)| name));
        let help = near.filter(|_| name.len() > 1).map_or_else(
            || format!("`{} --help` lists all", self.name),
            |near| format!("did you mean --{near}?"),
        );
        Failure::Usage(format!("there is no option {option}; {help}"))
    }

    /// What `--help` shows.
    pub(crate) fn help(&self) -> String {
        let Self { name, purpose, words, .. } = self;
        let words = if words.is_empty() { String::new() } else { format!(" {words}") };
        let mut text =
            format!("{name} - {purpose}\n\nUsage: {name} [OPTIONS]{words}\n\nOptions:\n");
        for choice in self.all() {
            let letters: Vec<String> =
                choice.letters.chars().map(|letter| format!("-{letter}")).collect();
            let value = match choice.takes {
                Takes::Nothing => "",
                Takes::Value => " VALUE",
                Takes::Attached => "[=VALUE]",
            };
            let left = format!("{:>6} --{}{value}", letters.join(","), choice.key());
            text.push_str(&format!("{left:<36} {}\n", choice.help));
        }
        text
    }
}

fn next(rest: &mut std::slice::Iter<'_, String>, option: &str) -> Result<String, Failure> {
    rest.next().cloned().ok_or_else(|| Failure::Usage(format!("{option} needs a value")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: CommandLine = CommandLine {
        name: "tool",
        purpose: "tests",
        words: "",
        choices: &[
            flag("1", "one-shot", ""),
            flag("r", "inactive", ""),
            flag("f", "failcounts", ""),
            value("n", "name attr-name", ""),
            value("vU", "update attr-value", ""),
            attached("p", "promotion", ""),
        ],
    };

    fn read(line: &str) -> String {
        let args: Vec<String> = line.split(' ').filter(|w| !w.is_empty()).map(Into::into).collect();
        match LINE.read(&args) {
            Ok(parsed) => {
                let options = parsed.given.iter().map(|(key, value)| match value {
                    Some(value) => format!("{key}={value}"),
                    None => (*key).to_owned(),
                });
                options.chain(parsed.words.iter().map(|w| format!("[{w}]"))).collect::<Vec<_>>()
            }
            Err(failure) => vec![format!("! {failure}")],
        }
        .join(" ")
    }

    #[test]
    fn options_in_every_spelling() {
        let cases = [
            ("", ""),
            ("-1rf", "one-shot inactive failcounts"),
            ("-n x -v 1", "name=x update=1"),
            ("-nx -U1", "name=x update=1"),
            ("-1nx y", "one-shot name=x [y]"),
            ("--name=x --update -5", "name=x update=-5"),
            ("--attr-name x", "name=x"),
            ("--fail", "failcounts"),
            ("-p x", "promotion [x]"),
            ("-px", "promotion=x"),
            ("--promotion=x", "promotion=x"),
            ("a -- -1", "[a] [-1]"),
            ("-", "[-]"),
            ("-n", "! -n needs a value"),
            ("--one-shot=2", "! --one-shot takes no value"),
            ("-z", "! there is no option -z; `tool --help` lists all"),
            ("--failcuonts", "! there is no option --failcuonts; did you mean --failcounts?"),
            ("--attr", "! --attr can be any of attr-name, attr-value"),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn the_last_value_counts() {
        let args = ["-n", "a", "-n", "b"].map(String::from);
        let parsed = LINE.read(&args).expect("it is right");
        assert_eq!(parsed.value("name"), Some("b"));
        assert_eq!(parsed.first_of(&["update", "name"]), Some("name"));
    }
}
