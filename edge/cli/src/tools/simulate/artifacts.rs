//! What is written to files.

use crate::answer::Failure;
use crate::words::of_system;
use cib::Cib;
use report::simulation::{self, Header, Labels, Shown};
use scheduler::Decision;
use std::path::Path;

/// Writes a CIB.
pub(super) fn write_cib(path: &Path, cib: &Cib) -> Result<(), Failure> {
    write(path, &cib::write(cib))
}

/// Writes the transition graph.
pub(super) fn write_graph(path: &Path, decision: &Decision<'_>) -> Result<(), Failure> {
    let configuration = decision.situation.facts.configuration;
    let header = Header {
        feature_set: daemon::CRM_FEATURE_SET,
        batch_limit: configuration.property("batch-limit"),
        number: 1,
    };
    write(path, &cib::write_element(&simulation::graph(&decision.transition, &header)))
}

/// Writes the same for Graphviz.
pub(super) fn write_dot(
    path: &Path,
    decision: &Decision<'_>,
    shown: Shown,
    labels: Labels,
) -> Result<(), Failure> {
    write(path, &simulation::dot(decision, shown, labels))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::Other(format!("{}: {}", path.display(), of_system(&error))))
}
