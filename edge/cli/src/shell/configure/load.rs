//! `crm configure load`: what a file says.

use super::{Draft, draft, send};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::input::{located, read_place};
use crate::shell::{Call, Shell, Use};
use api::{Language, LoadMode};
use cluster::{Configuration, Edit};
use crmsh::Mode;

/// `load [xml] update|replace|push FILE`; a file that begins with `<` is XML anyway.
pub(super) fn load(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let words: Vec<&String> = call.words.iter().filter(|word| *word != "xml").collect();
    let mode = match words.first().map(|word| word.as_str()) {
        Some("update") => LoadMode::Update,
        Some("replace" | "push") => LoadMode::Replace,
        _ => return Err(Failure::Usage("load update FILE, or load replace FILE".into())),
    };
    let Some(file) = words.get(1) else {
        return Err(Failure::Usage("the file is missing; - is standard input".into()));
    };
    let text = read_place(file)?;
    let is_xml = text.trim_start().starts_with('<');
    if is_xml {
        check_xml(&text, file)?;
    }
    if says_nothing(&text) {
        if mode == LoadMode::Update {
            line(&format!("{file} says nothing: nothing to do"));
            return DONE;
        }
        if !shell.is_forced {
            let help = "`crm -F configure load replace` does it all the same";
            return Err(Failure::Other(format!(
                "{file} says nothing: it would remove everything; {help}"
            )));
        }
    }
    if shell.mode == Use::Once {
        let language = if is_xml { Language::Xml } else { Language::Crm };
        return send(shell, text, (language, mode), file);
    }
    let is_forced = shell.is_forced;
    let draft = draft(shell)?;
    if is_xml {
        return load_xml(draft, &text, mode, file);
    }
    let mode = if mode == LoadMode::Update { Mode::Update } else { Mode::Replace };
    draft.load(&text, (mode, is_forced), file)?;
    DONE
}

/// Whether a text defines nothing at all.
fn says_nothing(text: &str) -> bool {
    if text.trim_start().starts_with('<') {
        return cib::read(text).is_ok_and(|cib| is_empty(&cib.configuration));
    }
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

fn is_empty(configuration: &Configuration) -> bool {
    let sets = [
        &configuration.properties,
        &configuration.resource_defaults,
        &configuration.operation_defaults,
    ];
    configuration.nodes.is_empty()
        && configuration.resources.is_empty()
        && configuration.constraints.is_empty()
        && configuration.tags.is_empty()
        && configuration.fencing_levels.is_empty()
        && configuration.opaque.is_empty()
        && sets.iter().all(|sets| sets.is_empty())
}

/// What is wrong with XML is said with the file's name in front, as for the language.
fn check_xml(text: &str, file: &str) -> Result<(), Failure> {
    let wrong = |error: cib::CibError| Failure::Configuration(located(file, &error));
    let is_whole = cib::read_element(text).map_err(wrong)?.name == "cib";
    let read =
        if is_whole { cib::read(text).map(drop) } else { cib::read_object(text, None).map(drop) };
    read.map_err(wrong)
}

fn load_xml(draft: &mut Draft, text: &str, mode: LoadMode, file: &str) -> Outcome {
    let wrong = |error: cib::CibError| Failure::Configuration(located(file, &error));
    let text = change::uncovered(text, draft.configuration());
    let text = &*text.map_err(|why| Failure::Refused(why.reasons()))?;
    if mode == LoadMode::Replace {
        draft.replace(cib::read(text).map_err(wrong)?.configuration);
        return DONE;
    }
    let objects = cib::read_object(text, None).map_err(wrong)?;
    let edits: Vec<Edit> = objects.into_iter().map(|object| Edit::Put(Box::new(object))).collect();
    draft.apply(&edits)?;
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_say_nothing() {
        for text in ["", " \n# a note\n", "<cib epoch='3'><configuration/></cib>"] {
            assert!(says_nothing(text), "{text}");
        }
        assert!(!says_nothing("# a note\nprimitive a ocf:pacemaker:Dummy\n"));
        assert!(!says_nothing("<primitive id='a' class='ocf' type='b'/>"));
    }
}
