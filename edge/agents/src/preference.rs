//! Who answers for an agent that is both built in and installed.

use crate::agent::{Agent, Source, UnknownClass};
use crate::builtin;
use std::collections::BTreeSet;
use std::str::FromStr;

/// For which agents the installed program runs where there is one, and not the built-in agent of that
/// name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InstalledFirst {
    /// For none.
    #[default]
    Never,
    /// For all.
    Always,
    /// For these.
    Of(BTreeSet<Agent>),
}

/// A word in a list of agents is none that can be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPreference {
    /// It names no agent.
    #[error("{0}; or write yes, for all agents")]
    NoAgent(#[from] UnknownClass),
    /// It names an agent that is not built in.
    #[error("{0} is not built in, so that what is installed runs anyway: leave it out")]
    NotBuiltIn(Agent),
}

impl InstalledFirst {
    /// Where the code of an agent comes from that is both.
    pub(crate) fn source(&self, agent: &Agent) -> Source {
        let is_installed = match self {
            Self::Never => false,
            Self::Always => true,
            Self::Of(agents) => agents.contains(agent),
        };
        if is_installed { Source::Installed } else { Source::BuiltIn }
    }
}

impl FromStr for InstalledFirst {
    type Err = BadPreference;

    /// Reads yes, no, or agents with spaces or commas between them.
    fn from_str(text: &str) -> Result<Self, BadPreference> {
        match text.trim() {
            "1" | "yes" | "true" => return Ok(Self::Always),
            "" | "0" | "no" | "false" => return Ok(Self::Never),
            _ => {}
        }
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let built_in = words.map(|word| match word.parse()? {
            Agent::Ocf { provider, kind } if builtin::find(&provider, &kind).is_some() => {
                Ok(Agent::Ocf { provider, kind })
            }
            other => Err(BadPreference::NotBuiltIn(other)),
        });
        built_in.collect::<Result<_, _>>().map(Self::Of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agent_may_be_told_from_the_others() {
        let (ping, dummy) = (Agent::ocf("pacemaker", "ping"), Agent::ocf("pacemaker", "Dummy"));
        let (ours, theirs) = (Source::BuiltIn, Source::Installed);
        // What somebody writes, and whose ping and Dummy run then.
        let cases = [
            ("", ours, ours),
            ("no", ours, ours),
            ("yes", theirs, theirs),
            ("1", theirs, theirs),
            ("ocf:pacemaker:ping", theirs, ours),
            ("ocf:heartbeat:Filesystem, ocf:pacemaker:Dummy", ours, theirs),
        ];
        for (text, of_ping, of_dummy) in cases {
            let read: InstalledFirst = text.parse().expect(text);
            assert_eq!((read.source(&ping), read.source(&dummy)), (of_ping, of_dummy), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (text, words) in [
            ("ping", "\"ping\" is no agent: write ocf:PROVIDER:TYPE"),
            ("ocf:heartbeat:IPaddr2", "ocf:heartbeat:IPaddr2 is not built in"),
            ("ocf:pacemaker:ping,stonith:fence_ipmilan", "stonith:fence_ipmilan is not built in"),
        ] {
            let wrong = text.parse::<InstalledFirst>().unwrap_err().to_string();
            assert!(wrong.contains(words), "{wrong}");
        }
    }
}
