//! From a command line to a running node.

use crate::aside::{begin_log, say};
use crate::asker::{self, Asker};
use crate::colleagues::{Colleagues, Inbox};
use crate::engine::{self, Engine, Listeners, OnRings, Ready};
use crate::groups::Groups;
use crate::hold::Failures;
use crate::links::Links;
use crate::managing::{self, Outlets, ToManager, now};
use crate::map::ConfMap;
use crate::parent::HOPELESS;
use crate::reload::Reload;
use crate::remote::{self, Remote};
use crate::respond::Here;
use crate::rings::{RingError, Rings, ToRings};
use crate::running::Running;
use crate::secrets::{Secrets, Sharing};
use crate::service::{Door, Shown};
use crate::site::{Site, SiteError};
use crate::standing::{Reading, Standing};
use crate::storage::{self, Disk, DiskError};
use crate::{EngineKind, Options, planning};
use agents::{BadPreference, InstalledFirst, Runner, Settings};
use base::NodeId;
use cluster::Configuration;
use conf::{ClusterConf, ConfError};
use group::{Birth, ClusterKey, GroupEvent, KeyError};
use manager::{Command, Identity, Input, Manager};
use mio::Registry;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

/// Set where somebody starts both again when the parent dies (`packaging/systole.service`). A daemon
/// that went on alone would stand in their way; elsewhere it is better than none.
const SERVICE: &str = "SYSTOLE_SERVICE";

/// For which agents the installed program counts: yes, or their names.
const INSTALLED_FIRST: &str = "SYSTOLE_PREFER_INSTALLED_AGENTS";

/// How often the load is looked at: it is an average of a minute.
const LOAD: Duration = Duration::from_secs(30);

/// How long the agents of a daemon that died get to end.
const GRACE: Duration = Duration::from_secs(1);

/// Why a node does not start. Nothing has been changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration of the cluster's communication is wrong.
    #[error("{}", source.in_file(&path.display()))]
    Conf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ConfError,
    },
    /// There is no key.
    #[error(
        "there is no cluster key (looked for {}); make one with `systole keygen {}` and copy it \
         to all nodes",
        list(looked_at),
        looked_at.first().map_or_else(String::new, |path| path.display().to_string())
    )]
    NoKey {
        /// Where one might have been.
        looked_at: Vec<PathBuf>,
    },
    /// The key is no key.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// The configuration is not for this machine.
    #[error("{}: {source}", path.display())]
    Site {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: SiteError,
    },
    /// A ring cannot be used.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// Another engine was asked for than this program has.
    #[error(
        "this systole was built without Corosync's client libraries: build it with `--features \
         corosync`, or leave out `--engine corosync`"
    )]
    NoSuchEngine,
    /// Corosync cannot be used.
    #[cfg(feature = "corosync")]
    #[error(transparent)]
    Corosync(#[from] corosync::ConnectionError),
    /// Something on disk cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The machine does not say who it is.
    #[error("the kernel gives no boot id: {0}")]
    Boot(io::Error),
    /// The system gives no threads or no signals.
    #[error("cannot start: {0}")]
    System(io::Error),
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Runs a node until it has left the cluster in order.
pub fn run(options: &Options) -> ExitCode {
    begin_log();
    if std::env::var_os(SERVICE).is_some()
        && let Err(error) = os::process::die_with_parent()
    {
        say(format_args!("the parent has ended already: {error}"));
        return ExitCode::FAILURE;
    }
    Failures::of(options).watch();
    match Prepared::new(options).and_then(|prepared| prepared.run(options)) {
        Ok(()) => {
            Failures::of(options).forget();
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(error);
            ExitCode::from(HOPELESS)
        }
    }
}

/// Everything that can be wrong has been looked at; nothing has been started.
struct Prepared {
    me: Identity,
    engine: Box<dyn Engine>,
    registry: Registry,
    to_rings: ToRings,
    standing: Standing,
    disk: Disk,
    secrets: Secrets,
    view_counter: u64,
    expected_votes: u32,
}

impl Prepared {
    fn new(options: &Options) -> Result<Self, StartError> {
        let path = || options.config.clone();
        let text = std::fs::read_to_string(&options.config)
            .map_err(|source| StartError::File { path: path(), source })?;
        let wrong = |source| StartError::Conf { path: path(), source };
        let conf = conf::parse(&text).map_err(wrong)?;
        for warning in &conf.warnings {
            tracing::warn!("{}", warning.in_file(&options.config.display()));
        }
        for folder in [&options.state, &options.run] {
            std::fs::create_dir_all(folder)
                .map_err(|source| StartError::File { path: folder.clone(), source })?;
        }
        let disk = Disk::open(&options.state)?;
        let secrets = Secrets::open(&options.state)
            .map_err(|source| StartError::File { path: options.state.join("secrets"), source })?;
        let ready = match options.engine {
            EngineKind::Own => on_rings(options, &conf, &disk.kept.configuration)?,
            EngineKind::Corosync => engine::over_corosync(options, &conf)?,
        };
        let Ready { engine, registry, orders: to_rings, node, names: nodes, addresses, group } =
            ready;
        let map = ConfMap::new(&text, &conf, node).map_err(wrong)?;
        let (names, peers) = (nodes.clone(), addresses.peers_of(node));
        let (own, arbiter) = (addresses.own, asker::place(&conf));
        let standing = Standing::new(Reading { names, own, peers, map, group, arbiter });
        let boot = os::machine::boot_id().map_err(StartError::Boot)?;
        let name = nodes.get(&node).cloned().unwrap_or_else(|| node.to_string());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let me = Identity { node, name, boot, incarnation: random_number()?, cores, nodes };
        let view_counter = storage::reserve_view_counters(&options.state)?;
        let expected_votes = storage::expected_votes(&options.state)?;
        Ok(Self {
            me,
            engine,
            registry,
            to_rings,
            standing,
            disk,
            secrets,
            view_counter,
            expected_votes,
        })
    }

    fn run(self, options: &Options) -> Result<(), StartError> {
        if let Err(line) = os::process::lock_memory() {
            tracing::warn!("{line}");
        }
        let Self { engine, registry, to_rings, disk, .. } = self;
        let socket = local::socket_path(&options.run);
        let groups = Groups::open(&socket, self.me.node, registry)
            .map_err(|source| StartError::File { path: socket, source })?;
        let (colleagues, inbox) = Colleagues::new(self.me.incarnation);
        let stuck = end_leftovers(options);
        let (to_manager, from_all) = channel();
        let (to_planner, plans) = channel();
        let (to_disk, disk_orders) = channel();
        let (to_world, world_orders) = mpsc::unbounded_channel();
        let (to_news, news) = watch::channel(0);
        let outlets = Outlets {
            rings: to_rings.clone(),
            planner: to_planner,
            disk: to_disk.clone(),
            world: to_world,
            news: to_news,
        };
        let manager = Manager::new(self.me.clone(), disk.kept.clone(), now());
        let birth = Birth {
            node: self.me.node,
            incarnation: self.me.incarnation,
            boot: self.me.boot,
            view_counter: self.view_counter,
            expected_votes: self.expected_votes,
            seed: self.me.incarnation ^ u64::from(self.me.node.0),
        };
        spawn("planner", {
            let manager = to_manager.clone();
            move || planning::run(&plans, &manager)
        })?;
        spawn("disk", {
            let manager = to_manager.clone();
            move || storage::run(disk, self.view_counter, &disk_orders, &manager)
        })?;
        let to_asker = ask_arbiter(self.me.node, &self.standing, &to_rings)?;
        spawn("rings", {
            let (manager, colleagues) = (to_manager.clone(), colleagues.clone());
            move || {
                if let Err(line) = os::process::raise_priority() {
                    tracing::warn!("{line}");
                }
                let heard_by = Listeners::new(manager, to_disk, groups, colleagues, to_asker);
                engine.run(birth, heard_by);
            }
        })?;
        spawn("manager", move || managing::run(manager, &from_all, &outlets))?;
        tracing::info!("{} ({}) starts", self.me.name, self.me.node);
        let Self { me, standing, secrets, .. } = self;
        let links = Links { node: me.node, standing, rings: to_rings };
        let sharing = Sharing { node: me.node, secrets, colleagues: colleagues.clone() };
        let world = World { me, links, options, to_manager, colleagues, sharing, news };
        world.run(world_orders, inbox, stuck)
    }
}

/// Starts who asks the arbiter; it is to hear what the engine says of views.
fn ask_arbiter(
    node: NodeId,
    standing: &Standing,
    rings: &ToRings,
) -> Result<Sender<GroupEvent>, StartError> {
    let (to_asker, events) = channel();
    let asker = Asker::new(node, standing.clone(), rings.clone());
    spawn("arbiter", move || asker.run(&events))?;
    Ok(to_asker)
}

/// Our own group machine, listening on its rings.
fn on_rings(
    options: &Options,
    conf: &ClusterConf,
    configuration: &Configuration,
) -> Result<Ready, StartError> {
    let path = || options.config.clone();
    let config = conf
        .group_config(key(options, conf)?)
        .map_err(|source| StartError::Conf { path: path(), source })?;
    let site = Site::new(conf, config, configuration)
        .map_err(|source| StartError::Site { path: path(), source })?;
    let Site { node, names, group: config, addresses } = site;
    let (rings, orders) = Rings::open(&addresses)?;
    let group = Some(config.clone());
    let registry = rings.registry().map_err(StartError::System)?;
    let engine = Box::new(OnRings { rings, config });
    Ok(Ready { engine, registry, orders, node, names, addresses, group })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(2 << 20)
        .spawn(work)
        .map(drop)
        .map_err(StartError::System)
}

/// The part that is asynchronous: agents, clients, signals.
struct World<'a> {
    me: Identity,
    links: Links,
    options: &'a Options,
    to_manager: Sender<ToManager>,
    colleagues: Colleagues,
    sharing: Sharing,
    news: watch::Receiver<u64>,
}

impl World<'_> {
    /// What the other daemons are answered from.
    fn here(&self) -> Here {
        let reload = Reload {
            node: self.me.node,
            options: self.options.clone(),
            standing: self.links.standing.clone(),
            rings: self.links.rings.clone(),
            manager: self.to_manager.clone(),
        };
        Here { links: self.links.clone(), reload, sharing: self.sharing.clone() }
    }

    fn run(
        self,
        orders: mpsc::UnboundedReceiver<crate::running::ToWorld>,
        inbox: Inbox,
        stuck: BTreeSet<String>,
    ) -> Result<(), StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        runtime.block_on(async {
            let settings = settings(self.options);
            let runner = Arc::new(Runner::new(settings.clone()));
            let (rings, standing) = (self.links.rings.clone(), self.links.standing.clone());
            let secrets = self.sharing.secrets.clone();
            tokio::spawn(self.links.clone().tell_warnings());
            tokio::spawn(tell_load(self.to_manager.clone()));
            tokio::spawn(self.colleagues.clone().run(self.me.node, inbox, rings, self.here()));
            let door = Door {
                me: self.me.clone(),
                links: self.links,
                manager: self.to_manager.clone(),
                colleagues: self.colleagues,
                sharing: self.sharing,
                catalogue: Arc::new(agents::Catalogue::new(settings)),
                news: self.news,
                remote: Remote::new(self.options.api, standing),
                conf: self.options.config.clone(),
                shown: Shown::default(),
            };
            let door = Arc::new(door);
            remote::listen(&door);
            let socket = api::socket_path(&self.options.run);
            let kept = (secrets, stuck);
            let running = Running::new(runner, self.to_manager.clone(), self.me.name, kept);
            let mut stop = signal(SignalKind::terminate()).map_err(StartError::System)?;
            let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::System)?;
            let work = running.run(orders);
            let serve = api::serve(&socket, door);
            tokio::pin!(work, serve);
            loop {
                tokio::select! {
                    () = &mut work => return Ok(()),
                    ended = &mut serve => {
                        let why = ended.err().map_or_else(String::new, |error| error.to_string());
                        return Err(StartError::System(io::Error::other(why)));
                    }
                    _ = stop.recv() => leave(&self.to_manager),
                    _ = interrupt.recv() => leave(&self.to_manager),
                }
            }
        })
    }
}

/// Tells the manager now and then how hard this machine is at work.
async fn tell_load(manager: Sender<ToManager>) {
    if std::env::var_os("SYSTOLE_LAB").is_some() {
        return; // It is that of all nodes of the lab, and of everything else on the machine.
    }
    let mut clock = tokio::time::interval(LOAD);
    loop {
        clock.tick().await;
        let Ok(load) = os::machine::load() else { return };
        if manager.send(ToManager::Input(Input::Load(load))).is_err() {
            return;
        }
    }
}

fn leave(manager: &Sender<ToManager>) {
    tracing::info!("asked to stop: moving away what runs here, then leaving");
    let (answer, _) = oneshot::channel();
    if manager.send(ToManager::Request(Command::Shutdown, answer)).is_err() {
        tracing::debug!("the manager has ended already");
    }
}

/// Built-in agents count before installed ones of the same name, unless the environment says
/// otherwise: of all, or of those that it names.
fn settings(options: &Options) -> Settings {
    let said = std::env::var(INSTALLED_FIRST).unwrap_or_default();
    let installed_first = said.parse().unwrap_or_else(|wrong: BadPreference| {
        tracing::warn!("{INSTALLED_FIRST} counts for nothing: {wrong}");
        InstalledFirst::Never
    });
    let mut settings = Settings { installed_first, ..Settings::standard(&options.run) };
    // Agents find the cluster's tools, and fence agents, where this process finds its own.
    if let Ok(path) = std::env::var("PATH") {
        let folders = path.split(':').filter(|folder| !folder.is_empty()).map(PathBuf::from);
        settings.fence_dirs = folders.chain(settings.fence_dirs).collect();
        settings.path = format!("{path}:{}", settings.path);
    }
    for name in ["SYSTOLE_LAB", "SYSTOLE_RUN"] {
        if let Ok(value) = std::env::var(name) {
            settings.inherited.push((name.to_owned(), value));
        }
    }
    settings
}

/// What the daemon before this one had running is ended before anybody hears of this one: its
/// results would be lost, and probes would run into it. Gives the resources of which something
/// cannot be ended.
fn end_leftovers(options: &Options) -> BTreeSet<String> {
    let leftovers = agents::adopt_or_end(&options.run, GRACE).unwrap_or_else(|error| {
        tracing::warn!("cannot look for agents that were left over: {error}");
        Vec::new()
    });
    for left in &leftovers {
        let agents::Leftover { agent, resource, action, fate } = left;
        tracing::warn!("{action} of {resource} ({agent}) was left over: {fate:?}");
    }
    let stuck = leftovers.into_iter().filter(|left| left.fate == agents::Fate::Unkillable);
    stuck.map(|left| left.resource).collect()
}

/// From the command line, else as `totem` says, else from one of the usual places.
pub(crate) fn key(options: &Options, conf: &ClusterConf) -> Result<ClusterKey, StartError> {
    let path = || options.config.clone();
    let mut looked_at = options.key_candidates();
    match (&options.key, &conf.key_file, &conf.key) {
        (None, Some(file), _) => looked_at = vec![file.into()],
        (None, None, Some(key)) => {
            return ClusterKey::new(key.as_bytes())
                .map_err(|source| StartError::Key { path: path(), source });
        }
        _ => {}
    }
    for path in &looked_at {
        match std::fs::read(path) {
            Ok(bytes) => {
                return ClusterKey::new(bytes)
                    .map_err(|source| StartError::Key { path: path.clone(), source });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(StartError::File { path: path.clone(), source }),
        }
    }
    Err(StartError::NoKey { looked_at })
}

/// No two processes of a node may share their number: the seal's nonces count under it.
pub(crate) fn random_number() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| StartError::System(io::Error::other("no randomness from the kernel")))?;
    Ok(u64::from_le_bytes(bytes))
}
