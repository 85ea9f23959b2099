//! Whether the parameters that something was done with are still the same.

use super::remote::is_connection;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Situation;
use cluster::value::duration;
use cluster::{OperationRecord, OperationSettings, RuleContext, resolved};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// What has become of the parameters of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestVerdict {
    /// They are the same.
    Same,
    /// The resource has to be restarted for what has changed.
    Restart,
    /// They are others; a reload may do, or a recurring operation has to be set up again.
    Changed,
    /// What they were was not written down.
    Unknown,
}

/// An operation's parameters then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What has become of them.
    pub verdict: DigestVerdict,
    /// The digest of all parameters as they are now.
    pub all: String,
    /// Of those that ask for a restart, where the record tells which those are.
    pub restart: Option<String>,
}

/// Whether what an action is told under that name is a parameter of its agent, and thus part of the
/// digest that its result is kept with.
pub fn is_parameter(name: &str) -> bool {
    const OTHERS: [&str; 6] =
        ["id", "crm_feature_set", "op-digest", "on_node", "on_node_uuid", "pcmk_external_ip"];
    !OTHERS.contains(&name) && !name.starts_with("CRM_meta_")
}

/// The digest of parameters as the CIB keeps it.
pub fn parameters_digest(parameters: &BTreeMap<String, String>) -> String {
    let mut text = String::from(" <parameters");
    for (name, value) in parameters {
        // Writing to a string does not fail.
        let _ = write!(text, " {name}=\"");
        for c in value.chars() {
            match c {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '"' => text.push_str("&quot;"),
                '\n' => text.push_str("&#10;"),
                '\r' => text.push_str("&#13;"),
                '\t' => text.push_str("&#9;"),
                c => text.push(c),
            }
        }
        text.push('"');
    }
    text.push_str("/>\n");
    format!("{:x}", md5::compute(text))
}

/// Parameters that are no secret in any agent are all but these, as long as nobody says better.
const USUAL_SECRETS: &str = " passwd password user ";

/// Whether nobody but the agent shall read the value of this parameter, as long as its metadata does
/// not say better.
pub fn is_usually_secret(name: &str) -> bool {
    is_listed(USUAL_SECRETS, name)
}

/// How long an operation may take for which nothing is configured.
const USUAL_TIMEOUT: Duration = Duration::from_secs(20);

impl Situation<'_> {
    /// Compares the parameters of an operation in the history with those of today.
    pub fn digests(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        record: &OperationRecord,
    ) -> Compared {
        let task = record.operation.as_str();
        let (parameters, has_extra) =
            self.operation_parameters(resource, node, task, record.interval);
        let all = parameters_digest(&parameters);
        let digests = &record.digests;
        let restart = digests.restart.as_ref().map(|_| match &digests.restart_parameters {
            None => all.clone(),
            Some(names) => {
                let mut relevant = parameters.clone();
                relevant.retain(|name, _| is_listed(names, name));
                parameters_digest(&relevant)
            }
        });
        let is_rescheduled = self.rescheduled.contains(&(resource, node, record.id.as_str()));
        let verdict = if digests.restart != restart || is_rescheduled {
            DigestVerdict::Restart
        } else {
            match &digests.all {
                None => DigestVerdict::Unknown,
                Some(then) if *then == all => DigestVerdict::Same,
                // Parameters of the operation itself do not reach the agent by a reload.
                Some(_) if has_extra && record.interval.is_zero() => DigestVerdict::Restart,
                Some(_) => DigestVerdict::Changed,
            }
        };
        Compared { verdict, all, restart }
    }

    /// Whether all but the secrets is as it was, in a copy of the configuration in which those may
    /// have been masked.
    pub fn differs_in_secrets_only(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        record: &OperationRecord,
    ) -> bool {
        let Some(noted) = record.digests.secure.as_ref().filter(|_| self.facts.is_masked) else {
            return false;
        };
        let (mut open, _) =
            self.operation_parameters(resource, node, &record.operation, record.interval);
        if record.digests.all.as_deref() == Some(parameters_digest(&open).as_str()) {
            return false;
        }
        if let Some(secrets) = &record.digests.secure_parameters {
            open.retain(|name, _| !is_listed(secrets, name));
        }
        // Clusters of older days left out what is none of the agent's business.
        if is_older(record, [3, 16, 0]) {
            open.remove("CRM_meta_timeout");
            if self.resources[resource].agent.is_fencing() {
                open.retain(|name, _| !name.starts_with("pcmk_"));
            }
        }
        parameters_digest(&open) == *noted
    }

    /// What an operation is done with: the resource's parameters and its own; for a recurring one
    /// its timeout belongs to them. Says too whether it has any of its own.
    fn operation_parameters(
        &self,
        resource: ResourceIndex,
        node: NodeIndex,
        task: &str,
        interval: Duration,
    ) -> (BTreeMap<String, String>, bool) {
        let mut parameters = self.parameters(resource, Some(node));
        if self.is_reached_through_node(resource)
            && let Some(host) = self.host_of(resource)
        {
            parameters.insert("addr".to_owned(), self.nodes[host].name.clone());
        }
        let settings = self.operations(resource);
        let own = settings.iter().find(|it| it.name == task && it.interval.value == interval);
        let context = RuleContext {
            attributes: Some(&self.nodes[node].attributes),
            now: Some(self.facts.now),
            ..RuleContext::default()
        };
        let mut has_extra = false;
        if let Some(own) = own {
            let extra = resolved(&own.parameters, None, &self.references, &context, &mut None);
            has_extra = !extra.is_empty();
            for (name, value) in extra {
                parameters.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        parameters.retain(|name, _| is_parameter(name));
        if !interval.is_zero() {
            let timeout = self.timeout(resource, own.copied(), (task, interval));
            parameters.insert("CRM_meta_timeout".to_owned(), timeout.as_millis().to_string());
        }
        (parameters, has_extra)
    }

    fn timeout(
        &self,
        resource: ResourceIndex,
        own: Option<&OperationSettings>,
        operation: (&str, Duration),
    ) -> Duration {
        let context = RuleContext {
            now: Some(self.facts.now),
            agent: Some(&self.resources[resource].agent),
            operation: Some(operation),
            ..RuleContext::default()
        };
        let in_sets = |sets: &[cluster::AttributeSet]| {
            let meta = resolved(sets, None, &self.references, &context, &mut None);
            meta.get("timeout").and_then(|text| duration(text))
        };
        let written = own.and_then(|own| own.timeout.as_ref()).map(|timeout| timeout.value);
        written
            .or_else(|| own.and_then(|own| in_sets(&own.meta)))
            .or_else(|| in_sets(&self.facts.configuration.operation_defaults))
            .unwrap_or(USUAL_TIMEOUT)
    }

    /// Whether a connection leads into a container that is reached through the node it is on.
    pub fn is_reached_through_node(&self, resource: ResourceIndex) -> bool {
        is_connection(&self.resources[resource].agent)
            && self.parameters(resource, None).get("addr").is_some_and(|text| text == "#uname")
    }

    /// The node that a connection's container goes to, or is on while that is not known, or when
    /// it goes nowhere.
    fn host_of(&self, connection: ResourceIndex) -> Option<NodeIndex> {
        let planned = self.hosts.get(&connection).copied();
        planned.or_else(|| self.current_node(self.resources[connection].container?))
    }

    /// The digests of a fence device's parameters for a node: of all, and of those that are no
    /// secret.
    pub fn fencing_digests(&self, device: ResourceIndex, node: NodeIndex) -> (String, String) {
        let (mut parameters, _) =
            self.operation_parameters(device, node, "stonith-on", Duration::ZERO);
        let all = parameters_digest(&parameters);
        parameters.retain(|name, _| !is_listed(USUAL_SECRETS, name) && !name.starts_with("pcmk_"));
        (all, parameters_digest(&parameters))
    }

    /// Whether a node was unfenced with the parameters that a fence device has today.
    pub fn unfencing_verdict(&self, device: ResourceIndex, node: NodeIndex) -> DigestVerdict {
        let attributes = &self.nodes[node].attributes;
        let Some(noted) = attributes.get("#digests-all") else { return DigestVerdict::Unknown };
        let (all, secure) = self.fencing_digests(device, node);
        let state = &self.resources[device];
        let is_noted = |notes: &str, digest: &str| {
            notes.contains(&format!("{}:{}:{digest},", state.id, state.agent.kind))
        };
        let secure_notes = attributes.get("#digests-secure");
        if is_noted(noted, &all) || secure_notes.is_some_and(|notes| is_noted(notes, &secure)) {
            DigestVerdict::Same
        } else {
            DigestVerdict::Changed
        }
    }
}

/// Whether a record was written by a cluster whose feature set is older than that.
fn is_older(record: &OperationRecord, version: [u32; 3]) -> bool {
    let written = record.extra.attribute("crm_feature_set").unwrap_or_default();
    let mut parts = written.split('.').map(|part| part.parse().unwrap_or(0));
    let written = [(); 3].map(|()| parts.next().unwrap_or(0));
    written < version
}

/// Whether a name stands in a list of names between blanks.
fn is_listed(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|listed| listed == name)
}

#[cfg(test)]
mod tests {
    use super::parameters_digest;
    use std::collections::BTreeMap;

    #[test]
    fn no_parameters_have_the_digest_that_every_cib_is_full_of() {
        assert_eq!(parameters_digest(&BTreeMap::new()), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
    }
}
