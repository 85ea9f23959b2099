//! `ocf:lab:service`: a service that a cluster can run, and that writes down what becomes of it.
//!
//! The service is a process that does nothing but hold two locks: one on its machine, by which its
//! agent knows that it runs, and the one of the ground truth ([`crate::Truth`]). It ends with its machine's
//! power, like any process. While it is promoted it holds two more, those of the promoted instance. Its agent
//! misbehaves when it is told to.

use crate::layout::Layout;
use crate::truth::{Deed, Misbehaviour, claim, note, promoted, spoiled};
use os::process::Send;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// OCF's answers.
const SUCCESS: u8 = 0;
const FAILED: u8 = 1;
const UNIMPLEMENTED: u8 = 3;
const NOT_RUNNING: u8 = 7;
const PROMOTED: u8 = 8;

/// Where a machine keeps the locks of the services it runs.
const LOCKS: &str = "/run/lab-service";
/// How long a service may take to become what it was told to: it does so at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any action may take.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

const METADATA: &str = r#"<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="service" version="1.0">
<version>1.0</version>
<longdesc lang="en">A process that writes down when it starts and when it stops. For laboratories.</longdesc>
<shortdesc lang="en">A service of a laboratory</shortdesc>
<parameters>
<parameter name="everywhere" unique="0" required="0">
<longdesc lang="en">Whether it may be active on each node, as an instance of a clone is.</longdesc>
<shortdesc lang="en">Active on each node</shortdesc>
<content type="boolean" default="false"/>
</parameter>
<parameter name="note" unique="0" required="0">
<longdesc lang="en">Has no effect. There to be changed.</longdesc>
<shortdesc lang="en">A value without use</shortdesc>
<content type="string" default=""/>
</parameter>
</parameters>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="promote" timeout="20s"/>
<action name="demote" timeout="20s"/>
<action name="monitor" interval="10s" timeout="20s" depth="0"/>
<action name="meta-data" timeout="5s"/>
<action name="validate-all" timeout="5s"/>
</actions>
</resource-agent>
"#;

/// The agent as the machines have it.
pub(crate) fn script(layout: &Layout) -> String {
    let (program, folder) = (layout.program(), layout.folder());
    format!("#!/bin/sh\nexec {} lab-service {} \"$@\"\n", program.display(), folder.display())
}

/// The hidden subcommand `lab-service DIR ACTION`, the agent; with `run NAME PROMOTED` it is the service.
pub(crate) fn main(layout: &Layout, words: &[String]) -> ExitCode {
    let answer = match words {
        [run, name, promoted] if run == "run" => live(layout, name, promoted),
        [action] => Agent::called(layout).act(action),
        _ => Ok(UNIMPLEMENTED),
    };
    match answer {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("lab: {}: {error}", words.join(" "));
            ExitCode::from(FAILED)
        }
    }
}

/// One call of the agent.
struct Agent<'a> {
    layout: &'a Layout,
    /// What its ground truth is kept under.
    name: String,
    /// That of the promoted instance, wherever it is.
    promoted: String,
}

impl<'a> Agent<'a> {
    fn called(layout: &'a Layout) -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let instance = variable("OCF_RESOURCE_INSTANCE");
        // Numbers of a clone's instances are dealt anew each time.
        let plain = instance.split(':').next().unwrap_or_default();
        let name = match variable("OCF_RESKEY_everywhere").as_str() {
            "true" | "1" | "yes" => format!("{plain}@{}", os::machine::host_name()),
            _ => plain.to_owned(),
        };
        Self { layout, name, promoted: promoted(plain) }
    }

    fn act(&self, action: &str) -> io::Result<u8> {
        if action == "meta-data" {
            print!("{METADATA}");
            return Ok(SUCCESS);
        }
        let recurs = !matches!(
            std::env::var("OCF_RESKEY_CRM_meta_interval").as_deref(),
            Err(_) | Ok("" | "0")
        );
        let word = if action == "monitor" && !recurs { "probe" } else { action };
        note(self.layout, &self.name, Deed::Begin(word.to_owned()))?;
        let code = self.misbehave_or(action)?;
        note(self.layout, &self.name, Deed::End(word.to_owned(), code))?;
        Ok(code)
    }

    /// A start that goes wrong has started the service, a stop that goes wrong has not stopped it, and so with
    /// promote and demote: what the cluster must not take for granted.
    fn misbehave_or(&self, action: &str) -> io::Result<u8> {
        let Some(how) = spoiled(self.layout, &self.name, action) else {
            return self.perform(action);
        };
        if matches!(action, "start" | "promote") {
            self.perform(action)?;
        }
        match how {
            Misbehaviour::Answer(code) => return Ok(code),
            Misbehaviour::Hang => std::thread::sleep(FOR_EVER),
            Misbehaviour::Die => os::process::signal(std::process::id(), Send::Kill)?,
        }
        Ok(FAILED)
    }

    fn perform(&self, action: &str) -> io::Result<u8> {
        match action {
            "start" => self.start(),
            "promote" | "demote" | "monitor" if !self.runs()? => Ok(NOT_RUNNING),
            "promote" => self.tell(Send::User1, || is_held(&self.promoted)),
            "demote" => self.tell(Send::User2, || Ok(!is_held(&self.promoted)?)),
            "stop" if self.runs()? => self.tell(Send::Terminate, || Ok(!self.runs()?)),
            "monitor" if is_held(&self.promoted)? => Ok(PROMOTED),
            "stop" | "monitor" | "validate-all" => Ok(SUCCESS),
            _ => Ok(UNIMPLEMENTED),
        }
    }

    fn start(&self) -> io::Result<u8> {
        if self.runs()? {
            return Ok(SUCCESS);
        }
        let service = Command::new(self.layout.program())
            .args(["lab-service".as_ref(), self.layout.folder().as_os_str()])
            .args(["run", &self.name, &self.promoted])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut word = String::new();
        if let Some(said) = service.stdout {
            BufReader::new(said).read_line(&mut word)?;
        }
        Ok(if word == "up\n" { SUCCESS } else { FAILED })
    }

    /// Tells the service to become something, and waits until it is that.
    fn tell(&self, what: Send, is_so: impl Fn() -> io::Result<bool>) -> io::Result<u8> {
        let process = std::fs::read_to_string(lock_of(&self.name))?;
        let process = process.trim().parse().map_err(io::Error::other)?;
        os::process::signal(process, what)?;
        let became = os::process::wait_until(PATIENCE, || matches!(is_so(), Ok(true)));
        Ok(if became { SUCCESS } else { FAILED })
    }

    fn runs(&self) -> io::Result<bool> {
        is_held(&self.name)
    }
}

/// Whether a service on this machine holds this.
fn is_held(name: &str) -> io::Result<bool> {
    std::fs::create_dir_all(LOCKS)?;
    Ok(os::file::lock(&lock_of(name))?.is_none())
}

fn lock_of(name: &str) -> PathBuf {
    PathBuf::from(LOCKS).join(name)
}

/// The service itself: says "up" and lives until it is told to end.
fn live(layout: &Layout, name: &str, promoted: &str) -> io::Result<u8> {
    // Who started it is an action, of which nothing stays.
    os::process::begin_session()?;
    let Some(plain) = Held::take(layout, name)? else { return Ok(FAILED) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut end = signal(SignalKind::terminate())?;
        let mut promote = signal(SignalKind::user_defined1())?;
        let mut demote = signal(SignalKind::user_defined2())?;
        let mut more = None;
        println!("up");
        loop {
            tokio::select! {
                _ = promote.recv() => more = more.or(Held::take(layout, promoted)?),
                _ = demote.recv() => more.take().map_or(Ok(()), |held| held.give_up(layout))?,
                _ = end.recv() => break,
            }
        }
        more.map_or(Ok(()), |held| held.give_up(layout))
    })?;
    plain.give_up(layout)?;
    Ok(SUCCESS)
}

/// What a service is, and nobody else: by a lock of its machine and one of the ground truth.
struct Held<'a> {
    name: &'a str,
    _here: File,
    _truth: File,
}

impl<'a> Held<'a> {
    /// Nothing when it is somebody's already.
    fn take(layout: &Layout, name: &'a str) -> io::Result<Option<Self>> {
        let Some(mut here) = os::file::lock(&lock_of(name))? else { return Ok(None) };
        here.set_len(0)?;
        write!(here, "{}", std::process::id())?;
        match claim(layout, name)? {
            Ok(truth) => {
                note(layout, name, Deed::Up)?;
                Ok(Some(Self { name, _here: here, _truth: truth }))
            }
            Err(other) => {
                note(layout, name, Deed::Twice(other))?;
                Ok(None)
            }
        }
    }

    /// It is this still while it says so: the next one's line stands behind this.
    fn give_up(self, layout: &Layout) -> io::Result<()> {
        note(layout, self.name, Deed::Down)
    }
}
