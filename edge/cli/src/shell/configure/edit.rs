//! `edit` and `filter`: objects as a text that a person or a program rewrites.

use super::delete::with_constraints;
use super::names::knows;
use super::show::{check, picked, take, xml};
use super::{change_to, present};
use crate::answer::{DONE, Failure, Outcome, complain, say_aside};
use crate::input::{located, read_file};
use crate::shell::{Call, Shell, asked};
use crate::terminal::editor;
use crate::words::of_system;
use cib::Cib;
use cluster::{AttributeSet, Configuration, Edit};
use crmsh::Mode;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `edit [xml] [ID...]`. What cannot be taken can be edited again, and is kept in any case.
pub(super) fn edit(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let text = Text::of(&present(shell)?, call.words)?;
    let path = scratch(text.language);
    write(&path, &text.written)?;
    loop {
        editor::open(&path)?;
        let outcome = text.rewritten(&read_file(&path)?).and_then(|after| match after {
            Some(after) => change_to(shell, after),
            None => {
                shell.inform("nothing was changed");
                DONE
            }
        });
        let Err(failure) = outcome else { break };
        complain("crm", &failure.to_string());
        if !asked("Edit it again?") {
            return Err(Failure::Other(format!("what you wrote is kept in {}", path.display())));
        }
    }
    // A file that stays behind in the folder for temporary ones harms nobody.
    let _ = std::fs::remove_file(path);
    DONE
}

/// `filter PROGRAM [ID...]`
pub(super) fn filter(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let program = call.needs(0, "the program")?;
    let text = Text::of(&present(shell)?, &call.words[1..])?;
    match text.rewritten(&through(program, &text.written)?)? {
        Some(after) => change_to(shell, after),
        None => DONE,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Crm,
    Xml,
}

/// Objects of a configuration as text.
struct Text {
    before: Configuration,
    /// What the text shows, by id, nodes by name; none for everything.
    shown: Option<Vec<String>>,
    language: Language,
    written: String,
}

impl Text {
    fn of(before: &Configuration, words: &[String]) -> Result<Self, Failure> {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let language = if take(&mut words, "xml") { Language::Xml } else { Language::Crm };
        check(before, &words)?;
        let cib = Cib { configuration: before.clone(), ..Cib::default() };
        let written = match language {
            Language::Crm => crmsh::show(before, &words),
            Language::Xml => xml(&cib, &words),
        };
        let shown = (!words.is_empty()).then(|| picked(before, &words));
        Ok(Self { before: before.clone(), shown, language, written })
    }

    /// The configuration with `text` in the place of what was written; none when that is the same.
    fn rewritten(&self, text: &str) -> Result<Option<Configuration>, Failure> {
        if text == self.written {
            return Ok(None);
        }
        let after = match self.language {
            Language::Crm => self.taken_as_crm(text)?,
            Language::Xml => self.taken_as_xml(text)?,
        };
        Ok((!self.before.is_same(&after)).then_some(after))
    }

    fn taken_as_crm(&self, text: &str) -> Result<Configuration, Failure> {
        let shown = match &self.shown {
            Some(shown) => shown.clone(),
            None => picked(&self.before, &[]),
        };
        // Texts extend options and attributes of nodes: what is not written any more has to go
        // first.
        let mut onto = self.before.clone();
        empty(&mut onto, &shown);
        let refused = |all: Vec<crmsh::Diagnostic>| {
            Failure::Refused(all.iter().map(|found| found.in_file("edit")).collect())
        };
        let loaded = crmsh::load(text, &onto, Mode::Update).map_err(refused)?;
        for warning in &loaded.warnings {
            say_aside(&format!("WARNING: {warning}"));
        }
        apply(&mut onto, &loaded.edits)?;
        self.without(onto, shown.into_iter().filter(|id| !loaded.positions.contains_key(id)))
    }

    fn taken_as_xml(&self, text: &str) -> Result<Configuration, Failure> {
        let wrong = |error| Failure::Configuration(located("edit", &error));
        let written = cib::read(text).map_err(wrong)?.configuration;
        let Some(shown) = &self.shown else {
            return Ok(Configuration { version: self.before.version, ..written });
        };
        let mut after = self.before.clone();
        let objects = written.clone().into_objects();
        let puts: Vec<Edit> = objects.map(|object| Edit::Put(Box::new(object))).collect();
        apply(&mut after, &puts)?;
        self.without(after, shown.iter().filter(|id| !knows(&written, id)).cloned())
    }

    /// What is not in the text any more goes, with the constraints on it.
    fn without(
        &self,
        mut after: Configuration,
        gone: impl Iterator<Item = String>,
    ) -> Result<Configuration, Failure> {
        let gone: Vec<String> = gone.collect();
        let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        let all = with_constraints(&after, &gone).into_iter().filter(|id| knows(&after, id));
        let removals: Vec<Edit> = all.map(Edit::Remove).collect();
        apply(&mut after, &removals)?;
        Ok(after)
    }
}

fn apply(configuration: &mut Configuration, edits: &[Edit]) -> Result<(), Failure> {
    let applied = configuration.apply(edits);
    applied.map_err(|refusal| Failure::Refused(vec![refusal.to_string()]))
}

/// Takes the values out of the options and nodes of these names.
fn empty(configuration: &mut Configuration, names: &[String]) {
    let Configuration { properties, resource_defaults, operation_defaults, nodes, .. } =
        configuration;
    let is_shown = |set: &&mut AttributeSet| names.contains(&set.id);
    for sets in [properties, resource_defaults, operation_defaults] {
        for set in sets.iter_mut().filter(is_shown) {
            set.pairs.clear();
        }
    }
    for node in nodes.iter_mut().filter(|node| names.contains(&node.name)) {
        node.attributes.clear();
        node.utilization.clear();
    }
}

/// A file of one's own, which nobody else can read: there are secrets among parameters.
fn scratch(language: Language) -> PathBuf {
    let kind = if language == Language::Xml { "xml" } else { "crm" };
    std::env::temp_dir().join(format!("systole-edit-{}.{kind}", std::process::id()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    os::file::write_atomic(path, text.as_bytes()).map_err(|error| {
        Failure::Other(format!("cannot write {}: {}", path.display(), of_system(&error)))
    })
}

/// What a program makes of a text.
fn through(program: &str, text: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        Failure::Other(format!("cannot run `{program}`: {}", of_system(&error)))
    };
    let command = Command::new("sh")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = command.map_err(failed)?;
    let input = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // It may end before it has read everything; what it wrote counts.
        scope.spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if !output.status.success() {
        return Err(Failure::Other(format!("`{program}` failed; nothing was changed")));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::Other(format!("what `{program}` wrote is no text")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::configuration;
    use super::*;

    const TEXT: &str = "node n attributes rack=1\nprimitive a ocf:pacemaker:Dummy\n\
        primitive b ocf:pacemaker:Dummy\nlocation l a 1: n\nproperty no-quorum-policy=stop\n\
        property stonith-enabled=false\n";

    /// What is left after `text` was rewritten by replacing words.
    fn after(selection: &[&str], replace: (&str, &str)) -> Result<String, Failure> {
        let words: Vec<String> = selection.iter().map(|&word| word.to_owned()).collect();
        let text = Text::of(&configuration(TEXT), &words)?;
        let rewritten = text.rewritten(&text.written.replace(replace.0, replace.1))?;
        Ok(rewritten.map_or_else(|| "the same".into(), |after| crmsh::show(&after, &[])))
    }

    #[test]
    fn objects_are_as_the_text_says_then() {
        let all = crmsh::show(&configuration(TEXT), &[]);
        let cases: [(&[&str], (&str, &str), String); 9] = [
            (&[], ("x", "x"), "the same".into()),
            (&[], (" 1: n", " 5: n"), all.replace(" 1: n", " 5: n")),
            (&["l"], (" 1: n", " 5: n"), all.replace(" 1: n", " 5: n")),
            (&[], ("location l a 1: n\n", ""), all.replace("location l a 1: n\n", "")),
            (
                &["b"],
                ("primitive b ocf:pacemaker:Dummy\n", ""),
                all.replace("primitive b ocf:pacemaker:Dummy\n", ""),
            ),
            (
                &["a"],
                ("primitive a ocf:pacemaker:Dummy\n", ""),
                all.replace("primitive a ocf:pacemaker:Dummy\nprimitive b", "primitive b")
                    .replace("location l a 1: n\n", ""),
            ),
            (
                &[],
                ("\tno-quorum-policy=stop \\\n", ""),
                all.replace("\tno-quorum-policy=stop \\\n", ""),
            ),
            (&["n"], (" \\\n\tattributes rack=1", ""), all.replace(" \\\n\tattributes rack=1", "")),
            (&["xml", "l"], ("score=\"1\"", "score=\"5\""), all.replace(" 1: n", " 5: n")),
        ];
        for (selection, replace, expected) in cases {
            let found =
                after(selection, replace).unwrap_or_else(|why| panic!("{replace:?}: {why}"));
            assert_eq!(found, expected, "{selection:?} {replace:?}");
        }
        assert!(matches!(after(&[], ("primitive", "primitve")), Err(Failure::Refused(_))));
        assert!(matches!(after(&["xml"], ("</cib>", "")), Err(Failure::Configuration(_))));
    }

    #[test]
    fn a_program_rewrites() {
        assert_eq!(through("sed s/a/b/", "a\n").expect("it runs"), "b\n");
        let long = "a".repeat(1 << 20);
        assert_eq!(through("head -c 3", &long).expect("it need not read all"), "aaa");
        assert!(through("exit 3", "a").is_err());
    }
}
