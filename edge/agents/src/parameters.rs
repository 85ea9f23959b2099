//! Whether the parameters of a resource suit its agent, before anything is run.

use crate::agent::{Agent, Source};
use crate::builtin;
use crate::builtin::metadata::{Metadata, Need};
use crate::catalogue::Catalogue;
use std::collections::BTreeSet;

/// What does not suit in the parameters of a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterProblem {
    /// An error: without it every action but `meta-data` ends with "not configured" (exit code 6).
    #[error("{agent} needs the parameter `{name}`")]
    Missing {
        /// The agent that needs it.
        agent: Agent,
        /// The parameter.
        name: String,
    },
    /// A warning: the agent never looks at it.
    #[error("{agent} has no parameter `{name}`; {}", meant(near.as_deref(), known))]
    Unknown {
        /// The agent that does not know it.
        agent: Agent,
        /// What is set.
        name: String,
        /// What was probably meant.
        near: Option<String>,
        /// What the agent knows, in the order of its metadata; never empty.
        known: Vec<String>,
    },
}

impl ParameterProblem {
    /// The parameter that it is about, as the agent or as the resource has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Missing { name, .. } | Self::Unknown { name, .. } => name,
        }
    }
}

fn meant(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it knows {}", known.join(", ")),
    }
}

impl Catalogue {
    /// What does not suit in parameters called `names`, by the metadata of the built-in agents:
    /// first what is missing, in the order of the metadata, then what is unknown, in the order
    /// given. Nothing is run.
    ///
    /// `names` are all that the agent would be given: those from templates, referenced blocks and
    /// the containers around the resource among them. Nothing is said about an agent that would
    /// not be the built-in one here: an installed one of the same name may know more.
    pub fn check_parameters<'a>(
        &self,
        agent: &Agent,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<ParameterProblem> {
        match (agent, self.find(agent)) {
            (Agent::Ocf { provider, kind }, Ok(Source::BuiltIn)) => {
                let found = builtin::find(provider, kind);
                found.map_or_else(Vec::new, |found| check(found.metadata, agent, names))
            }
            _ => Vec::new(),
        }
    }
}

fn check<'a>(
    metadata: &Metadata,
    agent: &Agent,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<ParameterProblem> {
    let mut given = BTreeSet::new();
    let mut unknown = Vec::new();
    for name in names {
        if given.insert(name) && metadata.parameter(name).is_none() {
            unknown.push(name);
        }
    }
    let known = || metadata.parameters.iter().map(|parameter| parameter.name);
    let required = metadata.parameters.iter().filter(|one| one.need == Need::Required);
    let missing = required.filter(|one| !given.contains(one.name)).map(|one| {
        let name = one.name.to_owned();
        ParameterProblem::Missing { agent: agent.clone(), name }
    });
    let unknown = unknown.into_iter().map(|name| ParameterProblem::Unknown {
        agent: agent.clone(),
        name: name.to_owned(),
        near: base::suggest::closest(name, known()).map(str::to_owned),
        known: known().map(str::to_owned).collect(),
    });
    missing.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::ParameterProblem;
    use crate::agent::Agent;
    use crate::catalogue::Catalogue;
    use crate::preference::InstalledFirst;
    use crate::settings::Settings;
    use crate::workbench::Bench;

    #[test]
    fn parameters_that_do_not_suit_a_built_in_agent_are_named() {
        let catalogue = Catalogue::new(Bench::new().settings());
        let stories: [(&str, &[&str], &[&str]); 7] = [
            ("ocf:heartbeat:Filesystem", &["device", "directory", "fstype", "options"], &[]),
            (
                "ocf:heartbeat:Filesystem",
                &["devce", "fstype", "directory", "devce"],
                &[
                    "ocf:heartbeat:Filesystem needs the parameter `device`",
                    "ocf:heartbeat:Filesystem has no parameter `devce`; did you mean `device`?",
                ],
            ),
            (
                "ocf:pacemaker:Stateful",
                &["colour"],
                &[
                    "ocf:pacemaker:Stateful has no parameter `colour`; it knows state, envfile, notify_delay",
                ],
            ),
            ("ocf:pacemaker:ping", &[], &["ocf:pacemaker:ping needs the parameter `host_list`"]),
            ("ocf:pacemaker:SysInfo", &[], &[]),
            ("ocf:heartbeat:nowhere", &["devce"], &[]),
            ("stonith:fence_lab", &["devce"], &[]),
        ];
        for (agent, names, expected) in stories {
            let problems = catalogue.check_parameters(&agent.parse().unwrap(), names.to_vec());
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(said, expected, "{agent} {names:?}");
        }
    }

    #[test]
    fn a_problem_knows_how_bad_it_is_and_what_it_is_about() {
        let catalogue = Catalogue::new(Bench::new().settings());
        let problems = catalogue.check_parameters(&Agent::ocf("pacemaker", "ping"), ["hostlist"]);
        assert_eq!(problems.len(), 2);
        assert!(matches!(problems[0], ParameterProblem::Missing { .. }));
        assert_eq!(problems[0].name(), "host_list");
        assert!(matches!(&problems[1], ParameterProblem::Unknown { near: Some(near), .. }
            if near == "host_list"));
        assert_eq!(problems[1].name(), "hostlist");
    }

    /// The installed agent of that name may know parameters that the built-in one does not.
    #[test]
    fn an_installed_agent_is_not_held_to_the_metadata_of_the_built_in_one() {
        let bench = Bench::new();
        bench.agent("heartbeat", "Filesystem", "exit 0");
        let agent = Agent::ocf("heartbeat", "Filesystem");
        for (installed_first, count) in [(InstalledFirst::Never, 4), (InstalledFirst::Always, 0)] {
            let catalogue = Catalogue::new(Settings { installed_first, ..bench.settings() });
            assert_eq!(catalogue.check_parameters(&agent, ["x"]).len(), count);
        }
    }
}
