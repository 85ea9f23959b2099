//! `crm options`: how the shell behaves, as long as it runs.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use cluster::value::boolean;

pub(super) const COMMANDS: &[Command] = &[
    command("show", "[NAME]", "show how the shell behaves", show),
    command("set", "NAME VALUE", "change it", set),
    command("wait", "[yes|no]", "after each change, wait for the cluster", wait),
    command("reset", "", "as it was at the start", reset),
];

/// What can be changed, and how it is told now.
fn told(shell: &Shell) -> [(&'static str, bool); 2] {
    [("core.force", shell.is_forced), ("core.wait", shell.waits)]
}

fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let word = |is: bool| if is { "yes" } else { "no" };
    let wanted = call.word(0).map(whole);
    let mut found =
        told(shell).into_iter().filter(|(name, _)| wanted.as_ref().is_none_or(|w| w == name));
    let first = found.next().ok_or_else(|| unknown(call.word(0).unwrap_or_default()))?;
    for (name, is) in std::iter::once(first).chain(found) {
        line(&format!("{name} = {}", word(is)));
    }
    DONE
}

/// `wait` is `core.wait`.
fn whole(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("core.{name}") }
}

fn unknown(name: &str) -> Failure {
    Failure::Usage(format!("there is no option `{name}`; there are core.force and core.wait"))
}

fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (name, value) = (call.needs(0, "the option")?, call.needs(1, "the value")?);
    let is = boolean(value).ok_or_else(|| Failure::Usage(format!("`{value}`: say yes or no")))?;
    match whole(name).as_str() {
        "core.force" => shell.is_forced = is,
        "core.wait" => shell.waits = is,
        _ => return Err(unknown(name)),
    }
    DONE
}

fn wait(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let value = call.word(0).map_or(Some(!shell.waits), boolean);
    shell.waits = value.ok_or_else(|| Failure::Usage("say yes or no".into()))?;
    DONE
}

fn reset(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    (shell.is_forced, shell.waits) = (false, false);
    DONE
}
