//! A real arbiter on the loopback, with clusters that are good, wrong and hostile.

use arbiter::{
    AskError, Client, Fingerprint, Identity, Newcomers, Place, Refused, Registry, Server,
    ServerOptions, StartError, read_status,
};
use base::NodeId;
use group::arbiter::{Report, Verdict};
use group::{ClusterKey, ViewId};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(5);

struct Rig {
    folder: PathBuf,
    registry: Registry,
    place: Place,
}

impl Rig {
    fn new(name: &str, newcomers: Newcomers) -> Self {
        let folder = std::env::temp_dir().join(format!("arbiter-{name}-{}", std::process::id()));
        let registry = Registry::new(&folder);
        let listen = vec!["127.0.0.1:0".parse().expect("an address")];
        let options = ServerOptions { listen, registry: registry.clone(), newcomers };
        let server = Server::open(options.clone()).expect("it starts");
        assert!(matches!(Server::open(options), Err(StartError::Running)));
        let (port, fingerprint) = (server.address().port(), server.fingerprint());
        assert_eq!(registry.fingerprint().expect("it is there"), fingerprint);
        std::thread::spawn(move || server.run());
        Self { folder, registry, place: Place { host: "127.0.0.1".into(), port, fingerprint } }
    }

    fn connect(&self, identity: &Identity) -> Result<Client, AskError> {
        Client::connect(&self.place, identity, NodeId(1), LIMIT)
    }

    fn stranger(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.place.port)).expect("it listens");
        // Well above the arbiter's own patience with one that does not introduce itself.
        stream.set_read_timeout(Some(LIMIT * 4)).expect("a socket");
        stream
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).expect("it is ours");
    }
}

fn identity(key: u8, name: &str) -> Identity {
    Identity::new(&ClusterKey::new([key; 32]).expect("a key"), name)
}

/// A view of all nodes of a cluster that says it has the vote already.
fn whole() -> Report {
    let members: std::collections::BTreeSet<_> = [NodeId(1), NodeId(2)].into();
    Report {
        node: NodeId(1),
        view: ViewId { counter: 7, proposer: NodeId(1) },
        configured: members.clone(),
        members,
        votes: 2,
        patience: Duration::from_millis(750),
        holds: true,
    }
}

fn refusal(result: Result<Client, AskError>) -> Option<Refused> {
    match result.err()? {
        AskError::Refused { why, .. } => Some(why),
        _ => None,
    }
}

#[test]
fn a_cluster_that_is_known_is_answered() {
    let rig = Rig::new("known", Newcomers::Refused);
    let lustre = identity(1, "lustre");
    assert_eq!(refusal(rig.connect(&lustre)), Some(Refused::UnknownCluster));
    rig.registry.add("lustre", lustre.public()).expect("it is written");
    assert_eq!(refusal(rig.connect(&identity(2, "lustre"))), Some(Refused::OtherIdentity));
    let mut client = rig.connect(&lustre).expect("it is known now");
    let answer = client.ask(&whole(), LIMIT).expect("an answer");
    assert_eq!(answer.verdict, Verdict::Granted);
    assert_eq!(client.ask(&whole(), LIMIT).expect("again").verdict, Verdict::Granted);
    let status = read_status(&rig.registry).expect("it runs");
    assert_eq!(status.fingerprint, rig.place.fingerprint.to_string());
    let told: Vec<_> = status.clusters.iter().map(|it| (it.name.as_str(), &it.holder)).collect();
    assert_eq!(told, [("lustre", &vec![1, 2])]);
    assert_eq!((status.counts.answered, status.counts.unproved), (2, 2));
}

#[test]
fn the_first_of_a_name_is_remembered_where_newcomers_are_trusted() {
    let rig = Rig::new("trusting", Newcomers::Trusted);
    rig.connect(&identity(1, "lustre")).expect("it is the first");
    assert_eq!(refusal(rig.connect(&identity(2, "lustre"))), Some(Refused::OtherIdentity));
    rig.connect(&identity(2, "scratch")).expect("it has another name");
    assert_eq!(rig.registry.names().expect("readable"), ["lustre", "scratch"]);
    assert_eq!(refusal(rig.connect(&identity(3, "../../etc"))), Some(Refused::UnknownCluster));
}

#[test]
fn another_arbiter_is_not_believed() {
    let mut rig = Rig::new("impostor", Newcomers::Trusted);
    rig.place.fingerprint = Fingerprint([0; 32]);
    let refused = rig.connect(&identity(1, "lustre")).err();
    assert!(matches!(refused, Some(AskError::Impostor { .. })), "{refused:?}");
}

#[test]
fn bad_input_ends_its_own_connection_and_no_other() {
    let rig = Rig::new("hostile", Newcomers::Trusted);
    let mut good = rig.connect(&identity(1, "lustre")).expect("it is the first");
    assert!(good.ask(&whole(), LIMIT).is_ok());
    let mut wrong = rig.connect(&identity(2, "scratch")).expect("it is the first");
    // Neither TLS, nor TLS that goes on, nor anything at all.
    let mut noise = rig.stranger();
    noise.write_all(&[0xff; 4096]).expect("it is taken");
    let mut silent = rig.stranger();
    let mut many: Vec<_> = (0..40).map(|_| rig.stranger()).collect();
    // Of a cluster that is known, but says what makes no sense.
    let lie = Report { node: NodeId(9), ..whole() };
    assert!(wrong.ask(&lie, LIMIT).is_err());
    assert!(wrong.ask(&whole(), LIMIT).is_err(), "the connection is over");
    let started = Instant::now();
    assert!(good.ask(&whole(), LIMIT).is_ok());
    assert!(started.elapsed() < Duration::from_secs(1));
    let mut rest = Vec::new();
    assert!(noise.read_to_end(&mut rest).is_ok() || rest.len() < 100, "it is told to go");
    assert!(silent.read_to_end(&mut rest).is_ok(), "whoever says nothing is left after a while");
    many.clear();
    let status = read_status(&rig.registry).expect("it runs");
    assert!(status.counts.turned_away > 20, "{:?}", status.counts);
    assert_eq!(status.counts.damaged, 1);
    assert!(status.counts.unproved >= 2);
}
