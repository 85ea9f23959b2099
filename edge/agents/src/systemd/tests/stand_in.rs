//! A bus of the test's own, and who answers there in systemd's place.

use crate::workbench::Bench;
use futures_util::StreamExt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zbus::connection::Builder;
use zbus::message::{Header, Type};
use zbus::{Connection, Message, MessageStream, ObjectPath, Variant};

/// What a unit is, one state each time somebody looks, and what becomes of jobs.
#[derive(Clone, Copy)]
pub(super) struct UnitStory {
    pub(super) states: &'static [&'static str],
    pub(super) start: Job,
    pub(super) stop: Job,
}

/// What becomes of a job.
#[derive(Clone, Copy)]
pub(super) enum Job {
    /// It ends so, and the unit is then this.
    Ends(&'static str, &'static [&'static str]),
    /// It ends, and nobody is told.
    EndsUnheard(&'static [&'static str]),
    /// It does not end.
    Hangs,
    /// There is none, for this reason.
    Refused(&'static str),
}

/// A bus with a systemd that has one unit, `web.service`, or none.
pub(super) struct Bus {
    daemon: Child,
    address: String,
    bench: Bench,
    systemd: Arc<Mutex<StandIn>>,
    /// One at a time: signals are for the whole process.
    _turn: MutexGuard<'static, ()>,
}

#[derive(Default)]
struct StandIn {
    story: Option<UnitStory>,
    /// What was seen of `story.states` so far.
    states: Vec<&'static str>,
    has_job: bool,
    told: Vec<String>,
}

static TURN: Mutex<()> = Mutex::new(());

const MANAGER: &str = "/org/freedesktop/systemd1";
const UNIT: &str = "/org/freedesktop/systemd1/unit/web_2eservice";
const JOB: &str = "/org/freedesktop/systemd1/job/7";

impl Bus {
    /// None, with a word why, where there is no dbus-daemon.
    pub(super) async fn start(bench: Bench) -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = bench.path().join("bus");
        let settings = format!(
            "<busconfig><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context='default'><allow send_destination='*' eavesdrop='true'/>\
             <allow eavesdrop='true'/><allow own='*'/>\
             </policy></busconfig>",
            socket.display()
        );
        let file = bench.file("bus.conf", &settings);
        let spawned = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(file)
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut daemon) = spawned else {
            eprintln!("skipped: there is no dbus-daemon on this machine (package dbus)");
            return None;
        };
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let systemd = Arc::new(Mutex::new(StandIn::default()));
        let bus = Self { daemon, address, bench, systemd, _turn: turn };
        let connection = bus.builder().name("org.freedesktop.systemd1").build().await.unwrap();
        tokio::spawn(answer(connection, Arc::clone(&bus.systemd)));
        Some(bus)
    }

    pub(super) fn builder(&self) -> Builder<'static> {
        Builder::address(self.address.as_str())
    }

    /// Where units are changed until the next boot.
    pub(super) fn folder(&self) -> &Path {
        self.bench.path()
    }

    /// From here on the unit is this, or there is none.
    pub(super) fn serve(&mut self, story: Option<UnitStory>) {
        let states = story.map_or(Vec::new(), |story| story.states.to_vec());
        *self.lock() = StandIn { story, states, ..StandIn::default() };
    }

    /// What systemd was told to do.
    pub(super) fn told(&self) -> Vec<String> {
        self.lock().told.clone()
    }

    fn lock(&self) -> MutexGuard<'_, StandIn> {
        self.systemd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

async fn answer(connection: Connection, systemd: Arc<Mutex<StandIn>>) {
    let mut messages = MessageStream::from(&connection);
    while let Some(Ok(message)) = messages.next().await {
        if message.message_type() == Type::MethodCall {
            let replies = systemd.lock().unwrap_or_else(PoisonError::into_inner).reply(&message);
            for reply in replies.expect("the test's own messages can be written") {
                connection.send(&reply).await.expect("the bus runs as long as the test");
            }
        }
    }
}

impl StandIn {
    fn reply(&mut self, call: &Message) -> zbus::Result<Vec<Message>> {
        let header = call.header();
        let member = header.member().map(|member| member.as_str().to_owned()).unwrap_or_default();
        let one = |body: &Variant<'_>| Ok(vec![Message::method_return(&header).build(body)?]);
        match member.as_str() {
            "Subscribe" => Ok(vec![Message::method_return(&header).build(&())?]),
            "Reload" | "Cancel" => {
                self.told.push(member);
                Ok(vec![Message::method_return(&header).build(&())?])
            }
            "LoadUnit" => {
                assert_eq!(call.body().deserialize::<String>()?, "web.service");
                let path = ObjectPath::try_from(UNIT)?;
                Ok(vec![Message::method_return(&header).build(&path)?])
            }
            "StartUnit" | "StopUnit" => {
                let (unit, mode): (String, String) = call.body().deserialize()?;
                assert_eq!(unit, "web.service");
                self.told.push(format!("{member} {mode}"));
                let story = self.story.expect("only what is there is started");
                self.begin(if member == "StartUnit" { story.start } else { story.stop }, &header)
            }
            "Get" => {
                let (_, property): (String, String) = call.body().deserialize()?;
                match property.as_str() {
                    "LoadState" => one(&Variant::from(match self.story {
                        Some(_) => "loaded",
                        None => "not-found",
                    })),
                    "ActiveState" => one(&Variant::from(self.look())),
                    _ => {
                        let (id, path) = if self.has_job { (7_u32, JOB) } else { (0, "/") };
                        one(&Variant::from((id, ObjectPath::try_from(path)?)))
                    }
                }
            }
            _ => {
                let unknown = "org.freedesktop.DBus.Error.UnknownMethod";
                Ok(vec![Message::error(&header, unknown).build(&member)?])
            }
        }
    }

    fn begin(&mut self, job: Job, call: &Header<'_>) -> zbus::Result<Vec<Message>> {
        let path = ObjectPath::try_from(JOB)?;
        let begun = Message::method_return(call).build(&path)?;
        match job {
            Job::Ends(result, states) => {
                self.states = states.to_vec();
                let removed =
                    Message::signal(MANAGER, "org.freedesktop.systemd1.Manager", "JobRemoved");
                // Before its name is known, as it may happen.
                Ok(vec![removed.build(&(7_u32, path, "web.service", result))?, begun])
            }
            Job::EndsUnheard(states) => {
                self.states = states.to_vec();
                Ok(vec![begun])
            }
            Job::Hangs => {
                self.has_job = true;
                Ok(vec![begun])
            }
            Job::Refused(error) => {
                let name = format!("org.freedesktop.systemd1.{error}");
                Ok(vec![Message::error(call, name).build(&"not now")?])
            }
        }
    }

    /// The state that is seen now; the last one stays.
    fn look(&mut self) -> &'static str {
        if self.states.len() > 1 { self.states.remove(0) } else { self.states[0] }
    }
}
