//! Resources and what ties them together, as a picture for Graphviz: orders as arrows, colocations
//! dashed, locations dotted.

use cluster::{
    ColocationTarget, Configuration, Constraint, LocationTarget, OrderTarget, Preference, Resource,
    ResourceSet,
};
use std::fmt::Write;

/// The text that `dot` draws.
pub fn dot(configuration: &Configuration) -> String {
    let mut text = "digraph configuration {\n  rankdir=LR;\n  node [shape=ellipse];\n".to_owned();
    for resource in &configuration.resources {
        place(resource, 1, &mut text);
    }
    for constraint in &configuration.constraints {
        match constraint {
            Constraint::Location(location) => {
                if let (LocationTarget::Resource(resource), Preference::Node { node, score }) =
                    (&location.target, &location.preference)
                {
                    let _ = writeln!(text, "  {} [shape=box];", quoted(node));
                    edge(&mut text, (resource, node), &score.to_string(), "dotted");
                }
            }
            Constraint::Colocation(colocation) => {
                let score = colocation.score.to_string();
                let pairs: Vec<(&str, &str)> = match &colocation.target {
                    ColocationTarget::Pair { resource, with, .. } => vec![(resource, with)],
                    ColocationTarget::Sets(sets) => neighbours(sets, Turned::Back),
                };
                for pair in pairs {
                    edge(&mut text, pair, &score, "dashed");
                }
            }
            Constraint::Order(order) => {
                let pairs: Vec<(&str, &str)> = match &order.target {
                    OrderTarget::Pair { first, then, .. } => vec![(first, then)],
                    OrderTarget::Sets(sets) => neighbours(sets, Turned::On),
                };
                for pair in pairs {
                    edge(&mut text, pair, "", "solid");
                }
            }
            Constraint::Ticket(_) => {}
        }
    }
    text.push_str("}\n");
    text
}

/// What is inside of something stands in a frame with its name.
fn place(resource: &Resource, level: usize, text: &mut String) {
    let indent = "  ".repeat(level);
    let id = resource.id();
    let inside: Vec<&str> = match resource {
        Resource::Primitive(_) => {
            let _ = writeln!(text, "{indent}{};", quoted(id));
            return;
        }
        Resource::Template(_) => return,
        Resource::Group(_) | Resource::Clone(_) | Resource::Bundle(_) => {
            resource.ids().into_iter().skip(1).collect()
        }
    };
    let _ = writeln!(text, "{indent}subgraph {} {{", quoted(&format!("cluster_{id}")));
    let _ = writeln!(text, "{indent}  label={};", quoted(id));
    // Constraints name what is around, and edges need a point to lead to.
    let _ = writeln!(text, "{indent}  {} [shape=point];", quoted(id));
    match resource {
        Resource::Clone(clone) => place(&clone.child, level + 1, text),
        _ => {
            for id in &inside {
                let _ = writeln!(text, "{indent}  {};", quoted(id));
            }
        }
    }
    if let Resource::Group(_) = resource {
        for pair in inside.windows(2) {
            edge(text, (pair[0], pair[1]), "", "solid");
        }
    }
    let _ = writeln!(text, "{indent}}}");
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turned {
    On,
    Back,
}

/// Each member with the next one, over the ends of sets.
fn neighbours(sets: &[ResourceSet], turned: Turned) -> Vec<(&str, &str)> {
    let members: Vec<&str> =
        sets.iter().flat_map(|set| set.members.iter().map(String::as_str)).collect();
    let pairs = members.windows(2).map(|pair| match turned {
        Turned::On => (pair[0], pair[1]),
        Turned::Back => (pair[1], pair[0]),
    });
    pairs.collect()
}

fn edge(text: &mut String, (from, to): (&str, &str), label: &str, style: &str) {
    let label = if label.is_empty() { String::new() } else { format!(", label={}", quoted(label)) };
    let _ = writeln!(text, "  {} -> {} [style={style}{label}];", quoted(from), quoted(to));
}

fn quoted(id: &str) -> String {
    format!("\"{}\"", id.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tied_to_what() {
        let text = "primitive a ocf:x:Y\nprimitive b ocf:x:Y\nprimitive c ocf:x:Y\ngroup g a b\n\
            colocation col -5: c g\nlocation l c 7: n\norder o g c\n";
        let mut configuration = Configuration::default();
        let loaded = crmsh::load(text, &configuration, crmsh::Mode::Update).expect("it is right");
        configuration.apply(&loaded.edits).expect("the edits fit");
        let expected = "digraph configuration {\n  rankdir=LR;\n  node [shape=ellipse];\n  \
            \"c\";\n  subgraph \"cluster_g\" {\n    label=\"g\";\n    \"g\" [shape=point];\n    \
            \"a\";\n    \"b\";\n  \"a\" -> \"b\" [style=solid];\n  }\n  \
            \"c\" -> \"g\" [style=dashed, label=\"-5\"];\n  \"n\" [shape=box];\n  \
            \"c\" -> \"n\" [style=dotted, label=\"7\"];\n  \"g\" -> \"c\" [style=solid];\n}\n";
        assert_eq!(dot(&configuration), expected);
        assert_eq!(quoted("a\"\\b"), "\"a\\\"\\\\b\"");
    }
}
