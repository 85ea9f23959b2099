//! Requests carried out on a file, as a node would on the cluster, as far as there is one.

use super::cib_file::with;
use super::{CibFile, transient};
use crate::answer::Failure;
use crate::input::{cib_of, located};
use api::{Acknowledgement, AttributeChange, Request, Response, TicketChange};
use change::{Refusal, Scene, Wish, World};
use cib::Cib;
use cluster::access::Rights;
use cluster::validate::Severity;
use cluster::{Configuration, Element};

/// The answer to `request`.
pub(super) fn answer(file: &CibFile, request: &Request) -> Result<Response, Failure> {
    if let Request::Preview { change } = request
        && let Ok(wish) = Wish::of(change.as_ref().clone())
    {
        return preview(file, &wish);
    }
    match Wish::of(request.clone()) {
        Ok(wish) => change(file, &wish),
        Err(request) => match *request {
            Request::Cib => Ok(Response::Cib { xml: file.text()? }),
            Request::Show { words } => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let cib = cib_of(&file.name(), &file.text()?)?;
                Ok(Response::Text { text: crmsh::show(&cib.configuration, &words) })
            }
            Request::Attribute(change) => attribute(file, change),
            Request::Ticket { ticket, change } => self::ticket(file, &ticket, change),
            Request::Cleanup { .. } => Ok(Response::Done {
                acknowledgement: Acknowledgement::Unchanged,
                warnings: vec![format!(
                    "nothing was done: what failed stands in {}, and only a cluster can look again",
                    file.name()
                )],
            }),
            _ => Err(Failure::NotConnected(format!(
                "{} stands in for the cluster, and nothing runs there: unset CIB_file and \
                 CIB_shadow to ask the cluster itself",
                file.name()
            ))),
        },
    }
}

/// The file's contents: as it is written, and what that means.
struct Contents {
    root: Element,
    cib: Cib,
}

impl Contents {
    fn of(file: &CibFile) -> Result<Self, Failure> {
        let text = file.text()?;
        let wrong = |error| Failure::Configuration(located(&file.name(), &error));
        let root = cib::read_element(&text).map_err(wrong)?;
        let (cib, _) = cib::read_tolerant(&text).map_err(wrong)?;
        Ok(Self { root, cib })
    }

    /// The root with that configuration.
    fn with(&self, configuration: Configuration) -> Element {
        let written = cib::to_element(&Cib { configuration, ..Cib::default() });
        let part = written.elements().find(|child| child.name == "configuration").cloned();
        part.map_or_else(|| self.root.clone(), |part| with(&self.root, part))
    }
}

fn done(acknowledgement: Acknowledgement, warnings: Vec<String>) -> Response {
    Response::Done { acknowledgement, warnings }
}

impl CibFile {
    /// Puts the configuration `after` in the place of `before`, which is what was read here.
    pub(crate) fn replace(
        &self,
        before: &Configuration,
        after: Configuration,
        force: bool,
    ) -> Result<(), Failure> {
        let contents = Contents::of(self)?;
        if contents.cib.configuration != *before {
            let name = self.name();
            let text = format!("{name} was changed meanwhile: nothing was written; begin again");
            return Err(Failure::Other(text));
        }
        let warnings = store(self, &contents, after, force)?;
        crate::answer::acknowledge(&Acknowledgement::Applied, &warnings);
        Ok(())
    }
}

/// Writes the file with the configuration `after`; tells what is wrong with it where that was
/// forced.
fn store(
    file: &CibFile,
    contents: &Contents,
    after: Configuration,
    force: bool,
) -> Result<Vec<String>, Failure> {
    let news = change::new_problems(&contents.cib.configuration, &after).into_iter();
    let errors: Vec<String> = news
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.to_string())
        .collect();
    if !errors.is_empty() && !force {
        return Err(Failure::Refused(errors));
    }
    file.store(&contents.root, contents.with(after))?;
    Ok(errors)
}

impl Contents {
    fn scene(&self) -> Scene<'_> {
        let has_quorum = self.cib.attribute("have-quorum").and_then(cluster::value::boolean);
        Scene {
            configuration: &self.cib.configuration,
            status: &self.cib.status,
            has_quorum: has_quorum.unwrap_or(false),
            now: os::clock::wall(),
            // What another user may do is looked at where the file is written.
            rights: &Rights::All,
            world: World::Paper,
        }
    }
}

fn change(file: &CibFile, wish: &Wish) -> Result<Response, Failure> {
    let contents = Contents::of(file)?;
    let change = wish.work_out(&contents.scene()).map_err(|why| failure(&why))?;
    if change.difference.is_empty() {
        return Ok(done(Acknowledgement::Unchanged, change.warnings));
    }
    let errors = store(file, &contents, change.after, wish.is_forced())?;
    let warnings = change.warnings.into_iter().chain(errors).collect();
    Ok(done(Acknowledgement::Applied, warnings))
}

fn preview(file: &CibFile, wish: &Wish) -> Result<Response, Failure> {
    let contents = Contents::of(file)?;
    let scene = contents.scene();
    let preview = wish.work_out(&scene).and_then(|change| change.preview(&scene, wish.is_forced()));
    preview.map(|preview| Response::Preview(Box::new(preview))).map_err(|why| failure(&why))
}

/// What does not exist has an exit code of its own, which a node's answer does not tell.
fn failure(why: &Refusal) -> Failure {
    match why {
        Refusal::Forbidden(why) => Failure::Forbidden(why.to_string()),
        Refusal::UnknownResource { .. } | Refusal::UnknownNode { .. } => {
            Failure::NoSuchObject(why.to_string())
        }
        _ => Failure::Refused(why.reasons()),
    }
}

/// An attribute that lasts until the node leaves: it stands in the status.
fn attribute(file: &CibFile, change: AttributeChange) -> Result<Response, Failure> {
    let contents = Contents::of(file)?;
    let name = change.node.unwrap_or_else(os::machine::host_name);
    let nodes = &contents.cib.configuration.nodes;
    let entry = nodes.iter().find(|node| node.name == name);
    let entry = entry.ok_or_else(|| crate::tools::membership::unknown(nodes, &name))?;
    let mut root = contents.root.clone();
    transient::set(&mut root, (&entry.id, &name), &change.name, change.value.as_deref());
    if root == contents.root {
        return Ok(done(Acknowledgement::Unchanged, Vec::new()));
    }
    file.store(&contents.root, root)?;
    Ok(done(Acknowledgement::Applied, Vec::new()))
}

/// A ticket: it stands in the status.
fn ticket(file: &CibFile, id: &str, change: Option<TicketChange>) -> Result<Response, Failure> {
    let contents = Contents::of(file)?;
    let mut state = contents.cib.status.tickets.get(id).cloned().unwrap_or_default();
    let state = change.map(|change| {
        state.apply(&change::ticket(change), os::clock::wall());
        state
    });
    let mut root = contents.root.clone();
    transient::set_ticket(&mut root, id, state.as_ref());
    if root == contents.root {
        return Ok(done(Acknowledgement::Unchanged, Vec::new()));
    }
    file.store(&contents.root, root)?;
    Ok(done(Acknowledgement::Applied, Vec::new()))
}
