//! The exit codes of OCF agents.

/// What an OCF action says with its exit code (OCF resource agent API 1.1, "Exit status codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OcfCode {
    /// Done; for a monitor: active.
    Ok,
    /// Failed for a reason that has no code of its own.
    Generic,
    /// The parameters do not fit this node.
    Arguments,
    /// The agent has no such action.
    Unimplemented,
    /// The agent may not do it here.
    Permission,
    /// Something the agent needs is not on this node.
    Installed,
    /// The parameters are wrong, on every node.
    Configured,
    /// Cleanly stopped. Not an error.
    NotRunning,
    /// Active and promoted. Not an error.
    RunningPromoted,
    /// Promoted, but failed.
    FailedPromoted,
}

impl OcfCode {
    /// The number the process ends with.
    pub const fn number(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::Generic => 1,
            Self::Arguments => 2,
            Self::Unimplemented => 3,
            Self::Permission => 4,
            Self::Installed => 5,
            Self::Configured => 6,
            Self::NotRunning => 7,
            Self::RunningPromoted => 8,
            Self::FailedPromoted => 9,
        }
    }
}
