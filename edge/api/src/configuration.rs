//! Changes of the configuration, and those that were.

use serde::{Deserialize, Serialize};

/// The language of a configuration text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// The crm shell's.
    Crm,
    /// A whole CIB, or its configuration.
    Xml,
}

/// What becomes of what a text does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LoadMode {
    /// It stays.
    Update,
    /// It goes.
    Replace,
}

/// What is forgotten of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Forget {
    /// Failures, with what they held back.
    #[default]
    Failures,
    /// All results, too: it is looked for on all nodes again.
    Everything,
}

/// When a move ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MoveEnd {
    /// By itself, as soon as the resource has settled where it would stay without it, too.
    #[default]
    Settled,
    /// When somebody clears it.
    Cleared,
}

/// Changes of objects of the configuration, all together or none. Where somebody else has changed
/// an object meanwhile, the two are merged, or it is refused with what both touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectChanges {
    /// `<configuration>` with the objects that change or go, as they were.
    pub before: String,
    /// `<configuration>` with the objects that change or come, as they are to be.
    pub after: String,
    /// Other orders of objects.
    #[serde(default)]
    pub orders: Vec<ObjectOrder>,
    /// The two are whole configurations, and the one takes the place of the other: only if nobody
    /// has changed anything meanwhile.
    #[serde(default)]
    pub whole: bool,
    /// What to call the change in messages.
    pub name: String,
    /// Do it although agents are missing here, or something that runs would be removed.
    #[serde(default)]
    pub force: bool,
    /// Why it is made; it is kept with the revision.
    #[serde(default)]
    pub message: String,
    /// Take it back after so many seconds unless it has been confirmed by then.
    #[serde(default)]
    pub confirm_within: Option<u64>,
}

/// The objects of a section stand in another order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectOrder {
    /// The section's element (`resources`, `constraints`, ...), or `other`.
    pub section: String,
    /// The ids in their old order.
    pub before: Vec<String>,
    /// The ids in their new order.
    pub after: Vec<String>,
}

/// A change of the configuration that was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevisionReport {
    /// How it is called: the version that it made (`0.12`), or `aside-1` for one that did not count.
    pub name: String,
    /// The version that it was made from, in the same form.
    pub before: String,
    /// When: milliseconds since the epoch.
    pub at_ms: i64,
    /// Who, in words.
    pub by: String,
    /// The node that was asked.
    pub origin: String,
    /// Why, in the words of who made it.
    pub message: String,
    /// The objects that came.
    pub added: Vec<String>,
    /// The objects that changed.
    pub changed: Vec<String>,
    /// The objects that went.
    pub removed: Vec<String>,
}

/// What a change was about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevisionDetail {
    /// When, by whom, why.
    pub report: RevisionReport,
    /// `<configuration>` with the objects that changed or went, as they were.
    pub before: String,
    /// `<configuration>` with the objects that came or changed, as they were then.
    pub after: String,
    /// Other orders of objects.
    pub orders: Vec<ObjectOrder>,
    /// Whether the two are whole configurations.
    pub whole: bool,
}

/// A revision is carried out once more, or backwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replay {
    /// Its name.
    pub revision: String,
    /// Backwards: it is taken back.
    pub backwards: bool,
    /// Do it although something that runs would be removed.
    #[serde(default)]
    pub force: bool,
    /// Why.
    #[serde(default)]
    pub message: String,
}

/// A change that has to be confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrialReport {
    /// The revision's name.
    pub revision: String,
    /// For how many more milliseconds.
    pub left_ms: u64,
}

/// What would become of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Preview {
    /// What would change; the texts are empty where nothing would.
    pub changes: ObjectChanges,
    /// What the cluster would do then.
    pub consequences: Vec<Consequence>,
    /// What was noticed on the way.
    pub warnings: Vec<String>,
    /// What would be forgotten of failures and results, in words.
    #[serde(default)]
    pub forgotten: Vec<String>,
}

/// What the cluster would do to a resource or a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Consequence {
    /// `Start`, `Stop`, `Move`, `Restart`, `Fence`, ...
    pub verb: String,
    /// The resource or node.
    pub subject: String,
    /// Where, and from where: `oss1 -> oss2`; empty for a node.
    pub place: String,
    /// Why; empty when that is plain.
    pub reason: String,
    /// Whether something that runs is interrupted.
    pub interrupts: bool,
    /// Whether it is asked for and cannot be done.
    pub blocked: bool,
}
