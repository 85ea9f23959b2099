//! The file of a new cluster.

use crate::edit::{EditError, check_word};
use crate::model::Node;

/// The file of a cluster of one node; others are added to it by [`crate::Edit::AddNode`].
///
/// # Errors
/// When a name or an address is none.
pub fn founding(cluster: &str, first: &Node) -> Result<String, EditError> {
    check_word(cluster)?;
    let mut node = String::new();
    for (ring, address) in &first.addresses {
        check_word(address)?;
        node += &format!("        ring{}_addr: {address}\n", ring.0);
    }
    if let Some(name) = &first.name {
        check_word(name)?;
        node += &format!("        name: {name}\n");
    }
    let id = first.id;
    let text = format!(
        "# `systole conf explain` tells what each setting does.\n\
         totem {{\n    version: 2\n    cluster_name: {cluster}\n}}\n\
         \n\
         nodelist {{\n    node {{\n{node}        nodeid: {id}\n    }}\n}}\n\
         \n\
         quorum {{\n    provider: corosync_votequorum\n\
         \x20   # Of two nodes one is enough, and fencing says which. It counts with two nodes only.\n\
         \x20   two_node: 1\n}}\n"
    );
    crate::parse(&text).map_err(EditError::After)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edit, edit, parse};
    use base::NodeId;
    use group::{LinkId, QuorumRule};

    fn node(id: u32, addresses: &[&str]) -> Node {
        let addresses = addresses.iter().map(|text| (*text).to_owned());
        Node {
            id: NodeId(id),
            name: Some(format!("oss{id}")),
            addresses: (0..).map(LinkId).zip(addresses).collect(),
            votes: 1,
        }
    }

    #[test]
    fn the_rules_fit_one_two_and_more_nodes() {
        let mut text = founding("lustre", &node(1, &["10.0.0.1", "10.0.1.1"])).expect("good");
        let mut rules = Vec::new();
        for id in 2..=4 {
            let conf = parse(&text).expect("good");
            assert_eq!(conf.cluster_name, "lustre");
            rules.push((conf.nodes.len(), conf.quorum.rule == QuorumRule::TwoNode));
            let addresses = [format!("10.0.0.{id}"), format!("10.0.1.{id}")];
            let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
            text = edit(&text, &Edit::AddNode(node(id, &addresses))).expect("it fits");
        }
        assert_eq!(rules, [(1, false), (2, true), (3, false)]);
    }

    #[test]
    fn what_is_no_word_is_refused() {
        for (cluster, address) in [("a b", "10.0.0.1"), ("", "10.0.0.1"), ("a", "x\n}"), ("a", "")]
        {
            assert!(founding(cluster, &node(1, &[address])).is_err(), "{cluster} {address}");
        }
        assert!(founding("a", &node(1, &[])).is_err(), "a node is somewhere");
    }
}
