//! The API's requests, carried out.

mod access;
mod changes;
mod commands;
mod directory;
mod files;
mod joining;
mod revisions;
mod secrets;
mod shown;
mod tokens;

use crate::colleagues::{Colleagues, Question};
use crate::links::Links;
use crate::managing::ToManager;
use crate::map;
use crate::remote::Remote;
use crate::secrets::Sharing;
use crate::show;
use access::Asker;
use agents::Catalogue;
use api::{Acknowledgement, Caller, NodeReport, Request, Response, Service};
use base::WallTime;
use change::Wish;
use cluster::access::Rights;
use manager::{Command, Identity, Reply, Snapshot};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use trust::Authority;

pub(crate) use shown::Shown;

/// One node's answers.
pub(crate) struct Door {
    pub(crate) me: Identity,
    pub(crate) links: Links,
    pub(crate) manager: Sender<ToManager>,
    pub(crate) colleagues: Colleagues,
    pub(crate) sharing: Sharing,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) news: watch::Receiver<u64>,
    pub(crate) remote: Remote,
    /// The node's file, `corosync.conf`.
    pub(crate) conf: PathBuf,
    pub(crate) shown: Shown,
}

impl Service for Door {
    fn news(&self) -> watch::Receiver<u64> {
        self.news.clone()
    }

    fn authority(&self) -> Option<Arc<Authority>> {
        self.remote.authority()
    }

    fn date(&self) -> WallTime {
        os::clock::wall()
    }

    async fn answer(&self, caller: Caller, request: Request) -> Response {
        let (caller, request) = match (caller, request) {
            (Caller::Newcomer { token, address }, Request::Join(newcomer)) => {
                tracing::info!("{:?} at {address} shows an invitation", newcomer.name);
                return self.let_in(token, &newcomer).await.unwrap_or_else(|refused| refused);
            }
            other => other,
        };
        let asker = match Asker::of(caller).await {
            Ok(asker) => asker,
            Err(forbidden) => return forbidden,
        };
        let (asker, request) = match request {
            Request::As { user, what } => match asker.acting_for(&user) {
                Ok(asker) => (asker, *what),
                Err(forbidden) => return forbidden,
            },
            request => (asker, request),
        };
        match self.admit(&asker, &request).await {
            Ok(()) => self.carry_out(&asker, request).await.unwrap_or_else(|refused| refused),
            Err(forbidden) => forbidden,
        }
    }
}

fn applied() -> Response {
    Response::Done { acknowledgement: Acknowledgement::Applied, warnings: Vec::new() }
}

fn refused(reason: &impl ToString) -> Response {
    Response::Refused { reasons: vec![reason.to_string()] }
}

fn forbidden(reason: &impl ToString) -> Response {
    Response::Forbidden { reason: reason.to_string() }
}

impl Door {
    /// What cannot be done is an answer, too.
    async fn carry_out(&self, asker: &Asker, request: Request) -> Result<Response, Response> {
        match request {
            Request::Cib => self.cib(asker, &self.read().await?),
            Request::Show { words } => self.show(asker, &self.read().await?, &words),
            Request::Node => {
                let snapshot = self.read().await?;
                Ok(Response::Node(Box::new(self.node(&snapshot).await)))
            }
            Request::Rings => {
                let snapshot = self.read().await?;
                let answers = self.colleagues.ask(Question::Rings).await;
                Ok(Response::Rings { nodes: show::rings(&self.me, &snapshot, answers) })
            }
            Request::Map { map: name } => {
                let snapshot = self.read().await?;
                let node = self.node(&snapshot).await;
                let joins = map::joins(&snapshot);
                let entries = self.links.standing.now().map.entries(name, &node, &joins);
                Ok(Response::Map { entries })
            }
            Request::Groups => {
                let directory = self.links.rings.groups().await;
                let directory = directory.ok_or_else(|| refused(&"this node is stopping"))?;
                let addresses = self.links.rings.report().await.map(|rings| rings.addresses);
                let groups = show::groups(directory, &addresses.unwrap_or_default());
                Ok(Response::Groups { groups })
            }
            Request::Events { after } => {
                let snapshot = self.read().await?;
                let events = snapshot.state.journal.since(after).map(show::event).collect();
                Ok(Response::Events { events })
            }
            Request::Revisions => self.revisions().await,
            Request::Revision { revision } => self.revision(asker, &revision).await,
            Request::ConfigurationAt { revision } => self.configuration_at(asker, &revision).await,
            Request::Replay(replay) => {
                let wish = self.wish_of_replay(replay).await?;
                self.change(asker, &wish).await
            }
            Request::Secret(request) => self.secret(asker, request).await,
            Request::Reload => Ok(self.reload().await),
            Request::ChangeConf(change) => Ok(self.change_conf(change).await),
            Request::Kill { node } => match self.ask_all(Question::Kill(node)).await {
                // Who was asked to end cannot answer.
                Ok(_) | Err(_) => Ok(applied()),
            },
            Request::GiveAccess { user, seconds } => {
                self.give_access(asker, user, Duration::from_secs(seconds))
            }
            Request::Preview { change } => {
                if let Request::Cleanup { resource, node, what } = *change {
                    let of = (resource.as_deref(), node.as_deref());
                    return self.preview_of_cleanup(asker, of, what).await;
                }
                let wish = self.wish(*change).await?;
                self.preview(asker, &wish).await
            }
            Request::Invite { seconds } => self.invite(asker, Duration::from_secs(seconds)).await,
            Request::Join(_) => {
                Err(refused(&"a machine becomes a node by `systole join`, run on it"))
            }
            request => match Wish::of(request) {
                Ok(wish) => self.change(asker, &wish).await,
                Err(request) => Ok(self.command(asker.by.clone(), *request).await),
            },
        }
    }

    async fn ask(&self, command: Command) -> Option<Reply> {
        let (answer, reply) = oneshot::channel();
        self.manager.send(ToManager::Request(command, answer)).ok()?;
        reply.await.ok()
    }

    async fn read(&self) -> Result<Snapshot, Response> {
        match self.ask(Command::Read).await {
            Some(Reply::Snapshot(snapshot)) => Ok(*snapshot),
            _ => Err(refused(&"this node is stopping")),
        }
    }

    /// The whole CIB, as far as whoever asks may see it.
    fn cib(&self, asker: &Asker, snapshot: &Snapshot) -> Result<Response, Response> {
        let rights = asker.rights(&snapshot.state.configuration);
        let xml = change::access::shown(&rights, &show::cib(snapshot));
        xml.map(|xml| Response::Cib { xml }).map_err(|why| forbidden(&why))
    }

    /// The configuration in words, as far as whoever asks may see it.
    fn show(
        &self,
        asker: &Asker,
        snapshot: &Snapshot,
        words: &[String],
    ) -> Result<Response, Response> {
        let configuration = &snapshot.state.configuration;
        let picked: Vec<&str> = words.iter().map(String::as_str).collect();
        let text = match asker.rights(configuration) {
            Rights::All => {
                self.shown.of(configuration, words, || crmsh::show(configuration, &picked))
            }
            rights => change::access::shown_in_words(&rights, &show::cib(snapshot), &picked)
                .map_err(|why| forbidden(&why))?,
        };
        Ok(Response::Text { text })
    }

    async fn node(&self, snapshot: &Snapshot) -> NodeReport {
        let rings = self.links.rings.report().await;
        let links = self.links.reports(rings.as_ref());
        show::node(&self.me, links, snapshot, rings.as_ref())
    }
}

fn done(reply: Option<Reply>, warnings: Vec<String>) -> Response {
    match reply {
        Some(Reply::Done(acknowledgement)) => {
            let acknowledgement = match acknowledgement {
                manager::Acknowledgement::Applied => Acknowledgement::Applied,
                manager::Acknowledgement::Majority(version) => {
                    Acknowledgement::Majority { version: version.to_string() }
                }
                manager::Acknowledgement::SingleCopy(version) => {
                    Acknowledgement::SingleCopy { version: version.to_string() }
                }
            };
            Response::Done { acknowledgement, warnings }
        }
        Some(Reply::Refused(why)) => {
            Response::Refused { reasons: why.to_string().lines().map(str::to_owned).collect() }
        }
        _ => refused(&"this node is stopping; whether it did what was asked is not known"),
    }
}
