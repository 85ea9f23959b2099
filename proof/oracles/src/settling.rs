//! What must come about when the faults have ended.

use crate::Broken;
use base::NodeId;
use node::Node;
use sim::{DATABASE, INSTANCES, Setup, World, service_names};

/// More pieces than this nobody keeps when hardly anything is under way.
const AT_REST: usize = 16;
/// More than this nobody ever keeps: as far ahead as a position may be, and a window.
const EVER: usize = 4096 + 128;

/// L5 and C3: one view, one state, every service active, nothing in flight.
///
/// # Errors
/// With the first thing that is not so.
pub fn settled(world: &World, setup: &Setup) -> Result<(), Broken> {
    let all: Vec<NodeId> = (1..=setup.nodes).map(NodeId).collect();
    let mut first: Option<&Node> = None;
    for &node in &all {
        let unsettled = |what: String| Err(Broken::new("L5", what));
        let Some(daemon) = world.daemon(node) else {
            return unsettled(format!("the daemon of n{node} does not run"));
        };
        let seen = daemon.group().view().map(sim::View::nodes).unwrap_or_default();
        if seen != all {
            return unsettled(format!("n{node} sees {seen:?}"));
        }
        if !daemon.manager().is_joined() {
            return unsettled(format!("n{node} does not know the cluster's state"));
        }
        let first = *first.get_or_insert(daemon);
        let flights = daemon.manager().state().flights.len();
        if flights > 0 {
            return unsettled(format!("{flights} actions are still in flight"));
        }
        if daemon.manager().state() != first.manager().state() {
            return Err(Broken::new("C3", format!("the states of n1 and n{node} differ")));
        }
    }
    services_run(world, setup)
}

/// Every service is active, and where there are roles one instance is promoted.
fn services_run(world: &World, setup: &Setup) -> Result<(), Broken> {
    let truth = world.truth();
    let unsettled = |what: String| Err(Broken::new("L5", what));
    let names = service_names();
    if let Some(service) = names.iter().find(|service| truth.nodes_of(service).is_empty()) {
        return unsettled(format!("{service} runs nowhere"));
    }
    if setup.demands.roles {
        let (active, promoted) = (truth.nodes_of(DATABASE), truth.promoted_on(DATABASE));
        if active.len() != INSTANCES || promoted.len() != 1 {
            return unsettled(format!(
                "{DATABASE} is active on {active:?}, promoted on {promoted:?}"
            ));
        }
    }
    Ok(())
}

/// H1: what is kept of messages is bounded, always, and more so at rest.
///
/// # Errors
/// With the first who keeps too much.
pub fn bounded(world: &World, nodes: u32) -> Result<(), Broken> {
    if let Some(life) = world.recording().lives.iter().find(|life| life.most_kept > EVER) {
        let what = format!("n{} kept {} pieces of messages", life.node, life.most_kept);
        return Err(Broken::new("H1", what));
    }
    for node in (1..=nodes).map(NodeId) {
        let kept = world.daemon(node).map_or(0, |daemon| daemon.group().kept());
        if kept > AT_REST {
            let what = format!("n{node} keeps {kept} pieces of messages at rest");
            return Err(Broken::new("H1", what));
        }
    }
    Ok(())
}
