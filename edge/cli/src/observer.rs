//! Watching a cluster in a lab from outside: what its nodes say, and what is really mounted.
//!
//! For the demo, and for tests that drive the whole program.

use api::{
    Client, ClientError, EventReport, Language, LoadMode, NodeReport, Request, Response,
    RingsReport,
};
use lab::measure::{Membership, Seen};
use lab::{Lab, LabError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Which server runs which target, by target.
pub type Placement = BTreeMap<String, String>;

/// Why a question has no answer, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub enum ObserverError {
    /// The lab does not answer.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The node does not answer.
    #[error("{0}: {1}")]
    Node(String, ClientError),
    /// The node answers something else.
    #[error("{0} gave an answer that does not fit the question")]
    Answer(String),
    /// The node refuses.
    #[error("refused:\n{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The status is no CIB.
    #[error("the status cannot be read: {0}")]
    Status(cib::CibError),
    /// It has not come about.
    #[error("waited {} s in vain: {what}", patience.as_secs())]
    InVain {
        /// What was waited for, and how far it came.
        what: String,
        /// For how long.
        patience: Duration,
    },
    /// R1 is broken.
    #[error("R1: {0}")]
    Double(String),
}

/// Asks the nodes of a lab, and looks all the time which disk is mounted where.
#[derive(Debug)]
pub struct Observer {
    lab: Arc<Lab>,
    double: Arc<Mutex<Option<String>>>,
    end: Arc<AtomicBool>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

impl Observer {
    /// Begins to watch.
    pub fn new(lab: Arc<Lab>) -> Self {
        let observer = Self { lab, double: Arc::default(), end: Arc::default() };
        let (double, end) = (Arc::clone(&observer.double), Arc::clone(&observer.end));
        let lab = Arc::clone(&observer.lab);
        std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                if let Some(found) = mounted_twice(&lab) {
                    *double.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        observer
    }

    /// The lab that is watched.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// R1, looked at from outside: no disk was ever seen mounted on two servers.
    ///
    /// # Errors
    /// With the disk and the servers.
    pub fn never_twice(&self) -> Result<(), ObserverError> {
        match self.double.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            None => Ok(()),
            Some(found) => Err(ObserverError::Double(found)),
        }
    }

    /// Waits until `look` says that it is so; what it says meanwhile goes to `progress`.
    ///
    /// # Errors
    /// When that takes longer than `patience`, or `look` fails.
    pub fn wait(
        &self,
        patience: Duration,
        mut look: impl FnMut(&Self) -> Result<Wait, ObserverError>,
        mut progress: impl FnMut(&str),
    ) -> Result<(), ObserverError> {
        let started = Instant::now();
        loop {
            match look(self)? {
                Wait::Over => return Ok(()),
                Wait::For(what) if started.elapsed() > patience => {
                    return Err(ObserverError::InVain { what, patience });
                }
                Wait::For(what) => progress(&what),
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Asks a node, through its own socket.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask(&self, node: &str, request: &Request) -> Result<Response, ObserverError> {
        ask(&self.lab, node, request)
    }

    /// Loads a text in the crm language; gives the warnings back.
    ///
    /// # Errors
    /// When it is refused.
    pub fn load(&self, node: &str, name: &str, text: &str) -> Result<Vec<String>, ObserverError> {
        let request = Request::Load {
            text: text.to_owned(),
            language: Language::Crm,
            mode: LoadMode::Update,
            name: name.to_owned(),
            force: false,
        };
        match self.ask(node, &request)? {
            Response::Done { warnings, .. } => Ok(warnings),
            Response::Refused { reasons } => Err(ObserverError::Refused(reasons)),
            _ => Err(ObserverError::Answer(node.to_owned())),
        }
    }

    /// What happened after event number `after`.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn events(&self, node: &str, after: u64) -> Result<Vec<EventReport>, ObserverError> {
        match self.ask(node, &Request::Events { after })? {
            Response::Events { events } => Ok(events),
            _ => Err(ObserverError::Answer(node.to_owned())),
        }
    }

    /// The number of the newest event.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn last_event(&self, node: &str) -> Result<u64, ObserverError> {
        Ok(self.events(node, 0)?.last().map_or(0, |event| event.number))
    }

    /// How the node sees the cluster.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn report(&self, node: &str) -> Result<NodeReport, ObserverError> {
        match self.ask(node, &Request::Node)? {
            Response::Node(report) => Ok(*report),
            _ => Err(ObserverError::Answer(node.to_owned())),
        }
    }

    /// The links of all nodes, as `node` is told of them.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn rings(&self, node: &str) -> Result<Vec<RingsReport>, ObserverError> {
        match self.ask(node, &Request::Rings)? {
            Response::Rings { nodes } => Ok(nodes),
            _ => Err(ObserverError::Answer(node.to_owned())),
        }
    }

    /// Configuration and status.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn cib(&self, node: &str) -> Result<cib::Cib, ObserverError> {
        match self.ask(node, &Request::Cib)? {
            Response::Cib { xml } => cib::read(&xml).map_err(ObserverError::Status),
            _ => Err(ObserverError::Answer(node.to_owned())),
        }
    }

    /// Whether all of `nodes` are in one view and take part, as `witness` sees it.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn are_together(&self, witness: &str, nodes: &[&str]) -> Result<Wait, ObserverError> {
        let view = self.report(witness)?.view.unwrap_or_default();
        let status = self.cib(witness)?.status;
        let missing: Vec<&str> = nodes
            .iter()
            .filter(|node| {
                let in_view = view.members.iter().any(|member| member.name == **node);
                let online = status.nodes.values().any(|s| s.name == **node && s.is_online);
                !(in_view && online)
            })
            .copied()
            .collect();
        Ok(match missing.is_empty() && view.members.len() == nodes.len() {
            true => Wait::Over,
            false => Wait::For(format!("{witness} does not see {} yet", missing.join(" "))),
        })
    }

    /// Which server runs which file system, as far as the cluster knows for certain.
    ///
    /// # Errors
    /// When the node does not answer.
    pub fn placement(&self, witness: &str) -> Result<Placement, ObserverError> {
        let cib = self.cib(witness)?;
        let situation = scheduler::situation(&facts_of(&cib));
        let is_certain = |resource: &&scheduler::model::Resource<'_>| {
            resource.agent.kind == "Filesystem"
                && resource.pending.is_none()
                && !resource.has_failed
        };
        let mut placement = Placement::new();
        for resource in situation.resources.values().filter(is_certain) {
            for node in &resource.running_on {
                placement.insert(resource.id.clone(), situation.nodes[*node].name.clone());
            }
        }
        Ok(placement)
    }

    /// Waits until nothing has been started, stopped or fenced for a second.
    ///
    /// # Errors
    /// When that does not come about in `patience`.
    pub fn quiet(&self, witness: &str, patience: Duration) -> Result<(), ObserverError> {
        let mut last = (self.last_event(witness)?, Instant::now());
        let look = |observer: &Self| {
            let newest = observer.last_event(witness)?;
            if newest != last.0 {
                last = (newest, Instant::now());
            }
            Ok(match last.1.elapsed() > Duration::from_secs(1) {
                true => Wait::Over,
                false => Wait::For("the cluster to come to rest".into()),
            })
        };
        self.wait(patience, look, |_| {})
    }

    /// Runs a command on a node: what it printed, complaints last.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn output(&self, node: &str, words: &[&str]) -> Result<String, ObserverError> {
        let output = self.lab.run_in(node, words)?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &complaint)
    }
}

/// How Systole's own nodes are asked for their view: through their sockets.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnNodes;

impl Membership for OwnNodes {
    fn seen(&self, lab: &Lab, node: &str) -> Option<Seen> {
        let Ok(Response::Node(report)) = ask(lab, node, &Request::Node) else { return None };
        let view = report.view?;
        Some(Seen {
            members: view.members.into_iter().map(|member| member.name).collect(),
            installed_at: Duration::from_micros(view.installed_at?),
            is_quorate: view.quorate,
            views: report.views_installed,
            suspicions: report.suspicions,
        })
    }
}

/// What a scheduler that may act makes of this.
pub(crate) fn facts_of(cib: &cib::Cib) -> scheduler::plan::Facts<'_> {
    scheduler::plan::Facts {
        configuration: &cib.configuration,
        status: &cib.status,
        in_flight: &[],
        has_quorum: true,
        has_lost_quorum: false,
        is_masked: false,
        coordinator: None,
        now: os::clock::wall(),
    }
}

pub(crate) fn ask(lab: &Lab, node: &str, request: &Request) -> Result<Response, ObserverError> {
    let root = lab.root_of(node)?;
    let run = root.join(api::DEFAULT_RUN_DIRECTORY.trim_start_matches('/'));
    let answer = Client::new(&run).call(request);
    answer.map_err(|error| ObserverError::Node(node.to_owned(), error))
}

/// Whether waiting is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It is.
    Over,
    /// It is not: this is still missing.
    For(String),
}

fn mounted_twice(lab: &Lab) -> Option<String> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (node, mounted) in lab.mounts().ok()? {
        if let Some(other) = seen.insert(mounted.disk.clone(), node.clone())
            && other != node
        {
            return Some(format!("{} was mounted on {other} and on {node}", mounted.disk));
        }
    }
    None
}
