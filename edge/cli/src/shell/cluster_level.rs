//! `crm cluster`, `crm corosync` and `crm ra`: what stands below the configuration.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::{cfgtool, quorumtool, resources};

pub(super) const CLUSTER: &[Command] = &[
    command("status", "", "show this node's links and the quorum", status),
    command("health", "", "show what is wrong, in short", |shell, _| {
        crate::status::show(&shell.connection, crate::status::Form::Text)
    }),
];

pub(super) const COROSYNC: &[Command] =
    &[command("status", "[ring|quorum]", "show this node's links and the quorum", status)];

pub(super) const RA: &[Command] = &[
    command("classes", "", "list the kinds of agents", |_, _| agents(&["--list-standards"])),
    command("providers", "[TYPE]", "list the providers of OCF agents", |_, _| {
        agents(&["--list-ocf-providers"])
    }),
    command("list", "CLASS [PROVIDER]", "list agents", list),
    command("info meta", "[CLASS:[PROVIDER:]]TYPE", "show what an agent says of itself", info),
];

fn status(_: &mut Shell, call: &Call<'_>) -> Outcome {
    if call.word(0) != Some("quorum") {
        cfgtool::cfgtool(&["-s".into()])?;
    }
    if !matches!(call.word(0), Some("ring" | "link")) {
        line("");
        quorumtool::quorumtool(&["-s".into()])?;
    }
    DONE
}

fn agents(words: &[&str]) -> Outcome {
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    resources::main(&words)
}

fn list(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let class = call.needs(0, "the class")?;
    match call.word(1) {
        None => agents(&["--list-agents", class]),
        Some(provider) => agents(&["--list-agents", &format!("{class}:{provider}")]),
    }
}

/// `ocf:heartbeat:` is understood where it is left out, as in the language.
fn info(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.needs(0, "the agent")?;
    match name.matches(':').count() {
        0 if name.starts_with("fence_") => resources::metadata(&format!("stonith:{name}")),
        0 => resources::metadata(&format!("ocf:heartbeat:{name}")),
        1 if !name.starts_with("stonith:") => {
            resources::metadata(&format!("ocf:{}", name.trim_start_matches("ocf:")))
        }
        1 | 2 => resources::metadata(name),
        _ => Err(Failure::Usage(format!("`{name}` is no agent: write CLASS:PROVIDER:TYPE"))),
    }
}
