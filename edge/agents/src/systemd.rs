//! A unit of systemd, as an agent: `agent systemd UNIT ACTION`, in a process of its own, so that it
//! can hang and be ended like any other agent.
//!
//! It asks systemd over D-Bus (org.freedesktop.systemd1(5)) and waits until what it asked for has
//! come about: a unit that is on its way is neither active nor inactive.

mod bus;
mod drop_in;

use crate::builtin::{Answer, Failure, complain};
use crate::code::OcfCode;
use crate::command::SYSTEMD_DIR;
use crate::services::unit_name;
use bus::{Done, State, Systemd, Unit};
use drop_in::DropIn;
use std::path::{Path, PathBuf};

/// Is the agent of a unit for one action: asks the systemd of this machine, says why it failed as
/// OCF agents do, and returns the exit code of the process.
pub fn systemd_main(unit: &str, action: &str) -> i32 {
    let folder = std::env::var_os(SYSTEMD_DIR).unwrap_or_else(|| "/run/systemd/system".into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::generic(error.to_string()));
    let answer = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let systemd = Systemd::connect(zbus::connection::Builder::system()).await?;
            perform(&systemd, unit, action, &PathBuf::from(folder)).await
        })
    });
    match answer {
        Ok(code) => code.number(),
        Err(failure) => complain(&failure),
    }
}

async fn perform(systemd: &Systemd, name: &str, action: &str, folder: &Path) -> Answer {
    let unit = systemd.unit(unit_name(name)).await?;
    let drop_in = DropIn::of(folder, &unit.name, name);
    match (action, &unit.path) {
        ("start", Some(_)) => start(systemd, &unit, &drop_in).await,
        ("stop", Some(_)) => stop(systemd, &unit, &drop_in).await,
        ("monitor" | "status", Some(_)) => monitor(systemd, &unit).await,
        // What is not there does not run.
        ("stop", None) => Ok(OcfCode::Ok),
        ("start" | "monitor" | "status", None) => Err(Failure::new(
            OcfCode::Installed,
            format!("systemd finds no unit {}; install its package or correct the name", unit.name),
        )),
        _ => {
            let reason = format!("a unit of systemd has no action {action}");
            Err(Failure::new(OcfCode::Unimplemented, reason))
        }
    }
}

async fn start(systemd: &Systemd, unit: &Unit, drop_in: &DropIn) -> Answer {
    if drop_in.put() {
        systemd.reload().await;
    }
    let done = systemd.start(unit).await?;
    match systemd.settled(unit).await? {
        State::Active => Ok(OcfCode::Ok),
        state => Err(Failure::generic(format!(
            "{} was to be started and is {state}{done}; see journalctl -u {0}",
            unit.name
        ))),
    }
}

async fn stop(systemd: &Systemd, unit: &Unit, drop_in: &DropIn) -> Answer {
    let done = systemd.stop(unit).await?;
    match systemd.settled(unit).await? {
        State::Active => Err(Failure::generic(format!(
            "{} was to be stopped and is active{done}; see systemctl status {0}",
            unit.name
        ))),
        State::Inactive | State::Failed => {
            if drop_in.remove() {
                systemd.reload().await;
            }
            Ok(OcfCode::Ok)
        }
    }
}

async fn monitor(systemd: &Systemd, unit: &Unit) -> Answer {
    match systemd.settled(unit).await? {
        State::Active => Ok(OcfCode::Ok),
        State::Inactive => Ok(OcfCode::NotRunning),
        State::Failed => Err(Failure::new(
            OcfCode::NotRunning,
            format!("systemd says that {} has failed; see journalctl -u {0}", unit.name),
        )),
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Well | Self::Unheard => Ok(()),
            Self::Otherwise(result) => write!(f, " (the job ended with: {result})"),
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
        })
    }
}

#[cfg(test)]
mod tests;
