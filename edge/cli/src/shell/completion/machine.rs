//! What only the machine knows: which agents and files it has.

use crate::connection::Shadows;
use crate::description::{self, Description};
use crate::fencing::catalogue;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirEntry;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What candidates need to be asked for.
pub(crate) trait Machine: Sync {
    /// Who has OCF agents.
    fn providers(&self) -> Vec<String>;
    /// The OCF agents of one of them.
    fn agents(&self, provider: &str) -> Vec<String>;
    /// Agents that fence.
    fn fence_agents(&self) -> Vec<String>;
    /// What the machine's own service manager can start, by class: `systemd`, `lsb`, `service`.
    fn services(&self, class: &str) -> BTreeSet<String>;
    /// What an agent says about itself; none when there is none or it does not say it well.
    fn description(&self, agent: &str) -> Option<Arc<Description>>;
    /// Files and folders whose path begins so; folders end in `/`.
    fn files(&self, begun: &str) -> Vec<String>;
    /// The shadow copies.
    fn copies(&self) -> Vec<String>;
}

/// The machine that the shell runs on. An agent is asked once.
#[derive(Debug, Default)]
pub(crate) struct AgentsHere {
    asked: Mutex<BTreeMap<String, Option<Arc<Description>>>>,
}

/// So many files are offered at most.
const FILES: usize = 500;

impl Machine for AgentsHere {
    fn providers(&self) -> Vec<String> {
        catalogue().providers()
    }

    fn agents(&self, provider: &str) -> Vec<String> {
        catalogue().list(provider)
    }

    fn fence_agents(&self) -> Vec<String> {
        catalogue().fence_agents()
    }

    fn services(&self, class: &str) -> BTreeSet<String> {
        catalogue().services(class)
    }

    fn description(&self, agent: &str) -> Option<Arc<Description>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = || {
            let described = description::agent(agent).and_then(|agent| Description::of(&agent));
            described.ok().map(Arc::new)
        };
        asked.entry(agent.to_owned()).or_insert_with(ask).clone()
    }

    fn files(&self, begun: &str) -> Vec<String> {
        let (folder, start) = match begun.rsplit_once('/') {
            Some((folder, start)) => (format!("{folder}/"), start),
            None => (String::new(), begun),
        };
        let place = if folder.is_empty() { "." } else { &folder };
        let entries = Path::new(place).read_dir().into_iter().flatten().filter_map(Result::ok);
        let fits = |entry: &DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(start) && (!name.starts_with('.') || start.starts_with('.'))
        };
        let path = |entry: DirEntry| {
            let end = if entry.path().is_dir() { "/" } else { "" };
            format!("{folder}{}{end}", entry.file_name().to_string_lossy())
        };
        let mut files: Vec<String> = entries.filter(fits).take(FILES).map(path).collect();
        files.sort_unstable();
        files
    }

    fn copies(&self) -> Vec<String> {
        Shadows::usual().names()
    }
}
