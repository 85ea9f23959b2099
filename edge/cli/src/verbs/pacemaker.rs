//! A Pacemaker that runs on this machine, asked by its own tools.

use crate::answer::Failure;
use crate::systemd;
use crate::words::of_system;
use os::process::Send;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The process that starts and stops all of Pacemaker.
const PACEMAKER: &str = "pacemakerd";
/// The one below it.
const COROSYNC: &str = "corosync";
/// An answer that is longer is no configuration.
const LONGEST: u64 = api::LARGEST_REQUEST as u64;
/// How long actions that were under way may take to end.
const IDLE: Duration = Duration::from_secs(120);
/// How long a stop may take, when nothing that runs is stopped.
const STOP: Duration = Duration::from_secs(120);

/// Whether Pacemaker runs on this machine.
pub(crate) fn is_running() -> bool {
    !processes(PACEMAKER).is_empty()
}

/// Whether Corosync runs on this machine.
pub(crate) fn is_corosync_running() -> bool {
    !processes(COROSYNC).is_empty()
}

fn processes(name: &str) -> Vec<u32> {
    // Without /proc nobody runs anything.
    os::process::named(name).unwrap_or_default()
}

/// Configuration and status, as the running cluster has them.
pub(crate) fn cib() -> Result<String, Failure> {
    run("cibadmin", &["--query"])
}

/// Puts the whole cluster into maintenance mode, or takes it out.
pub(crate) fn set_maintenance(on: bool) -> Result<(), Failure> {
    let value = if on { "true" } else { "false" };
    run("crm_attribute", &["--name", "maintenance-mode", "--update", value]).map(drop)
}

/// Waits until nothing is under way any more.
pub(crate) fn wait_until_idle() -> Result<(), Failure> {
    let patience = format!("{}s", IDLE.as_secs());
    run("crm_resource", &["--wait", "--timeout", &patience]).map(drop)
}

/// Stops Pacemaker and Corosync on this machine; they do not come back when it is started again.
/// What they ran goes on where they are in maintenance mode.
pub(crate) fn stop() -> Result<(), Failure> {
    if systemd::is_here() {
        systemd::units(&["disable", "--now"], &["pacemaker", "corosync"])?;
    }
    end(PACEMAKER)?;
    end(COROSYNC)
}

/// Starts what [`stop`] has stopped, where systemd does such things; says whether it does.
pub(crate) fn start() -> Result<bool, Failure> {
    if systemd::is_here() {
        systemd::units(&["enable", "--now"], &["corosync", "pacemaker"])?;
    }
    Ok(systemd::is_here())
}

/// Ends what nobody else would end.
fn end(name: &str) -> Result<(), Failure> {
    for process in processes(name) {
        // It may have gone by itself meanwhile.
        let _ = os::process::signal(process, Send::Terminate);
    }
    let begin = Instant::now();
    while begin.elapsed() < STOP {
        if processes(name).is_empty() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Failure::TimedOut(format!(
        "{name} was asked to end and still runs after {} s; look at its log, and try again",
        STOP.as_secs()
    )))
}

/// What a tool of Pacemaker's prints.
fn run(name: &str, arguments: &[&str]) -> Result<String, Failure> {
    let program = find(name)?;
    let failed = |error: &std::io::Error| Failure::Other(format!("{name}: {}", of_system(error)));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut text = String::new();
    let output = child.stdout.take().into_iter();
    for output in output {
        output.take(LONGEST).read_to_string(&mut text).map_err(|error| failed(&error))?;
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    if status.success() {
        return Ok(text);
    }
    Err(Failure::Other(format!("`{name} {}` has failed ({status})", arguments.join(" "))))
}

/// The program of that name that is not this one: links of the same names may stand in its place.
fn find(name: &str) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    let mut is_ours = false;
    for folder in folders {
        let Ok(real) = std::fs::canonicalize(folder.join(name)) else { continue };
        if own.as_ref() != Some(&real) {
            return Ok(real);
        }
        is_ours = true;
    }
    Err(Failure::Other(match is_ours {
        true => format!(
            "{name} is a link to this program everywhere; put Pacemaker's own into the PATH to ask \
             the cluster that runs"
        ),
        false => format!("there is no {name} on this machine; is Pacemaker installed?"),
    }))
}
