//! The cluster's state as XML: what agents and exporters read of `crm_mon --output-as=xml`.

use crate::markup::{FORM, element};
use crate::picture::Picture;
use cluster::Element;
use scheduler::Situation;

/// The state; `request` is the command line that asked for it.
pub(super) fn write(picture: &Picture, situation: &Situation<'_>, request: &str) -> String {
    let parts = vec![
        summary(picture, situation),
        report::xml::nodes(situation),
        report::xml::resources(situation),
    ];
    let root = report::xml::result(FORM, request, parts, (0, "OK"));
    format!("<?xml version=\"1.0\"?>\n{}", cib::write_element(&root))
}

fn summary(picture: &Picture, situation: &Situation<'_>) -> Element {
    let coordinator = picture.coordinator();
    let dc = match &coordinator {
        Some(name) => {
            let id = situation.node(name).map_or("", |node| situation.nodes[node].id.as_str());
            let quorum = if picture.has_quorum() { "true" } else { "false" };
            let attributes = [
                ("present", "true"),
                ("version", daemon::PRESENTED_VERSION),
                ("name", name),
                ("id", id),
                ("with_quorum", quorum),
            ];
            element("current_dc", &attributes, Vec::new())
        }
        None => element("current_dc", &[("present", "false")], Vec::new()),
    };
    let nodes = situation.nodes.len().to_string();
    let instances = report::monitor::instances(situation).to_string();
    let parts = vec![
        element("stack", &[("type", "corosync")], Vec::new()),
        dc,
        element("nodes_configured", &[("number", &nodes)], Vec::new()),
        element("resources_configured", &[("number", &instances)], Vec::new()),
    ];
    element::<&str>("summary", &[], parts)
}
