//! The supervisor: has the bridges, the machines and the faults, and answers on `lab.sock`.
//!
//! A thread per question; one machine does one thing at a time, different machines do theirs at
//! the same time.

use crate::cell::Line;
use crate::cluster::{machines, storage};
use crate::error::{During, Refusal};
use crate::fault::Fault;
use crate::layout::{Layout, settings};
use crate::machine::{Machine, Site};
use crate::network::Network;
use crate::protocol::{Answer, MachineStatus, Power, Request, Status, Storage, receive, send};
use crate::switch::{self, Port};
use os::namespace::Kinds;
use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

struct Supervisor {
    site: Site,
    machines: BTreeMap<String, Mutex<Machine>>,
    network: Network,
}

/// The hidden subcommand `lab-supervisor DIR`: says "up" on its standard input, a socket, when
/// all machines run.
pub(crate) fn main(layout: &Layout) -> ExitCode {
    let Ok(mut line) = Line::of_this_process() else { return ExitCode::FAILURE };
    match start(layout) {
        Ok((supervisor, listener)) => {
            if line.say("up").is_ok() {
                listen(&Arc::new(supervisor), &listener);
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            // Told to the guardian, who tells whoever wanted the lab.
            let _ = line.say(&format!("failed {error}"));
            ExitCode::FAILURE
        }
    }
}

fn start(layout: &Layout) -> Result<(Supervisor, UnixListener), Refusal> {
    let storage = storage();
    enter_own_namespaces(storage)?;
    // After the change of privileges, which makes the kernel forget the request.
    os::process::die_with_parent().refusing("tying the lab to its guardian")?;
    let options = settings(layout).refusing("reading the lab's options")?;
    switch::make_bridges(options.rings).refusing("making the bridges")?;
    let rings = options.rings;
    let all = machines(&options)
        .map(|(machine, name)| {
            let ports = (0..rings).map(|ring| Port { machine, ring }).collect();
            (name.clone(), Mutex::new(Machine::new(name, ports)))
        })
        .collect();
    let site = Site { layout: layout.clone(), options, storage };
    let supervisor = Supervisor { site, machines: all, network: Network::default() };
    // Before the machines: an agent on one of them may ask at once.
    let listener = UnixListener::bind(layout.socket()).refusing("opening the lab's socket")?;
    std::fs::set_permissions(layout.socket(), std::fs::Permissions::from_mode(0o600))
        .refusing("guarding the lab's socket")?;
    supervisor.power_on_all()?;
    Ok((supervisor, listener))
}

fn enter_own_namespaces(storage: Storage) -> Result<(), Refusal> {
    let own_privilege = os::namespace::unshare(Kinds::NETWORK);
    match (own_privilege, storage) {
        (Ok(()), _) => Ok(()),
        (Err(error), Storage::Images) => Err(error).refusing("making a network namespace"),
        (Err(_), Storage::Folders) => {
            let (user, group) = (os::account::effective_user(), os::account::effective_group());
            os::namespace::become_root_inside(user, group)
                .and_then(|()| os::namespace::unshare(Kinds::NETWORK))
                .refusing(
                    "making a user namespace (ask root for `sysctl \
                     kernel.unprivileged_userns_clone=1 user.max_user_namespaces=1000 \
                     kernel.apparmor_restrict_unprivileged_userns=0`, as far as they exist here, \
                     or run the lab as root)",
                )
        }
    }
}

fn listen(supervisor: &Arc<Supervisor>, listener: &UnixListener) {
    for stream in listener.incoming().flatten() {
        let supervisor = Arc::clone(supervisor);
        std::thread::spawn(move || {
            if let Err(error) = supervisor.converse(stream) {
                eprintln!("lab: a client: {error}");
            }
        });
    }
}

impl Supervisor {
    fn converse(&self, mut stream: UnixStream) -> io::Result<()> {
        let request = receive(&mut BufReader::new(stream.try_clone()?))?;
        let Some(request) = request else { return Ok(()) };
        let answer = self.obey(&request).unwrap_or_else(Answer::Refused);
        // Who hung up meanwhile is not told: a machine that switched itself off, for instance.
        let _ = send(&mut stream, &answer);
        if request == Request::Down {
            std::process::exit(0);
        }
        Ok(())
    }

    fn obey(&self, request: &Request) -> Result<Answer, Refusal> {
        match request {
            Request::Ping => {}
            Request::Status => return Ok(Answer::Status(self.status())),
            Request::PowerOff { node } => {
                return self.machine(node)?.power_off(&self.site).map(Answer::PoweredOff);
            }
            Request::PowerOn { node } => self.power_on(node)?,
            Request::Pause { node } => self.machine(node)?.pause()?,
            Request::Resume { node } => self.machine(node)?.resume()?,
            Request::Kill { node } => self.machine(node)?.kill_daemon()?,
            Request::Inflict(fault) => self.inflict(fault)?,
            Request::Heal => self.network.heal(&self.site, |node| self.process_of(node))?,
            Request::Enter { node } => {
                let mut machine = self.machine(node)?;
                machine.look(&self.site);
                let process = machine.process().ok_or_else(|| Refusal::Off(node.clone()))?;
                return Ok(Answer::Enter { process });
            }
            Request::Down => self.dismantle(),
        }
        Ok(Answer::Done)
    }

    fn machine(&self, node: &str) -> Result<MutexGuard<'_, Machine>, Refusal> {
        let machine =
            self.machines.get(node).ok_or_else(|| Refusal::NoSuchNode(node.to_owned()))?;
        Ok(machine.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn power_on_all(&self) -> Result<(), Refusal> {
        std::thread::scope(|scope| {
            let starting: Vec<_> =
                self.machines.keys().map(|node| scope.spawn(|| self.power_on(node))).collect();
            starting.into_iter().try_for_each(|thread| {
                let panicked = || io::Error::other("the thread that starts a machine panicked");
                thread.join().map_err(|_| panicked()).refusing("starting the machines")?
            })
        })
    }

    /// Faults stay over a power cycle.
    fn power_on(&self, node: &str) -> Result<(), Refusal> {
        let mut machine = self.machine(node)?;
        machine.power_on(&self.site)?;
        let process = machine.process();
        drop(machine);
        self.network.meet(&self.site, node, process)
    }

    fn inflict(&self, fault: &Fault) -> Result<(), Refusal> {
        for node in fault.nodes() {
            drop(self.machine(node)?);
        }
        self.network.inflict(&self.site, fault, |node| self.process_of(node))
    }

    fn process_of(&self, node: &str) -> Option<u32> {
        self.machine(node).ok()?.process()
    }

    fn status(&self) -> Status {
        let options = &self.site.options;
        Status {
            storage: self.site.storage,
            rings: options.rings,
            disks: options.disks.iter().map(|disk| disk.name.clone()).collect(),
            machines: machines(options)
                .filter_map(|(id, name)| self.machine_status(id, name).ok())
                .collect(),
            faults: self.network.faults(),
        }
    }

    fn machine_status(&self, id: u8, name: &str) -> Result<MachineStatus, Refusal> {
        let mut machine = self.machine(name)?;
        machine.look(&self.site);
        let power = machine.power();
        let note = || std::fs::read_to_string(self.site.layout.daemon(name)).ok();
        Ok(MachineStatus {
            name: name.to_owned(),
            id,
            power,
            boot_id: machine.boot_id().map(str::to_owned),
            process: machine.process(),
            daemon: matches!(power, Power::On | Power::Paused).then(note).flatten(),
            addresses: (0..self.site.options.rings)
                .map(|ring| Port { machine: id, ring }.address().to_string())
                .collect(),
            mounts: machine.mounts(&self.site),
        })
    }

    fn dismantle(&self) {
        std::thread::scope(|scope| {
            for machine in self.machines.values() {
                scope.spawn(|| {
                    machine.lock().unwrap_or_else(PoisonError::into_inner).dismantle(&self.site);
                });
            }
        });
    }
}
