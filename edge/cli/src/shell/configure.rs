//! `crm configure`: what people want.

mod agents;
mod delete;
mod draft;
mod edit;
mod graph;
mod load;
mod members;
mod names;
mod rename;
mod show;
mod values;

use super::levels::{Command, command, query};
use super::{Call, Shell, Use};
use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::edit::Manner;
use crate::picture::Picture;
use crate::preview;
use crate::terminal::pager;
use crate::words::joined;
use api::{Language, LoadMode, Request};
use cluster::validate::{Severity, validate};
use cluster::{Configuration, Edit};
use crmsh::Mode;

pub(super) use agents::agent_and_parameters;
pub(super) use draft::Draft;

pub(super) const COMMANDS: &[Command] = &[
    query(
        "show",
        "[xml] [ID|type:KIND|related:ID...] [changed]",
        "show objects in the language that defines them",
        show::show,
    ),
    command("edit", "[xml] [ID...]", "change objects in your editor ($EDITOR)", edit::edit),
    command(
        "filter",
        "PROGRAM [ID...]",
        "change objects by a program that rewrites text",
        edit::filter,
    ),
    command("load", "[xml] update|replace|push FILE|-", "define what a file says", load::load),
    command("save", "[xml] [ID...] FILE|-", "write objects to a file", show::save),
    command(
        "delete",
        "[--force] ID...",
        "remove objects and the constraints on them",
        delete::delete,
    ),
    command("rename", "OLD NEW", "give an object another id", rename::rename),
    command(
        "modgroup",
        "GROUP add|remove MEMBER [before|after MEMBER]",
        "change a group",
        members::modgroup,
    ),
    command("set", "ID.NAME VALUE", "change a parameter or meta attribute", values::set),
    command("verify", "", "say what is wrong", verify),
    command(
        "validate-all",
        "RESOURCE...",
        "have agents check their parameters",
        agents::validate_all,
    ),
    command("rsctest", "RESOURCE...", "start, check and stop it here by hand", agents::try_out),
    command(
        "default-timeouts",
        "RESOURCE...",
        "take the time-outs that agents advise",
        agents::default_timeouts,
    ),
    command(
        "get_property get-property",
        "OPTION",
        "show a cluster option or its default",
        property,
    ),
    command("ptest simulate", "", "show what the cluster would do", simulate),
    command(
        "commit",
        "[force] [replace] [-m TEXT] [--confirm TIME]",
        "make the changes real",
        commit,
    ),
    command("refresh", "", "forget the changes", refresh),
    command("erase", "[nodes]", "remove everything but the nodes, or the nodes", delete::erase),
    command("graph", "[dot|svg|png|pdf] [FILE]", "draw resources and constraints", graph::graph),
    command("schema", "[SCHEMA]", "show to which schema the XML keeps", schema),
    command("upgrade", "[force]", "nothing to do: the newest form is always used", |_, _| DONE),
];

/// The statement out of the words of a command line.
pub(super) fn statement(words: &[String]) -> String {
    if words.first().is_some_and(|word| word.eq_ignore_ascii_case("xml")) {
        return words.join(" ");
    }
    joined(words)
}

/// Defines an object: at once, or in the draft.
pub(super) fn define(shell: &mut Shell, statement: &str) -> Outcome {
    if shell.mode == Use::Once {
        return send(shell, format!("{statement}\n"), (Language::Crm, LoadMode::Update), "crm");
    }
    let is_forced = shell.is_forced;
    draft(shell)?.load(statement, (Mode::Update, is_forced), "crm")?;
    DONE
}

pub(super) fn send(
    shell: &Shell,
    text: String,
    (language, mode): (Language, LoadMode),
    name: &str,
) -> Outcome {
    shell.connection.change(&Request::Load {
        text,
        language,
        mode,
        name: name.to_owned(),
        force: shell.is_forced,
    })?;
    DONE
}

/// The draft, begun with the first change.
pub(super) fn draft(shell: &mut Shell) -> Result<&mut Draft, Failure> {
    let draft = match shell.draft.take() {
        Some(draft) => draft,
        None => Draft::begin(&shell.connection)?,
    };
    Ok(shell.draft.insert(draft))
}

/// The draft if there is one, else what is real.
pub(super) fn present(shell: &Shell) -> Result<Configuration, Failure> {
    match &shell.draft {
        Some(draft) => Ok(draft.configuration().clone()),
        None => Ok(shell.connection.cib()?.configuration),
    }
}

/// Changes the draft, and one-shot what is real.
fn change(shell: &mut Shell, edits: &[Edit]) -> Outcome {
    let mut after = present(shell)?;
    let applied = after.apply(edits);
    applied.map_err(|refusal| Failure::Refused(vec![refusal.to_string()]))?;
    change_to(shell, after)
}

/// Makes it the draft, and one-shot real.
fn change_to(shell: &mut Shell, after: Configuration) -> Outcome {
    let is_once = shell.mode == Use::Once;
    let draft = draft(shell)?;
    draft.replace(after);
    if is_once { commit_draft(shell) } else { DONE }
}

fn verify(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let problems = validate(&present(shell)?);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    for warning in warnings {
        say_aside(&format!("WARNING: {warning}"));
    }
    if errors.is_empty() {
        return DONE;
    }
    Err(Failure::Refused(errors.iter().map(|error| format!("ERROR: {error}")).collect()))
}

fn property(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.needs(0, "the option")?;
    let configuration = present(shell)?;
    let value = configuration.property(name);
    if value.is_empty() {
        return Err(Failure::NoSuchObject(format!("{name} is not set, and no option by itself")));
    }
    line(value);
    DONE
}

fn simulate(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let mut picture = Picture::take(&shell.connection)?;
    picture.cib.configuration = present(shell)?;
    crate::tools::simulate::show(&picture)
}

/// `commit [force] [replace] [-m TEXT] [--confirm TIME]`. Whoever sits at a terminal sees first what would
/// become of it.
fn commit(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (mut message, mut trial, mut force) = (String::new(), None, shell.is_forced);
    let mut is_whole = false;
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().ok_or_else(|| Failure::Usage(format!("{word} needs a value")));
        match word.as_str() {
            "-m" | "--message" => message.clone_from(value()?),
            "--confirm" => {
                let text = value()?;
                let time = cluster::value::duration(text);
                let wrong = || Failure::Usage(format!("`{text}` is no time; write 5min or 300s"));
                trial = Some(time.filter(|time| !time.is_zero()).ok_or_else(wrong)?);
            }
            "force" | "--force" => force = true,
            "replace" | "--replace" => is_whole = true,
            other => return Err(Failure::Usage(format!("`{other}` is no word of commit"))),
        }
    }
    let Some(draft) = &shell.draft else { return DONE };
    if shell.mode == Use::Prompt && draft.is_changed() {
        pager::show(&preview::text(&draft.preview(&shell.connection)?)?);
        if !shell.confirms("Commit it?") {
            return DONE;
        }
    }
    let manner = Manner { name: "commit", force, message: &message, trial };
    match is_whole {
        true => draft.commit_whole(&shell.connection, manner)?,
        false => draft.commit(&shell.connection, manner)?,
    }
    shell.draft = None;
    if let Some(trial) = trial {
        let seconds = trial.as_secs();
        shell.inform(&format!(
            "unless you say `systole config confirm` within {seconds} s, it is taken back"
        ));
    }
    DONE
}

/// What was typed is not lost when it is refused: it can be mended and committed again.
fn commit_draft(shell: &mut Shell) -> Outcome {
    if let Some(draft) = &shell.draft {
        let manner = Manner { name: "commit", force: shell.is_forced, ..Manner::default() };
        draft.commit(&shell.connection, manner)?;
    }
    shell.draft = None;
    DONE
}

fn schema(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let cib = shell.connection.cib()?;
    let present = cib.attribute("validate-with").unwrap_or("none");
    match call.word(0) {
        None => line(present),
        Some(name) if name == present => {}
        Some(name) if !cib::is_known_schema(name) => {
            let known = cib::known_schemas();
            return Err(Failure::Usage(format!("there is no schema `{name}`; there are {known}")));
        }
        Some(_) => {
            let text = format!("objects are always written as {present} has them");
            return Err(Failure::Usage(text));
        }
    }
    DONE
}

fn refresh(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    shell.draft = None;
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text defines.
    pub(super) fn configuration(text: &str) -> Configuration {
        let mut configuration = Configuration::default();
        let loaded = crmsh::load(text, &configuration, Mode::Update).expect("the text is right");
        configuration.apply(&loaded.edits).expect("the edits fit");
        configuration
    }

    pub(super) const TEXT: &str = "primitive a ocf:pacemaker:Dummy\nprimitive b ocf:pacemaker:Dummy\n\
        primitive c ocf:pacemaker:Dummy\ngroup g a b\nlocation l g 1: n\norder o c g\n";

    #[test]
    fn what_the_shell_took_apart_is_put_together_again() {
        let words = ["primitive", "p", "X", "params", "a=b c", "say=it's"].map(String::from);
        assert_eq!(statement(&words), "primitive p X params a='b c' say=\"it's\"");
        let xml = ["xml", "<primitive id=\"a b\"/>"].map(String::from);
        assert_eq!(statement(&xml), "xml <primitive id=\"a b\"/>");
    }
}
