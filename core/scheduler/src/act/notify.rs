//! Notifications: instances of a clone are told what the others are about to do, and what they
//! have done.
//!
//! Around each of start, stop, promote and demote stand four points: `pre` (tell what will happen),
//! `confirmed-pre` (all have been told), and the same for `post`. Whom to tell, and what, is known
//! when all else is settled: [`tell`] adds it then.

use super::instances::Points as Phases;
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{NotifyOf, NotifyPhase, Operation, Relation, Task, Work};
use cluster::{Role, Score};
use std::collections::BTreeMap;

/// The points around one change; those before it, or those after it, may be missing.
#[derive(Clone, Copy, Debug, Default)]
struct Points {
    pre: Option<ActionIndex>,
    pre_done: Option<ActionIndex>,
    post: Option<ActionIndex>,
    post_done: Option<ActionIndex>,
}

/// Finds the points around a clone's change.
fn points(work: &Work<'_>, clone: ResourceIndex, of: NotifyOf) -> Points {
    let find = |task| work.actions.first(clone, Operation::once(task), None);
    Points {
        pre: find(Task::Notify(NotifyPhase::Pre, of)),
        pre_done: find(Task::Notified(NotifyPhase::Pre, of)),
        post: find(Task::Notify(NotifyPhase::Post, of)),
        post_done: find(Task::Notified(NotifyPhase::Post, of)),
    }
}

/// Adds the points around a clone's starts and stops.
pub(super) fn announce_starts_and_stops(work: &mut Work<'_>, clone: ResourceIndex, phases: Phases) {
    let start = announce(work, clone, NotifyOf::Start, Some(phases.start), phases.running);
    let stop = announce(work, clone, NotifyOf::Stop, Some(phases.stop), phases.stopped);
    link(work, stop.post_done, start.pre);
}

/// Adds the points around a clone's promotions.
pub(super) fn announce_promotions(
    work: &mut Work<'_>,
    clone: ResourceIndex,
    promote: ActionIndex,
    promoted: ActionIndex,
) {
    announce(work, clone, NotifyOf::Promote, Some(promote), promoted);
}

/// Adds the points around a clone's demotions; all others are known. Nobody is told of the next
/// change before all know of the last one.
pub(super) fn announce_demotions(
    work: &mut Work<'_>,
    clone: ResourceIndex,
    demote: ActionIndex,
    demoted: ActionIndex,
) {
    let demote = announce(work, clone, NotifyOf::Demote, Some(demote), demoted);
    let [start, stop, promote] =
        [NotifyOf::Start, NotifyOf::Stop, NotifyOf::Promote].map(|of| points(work, clone, of));
    link(work, stop.post_done, promote.pre);
    link(work, start.post_done, promote.pre);
    link(work, demote.post_done, promote.pre);
    link(work, demote.post_done, start.pre);
    link(work, demote.post_done, stop.pre);
}

fn link(work: &mut Work<'_>, first: Option<ActionIndex>, then: Option<ActionIndex>) {
    if let (Some(first), Some(then)) = (first, then) {
        work.actions.order(first, then, Relation::ORDERED);
    }
}

/// Adds the points around `action`, which is over with `done`, where somebody wants to be told.
fn announce(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    of: NotifyOf,
    action: Option<ActionIndex>,
    done: ActionIndex,
) -> Points {
    let mut points = Points::default();
    if !work.at.resources[resource].settings.is_notified {
        return points;
    }
    // Where fencing implies a stop, the points are the fencing's, but instances hear of a stop.
    let told = if of == NotifyOf::Fence { NotifyOf::Stop } else { of };
    if let Some(action) = action {
        let pre = point(work, resource, Task::Notify(NotifyPhase::Pre, of), action, told);
        let confirmed = Task::Notified(NotifyPhase::Pre, of);
        let pre_done = point(work, resource, confirmed, action, told);
        for point in [pre, pre_done] {
            work.actions[point].flags.is_runnable = true;
        }
        work.actions.order(pre, pre_done, Relation::ORDERED);
        work.actions.order(pre_done, action, Relation::ORDERED);
        (points.pre, points.pre_done) = (Some(pre), Some(pre_done));
    }
    let post = point(work, resource, Task::Notify(NotifyPhase::Post, of), done, told);
    let post_done = point(work, resource, Task::Notified(NotifyPhase::Post, of), done, told);
    for point in [post, post_done] {
        work.actions[point].flags.is_runnable = work.actions[done].flags.is_runnable;
        work.actions[point].priority = Score::INFINITY;
    }
    work.actions.order(done, post, Relation::FIRST_REQUIRES_THEN);
    work.actions.order(post, post_done, Relation::FIRST_REQUIRES_THEN);
    (points.post, points.post_done) = (Some(post), Some(post_done));
    link(work, points.pre_done, points.post);
    points
}

/// One point; it is needed as much as `about`, which gives it its name.
fn point(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    task: Task,
    about: ActionIndex,
    told: NotifyOf,
) -> ActionIndex {
    let (phase, kind) = match task {
        Task::Notified(NotifyPhase::Pre, _) => (NotifyPhase::Pre, "confirmed-pre"),
        Task::Notified(NotifyPhase::Post, _) => (NotifyPhase::Post, "confirmed-post"),
        Task::Notify(NotifyPhase::Pre, _) => (NotifyPhase::Pre, "pre"),
        _ => (NotifyPhase::Post, "post"),
    };
    let is_optional = work.actions[about].flags.is_optional;
    let name = work.actions[about].operation.task.name();
    let point = work.act(resource, Operation::once(task), None, is_optional);
    let key = format!("{}_{kind}_notify_{name}_0", work.at.resources[resource].id);
    let action = &mut work.actions[point];
    action.key = key;
    action.flags.is_pseudo = true;
    let meta = [
        ("notify_key_type", kind),
        ("notify_key_operation", name),
        ("notify_type", phase.name()),
        ("notify_operation", told.name()),
    ];
    for (name, value) in meta {
        action.meta.insert(name.to_owned(), value.to_owned());
    }
    point
}

/// A stop that is implied by fencing: the instances that stay are told of it after the fencing.
pub(crate) fn after_fencing(
    work: &mut Work<'_>,
    stop: ActionIndex,
    resource: ResourceIndex,
    fencing: ActionIndex,
) {
    if !work.at.resources[resource].settings.is_notified {
        return;
    }
    let points = announce(work, resource, NotifyOf::Fence, None, fencing);
    let node = work.actions[stop].node;
    let mut told = BTreeMap::new();
    put(&mut told, "notify_stop_resource", &work.at.resources[resource].id);
    if let Some(node) = node {
        put(&mut told, "notify_stop_uname", &work.at.nodes[node].name);
    }
    let news = News { of: NotifyOf::Stop, points, told };
    let top = work.at.top_of(resource, false);
    tell_all(work, top, &news, &Census::default());
}

fn put(told: &mut BTreeMap<String, String>, name: &str, value: &str) {
    told.insert(name.to_owned(), value.to_owned());
}

/// Tells the instances of a clone of all that happens to it. All else is settled: whoever is to
/// start, stop, be promoted or demoted, will be.
pub(crate) fn tell(work: &mut Work<'_>, clone: ResourceIndex) {
    if !work.at.resources[clone].settings.is_notified {
        return;
    }
    let mut census = Census::default();
    census.take(work, clone);
    let told = census.told(work, clone);
    for of in [NotifyOf::Start, NotifyOf::Stop, NotifyOf::Promote, NotifyOf::Demote] {
        let points = points(work, clone, of);
        if points.pre.is_none() && points.post.is_none() {
            continue;
        }
        if !census.doing(of).is_empty() {
            let all = [points.pre, points.pre_done, points.post, points.post_done];
            for point in all.into_iter().flatten() {
                work.actions[point].flags.is_optional = false;
            }
        }
        let news = News { of, points, told: told.clone() };
        tell_all(work, clone, &news, &census);
    }
}

/// What is told.
struct News {
    of: NotifyOf,
    points: Points,
    told: BTreeMap<String, String>,
}

type Entry = (ResourceIndex, Option<NodeIndex>);

/// Who is what, and who does what.
#[derive(Clone, Debug, Default)]
struct Census {
    inactive: Vec<Entry>,
    active: Vec<Entry>,
    unpromoted: Vec<Entry>,
    promoted: Vec<Entry>,
    start: Vec<Entry>,
    stop: Vec<Entry>,
    promote: Vec<Entry>,
    demote: Vec<Entry>,
}

impl Census {
    fn doing(&self, of: NotifyOf) -> &[Entry] {
        match of {
            NotifyOf::Start => &self.start,
            NotifyOf::Stop | NotifyOf::Fence => &self.stop,
            NotifyOf::Promote => &self.promote,
            NotifyOf::Demote => &self.demote,
        }
    }

    fn take(&mut self, work: &Work<'_>, resource: ResourceIndex) {
        let state = &work.at.resources[resource];
        if !state.children.is_empty() {
            for child in &state.children {
                self.take(work, *child);
            }
            return;
        }
        let entry = (resource, state.running_on.first().copied());
        match state.role {
            Role::Stopped => self.inactive.push(entry),
            Role::Started => self.active.push(entry),
            Role::Unpromoted => {
                self.unpromoted.push(entry);
                self.active.push(entry);
            }
            Role::Promoted => {
                self.promoted.push(entry);
                self.active.push(entry);
            }
        }
        for action in work.actions.of(resource) {
            let action = &work.actions[*action];
            let (Some(node), false) = (action.node, action.flags.is_optional) else { continue };
            let task = action.operation.task;
            // The stop on a node that may not be fenced in the end is told of all the same.
            let is_implied = task == Task::Stop && work.at.nodes[node].is_unclean;
            if !action.flags.is_runnable && !is_implied {
                continue;
            }
            let entry = (resource, Some(node));
            match task {
                Task::Start => self.start.push(entry),
                Task::Stop => self.stop.push(entry),
                Task::Promote => self.promote.push(entry),
                Task::Demote => self.demote.push(entry),
                _ => {}
            }
        }
    }

    /// The lists as agents get them.
    fn told(&mut self, work: &Work<'_>, clone: ResourceIndex) -> BTreeMap<String, String> {
        let mut told = BTreeMap::new();
        let lists: [(&[&str], &mut Vec<Entry>); 8] = [
            (&["stop"], &mut self.stop),
            (&["start"], &mut self.start),
            (&["demote"], &mut self.demote),
            (&["promote"], &mut self.promote),
            (&["active"], &mut self.active),
            (&["unpromoted", "slave"], &mut self.unpromoted),
            (&["promoted", "master"], &mut self.promoted),
            (&["inactive"], &mut self.inactive),
        ];
        for (names, entries) in lists {
            let has_nodes = names[0] != "inactive";
            let (resources, nodes) = words(work, entries, has_nodes);
            for name in names {
                put(&mut told, &format!("notify_{name}_resource"), &resources);
                if has_nodes {
                    put(&mut told, &format!("notify_{name}_uname"), &nodes);
                }
            }
        }
        let all = &work.at.node_order;
        let weights = &work.at.resources[clone].weights;
        let available = all.iter().filter(|node| weights.cell(**node).is_some());
        put(&mut told, "notify_available_uname", &names(work, available.copied()));
        put(&mut told, "notify_all_uname", &names(work, all.iter().copied()));
        let meta = &work.at.resources[clone].meta;
        if meta.get("container-attribute-target").is_some_and(|target| target == "host") {
            let hosts = all.iter().map(|node| host(work, *node));
            put(&mut told, "notify_all_hosts", &names(work, hosts));
        }
        told
    }
}

/// The server that a guest node runs on; any other node is its own host.
fn host(work: &Work<'_>, node: NodeIndex) -> NodeIndex {
    let state = &work.at.nodes[node];
    let connection = state.connection.filter(|_| state.is_guest());
    let container = connection.and_then(|connection| work.at.resources[connection].container);
    container.and_then(|container| work.at.current_node(container)).unwrap_or(node)
}

fn names(work: &Work<'_>, nodes: impl Iterator<Item = NodeIndex>) -> String {
    or_blank(nodes.map(|node| work.at.nodes[node].name.as_str()).collect::<Vec<_>>().join(" "))
}

/// Agents get one blank for an empty list.
fn or_blank(words: String) -> String {
    if words.is_empty() { " ".to_owned() } else { words }
}

/// The names of resources and of their nodes, by resource; each resource once.
fn words(work: &Work<'_>, entries: &mut Vec<Entry>, has_nodes: bool) -> (String, String) {
    let id = |entry: &Entry| work.at.resources[entry.0].id.as_str();
    let node_id = |entry: &Entry| entry.1.map(|node| work.at.nodes[node].id.as_str());
    if has_nodes {
        entries.retain(|entry| entry.1.is_some());
    }
    entries.sort_by(|a, b| id(a).cmp(id(b)).then_with(|| node_id(a).cmp(&node_id(b))));
    entries.dedup_by(|a, b| a.0 == b.0);
    let resources = entries.iter().map(id).collect::<Vec<_>>().join(" ");
    let nodes = names(work, entries.iter().filter_map(|entry| entry.1));
    (or_blank(resources), nodes)
}

/// Tells each instance below `resource` what it needs to know.
fn tell_all(work: &mut Work<'_>, resource: ResourceIndex, news: &News, census: &Census) {
    let children = work.at.resources[resource].children.clone();
    if children.is_empty() {
        tell_instance(work, resource, news, census);
    }
    for child in children {
        tell_all(work, child, news, census);
    }
}

fn tell_instance(work: &mut Work<'_>, instance: ResourceIndex, news: &News, census: &Census) {
    for action in work.actions.of(instance).to_vec() {
        let action = &mut work.actions[action];
        let task = action.operation.task;
        let is_told = matches!(task, Task::Start | Task::Stop | Task::Promote | Task::Demote);
        if is_told && !action.flags.is_optional && action.node.is_some() {
            action.meta.extend(news.told.clone());
        }
    }
    // A stop may be implied by fencing: then nobody does it, and all are told still.
    if news.of != NotifyOf::Stop && census.doing(news.of).is_empty() {
        return;
    }
    match news.of {
        NotifyOf::Stop | NotifyOf::Demote | NotifyOf::Fence => tell_of_less(work, instance, news),
        NotifyOf::Start | NotifyOf::Promote => tell_of_more(work, instance, news),
    }
}

/// Of stops and demotions hear all that are active; afterwards those that were not stopped.
fn tell_of_less(work: &mut Work<'_>, instance: ResourceIndex, news: &News) {
    let state = &work.at.resources[instance];
    if state.role == Role::Stopped {
        return;
    }
    let mut stops = work.actions.find(instance, Operation::once(Task::Stop), None);
    let stop = stops.next_back().map(|stop| work.actions[stop].flags);
    drop(stops);
    let stays = news.of == NotifyOf::Demote || stop.is_none_or(|stop| stop.is_optional);
    let is_implied = stop.is_some_and(|stop| stop.is_pseudo);
    for node in state.running_on.clone() {
        let state = &work.at.nodes[node];
        if is_implied && (state.is_unclean || state.needs_remote_reset) {
            continue; // It is cut off, and hears nothing.
        }
        tell_one(work, instance, node, news, NotifyPhase::Pre);
        if stays {
            tell_after(work, instance, node, news);
        }
    }
}

/// Of starts and promotions hear all that will be active; beforehand those that already are.
fn tell_of_more(work: &mut Work<'_>, instance: ResourceIndex, news: &News) {
    if work.at.resources[instance].next_role == Some(Role::Stopped) {
        return;
    }
    let Some(node) = work.drafts[instance].node else { return };
    let start = newest_start(work, instance);
    if start.is_some_and(|start| is_out_of_reach(work, start)) {
        return;
    }
    let is_starting = start.is_some_and(|start| !work.actions[start].flags.is_optional);
    if news.of == NotifyOf::Promote || !is_starting {
        tell_one(work, instance, node, news, NotifyPhase::Pre);
    }
    tell_after(work, instance, node, news);
}

fn newest_start(work: &Work<'_>, resource: ResourceIndex) -> Option<ActionIndex> {
    work.actions.find(resource, Operation::once(Task::Start), None).next_back()
}

/// What is to be started behind a connection that cannot be made will never hear of anything.
fn is_out_of_reach(work: &Work<'_>, start: ActionIndex) -> bool {
    let node = work.actions[start].node;
    let connection = node.and_then(|node| work.at.nodes[node].connection);
    let connect = connection.and_then(|connection| newest_start(work, connection));
    connect.is_some_and(|connect| !work.actions[connect].flags.is_runnable)
}

/// Monitors that belong to the new state begin when all have heard of it.
fn tell_after(work: &mut Work<'_>, instance: ResourceIndex, node: NodeIndex, news: &News) {
    if let Some(notify) = tell_one(work, instance, node, news, NotifyPhase::Post) {
        work.actions[notify].priority = Score::INFINITY;
    }
    let Some(done) = news.points.post_done else { return };
    for action in work.actions.of(instance).to_vec() {
        let operation = work.actions[action].operation;
        if operation.interval > 0 && operation.task != Task::Cancel {
            work.actions.order(done, action, Relation::ORDERED);
        }
    }
}

fn tell_one(
    work: &mut Work<'_>,
    instance: ResourceIndex,
    node: NodeIndex,
    news: &News,
    phase: NotifyPhase,
) -> Option<ActionIndex> {
    let (begin, done) = match phase {
        NotifyPhase::Pre => (news.points.pre?, news.points.pre_done?),
        NotifyPhase::Post => (news.points.post?, news.points.post_done?),
    };
    let flags = work.actions[begin].flags;
    if !work.at.nodes[node].is_online || !flags.is_runnable {
        return None;
    }
    let operation = Operation::once(Task::Notify(phase, news.of));
    let notify = work.act(instance, operation, Some(node), flags.is_optional);
    let meta = work.actions[begin].meta.clone();
    let action = &mut work.actions[notify];
    for (name, value) in meta {
        // What it has already (its timeout, say) is its own.
        action.meta.entry(name).or_insert(value);
    }
    action.meta.extend(news.told.clone());
    work.actions.order(begin, notify, Relation::ORDERED);
    work.actions.order(notify, done, Relation::ORDERED);
    Some(notify)
}
