//! `corosync.conf` is read again, or changed, while the node runs.
//!
//! Every node reads its own file. A key that has changed is taken up in three steps, each of which
//! all nodes have taken before the next: all can open what it seals, all seal with it, all forget the
//! old one. So no packet is lost for it.

use crate::Options;
use crate::asker;
use crate::managing::ToManager;
use crate::map::ConfMap;
use crate::rings::ToRings;
use crate::site::Site;
use crate::standing::{Reading, Standing};
use crate::start::key;
use crate::storage;
use api::ConfChange;
use base::NodeId;
use conf::{ClusterConf, Edit, Node, NodeRef};
use group::{ClusterKey, GroupConfig, LinkId};
use serde::{Deserialize, Serialize};
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How often a file is tried that somebody else is changing, and how long between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// How far the change of a key has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyStep {
    /// The new one opens.
    Know,
    /// It seals.
    Use,
    /// The old one is forgotten.
    ForgetOld,
}

/// Reads and changes this node's file.
#[derive(Clone)]
pub(crate) struct Reload {
    pub(crate) node: NodeId,
    pub(crate) options: Options,
    pub(crate) standing: Standing,
    pub(crate) rings: ToRings,
    pub(crate) manager: Sender<ToManager>,
}

impl Reload {
    /// Reads the file and goes on with it; says whether the key is another. When it cannot be
    /// used, nothing changes.
    pub(crate) async fn read(&self, step: KeyStep) -> Result<bool, String> {
        let before = self.standing.now();
        let Some(old) = &before.group else {
            return Err("Corosync itself reads this file: use its own corosync-cfgtool".into());
        };
        let (text, conf, site) = self.look()?;
        let map = ConfMap::new(&text, &conf, site.node).map_err(|error| self.in_file(&error))?;
        let Site { names, group, addresses, .. } = site;
        let is_new_key = group.key != old.key || !old.other_keys.is_empty();
        let group = stepped(group, old, step)?;
        let (own, peers) = (addresses.own.clone(), addresses.peers_of(site.node));
        match self.rings.reconfigure(addresses, group.clone()).await {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("it is stopping".into()),
        }
        let listed = ToManager::Input(manager::Input::Listed(names.clone()));
        let arbiter = asker::place(&conf);
        self.standing.replace(Reading { names, own, peers, map, group: Some(group), arbiter });
        if self.manager.send(listed).is_err() {
            return Err("it is stopping".into());
        }
        for warning in &conf.warnings {
            tracing::warn!("{}", warning.in_file(&self.options.config.display()));
        }
        tracing::info!("{} has been read again", self.options.config.display());
        Ok(is_new_key)
    }

    /// Changes the file and goes on with it. When that cannot be, the file is as it was.
    pub(crate) async fn change(&self, change: &ConfChange) -> Result<bool, String> {
        let path = &self.options.config;
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let before = std::fs::read_to_string(path).map_err(failed)?;
        let edit = edit_of(change);
        let mut tries = 0;
        while let Err(error) = self.write(&edit)? {
            // Nodes that live on one machine may share the file, and change it at the same time.
            tries += 1;
            if tries == TRIES {
                return Err(failed(error));
            }
            tokio::time::sleep(PAUSE).await;
        }
        let read = self.read(KeyStep::Know).await;
        if read.is_err() {
            os::file::write_atomic(path, before.as_bytes()).map_err(failed)?;
        }
        read
    }

    /// Makes the file say so, unless it does.
    fn write(&self, edit: &Edit) -> Result<std::io::Result<()>, String> {
        let path = &self.options.config;
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return Ok(Err(error)),
        };
        let conf = conf::parse(&text).map_err(|error| self.in_file(&error))?;
        if is_made(&conf, edit) {
            return Ok(Ok(()));
        }
        let after = conf::edit(&text, edit).map_err(|error| error.to_string())?;
        Ok(os::file::write_atomic(path, after.as_bytes()))
    }

    fn look(&self) -> Result<(String, ClusterConf, Site), String> {
        let path = &self.options.config;
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let conf = conf::parse(&text).map_err(|error| self.in_file(&error))?;
        let key = key(&self.options, &conf).map_err(|error| error.to_string())?;
        let group = conf.group_config(key).map_err(|error| self.in_file(&error))?;
        let known = storage::kept(&self.options.state).map_err(|e| e.to_string())?.configuration;
        let site = Site::new(&conf, group, &known).map_err(|error| error.to_string())?;
        if site.node != self.node {
            let (now, then) = (self.node, site.node);
            return Err(format!(
                "{}: this machine would be node {then} and runs as node {now}; stop it first",
                path.display()
            ));
        }
        Ok((text, conf, site))
    }

    fn in_file(&self, error: &conf::ConfError) -> String {
        error.in_file(&self.options.config.display())
    }
}

/// The configuration for one step of the change of a key; the only step, when the key is the same.
fn stepped(group: GroupConfig, old: &GroupConfig, step: KeyStep) -> Result<GroupConfig, String> {
    if group.cluster_name != old.cluster_name || group.cipher != old.cipher {
        let why = "cluster_name and crypto_cipher cannot change while nodes run: stop all of them, \
                   change it everywhere, start them";
        return Err(why.into());
    }
    let new = group.key.clone();
    if new != old.key && new.id() == old.key.id() {
        let why = "the new key's packets could not be told from the present one's, as happens with one \
                   key in 256: make another with `systole keygen`";
        return Err(why.into());
    }
    let (key, other_keys): (ClusterKey, Vec<ClusterKey>) = match step {
        KeyStep::Know if new == old.key => (new, Vec::new()),
        KeyStep::Know => (old.key.clone(), vec![new]),
        KeyStep::Use if new == old.key => (new, old.other_keys.clone()),
        KeyStep::Use => (new, vec![old.key.clone()]),
        KeyStep::ForgetOld => (new, Vec::new()),
    };
    Ok(GroupConfig { key, other_keys, ..group })
}

fn edit_of(change: &ConfChange) -> Edit {
    match change {
        ConfChange::AddNode { id, name, addresses, votes } => Edit::AddNode(Node {
            id: NodeId(*id),
            name: Some(name.clone()),
            addresses: (0..).map(LinkId).zip(addresses.iter().cloned()).collect(),
            votes: *votes,
        }),
        ConfChange::RemoveNode { node } => Edit::RemoveNode(match node.parse() {
            Ok(id) => NodeRef::Id(NodeId(id)),
            Err(_) => NodeRef::Name(node.clone()),
        }),
        ConfChange::Set { path, value } => Edit::Set { path: path.clone(), value: value.clone() },
    }
}

/// Does the file say so already?
fn is_made(conf: &ClusterConf, edit: &Edit) -> bool {
    match edit {
        Edit::AddNode(node) => conf.nodes.contains(node),
        Edit::RemoveNode(NodeRef::Id(id)) => !conf.has_node(*id),
        Edit::RemoveNode(NodeRef::Name(name)) => {
            !conf.nodes.iter().any(|node| node.name.as_ref() == Some(name))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(key: u8, other: &[u8]) -> GroupConfig {
        let text =
            "totem {\nversion: 2\n}\nnodelist {\nnode {\nring0_addr: 10.0.0.1\nnodeid: 1\n}\n}\n";
        let keyed = |byte: u8| ClusterKey::new([byte; 32]).expect("a key");
        let group = conf::parse(text).expect("good").group_config(keyed(key)).expect("good");
        GroupConfig { other_keys: other.iter().map(|byte| keyed(*byte)).collect(), ..group }
    }

    #[test]
    fn a_key_is_known_then_used_then_alone() {
        let mut standing = config(1, &[]);
        let steps = [
            (KeyStep::Know, config(1, &[2])),
            (KeyStep::Use, config(2, &[1])),
            (KeyStep::ForgetOld, config(2, &[])),
            (KeyStep::Know, config(2, &[])),
        ];
        for (step, expected) in steps {
            standing = stepped(config(2, &[]), &standing, step).expect("the same cluster");
            assert_eq!(standing, expected, "{step:?}");
        }
        let renamed = GroupConfig { cluster_name: "other".into(), ..config(2, &[]) };
        assert!(stepped(renamed, &standing, KeyStep::Know).is_err());
        let id = |key: u8| config(key, &[]).key.id();
        let (one, alike) = (0..u8::MAX)
            .flat_map(|one| (one + 1..u8::MAX).map(move |other| (one, other)))
            .find(|(one, other)| id(*one) == id(*other))
            .expect("255 keys have 256 marks, and some share one");
        let refused = stepped(config(alike, &[]), &config(one, &[]), KeyStep::Know);
        assert!(refused.is_err_and(|why| why.contains("keygen")));
    }
}
