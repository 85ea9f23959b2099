//! `attrd_updater`, `crm_attribute` and the three small tools on top of it: what agents and
//! scripts read and write.

mod permanent;
mod several;
mod transient;

use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::secrets;
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
use crate::tools::markup::{Said, element};
use api::{Forget, Request};
use permanent::Scope;
use std::process::ExitCode;

pub(crate) use transient::attrd_updater;

const CRM_ATTRIBUTE: CommandLine = CommandLine {
    name: "crm_attribute",
    purpose: "asks for and changes cluster options and attributes of nodes",
    words: "",
    choices: &[
        value("n", "name attr-name", "the attribute or option; all of them when not given"),
        value("P", "pattern", "all attributes whose names match this regular expression"),
        value("v", "update attr-value", "set it to this value"),
        flag("G", "query get-value", "show its value"),
        flag("D", "delete delete-attr", "remove it"),
        value("Nu", "node node-uname", "the node; this one when not given"),
        value("l", "lifetime", "reboot (until the node leaves) or forever"),
        value("t", "type", "crm_config, rsc_defaults, op_defaults, nodes, status or tickets"),
        value("s", "set-name", "the set of attributes it belongs to"),
        value("i", "id attr-id", "the attribute's own id"),
        flag("z", "utilization", "it is a utilization attribute"),
        attached("p", "promotion", "the promotion score of a resource (default: the agent's own)"),
        value("d", "default", "what to show when it is not set"),
        value("W", "wait", "accepted: a change always waits until the members have it"),
        flag("qQ", "quiet", "show the value only"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// `crm_attribute`
pub(crate) fn crm_attribute(args: &[String]) -> Outcome {
    crm_attribute_at(&Connection::usual(), args)
}

/// The same, over this connection.
pub(crate) fn crm_attribute_at(connection: &Connection, args: &[String]) -> Outcome {
    let line = CRM_ATTRIBUTE.read(args)?;
    let promotion = line.has("promotion");
    if line.value("type") == Some("tickets") {
        return Err(Failure::NoSuchObject(
            "Error performing operation: No such device or address: tickets have no attributes of \
             this kind; `crm_ticket` knows what there is to know of them"
                .into(),
        ));
    }
    let scope = scope(&line, promotion)?;
    let said = match (promotion, line.value("name")) {
        (true, _) => {
            let name = promotion_attribute(line.value("promotion"))?;
            Wanted { name, scope, line: &line }.carry_out(connection)?
        }
        (false, Some(name)) => {
            Wanted { name: name.to_owned(), scope, line: &line }.carry_out(connection)?
        }
        (false, None) => several::carry_out(connection, scope, &line)?,
    };
    said.show(CRM_ATTRIBUTE.name, args)
}

/// The attribute that holds a resource's promotion score. Clone instances of one node share it.
fn promotion_attribute(resource: Option<&str>) -> Result<String, Failure> {
    let variable = std::env::var("OCF_RESOURCE_INSTANCE").ok();
    let resource = resource.map(str::to_owned).or(variable).ok_or_else(|| {
        Failure::Usage("--promotion names no resource, and OCF_RESOURCE_INSTANCE is not set".into())
    })?;
    let plain = resource.split_once(':').map_or(resource.as_str(), |(id, _)| id);
    Ok(format!("master-{plain}"))
}

/// Where the attribute is, as the options together say.
fn scope(line: &Parsed, promotion: bool) -> Result<Scope, Failure> {
    let usual = if promotion { Some("reboot") } else { None };
    let lifetime = line.value("lifetime").or(usual);
    match (lifetime, line.value("type")) {
        (Some("reboot" | "transient"), _) | (None, Some("status")) => Ok(Scope::Status),
        (Some("forever"), None | Some("nodes" | "status")) | (None, Some("nodes")) => {
            Ok(permanent_scope(line))
        }
        (None, None) if line.has("node") || line.has("utilization") => Ok(permanent_scope(line)),
        (_, Some("crm_config")) | (None, None) => Ok(Scope::Properties),
        (_, Some("rsc_defaults")) => Ok(Scope::ResourceDefaults),
        (_, Some("op_defaults")) => Ok(Scope::OperationDefaults),
        (lifetime, kind) => {
            let given = kind.or(lifetime).unwrap_or_default();
            Err(Failure::Usage(format!(
                "`{given}` is no place for attributes; use crm_config, rsc_defaults, op_defaults, \
                 nodes or status, or --lifetime reboot or forever"
            )))
        }
    }
}

fn permanent_scope(line: &Parsed) -> Scope {
    if line.has("utilization") { Scope::Utilization } else { Scope::Nodes }
}

/// What is to be done with one attribute.
struct Wanted<'a> {
    name: String,
    scope: Scope,
    line: &'a Parsed,
}

impl Wanted<'_> {
    fn carry_out(&self, connection: &Connection) -> Result<Said, Failure> {
        if let Some(value) = self.line.value("update") {
            let value = self.evaluated(connection, value)?;
            self.change(connection, Some(&value))?;
        } else if self.line.has("delete") {
            return self.delete(connection);
        } else {
            return self.query(connection);
        }
        Ok(Said::default())
    }

    /// Removes it, and says which pair that was.
    fn delete(&self, connection: &Connection) -> Result<Said, Failure> {
        let node = match self.scope {
            Scope::Nodes | Scope::Utilization => self.node(connection)?,
            _ => String::new(),
        };
        let pair = match self.scope {
            Scope::Status => None,
            _ => permanent::pair(&connection.cib()?, self.scope, &node, &self.name),
        };
        self.change(connection, None)?;
        let told = pair.map(|id| {
            let scope = self.scope.word();
            format!("Deleted {scope} attribute: id={id} name={}\n", self.name)
        });
        Ok(Said::text(told.unwrap_or_default()))
    }

    fn node(&self, connection: &Connection) -> Result<String, Failure> {
        match self.line.value("node") {
            Some(name) => Ok(name.to_owned()),
            None => connection.this_node(),
        }
    }

    /// `x++` and `x+=2` count from the present value.
    fn evaluated(&self, connection: &Connection, value: &str) -> Result<String, Failure> {
        match increment(&self.name, value) {
            None => Ok(value.to_owned()),
            Some(step) => {
                let present = self.look(connection)?;
                Ok(added(present.as_deref(), step))
            }
        }
    }

    fn change(&self, connection: &Connection, value: Option<&str>) -> Result<(), Failure> {
        let name = self.name.clone();
        let value_text = value.map(str::to_owned);
        match self.scope {
            Scope::Status => {
                let node = Some(self.node(connection)?);
                let change = api::AttributeChange { node, name, value: value_text, dampen_ms: 0 };
                connection.change(&Request::Attribute(change))
            }
            Scope::Nodes => {
                let node = self.node(connection)?;
                connection.change(&Request::NodeAttribute { node, name, value: value_text })
            }
            Scope::Utilization => {
                let node = self.node(connection)?;
                permanent::set_utilization(connection, &node, &name, value)
            }
            Scope::Properties | Scope::ResourceDefaults | Scope::OperationDefaults => {
                let set = self.line.value("set-name");
                permanent::set_option(connection, self.scope, set, (&name, value))
            }
        }
    }

    /// The present value.
    fn look(&self, connection: &Connection) -> Result<Option<String>, Failure> {
        let node = match self.scope {
            Scope::Status | Scope::Nodes | Scope::Utilization => self.node(connection)?,
            _ => String::new(),
        };
        let cib = connection.cib()?;
        if !node.is_empty()
            && cib.configuration.node(&node).is_none()
            && !cib.status.nodes.values().any(|status| status.name == node)
        {
            return Err(crate::tools::membership::unknown(&cib.configuration.nodes, &node));
        }
        Ok(permanent::value(&cib, self.scope, &node, &self.name))
    }

    fn query(&self, connection: &Connection) -> Result<Said, Failure> {
        let fallback = self.line.value("default").map(str::to_owned);
        let Some(value) = self.look(connection)?.or(fallback) else {
            // The words of strerror(ENXIO), which scripts look for.
            let text = "Error performing operation: No such device or address";
            return Err(Failure::NoSuchObject(text.into()));
        };
        Ok(told(self.scope, &self.name, &value, self.line.has("quiet")))
    }
}

/// An attribute with its value, as scripts know it.
fn told(scope: Scope, name: &str, value: &str, is_quiet: bool) -> Said {
    let (scope, value) = (scope.word(), secrets::value(name, value));
    let text = match is_quiet {
        true => format!("{value}\n"),
        false => format!("scope={scope}  name={name} value={value}\n"),
    };
    let about = [("name", name), ("value", value), ("scope", scope)];
    Said::both(text, element("attribute", &about, Vec::new()))
}

/// By how much `value` counts up, if it is of the form `name++`, `name+=N`, `value++`, `value+=N`.
fn increment(name: &str, value: &str) -> Option<i64> {
    let step = value.strip_prefix(name).or_else(|| value.strip_prefix("value"))?;
    match step.strip_prefix("+=") {
        Some(number) => number.parse().ok(),
        None => (step == "++").then_some(1),
    }
}

fn added(present: Option<&str>, step: i64) -> String {
    let present = present.and_then(cluster::Score::parse).unwrap_or_default();
    cluster::Score::new(i64::from(present.value()).saturating_add(step)).to_string()
}

const CRM_MASTER: CommandLine = CommandLine {
    name: "crm_master",
    purpose: "asks for and changes the promotion score of the agent's own resource",
    words: "",
    choices: &[
        value("v", "update", "set it to this score"),
        flag("GQ", "query", "show it"),
        flag("D", "delete", "remove it"),
        value("NU", "node", "the node; this one when not given"),
        value("l", "lifetime", "reboot or forever"),
        value("r", "resource", "the resource; the agent's own when not given"),
        value("d", "default", "what to show when it is not set"),
        flag("q", "quiet", "show the value only"),
    ],
};

/// `crm_master`
pub(crate) fn crm_master(args: &[String]) -> Outcome {
    let line = CRM_MASTER.read(args)?;
    let name = promotion_attribute(line.value("resource"))?;
    let request = Wanted { name, scope: scope(&line, true)?, line: &line };
    request.carry_out(&Connection::usual())?.show(CRM_MASTER.name, args)
}

const CRM_STANDBY: CommandLine = CommandLine {
    name: "crm_standby",
    purpose: "asks whether a node is in standby, and changes that",
    words: "",
    choices: &[
        value("v", "update", "on or off"),
        flag("G", "query", "show it"),
        flag("D", "delete", "the node is no longer in standby"),
        value("N", "node", "the node; this one when not given"),
        value("l", "lifetime", "reboot or forever"),
        value("d", "default", "what to show when it is not set"),
        flag("qQ", "quiet", "show the value only"),
    ],
};

/// `crm_standby`
pub(crate) fn crm_standby(args: &[String]) -> Outcome {
    let line = CRM_STANDBY.read(args)?;
    let scope = match line.value("lifetime") {
        Some("reboot") => Scope::Status,
        None | Some("forever") => Scope::Nodes,
        Some(other) => {
            let text = format!("`{other}` is no lifetime; use reboot or forever");
            return Err(Failure::Usage(text));
        }
    };
    if let Some(value) = line.value("update")
        && cluster::value::boolean(value).is_none()
    {
        return Err(Failure::Usage(format!("`{value}` is neither on nor off")));
    }
    let request = Wanted { name: "standby".into(), scope, line: &line };
    let connection = Connection::usual();
    if request.line.first_of(&["update", "delete"]).is_none() && line.value("default").is_none() {
        // Nobody has said so, for whatever time.
        let said = match request.look(&connection)? {
            Some(value) => told(scope, "standby", &value, line.has("quiet")),
            None => told(Scope::Status, "standby", "off", line.has("quiet")),
        };
        return said.show(CRM_STANDBY.name, args);
    }
    request.carry_out(&connection)?.show(CRM_STANDBY.name, args)
}

const CRM_FAILCOUNT: CommandLine = CommandLine {
    name: "crm_failcount",
    purpose: "asks for and forgets failures of a resource on a node",
    words: "",
    choices: &[
        flag("GQ", "query", "show how often it failed"),
        flag("D", "delete", "forget"),
        value("v", "update", "set the count (only 0, which forgets)"),
        value("r", "resource", "the resource"),
        value("n", "operation", "count failures of this operation only"),
        value("I", "interval", "of the operation with this interval"),
        value("NU", "node", "the node; this one when not given"),
        flag("q", "quiet", "show the count only"),
    ],
};

/// `crm_failcount`
pub(crate) fn crm_failcount(args: &[String]) -> Outcome {
    let given = CRM_FAILCOUNT.read(args)?;
    let connection = Connection::usual();
    let resource = given.required("resource")?.to_owned();
    let node = match given.value("node") {
        Some(node) => node.to_owned(),
        None => connection.this_node()?,
    };
    let forgets = given.has("delete") || given.value("update") == Some("0");
    if !forgets && given.has("update") {
        let text = "a fail count can only be set to 0; failures are counted by the cluster itself";
        return Err(Failure::Usage(text.into()));
    }
    if forgets {
        let (resource, node) = (Some(resource), Some(node));
        let what = Forget::Failures;
        connection.change(&Request::Cleanup { resource, node, what })?;
        return DONE;
    }
    let picture = Picture { cib: connection.cib()?, node: None, taken: os::clock::wall() };
    must_be_known(&picture, &resource, &node)?;
    let operation = given.value("operation").map(|name| (name, given.value("interval")));
    let count = fail_count(&picture, &resource, &node, operation);
    if given.has("quiet") {
        line(&count);
    } else {
        line(&format!("scope=status  name=fail-count-{resource} value={count}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A count of what does not exist would be 0, and nobody would notice the slip.
pub(crate) fn must_be_known(picture: &Picture, resource: &str, node: &str) -> Result<(), Failure> {
    let configuration = &picture.cib.configuration;
    let plain = resource.split_once(':').map_or(resource, |(id, _)| id);
    if configuration.resource(plain).is_none() {
        return Err(crate::tools::resources::unknown(configuration, resource));
    }
    if configuration.node(node).is_none() && picture.status_of(node).is_none() {
        return Err(crate::tools::membership::unknown(&configuration.nodes, node));
    }
    Ok(())
}

/// The failures of `resource` on `node`, of one operation or of all of them.
pub(crate) fn fail_count(
    picture: &Picture,
    resource: &str,
    node: &str,
    operation: Option<(&str, Option<&str>)>,
) -> String {
    let suffix = match operation {
        None => String::new(),
        Some((name, interval)) => {
            let interval = interval.and_then(cluster::value::duration).unwrap_or_default();
            format!("{name}_{}", interval.as_millis())
        }
    };
    let prefix = format!("fail-count-{resource}#{suffix}");
    let attributes = picture.status_of(node).map(|status| &status.attributes);
    let counts = attributes.into_iter().flatten().filter(|(name, _)| name.starts_with(&prefix));
    let scores = counts.filter_map(|(_, value)| cluster::Score::parse(value));
    scores.fold(cluster::Score::ZERO, |sum, score| sum + score).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_attribute_is() {
        let cases = [
            ("-n a -G", Ok(Scope::Properties)),
            ("-t crm_config -n a -G", Ok(Scope::Properties)),
            ("-N x -n a -G", Ok(Scope::Nodes)),
            ("-N x -l reboot -n a -G", Ok(Scope::Status)),
            ("-N x -l forever -n a -G", Ok(Scope::Nodes)),
            ("-t status -n a -G", Ok(Scope::Status)),
            ("-t nodes -z -n a -G", Ok(Scope::Utilization)),
            ("-t rsc_defaults -n a -G", Ok(Scope::ResourceDefaults)),
            ("-t moon -n a -G", Err(64)),
        ];
        for (text, expected) in cases {
            let args: Vec<String> = text.split(' ').map(Into::into).collect();
            let line = CRM_ATTRIBUTE.read(&args).expect("the options are right");
            assert_eq!(scope(&line, false).map_err(|_| 64), expected, "{text}");
        }
        let line = CRM_ATTRIBUTE.read(&["-p".into()]).expect("the options are right");
        assert_eq!(scope(&line, true).expect("a promotion score"), Scope::Status);
    }

    #[test]
    fn changes_become_requests() {
        const CIB: &str = "<cib><configuration><crm_config><cluster_property_set id='s'>\
            <nvpair id='p' name='maintenance-mode' value='true'/></cluster_property_set>\
            </crm_config><nodes><node id='1' uname='oss1'/></nodes></configuration><status>\
            <node_state id='1' uname='oss1'><transient_attributes id='1'>\
            <instance_attributes id='t'><nvpair id='c' name='count' value='4'/>\
            </instance_attributes></transient_attributes></node_state></status></cib>";
        let cases = [
            ("-n x -v 1", "load crm update: property x=1"),
            ("-t rsc_defaults -n x -v 1", "load crm update: rsc_defaults x=1"),
            ("-N oss1 -n x -v 1", "node oss1 x=1"),
            ("-N oss1 -n x -D", "node oss1 x"),
            ("-l reboot -n x -v 1", "attribute oss1 x=1"),
            ("-l reboot -n count -v count++", "attribute oss1 count=5"),
            ("--promotion=a -v 10", "attribute oss1 master-a=10"),
            ("-n maintenance-mode -G", ""),
        ];
        for (line, expected) in cases {
            let node = crate::workbench::Node::start(CIB);
            crm_attribute_at(&node.connection(), &crate::words::split(line))
                .unwrap_or_else(|failure| panic!("{line}: {failure}"));
            assert_eq!(crate::workbench::text(&node.changes()), expected, "{line}");
        }
        let node = crate::workbench::Node::start(CIB);
        let missing = crm_attribute_at(&node.connection(), &crate::words::split("-n nix -G"));
        assert!(matches!(missing, Err(Failure::NoSuchObject(_))));
    }

    #[test]
    fn counting_up() {
        assert_eq!(increment("a", "a++"), Some(1));
        assert_eq!(increment("a", "value+=5"), Some(5));
        assert_eq!(increment("a", "a"), None);
        assert_eq!(increment("a", "5"), None);
        assert_eq!(added(None, 2), "2");
        assert_eq!(added(Some("INFINITY"), 1), "INFINITY");
    }
}
