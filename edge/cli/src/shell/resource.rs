//! `crm resource`: what resources do.

use super::levels::{Command, command, query};
use super::{Call, Shell, for_each, trace};
use crate::answer::{DONE, Failure, Outcome, line, print, say_aside};
use crate::connection::Connection;
use crate::output::{self, Form};
use crate::picture::Picture;
use crate::tools::attributes::{fail_count, must_be_known};
use crate::tools::cibsecret::{Act, Parameter};
use crate::tools::iso8601::in_utc;
use crate::tools::resources::{self, Until, Values};
use api::{Acknowledgement, Forget, Request};
use cluster::date::Span;
use report::operations::Wanted;
use report::ties::Depth;
use serde_json::json;
use std::time::Duration;

pub(super) const COMMANDS: &[Command] = &[
    query("status show list", "[RESOURCE...]", "show what resources do", status),
    query("locate", "RESOURCE...", "show where resources run", locate),
    command("start", "RESOURCE...", "start resources", |shell, call| role(shell, call, "Started")),
    command("stop", "RESOURCE...", "stop resources", |shell, call| role(shell, call, "Stopped")),
    command("restart", "RESOURCE...", "stop resources, wait, start them", restart),
    command("promote", "RESOURCE", "promote it", |shell, call| role(shell, call, "Promoted")),
    command("demote", "RESOURCE", "demote it", |shell, call| role(shell, call, "Unpromoted")),
    command("manage", "RESOURCE...", "take care of resources again", |shell, call| {
        meta_of_all(shell, call, "is-managed", "true")
    }),
    command("unmanage", "RESOURCE...", "leave resources as they are", |shell, call| {
        meta_of_all(shell, call, "is-managed", "false")
    }),
    command("maintenance", "RESOURCE [on|off]", "leave it alone altogether", maintenance),
    command(
        "move migrate",
        "RESOURCE [NODE] [LIFETIME|--stay]",
        "move it, until it has settled or to stay",
        relocate,
    ),
    command("ban", "RESOURCE [NODE] [LIFETIME]", "keep it away from a node", ban),
    command(
        "clear unmove unmigrate unban",
        "RESOURCE...",
        "take back what move and ban did",
        clear,
    ),
    command("cleanup", "[RESOURCE] [NODE]", "forget failures", |shell, call| {
        forget(shell, call, Forget::Failures)
    }),
    command(
        "refresh reprobe",
        "[RESOURCE] [NODE]",
        "forget all results, look again",
        |shell, call| forget(shell, call, Forget::Everything),
    ),
    command("constraints", "RESOURCE", "show what ties it to nodes and others", |shell, call| {
        let id = call.needs(0, "the resource")?;
        resources::constraints(&shell.connection, id, Depth::Near)
    }),
    command("operations", "[RESOURCE] [NODE]", "show what was done with it", |shell, call| {
        let (resource, node) = (call.word(0), call.word(1));
        resources::operations(&shell.connection, Wanted { resource, node })
    }),
    command("scores", "", "show the numbers that decide on places", |_, _| {
        crate::tools::simulate::main(&["-sUL".into()])
    }),
    command(
        "trace",
        "RESOURCE [OPERATION] [INTERVAL] [FOLDER]",
        "have its agent tell all",
        trace::trace,
    ),
    command("untrace", "RESOURCE [OPERATION] [INTERVAL]", "end that", trace::untrace),
    command("failcount", "RESOURCE show|delete NODE", "show or forget failures", failcount),
    command("meta", "RESOURCE set|show|delete META [VALUE]", "change a meta attribute", |s, c| {
        value(s, c, Values::Meta)
    }),
    command("param", "RESOURCE set|show|delete PARAMETER [VALUE]", "change a parameter", |s, c| {
        value(s, c, Values::Parameters)
    }),
    command(
        "secret",
        "RESOURCE set|stash|unstash|delete|show|check SECRET [VALUE]",
        "keep a value outside of the CIB",
        secret,
    ),
    command("utilization", "RESOURCE set|show|delete CAPACITY [VALUE]", "change a need", |s, c| {
        value(s, c, Values::Utilization)
    }),
];

/// How long a restart waits for the stop; mounting Lustre may take minutes.
const PATIENCE: Duration = Duration::from_secs(600);

fn some<'a>(call: &'a Call<'_>) -> Result<&'a [String], Failure> {
    call.needs(0, "the resource")?;
    Ok(call.words)
}

fn status(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    if shell.form == Form::Json {
        return tell(shell, call.words);
    }
    if call.words.is_empty() {
        print(&crate::tools::monitor::resource_list(&Picture::take(&shell.connection)?));
        return DONE;
    }
    locate(shell, call)
}

/// What these resources do, for programs.
fn tell(shell: &Shell, names: &[String]) -> Outcome {
    let picture = Picture::take(&shell.connection)?;
    let configuration = &picture.cib.configuration;
    if let Some(id) = names.iter().find(|id| configuration.resource(id).is_none()) {
        return Err(resources::unknown(configuration, id));
    }
    let resources = crate::verbs::status::resources_as_json(&picture.situation(), names);
    output::tell(json!({ "resources": resources }));
    DONE
}

fn locate(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    if shell.form == Form::Json {
        return tell(shell, some(call)?);
    }
    let connection = &shell.connection;
    for_each(some(call)?, |id| resources::locate(connection, id).map(drop))
}

fn set_meta(
    connection: &Connection,
    resource: &str,
    name: &str,
    value: Option<&str>,
) -> Result<(), Failure> {
    let (resource, name) = (resource.to_owned(), name.to_owned());
    connection.change(&Request::ResourceMeta { resource, name, value: value.map(str::to_owned) })
}

fn meta_of_all(shell: &mut Shell, call: &Call<'_>, name: &str, value: &str) -> Outcome {
    let connection = &shell.connection;
    for_each(some(call)?, |id| set_meta(connection, id, name, Some(value)))
}

fn role(shell: &mut Shell, call: &Call<'_>, role: &str) -> Outcome {
    meta_of_all(shell, call, "target-role", role)
}

fn restart(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let connection = &shell.connection;
    for_each(some(call)?, |id| resources::restart(connection, id, PATIENCE))
}

fn maintenance(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let value = match call.word(1) {
        None | Some("on" | "true" | "yes") => "true",
        Some("off" | "false" | "no") => "false",
        Some(other) => return Err(Failure::Usage(format!("`{other}` is neither on nor off"))),
    };
    set_meta(&shell.connection, id, "maintenance", Some(value))?;
    DONE
}

/// Where to, and until when: `[NODE] [LIFETIME|--stay]`. `force` is a word of other shells.
fn place<'a>(call: &'a Call<'_>, usual: Until) -> Result<(Option<&'a str>, Until), Failure> {
    let (mut node, mut until) = (None, usual);
    for word in call.words.iter().skip(1).map(String::as_str).filter(|word| *word != "force") {
        match word {
            "--stay" => until = Until::Cleared,
            // A lifetime begins as no name of a node in its place would.
            _ if Span::parse(word).is_some() || node.is_some() => until = Until::lifetime(word)?,
            _ => node = Some(word),
        }
    }
    Ok((node, until))
}

fn relocate(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let (node, until) = place(call, Until::Settled)?;
    let from = if node.is_none() { places_of(shell, id)? } else { String::new() };
    resources::relocate(&shell.connection, id, node, &until)?;
    let end = end_of(shell, id, &until);
    match node {
        Some(node) => shell.inform(&format!("{id} moves to {node}; {end}")),
        None => {
            say_aside(&format!("WARNING: no node was named: {id} is banned from {from}; {end}"));
        }
    }
    DONE
}

/// When a move is over, in words.
fn end_of(shell: &Shell, id: &str, until: &Until) -> String {
    match until {
        Until::Date(date) => format!("that ends at {}", in_utc(*date)),
        // In a file there is nobody who ends it.
        Until::Settled if shell.connection.file().is_none() => format!(
            "the move ends by itself when {id} has settled and would stay there anyway \
             (`crm resource clear {id}` ends it now)"
        ),
        Until::Settled | Until::Cleared => format!("`crm resource clear {id}` ends that"),
    }
}

/// Where a resource is, in words; where it is active on no node, nothing can be moved away.
fn places_of(shell: &Shell, id: &str) -> Result<String, Failure> {
    let picture = Picture::take(&shell.connection)?;
    let configuration = &picture.cib.configuration;
    let places = picture.places_of(id).ok_or_else(|| resources::unknown(configuration, id))?;
    Ok(places.join(" and "))
}

fn ban(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let (node, until) = place(call, Until::Cleared)?;
    let from = match node {
        Some(node) => node.to_owned(),
        None => places_of(shell, id)?,
    };
    resources::ban(&shell.connection, id, node, &until)?;
    let end = end_of(shell, id, &until);
    shell.inform(&format!("{id} is kept away from {from}; {end}"));
    DONE
}

fn clear(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    for_each(some(call)?, |id| {
        let request = Request::Clear { resource: id.to_owned() };
        let said = match shell.connection.changed(&request)? {
            Acknowledgement::Unchanged => format!("there was no migrate or ban of {id}"),
            _ => format!("{id} may run where its own constraints let it"),
        };
        shell.inform(&said);
        Ok(())
    })
}

fn forget(shell: &mut Shell, call: &Call<'_>, what: Forget) -> Outcome {
    let words: Vec<&str> =
        call.words.iter().map(String::as_str).filter(|word| *word != "force").collect();
    let (resource, node) = (words.first().copied(), words.get(1).copied());
    resources::forget(&shell.connection, resource, node, what)?;
    let (whose, places) = (resource.unwrap_or("all resources"), node.unwrap_or("all nodes"));
    shell.inform(&match what {
        Forget::Failures => format!("failures of {whose} on {places} are forgotten"),
        Forget::Everything => format!("{whose} will be looked for again on {places}"),
    });
    DONE
}

fn failcount(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let connection = &shell.connection;
    match call.word(1) {
        Some("show") => {
            let node = call.needs(2, "the node")?;
            let picture = Picture::take(connection)?;
            must_be_known(&picture, id, node)?;
            let count = fail_count(&picture, id, node, None);
            line(&format!("scope=status  name=fail-count-{id} value={count}"));
            DONE
        }
        Some("delete") => resources::forget(connection, Some(id), call.word(2), Forget::Failures),
        Some("set") if call.word(3) == Some("0") => {
            resources::forget(connection, Some(id), call.word(2), Forget::Failures)
        }
        Some("set") => Err(Failure::Usage("a fail count can only be set to 0".into())),
        _ => Err(Failure::Usage("failcount RESOURCE show|delete NODE".into())),
    }
}

fn value(shell: &mut Shell, call: &Call<'_>, values: Values) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let name = call.needs(2, "the attribute's name")?;
    match call.word(1) {
        Some("show") => return resources::show_value(&shell.connection, values, id, name),
        Some("set") => {
            let value = call.needs(3, "the value")?;
            resources::set_value(&shell.connection, values, id, (name, Some(value)))?;
        }
        Some("delete") => resources::set_value(&shell.connection, values, id, (name, None))?,
        _ => return Err(Failure::Usage("RESOURCE set|show|delete NAME [VALUE]".into())),
    }
    DONE
}

fn secret(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let resource = call.needs(0, "the resource")?;
    let act = call.needs(1, "set, stash, unstash, delete, show or check")?;
    let name = call.needs(2, "the parameter")?;
    let act = Act::named(act, call.word(3))?;
    Parameter { connection: &shell.connection, resource, name }.carry_out(act)
}
