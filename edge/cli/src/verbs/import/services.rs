//! The CIB: what is to run, and what of that cannot run here.

use super::report::{Chapter, Entry, Fate};
use crate::answer::Failure;
use crate::input::located;
use crate::verbs::verify::runnable;
use agents::Catalogue;
use cib::Cib;
use cluster::validate::{Problem, Severity, validate};
use cluster::{
    Configuration, Constraint, ContainerKind, Element, Primitive, Resource, Section, Status,
};
use daemon::SCHEMA;
use std::collections::{BTreeMap, BTreeSet};

/// What is made of a CIB.
pub(crate) struct Services {
    /// As it was, of the schema that we present.
    pub(crate) cib: Cib,
    pub(crate) chapter: Chapter,
}

/// Reads `text`, the CIB `name`.
///
/// # Errors
/// When it is no CIB, or one that no cluster would take.
pub(crate) fn read(name: &str, text: &str, catalogue: &Catalogue) -> Result<Services, Failure> {
    let wrong = |error| Failure::Configuration(located(name, &error));
    let root = cib::read_element(text).map_err(wrong)?;
    // Places in messages are those of the text, so it is read as it stands first.
    let (_, doubts) = cib::read_tolerant(text).map_err(wrong)?;
    let upgraded = cib::upgrade(&root, SCHEMA);
    let cib = cib::from_element(&upgraded.root).map_err(wrong)?;
    let lines = cib::lines_of_ids(text);
    let mut review = Review { lines, catalogue, entries: Vec::new() };
    review.schema(&root, &upgraded.notes)?;
    for doubt in doubts {
        let words = format!("{}; it is kept and counts as not given", doubt.what);
        review.entries.push(Entry::new(Fate::Doubtful, doubt.line, "", words));
    }
    review.whole(name, &cib.configuration)?;
    review.options(&cib.configuration);
    review.resources(&cib.configuration);
    review.other_parts(&cib.configuration);
    review.status(&cib.status);
    let chapter =
        Chapter { of: name.to_owned(), taken: counts(&cib.configuration), entries: review.entries };
    Ok(Services { cib, chapter })
}

fn counts(configuration: &Configuration) -> Vec<(&'static str, usize)> {
    let pairs = |sets: &[cluster::AttributeSet]| sets.iter().map(|set| set.pairs.len()).sum();
    let of = |section| configuration.opaque.iter().filter(|(there, _)| *there == section).count();
    vec![
        ("nodes", configuration.nodes.len()),
        ("primitives", configuration.primitives().count()),
        ("constraints", configuration.constraints.len()),
        ("cluster options", pairs(&configuration.properties)),
        ("defaults of resources", pairs(&configuration.resource_defaults)),
        ("defaults of operations", pairs(&configuration.operation_defaults)),
        ("tags", configuration.tags.len()),
        ("fencing levels", configuration.fencing_levels.len()),
        ("access rules", of(Section::Acls)),
    ]
}

struct Review<'a> {
    /// Where each id stands.
    lines: BTreeMap<String, usize>,
    catalogue: &'a Catalogue,
    entries: Vec<Entry>,
}

impl Review<'_> {
    fn add(&mut self, fate: Fate, id: &str, words: impl Into<String>) {
        let line = self.lines.get(id).copied().unwrap_or_default();
        self.entries.push(Entry::new(fate, line, id, words));
    }

    fn schema(&mut self, root: &Element, notes: &[String]) -> Result<(), Failure> {
        let schema = root.attribute("validate-with").unwrap_or("none");
        if !cib::is_known_schema(schema) {
            return Err(Failure::Configuration(format!(
                "the CIB is of the schema `{schema}`, which nobody knows here; there are {}",
                cib::known_schemas()
            )));
        }
        let mapped = notes.iter().map(|note| Entry::new(Fate::Mapped, 0, "schema", note));
        self.entries.extend(mapped);
        let is_newer = notes.is_empty() && schema != SCHEMA && schema != "none";
        if is_newer {
            let words = format!("{schema} is kept; other tools are told {SCHEMA}");
            self.entries.push(Entry::new(Fate::Mapped, 0, "schema", words));
        }
        Ok(())
    }

    /// What is wrong with all of it: errors are refused, as every change with them would be.
    fn whole(&mut self, name: &str, configuration: &Configuration) -> Result<(), Failure> {
        let paths = cib::access::problems(configuration);
        let (errors, warnings): (Vec<Problem>, Vec<Problem>) = validate(configuration)
            .into_iter()
            .chain(paths)
            .partition(|problem| problem.severity == Severity::Error);
        if !errors.is_empty() {
            let lines = errors.iter().map(|problem| format!("{name}: error: {problem}"));
            return Err(Failure::Configuration(lines.collect::<Vec<_>>().join("\n")));
        }
        for Problem { object, what, help, .. } in warnings {
            let help = if help.is_empty() { help } else { format!("; {help}") };
            self.add(Fate::Doubtful, &object, format!("{what}{help}"));
        }
        Ok(())
    }

    fn options(&mut self, configuration: &Configuration) {
        if has_watchdog(configuration) {
            self.add(
                Fate::Unsupported,
                "have-watchdog",
                "SBD and watchdogs are not used: without another fence device nobody is fenced; \
                 configure one (fence_ipmilan, fence_vmware_soap, ...)",
            );
        }
        let written_by_pacemaker = ["dc-version", "cluster-infrastructure"];
        let there = written_by_pacemaker.iter().filter(|name| is_set(configuration, name));
        for name in there.copied().collect::<Vec<_>>() {
            let words = "written by Pacemaker, and kept as it was";
            self.entries.push(Entry::new(Fate::NoEffect, 0, name, words));
        }
    }

    fn resources(&mut self, configuration: &Configuration) {
        for resource in &configuration.resources {
            if let Resource::Bundle(bundle) = resource {
                self.bundle(bundle);
            }
            let inside_of_bundle = matches!(resource, Resource::Bundle(_));
            for primitive in resource.primitives() {
                if !inside_of_bundle {
                    self.primitive(primitive);
                }
            }
        }
        let strange = configuration.opaque.iter().filter(|it| it.0 == Section::Resources);
        for (_, element) in strange {
            let id = element.attribute("id").unwrap_or(&element.name);
            let words = format!("`{}` is kept, and nobody knows what it is", element.name);
            self.add(Fate::Unsupported, id, words);
        }
    }

    fn bundle(&mut self, bundle: &cluster::Bundle) {
        if bundle.container.kind == ContainerKind::Rkt {
            let words = "rkt is not developed any more; use podman or docker";
            self.add(Fate::Unsupported, &bundle.id, words);
        }
        if let Some(inside) = &bundle.primitive {
            let words = format!(
                "{} would run inside of containers, which are not entered here; run it on the \
                 nodes, or as a container that starts it by itself",
                inside.id
            );
            self.add(Fate::Unsupported, &bundle.id, words);
        }
    }

    fn primitive(&mut self, primitive: &Primitive) {
        let agent = &primitive.agent;
        if primitive.template.is_some() && agent.kind.is_empty() {
            return;
        }
        if is_remote_node(primitive) {
            let words = "remote and guest nodes are not joined here; what runs on them has to run \
                         on the cluster's nodes";
            return self.add(Fate::Unsupported, &primitive.id, words);
        }
        match runnable(primitive) {
            None => self.add(
                Fate::Unsupported,
                &primitive.id,
                format!(
                    "agents of class {} are not run here; use an OCF agent in the place of {agent}",
                    agent.class
                ),
            ),
            Some(found) => {
                if let Err(missing) = self.catalogue.find(&found) {
                    self.add(Fate::Unsupported, &primitive.id, missing.to_string());
                }
            }
        }
    }

    fn other_parts(&mut self, configuration: &Configuration) {
        for node in configuration.nodes.iter().filter(|node| node.kind.as_deref() == Some("remote"))
        {
            self.add(Fate::Unsupported, &node.id, "remote nodes are not joined here");
        }
        for (_, alert) in configuration.opaque.iter().filter(|it| it.0 == Section::Alerts) {
            let id = alert.attribute("id").unwrap_or(&alert.name);
            self.add(Fate::Unsupported, id, "it is kept, and alert agents are not run yet");
        }
        let tickets: BTreeSet<&str> = configuration
            .constraints
            .iter()
            .filter_map(|constraint| match constraint {
                Constraint::Ticket(ticket) => Some(ticket.ticket.as_str()),
                _ => None,
            })
            .collect();
        for ticket in tickets {
            let words = "booth is not spoken here; the ticket is granted and revoked by hand";
            self.entries.push(Entry::new(Fate::Unsupported, 0, format!("ticket {ticket}"), words));
        }
    }

    /// What is: found anew here, but for what only people knew.
    fn status(&mut self, status: &Status) {
        let attributes = status.nodes.values().flat_map(|node| node.attributes.keys());
        let failures = attributes.filter(|name| name.starts_with("fail-count-")).count();
        if failures > 0 {
            let words =
                format!("{failures} fail counts are forgotten; what still fails is counted");
            self.entries.push(Entry::new(Fate::NoEffect, 0, "status", words));
        }
    }
}

/// Whether SBD watches the nodes.
pub(crate) fn has_watchdog(configuration: &Configuration) -> bool {
    configuration.is_property_on("have-watchdog")
}

fn is_set(configuration: &Configuration, name: &str) -> bool {
    configuration.properties.iter().any(|set| set.value(name).is_some())
}

fn is_remote_node(primitive: &Primitive) -> bool {
    let agent = &primitive.agent;
    let is_connection = agent.provider.as_deref() == Some("pacemaker") && agent.kind == "remote";
    is_connection || cluster::first_value(&primitive.meta, "remote-node").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fencing::catalogue;

    fn told(resources: &str, more: &str) -> Result<Services, Failure> {
        let text = format!(
            "<cib validate-with='pacemaker-3.9' epoch='7'>\n<configuration>\n<crm_config>\n\
             <cluster_property_set id='o'><nvpair id='w' name='have-watchdog' value='true'/>\
             </cluster_property_set></crm_config>\n<nodes/>\n<resources>\n{resources}\n</resources>\n\
             <constraints/>\n{more}</configuration>\n<status/></cib>"
        );
        read("cib.xml", &text, &catalogue())
    }

    #[test]
    fn what_cannot_run_here_is_told_with_its_line_and_what_to_do() {
        let services = told(
            "<primitive id='good' class='ocf' provider='pacemaker' type='Dummy'/>\n\
             <primitive id='web' class='upstart' type='nginx'/>\n\
             <primitive id='far' class='ocf' provider='pacemaker' type='remote'/>\n\
             <primitive id='vm' class='ocf' provider='pacemaker' type='Dummy'>\
             <meta_attributes id='m'><nvpair id='m1' name='remote-node' value='guest'/>\
             </meta_attributes></primitive>\n\
             <primitive id='gone' class='ocf' provider='pacemaker' type='Dumy'/>\n\
             <bundle id='box'><rkt image='i'/>\
             <network control-port='9'/><primitive id='in' class='ocf' provider='pacemaker' \
             type='Dummy'/></bundle>",
            "<alerts><alert id='al' path='/bin/true'/></alerts>",
        )
        .expect("it is right");
        let found: Vec<(usize, &str, &str)> = services
            .chapter
            .entries
            .iter()
            .filter(|entry| entry.fate == Fate::Unsupported)
            .map(|entry| (entry.line, entry.subject.as_str(), entry.words.as_str()))
            .collect();
        let expected = [
            (0, "have-watchdog", "another fence device"),
            (8, "web", "use an OCF agent"),
            (9, "far", "remote and guest nodes"),
            (10, "vm", "remote and guest nodes"),
            (11, "gone", "did you mean ocf:pacemaker:Dummy"),
            (12, "box", "podman or docker"),
            (12, "box", "in would run inside of containers"),
            (15, "al", "alert agents"),
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (line, subject, words) in expected {
            let is_it =
                |it: &&(usize, &str, &str)| it.0 == line && it.1 == subject && it.2.contains(words);
            assert!(found.iter().any(|it| is_it(&it)), "{line} {subject} {words}: {found:#?}");
        }
        assert_eq!(services.cib.configuration.version.epoch, 7, "nothing else has changed");
    }

    #[test]
    fn an_old_schema_is_mapped_and_what_no_cluster_would_take_is_refused() {
        let old = "<cib validate-with='pacemaker-1.2' epoch='7'><configuration><crm_config>\
            <cluster_property_set id='o'><nvpair id='s' name='default-resource-stickiness' \
            value='5'/></cluster_property_set></crm_config><nodes/><resources/><constraints/>\
            </configuration><status/></cib>";
        let services = read("cib.xml", old, &catalogue()).expect("it is right");
        let mapped = services.chapter.entries.iter().filter(|entry| entry.fate == Fate::Mapped);
        assert_eq!(mapped.count(), 2, "{:?}", services.chapter);
        assert_eq!(services.cib.configuration.resource_defaults.len(), 1);

        let twice = "<primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/>";
        let refused = told(&twice.repeat(2), "").err().expect("one id twice").to_string();
        assert!(refused.starts_with("cib.xml:11:") && refused.contains("id `a`"), "{refused}");
        let newer = old.replace("1.2", "9.1");
        let refused = read("cib.xml", &newer, &catalogue()).err().expect("unknown").to_string();
        assert!(refused.contains("`pacemaker-9.1`"), "{refused}");
    }
}
