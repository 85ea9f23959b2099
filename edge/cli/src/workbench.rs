//! A node for tests: tells one CIB, agrees to every change, and remembers what it was asked.

use crate::connection::Connection;
use api::{
    Acknowledgement, Caller, Forget, Language, LoadMode, MemberReport, NodeReport, ObjectChanges,
    Preview, Request, Response, Service, ViewReport, serve,
};
use base::WallTime;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use trust::Authority;

/// A node that listens in a folder of its own, until the test ends.
pub(crate) struct Node {
    folder: PathBuf,
    asked: Arc<Mutex<Vec<Request>>>,
}

struct Answers {
    cib: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Service for Answers {
    fn news(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    fn authority(&self) -> Option<Arc<Authority>> {
        None
    }

    fn date(&self) -> WallTime {
        WallTime::default()
    }

    async fn answer(&self, _: Caller, request: Request) -> Response {
        self.asked.lock().expect("nobody panics with it").push(request.clone());
        match request {
            Request::Cib => Response::Cib { xml: self.cib.clone() },
            Request::Show { words } => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let cib = cib::read(&self.cib).expect("it is sound");
                Response::Text { text: crmsh::show(&cib.configuration, &words) }
            }
            Request::Node => Response::Node(Box::new(report())),
            Request::Events { .. } => Response::Events { events: Vec::new() },
            Request::Preview { .. } => Response::Preview(Box::new(Preview {
                changes: ObjectChanges {
                    before: "<configuration/>".into(),
                    after: "<configuration/>".into(),
                    ..ObjectChanges::default()
                },
                ..Preview::default()
            })),
            _ => Response::Done { acknowledgement: Acknowledgement::Applied, warnings: Vec::new() },
        }
    }
}

fn report() -> NodeReport {
    let member = |id, name: &str| MemberReport { id, name: name.into(), votes: 1 };
    NodeReport {
        id: 1,
        name: "oss1".into(),
        joined: true,
        view: Some(ViewReport {
            members: vec![member(1, "oss1"), member(2, "oss2")],
            coordinator: "oss1".into(),
            quorate: true,
            ..ViewReport::default()
        }),
        ..NodeReport::default()
    }
}

impl Node {
    /// Starts to listen.
    pub(crate) fn start(cib: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("systole-cli-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let asked = Arc::default();
        let answers = Answers { cib: cib.to_owned(), asked: Arc::clone(&asked) };
        let path = api::socket_path(&folder);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(serve(&path, Arc::new(answers)))
        });
        let node = Self { folder, asked };
        let listens =
            os::process::wait_until(Duration::from_secs(10), || node.connection().node().is_ok());
        assert!(listens, "the node for the test does not listen");
        node
    }

    /// The way to it.
    pub(crate) fn connection(&self) -> Connection {
        Connection::new(Some(&self.folder))
    }

    /// What it was asked to change.
    pub(crate) fn changes(&self) -> Vec<Request> {
        let asked = self.asked.lock().expect("nobody panics with it");
        let is_change = |request: &&Request| {
            !matches!(
                request,
                Request::Cib
                    | Request::Show { .. }
                    | Request::Node
                    | Request::Events { .. }
                    | Request::Preview { .. }
            )
        };
        asked.iter().filter(is_change).cloned().collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // What stays behind is an empty folder among the temporary ones.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Requests as short lines.
pub(crate) fn text(requests: &[Request]) -> String {
    requests.iter().map(short).collect::<Vec<_>>().join(" | ")
}

fn short(request: &Request) -> String {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let pair = |name: &str, value: &Option<String>| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    };
    match request {
        Request::Load { text, language, mode, .. } => {
            let language = if *language == Language::Crm { "crm" } else { "xml" };
            let mode = if *mode == LoadMode::Update { "update" } else { "replace" };
            format!("load {language} {mode}: {}", text.trim())
        }
        Request::Change(changes) => {
            format!("change: {} to {}", changes.before.trim(), changes.after.trim())
        }
        Request::Remove { ids, .. } => format!("remove {}", ids.join(" ")),
        Request::ResourceMeta { resource, name, value } => {
            format!("meta {resource} {}", pair(name, value))
        }
        Request::NodeAttribute { node, name, value } => {
            format!("node {node} {}", pair(name, value))
        }
        Request::Attribute(change) => {
            format!("attribute {} {}", or_none(&change.node), pair(&change.name, &change.value))
        }
        Request::Move { resource, node, until } => {
            format!("move {resource} {} until {until:?}", or_none(node))
        }
        Request::Clear { resource } => format!("clear {resource}"),
        Request::Cleanup { resource, node, what } => {
            let verb = if *what == Forget::Failures { "cleanup" } else { "refresh" };
            format!("{verb} {} {}", or_none(resource), or_none(node))
        }
        Request::ConfirmDown { node } => format!("confirm-down {node}"),
        other => format!("{other:?}"),
    }
}
