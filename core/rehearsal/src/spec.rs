//! An operation and its result as people write it: `ost0_monitor_10000@oss1=7`.

use std::time::Duration;

/// An operation of a resource on a node, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The resource.
    pub resource: String,
    /// The operation.
    pub task: String,
    /// How often; zero for once.
    pub interval: Duration,
    /// The node.
    pub node: String,
    /// The exit code.
    pub code: i32,
}

/// Why a text is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Something is missing.
    #[error("Invalid operation spec: {text}.  Only found {found} fields")]
    Incomplete {
        /// The text.
        text: String,
        /// How many of key, node and code are there.
        found: u32,
    },
    /// The part before the node is no operation.
    #[error("Invalid operation spec: {0}: an operation is written RESOURCE_TASK_MILLISECONDS")]
    NoOperation(String),
}

impl Spec {
    /// Reads `RESOURCE_TASK_MILLISECONDS@NODE=CODE`.
    ///
    /// # Errors
    /// When it is not written like that.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let incomplete = |found| SpecError::Incomplete { text: text.to_owned(), found };
        let (key, rest) = text.split_once('@').ok_or_else(|| incomplete(1))?;
        let (node, code) = rest.split_once('=').ok_or_else(|| incomplete(2))?;
        let code = code.trim().parse().map_err(|_| incomplete(2))?;
        let (resource, task, interval) =
            operation(key).ok_or_else(|| SpecError::NoOperation(text.to_owned()))?;
        Ok(Self { resource, task, interval, node: node.to_owned(), code })
    }
}

/// Tasks with an underscore in their names.
const LONG_TASKS: [&str; 3] = ["migrate_to", "migrate_from", "clear_failcount"];

/// The parts of a key.
fn operation(key: &str) -> Option<(String, String, Duration)> {
    let (rest, interval) = key.rsplit_once('_')?;
    let interval = Duration::from_millis(interval.parse().ok()?);
    let long = LONG_TASKS.iter().find_map(|task| {
        let resource = rest.strip_suffix(task)?.strip_suffix('_')?;
        Some((resource, *task))
    });
    let (resource, task) = long.or_else(|| rest.rsplit_once('_'))?;
    (!resource.is_empty()).then(|| (resource.to_owned(), task.to_owned(), interval))
}
