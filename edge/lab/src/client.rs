//! The lab as its user holds it.

use crate::census::{is_alive, processes};
use crate::error::{During, LabError};
use crate::fault::{Cut, Fault};
use crate::guardian::Report;
use crate::layout::{Layout, settings};
use crate::options::{LabOptions, Lifetime};
use crate::protocol::{Answer, Mounted, PowerOff, Request, Status, ask, receive, send};
use std::fs::OpenOptions;
use std::io::{BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

/// How long all of a lab may take to be gone.
const GONE: Duration = Duration::from_secs(20);
/// How long a process may take to end that has nothing left to do.
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// Between two questions whether a machine is ready.
const AGAIN: Duration = Duration::from_millis(20);

/// Where a lab is when nobody says otherwise.
pub fn default_folder() -> PathBuf {
    let user = os::account::effective_user();
    match std::env::var_os("XDG_RUNTIME_DIR") {
        _ if user == 0 => PathBuf::from("/run/systole-lab"),
        Some(folder) if !folder.is_empty() => PathBuf::from(folder).join("systole-lab"),
        _ => PathBuf::from(format!("/tmp/systole-lab-{user}")),
    }
}

/// Waits until nothing of a lab in `folder` runs any more, one that is ending or never came up, and
/// removes what it left there.
///
/// # Errors
/// When it does not end, or something cannot be removed.
pub fn remove(folder: &Path) -> Result<(), LabError> {
    let layout = Layout::new(folder);
    let guardians = processes(folder, &["lab-guardian"]);
    // Held until all is removed, so that nobody makes a lab there meanwhile.
    let mut lock = None;
    let gone = os::process::wait_until(GONE, || match os::file::lock(&layout.lock()) {
        Ok(found) => {
            lock = found;
            lock.is_some()
        }
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    });
    if !gone {
        let reason = "it is still ending".to_owned();
        return Err(LabError::Failed { reason, log: layout.log() });
    }
    os::process::wait_until(LAST_MOMENT, || !guardians.iter().any(|one| is_alive(*one)));
    // A guardian that had just been started may still write its first words.
    let mut removed = layout.erase();
    os::process::wait_until(LAST_MOMENT, || {
        if removed.is_err() {
            removed = layout.erase();
        }
        removed.is_ok()
    });
    removed.during(&format!("removing {}", folder.display()))
}

/// A lab that is up. Dropping it changes nothing, [`Lab::down`] ends it; but see [`Lifetime`].
#[derive(Clone, Debug)]
pub struct Lab {
    layout: Layout,
    options: LabOptions,
    /// The lab ends when this is closed, unless it was told to go on.
    tie: Option<Arc<UnixStream>>,
}

impl Lab {
    /// Makes a lab and returns when every machine is ready.
    ///
    /// # Errors
    /// When there is one already, when a step fails (then nothing is left of it but its log), or
    /// when a machine does not get ready in time (then the lab stays up to be looked at, unless
    /// it lives with its caller only).
    pub fn up(options: &LabOptions) -> Result<Self, LabError> {
        options.check()?;
        let layout = Layout::new(&options.folder);
        make_folder(layout.folder())?;
        layout.claim()?;
        let mut guardian = start_guardian(&layout, options)?;
        send(&mut guardian, options).during("telling the lab what is wanted")?;
        let report = receive(&mut BufReader::new(&guardian)).during("waiting for the lab")?;
        let failed = |reason: &str| LabError::Failed { reason: reason.into(), log: layout.log() };
        match report {
            Some(Report::Up) => {}
            Some(Report::Taken) => return Err(LabError::AlreadyUp(options.folder.clone())),
            Some(Report::Failed(reason)) => return Err(failed(&reason)),
            None => return Err(failed("its guardian died")),
        }
        let lab = Self { layout, options: options.clone(), tie: Some(Arc::new(guardian)) };
        let ready = lab.wait_ready();
        if options.lifetime == Lifetime::UntilDown {
            // A lab that is not ready is kept as well: why it is not can be seen only there.
            lab.keep()?;
        }
        ready.map(|()| lab)
    }

    /// Lets the lab live on when this process ends.
    ///
    /// # Errors
    /// When the lab has ended already.
    pub fn keep(&self) -> Result<(), LabError> {
        match &self.tie {
            Some(guardian) => guardian.as_ref().write_all(b"keep\n").during("keeping the lab"),
            None => Ok(()),
        }
    }

    /// The lab that is up in `folder`.
    ///
    /// # Errors
    /// When none is.
    pub fn attach(folder: &Path) -> Result<Self, LabError> {
        let layout = Layout::new(folder);
        let options = settings(&layout).map_err(|_| LabError::NotUp(folder.to_owned()))?;
        let lab = Self { layout, options, tie: None };
        lab.tell(&Request::Ping)?;
        Ok(lab)
    }

    /// What the lab was made with.
    pub const fn options(&self) -> &LabOptions {
        &self.options
    }

    /// The log of `node`: what its daemon writes, and what the lab says about it.
    pub fn log_of(&self, node: &str) -> PathBuf {
        self.layout.node_log(node)
    }

    /// A command that will run `words` on `node` when it is started. Its streams are the
    /// caller's to connect; its exit code is that of the words, 126 when the machine cannot be
    /// joined, 127 when the program does not exist there, 128 and the number for a signal.
    pub fn command(&self, node: &str, words: &[impl AsRef<str>]) -> Command {
        let mut command = Command::new(&self.options.program);
        command.arg("lab-enter").arg(self.layout.folder()).arg(node).arg("--");
        command.args(words.iter().map(AsRef::as_ref));
        command
    }

    /// Runs `words` on `node` with the caller's own streams.
    ///
    /// # Errors
    /// When the program of the lab cannot be started.
    pub fn run(&self, node: &str, words: &[impl AsRef<str>]) -> Result<ExitStatus, LabError> {
        self.command(node, words).status().during("running a command in the lab")
    }

    /// Runs `words` on `node` and returns what they wrote.
    ///
    /// # Errors
    /// When the program of the lab cannot be started.
    pub fn run_in(&self, node: &str, words: &[impl AsRef<str>]) -> Result<Output, LabError> {
        let mut command = self.command(node, words);
        command.stdin(std::process::Stdio::null()).output().during("running a command in the lab")
    }

    /// Takes the power of `node` away: no process of it runs any more, and its disks are as they
    /// were at that moment. One that is off already stays so.
    ///
    /// # Errors
    /// When there is no such machine, or the kernel does not let go of its disks.
    pub fn power_off(&self, node: &str) -> Result<PowerOff, LabError> {
        match ask(&self.layout, &Request::PowerOff { node: node.to_owned() })? {
            Answer::PoweredOff(off) => Ok(off),
            _ => Err(LabError::OtherVersion),
        }
    }

    /// Starts `node`, with a new boot id. One that is on already stays as it is.
    ///
    /// # Errors
    /// When there is no such machine, or it does not start.
    pub fn power_on(&self, node: &str) -> Result<(), LabError> {
        self.tell(&Request::PowerOn { node: node.to_owned() })
    }

    /// Power off, then on.
    ///
    /// # Errors
    /// As the two.
    pub fn power_cycle(&self, node: &str) -> Result<PowerOff, LabError> {
        let off = self.power_off(node)?;
        self.power_on(node)?;
        Ok(off)
    }

    /// Freezes all processes of `node`.
    ///
    /// # Errors
    /// When it is off.
    pub fn pause(&self, node: &str) -> Result<(), LabError> {
        self.tell(&Request::Pause { node: node.to_owned() })
    }

    /// Lets the processes of `node` go on.
    ///
    /// # Errors
    /// When it is off.
    pub fn resume(&self, node: &str) -> Result<(), LabError> {
        self.tell(&Request::Resume { node: node.to_owned() })
    }

    /// Breaks the network; stays broken over power cycles until [`Lab::heal`].
    ///
    /// # Errors
    /// When there is no such machine or ring.
    pub fn cut(&self, cut: &Cut) -> Result<(), LabError> {
        self.inflict(Fault::Cut(cut.clone()))
    }

    /// Breaks the network in any way; stays so until [`Lab::heal`], or as long as the fault says.
    ///
    /// # Errors
    /// When there is no such machine or ring, or what it takes is not installed.
    pub fn inflict(&self, fault: Fault) -> Result<(), LabError> {
        self.tell(&Request::Inflict(fault))
    }

    /// Kills the daemon of `node` (SIGKILL), and nothing else there.
    ///
    /// # Errors
    /// When it is off, or no daemon runs.
    pub fn kill_daemon(&self, node: &str) -> Result<(), LabError> {
        self.tell(&Request::Kill { node: node.to_owned() })
    }

    /// Repairs the network.
    ///
    /// # Errors
    /// When the kernel refuses to.
    pub fn heal(&self) -> Result<(), LabError> {
        self.tell(&Request::Heal)
    }

    /// The state of everything.
    ///
    /// # Errors
    /// When no lab is up any more.
    pub fn status(&self) -> Result<Status, LabError> {
        match ask(&self.layout, &Request::Status)? {
            Answer::Status(status) => Ok(status),
            _ => Err(LabError::OtherVersion),
        }
    }

    /// The file system of `node` as it sees it itself, from outside.
    ///
    /// # Errors
    /// When there is no such machine, or it is off.
    pub fn root_of(&self, node: &str) -> Result<PathBuf, LabError> {
        Ok(format!("/proc/{}/root", self.process_of(node)?).into())
    }

    /// Process 1 of `node`, as the host numbers it.
    ///
    /// # Errors
    /// When there is no such machine, or it is off.
    pub fn process_of(&self, node: &str) -> Result<u32, LabError> {
        match ask(&self.layout, &Request::Enter { node: node.to_owned() })? {
            Answer::Enter { process } => Ok(process),
            _ => Err(LabError::OtherVersion),
        }
    }

    /// Which machine has which disk mounted, as the kernel knows it: the ground truth for R1.
    ///
    /// # Errors
    /// When no lab is up any more.
    pub fn mounts(&self) -> Result<Vec<(String, Mounted)>, LabError> {
        let machines = self.status()?.machines;
        Ok(machines
            .into_iter()
            .flat_map(|machine| {
                machine.mounts.into_iter().map(move |mounted| (machine.name.clone(), mounted))
            })
            .collect())
    }

    /// Ends the lab and returns when nothing of it is left but logs, states and disks.
    ///
    /// # Errors
    /// When none is up.
    pub fn down(self) -> Result<(), LabError> {
        self.tell(&Request::Down)?;
        let gone = os::process::wait_until(GONE, || {
            matches!(os::file::lock(&self.layout.lock()), Ok(Some(_)))
        });
        let reason = "it is still ending".to_owned();
        if gone { Ok(()) } else { Err(LabError::Failed { reason, log: self.layout.log() }) }
    }

    fn tell(&self, request: &Request) -> Result<(), LabError> {
        match ask(&self.layout, request)? {
            Answer::Done => Ok(()),
            _ => Err(LabError::OtherVersion),
        }
    }

    /// Asks all machines at the same time until each says it is ready.
    fn wait_ready(&self) -> Result<(), LabError> {
        if self.options.ready.is_empty() {
            return Ok(());
        }
        std::thread::scope(|scope| {
            let waiting: Vec<_> =
                self.options.nodes.iter().map(|node| scope.spawn(|| self.wait_for(node))).collect();
            waiting.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    fn wait_for(&self, node: &str) -> Result<(), LabError> {
        let words = self.layout.fill_in(&self.options.ready, node);
        let end = os::clock::monotonic() + self.options.patience;
        loop {
            let asked = self.run_in(node, &words)?;
            if asked.status.success() {
                return Ok(());
            }
            if os::clock::monotonic() >= end {
                return Err(LabError::NotReady {
                    node: node.to_owned(),
                    seconds: self.options.patience.as_secs(),
                    said: last_words(&asked),
                    log: self.log_of(node),
                });
            }
            std::thread::sleep(AGAIN);
        }
    }
}

fn last_words(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let last = text.iter().rev().find_map(|text| text.trim().lines().last());
    last.unwrap_or("it says nothing").to_owned()
}

/// The folder holds the cluster's key: nobody else may look into it.
fn make_folder(folder: &Path) -> Result<(), LabError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    let what = format!("making {}", folder.display());
    builder.create(folder).during(&what)?;
    // The default folder has a name that anybody can guess, and perhaps has made.
    let owner = std::fs::metadata(folder).during(&what)?.uid();
    if owner == os::account::effective_user() {
        Ok(())
    } else {
        Err(LabError::ForeignFolder(folder.to_owned()))
    }
}

fn start_guardian(layout: &Layout, options: &LabOptions) -> Result<UnixStream, LabError> {
    let (ours, theirs) = UnixStream::pair().during("making a socket")?;
    let log = OpenOptions::new().append(true).create(true).mode(0o600).open(layout.log());
    let log = log.during("opening the lab's log")?;
    let mut guardian = Command::new(&options.program)
        .arg("lab-guardian")
        .arg(layout.folder())
        .current_dir("/")
        .stdin(OwnedFd::from(theirs))
        .stdout(log.try_clone().during("opening the lab's log")?)
        .stderr(log)
        .spawn()
        .during(&format!("starting {}", options.program.display()))?;
    // It outlives this process, as a rule; where it does not, it must not stay as a zombie.
    std::thread::spawn(move || guardian.wait());
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_labs_is_removed_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("lab-remove-{}", std::process::id()));
        let layout = Layout::new(&folder);
        layout.claim().unwrap();
        std::fs::create_dir(layout.disks()).unwrap();
        let foreign = folder.join("thesis.tex");
        std::fs::write(&foreign, "").unwrap();
        assert!(remove(&folder).is_err());
        assert!(foreign.exists() && !layout.disks().exists());
        std::fs::remove_file(&foreign).unwrap();
        remove(&folder).unwrap();
        assert!(!folder.exists());
        remove(&folder).expect("there is nothing to remove");
    }
}
