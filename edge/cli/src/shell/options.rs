//! `crm options`: how the shell behaves, as long as it runs.

use super::completion::Candidate;
use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::terminal::editor;
use crate::terminal::pager;
use crate::terminal::paint::{self, When};
use cluster::value::boolean;

pub(super) const COMMANDS: &[Command] = &[
    command("show", "[SETTING]", "show how the shell behaves", show),
    command("set", "SETTING VALUE", "change it", set),
    command("wait", "[yes|no]", "after each change, wait for the cluster", wait),
    command("color output", "auto|yes|no", "show colours", |shell, call| {
        change(shell, Setting::Color, call.needs(0, "auto, yes or no,")?)
    }),
    command("editor", "PROGRAM", "edit with this program", |shell, call| {
        change(shell, Setting::Editor, call.needs(0, "the program")?)
    }),
    command("pager", "PROGRAM", "show long texts with this program", |shell, call| {
        change(shell, Setting::Pager, call.needs(0, "the program")?)
    }),
    command("reset", "", "as it was at the start", reset),
];

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Color,
    Editor,
    Force,
    Pager,
    Wait,
}

const SETTINGS: [(&str, Setting, &str); 5] = [
    ("core.color", Setting::Color, "show colours: auto, yes or no"),
    ("core.editor", Setting::Editor, "edit with this program"),
    ("core.force", Setting::Force, "do things although they look wrong"),
    ("core.pager", Setting::Pager, "show long texts with this program; none if it is empty"),
    ("core.wait", Setting::Wait, "after each change, wait for the cluster"),
];

/// The same for whoever is typing.
pub(super) fn settings() -> Vec<Candidate> {
    SETTINGS.map(|(name, _, about)| Candidate::new(name, about)).into()
}

/// `wait` is `core.wait`.
fn named(name: &str) -> Result<Setting, Failure> {
    let whole = if name.contains('.') { name.to_owned() } else { format!("core.{name}") };
    let found = SETTINGS.iter().find(|(known, ..)| *known == whole);
    found.map(|(_, setting, _)| *setting).ok_or_else(|| {
        let known = SETTINGS.map(|(known, ..)| known).join(", ");
        Failure::Usage(format!("there is no option `{name}`; there are {known}"))
    })
}

fn told(shell: &Shell, setting: Setting) -> String {
    let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
    match setting {
        Setting::Color => paint::chosen().name().to_owned(),
        Setting::Editor => editor::chosen(),
        Setting::Force => word(shell.is_forced),
        Setting::Pager => pager::chosen(),
        Setting::Wait => word(shell.waits),
    }
}

fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let wanted = call.word(0).map(named).transpose()?;
    for (name, setting, _) in SETTINGS {
        if wanted.is_none_or(|wanted| wanted == setting) {
            line(format!("{name} = {}", told(shell, setting)).trim_end());
        }
    }
    DONE
}

fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (name, value) = (call.needs(0, "the option")?, call.needs(1, "the value")?);
    change(shell, named(name)?, value)
}

fn change(shell: &mut Shell, setting: Setting, value: &str) -> Outcome {
    let is = || boolean(value).ok_or_else(|| Failure::Usage(format!("`{value}`: say yes or no")));
    match setting {
        Setting::Color => {
            let wrong = || Failure::Usage(format!("`{value}`: say auto, yes or no"));
            paint::choose(When::parse(value).ok_or_else(wrong)?);
        }
        Setting::Editor => editor::choose(Some(value.to_owned())),
        Setting::Force => shell.is_forced = is()?,
        Setting::Pager => pager::choose(Some(value.to_owned())),
        Setting::Wait => shell.waits = is()?,
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
    paint::choose(When::Auto);
    pager::choose(None);
    editor::choose(None);
    DONE
}
