//! The built-in agents: OCF agents like any other, run as `agent ocf PROVIDER KIND ACTION`.
//!
//! **What they never do.** Talk to the daemon other than through the tools every agent uses
//! (`attrd_updater`, `crm_attribute`), or remember anything outside of their state files.

mod attribute;
mod calls;
mod context;
mod delay;
mod dummy;
mod filesystem;
mod health;
mod lustre;
pub(crate) mod metadata;
mod network;
mod ping;
mod stateful;
mod sysinfo;
mod zfs;

use crate::code::OcfCode;
use context::Context;
pub(crate) use context::{Failure, say};
use metadata::Metadata;
use std::io::Write;

/// What an action of a built-in agent comes to. [`OcfCode::NotRunning`] and
/// [`OcfCode::RunningPromoted`] are answers, not failures.
pub(crate) type Answer = Result<OcfCode, Failure>;

/// One built-in agent.
pub(crate) struct Builtin {
    pub(crate) provider: &'static str,
    pub(crate) metadata: &'static Metadata,
    /// Does everything but `meta-data`, which is the same for all.
    perform: fn(&Context, &str) -> Answer,
}

impl Builtin {
    const fn new(
        provider: &'static str,
        metadata: &'static Metadata,
        perform: fn(&Context, &str) -> Answer,
    ) -> Self {
        Self { provider, metadata, perform }
    }
}

/// All of them.
pub(crate) const TABLE: [Builtin; 17] = [
    Builtin::new("heartbeat", &delay::METADATA, delay::perform),
    Builtin::new("heartbeat", &network::ethmonitor::METADATA, network::ethmonitor::perform),
    Builtin::new("heartbeat", &filesystem::METADATA, filesystem::perform),
    Builtin::new("heartbeat", &zfs::METADATA, zfs::perform),
    Builtin::new("lustre", &lustre::target::METADATA, lustre::target::perform),
    Builtin::new("lustre", &lustre::lnet::METADATA, lustre::lnet::perform),
    Builtin::new("lustre", &lustre::health::METADATA, lustre::health::perform),
    Builtin::new("pacemaker", &attribute::METADATA, attribute::perform),
    Builtin::new("pacemaker", &dummy::METADATA, dummy::perform),
    Builtin::new("pacemaker", &health::cpu::METADATA, health::cpu::perform),
    Builtin::new("pacemaker", &health::iowait::METADATA, health::iowait::perform),
    Builtin::new("pacemaker", &health::smart::METADATA, health::smart::perform),
    Builtin::new("pacemaker", &network::ifspeed::METADATA, network::ifspeed::perform),
    Builtin::new("pacemaker", &ping::METADATA, ping::perform),
    Builtin::new("pacemaker", &stateful::METADATA, stateful::perform),
    Builtin::new("pacemaker", &sysinfo::METADATA, sysinfo::perform),
    Builtin::new("pacemaker", &health::system::METADATA, health::system::perform),
];

impl Builtin {
    pub(crate) fn kind(&self) -> &'static str {
        self.metadata.name
    }

    /// Unknown actions are told apart before parameters are looked at: what an agent cannot do it
    /// cannot do with any parameters.
    fn answer(&self, context: &Context, action: &str) -> Answer {
        if !self.metadata.has_action(action) {
            let reason = format!("{} has no action {action:?}", self.kind());
            return Err(Failure::new(OcfCode::Unimplemented, reason));
        }
        context.check_required()?;
        (self.perform)(context, action)
    }
}

/// The built-in agent of that name.
pub(crate) fn find(provider: &str, kind: &str) -> Option<&'static Builtin> {
    TABLE.iter().find(|agent| agent.provider == provider && agent.kind() == kind)
}

/// The OCF metadata (XML) of a built-in agent; `None` when there is no such.
pub fn builtin_metadata(provider: &str, kind: &str) -> Option<String> {
    find(provider, kind).map(|agent| agent.metadata.to_xml())
}

/// Is the built-in agent `provider:kind` for one action: reads `OCF_*` variables, writes to
/// standard output and error as OCF agents do, and returns the exit code of the process.
pub fn builtin_main(provider: &str, kind: &str, action: &str) -> i32 {
    let Some(agent) = find(provider, kind) else {
        return complain(&Failure::new(
            OcfCode::Installed,
            format!("there is no built-in agent ocf:{provider}:{kind}"),
        ));
    };
    if action == "meta-data" {
        let written = std::io::stdout().write_all(agent.metadata.to_xml().as_bytes());
        return if written.is_ok() { OcfCode::Ok } else { OcfCode::Generic }.number();
    }
    let variables = std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    });
    match agent.answer(&Context::new(agent.metadata, variables.collect()), action) {
        Ok(code) => code.number(),
        Err(failure) => complain(&failure),
    }
}

/// Says why an action failed, as OCF agents do, and gives the exit code for it.
pub(crate) fn complain(failure: &Failure) -> i32 {
    say(&format!("ocf-exit-reason:{}", failure.reason));
    failure.code.number()
}

#[cfg(test)]
mod tests;
