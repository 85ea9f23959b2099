//! Which device fences a node, and from where.

use crate::{Flight, State};
use base::{BootId, NodeId};
use cluster::{JoinState, NodeStatus, OperationStatus, Primitive, exit_code, merged};
use scheduler::plan::{ActionKey, Invocation, PowerAction};
use std::collections::BTreeMap;

/// One way to fence a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shot {
    pub(crate) executor: NodeId,
    pub(crate) device: String,
    pub(crate) invocation: Invocation,
}

impl State {
    /// The next way to try: after a failure the next device, or the next node that can use it.
    pub(crate) fn choose_shot(&self, target: &str, how: PowerAction) -> Option<Shot> {
        let shots = self.shots(target, how);
        let attempt = self.fencing_failures.get(target).copied().unwrap_or(0) as usize;
        let index = attempt.checked_rem(shots.len())?;
        shots.into_iter().nth(index)
    }

    /// Every device that knows the target, from every node that can use it: where the device is
    /// active first, and the target itself last of all.
    fn shots(&self, target: &str, how: PowerAction) -> Vec<Shot> {
        let mut shots: Vec<(u8, Shot)> = Vec::new();
        for device in self.configuration.primitives().filter(|p| p.agent.is_fencing()) {
            let parameters = parameters_of(device);
            let Some(plug) = plug_for(target, &parameters) else { continue };
            for (&executor, name) in &self.names {
                let Some(status) = self.status.nodes.get(&executor.to_string()) else { continue };
                if status.join != JoinState::Member || !status.is_online {
                    continue;
                }
                let rank = match (is_active(status, &device.id), name == target) {
                    (_, true) => 2,
                    (true, false) => 0,
                    (false, false) => 1,
                };
                let invocation = self.fence_invocation(device, (target, &plug), how, &parameters);
                let device = device.id.clone();
                shots.push((rank, Shot { executor, device, invocation }));
            }
        }
        shots.sort_by_key(|(rank, _)| *rank);
        shots.into_iter().map(|(_, shot)| shot).collect()
    }

    fn fence_invocation(
        &self,
        device: &Primitive,
        (target, plug): (&str, &str),
        how: PowerAction,
        parameters: &BTreeMap<String, String>,
    ) -> Invocation {
        let option = |name: &str| parameters.get(&format!("pcmk_{}_{name}", how.name()));
        let action = option("action").map_or_else(|| how.name().to_owned(), Clone::clone);
        let timeout = option("timeout")
            .and_then(|text| cluster::value::duration(text))
            .or_else(|| cluster::value::duration(self.configuration.property("fencing-timeout")));
        let argument = parameters.get("pcmk_host_argument").map_or("port", String::as_str);
        let mut given: BTreeMap<String, String> = parameters
            .iter()
            .filter(|(name, _)| !name.starts_with("pcmk_"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        given.insert("action".into(), action);
        given.insert("nodename".into(), target.to_owned());
        if argument != "none" {
            given.entry(argument.to_owned()).or_insert_with(|| plug.to_owned());
        }
        Invocation {
            agent: device.agent.clone(),
            primitive: device.id.clone(),
            timeout: timeout.unwrap_or_default(),
            parameters: given,
            meta: BTreeMap::new(),
            target_code: exit_code::OK,
            lock: None,
            stays: false,
        }
    }

    /// The flight that ends the present life of `target` (F4).
    pub(crate) fn fence_flight(
        &self,
        target: &str,
        key: ActionKey,
        shot: Shot,
        reason: String,
    ) -> Flight {
        let Shot { executor, device, invocation } = shot;
        let life = self.life_of(target);
        Flight { key, executor, invocation, device, life, reason, before: None }
    }

    /// The machine life that is known of a node; zero when it was never seen.
    pub(crate) fn life_of(&self, name: &str) -> BootId {
        let life = self.node_id(name).and_then(|node| self.lives.get(&node));
        life.map(|life| life.boot).unwrap_or_default()
    }
}

fn parameters_of(device: &Primitive) -> BTreeMap<String, String> {
    // Rules on a fence device's parameters have no node to be asked about: they do not hold.
    merged(&device.parameters, |_| false)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What the device calls the target, if it can fence it: from `pcmk_host_map` (`node:plug;...`)
/// or `pcmk_host_list`. A device with neither is taken to know every node by its name.
pub fn plug_for(target: &str, parameters: &BTreeMap<String, String>) -> Option<String> {
    let list = parameters.get("pcmk_host_list");
    let map = parameters.get("pcmk_host_map");
    if let Some(map) = map {
        let pairs = map.split([';', ' ', '\t']).filter_map(|pair| pair.split_once([':', '=']));
        for (node, plug) in pairs {
            if node.trim() == target {
                return Some(plug.trim().to_owned());
            }
        }
    }
    match (list, map) {
        (Some(list), _) => list
            .split([',', ' ', ';', '\t'])
            .any(|name| name.trim() == target)
            .then(|| target.to_owned()),
        (None, Some(_)) => None,
        (None, None) => Some(target.to_owned()),
    }
}

/// Whether a fence device is started on a node.
fn is_active(status: &NodeStatus, device: &str) -> bool {
    let last = status.operations(device).iter().max_by_key(|operation| operation.call);
    last.is_some_and(|last| {
        last.status == OperationStatus::Done
            && last.code == exit_code::OK
            && last.operation != "stop"
    })
}

#[cfg(test)]
mod tests {
    use super::plug_for;
    use std::collections::BTreeMap;

    #[test]
    fn which_nodes_a_device_knows() {
        let cases = [
            (vec![("pcmk_host_list", "oss1 oss2")], "oss2", Some("oss2")),
            (vec![("pcmk_host_list", "oss1,oss2")], "oss3", None),
            (vec![("pcmk_host_map", "oss1:4;oss2:5")], "oss2", Some("5")),
            (vec![("pcmk_host_map", "oss1:4")], "oss3", None),
            (vec![], "oss3", Some("oss3")),
        ];
        for (parameters, target, expected) in cases {
            let parameters: BTreeMap<String, String> =
                parameters.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            assert_eq!(plug_for(target, &parameters).as_deref(), expected, "{target}");
        }
    }
}
