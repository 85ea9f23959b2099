//! `crm corosync`: the file that says which nodes and networks there are, and how they hear each
//! other.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line, print, say_aside};
use crate::connection::Connection;
use crate::input::read_file;
use crate::terminal::editor;
use crate::tools::{cfgtool, quorumtool};
use crate::verbs::node::{configuration_file, next_id};
use crate::words::of_system;
use api::{ClientError, ConfChange, Request};
use conf::Edit;
use std::path::{Path, PathBuf};

pub(super) const COMMANDS: &[Command] = &[
    command("status", "[ring|quorum]", "show this node's links and the quorum", status),
    command("show", "", "show the file of this node", |_, _| {
        print(&read_file(&file())?);
        DONE
    }),
    command("get", "PATH", "show a setting of the file: totem.token", get),
    command("set", "PATH VALUE", "have the files of all nodes say so", set),
    command(
        "add-node",
        "NODE ADDRESS...",
        "list one more node in the files of all nodes",
        add_node,
    ),
    command("del-node", "NODE", "list it no more", |_, call| {
        let node = call.needs(0, "the node")?.to_owned();
        Connection::to_node().change(&Request::ChangeConf(ConfChange::RemoveNode { node }))?;
        DONE
    }),
    command("edit", "", "change the file of this node in your editor", edit),
    command("reload", "", "have all nodes read their files again", |_, _| {
        Connection::to_node().change(&Request::Reload)?;
        DONE
    }),
    command("log", "", "show the log that the file names", log),
];

/// The file of this node: the one that the environment names, as for Corosync, else the usual one.
fn file() -> PathBuf {
    let named = std::env::var_os("COROSYNC_MAIN_CONFIG_FILE").filter(|path| !path.is_empty());
    named.map_or_else(configuration_file, PathBuf::from)
}

pub(super) fn status(_: &mut Shell, call: &Call<'_>) -> Outcome {
    if call.word(0) != Some("quorum") {
        cfgtool::cfgtool(&["-s".into()])?;
    }
    if !matches!(call.word(0), Some("ring" | "link")) {
        line("");
        quorumtool::quorumtool(&["-s".into()])?;
    }
    DONE
}

fn wrong(path: &Path) -> impl Fn(conf::ConfError) -> Failure + '_ {
    |error| Failure::Configuration(error.in_file(&path.display()))
}

fn values(path: &str) -> Result<Vec<String>, Failure> {
    let file = file();
    conf::values(&read_file(&file)?, path).map_err(wrong(&file))
}

fn get(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let path = call.needs(0, "the path, such as totem.token,")?;
    let values = values(path)?;
    if values.is_empty() {
        let text = format!("{} does not say {path}", file().display());
        return Err(Failure::NoSuchObject(text));
    }
    for value in values {
        line(&value);
    }
    DONE
}

/// The node gets the next number; its addresses are those on ring 0, on ring 1, and so on.
fn add_node(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.needs(0, "the node")?.to_owned();
    call.needs(1, "its address")?;
    let connection = Connection::to_node();
    let id = next_id(&connection.node()?);
    let addresses = call.words[1..].to_vec();
    let change = ConfChange::AddNode { id, name: name.clone(), addresses, votes: 1 };
    connection.change(&Request::ChangeConf(change))?;
    shell
        .inform(&format!("{name} is listed as node {id}; it needs corosync.conf and authkey, too"));
    DONE
}

/// While nodes run, all of them change their files and go on with that; else the file here changes.
fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let path = call.needs(0, "the path, such as totem.token,")?.to_owned();
    let value = Some(call.needs(1, "the value")?.to_owned());
    let file = file();
    let before = read_file(&file)?;
    let edit = Edit::Set { path: path.clone(), value: value.clone() };
    let after = conf::edit(&before, &edit);
    let after = after.map_err(|error| Failure::Configuration(error.to_string()))?;
    warn(&file, &before, &after)?;
    let change = Request::ChangeConf(ConfChange::Set { path, value });
    match Connection::to_node().change(&change) {
        Err(Failure::Client(ClientError::NotRunning { .. })) => {
            write(&file, &after)?;
            shell.inform("no node runs here: only the file of this one was changed");
        }
        other => other?,
    }
    DONE
}

/// Says what is now doubtful and was not before: a key that nobody knows, for one.
fn warn(file: &Path, before: &str, after: &str) -> Result<(), Failure> {
    let kinds = |text: &str| conf::parse(text).map(|conf| conf.warnings).map_err(wrong(file));
    let known = kinds(before)?;
    for warning in kinds(after)? {
        if known.iter().all(|old| old.kind != warning.kind) {
            say_aside(&warning.in_file(&file.display()));
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    os::file::rewrite(file, text.as_bytes()).map_err(|error| {
        Failure::Other(format!("cannot write {}: {}", file.display(), of_system(&error)))
    })
}

/// A file that is wrong afterwards is not taken; what was written is kept beside it.
fn edit(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let file = file();
    let before = read_file(&file)?;
    let scratch = file.with_extension("edited");
    let failed = |error: std::io::Error| {
        Failure::Other(format!("cannot write {}: {}", scratch.display(), of_system(&error)))
    };
    os::file::write_atomic(&scratch, before.as_bytes()).map_err(failed)?;
    editor::open(&scratch)?;
    let after = read_file(&scratch)?;
    if after != before {
        conf::parse(&after).map_err(wrong(&scratch))?;
        write(&file, &after)?;
        shell.inform("`crm corosync reload` has the nodes read their files again");
    }
    os::file::remove_if_there(&scratch).map_err(failed)?;
    DONE
}

fn log(_: &mut Shell, _: &Call<'_>) -> Outcome {
    let Some(path) = values("logging.logfile")?.pop() else {
        let help =
            "the log is where the standard error of `systole node` goes: the system's journal";
        return Err(Failure::NoSuchObject(format!("the file names no log; {help}")));
    };
    print(&read_file(Path::new(&path))?);
    DONE
}
