//! What is shown, and how.

use std::collections::BTreeSet;

/// A part of the text that can be asked for or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What carries the cluster's messages.
    Stack,
    /// The coordinator and the quorum.
    Coordinator,
    /// The dates of this text and of the last change.
    Times,
    /// How many nodes and resources there are.
    Counts,
    /// Some cluster options in words.
    Options,
    /// The warning that nothing is managed.
    Maintenance,
    /// The nodes.
    Nodes,
    /// The resources.
    Resources,
    /// Node attributes.
    Attributes,
    /// What every resource did on every node.
    Operations,
    /// How often what failed.
    FailCounts,
    /// Failed operations.
    Failures,
    /// Fencing that failed.
    FencingFailed,
    /// Fencing under way.
    FencingPending,
    /// Fencing that succeeded.
    FencingSucceeded,
    /// Tickets.
    Tickets,
    /// Constraints that keep resources away from nodes.
    Bans,
}

impl Section {
    const NAMES: [(&'static str, &'static [Self]); 21] = [
        ("all", &Self::ALL),
        ("attributes", &[Self::Attributes]),
        ("bans", &[Self::Bans]),
        ("counts", &[Self::Counts]),
        ("dc", &[Self::Coordinator]),
        ("default", &Self::DEFAULT),
        ("failcounts", &[Self::FailCounts]),
        ("failures", &[Self::Failures]),
        ("fencing", &[Self::FencingFailed, Self::FencingPending, Self::FencingSucceeded]),
        ("fencing-failed", &[Self::FencingFailed]),
        ("fencing-pending", &[Self::FencingPending]),
        ("fencing-succeeded", &[Self::FencingSucceeded]),
        ("maint-mode", &[Self::Maintenance]),
        ("nodes", &[Self::Nodes]),
        ("operations", &[Self::Operations]),
        ("options", &[Self::Options]),
        ("resources", &[Self::Resources]),
        ("stack", &[Self::Stack]),
        ("summary", &Self::SUMMARY),
        ("tickets", &[Self::Tickets]),
        ("times", &[Self::Times]),
    ];

    const SUMMARY: [Self; 6] = [
        Self::Stack,
        Self::Coordinator,
        Self::Times,
        Self::Counts,
        Self::Options,
        Self::Maintenance,
    ];

    const DEFAULT: [Self; 9] = [
        Self::Stack,
        Self::Coordinator,
        Self::Times,
        Self::Counts,
        Self::Maintenance,
        Self::Nodes,
        Self::Resources,
        Self::Failures,
        Self::FencingFailed,
    ];

    const ALL: [Self; 17] = [
        Self::Stack,
        Self::Coordinator,
        Self::Times,
        Self::Counts,
        Self::Options,
        Self::Maintenance,
        Self::Nodes,
        Self::Resources,
        Self::Attributes,
        Self::Operations,
        Self::FailCounts,
        Self::Failures,
        Self::FencingFailed,
        Self::FencingPending,
        Self::FencingSucceeded,
        Self::Tickets,
        Self::Bans,
    ];

    /// The sections that a word of `--include` or `--exclude` stands for.
    pub fn named(word: &str) -> Option<&'static [Self]> {
        Self::NAMES.iter().find(|(name, _)| *name == word).map(|(_, sections)| *sections)
    }
}

/// By what resources are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// By what they are.
    #[default]
    Resource,
    /// By the node they run on (`-n`).
    Node,
}

/// What is shown, and how. The default is that of `crm_mon -1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The sections that are shown.
    pub sections: BTreeSet<Section>,
    /// By what resources are grouped.
    pub grouping: Grouping,
    /// Whether stopped resources are listed (`-r`).
    pub inactive: bool,
    /// Whether what is under way is shown.
    pub pending: bool,
    /// Whether operations are shown with dates and durations (`-t`).
    pub timing: bool,
    /// Whether primitives are only counted (`-b`).
    pub brief: bool,
    /// Whether node ids, all clone instances and the fields of failures are shown (`-R`).
    pub detail: bool,
    /// Whether the whole fence history is shown, not only the last event of each kind (`-m3`).
    pub full_fencing: bool,
    /// How the ids of the constraints begin that are shown (`-L prefix`).
    pub ban_prefix: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sections: Section::DEFAULT.into(),
            grouping: Grouping::Resource,
            inactive: false,
            pending: true,
            timing: false,
            brief: false,
            detail: false,
            full_fencing: false,
            ban_prefix: String::new(),
        }
    }
}

impl Options {
    /// Whether a section is shown.
    pub fn shows(&self, section: Section) -> bool {
        self.sections.contains(&section)
    }

    /// Shows these sections too.
    pub fn include(&mut self, sections: &[Section]) {
        self.sections.extend(sections);
    }

    /// Leaves these sections out.
    pub fn exclude(&mut self, sections: &[Section]) {
        self.sections.retain(|section| !sections.contains(section));
    }

    pub(super) fn is_by_node(&self) -> bool {
        self.grouping == Grouping::Node
    }
}
