//! Who asks, and whether they may. What a change of the configuration needs is looked at where it is
//! worked out ([`change::Wish`]); everything else here.

use super::{Door, directory, forbidden};
use api::{AttributeChange, Caller, Request, Response, TicketChange};
use change::access::{check_configuration, check_sight, check_status};
use cib::access::Forbidden;
use cluster::access::{Person, Rights};
use cluster::{Configuration, Forget, Status};
use manager::Snapshot;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    /// For the records: who, and with which program.
    pub(super) by: String,
    /// Whom the rules know; none for whoever they never apply to.
    person: Option<Person>,
}

impl Asker {
    /// # Errors
    /// When it is nobody whose requests are carried out.
    pub(super) async fn of(caller: Caller) -> Result<Self, Response> {
        match caller {
            Caller::Local { user, name, groups, process } => {
                Ok(Self::here(user, name.map(|name| Person { name, groups }), process).await)
            }
            Caller::Remote { name, address, .. } => {
                let groups = directory::groups(&name).await;
                let by = format!("{name} from {address}");
                let person = Person { name, groups };
                Ok(Self { by, person: Some(person).filter(|person| !person.is_exempt()) })
            }
            Caller::Newcomer { .. } => Err(forbidden(
                &"this token lets a machine become a node: it is good for `systole join` alone",
            )),
        }
    }

    /// A process of this machine.
    async fn here(user: u32, person: Option<Person>, process: Option<i32>) -> Self {
        let person = match person {
            Some(person) => person,
            None => directory::find(user)
                .await
                .unwrap_or_else(|| Person { name: user.to_string(), groups: Vec::new() }),
        };
        let name = person.name.clone();
        let program = process
            .and_then(|process| std::fs::read_to_string(format!("/proc/{process}/comm")).ok());
        let by = match program {
            Some(program) => format!("{name} via {}", program.trim()),
            None => name,
        };
        // Agents run as the daemon does, and are part of it.
        let is_own = user == 0 || user == os::account::effective_user();
        Self { by, person: Some(person).filter(|person| !is_own && !person.is_exempt()) }
    }

    /// The same, with the rights of another user.
    pub(super) fn acting_for(self, user: &str) -> Result<Self, Response> {
        if let Some(person) = self.person {
            return Err(forbidden(&format!(
                "{} may not act as {user}: only root and hacluster may act as others",
                person.name
            )));
        }
        let (asker, how) = self.by.split_once(' ').unwrap_or((&self.by, "via a program"));
        let person = Person { name: user.to_owned(), groups: os::account::groups_of(user) };
        Ok(Self {
            by: format!("{asker} as {user} {how}"),
            person: Some(person).filter(|person| !person.is_exempt()),
        })
    }

    /// Whether the rules never apply to them; else why they may not do `what`.
    pub(super) fn check_exempt(&self, what: &str) -> Result<(), Response> {
        match &self.person {
            None => Ok(()),
            Some(person) => {
                let name = &person.name;
                Err(forbidden(&format!("{name} may not {what}: only root and hacluster may")))
            }
        }
    }

    /// What they may do in a cluster of this configuration.
    pub(super) fn rights(&self, configuration: &Configuration) -> Rights {
        self.person.as_ref().map_or(Rights::All, |person| Rights::of(configuration, person))
    }
}

impl Door {
    /// Whether a request that is no change of the configuration may be carried out.
    pub(super) async fn admit(&self, asker: &Asker, request: &Request) -> Result<(), Response> {
        if asker.person.is_none() {
            return Ok(());
        }
        let snapshot = self.read().await?;
        let rights = asker.rights(&snapshot.state.configuration);
        let outcome = match (request, &rights) {
            (_, Rights::All) => Ok(()),
            (Request::Events { .. }, rights) => check_sight(rights, "status"),
            (Request::Revisions | Request::Revision { .. }, rights) => {
                check_sight(rights, "configuration")
            }
            (Request::Attribute(change), rights) => {
                check_attribute(rights, &snapshot, &self.me.name, change)
            }
            (Request::Cleanup { resource, node, .. }, rights) => {
                check_cleanup(rights, &snapshot, (resource.as_deref(), node.as_deref()))
            }
            (Request::Fail { resource, node }, rights) => {
                check_cleanup(rights, &snapshot, (Some(resource), Some(node)))
            }
            (Request::Ticket { ticket, change }, rights) => {
                check_ticket(rights, &snapshot, ticket, change.clone())
            }
            (Request::Confirm, rights) => check_confirmation(rights, &snapshot),
            (
                Request::ConfirmDown { .. }
                | Request::Quorum(_)
                | Request::Shutdown
                | Request::Secret(_)
                | Request::Reload
                | Request::ChangeConf(_)
                | Request::Kill { .. }
                | Request::GiveAccess { .. }
                | Request::Invite { .. },
                Rights::Granted(grants),
            ) => {
                return Err(forbidden(&format!(
                    "{} may not do this: where access rules are in force (enable-acl), only root \
                     and hacluster may fence, stop nodes, handle secrets, and change votes or \
                     corosync.conf",
                    grants.person
                )));
            }
            // How nodes hear each other is no part of the CIB; what is, is looked at elsewhere.
            _ => Ok(()),
        };
        outcome.map_err(|why| forbidden(&why))
    }
}

/// The attribute may come, and go: whether it is there now does not matter.
fn check_attribute(
    rights: &Rights,
    snapshot: &Snapshot,
    here: &str,
    change: &AttributeChange,
) -> Result<(), Forbidden> {
    let state = &snapshot.state;
    let name = change.node.as_deref().unwrap_or(here);
    let with = |value: Option<&str>| {
        let mut status = state.status.clone();
        for node in status.nodes.values_mut().filter(|node| node.name == name) {
            node.attributes.remove(&change.name);
            node.attributes.extend(value.map(|value| (change.name.clone(), value.to_owned())));
        }
        status
    };
    let value = change.value.as_deref().unwrap_or_default();
    check_status(rights, &state.configuration, (&with(None), &with(Some(value))))
}

/// The results that are forgotten, and the failures that are counted.
fn check_cleanup(
    rights: &Rights,
    snapshot: &Snapshot,
    (resource, node): (Option<&str>, Option<&str>),
) -> Result<(), Forbidden> {
    let state = &snapshot.state;
    let mut after: Status = state.status.clone();
    after.forget(&state.configuration, (resource, node), Forget::Everything);
    check_status(rights, &state.configuration, (&state.status, &after))
}

/// The ticket may come, and become what it is to be.
fn check_ticket(
    rights: &Rights,
    snapshot: &Snapshot,
    ticket: &str,
    change: Option<TicketChange>,
) -> Result<(), Forbidden> {
    let state = &snapshot.state;
    let mut after = state.status.clone();
    match change {
        None => drop(after.tickets.remove(ticket)),
        Some(change) => {
            let known = after.tickets.entry(ticket.to_owned()).or_default();
            known.apply(&change::ticket(change), os::clock::wall());
        }
    }
    check_status(rights, &state.configuration, (&state.status, &after))
}

/// The primitives that a resource is made of.
/// Whoever keeps a change has to be one who may make it.
fn check_confirmation(rights: &Rights, snapshot: &Snapshot) -> Result<(), Forbidden> {
    let state = &snapshot.state;
    // Without a trial there is nothing to keep: the manager says so.
    let Some(trial) = &state.trial else { return Ok(()) };
    let revisions = &state.revisions;
    let made_from = revisions.get(trial.version).map(|revision| revision.before);
    let before = made_from.and_then(|it| revisions.configuration_at(&state.configuration, it));
    // What is not known any more may have been anything.
    let mut before = before.unwrap_or_default();
    before.version = state.configuration.version;
    check_configuration(rights, &before, &state.configuration)
}
