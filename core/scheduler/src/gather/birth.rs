//! How a resource of any kind comes into the tree.

use super::Reader;
use super::meta::{Circumstances, settings};
use super::nodes::amounts;
use super::remote::is_connection;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{
    Cell, Kind, Management, MultipleActive, NodeSet, Requires, Resource, Scope, Settings, Source,
    Weights,
};
use cluster::value::duration;
use cluster::{Agent, AttributeSet, Discovery, Primitive, Role, RuleContext, Score, resolved};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a resource is made from.
pub(super) struct Birth<'a, 'm> {
    /// Its id without number.
    pub(super) id: String,
    /// Which instance of a clone it is, or is inside of.
    pub(super) number: Option<u32>,
    pub(super) parent: Option<ResourceIndex>,
    pub(super) kind: Kind,
    pub(super) agent: Agent,
    /// What a primitive's configuration says.
    pub(super) definition: Option<Cow<'a, Primitive>>,
    /// The meta attributes of what is no primitive.
    pub(super) meta: &'m [AttributeSet],
    /// The parameters that what is no primitive hands down.
    pub(super) parameters: &'a [AttributeSet],
    /// What something that is no longer configured was inside of.
    pub(super) container: Option<String>,
}

impl<'a> Reader<'a> {
    /// Adds a resource below its parent, with the table that new resources get.
    pub(super) fn bear(&mut self, birth: Birth<'a, '_>) -> ResourceIndex {
        let own = birth.definition.as_ref().map_or(birth.meta, |definition| &definition.meta);
        let mut meta = self.meta(own, &birth.agent, birth.parent);
        if let Some(number) = birth.number {
            meta.insert("clone".to_owned(), number.to_string());
        }
        if let Some(container) = &birth.container {
            meta.insert("container".to_owned(), container.clone());
        }
        let is_connection = is_connection(&birth.agent);
        let is_guest = is_connection && meta.contains_key("container");
        let circumstances = Circumstances {
            options: &self.at.options,
            agent: &birth.agent,
            is_cloned: self.is_cloned(&birth.kind, birth.parent),
            is_connection,
            is_remote_connection: is_connection && !is_guest,
        };
        let settings = settings(&meta, &circumstances);
        let utilization = self.utilization(birth.definition.as_deref(), &birth.agent);
        if birth.agent.is_fencing() {
            self.at.options.has_fencing_resource = true;
        }
        let mut resource = newborn(birth, meta, settings);
        resource.utilization = utilization;
        if self.at.options.is_symmetric || is_guest {
            resource.weights = self.fresh_table();
        }
        let index = self.enter(resource);
        if is_connection && !is_guest {
            self.read_reconnect_interval(index);
        }
        self.at.resources[index].next_role = self.target_role(index);
        index
    }

    /// Puts a finished resource into the lists.
    fn enter(&mut self, resource: Resource<'a>) -> ResourceIndex {
        let (id, parent) = (resource.id.clone(), resource.parent);
        let base = base_name(&id).to_owned();
        let is_instance = resource.meta.contains_key("clone");
        let index = self.at.resources.push(resource);
        if let Some(parent) = parent {
            self.at.resources[parent].children.push(index);
        }
        if is_instance {
            self.at.names.entry(base).or_insert(index);
        }
        self.at.names.entry(id).or_insert(index);
        index
    }

    /// The table of a new resource: every node that is known by now. That a cluster is symmetric
    /// does not open containers to what is not meant to be inside of them.
    pub(super) fn fresh_table(&mut self) -> Weights {
        let cells = &self.cells;
        let is_symmetric = self.at.options.is_symmetric;
        let fresh = self.fresh.get_or_insert_with(|| {
            let mut table = Weights::default();
            let open = cells.iter().filter(|(_, cell)| !is_symmetric || is_open(cell));
            for (node, cell) in open {
                table.insert(node, *cell);
            }
            table.add_to(Scope::All, Score::ZERO, Source::Symmetric);
            table
        });
        fresh.clone()
    }

    /// What a node's place in the tables of resources to come is.
    pub(super) fn set_cell(&mut self, node: NodeIndex, cell: Cell) {
        self.cells[node] = cell;
        self.fresh = None;
    }

    fn is_cloned(&self, kind: &Kind, parent: Option<ResourceIndex>) -> bool {
        let top = parent.map(|parent| self.at.top_of(parent, false));
        matches!(kind, Kind::Clone(_)) || top.is_some_and(|top| self.at.resources[top].is_clone())
    }

    fn utilization(
        &mut self,
        definition: Option<&Primitive>,
        agent: &Agent,
    ) -> BTreeMap<String, i64> {
        let Some(definition) = definition.filter(|it| !it.utilization.is_empty()) else {
            return BTreeMap::new();
        };
        let at = &mut self.at;
        let context =
            RuleContext { now: Some(at.facts.now), agent: Some(agent), ..RuleContext::default() };
        let references = &at.references;
        amounts(resolved(&definition.utilization, None, references, &context, &mut at.recheck))
    }

    /// A connection with a pause before it is made anew forgets its failures after that pause.
    fn read_reconnect_interval(&mut self, connection: ResourceIndex) {
        let parameters = self.at.parameters(connection, None);
        let pause = parameters.get("reconnect_interval").and_then(|text| duration(text));
        if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
            let resource = &mut self.at.resources[connection];
            resource.reconnect_interval = pause;
            resource.settings.failure_timeout = pause;
        }
    }

    /// The role that people ask for, as far as it keeps a resource from what it would do anyway.
    pub(super) fn target_role(&self, resource: ResourceIndex) -> Option<Role> {
        match self.at.resources[resource].settings.target_role? {
            Role::Stopped => Some(Role::Stopped),
            Role::Unpromoted if self.is_promotable(resource) => Some(Role::Unpromoted),
            Role::Unpromoted | Role::Started | Role::Promoted => None,
        }
    }

    /// Whether a resource is inside of a promotable clone, or is one.
    pub(super) fn is_promotable(&self, resource: ResourceIndex) -> bool {
        let top = self.at.top_of(resource, false);
        self.at.resources[top].is_promotable()
    }
}

/// Whether a node takes part in what holds for all nodes: containers of bundles do not.
pub(super) fn is_open(cell: &Cell) -> bool {
    cell.discovery != Discovery::Never
}

fn newborn<'a>(
    birth: Birth<'a, '_>,
    meta: BTreeMap<String, String>,
    settings: Settings,
) -> Resource<'a> {
    let id = match birth.number {
        Some(number) => format!("{}:{number}", birth.id),
        None => birth.id.clone(),
    };
    let history_id = id.clone();
    let stops_unexpected = settings.multiple_active == MultipleActive::StopUnexpected;
    Resource {
        id,
        history_id,
        parent: birth.parent,
        children: Vec::new(),
        kind: birth.kind,
        definition: birth.definition,
        agent: birth.agent,
        meta,
        is_managed: settings.management == Management::Managed,
        settings,
        utilization: BTreeMap::new(),
        container: None,
        launched: Vec::new(),
        remote_node: None,
        is_removed: false,
        is_removed_launched: false,
        is_blocked: false,
        has_failed: false,
        is_failure_ignored: false,
        must_stop: false,
        is_start_pending: false,
        is_being_stopped: false,
        has_exclusive_discovery: false,
        stops_unexpected,
        weights: Weights::default(),
        running_on: Vec::new(),
        known_on: NodeSet::default(),
        role: Role::Stopped,
        next_role: None,
        pending: None,
        reconnect_interval: Duration::ZERO,
        partial_migration: None,
        dangling_migrations: Vec::new(),
        lock: None,
        handed_down: birth.parameters,
    }
}

/// An id without the number of an instance.
pub(crate) fn base_name(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => id,
    }
}

/// Whether a resource must not be started before what may still run it has been fenced.
pub(super) fn needs_fencing(settings: &Settings) -> bool {
    settings.requires >= Requires::Fencing
}
