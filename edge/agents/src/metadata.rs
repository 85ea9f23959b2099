//! What agents say about themselves.

use crate::agent::{Agent, Source};
use crate::builtin;
use crate::catalogue::Missing;
use crate::request::{Request, Verdict};
use crate::runner::Runner;
use crate::services;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

/// Why there is no metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMetadata {
    /// No such agent.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The agent did not print any.
    #[error("{agent} did not print its metadata ({why}); run it by hand with the action meta-data")]
    NotPrinted {
        /// Whose.
        agent: Agent,
        /// Its exit reason or what became of it.
        why: String,
    },
}

impl Runner {
    /// The agent's description of itself: OCF or fence agent metadata (XML). Of units and init
    /// scripts, what stands in their files, in the same form.
    ///
    /// A program is asked once, and again when it has changed.
    ///
    /// # Errors
    /// When there is no such agent, or it prints none within 20 s.
    pub async fn metadata(&self, agent: &Agent) -> Result<String, NoMetadata> {
        let agent = &self.catalogue().resolve(agent);
        let source = self.catalogue().find(agent)?;
        match agent {
            Agent::Ocf { provider, kind } if source == Source::BuiltIn => {
                let text = builtin::builtin_metadata(provider, kind);
                text.ok_or_else(|| self.catalogue().missing(agent).into())
            }
            Agent::Systemd { unit } => {
                let file = self.catalogue().unit_file(unit);
                let file = file.ok_or_else(|| self.catalogue().missing(agent))?;
                services::describe_unit(unit, &file).map_err(|error| unread(agent, &error))
            }
            Agent::Lsb { name } => {
                let file = self.program_of(agent)?;
                services::describe_script(name, &file).map_err(|error| unread(agent, &error))
            }
            _ => self.printed(agent, &self.program_of(agent)?).await,
        }
    }

    fn program_of(&self, agent: &Agent) -> Result<PathBuf, Missing> {
        self.catalogue().program(agent).map_err(|_| self.catalogue().missing(agent))
    }

    /// What the program prints, or has printed before.
    async fn printed(&self, agent: &Agent, program: &Path) -> Result<String, NoMetadata> {
        let stamp = Stamp::of(program);
        if let Some(text) = self.descriptions.known(agent, stamp.as_ref()) {
            return Ok(text);
        }
        let outcome = self.run(&Request::new(agent.clone(), "meta-data", "metadata")).await;
        let text = wrap_plugin_metadata(agent, outcome.stdout.clone());
        let why = match (outcome.verdict, outcome.code) {
            (Verdict::Exited, 0) if text.contains("<resource-agent") => {
                self.descriptions.keep(agent, stamp, &text);
                return Ok(text);
            }
            (Verdict::Exited, 0) => match text.trim().lines().next() {
                None => "it printed nothing".to_owned(),
                Some(line) => format!("it printed no XML but {:?}", beginning(line)),
            },
            _ => match outcome.in_words().as_str() {
                "" => format!("exit code {}", outcome.code),
                words => words.to_owned(),
            },
        };
        Err(NoMetadata::NotPrinted { agent: agent.clone(), why })
    }
}

fn unread(agent: &Agent, error: &io::Error) -> NoMetadata {
    NoMetadata::NotPrinted { agent: agent.clone(), why: format!("its file: {error}") }
}

fn beginning(line: &str) -> String {
    line.chars().take(60).collect()
}

/// The older plugins print their parameters alone.
fn wrap_plugin_metadata(agent: &Agent, text: String) -> String {
    match agent {
        Agent::Fence { name } if name.starts_with("external/") => format!(
            "<?xml version=\"1.0\"?>\n<resource-agent name=\"{name}\">\n{text}\n<actions>\n\
             <action name=\"on\"/>\n<action name=\"off\"/>\n<action name=\"reboot\"/>\n\
             <action name=\"monitor\"/>\n<action name=\"list\"/>\n<action name=\"meta-data\"/>\n\
             </actions>\n</resource-agent>\n"
        ),
        _ => text,
    }
}

/// Metadata that programs have printed, by agent, each with the state of the program then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptions(Arc<Mutex<BTreeMap<Agent, (Stamp, String)>>>);

/// A program as it was: it is another when any of these is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    changed: SystemTime,
    length: u64,
}

impl Stamp {
    fn of(program: &Path) -> Option<Self> {
        let found = fs::metadata(program).ok()?;
        let changed = found.modified().ok()?;
        Some(Self { path: program.to_owned(), changed, length: found.len() })
    }
}

impl Descriptions {
    fn known(&self, agent: &Agent, stamp: Option<&Stamp>) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, text) = kept.get(agent)?;
        (stamp == Some(then)).then(|| text.clone())
    }

    fn keep(&self, agent: &Agent, stamp: Option<Stamp>, text: &str) {
        let Some(stamp) = stamp else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(agent.clone(), (stamp, text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;
    use std::time::Duration;

    #[tokio::test]
    async fn metadata_comes_from_wherever_the_agent_is() {
        let bench = Bench::new();
        bench.agent("test", "agent", "echo '<resource-agent name=\"agent\"/>'");
        let runner = Runner::new(bench.settings());
        let text = runner.metadata(&Agent::ocf("test", "agent")).await.unwrap();
        assert_eq!(text, "<resource-agent name=\"agent\"/>\n");
        let text = runner.metadata(&Agent::ocf("pacemaker", "Dummy")).await.unwrap();
        assert!(text.contains("<resource-agent name=\"Dummy\""));
        assert!(matches!(
            runner.metadata(&Agent::ocf("test", "none")).await,
            Err(NoMetadata::Missing(_))
        ));
    }

    #[tokio::test]
    async fn what_is_no_metadata_is_told_in_words() {
        let bench = Bench::new();
        let cases = [
            ("mute", "echo ocf-exit-reason:broken >&2; exit 1", "(broken)"),
            ("killed", "exit 137", "(exit code 137: a program of it was killed by signal 9)"),
            ("silent", "exit 0", "(it printed nothing)"),
            (
                "chatty",
                "echo usage: chatty start",
                "(it printed no XML but \"usage: chatty start\")",
            ),
        ];
        for (kind, script, why) in cases {
            bench.agent("test", kind, script);
            let asked = Runner::new(bench.settings()).metadata(&Agent::ocf("test", kind)).await;
            let error = asked.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn an_agent_is_asked_again_only_when_it_has_changed() {
        let bench = Bench::new();
        let script = |version: u32| {
            let calls = bench.path().join("calls");
            format!("echo x >> {}; echo '<resource-agent version=\"{version}\"/>'", calls.display())
        };
        bench.agent("test", "agent", &script(1));
        let (runner, agent) = (Runner::new(bench.settings()), Agent::ocf("test", "agent"));
        let other = runner.clone();
        let first = runner.metadata(&agent).await.unwrap();
        assert_eq!(other.metadata(&agent).await.unwrap(), first);
        assert_eq!(bench.read("calls"), "x\n");

        // An upgrade, of the same length.
        bench.agent("test", "agent", &script(2));
        let program = bench.path().join("ocf/resource.d/test/agent");
        let file = fs::File::options().append(true).open(program).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
        drop(file);
        assert!(runner.metadata(&agent).await.unwrap().contains("version=\"2\""));
        assert_eq!(bench.read("calls"), "x\nx\n");
    }
}
