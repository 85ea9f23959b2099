//! `systole arbiter`: the third voice for sites of two nodes.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::verbs::node::NodeArguments;
use crate::words::of_system;
use ::arbiter::{
    Identity, Newcomers, PORT, PublicIdentity, Registry, Server, ServerOptions, Status, read_status,
};
use clap::{Args, Subcommand};
use group::ClusterKey;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Run the third voice for sites of two nodes, on a machine that is none of them
///
/// It gives its vote to one partition of each cluster that it knows. Without a verb it runs until it is
/// stopped; what it keeps on disk is its certificate and which clusters it knows.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ArbiterArguments {
    #[command(subcommand)]
    verb: Option<ArbiterVerb>,
    /// Where to listen [default: port 5403 of all addresses]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Remember the first cluster of each name, instead of refusing who was not added
    #[arg(long)]
    trust_new: bool,
    #[command(flatten)]
    folder: Folder,
}

/// Of both families; of IPv4 alone where a machine has only that.
fn everywhere() -> Vec<SocketAddr> {
    vec![(Ipv6Addr::UNSPECIFIED, PORT).into(), (Ipv4Addr::UNSPECIFIED, PORT).into()]
}

#[derive(Args, Clone, Debug)]
struct Folder {
    /// The arbiter's folder
    #[arg(long, value_name = "DIR", default_value = "/var/lib/systole-arbiter")]
    dir: PathBuf,
}

impl Folder {
    fn registry(&self) -> Registry {
        Registry::new(&self.dir)
    }
}

#[derive(Debug, Subcommand)]
enum ArbiterVerb {
    /// Show which clusters have asked, and who has the vote
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Print what the clusters' corosync.conf needs to say of this arbiter
    Fingerprint {
        #[command(flatten)]
        folder: Folder,
    },
    /// Make a cluster known; or a known one by another identity, while its key is changed
    Add {
        /// Its totem.cluster_name
        cluster: String,
        /// What `systole arbiter identity` prints on one of its nodes
        #[arg(required_unless_present = "key")]
        identity: Option<String>,
        /// Its key, in place of that; no copy is kept
        #[arg(long, value_name = "FILE", conflicts_with = "identity")]
        key: Option<PathBuf>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Forget a cluster
    Remove {
        /// Its name
        cluster: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// List the clusters that are known
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// On a node: print by what an arbiter is to know its cluster
    Identity {
        #[command(flatten)]
        node: NodeArguments,
    },
}

/// `systole arbiter ...`
pub(crate) fn run(arguments: ArbiterArguments) -> Outcome {
    let ArbiterArguments { verb, listen, trust_new, folder } = arguments;
    match verb {
        None => {
            let newcomers = if trust_new { Newcomers::Trusted } else { Newcomers::Refused };
            let listen = listen.map_or_else(everywhere, |address| vec![address]);
            serve(ServerOptions { listen, registry: folder.registry(), newcomers })
        }
        Some(ArbiterVerb::Status { json, folder }) => status(&folder, json),
        Some(ArbiterVerb::Fingerprint { folder }) => {
            line(&folder.registry().fingerprint().map_err(told)?.to_string());
            DONE
        }
        Some(ArbiterVerb::Add { cluster, identity, key, folder }) => {
            let identity = match (identity, key) {
                (_, Some(key)) => identity_of(&cluster, &key)?,
                (identity, None) => identity.unwrap_or_default().parse().map_err(told)?,
            };
            folder.registry().add(&cluster, identity).map_err(told)?;
            line(&format!("{cluster} is known by {identity}."));
            DONE
        }
        Some(ArbiterVerb::Remove { cluster, folder }) => {
            folder.registry().remove(&cluster).map_err(told)?;
            line(&format!("{cluster} is forgotten once its connections end."));
            DONE
        }
        Some(ArbiterVerb::List { folder }) => {
            folder.registry().names().map_err(told)?.iter().for_each(|name| line(name));
            DONE
        }
        Some(ArbiterVerb::Identity { node }) => {
            let identity = daemon::arbiter_identity(&node.options(None)).map_err(told)?;
            let cluster = identity.cluster();
            if cluster.is_empty() {
                let why = "an arbiter knows clusters by name: set totem.cluster_name on all nodes";
                return Err(Failure::Configuration(why.into()));
            }
            line(&format!("systole arbiter add {cluster} {}", identity.public()));
            DONE
        }
    }
}

fn told(error: impl std::fmt::Display) -> Failure {
    Failure::Other(error.to_string())
}

fn identity_of(cluster: &str, key: &Path) -> Result<PublicIdentity, Failure> {
    let in_file = |what: &str| Failure::Other(format!("{}: {what}", key.display()));
    let bytes = std::fs::read(key).map_err(|error| in_file(&of_system(&error)))?;
    let key = ClusterKey::new(bytes).map_err(|error| in_file(&error.to_string()))?;
    Ok(Identity::new(&key, cluster).public())
}

fn serve(options: ServerOptions) -> Outcome {
    let server = Server::open(options).map_err(told)?;
    line(&format!(
        "The arbiter listens on {}. In the corosync.conf of its clusters:",
        server.address()
    ));
    line(&format!(
        "quorum {{\n    device {{\n        model: net\n        net {{\n            host: THIS_MACHINE\n            \
         port: {}\n            fingerprint: {}\n        }}\n    }}\n}}",
        server.address().port(),
        server.fingerprint()
    ));
    Server::log();
    server.run().map_err(told)?;
    DONE
}

fn status(folder: &Folder, json: bool) -> Outcome {
    let status = read_status(&folder.registry()).map_err(|error| {
        Failure::Other(format!(
            "{}: no arbiter answers ({}); start `systole arbiter --dir {0}`",
            folder.dir.display(),
            of_system(&error)
        ))
    })?;
    match json {
        true => line(&serde_json::to_string_pretty(&status).map_err(told)?),
        false => lines(&status).iter().for_each(|text| line(text)),
    }
    DONE
}

fn lines(status: &Status) -> Vec<String> {
    let counts = status.counts;
    let mut lines = vec![
        format!("Arbiter on {}, fingerprint {}", status.address, status.fingerprint),
        format!(
            "{} connections now; {} accepted, {} turned away, {} without proof, {} damaged",
            status.connections,
            counts.accepted,
            counts.turned_away,
            counts.unproved,
            counts.damaged
        ),
    ];
    let width = status.clusters.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for cluster in &status.clusters {
        let name = format!("{:width$}", cluster.name);
        let holder = match cluster.holder.as_slice() {
            [] => "nobody has the vote".to_owned(),
            nodes => {
                let held_for = Duration::from_secs(cluster.held_for_ms / 1000);
                format!("the vote is with {} for {held_for:?}", words(nodes))
            }
        };
        let others = cluster.others.iter().map(|nodes| format!("; without it: {}", words(nodes)));
        lines.push(format!("{name}  {holder}{}", others.collect::<String>()));
    }
    lines
}

fn words(nodes: &[u32]) -> String {
    let ids: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    let word = if ids.len() == 1 { "node" } else { "nodes" };
    format!("{word} {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::arbiter::{Counts, ServedCluster};

    #[test]
    fn a_status_reads_as_a_list_of_clusters() {
        let cluster = |name: &str, holder: &[u32], others: &[&[u32]]| ServedCluster {
            name: name.into(),
            holder: holder.to_vec(),
            held_for_ms: 75_900,
            others: others.iter().map(|nodes| nodes.to_vec()).collect(),
        };
        let status = Status {
            address: "[::]:5403".into(),
            fingerprint: "ab".into(),
            connections: 2,
            counts: Counts { accepted: 3, unproved: 1, ..Counts::default() },
            clusters: vec![cluster("lustre", &[1, 2], &[]), cluster("s", &[], &[&[1], &[2, 3]])],
        };
        assert_eq!(
            lines(&status),
            [
                "Arbiter on [::]:5403, fingerprint ab",
                "2 connections now; 3 accepted, 0 turned away, 1 without proof, 0 damaged",
                "lustre  the vote is with nodes 1, 2 for 75s",
                "s       nobody has the vote; without it: node 1; without it: nodes 2, 3",
            ]
        );
    }
}
