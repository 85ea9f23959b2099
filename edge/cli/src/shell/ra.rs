//! `crm ra`: the agents of this machine.

use super::levels::{Command, command, query};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::description::{self, Description};
use crate::fencing::catalogue;
use crate::output::{Form, tell};
use crate::terminal::pager;
use serde_json::json;
use std::collections::BTreeSet;

pub(super) const COMMANDS: &[Command] = &[
    query("classes", "", "list the kinds of agents", classes),
    query("providers", "TYPE [CLASS]", "list who has an agent of that type", providers),
    query("list", "CLASS [PROVIDER]", "list agents", list),
    query("info meta", "AGENT", "tell what an agent does and takes", info),
    command("validate", "AGENT [N=V...]", "have an agent check parameters", validate),
];

fn classes(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let catalogue = catalogue();
    let (mut classes, providers) = (catalogue.standards(), catalogue.providers());
    classes.sort_unstable();
    if shell.form == Form::Json {
        tell(json!({ "classes": classes, "providers": providers }));
        return DONE;
    }
    for class in classes {
        match class {
            "ocf" => line(&format!("ocf / {}", providers.join(" "))),
            _ => line(class),
        }
    }
    DONE
}

fn providers(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let catalogue = catalogue();
    let has_it = |provider: &String| {
        call.word(0).is_none_or(|kind| catalogue.list(provider).iter().any(|known| known == kind))
    };
    let providers: Vec<String> = catalogue.providers().into_iter().filter(has_it).collect();
    match shell.form {
        Form::Text => line(&providers.join(" ")),
        Form::Json => tell(json!({ "providers": providers })),
    }
    DONE
}

fn list(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let catalogue = catalogue();
    let agents: BTreeSet<String> = match (call.needs(0, "the class")?, call.word(1)) {
        ("ocf", Some(provider)) => catalogue.list(provider).into_iter().collect(),
        ("ocf", None) => catalogue.providers().iter().flat_map(|it| catalogue.list(it)).collect(),
        ("stonith", _) => catalogue.fence_agents().into_iter().collect(),
        (class @ ("systemd" | "lsb" | "service"), _) => catalogue.services(class),
        (other, _) => {
            let known = "lsb, ocf, service, stonith, systemd";
            return Err(Failure::NoSuchObject(format!("there is no class {other}; use {known}")));
        }
    };
    let agents: Vec<String> = agents.into_iter().collect();
    match shell.form {
        Form::Text => print(&columns(&agents)),
        Form::Json => tell(json!({ "agents": agents })),
    }
    DONE
}

/// Names side by side, as many as fit on a line of 80.
fn columns(names: &[String]) -> String {
    let width = names.iter().map(|name| name.chars().count() + 2).max().unwrap_or(1);
    let row = |names: &[String]| {
        let padded: String = names.iter().map(|name| format!("{name:<width$}")).collect();
        format!("{}\n", padded.trim_end())
    };
    names.chunks((80 / width).max(1)).map(row).collect()
}

/// Agents of these have no provider.
const STANDARDS: [&str; 4] = ["lsb:", "service:", "stonith:", "systemd:"];

/// The agent's whole name: `ocf:heartbeat:` may be left out, as in the language.
pub(super) fn whole(name: &str) -> Result<String, Failure> {
    match name.matches(':').count() {
        0 if name.starts_with("fence_") => Ok(format!("stonith:{name}")),
        0 => Ok(format!("ocf:heartbeat:{name}")),
        1 if !STANDARDS.iter().any(|class| name.starts_with(class)) => {
            Ok(format!("ocf:{}", name.trim_start_matches("ocf:")))
        }
        1 | 2 => Ok(name.to_owned()),
        _ => Err(Failure::Usage(format!("`{name}` is no agent: write CLASS:PROVIDER:TYPE"))),
    }
}

fn info(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = whole(call.needs(0, "the agent")?)?;
    let description = Description::of(&description::agent(&name)?)?;
    match shell.form {
        Form::Text => pager::show(&description.text(&name)),
        Form::Json => tell(description.as_json(&name)),
    }
    DONE
}

fn validate(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = whole(call.needs(0, "the agent")?)?;
    let parameters: Option<Vec<(String, String)>> = call.words[1..]
        .iter()
        .map(|word| word.split_once('=').map(|(name, value)| (name.into(), value.into())))
        .collect();
    let parameters = parameters.ok_or_else(|| Failure::Usage("write NAME=VALUE".into()))?;
    description::validate(&description::agent(&name)?, parameters)?;
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_means_the_usual_agent() {
        let cases = [
            ("Dummy", "ocf:heartbeat:Dummy"),
            ("pacemaker:Dummy", "ocf:pacemaker:Dummy"),
            ("ocf:pacemaker:Dummy", "ocf:pacemaker:Dummy"),
            ("fence_ipmilan", "stonith:fence_ipmilan"),
            ("stonith:fence_ipmilan", "stonith:fence_ipmilan"),
            ("systemd:nginx", "systemd:nginx"),
            ("lsb:nginx", "lsb:nginx"),
        ];
        for (name, expected) in cases {
            assert_eq!(whole(name).expect("it is an agent"), expected);
        }
        assert!(matches!(whole("a:b:c:d"), Err(Failure::Usage(_))));
    }

    #[test]
    fn names_stand_side_by_side() {
        let names: Vec<String> = (0..7).map(|n| format!("a-name-of-agent-{n}")).collect();
        let text = columns(&names);
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.len() <= 80));
        assert_eq!(columns(&[]), "");
    }
}
