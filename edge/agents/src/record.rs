//! A note of every action in flight, so that a daemon that comes back knows what it left behind.
//!
//! One file per action in `RUN_DIR/actions`, lines of `name=value`, there before the process is
//! (design, "Actions") and completed with its id right after. Parameters are not in it: they may
//! be passwords.

use crate::environment::ACTION_MARK;
use crate::processes::{self, Stat};
use crate::request::Request;
use rustix::process::{Pid, Signal};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The note of one action that is in flight.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
    lines: BTreeMap<&'static str, String>,
}

/// What a restart found of an action whose end nobody saw. Its result is unknown (R3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The agent, as in `ocf:heartbeat:Filesystem`.
    pub agent: String,
    /// The resource instance or fence device.
    pub resource: String,
    /// The action.
    pub action: String,
    /// What became of its processes.
    pub fate: Fate,
}

/// What became of the processes of a [`Leftover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// None was there any more.
    Gone,
    /// They ran, and were ended.
    Ended,
    /// They run, and cannot be ended: stuck in the kernel. The record stays.
    Unkillable,
}

static SEQUENCE: AtomicU64 = AtomicU64::new(1);

/// The session this process is in: 0 when its leader is outside of our PID namespace.
fn own_session() -> i32 {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    processes::stat(own).map_or(0, |stat| stat.session)
}

impl Record {
    /// Notes that `request` is about to be run.
    pub(crate) fn create(run_dir: &Path, request: &Request) -> io::Result<Self> {
        let folder = folder(run_dir);
        let deadline = SystemTime::now() + request.deadline().duration_since(Instant::now());
        let lines = BTreeMap::from([
            ("version", "1".to_owned()),
            ("agent", request.agent.to_string()),
            ("resource", request.resource.clone()),
            ("action", request.action.clone()),
            ("deadline", milliseconds(deadline).to_string()),
            ("boot", boot_id()),
            ("session", own_session().to_string()),
        ]);
        let path = unused_path(&folder)?;
        let record = Self { path, lines };
        record.write()?;
        Ok(record)
    }

    /// What the process is to have in its environment.
    pub(crate) fn mark(&self) -> (String, String) {
        let id = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (ACTION_MARK.into(), id)
    }

    /// Notes the process. When that cannot be written, the mark still finds it.
    pub(crate) fn started(&mut self, group: Pid) {
        let pid = group.as_raw_nonzero().get();
        if let Some(stat) = processes::stat(pid) {
            self.lines.insert("pid", pid.to_string());
            self.lines.insert("start", stat.start.to_string());
            let _ = self.write();
        }
    }

    /// The action has come to its end.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn write(&self) -> io::Result<()> {
        let text: String = self
            .lines
            .iter()
            .map(|(name, value)| format!("{name}={}\n", value.replace('\n', " ")))
            .collect();
        let draft = self.path.with_extension("new");
        fs::write(&draft, text)?;
        fs::rename(&draft, &self.path)
    }
}

/// Ends what an earlier life of this daemon left running, before the daemon joins again.
///
/// Kills only processes that certainly belong to a recorded action: by process id *and* start
/// time, or by the mark in their environment. Services that daemonised themselves are in sessions
/// of their own and are left alone. Blocks for `grace`, then for at most 5 s more.
///
/// # Errors
/// When the folder of records cannot be read. No folder is no leftovers.
pub fn adopt_or_end(run_dir: &Path, grace: Duration) -> io::Result<Vec<Leftover>> {
    let entries = match folder(run_dir).read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<Found> =
        entries.filter_map(|entry| Found::read(&entry.ok()?.path())).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    end_groups(&found, grace);
    Ok(found.iter().map(Found::settle).collect())
}

/// A record read back, and the process group that it stands for, if that still runs.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    lines: BTreeMap<String, String>,
    group: Option<Pid>,
}

impl Found {
    /// A record that was never finished, or is none at all, stands for nothing and is swept away.
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok();
        let readable = text.filter(|_| path.extension().is_none());
        let Some(text) = readable else {
            let _ = fs::remove_file(path);
            return None;
        };
        let lines: BTreeMap<String, String> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut found = Self { path: path.to_owned(), lines, group: None };
        found.group = found.running_group();
        Some(found)
    }

    fn line(&self, name: &str) -> &str {
        self.lines.get(name).map_or("", String::as_str)
    }

    fn running_group(&self) -> Option<Pid> {
        // Nothing survives a boot, and process ids start again.
        if self.line("boot") != boot_id() {
            return None;
        }
        let group = self.led_by_recorded_process().or_else(|| self.with_marked_member())?;
        Pid::from_raw(group).filter(|group| processes::group_runs(*group))
    }

    fn led_by_recorded_process(&self) -> Option<i32> {
        let leader = processes::stat(self.line("pid").parse().ok()?)?;
        let same = leader.start.to_string() == self.line("start");
        (same && leader.group == leader.pid).then_some(leader.group)
    }

    /// When the leader is dead, or was never written down. A process that made a session of its
    /// own is a service, not part of the action.
    fn with_marked_member(&self) -> Option<i32> {
        let mark = format!("{ACTION_MARK}={}", self.path.file_name()?.to_str()?);
        let of_action = |one: &Stat| one.session.to_string() == self.line("session");
        processes::all()
            .find(|one| of_action(one) && processes::has_variable(one.pid, &mark))
            .map(|one| one.group)
    }

    fn settle(&self) -> Leftover {
        let fate = match self.group {
            None => Fate::Gone,
            Some(group) if processes::group_runs(group) => Fate::Unkillable,
            Some(_) => Fate::Ended,
        };
        if fate != Fate::Unkillable {
            let _ = fs::remove_file(&self.path);
        }
        Leftover {
            agent: self.line("agent").to_owned(),
            resource: self.line("resource").to_owned(),
            action: self.line("action").to_owned(),
            fate,
        }
    }
}

fn end_groups(found: &[Found], grace: Duration) {
    const PATIENCE: Duration = Duration::from_secs(5);
    let groups: Vec<Pid> = found.iter().filter_map(|one| one.group).collect();
    for (signal, patience) in [(Signal::TERM, grace), (Signal::KILL, PATIENCE)] {
        let until = Instant::now() + patience;
        groups.iter().for_each(|group| processes::signal_group(*group, signal));
        while groups.iter().any(|group| processes::group_runs(*group)) && Instant::now() < until {
            sleep(Duration::from_millis(10));
        }
    }
}

fn folder(run_dir: &Path) -> PathBuf {
    run_dir.join("actions")
}

fn unused_path(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    loop {
        let number = SEQUENCE.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}", life()));
        match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// This life of the daemon. The process id alone would come back, and with it the marks that
/// services started by an earlier daemon still carry.
fn life() -> &'static str {
    static LIFE: OnceLock<String> = OnceLock::new();
    LIFE.get_or_init(|| {
        let pid = std::process::id();
        let start = i32::try_from(pid).ok().and_then(processes::stat).map_or(0, |stat| stat.start);
        format!("{pid}-{start}")
    })
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn milliseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use crate::workbench::Bench;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    const GRACE: Duration = Duration::from_millis(300);

    fn record(bench: &Bench) -> Record {
        let request = Request::new(Agent::ocf("heartbeat", "Filesystem"), "start", "ost0");
        Record::create(bench.path(), &request).unwrap()
    }

    fn shell(script: &str, mark: (String, String)) -> Child {
        Command::new("sh").args(["-c", script]).envs([mark]).process_group(0).spawn().unwrap()
    }

    fn group_of(child: &Child) -> Pid {
        Pid::from_child(child)
    }

    fn fates(bench: &Bench) -> Vec<Fate> {
        let leftovers = adopt_or_end(bench.path(), GRACE).unwrap();
        assert_eq!(adopt_or_end(bench.path(), GRACE).unwrap(), [], "records are settled once");
        leftovers.iter().map(|one| one.fate).collect()
    }

    #[test]
    fn a_recorded_group_is_ended_even_when_it_ignores_being_asked() {
        let bench = Bench::new();
        let mut record = record(&bench);
        let mut child = shell("trap '' TERM; sleep 60; sleep 60", record.mark());
        record.started(group_of(&child));
        assert_eq!(fates(&bench), [Fate::Ended]);
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_nobody_had_time_to_write_down_is_found_by_its_mark() {
        let bench = Bench::new();
        let record = record(&bench);
        let mut child = shell("sleep 60; sleep 60", record.mark());
        let mark = format!("{}={}", record.mark().0, record.mark().1);
        while !processes::has_variable(group_of(&child).as_raw_nonzero().get(), &mark) {
            sleep(Duration::from_millis(5));
        }
        assert_eq!(fates(&bench), [Fate::Ended]);
        child.wait().unwrap();
    }

    #[test]
    fn a_process_id_that_now_belongs_to_somebody_else_is_left_alone() {
        let bench = Bench::new();
        let mut record = record(&bench);
        let mut child = shell("sleep 60; sleep 60", ("UNMARKED".into(), "1".into()));
        record.started(group_of(&child));
        record.lines.insert("start", "1".into());
        record.write().unwrap();
        assert_eq!(fates(&bench), [Fate::Gone]);
        assert_eq!(child.try_wait().unwrap(), None, "the stranger lives");
        processes::signal_group(group_of(&child), Signal::KILL);
        child.wait().unwrap();
    }

    #[test]
    fn what_is_no_record_is_swept_away() {
        let bench = Bench::new();
        fs::create_dir_all(folder(bench.path())).unwrap();
        fs::write(folder(bench.path()).join("1-1.new"), b"half").unwrap();
        fs::write(folder(bench.path()).join("1-2"), [0xff, 0xfe]).unwrap();
        assert_eq!(fates(&bench), []);
        assert_eq!(folder(bench.path()).read_dir().unwrap().count(), 0);
    }
}
