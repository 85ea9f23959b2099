//! The ground truth: what the services of a lab wrote down themselves, and which of them run.
//!
//! Every service and every action of its agent, on all machines, adds lines to one file; a service that
//! runs holds the lock of a file of its own. All machines are on one kernel, which gives the lock back at
//! the moment a process ends, however it ends, and not before: frozen, cut off or forgotten, a service
//! that has its lock is active. Who finds the lock taken is the second one.

use crate::client::Lab;
use crate::error::{During, LabError};
use crate::layout::Layout;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What happened to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It runs.
    Up,
    /// It ends because it was told to.
    Down,
    /// It was started while it was active elsewhere: R1 is broken. With who was active.
    Twice(String),
    /// Its agent was called; `probe` is a monitor that does not recur.
    Begin(String),
    /// Its agent gives this answer.
    End(String, u8),
}

/// One line of the ground truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, on the clock of `os::clock::monotonic`.
    pub at: Duration,
    /// On which machine.
    pub node: String,
    /// Which service.
    pub service: String,
    /// What happened.
    pub deed: Deed,
}

impl Record {
    /// `MICROSECONDS NODE SERVICE WORD [MORE...]`
    fn line(&self) -> String {
        let deed = match &self.deed {
            Deed::Up => "up".to_owned(),
            Deed::Down => "down".to_owned(),
            Deed::Twice(other) => format!("twice {other}"),
            Deed::Begin(action) => format!("begin {action}"),
            Deed::End(action, code) => format!("end {action} {code}"),
        };
        format!("{} {} {} {deed}\n", self.at.as_micros(), self.node, self.service)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let at = Duration::from_micros(words.next()?.parse().ok()?);
        let (node, service) = (words.next()?.to_owned(), words.next()?.to_owned());
        let deed = match (words.next()?, words.next(), words.next()) {
            ("up", None, None) => Deed::Up,
            ("down", None, None) => Deed::Down,
            ("twice", Some(other), None) => Deed::Twice(other.to_owned()),
            ("begin", Some(action), None) => Deed::Begin(action.to_owned()),
            ("end", Some(action), Some(code)) => Deed::End(action.to_owned(), code.parse().ok()?),
            _ => return None,
        };
        Some(Self { at, node, service, deed })
    }
}

/// Adds a line, as one write, so that lines of several machines never mix.
pub(crate) fn note(layout: &Layout, service: &str, deed: Deed) -> io::Result<()> {
    let at = os::clock::monotonic();
    let node = os::machine::host_name();
    let record = Record { at, node, service: service.to_owned(), deed };
    let mut log = OpenOptions::new().append(true).create(true).open(layout.truth_log())?;
    log.write_all(record.line().as_bytes())
}

/// What the promoted instance of a service is called, of which there may be one.
pub fn promoted(service: &str) -> String {
    format!("{service}.promoted")
}

/// Takes the right to be the one that is active, until the answer is dropped; who has it otherwise.
pub(crate) fn claim(layout: &Layout, service: &str) -> io::Result<Result<File, String>> {
    let path = layout.active(service);
    match os::file::lock(&path)? {
        Some(mut lock) => {
            lock.set_len(0)?;
            lock.write_all(os::machine::host_name().as_bytes())?;
            Ok(Ok(lock))
        }
        None => Ok(Err(std::fs::read_to_string(&path)?)),
    }
}

/// A service that is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// On which machine.
    pub node: String,
    /// Its process, as the host numbers it.
    pub process: u32,
}

/// Reads the ground truth of a lab that has services (see [`crate::LabOptions::services`]).
#[derive(Debug)]
pub struct Truth {
    layout: Layout,
    read: u64,
    records: Vec<Record>,
}

impl Truth {
    /// That of this lab, nothing of it read yet.
    pub fn of(lab: &Lab) -> Self {
        Self { layout: Layout::new(&lab.options().folder), read: 0, records: Vec::new() }
    }

    /// Where it is written.
    pub fn path(&self) -> PathBuf {
        self.layout.truth_log()
    }

    /// Everything that was written so far, in the order in which it was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn records(&mut self) -> Result<&[Record], LabError> {
        let text = self.unread().during("reading the ground truth")?;
        // A line that is being written is read the next time.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        self.records.extend(text[..whole].lines().filter_map(Record::parse));
        Ok(&self.records)
    }

    fn unread(&self) -> io::Result<String> {
        let mut text = String::new();
        let mut file = match File::open(self.layout.truth_log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(text),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.read))?;
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    /// The services that are active at this moment. Looking disturbs none of them.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn active(&self) -> Result<BTreeMap<String, Active>, LabError> {
        active(&self.layout.truth()).during("looking for active services")
    }

    /// Has the agent of `service` behave so at the next `action` on `node`, once.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn spoil(
        &self,
        node: &str,
        service: &str,
        action: &str,
        how: Misbehaviour,
    ) -> Result<(), LabError> {
        let path = self.layout.misbehaviour(node, service, action);
        os::file::write_atomic(&path, how.text().as_bytes()).during("spoiling an action")
    }

    /// Has all agents behave well from now on.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub fn unspoil(&self) -> Result<(), LabError> {
        let what = "having agents behave well";
        for entry in std::fs::read_dir(self.layout.misbehaviours()).during(what)?.flatten() {
            os::file::remove_if_there(&entry.path()).during(what)?;
        }
        Ok(())
    }
}

/// What an agent does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// It gives this answer, whatever it has done.
    Answer(u8),
    /// It gives none until its time is over.
    Hang,
    /// It is killed.
    Die,
}

impl Misbehaviour {
    fn text(self) -> String {
        match self {
            Self::Answer(code) => code.to_string(),
            Self::Hang => "hang".to_owned(),
            Self::Die => "die".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "hang" => Some(Self::Hang),
            "die" => Some(Self::Die),
            code => code.parse().ok().map(Self::Answer),
        }
    }
}

/// What the next `action` is to do wrong on this machine; the one after it does well again.
pub(crate) fn spoiled(layout: &Layout, service: &str, action: &str) -> Option<Misbehaviour> {
    let path = layout.misbehaviour(&os::machine::host_name(), service, action);
    let how = Misbehaviour::parse(&std::fs::read_to_string(&path).ok()?);
    // Whoever removes it is the one that was meant.
    std::fs::remove_file(&path).is_ok().then_some(how).flatten()
}

/// The services whose lock is held, by what the kernel says of locks: trying to take one would be in the way of who
/// starts at that moment.
fn active(folder: &Path) -> io::Result<BTreeMap<String, Active>> {
    let mut active = BTreeMap::new();
    let locks = std::fs::read_to_string("/proc/locks")?;
    for entry in std::fs::read_dir(folder)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(service) = name.strip_suffix(Layout::ACTIVE) else { continue };
        let inode = entry.metadata()?.ino();
        let Some(process) = locks.lines().find_map(|line| holder(line, inode)) else { continue };
        let node = std::fs::read_to_string(entry.path())?;
        active.insert(service.to_owned(), Active { node, process });
    }
    Ok(active)
}

/// Who holds the lock on a file with this inode, if the line `1: FLOCK ADVISORY WRITE PID MAJ:MIN:INODE 0 EOF` says so.
fn holder(line: &str, inode: u64) -> Option<u32> {
    let mut words = line.split_whitespace().skip(1);
    // A process that waits for a lock has an arrow here.
    if words.next()? != "FLOCK" {
        return None;
    }
    let process = words.nth(2)?.parse().ok()?;
    let (_, number) = words.next()?.rsplit_once(':')?;
    (number.parse() == Ok(inode)).then_some(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_as_they_were() {
        let deeds = [
            Deed::Up,
            Deed::Down,
            Deed::Twice("oss2".into()),
            Deed::Begin("monitor".into()),
            Deed::End("stop".into(), 137),
        ];
        for deed in deeds {
            let at = Duration::from_micros(1_234_567);
            let record = Record { at, node: "oss1".into(), service: "web".into(), deed };
            assert_eq!(Record::parse(record.line().trim_end()), Some(record));
        }
        for wrong in ["", "1 a b", "1 a b fly", "x a b up", "1 a b end stop", "1 a b up more"] {
            assert_eq!(Record::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_holder_of_a_lock_is_found() {
        let line = "2: FLOCK  ADVISORY  WRITE 4711 00:1f:8123 0 EOF";
        assert_eq!(holder(line, 8123), Some(4711));
        assert_eq!(holder(line, 812), None);
        assert_eq!(holder("2: -> FLOCK  ADVISORY  WRITE 4711 00:1f:8123 0 EOF", 8123), None);
        assert_eq!(holder("2: POSIX  ADVISORY  WRITE 4711 00:1f:8123 0 EOF", 8123), None);
    }

    #[test]
    fn the_second_one_is_seen_and_the_next_one_is_not_a_second() {
        let folder = std::env::temp_dir().join(format!("lab-truth-{}", std::process::id()));
        let layout = Layout::new(&folder);
        std::fs::create_dir_all(layout.misbehaviours()).unwrap();
        let first = claim(&layout, "web").unwrap().expect("nobody has it");
        assert_eq!(claim(&layout, "web").unwrap().unwrap_err(), os::machine::host_name());
        let active = active(&layout.truth()).unwrap();
        assert_eq!(active["web"].process, std::process::id());
        drop(first);
        assert!(claim(&layout, "web").unwrap().is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
