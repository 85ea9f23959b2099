//! Another program that plans: what it makes of the same clusters.

use crate::Case;
use cluster::Element;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Today's names of options, and what programs before Pacemaker 3 call them.
const OLD_NAMES: [(&str, &str); 5] = [
    ("fencing-enabled", "stonith-enabled"),
    ("fencing-action", "stonith-action"),
    ("fencing-timeout", "stonith-timeout"),
    ("fencing-watchdog-timeout", "stonith-watchdog-timeout"),
    ("fencing-max-attempts", "stonith-max-attempts"),
];

/// A `crm_simulate`, with a folder for its files.
#[derive(Debug)]
pub struct Peer {
    program: String,
    folder: PathBuf,
}

impl Peer {
    /// The program of that name.
    ///
    /// # Errors
    /// When there is no room for its files.
    pub fn new(program: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("conformance-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { program: program.to_owned(), folder })
    }

    /// What its first plan for a cluster does, and what the one does that it makes when it has
    /// carried that out. Nothing when it makes no plan.
    pub fn both_plans(&self, case: &Case) -> Option<(Vec<String>, Vec<String>)> {
        let (before, after) = (self.folder.join("before.xml"), self.folder.join("after.xml"));
        let text = OLD_NAMES.iter().fold(case.text.clone(), |text, (new, old)| {
            text.replace(&format!("name=\"{new}\""), &format!("name=\"{old}\""))
        });
        std::fs::write(&before, text).ok()?;
        let first = self.plan(&before, &after)?;
        let second = self.plan(&after, &self.folder.join("end.xml"))?;
        Some((first, second))
    }

    fn plan(&self, input: &Path, output: &Path) -> Option<Vec<String>> {
        let graph = self.folder.join("graph.xml");
        let mut command = Command::new(&self.program);
        command.arg("-x").arg(input).arg("-S").arg("-G").arg(&graph).arg("-O").arg(output);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        // A graph of before must not pass for this one's.
        for path in [&graph, output] {
            std::fs::remove_file(path).or_else(missing_is_fine).ok()?;
        }
        command.status().ok()?;
        let graph = cib::read_element(&std::fs::read_to_string(graph).ok()?).ok()?;
        let mut actions = Vec::new();
        collect(&graph, &mut actions);
        actions.sort();
        Some(actions)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // What is left there is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn missing_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The actions of a graph; those among inputs only refer to them.
fn collect(element: &Element, actions: &mut Vec<String>) {
    for child in element.elements() {
        match child.name.as_str() {
            "rsc_op" | "crm_event" | "pseudo_event" => {
                let told = |name: &str| child.attribute(name).unwrap_or_default();
                actions.push(format!("{} {}", told("operation_key"), told("on_node")));
            }
            "inputs" => {}
            _ => collect(child, actions),
        }
    }
}
