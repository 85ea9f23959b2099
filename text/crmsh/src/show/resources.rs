//! Primitives, groups, clones.

use super::parts::{description, operations};
use super::{Lines, Printer};
use cluster::{Agent, Clone as CloneResource, Group, Primitive};

impl Printer<'_> {
    /// A primitive, or a template, which is written like one.
    pub(super) fn primitive(&self, keyword: &str, primitive: &Primitive) -> Lines {
        let agent = match &primitive.template {
            Some(template) => format!("@{template}"),
            None => agent(&primitive.agent),
        };
        let mut lines = Lines::new(format!("{keyword} {} {agent}", primitive.id));
        description(primitive.description.as_deref(), &mut lines);
        for set in &primitive.parameters {
            lines.push(self.block("params", set));
        }
        for set in &primitive.meta {
            lines.push(self.block("meta", set));
        }
        for set in &primitive.utilization {
            lines.push(self.block("utilization", set));
        }
        if let Some(line) = operations(primitive) {
            lines.push(line);
        }
        for operation in &primitive.operations {
            self.operation(operation, &mut lines);
        }
        lines
    }

    pub(super) fn group(&self, group: &Group) -> Lines {
        let members: Vec<&str> = group.members.iter().map(|member| member.id.as_str()).collect();
        let mut lines = Lines::new(format!("group {} {}", group.id, members.join(" ")));
        description(group.description.as_deref(), &mut lines);
        for set in &group.parameters {
            lines.push(self.block("params", set));
        }
        for set in &group.meta {
            lines.push(self.block("meta", set));
        }
        lines
    }

    pub(super) fn clone(&self, clone: &CloneResource) -> Lines {
        let mut lines = Lines::new(format!("clone {} {}", clone.id, clone.child.id()));
        description(clone.description.as_deref(), &mut lines);
        for set in &clone.parameters {
            lines.push(self.block("params", set));
        }
        for set in &clone.meta {
            lines.push(self.block("meta", set));
        }
        lines
    }
}

/// An agent; what a bare name means is left out.
fn agent(agent: &Agent) -> String {
    let is_usual = agent.class == "ocf" && agent.provider.as_deref() == Some("heartbeat");
    if is_usual && !agent.kind.starts_with("fence_") && !agent.kind.contains(':') {
        agent.kind.clone()
    } else {
        agent.to_string()
    }
}
