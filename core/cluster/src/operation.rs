//! Operations on a resource, and the roles it can have.

use crate::{AttributeSet, Extra, Written};
use base::names;
use std::fmt;
use std::time::Duration;

/// What an instance of a resource is doing on a node, or should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Not running.
    Stopped,
    /// Running; for a promotable resource the same as [`Role::Unpromoted`].
    Started,
    /// Running without the promoted role.
    Unpromoted,
    /// Running with the promoted role.
    Promoted,
}

impl Role {
    /// Reads a role's name in any case, also the older words Master and Slave.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "stopped" => Some(Self::Stopped),
            "started" => Some(Self::Started),
            "unpromoted" | "slave" => Some(Self::Unpromoted),
            "promoted" | "master" => Some(Self::Promoted),
            _ => None,
        }
    }

    /// The role's name as the CIB writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What to do when an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnFail {
    /// Pretend that it worked.
    Ignore,
    /// Leave the resource as it is and do nothing more with it.
    Block,
    /// Stop it and do not start it again anywhere.
    Stop,
    /// Demote it, without a full restart.
    Demote,
    /// Stop and start it, perhaps elsewhere.
    Restart,
    /// Move it away: its node is banned for it.
    Ban,
    /// Fence the node it failed on.
    Fence,
    /// Move all resources off the node it failed on.
    Standby,
    /// Restart the container that it runs in.
    RestartContainer,
}

impl OnFail {
    const NAMES: [(&'static str, Self); 10] = [
        ("ignore", Self::Ignore),
        ("nothing", Self::Ignore),
        ("block", Self::Block),
        ("stop", Self::Stop),
        ("demote", Self::Demote),
        ("restart", Self::Restart),
        ("migrate", Self::Ban),
        ("fence", Self::Fence),
        ("standby", Self::Standby),
        ("restart-container", Self::RestartContainer),
    ];

    /// Reads the option's value.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The option's value as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }

    /// All accepted spellings.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }
}

/// One `op` of a primitive: how, and how often, an agent's action is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationSettings {
    /// The element's id.
    pub id: String,
    /// Another operation that this one stands for.
    pub id_ref: Option<String>,
    /// The agent's action: `start`, `stop`, `monitor`, ...
    pub name: String,
    /// How often; zero for an action that is run once, [`Written::UNSAID`] where nothing was said.
    pub interval: Written<Duration>,
    /// How long the action may take.
    pub timeout: Option<Written<Duration>>,
    /// What to do when it fails.
    pub on_fail: Option<OnFail>,
    /// The role in which a recurring monitor is run.
    pub role: Option<Role>,
    /// Whether it is run at all.
    pub enabled: Option<bool>,
    /// Instance attributes of the operation, such as `OCF_CHECK_LEVEL`.
    pub parameters: Vec<AttributeSet>,
    /// Meta attributes of the operation.
    pub meta: Vec<AttributeSet>,
    /// What else the element carries, among it `start-delay` and `interval-origin`.
    pub extra: Extra,
}

impl OperationSettings {
    /// An operation of that name and interval without further settings. Intervals are counted in
    /// milliseconds with 32 bits, so that longer ones are as long as that: 49 days.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        mut interval: Written<Duration>,
    ) -> Self {
        interval.value = interval.value.min(Duration::from_millis(u32::MAX.into()));
        Self {
            id: id.into(),
            id_ref: None,
            name: name.into(),
            interval,
            timeout: None,
            on_fail: None,
            role: None,
            enabled: None,
            parameters: Vec::new(),
            meta: Vec::new(),
            extra: Extra::default(),
        }
    }

    /// All attributes of the element by the CIB's names, those without a type here and those with
    /// a value that is none of its kind among them. The interval is `0s` where none was given.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let interval = if self.interval.text.is_empty() { "0s" } else { &self.interval.text };
        let truth = |is: bool| if is { "true" } else { "false" };
        let typed = [
            ("id", Some(self.id.as_str()).filter(|id| !id.is_empty())),
            ("id-ref", self.id_ref.as_deref()),
            ("name", Some(self.name.as_str()).filter(|name| !name.is_empty())),
            ("interval", Some(interval)),
            ("timeout", self.timeout.as_ref().map(|timeout| timeout.text.as_str())),
            ("on-fail", self.on_fail.map(OnFail::name)),
            ("role", self.role.map(Role::name)),
            ("enabled", self.enabled.map(truth)),
        ];
        let typed = typed.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let extra = self.extra.attributes.iter();
        typed.chain(extra.map(|(name, value)| (name.as_str(), value.as_str())))
    }
}
