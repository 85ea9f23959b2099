//! `fence_lab`: the fence agent that presses a machine's power button.
//!
//! It speaks the common interface of fence agents: parameters as `name=value` lines on standard
//! input, or as options; what it did is its exit code.

use crate::client::{Lab, default_folder};
use crate::error::LabError;
use crate::protocol::Power;
use std::fmt::Write as _;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

const FAILED: u8 = 1;
/// The answer of "status" for a machine that is off.
const IS_OFF: u8 = 2;
/// More than any caller sends.
const LONGEST_INPUT: u64 = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    On,
    Off,
    Reboot,
    Status,
    Monitor,
    List,
    Metadata,
    ValidateAll,
}

const ACTIONS: [(&str, Action); 8] = [
    ("on", Action::On),
    ("off", Action::Off),
    ("reboot", Action::Reboot),
    ("status", Action::Status),
    ("monitor", Action::Monitor),
    ("list", Action::List),
    ("metadata", Action::Metadata),
    ("validate-all", Action::ValidateAll),
];

/// What the agent was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parameters {
    action: Option<String>,
    target: Option<String>,
    lab: Option<PathBuf>,
}

/// Why the agent failed. The machine's power is not what was asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("unknown action {0:?}")]
    UnknownAction(String),
    #[error("action {0} needs a machine: give plug=NAME")]
    NoTarget(String),
    #[error("no machine {0} in this lab")]
    NoSuchMachine(String),
    #[error(transparent)]
    Lab(#[from] LabError),
}

/// The fence agent; `args` are the words after the program's name. With none it reads its
/// parameters from standard input.
///
/// Exit codes: 0 done (for "status": on), 1 not done, 2 "status" of a machine that is off.
pub fn fence_lab(args: &[String]) -> ExitCode {
    let parameters = if args.is_empty() {
        let mut input = String::new();
        if let Err(error) = std::io::stdin().take(LONGEST_INPUT).read_to_string(&mut input) {
            eprintln!("fence_lab: reading standard input: {error}");
            return ExitCode::from(FAILED);
        }
        from_lines(&input)
    } else {
        from_options(args)
    };
    match perform(&parameters) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("fence_lab: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

impl Parameters {
    /// Takes what it knows; agents must accept parameters that are meant for others.
    fn set(&mut self, name: &str, value: &str) {
        let value = value.trim().to_owned();
        match name.trim() {
            "action" | "option" | "o" => self.action = Some(value),
            "plug" | "n" => self.target = Some(value),
            // Whoever names a plug means that; the node's name comes along with it.
            "port" | "nodename" | "uname" => drop(self.target.get_or_insert(value)),
            "lab" => self.lab = Some(value.into()),
            _ => {}
        }
    }
}

fn from_lines(input: &str) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in input.lines().filter_map(|line| line.split_once('=')) {
        parameters.set(name, value);
    }
    parameters
}

fn from_options(args: &[String]) -> Parameters {
    let mut parameters = Parameters::default();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let name = word.trim_start_matches('-');
        match name.split_once('=') {
            Some((name, value)) => parameters.set(name, value),
            None => parameters.set(name, words.next().map_or("", String::as_str)),
        }
    }
    parameters
}

fn perform(parameters: &Parameters) -> Result<ExitCode, Failure> {
    let word = parameters.action.as_deref().unwrap_or("reboot");
    let action = ACTIONS.iter().find(|(name, _)| *name == word).map(|(_, action)| *action);
    let action = action.ok_or_else(|| Failure::UnknownAction(word.to_owned()))?;
    if action == Action::Metadata {
        print!("{}", metadata());
        return Ok(ExitCode::SUCCESS);
    }
    let lab = Lab::attach(&folder(parameters))?;
    let target = || parameters.target.as_deref().ok_or_else(|| Failure::NoTarget(word.to_owned()));
    match action {
        Action::Metadata | Action::Monitor | Action::ValidateAll => {}
        Action::List => {
            for machine in lab.status()?.machines {
                println!("{},", machine.name);
            }
        }
        Action::Status => return power_of(&lab, target()?),
        Action::On => lab.power_on(target()?)?,
        Action::Off => drop(lab.power_off(target()?)?),
        Action::Reboot => reboot(&lab, target()?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn folder(parameters: &Parameters) -> PathBuf {
    let of_machine = || std::env::var_os("SYSTOLE_LAB").map(PathBuf::from);
    parameters.lab.clone().or_else(of_machine).unwrap_or_else(default_folder)
}

fn power_of(lab: &Lab, target: &str) -> Result<ExitCode, Failure> {
    let machines = lab.status()?.machines;
    let machine = machines.iter().find(|machine| machine.name == target);
    match machine.ok_or_else(|| Failure::NoSuchMachine(target.to_owned()))?.power {
        Power::Off => Ok(ExitCode::from(IS_OFF)),
        // A machine that is ending may still have a disk in use: it is not off yet (R1).
        Power::On | Power::Paused | Power::Ending => Ok(ExitCode::SUCCESS),
    }
}

/// The machine is fenced once it was off; that it does not start again is not the cluster's worry.
fn reboot(lab: &Lab, target: &str) -> Result<(), Failure> {
    lab.power_off(target)?;
    if let Err(error) = lab.power_on(target) {
        eprintln!("fence_lab: {target} was switched off, but does not start: {error}");
    }
    Ok(())
}

fn metadata() -> String {
    let parameters = [
        ("action", "-o, --action=[action]", "string", "Fencing action"),
        ("plug", "-n, --plug=[name]", "string", "Name of the machine"),
        ("nodename", "--nodename=[name]", "string", "Name of the machine where no plug is given"),
        ("lab", "--lab=[folder]", "string", "Folder of the lab, where not the machine's own"),
    ];
    let mut text = String::from(
        "<?xml version=\"1.0\" ?>\n\
         <resource-agent name=\"fence_lab\" shortdesc=\"Fence agent for machines of a lab\">\n\
         <longdesc>fence_lab presses the power button of a machine made by `systole lab`.\
         </longdesc>\n\
         <vendor-url></vendor-url>\n<parameters>\n",
    );
    for (name, option, kind, description) in parameters {
        let _ = writeln!(
            text,
            "\t<parameter name=\"{name}\" unique=\"0\" required=\"0\">\n\
             \t\t<getopt mixed=\"{option}\" />\n\
             \t\t<content type=\"{kind}\"{} />\n\
             \t\t<shortdesc lang=\"en\">{description}</shortdesc>\n\t</parameter>",
            if name == "action" { " default=\"reboot\"" } else { "" }
        );
    }
    text.push_str("</parameters>\n<actions>\n");
    for (name, _) in ACTIONS {
        let attributes = if name == "on" { " automatic=\"0\"" } else { "" };
        let _ = writeln!(text, "\t<action name=\"{name}\"{attributes} />");
    }
    text.push_str("</actions>\n</resource-agent>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_options_say_the_same() {
        let expected = Parameters {
            action: Some("off".into()),
            target: Some("oss2".into()),
            lab: Some("/lab".into()),
        };
        let lines = "action=off\nnodename=other\nplug=oss2\nlab=/lab\nssh=1\nnonsense\n";
        assert_eq!(from_lines(lines), expected);
        for line in ["-o off -n oss2 --lab /lab", "--action=off --plug=oss2 --lab=/lab"] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(from_options(&words), expected, "{line}");
        }
        assert_eq!(from_lines("port=a\nnodename=b").target.as_deref(), Some("a"));
    }

    #[test]
    fn what_cannot_be_done_fails() {
        let asked = |text: &str| perform(&from_lines(text));
        assert!(matches!(asked("action=fly"), Err(Failure::UnknownAction(_))));
        assert!(matches!(asked("action=off\nplug=a\nlab=/no/such"), Err(Failure::Lab(_))));
    }

    #[test]
    fn the_metadata_lists_every_action_and_parameter() {
        let text = metadata();
        for (name, _) in ACTIONS {
            assert!(text.contains(&format!("<action name=\"{name}\"")), "{name}");
        }
        for name in ["action", "plug", "nodename", "lab"] {
            assert!(text.contains(&format!("<parameter name=\"{name}\"")), "{name}");
        }
    }
}
