//! `corosync-cpgtool`: named groups of processes.

use crate::answer::{DONE, Outcome, print};
use crate::connection::{Connection, unexpected};
use crate::tools::arguments::{CommandLine, flag, value};
use api::{NamedGroupReport, Request, Response};

const CPGTOOL: CommandLine = CommandLine {
    name: "corosync-cpgtool",
    purpose: "shows named groups and the processes in them",
    words: "",
    choices: &[
        value("d", "delimiter", "a line for each member, its parts apart by this"),
        flag("n", "names", "the names only"),
        flag("e", "no-escape", "names as they are, also with characters that cannot be printed"),
    ],
};

/// How names are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Escaped,
    AsTheyAre,
}

impl Names {
    fn print(self, name: &str) -> String {
        let escape = |letter: char| match letter {
            '\\' => "\\\\".to_owned(),
            letter if letter.is_ascii_graphic() || letter == ' ' => letter.to_string(),
            letter => {
                let mut bytes = [0; 4];
                letter
                    .encode_utf8(&mut bytes)
                    .bytes()
                    .map(|byte| format!("\\x{byte:02X}"))
                    .collect()
            }
        };
        match self {
            Self::Escaped => name.chars().map(escape).collect(),
            Self::AsTheyAre => name.to_owned(),
        }
    }
}

/// `corosync-cpgtool`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = CPGTOOL.read(args)?;
    let groups = match Connection::to_node().ask(&Request::Groups)? {
        Response::Groups { groups } => groups,
        other => return Err(unexpected(&other)),
    };
    let names = if given.has("no-escape") { Names::AsTheyAre } else { Names::Escaped };
    print(&match given.value("delimiter") {
        _ if given.has("names") => list(&groups, names),
        Some(delimiter) => lines(&groups, names, delimiter),
        None => table(&groups, names),
    });
    DONE
}

fn list(groups: &[NamedGroupReport], names: Names) -> String {
    groups.iter().map(|group| names.print(&group.name) + "\n").collect()
}

fn lines(groups: &[NamedGroupReport], names: Names, delimiter: &str) -> String {
    let mut text = format!("GRP_NAME{delimiter}PID{delimiter}NODEID\n");
    for group in groups {
        let name = names.print(&group.name);
        for member in &group.members {
            text.push_str(&format!("{name}{delimiter}{}{delimiter}{}\n", member.pid, member.node));
        }
    }
    text
}

fn table(groups: &[NamedGroupReport], names: Names) -> String {
    let mut text = format!("Group Name\t{:>10}\t{:>10}\n", "PID", "Node ID");
    for group in groups {
        text.push_str(&format!("{}\n", names.print(&group.name)));
        for member in &group.members {
            let (pid, node) = (member.pid, member.node);
            let address = member.address.as_deref().unwrap_or_default();
            text.push_str(&format!("\t\t{pid:>10}\t{node:>10} ({address})\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::ProcessReport;

    fn groups() -> Vec<NamedGroupReport> {
        let member = |node, pid| ProcessReport {
            node,
            pid,
            connection: 1,
            address: Some(format!("10.77.0.{node}")),
        };
        vec![
            NamedGroupReport {
                name: "bench".into(),
                members: vec![member(1, 77), member(2, 1234)],
            },
            NamedGroupReport { name: "a\tb\\".into(), members: vec![member(3, 5)] },
        ]
    }

    #[test]
    fn each_layout_is_as_scripts_know_it() {
        let table = table(&groups(), Names::Escaped);
        let expected = "Group Name\t       PID\t   Node ID\n\
            bench\n\
            \t\t        77\t         1 (10.77.0.1)\n\
            \t\t      1234\t         2 (10.77.0.2)\n\
            a\\x09b\\\\\n\
            \t\t         5\t         3 (10.77.0.3)\n";
        assert_eq!(table, expected);
        assert_eq!(list(&groups(), Names::AsTheyAre), "bench\na\tb\\\n");
        let expected = "GRP_NAME;PID;NODEID\nbench;77;1\nbench;1234;2\na\\x09b\\\\;5;3\n";
        assert_eq!(lines(&groups(), Names::Escaped, ";"), expected);
    }
}
