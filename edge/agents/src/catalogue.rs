//! Which agents there are.

use crate::agent::{Agent, Source};
use crate::builtin;
use crate::services;
use crate::settings::Settings;
use rustix::fs::{Access, access};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The agents of this node, looked up afresh each time: packages come and go.
#[derive(Clone, Debug)]
pub struct Catalogue {
    settings: Settings,
}

/// No such agent can be run on this node. Nothing was run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct Missing {
    /// What was asked for.
    pub agent: Agent,
    /// Why it cannot be run.
    pub why: Absence,
    /// Names that look alike, best first; at most three.
    pub near: Vec<String>,
    /// Where a program was looked for; where it is, when it is there.
    pub looked_at: Vec<PathBuf>,
}

/// Why an agent cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// There is none of that name.
    NotFound,
    /// It is there, and nobody may run it.
    NotExecutable,
    /// Only systemd could, and this is not there.
    NoSystemd,
}

impl Missing {
    fn words(&self) -> String {
        let Self { agent, why, near, looked_at } = self;
        let places = paths(looked_at);
        match why {
            Absence::NotFound => {
                format!("{agent} is not on this node{}; looked at {places}", did_you_mean(near))
            }
            Absence::NotExecutable => {
                format!("{agent} is on this node but may not be executed: chmod 755 {places}")
            }
            Absence::NoSystemd => {
                format!("{agent} cannot be run: systemd does not run on this node (no {places})")
            }
        }
    }
}

fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => "; install its package or correct the name".into(),
        [one] => format!("; did you mean {one}?"),
        [others @ .., last] => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

fn paths(looked_at: &[PathBuf]) -> String {
    const MANY: usize = 6;
    let mut text = String::new();
    for path in looked_at.iter().take(MANY) {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{}", path.display());
    }
    if looked_at.len() > MANY {
        let _ = write!(text, " and {} places more", looked_at.len() - MANY);
    }
    if text.is_empty() { "the built-in agents only".into() } else { text }
}

impl Catalogue {
    /// The agents of a node with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Where the agent's code would come from. Of a unit, systemd itself is the code.
    ///
    /// # Errors
    /// [`Missing`], with what was probably meant.
    pub fn find(&self, agent: &Agent) -> Result<Source, Missing> {
        let agent = &self.resolve(agent);
        let built_in = is_built_in(agent);
        let installed = match agent {
            Agent::Systemd { unit } => self.unit_file(unit).is_some(),
            _ => self.program(agent).is_ok(),
        };
        match (built_in, installed) {
            (true, true) => Ok(self.settings.installed_first.source(agent)),
            (true, false) => Ok(Source::BuiltIn),
            (false, true) => Ok(Source::Installed),
            (false, false) => Err(self.missing(agent)),
        }
    }

    /// What `agent` means on this node: `service:NAME` is a unit where systemd runs and has it, and
    /// a script otherwise. All others mean themselves.
    pub fn resolve(&self, agent: &Agent) -> Agent {
        match agent {
            Agent::Service { name } if self.unit_file(name).is_some() => {
                Agent::Systemd { unit: name.clone() }
            }
            Agent::Service { name } => Agent::Lsb { name: name.clone() },
            _ => agent.clone(),
        }
    }

    /// The standards of agents that this node has, as `crm_resource --list-standards` lists them.
    pub fn standards(&self) -> Vec<&'static str> {
        let mut standards = vec!["ocf", "lsb", "service", "systemd", "stonith"];
        standards.retain(|standard| *standard != "systemd" || self.has_systemd());
        standards
    }

    /// What the machine itself can start, in order of name, for agents of class `systemd`, `lsb`
    /// or `service`; nothing for others. Units that are services are called without the ending.
    pub fn services(&self, class: &str) -> BTreeSet<String> {
        let units = || match self.has_systemd() {
            true => services::units(&self.settings.unit_dirs),
            false => BTreeSet::new(),
        };
        let scripts = || names_in(&self.settings.init_dir, Kind::Program);
        match class {
            "systemd" => units(),
            "lsb" => scripts(),
            "service" => units().into_iter().chain(scripts()).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The providers of OCF agents, in order of name.
    pub fn providers(&self) -> Vec<String> {
        let mut providers = names_in(&self.settings.agents_dir(), Kind::Folder);
        providers.extend(builtin::TABLE.iter().map(|agent| agent.provider.to_owned()));
        providers.into_iter().collect()
    }

    /// The OCF agents of one provider, in order of name.
    pub fn list(&self, provider: &str) -> Vec<String> {
        let mut kinds = BTreeSet::new();
        if is_plain_name(provider) {
            kinds = names_in(&self.settings.agents_dir().join(provider), Kind::Program);
        }
        let own = builtin::TABLE.iter().filter(|agent| agent.provider == provider);
        kinds.extend(own.map(|agent| agent.kind().to_owned()));
        kinds.into_iter().collect()
    }

    /// The fence agents, in order of name: `fence_*` and `external/*`.
    pub fn fence_agents(&self) -> Vec<String> {
        let mut agents = BTreeSet::new();
        for folder in &self.settings.fence_dirs {
            let programs = names_in(folder, Kind::Program);
            agents.extend(programs.into_iter().filter(|name| name.starts_with("fence_")));
        }
        let plugins = names_in(&self.settings.plugin_dir.join("external"), Kind::Program);
        agents.extend(plugins.into_iter().map(|name| format!("external/{name}")));
        agents.into_iter().collect()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The installed program of `agent`, or the places where it is not.
    pub(crate) fn program(&self, agent: &Agent) -> Result<PathBuf, Vec<PathBuf>> {
        let candidates = self.candidates(agent);
        let found = candidates.iter().find(|path| is_program(path)).cloned();
        found.ok_or(candidates)
    }

    /// The file of a unit, or of the template that it is made of, where systemd runs.
    pub(crate) fn unit_file(&self, unit: &str) -> Option<PathBuf> {
        let folders = self.has_systemd().then_some(&self.settings.unit_dirs)?;
        services::unit_file(folders, unit)
    }

    /// Whether systemd runs on this node.
    pub(crate) fn has_systemd(&self) -> bool {
        self.settings.systemd_dir.is_dir()
    }

    pub(crate) fn missing(&self, agent: &Agent) -> Missing {
        let candidates = self.candidates(agent);
        let unusable = candidates.iter().find(|path| path.is_file()).cloned();
        let (why, looked_at) = match (agent, unusable) {
            (Agent::Systemd { .. }, _) if !self.has_systemd() => {
                (Absence::NoSystemd, vec![self.settings.systemd_dir.clone()])
            }
            // The file of a unit need not be executable.
            (Agent::Systemd { .. }, _) | (_, None) => (Absence::NotFound, candidates),
            (_, Some(path)) => (Absence::NotExecutable, vec![path]),
        };
        let near = nearest(&agent.to_string(), self.everything(agent));
        Missing { agent: agent.clone(), why, near, looked_at }
    }

    /// A name from outside must not lead out of the folders of agents.
    fn candidates(&self, agent: &Agent) -> Vec<PathBuf> {
        match agent {
            Agent::Ocf { provider, kind } if is_plain_name(provider) && is_plain_name(kind) => {
                vec![self.settings.agents_dir().join(provider).join(kind)]
            }
            Agent::Fence { name } => match name.strip_prefix("external/") {
                Some(plugin) if is_plain_name(plugin) => {
                    vec![self.settings.plugin_dir.join("external").join(plugin)]
                }
                None if is_plain_name(name) && name.starts_with("fence_") => {
                    self.settings.fence_dirs.iter().map(|folder| folder.join(name)).collect()
                }
                _ => Vec::new(),
            },
            Agent::Lsb { name } | Agent::Service { name } if is_plain_name(name) => {
                vec![self.settings.init_dir.join(name)]
            }
            Agent::Systemd { unit } if is_plain_name(unit) => {
                let unit = services::unit_name(unit);
                self.settings.unit_dirs.iter().map(|folder| folder.join(&unit)).collect()
            }
            Agent::Ocf { .. }
            | Agent::Lsb { .. }
            | Agent::Service { .. }
            | Agent::Systemd { .. } => Vec::new(),
        }
    }

    fn everything(&self, like: &Agent) -> Vec<String> {
        let services = |class: &str| {
            self.services(class).into_iter().map(|name| format!("{class}:{name}")).collect()
        };
        match like {
            Agent::Systemd { .. } => services("systemd"),
            Agent::Lsb { .. } => services("lsb"),
            Agent::Service { .. } => services("service"),
            Agent::Fence { .. } => {
                self.fence_agents().iter().map(|name| format!("stonith:{name}")).collect()
            }
            Agent::Ocf { .. } => self
                .providers()
                .iter()
                .flat_map(|provider| {
                    self.list(provider)
                        .into_iter()
                        .map(move |kind| format!("ocf:{provider}:{kind}"))
                })
                .collect(),
        }
    }
}

fn is_built_in(agent: &Agent) -> bool {
    match agent {
        Agent::Ocf { provider, kind } => builtin::find(provider, kind).is_some(),
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Folder,
    Program,
}

fn names_in(folder: &Path, kind: Kind) -> BTreeSet<String> {
    let fits = |path: &Path| match kind {
        Kind::Folder => path.is_dir(),
        Kind::Program => is_program(path),
    };
    let Ok(entries) = folder.read_dir() else { return BTreeSet::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_plain_name(name) && fits(&folder.join(name)))
        .collect()
}

/// A leading dot hides an agent (OCF resource agent API 1.1).
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0'])
}

pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

/// The three names that take the fewest edits, if those are few for the length of the name. The
/// same agent of another provider counts as very near: it is the commonest slip.
fn nearest(asked: &str, names: Vec<String>) -> Vec<String> {
    let last = |name: &str| name.rsplit([':', '/']).next().unwrap_or(name).to_lowercase();
    let wanted = last(asked);
    let mut scored: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| {
            let whole = base::suggest::distance(&asked.to_lowercase(), &name.to_lowercase());
            let part = base::suggest::distance(&wanted, &last(&name)) + usize::from(whole > 0);
            (whole.min(part), name)
        })
        .filter(|(distance, _)| *distance <= 1 + wanted.len() / 4)
        .collect();
    scored.sort();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;

    #[test]
    fn a_missing_agent_names_what_was_probably_meant_and_where_it_was_looked_for() {
        let bench = Bench::new();
        bench.agent("lustre", "healthLNET", "exit 0");
        bench.fence("fence_ipmilan", "exit 0");
        let catalogue = Catalogue::new(bench.settings());
        let cases = [
            ("ocf:heartbeat:Filesytem", "ocf:heartbeat:Filesystem"),
            ("ocf:heartbeat:ping", "ocf:pacemaker:ping"),
            ("ocf:lustre:healthlnet", "ocf:lustre:healthLNET"),
            ("stonith:fence_ipmi", "stonith:fence_ipmilan"),
        ];
        for (asked, meant) in cases {
            let agent: Agent = asked.parse().unwrap();
            let missing = catalogue.find(&agent).unwrap_err();
            assert_eq!(missing.near.first().map(String::as_str), Some(meant), "{missing}");
            assert!(missing.to_string().contains(&format!("did you mean {meant}")), "{missing}");
            assert!(missing.to_string().contains(bench.path().to_str().unwrap()), "{missing}");
        }
        let strange = catalogue.find(&Agent::ocf("heartbeat", "qqqqqqqqqq")).unwrap_err();
        assert_eq!(strange.near, Vec::<String>::new());
    }

    #[test]
    fn names_cannot_lead_out_of_the_folders_of_agents() {
        let bench = Bench::new();
        bench.agent("site", "Lustre", "exit 0");
        bench.agent("site", ".hidden", "exit 0");
        let catalogue = Catalogue::new(bench.settings());
        for agent in [
            Agent::ocf("..", "site"),
            Agent::ocf("site/../site", "Lustre"),
            Agent::ocf("site", ".hidden"),
            Agent::fence("../../bin/sh"),
            Agent::fence("sh"),
        ] {
            assert!(catalogue.find(&agent).is_err(), "{agent}");
        }
        assert_eq!(catalogue.list("site"), ["Lustre"]);
        assert_eq!(catalogue.find(&Agent::ocf("site", "Lustre")), Ok(Source::Installed));
    }

    #[test]
    fn what_is_both_built_in_and_installed_comes_from_where_it_is_preferred() {
        let bench = Bench::new();
        bench.agent("heartbeat", "Filesystem", "exit 0");
        let cases = [("no", Source::BuiltIn), ("ocf:heartbeat:Filesystem", Source::Installed)];
        for (text, source) in cases {
            let installed_first = text.parse().unwrap();
            let catalogue = Catalogue::new(Settings { installed_first, ..bench.settings() });
            assert_eq!(catalogue.find(&Agent::ocf("heartbeat", "Filesystem")), Ok(source));
            assert_eq!(catalogue.find(&Agent::ocf("pacemaker", "ping")), Ok(Source::BuiltIn));
            assert_eq!(catalogue.providers(), ["heartbeat", "lustre", "pacemaker"]);
        }
    }

    #[test]
    fn a_service_is_a_unit_where_systemd_runs_and_has_it_and_a_script_otherwise() {
        let bench = Bench::new();
        bench.program("init.d/web", "exit 0");
        bench.program("init.d/old", "exit 0");
        bench.file("init.d/README", "for people");
        bench.file("units/web.service", "[Unit]");
        bench.file("units/new.service", "[Unit]");
        let settings = Settings { unit_dirs: vec![bench.path().join("units")], ..bench.settings() };
        let catalogue = Catalogue::new(settings);
        let service = |name: &str| format!("service:{name}").parse::<Agent>().unwrap();
        let means = |name: &str| catalogue.resolve(&service(name)).to_string();
        let list = |class: &str| catalogue.services(class).into_iter().collect::<Vec<_>>();

        assert_eq!(catalogue.standards(), ["ocf", "lsb", "service", "stonith"]);
        assert_eq!([means("web"), means("new")], ["lsb:web", "lsb:new"]);
        assert_eq!([list("service"), list("systemd")], [vec!["old", "web"], vec![]]);
        let missing = catalogue.find(&"systemd:web".parse().unwrap()).unwrap_err();
        assert!(missing.to_string().contains("systemd does not run on this node"), "{missing}");

        std::fs::create_dir_all(bench.path().join("systemd")).unwrap();
        assert_eq!(catalogue.standards(), ["ocf", "lsb", "service", "systemd", "stonith"]);
        assert_eq!([means("web"), means("old")], ["systemd:web", "lsb:old"]);
        assert_eq!(list("service"), ["new", "old", "web"]);
        assert_eq!([list("lsb"), list("systemd")], [vec!["old", "web"], vec!["new", "web"]]);
        for name in ["web", "old", "new"] {
            assert_eq!(catalogue.find(&service(name)), Ok(Source::Installed), "{name}");
        }
        let missing = catalogue.find(&service("wep")).unwrap_err().to_string();
        assert!(missing.contains("did you mean"), "{missing}");
    }

    #[test]
    fn an_agent_that_nobody_may_execute_is_told_from_one_that_is_not_there() {
        let bench = Bench::new();
        bench.file("ocf/resource.d/test/agent", "#!/bin/sh\nexit 0\n");
        let catalogue = Catalogue::new(bench.settings());
        let missing = catalogue.find(&Agent::ocf("test", "agent")).unwrap_err().to_string();
        assert!(missing.contains("may not be executed: chmod 755 /"), "{missing}");
        assert!(missing.ends_with("/ocf/resource.d/test/agent"), "{missing}");
    }
}
