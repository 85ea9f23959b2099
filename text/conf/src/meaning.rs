//! What the settings mean.

mod nodes;
mod quorum;
mod totem;

use crate::error::{ConfError, Problem, Warning, WarningKind};
use crate::grammar::{self, Section, Setting, shown};
use crate::keys;
use crate::model::{ClusterConf, Logging};
pub(crate) use nodes::listed;
use nodes::nodes;
use totem::{Nodes, cipher, interfaces, mtu, own_id, policy, timing, transport};

/// Reads a `corosync.conf` of any generation.
///
/// `token` becomes the group's patience, one to one: it is the administrator's word on how long a
/// silence is to be borne. Corosync adds a consensus time-out and, from three nodes on, 650 ms for
/// each further node to it; here nothing is added. Without a `token` our own default holds, which
/// is much shorter than Corosync's 3000 ms, because it is not the circulation of a token that is
/// watched but every single node.
///
/// # Errors
/// When the file is no `corosync.conf`, or contradicts itself; with the line, and what would be
/// right. Unknown settings are only warned of.
pub fn parse(text: &str) -> Result<ClusterConf, ConfError> {
    understand(&grammar::read(text)?)
}

/// The same of a text that has been taken apart.
pub(crate) fn understand(root: &Section) -> Result<ClusterConf, ConfError> {
    let totem = merged(root, "totem");
    if integer(&totem, "version")? != Some(2) {
        return Err(ConfError::new(0, Problem::NoVersion));
    }
    let mut warnings = keys::unknown(root);
    let nodes = nodes(root, &totem)?;
    let (quorum, arbiter) = quorum::quorum(root, &nodes, &mut warnings)?;
    let whom = if nodes.is_empty() { Nodes::Sought } else { Nodes::Listed };
    let conf = ClusterConf {
        cluster_name: text_of(&totem, "cluster_name").unwrap_or_default(),
        transport: transport(&totem, nodes.is_empty())?,
        policy: policy(&totem, &mut warnings)?,
        timing: timing(&totem, &mut warnings)?,
        cipher: cipher(&totem, &mut warnings)?,
        key_file: text_of(&totem, "keyfile"),
        key: text_of(&totem, "key"),
        mtu: mtu(&totem)?,
        own_id: own_id(&totem)?,
        interfaces: interfaces(&totem, whom, &mut warnings)?,
        quorum,
        arbiter,
        logging: logging(&merged(root, "logging"))?,
        starts_pacemaker: root.all("service").any(starts_pacemaker),
        nodes,
        warnings,
    };
    Ok(finish(conf))
}

fn finish(mut conf: ClusterConf) -> ClusterConf {
    if conf.nodes.is_empty() {
        let kind = match conf.interfaces.is_empty() {
            true => WarningKind::NoNodes,
            false => WarningKind::NodesAreFound,
        };
        conf.warnings.push(Warning { line: 0, kind });
    }
    conf.warnings.sort_by_key(|warning| warning.line);
    conf
}

/// All sections of one name as one: a repeated setting overrides the earlier.
fn merged(root: &Section, name: &str) -> Section {
    let mut whole = Section { name: name.to_owned(), ..Section::default() };
    for section in root.all(name) {
        whole.settings.extend(section.settings.iter().cloned());
        whole.sections.extend(section.sections.iter().cloned());
    }
    whole
}

// Values.

fn text_of(section: &Section, key: &str) -> Option<String> {
    let value = section.setting(key).map(|setting| setting.value.clone());
    value.filter(|value| !value.is_empty())
}

fn wrong(setting: &Setting, expected: &'static str) -> ConfError {
    let (key, value) = (setting.key.clone(), shown(&setting.value));
    ConfError::new(setting.line, Problem::Value { key, value, expected })
}

fn integer(section: &Section, key: &str) -> Result<Option<u32>, ConfError> {
    let Some(setting) = section.setting(key) else { return Ok(None) };
    let number = setting.value.parse().map_err(|_| wrong(setting, "a number from 0"))?;
    Ok(Some(number))
}

fn switch(section: &Section, key: &str) -> Result<Option<bool>, ConfError> {
    let Some(setting) = section.setting(key) else { return Ok(None) };
    match setting.value.to_ascii_lowercase().as_str() {
        "yes" | "on" | "1" | "true" => Ok(Some(true)),
        "no" | "off" | "0" | "false" => Ok(Some(false)),
        _ => Err(wrong(setting, "yes or no")),
    }
}

// Logging, services.

fn logging(section: &Section) -> Result<Logging, ConfError> {
    let to_file = switch(section, "to_logfile")?.or(switch(section, "to_file")?) == Some(true);
    let traces = section.setting("debug").is_some_and(|setting| setting.value == "trace");
    let debug = traces || switch(section, "debug")? == Some(true);
    Ok(Logging {
        to_syslog: switch(section, "to_syslog")?.unwrap_or(true),
        to_stderr: switch(section, "to_stderr")?.unwrap_or(true),
        file: text_of(section, "logfile").filter(|_| to_file),
        debug,
    })
}

fn starts_pacemaker(service: &Section) -> bool {
    service.setting("name").is_some_and(|setting| setting.value == "pacemaker")
}
