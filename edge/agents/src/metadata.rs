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
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

/// An agent that printed none may have lacked something that is there now: after so long it is asked
/// again, and not for every action in between.
const ASK_AGAIN: Duration = Duration::from_secs(60);

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
    /// A program is asked once, and again when it has changed; who comes while it is asked waits for
    /// that answer.
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
        let kept = self.descriptions.of(agent);
        let mut kept = kept.lock().await;
        let stamp = Stamp::of(program);
        let told = match kept.as_ref().filter(|kept| kept.is_good(stamp.as_ref())) {
            Some(kept) => kept.told.clone(),
            None => {
                let told = self.ask(agent).await;
                *kept = stamp.map(|stamp| Kept { stamp, at: Instant::now(), told: told.clone() });
                told
            }
        };
        told.map_err(|why| NoMetadata::NotPrinted { agent: agent.clone(), why })
    }

    /// What the program prints now, or why that is none.
    async fn ask(&self, agent: &Agent) -> Result<String, String> {
        let outcome = self.run(&Request::new(agent.clone(), "meta-data", "metadata")).await;
        let text = wrap_plugin_metadata(agent, outcome.stdout.clone());
        Err(match (outcome.verdict, outcome.code) {
            (Verdict::Exited, 0) if text.contains("<resource-agent") => return Ok(text),
            (Verdict::Exited, 0) => match text.trim().lines().next() {
                None => "it printed nothing".to_owned(),
                Some(line) => format!("it printed no XML but {:?}", beginning(line)),
            },
            _ => match outcome.in_words().as_str() {
                "" => format!("exit code {}", outcome.code),
                words => words.to_owned(),
            },
        })
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

/// What programs have said of themselves, by agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptions(Arc<Mutex<BTreeMap<Agent, Description>>>);

/// Locked by whoever asks the program.
type Description = Arc<tokio::sync::Mutex<Option<Kept>>>;

impl Descriptions {
    fn of(&self, agent: &Agent) -> Description {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(agent.clone()).or_default())
    }
}

/// The metadata that a program has printed, or why it has printed none.
#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    at: Instant,
    told: Result<String, String>,
}

impl Kept {
    /// Whether it is what the program would say now.
    fn is_good(&self, now: Option<&Stamp>) -> bool {
        now == Some(&self.stamp) && (self.told.is_ok() || self.at.elapsed() < ASK_AGAIN)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;

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
    async fn an_agent_that_says_nothing_is_not_asked_for_every_action() {
        let bench = Bench::new();
        let calls = bench.path().join("calls");
        bench.agent("test", "agent", &format!("echo x >> {}", calls.display()));
        let (runner, agent) = (Runner::new(bench.settings()), Agent::ocf("test", "agent"));
        for _ in 0..3 {
            let error = runner.metadata(&agent).await.unwrap_err().to_string();
            assert!(error.contains("(it printed nothing)"), "{error}");
        }
        assert_eq!(bench.read("calls"), "x\n");
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
        let (first, second) = tokio::join!(runner.metadata(&agent), other.metadata(&agent));
        assert_eq!(first.unwrap(), second.unwrap());
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
