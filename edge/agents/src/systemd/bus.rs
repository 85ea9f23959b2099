//! The part of systemd's D-Bus interface that agents need (org.freedesktop.systemd1(5)).

use crate::builtin::{Failure, say};
use crate::code::OcfCode;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, sleep_until};
use zbus::OwnedObjectPath;
use zbus::proxy::CacheProperties;

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    fn subscribe(&self) -> zbus::Result<()>;
    fn reload(&self) -> zbus::Result<()>;
    fn load_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    #[zbus(signal)]
    fn job_removed(
        &self,
        id: u32,
        job: OwnedObjectPath,
        unit: String,
        result: String,
    ) -> zbus::Result<()>;
}

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Unit",
    default_service = "org.freedesktop.systemd1"
)]
trait LoadedUnit {
    #[zbus(property)]
    fn load_state(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn active_state(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn job(&self) -> zbus::Result<(u32, OwnedObjectPath)>;
}

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Job",
    default_service = "org.freedesktop.systemd1"
)]
trait Job {
    fn cancel(&self) -> zbus::Result<()>;
}

/// How often a unit that is on its way is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// So long the end of a job may go unheard.
const UNHEARD: Duration = Duration::from_secs(1);

/// The systemd of this machine.
pub(super) struct Systemd {
    connection: zbus::Connection,
    manager: ManagerProxy<'static>,
}

/// A unit that was asked for.
pub(super) struct Unit {
    /// Its whole name.
    pub(super) name: String,
    /// Where systemd has it; none when it finds no such unit.
    pub(super) path: Option<OwnedObjectPath>,
}

/// What a unit is when it is not on its way to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Inactive,
    /// Inactive, and not because somebody wanted that.
    Failed,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Well,
    /// `failed`, `timeout`, `dependency`, `canceled`, ... as systemd calls it.
    Otherwise(String),
    /// Nobody heard how; the state of the unit says it.
    Unheard,
}

impl Systemd {
    pub(super) async fn connect(bus: zbus::connection::Builder<'_>) -> Result<Self, Failure> {
        let unreachable = |error: zbus::Error| {
            Failure::generic(format!(
                "systemd cannot be asked over D-Bus ({error}): does dbus run?"
            ))
        };
        let connection = bus.build().await.map_err(unreachable)?;
        let manager = ManagerProxy::new(&connection).await.map_err(unreachable)?;
        Ok(Self { connection, manager })
    }

    /// The unit, loaded.
    pub(super) async fn unit(&self, name: String) -> Result<Unit, Failure> {
        let path = match self.manager.load_unit(&name).await {
            Ok(path) => path,
            Err(error) if code_of(&error) == OcfCode::Installed => {
                return Ok(Unit { name, path: None });
            }
            Err(error) => return Err(refused(&name, &error)),
        };
        let loaded = self.loaded(&name, &path).await?;
        let state = loaded.load_state().await.map_err(|error| refused(&name, &error))?;
        Ok(Unit { path: (state != "not-found").then_some(path), name })
    }

    /// Has the unit started, and waits until systemd is done with that. When this process is asked
    /// to end, nothing is to begin any more.
    pub(super) async fn start(&self, unit: &Unit) -> Result<Done, Failure> {
        let mut end =
            signal(SignalKind::terminate()).map_err(|error| Failure::generic(error.to_string()))?;
        let mut jobs = self.listen(unit).await?;
        let job = self.manager.start_unit(&unit.name, "replace").await;
        let job = job.map_err(|error| refused(&unit.name, &error))?;
        tokio::select! {
            done = self.ended(unit, &job, &mut jobs) => done,
            () = asked(&mut end) => self.give_up(unit, &job).await,
        }
    }

    /// Has the unit stopped, and waits until systemd is done with that.
    pub(super) async fn stop(&self, unit: &Unit) -> Result<Done, Failure> {
        let mut jobs = self.listen(unit).await?;
        let job = self.manager.stop_unit(&unit.name, "replace").await;
        let job = job.map_err(|error| refused(&unit.name, &error))?;
        self.ended(unit, &job, &mut jobs).await
    }

    /// What the unit is, once it is not on its way any more.
    pub(super) async fn settled(&self, unit: &Unit) -> Result<State, Failure> {
        loop {
            match self.active_state(unit).await?.as_str() {
                "active" | "reloading" | "refreshing" => return Ok(State::Active),
                "inactive" | "maintenance" => return Ok(State::Inactive),
                "failed" => return Ok(State::Failed),
                "activating" | "deactivating" => sleep(LOOK_AGAIN).await,
                strange => {
                    let name = &unit.name;
                    let reason = format!("systemd says that {name} is {strange:?}, whatever it is");
                    return Err(Failure::generic(reason));
                }
            }
        }
    }

    /// Has systemd read its files anew. Where that fails it goes on with what it knows.
    pub(super) async fn reload(&self) {
        if let Err(error) = self.manager.reload().await {
            say(&format!("systemd does not read its files anew: {error}"));
        }
    }

    /// The ends of jobs, from here on: a job may have ended before its name is known.
    async fn listen(&self, unit: &Unit) -> Result<JobRemovedStream, Failure> {
        let refused = |error| refused(&unit.name, &error);
        let jobs = self.manager.receive_job_removed().await.map_err(refused)?;
        self.manager.subscribe().await.map_err(refused)?;
        Ok(jobs)
    }

    async fn ended(
        &self,
        unit: &Unit,
        job: &OwnedObjectPath,
        jobs: &mut JobRemovedStream,
    ) -> Result<Done, Failure> {
        let mut look = Instant::now() + UNHEARD;
        loop {
            tokio::select! {
                removed = jobs.next() => match removed.as_ref().map(JobRemoved::args) {
                    Some(Ok(args)) if args.job == *job => return Ok(Done::from(args.result)),
                    Some(_) => {}
                    None => return Ok(Done::Unheard),
                },
                // A systemd that is executed anew meanwhile may tell nobody.
                () = sleep_until(look) => {
                    if !self.has_job(unit, job).await? {
                        return Ok(Done::Unheard);
                    }
                    look = Instant::now() + UNHEARD;
                }
            }
        }
    }

    async fn give_up(&self, unit: &Unit, job: &OwnedObjectPath) -> Result<Done, Failure> {
        let reason = format!("{} was to be started and was not in time", unit.name);
        let cancelled = match JobProxy::new(&self.connection, job.clone()).await {
            Ok(job) => job.cancel().await,
            Err(error) => Err(error),
        };
        let what = cancelled.map_or_else(|error| error.to_string(), |()| "cancelled".into());
        Err(Failure::generic(format!("{reason}; its job: {what}")))
    }

    async fn has_job(&self, unit: &Unit, job: &OwnedObjectPath) -> Result<bool, Failure> {
        let Some(path) = &unit.path else { return Ok(false) };
        let loaded = self.loaded(&unit.name, path).await?;
        let (_, now) = loaded.job().await.map_err(|error| refused(&unit.name, &error))?;
        Ok(now == *job)
    }

    async fn active_state(&self, unit: &Unit) -> Result<String, Failure> {
        let Some(path) = &unit.path else { return Ok("inactive".into()) };
        let loaded = self.loaded(&unit.name, path).await?;
        loaded.active_state().await.map_err(|error| refused(&unit.name, &error))
    }

    async fn loaded(
        &self,
        name: &str,
        path: &OwnedObjectPath,
    ) -> Result<LoadedUnitProxy<'static>, Failure> {
        // What a unit is counts as it is now, not as somebody told of it.
        let builder = LoadedUnitProxy::builder(&self.connection).path(path.clone());
        let loaded = builder.cache_properties(CacheProperties::No).build().await;
        loaded.map_err(|error| refused(name, &error))
    }
}

impl From<String> for Done {
    fn from(result: String) -> Self {
        match result.as_str() {
            "done" => Self::Well,
            _ => Self::Otherwise(result),
        }
    }
}

async fn asked(end: &mut Signal) {
    if end.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

fn refused(unit: &str, error: &zbus::Error) -> Failure {
    Failure::new(code_of(error), format!("systemd on {unit}: {error}"))
}

/// What an error of systemd's means for the cluster.
fn code_of(error: &zbus::Error) -> OcfCode {
    let zbus::Error::MethodError(name, ..) = error else { return OcfCode::Generic };
    match name.as_str() {
        "org.freedesktop.systemd1.NoSuchUnit"
        | "org.freedesktop.systemd1.UnitMasked"
        | "org.freedesktop.systemd1.LoadFailed"
        | "org.freedesktop.systemd1.BadUnitSetting"
        | "org.freedesktop.DBus.Error.InvalidArgs" => OcfCode::Installed,
        "org.freedesktop.DBus.Error.AccessDenied"
        | "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" => OcfCode::Permission,
        _ => OcfCode::Generic,
    }
}
