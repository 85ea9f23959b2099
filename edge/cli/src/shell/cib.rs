//! `crm cib`: shadow copies, and which of them the shell works on.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::{Connection, Shadows};
use crate::input::read_file;
use crate::tools::crm_shadow;
use std::path::Path;

pub(super) const COMMANDS: &[Command] = &[
    command("new", "[COPY] [empty] [force]", "make a copy and use it", new),
    command("use", "[COPY|live]", "work on a copy, or on the cluster again", choose),
    command("list", "", "list the copies", list),
    command("delete", "COPY", "remove a copy", delete),
    command("reset", "COPY", "copy the cluster's configuration into it again", reset),
    command("diff", "[COPY]", "show what a copy changes", diff),
    command("commit", "[COPY]", "give the cluster what is in a copy", commit),
    command("import", "FILE [COPY]", "make a copy of a CIB in a file and use it", import),
];

/// The words that name something: not `force`, and not what is not kept apart here.
fn names<'a>(call: &'a Call<'_>) -> Vec<&'a str> {
    let marks = ["force", "--force", "empty", "withstatus"];
    call.words.iter().map(String::as_str).filter(|word| !marks.contains(word)).collect()
}

fn has(call: &Call<'_>, mark: &str) -> bool {
    call.words.iter().any(|word| word.trim_start_matches('-') == mark)
}

fn new(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let shadows = Shadows::usual();
    let number = || (1..).map(|n| n.to_string()).find(|name| !shadows.has(name));
    let name = names(call).first().map(|name| (*name).to_owned()).or_else(number);
    let name = name.unwrap_or_default();
    if shadows.has(&name) && !shell.is_forced && !has(call, "force") {
        let help = "use another name, or `crm cib new NAME force`";
        return Err(Failure::Exists(format!("there is a shadow copy `{name}` already; {help}")));
    }
    let text = match has(call, "empty") {
        true => crm_shadow::empty(None),
        false => cib::write_element(&Connection::below_shadows().tree()?),
    };
    shadows.write(&name, &text)?;
    shell.inform(&format!("{name} is a copy of the configuration now"));
    work_on(shell, Some(&name))
}

fn choose(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    work_on(shell, call.word(0).filter(|name| *name != "live"))
}

fn work_on(shell: &mut Shell, name: Option<&str>) -> Outcome {
    let connection = match name {
        Some(name) => Connection::File(Shadows::usual().existing(name)?),
        None => Connection::below_shadows(),
    };
    shell.leave_configure()?;
    connection.clone().choose();
    shell.connection = connection;
    DONE
}

fn list(_: &mut Shell, _: &Call<'_>) -> Outcome {
    for name in Shadows::usual().names() {
        line(&name);
    }
    DONE
}

fn delete(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.needs(0, "the copy")?;
    if in_use(shell).is_ok_and(|used| used == name) {
        let help = "`crm cib use live` first";
        return Err(Failure::Other(format!("{name} is in use; {help}")));
    }
    Shadows::usual().remove(name)?;
    DONE
}

fn reset(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let (shadows, name) = (Shadows::usual(), call.needs(0, "the copy")?);
    shadows.existing(name)?;
    shadows.write(name, &cib::write_element(&Connection::below_shadows().tree()?))?;
    DONE
}

/// The name of the copy that the shell works on.
fn in_use(shell: &Shell) -> Result<String, Failure> {
    let file =
        shell.connection.file().filter(|file| Shadows::usual().file(&file.short_name()) == **file);
    file.map(crate::connection::CibFile::short_name)
        .ok_or_else(|| Failure::Usage("no shadow copy is in use; name one".into()))
}

fn diff(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.word(0).map_or_else(|| in_use(shell), |name| Ok(name.to_owned()))?;
    crm_shadow::diff(&Shadows::usual().existing(&name)?)?;
    DONE
}

fn commit(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let named = names(call).first().map(|name| (*name).to_owned());
    let name = named.map_or_else(|| in_use(shell), Ok)?;
    let shadow = Shadows::usual().existing(&name)?;
    shell.leave_configure()?;
    crm_shadow::upload(&shadow, false, shell.is_forced || has(call, "force"))?;
    shell.inform(&format!("the cluster has the configuration of {name} now"));
    DONE
}

fn import(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let file = call.needs(0, "the file")?;
    let text = read_file(Path::new(file))?;
    let wrong = |error| Failure::Configuration(crate::input::located(file, &error));
    cib::read_tolerant(&text).map_err(wrong)?;
    let stem = || Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = call.word(1).map(str::to_owned).or_else(stem).unwrap_or_default();
    Shadows::usual().write(&name, &text)?;
    work_on(shell, Some(&name))
}
