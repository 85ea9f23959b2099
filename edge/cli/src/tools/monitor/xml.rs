//! The cluster's state as XML: what agents, consoles and exporters read of
//! `crm_mon --output-as=xml`.

use cluster::Element;
use report::monitor::Cluster;
use report::xml::{Form, nodes, resources, result, summary};

/// The state; `request` is the command line that asked for it.
pub(super) fn write(cluster: &Cluster<'_>, request: &str) -> String {
    let situation = cluster.situation;
    let parts: Vec<Element> =
        vec![summary(cluster), nodes(situation), resources(situation, Form::Presented)];
    cib::write_element(&result(Form::Presented, request, parts, (0, "OK")))
}
