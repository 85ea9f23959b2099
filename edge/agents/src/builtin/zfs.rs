//! `ocf:heartbeat:ZFS`: an imported pool.
//!
//! How a pool is is read from the kernel's statistics, which answer at once. `zpool` waits for a
//! lock that a pool without its disks holds for ever; it is asked only where there are no such
//! statistics, and is given up when it does not answer.

mod pool;

use super::Answer;
use super::context::{Context, Failure, say, warn};
use super::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use pool::{Health, Pool};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) const METADATA: Metadata = Metadata {
    name: "ZFS",
    short: "An imported ZFS pool",
    long: "Imports a ZFS pool, watches that its disks answer, and exports it. A pool that is \
           DEGRADED works; one that is SUSPENDED, FAULTED or anything else has failed. Monitors \
           read the kernel's statistics and cannot hang.\n\n\
           Importing takes longer than the 60s advised here where pools have many disks, and some \
           20 s at the least where multihost=on and the other server was lost: give start a \
           timeout of minutes. The pool is never noted in the cache file, so that no server \
           imports it by itself while it boots.",
    parameters: &[
        Parameter::optional(
            "pool",
            Content::Text(""),
            "Name of the pool",
            "As zpool import shows it.",
        )
        .required()
        .unique(),
        Parameter::optional(
            "importargs",
            Content::Text(""),
            "More arguments for the import",
            "Of zpool import, separated by blanks: -d /dev/disk/by-vdev, -N.",
        ),
        Parameter::optional(
            "importforce",
            Content::Switch("true"),
            "Whether to import what was not exported",
            "A pool whose server was lost was not exported, and is imported with -f only. Without, \
             it stays away after each failure of a server until somebody imports it by hand.",
        ),
    ],
    actions: &[
        Action::once("start", "60s"),
        Action::once("stop", "60s"),
        Action { depth: Some("0"), ..Action::monitor("30s", "5s") },
        Action::once("validate-all", "30s"),
        Action::once("meta-data", "5s"),
    ],
};

/// Where the kernel keeps statistics of pools.
const KSTATS: &str = "/proc/spl/kstat/zfs";

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    perform_at(Path::new(KSTATS), context, action)
}

fn perform_at(kstats: &Path, context: &Context, action: &str) -> Answer {
    let pool = Pool::read(kstats, context)?;
    match action {
        "start" => start(context, &pool),
        "stop" => stop(context, &pool),
        "monitor" => monitor(&pool),
        _ => validate(context, &pool),
    }
}

fn monitor(pool: &Pool<'_>) -> Answer {
    match pool.health()? {
        Health::NotImported => Ok(OcfCode::NotRunning),
        health if health.works() => {
            if health != Health::Online {
                warn(&format!("pool {} is {health}: zpool status tells more", pool.name));
            }
            Ok(OcfCode::Ok)
        }
        health => Err(failed(pool, &health)),
    }
}

/// Never taken for stopped: what is imported here must not be imported elsewhere, be it ever so
/// ill (R3).
fn failed(pool: &Pool<'_>, health: &Health) -> Failure {
    let name = pool.name;
    Failure::generic(format!(
        "pool {name} is {health}: check its disks and their paths, then zpool clear {name}"
    ))
}

fn start(context: &Context, pool: &Pool<'_>) -> Answer {
    if pool.health()? != Health::NotImported {
        return monitor(pool);
    }
    let mut arguments = vec!["import"];
    if context.is_on("importforce")? {
        arguments.push("-f");
    }
    arguments.extend(context.text("importargs").split_whitespace());
    arguments.extend(["-o", "cachefile=none", pool.name]);
    let said = context.call("zpool", &arguments)?;
    if said.code != Some(0) {
        let complaint = said.complaints();
        return Err(Failure::generic(format!("cannot import {}: {complaint}", pool.name)));
    }
    match monitor(pool)? {
        OcfCode::NotRunning => Err(Failure::generic(format!(
            "importing {} said that it succeeded, but the pool is not there",
            pool.name
        ))),
        code => Ok(code),
    }
}

/// Asks for the export, and then again and again with force, which unmounts what the pool has mounted
/// and lets go of spares that other pools share: not the first thing to try.
fn stop(context: &Context, pool: &Pool<'_>) -> Answer {
    const PAUSE: Duration = Duration::from_secs(1);
    let give_up = Instant::now() + context.patience(Duration::from_secs(60));
    let mut arguments = vec!["export", pool.name];
    loop {
        let health = pool.health()?;
        if health == Health::NotImported {
            return Ok(OcfCode::Ok);
        }
        let left = give_up.saturating_duration_since(Instant::now());
        let said = context.call_within(left, "zpool", &arguments)?;
        if said.code == Some(0) {
            continue;
        }
        let complaint = said.complaints();
        if Instant::now() + PAUSE >= give_up {
            let name = pool.name;
            return Err(Failure::generic(format!(
                "cannot export {name}, which is {health} ({complaint}): look for what uses its \
                 datasets and volumes"
            )));
        }
        say(&format!("INFO: {complaint}; trying with force"));
        if arguments.len() == 2 {
            arguments.insert(1, "-f");
        } else {
            sleep(PAUSE);
        }
    }
}

/// Looks for the pool on the disks of this node, which takes a while.
fn validate(context: &Context, pool: &Pool<'_>) -> Answer {
    context.needs("zpool")?;
    context.is_on("importforce")?;
    if pool.health()? != Health::NotImported {
        return Ok(OcfCode::Ok);
    }
    let mut arguments = vec!["import"];
    arguments.extend(context.text("importargs").split_whitespace());
    let said =
        context.call_within(context.patience(Duration::from_secs(30)), "zpool", &arguments)?;
    let is_it = |line: &str| line.trim().strip_prefix("pool:").map(str::trim) == Some(pool.name);
    if said.stdout.lines().any(is_it) {
        return Ok(OcfCode::Ok);
    }
    let reason = format!(
        "this node sees no pool {} that could be imported: check its disks, or parameters pool and \
         importargs",
        pool.name
    );
    Err(Failure::new(OcfCode::Installed, reason))
}

#[cfg(test)]
mod tests;
