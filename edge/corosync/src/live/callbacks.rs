//! What Corosync calls while it is dispatched, on the thread that does so. The library holds a lock
//! meanwhile, so nothing is done here but to note what was told.

use crate::door::{Process, Reason, RingName};
use base::NodeId;
use rust_corosync::{NodeId as Node, cpg, quorum};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was told.
pub(super) enum Told {
    Configuration {
        members: BTreeSet<Process>,
        left: BTreeMap<Process, Reason>,
        joined: BTreeMap<Process, Reason>,
    },
    Ring(RingName),
    Quorum {
        ring: RingName,
        nodes: BTreeSet<NodeId>,
        quorate: bool,
    },
    Delivered {
        from: Process,
        bytes: Vec<u8>,
    },
}

thread_local! {
    static TOLD: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

/// Everything that was told on this thread since the last time.
pub(super) fn drain() -> Vec<Told> {
    TOLD.take()
}

fn note(told: Told) {
    TOLD.with_borrow_mut(|all| all.push(told));
}

pub(super) fn group() -> cpg::ModelData {
    cpg::ModelData::ModelV1(cpg::Model1Data {
        flags: cpg::Model1Flags::None,
        deliver_fn: Some(delivered),
        confchg_fn: Some(configuration),
        totem_confchg_fn: Some(ring),
    })
}

pub(super) fn quorum() -> quorum::ModelData {
    quorum::ModelData::ModelV1(quorum::Model1Data {
        flags: quorum::Model1Flags::None,
        quorum_notification_fn: Some(counted),
        nodelist_notification_fn: None,
    })
}

// The signatures are the library's.
#[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)]
fn delivered(_: &cpg::Handle, _: String, node: Node, pid: u32, bytes: &[u8], _: usize) {
    let from = Process { node: NodeId(node.into()), pid };
    note(Told::Delivered { from, bytes: bytes.to_vec() });
}

#[allow(clippy::needless_pass_by_value)]
fn configuration(
    _: &cpg::Handle,
    _: &str,
    members: Vec<cpg::Address>,
    left: Vec<cpg::Address>,
    joined: Vec<cpg::Address>,
) {
    let reasons = |all: Vec<cpg::Address>| all.iter().map(|a| (process(a), reason(a))).collect();
    let members = members.iter().map(process).collect();
    note(Told::Configuration { members, left: reasons(left), joined: reasons(joined) });
}

#[allow(clippy::needless_pass_by_value)]
fn ring(_: &cpg::Handle, ring: cpg::RingId, _: Vec<Node>) {
    note(Told::Ring(RingName { node: NodeId(ring.nodeid.into()), sequence: ring.seq }));
}

#[allow(clippy::needless_pass_by_value)]
fn counted(_: &quorum::Handle, quorate: bool, ring: quorum::RingId, nodes: Vec<Node>) {
    let ring = RingName { node: NodeId(ring.nodeid.into()), sequence: ring.seq };
    let nodes = nodes.into_iter().map(|node| NodeId(node.into())).collect();
    note(Told::Quorum { ring, nodes, quorate });
}

fn process(address: &cpg::Address) -> Process {
    Process { node: NodeId(address.nodeid.into()), pid: address.pid }
}

fn reason(address: &cpg::Address) -> Reason {
    match address.reason {
        cpg::Reason::Join => Reason::Joined,
        cpg::Reason::Leave => Reason::Left,
        cpg::Reason::NodeDown => Reason::NodeDown,
        cpg::Reason::NodeUp => Reason::NodeUp,
        cpg::Reason::ProcDown | cpg::Reason::Undefined => Reason::ProcessDown,
    }
}
