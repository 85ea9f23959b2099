//! What clients ask the supervisor: one question a connection, one line of JSON each way.

use crate::crash::Journal;
use crate::error::{During, LabError, Refusal};
use crate::fault::Fault;
use crate::layout::Layout;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Longer than anything the supervisor does: it waits for disks for ten seconds.
const PATIENCE: Duration = Duration::from_secs(40);
/// Longer than any line that is meant.
const LONGEST_LINE: u64 = 1 << 20;

/// A question to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Whether anybody is there.
    Ping,
    Status,
    PowerOff {
        node: String,
    },
    PowerOn {
        node: String,
    },
    Pause {
        node: String,
    },
    Resume {
        node: String,
    },
    /// Ends the daemon without asking.
    Kill {
        node: String,
    },
    Inflict(Fault),
    Heal,
    /// Whose namespaces to join to be on this machine.
    Enter {
        node: String,
    },
    Down,
}

/// The supervisor's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done,
    Status(Status),
    PoweredOff(PowerOff),
    /// The machine's process 1, as the host numbers it.
    Enter {
        process: u32,
    },
    Refused(Refusal),
}

/// What a power-off did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerOff {
    /// When no process of the machine could run any more: milliseconds since 1970. None when
    /// it was off already.
    pub killed_at: Option<i64>,
    /// The moment before they were told to stop, on the clock of `os::clock::monotonic`. What is
    /// measured from here comes out rather too long than too short.
    pub pressed_at: Option<Duration>,
    /// The disks it had mounted.
    pub disks: Vec<DiskAfterCrash>,
}

/// A disk whose machine lost its power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskAfterCrash {
    /// Its name.
    pub name: String,
    /// What the next mount will find.
    pub journal: Journal,
    /// Whether two readings in a row agreed before the kill; otherwise the last one was taken.
    pub settled: bool,
}

/// The whole lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What disks are made of.
    pub storage: Storage,
    /// Number of rings.
    pub rings: u8,
    /// The disks' names.
    pub disks: Vec<String>,
    /// The machines, by node id.
    pub machines: Vec<MachineStatus>,
    /// The faults of the network that are in force.
    pub faults: Vec<Fault>,
}

/// What disks are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// Loop devices over one image each: real file systems that crash.
    Images,
    /// Folders: an ordinary user has no block devices.
    Folders,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineStatus {
    /// Its host name.
    pub name: String,
    /// Its node id.
    pub id: u8,
    /// Whether it runs.
    pub power: Power,
    /// The identity of its present life.
    pub boot_id: Option<String>,
    /// Its process 1, as the host numbers it.
    pub process: Option<u32>,
    /// What became of its daemon, in words.
    pub daemon: Option<String>,
    /// Its address on each ring.
    pub addresses: Vec<String>,
    /// The disks it has mounted: the ground truth for R1.
    pub mounts: Vec<Mounted>,
}

/// A disk that a machine has mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mounted {
    /// The disk.
    pub disk: String,
    /// Where.
    pub target: String,
}

/// Whether a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    /// It runs.
    On,
    /// All of its processes are frozen.
    Paused,
    /// None of its processes exist.
    Off,
    /// Its processes are gone, but the kernel still holds a disk of it.
    Ending,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
            Self::Ending => "ending",
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.disks.iter().map(String::len).max().unwrap_or_default();
        for machine in &self.machines {
            write!(f, "{:<10} {:<7} {}", machine.name, machine.power, machine.addresses.join(" "))?;
            if let Some(daemon) = &machine.daemon {
                write!(f, "  daemon {daemon}")?;
            }
            writeln!(f)?;
            for mounted in &machine.mounts {
                writeln!(f, "           {:<width$}  on {}", mounted.disk, mounted.target)?;
            }
        }
        self.faults.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

/// Asks the supervisor of the lab in `layout`.
///
/// # Errors
/// When no lab is up there, or it refuses.
pub(crate) fn ask(layout: &Layout, request: &Request) -> Result<Answer, LabError> {
    let mut stream = UnixStream::connect(layout.socket())
        .map_err(|_| LabError::NotUp(layout.folder().to_owned()))?;
    stream.set_read_timeout(Some(PATIENCE)).during("talking to the lab")?;
    send(&mut stream, request).during("asking the lab")?;
    match receive(&mut BufReader::new(stream)).during("waiting for the lab's answer")? {
        Some(Answer::Refused(refusal)) => Err(refusal.into()),
        Some(answer) => Ok(answer),
        None => Err(LabError::NotUp(layout.folder().to_owned())),
    }
}

/// Writes one line.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one line; none when the other side has hung up.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = String::new();
    if from.take(LONGEST_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Cut;

    #[test]
    fn mounts_stand_on_lines_of_their_own() {
        let mounted = |disk: &str| Mounted { disk: disk.into(), target: format!("/mnt/{disk}") };
        let machine = MachineStatus {
            name: "oss1".into(),
            id: 1,
            power: Power::On,
            boot_id: None,
            process: None,
            daemon: Some("running".into()),
            addresses: vec!["10.77.0.1".into()],
            mounts: vec![mounted("mgs"), mounted("mdt0")],
        };
        let status = Status {
            storage: Storage::Images,
            rings: 1,
            disks: vec!["mgs".into(), "mdt0".into()],
            machines: vec![machine],
            faults: Vec::new(),
        };
        let expected = "oss1       on      10.77.0.1  daemon running\n           \
            mgs   on /mnt/mgs\n           mdt0  on /mnt/mdt0\n";
        assert_eq!(status.to_string(), expected);
    }

    #[test]
    fn what_is_sent_is_received_and_garbage_is_an_error() {
        let cut = Cut { node: "oss1".into(), ring: Some(1), from: Some("oss2".into()) };
        let request = Request::Inflict(Fault::Cut(cut));
        let mut wire = Vec::new();
        send(&mut wire, &request).unwrap();
        assert_eq!(receive(&mut wire.as_slice()).unwrap(), Some(request));
        assert_eq!(receive::<Request>(&mut b"".as_slice()).unwrap(), None);
        assert!(receive::<Request>(&mut b"{\"Fly\":1}\n".as_slice()).is_err());
    }
}
