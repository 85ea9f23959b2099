//! The shell `crm`: one command (`crm resource start ost0`), a file or standard input with one a
//! line, or a prompt.
//!
//! Levels are tables of commands ([`levels`]). One command at the level `configure` is done at
//! once; several form a draft that `commit` makes real ([`configure`]).

mod absent;
mod cib;
mod cluster;
pub(crate) mod completion;
mod configure;
mod corosync;
mod history;
pub(crate) mod levels;
mod maintenance;
mod node;
mod objects;
mod options;
mod prompt;
mod ra;
mod resource;
mod root;
mod script;
mod settle;
mod trace;

use crate::answer::{DONE, Failure, Outcome, asked, complain, print, say_aside};
use crate::connection::{Connection, Shadows};
use crate::edit::Manner;
use crate::input::read_file;
use crate::output::Form;
use crate::terminal::interrupt;
use crate::words::split;
use configure::Draft;
use levels::Level;
use prompt::{Known, Reader, Typed};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// How the shell is being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// One command on the command line.
    Once,
    /// Commands from a file or a pipe.
    Batch,
    /// Somebody types.
    Prompt,
}

/// What the command line says before the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Start {
    file: Option<PathBuf>,
    /// The shadow copy to work on.
    shadow: Option<String>,
    is_forced: bool,
    /// Nothing is changed.
    is_rehearsal: bool,
    waits: bool,
    form: Form,
    command: Vec<String>,
}

/// The shell between two commands.
struct Shell {
    connection: Connection,
    mode: Use,
    /// Do it although it looks wrong.
    is_forced: bool,
    /// Go on only when the cluster has settled.
    waits: bool,
    /// How answers look.
    form: Form,
    level: Level,
    draft: Option<Draft>,
    is_ending: bool,
}

/// One command as it was given.
struct Call<'a> {
    /// The words behind the command's name.
    words: &'a [String],
}

impl Call<'_> {
    /// The word at that place, if there is one.
    fn word(&self, place: usize) -> Option<&str> {
        self.words.get(place).map(String::as_str)
    }

    /// The word at that place, which has to be there.
    fn needs(&self, place: usize, what: &str) -> Result<&str, Failure> {
        self.word(place).ok_or_else(|| Failure::Usage(format!("{what} is missing")))
    }
}

const HELP: &str = "crm - the cluster shell

Usage: crm [-F] [-w] [-c COPY] [-f FILE] [LEVEL] [COMMAND]

  -f, --file FILE   run the commands in FILE (- for standard input)
  -F, --force       do it although it looks wrong
      --dry-run     change nothing; tell what would change, and what the cluster would do
                    (also behind a single command)
      --output FORM text, or json for programs (also behind a single command)
  -w, --wait        after each change, wait until the cluster has settled
  -c, --cib COPY    work on this shadow copy
  -D, --display X   accepted for the sake of scripts
  -n, --no          accepted for the sake of scripts
      --version     show the version

Without a command it reads commands from standard input; with a level alone it begins there.
`crm help` lists levels and commands, `crm help TOPIC` tells about one.
";

/// `crm`
pub(crate) fn main(args: &[String]) -> Outcome {
    let start = read_start(args)?;
    let mode = match (&start.file, start.command.is_empty()) {
        (_, false) => Use::Once,
        (None, true) if os::terminal::input_is_terminal() => Use::Prompt,
        _ => Use::Batch,
    };
    if let Some(name) = &start.shadow {
        Connection::File(Shadows::usual().existing(name)?).choose();
    }
    if start.is_rehearsal {
        Connection::Rehearsal(Box::new(Connection::usual()), start.form).choose();
    }
    let mut shell = Shell::new(Connection::usual(), mode);
    (shell.is_forced, shell.waits, shell.form) = (start.is_forced, start.waits, start.form);
    match (mode, &start.file) {
        (Use::Once, _) => shell.once(&start.command),
        (Use::Batch, Some(file)) => shell.batch(&read_file(file)?),
        (Use::Batch | Use::Prompt, _) => shell.converse(),
    }
}

fn read_start(args: &[String]) -> Result<Start, Failure> {
    let mut start = Start::default();
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        let mut value =
            || rest.next().cloned().ok_or_else(|| Failure::Usage(format!("{word} needs a value")));
        match word.as_str() {
            "-f" | "--file" => start.file = Some(value()?.into()),
            "-c" | "--cib" => start.shadow = Some(value()?),
            "-F" | "--force" => start.is_forced = true,
            "--dry-run" => start.is_rehearsal = true,
            "-w" | "--wait" => start.waits = true,
            "--output" => start.form = Form::named(&value()?)?,
            "-D" | "--display" => drop(value()?),
            "-n" | "--no" => {}
            "-h" | "--help" => return Err(Failure::Help(HELP.into())),
            "--version" => return Err(Failure::Help(crate::tools::version_text())),
            option if option.starts_with('-') => {
                let help = "`crm --help` lists all";
                return Err(Failure::Usage(format!("there is no option {option}; {help}")));
            }
            _ => {
                start.command.push(word.clone());
                start.command.extend(rest.by_ref().cloned());
            }
        }
    }
    Ok(start)
}

impl Shell {
    const fn new(connection: Connection, mode: Use) -> Self {
        let level = Level::Root;
        Self {
            connection,
            mode,
            is_forced: false,
            waits: false,
            form: Form::Text,
            level,
            draft: None,
            is_ending: false,
        }
    }

    /// Takes commands from standard input, from a person or from a program.
    fn converse(&mut self) -> Outcome {
        if os::terminal::input_is_terminal() {
            self.mode = Use::Prompt;
            return self.prompt();
        }
        self.mode = Use::Batch;
        self.batch(&read_file(Path::new("-"))?)
    }

    /// Says in a line what a command came to; scripts look at exit codes.
    fn inform(&self, text: &str) {
        if self.mode != Use::Batch {
            say_aside(&format!("INFO: {text}"));
        }
    }

    /// With `--dry-run` among the words of a command nothing is changed: what would become of it is
    /// told. The draft stays.
    fn rehearse(&mut self, words: &[String], statement: &str) -> Outcome {
        let draft = self.draft.clone();
        let real = self.connection.clone();
        self.connection = Connection::Rehearsal(Box::new(real.clone()), self.form);
        self.connection.clone().choose();
        let outcome = self.execute(words, statement);
        real.clone().choose();
        (self.connection, self.draft) = (real, draft);
        outcome
    }

    /// `crm LEVEL COMMAND WORDS`
    fn once(&mut self, words: &[String]) -> Outcome {
        if let Some((words, form)) = levels::without_output(words) {
            self.form = Form::named(form)?;
            return self.once(&words);
        }
        if let Some(words) = levels::without_dry_run(words) {
            let real = self.connection.clone();
            self.connection = Connection::Rehearsal(Box::new(real), self.form);
            self.connection.clone().choose();
            return self.once(&words);
        }
        let statement = crate::words::joined(words);
        // `crm configure "primitive p Dummy"` is as good as without the quotes.
        let split_again = match words {
            [level, only] if only.contains(char::is_whitespace) => {
                std::iter::once(level.clone()).chain(split(only)).collect()
            }
            _ => words.to_vec(),
        };
        self.execute(&split_again, &statement)
    }

    /// Commands of a text, one a line. The first that fails ends it, and nothing that was not
    /// committed before becomes real.
    fn batch(&mut self, text: &str) -> Outcome {
        for (number, line) in logical_lines(text) {
            if let Err(failure) = self.execute(&split(&line), &line) {
                return Err(match failure {
                    Failure::Refused(mut reasons) => {
                        reasons.insert(0, format!("line {number}: refused"));
                        Failure::Refused(reasons)
                    }
                    Failure::Usage(text) => Failure::Usage(format!("line {number}: {text}")),
                    other => other,
                });
            }
            if self.is_ending {
                break;
            }
        }
        self.leave_configure()?;
        DONE
    }

    fn prompt(&mut self) -> Outcome {
        interrupt::watch();
        let known = Arc::new(Known::default());
        let mut reader = Reader::usual(&known);
        while !self.is_ending {
            match &self.draft {
                Some(draft) => known.set(self.level, draft.configuration()),
                None => known.look(self.level, &self.connection),
            }
            let sign = format!("crm({}){}# ", self.place(), self.level.path());
            match reader.next(sign)? {
                Typed::Lines(text) => self.converse_about(&text),
                Typed::Nothing => {}
                Typed::Ended => {
                    print("\n");
                    break;
                }
            }
        }
        self.leave_configure()?;
        DONE
    }

    /// Does what was typed, or pasted: what is wrong with a line is said, and the next comes.
    fn converse_about(&mut self, text: &str) {
        for (_, line) in logical_lines(text) {
            interrupt::forget();
            if let Err(failure) = self.execute(&split(&line), &line) {
                complain("crm", &failure.to_string());
            }
            if interrupt::is_pressed() || self.is_ending {
                return;
            }
        }
    }

    /// What the prompt says of where commands go.
    fn place(&self) -> String {
        match self.connection.file() {
            Some(file) => file.short_name(),
            None => match self.connection.node() {
                Ok(node) => format!("live/{}", node.name),
                Err(_) => "live/offline".into(),
            },
        }
    }

    /// Asks yes or no; in scripts nobody answers, and it is no.
    fn confirms(&self, question: &str) -> bool {
        if self.is_forced {
            return true;
        }
        self.mode == Use::Prompt && asked(question)
    }

    /// A draft that was not committed does not get lost in a script, and not without a question
    /// at a prompt.
    fn leave_configure(&mut self) -> Result<(), Failure> {
        let Some(draft) = self.draft.take() else { return Ok(()) };
        if !draft.is_changed() {
            return Ok(());
        }
        let wants = self.mode == Use::Batch
            || self.confirms("There are changes that are not committed. Commit them?");
        let manner = Manner { name: "commit", force: self.is_forced, ..Manner::default() };
        if wants { draft.commit(&self.connection, manner) } else { Ok(()) }
    }
}

/// Lines joined where they end in a backslash, with the number of their first line; without
/// comments and empty ones.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        let (content, continues) = match line.trim_end().strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line.trim_end(), false),
        };
        match lines.last_mut() {
            Some((_, last)) if goes_on => {
                last.push(' ');
                last.push_str(content.trim_start());
            }
            _ => lines.push((index + 1, content.trim_start().to_owned())),
        }
        goes_on = continues;
    }
    lines.retain(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
}

/// One exit code for several objects: the first failure counts, the others are still tried.
fn for_each(names: &[String], mut act: impl FnMut(&str) -> Result<(), Failure>) -> Outcome {
    let mut failed = None;
    for name in names {
        if let Err(failure) = act(name) {
            match failed {
                None => failed = Some(failure),
                Some(_) => complain("crm", &failure.to_string()),
            }
        }
    }
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Request;

    #[test]
    fn options_end_where_the_command_begins() {
        let args = ["-F", "resource", "move", "a", "-f"].map(String::from);
        let start = read_start(&args).expect("it is right");
        assert!(start.is_forced && start.file.is_none());
        assert_eq!(start.command, ["resource", "move", "a", "-f"]);
        assert!(matches!(read_start(&["-Z".into()]), Err(Failure::Usage(_))));
    }

    #[test]
    fn lines_are_joined_and_counted() {
        let text = "configure\n# a note\nprimitive p \\\n\tDummy\n\ncommit\n";
        let lines = logical_lines(text);
        let expected = [(1, "configure"), (3, "primitive p  Dummy"), (6, "commit")];
        let lines: Vec<_> = lines.iter().map(|(number, line)| (*number, line.as_str())).collect();
        assert_eq!(lines, expected);
    }

    use crate::workbench::{Node, text};

    const CIB: &str = "<cib have-quorum='1'><configuration><nodes>\
        <node id='1' uname='oss1'/><node id='2' uname='oss2'/></nodes><resources>\
        <primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/>\
        <primitive id='b' class='ocf' provider='pacemaker' type='Dummy'/></resources>\
        <constraints><rsc_location id='l' rsc='b' node='oss1' score='5'/></constraints>\
        </configuration><status/></cib>";

    #[test]
    fn commands_become_requests() {
        let cases: [(&str, &str); 19] = [
            ("resource start a", "meta a target-role=Started"),
            ("resource stop a b", "meta a target-role=Stopped | meta b target-role=Stopped"),
            ("resource unmanage a", "meta a is-managed=false"),
            ("resource migrate a oss2", "move a oss2 until Settled"),
            ("resource migrate a oss2 --stay", "move a oss2 until Cleared"),
            ("resource move a", "move a - until Settled"),
            ("resource unmigrate a", "clear a"),
            (
                "resource ban a oss1",
                "load crm update: location cli-ban-a-on-oss1 a role=Started -inf: oss1",
            ),
            ("resource cleanup a", "cleanup a -"),
            ("resource meta a delete target-role", "meta a target-role"),
            ("resource failcount a delete oss1", "cleanup a oss1"),
            ("node standby oss1", "node oss1 standby=on"),
            ("node standby oss1 reboot", "attribute oss1 standby=on"),
            ("node online oss1", "node oss1 standby=off"),
            ("node attribute oss1 set x 1", "node oss1 x=1"),
            ("node clearstate oss2", "confirm-down oss2"),
            (
                "configure property no-quorum-policy=ignore",
                "load crm update: property no-quorum-policy=ignore",
            ),
            ("configure delete b", "remove l b"),
            ("configure delete a", "remove a"),
        ];
        for (line, expected) in cases {
            let node = Node::start(CIB);
            let mut shell = Shell::new(node.connection(), Use::Once);
            shell.once(&split(line)).unwrap_or_else(|failure| panic!("{line}: {failure}"));
            assert_eq!(text(&node.changes()), expected, "{line}");
        }
    }

    #[test]
    fn a_draft_becomes_real_when_it_is_committed_or_left() {
        for end in ["commit", "end", ""] {
            let node = Node::start(CIB);
            let mut shell = Shell::new(node.connection(), Use::Batch);
            let lines = format!("configure\nprimitive c ocf:pacemaker:Dummy\ndelete b\n{end}\n");
            shell.batch(&lines).expect("the lines are right");
            let changes = node.changes();
            // All of it at once, or nothing of it.
            let [Request::Change(change)] = &changes[..] else { panic!("{changes:?}") };
            let has =
                |text: &str, ids: [&str; 3]| ids.map(|id| text.contains(&format!("id=\"{id}\"")));
            assert_eq!(has(&change.before, ["b", "l", "c"]), [true, true, false]);
            assert_eq!(has(&change.after, ["b", "l", "c"]), [false, false, true]);
            assert!(!change.before.contains("id=\"a\""), "{}", change.before);
        }
    }

    #[test]
    fn a_rehearsal_asks_for_previews_and_changes_nothing() {
        for line in [
            "configure primitive c ocf:pacemaker:Dummy --dry-run",
            "configure --dry-run delete b",
            "resource stop a --dry-run",
            "node standby oss1 --dry-run",
        ] {
            let node = Node::start(CIB);
            let mut shell = Shell::new(node.connection(), Use::Once);
            shell.once(&split(line)).unwrap_or_else(|failure| panic!("{line}: {failure}"));
            assert!(node.changes().is_empty(), "{line}: {:?}", node.changes());
        }
    }

    #[test]
    fn a_batch_with_a_mistake_changes_nothing() {
        let node = Node::start(CIB);
        let mut shell = Shell::new(node.connection(), Use::Batch);
        let lines = "configure\nprimitive c ocf:pacemaker:Dummy\nprimitve d ocf:pacemaker:Dummy\n";
        let refused = shell.batch(lines).expect_err("there is no such command");
        let expected = "line 3: there is no command `primitve`; did you mean `primitive`?";
        assert_eq!(refused.to_string(), expected);
        assert!(node.changes().is_empty());
    }
}
