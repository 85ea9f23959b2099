//! The environment of an OCF agent.

use crate::request::Request;
use crate::settings::Settings;
use std::collections::BTreeMap;

/// Marks every process of an action with the action's record, so that a process whose id nobody
/// had time to write down can still be found.
pub(crate) const ACTION_MARK: &str = "SYSTOLE_ACTION";

/// Variables by name: what comes later replaces what came before.
pub(crate) type Variables = BTreeMap<String, String>;

/// What every agent gets, OCF or not.
pub(crate) fn common(settings: &Settings, request: &Request) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in [
        ("PCMK_logfacility", "daemon"),
        ("PCMK_debug", "0"),
        ("PCMK_service", "pacemaker-execd"),
        ("HA_logfacility", "daemon"),
        ("HA_LOGFACILITY", "daemon"),
        ("HA_debug", "0"),
        ("HA_cluster_type", "corosync"),
        ("HA_quorum_type", "corosync"),
    ] {
        variables.insert(name.into(), value.into());
    }
    variables.extend(settings.inherited.iter().cloned());
    variables.insert("PATH".into(), settings.agent_path());
    variables.insert("OCF_ROOT".into(), settings.ocf_root.display().to_string());
    variables.insert("OCF_RESOURCE_INSTANCE".into(), request.resource.clone());
    variables
}

/// What an OCF agent gets.
pub(crate) fn ocf(settings: &Settings, request: &Request, provider: &str, kind: &str) -> Variables {
    let mut variables = common(settings, request);
    let state_dir = settings.state_dir.display().to_string();
    let run_dir = settings.state_dir.parent().unwrap_or(&settings.state_dir);
    let run_dir = format!("{}/", run_dir.display());
    let tools_dir = settings.tools_dir.display().to_string();
    for (name, value) in [
        ("OCF_RA_VERSION_MAJOR", "1"),
        ("OCF_RA_VERSION_MINOR", "1"),
        ("OCF_EXIT_REASON_PREFIX", "ocf-exit-reason:"),
        ("OCF_RESOURCE_TYPE", kind),
        ("OCF_RESOURCE_PROVIDER", provider),
        ("HA_RSCTMP", &state_dir),
        ("HA_SBIN_DIR", &tools_dir),
        ("HA_VARRUN", &run_dir),
    ] {
        variables.insert(name.into(), value.into());
    }
    if request.check_level > 0 {
        variables.insert("OCF_CHECK_LEVEL".into(), request.check_level.to_string());
    }
    add_parameters(&mut variables, request);
    add_meta(&mut variables, request);
    variables
}

fn add_parameters(variables: &mut Variables, request: &Request) {
    for (name, value) in request.parameters.iter().filter(|(name, _)| can_be_variable(name)) {
        // The one instance attribute of an operation that is no parameter of the agent.
        let variable = match name.as_str() {
            "OCF_CHECK_LEVEL" => name.clone(),
            _ => format!("OCF_RESKEY_{name}"),
        };
        variables.insert(variable, value.replace('\0', ""));
    }
    if !request.feature_set.is_empty() {
        variables.insert("OCF_RESKEY_crm_feature_set".into(), request.feature_set.clone());
    }
}

fn add_meta(variables: &mut Variables, request: &Request) {
    let mut add = |name: &str, value: &str| {
        variables.insert(format!("OCF_RESKEY_CRM_meta_{name}"), value.replace('\0', ""));
    };
    add("timeout", &request.timeout.as_millis().to_string());
    add("interval", &request.interval.as_millis().to_string());
    add("name", &request.action);
    if !request.node.is_empty() {
        add("on_node", &request.node);
    }
    for (name, value) in request.meta.iter().filter(|(name, _)| can_be_variable(name)) {
        let name = name.replace('-', "_");
        add(&name, value);
        if let Some(old) = former_name(&name) {
            add(&old, value);
        }
    }
}

/// Agents written before the roles were renamed read these.
fn former_name(name: &str) -> Option<String> {
    match name {
        "promoted_max" => return Some("master_max".into()),
        "promoted_node_max" => return Some("master_node_max".into()),
        _ => {}
    }
    let told = name.strip_prefix("notify_")?;
    let former = match told.split_once('_')? {
        ("promoted", rest) => format!("notify_master_{rest}"),
        ("unpromoted", rest) => format!("notify_slave_{rest}"),
        _ => return None,
    };
    Some(former)
}

fn can_be_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn an_agent_reads_parameters_meta_attributes_and_both_spellings_of_the_roles() {
        let mut request = Request::new(Agent::ocf("pacemaker", "Stateful"), "monitor", "db:1");
        request.timeout = Duration::from_secs(15);
        request.interval = Duration::from_secs(10);
        request.node = "oss01".into();
        request.feature_set = "3.19.0".into();
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
        };
        request.parameters = pairs(&[("state", "/run/x"), ("OCF_CHECK_LEVEL", "10"), ("a=b", "c")]);
        request.meta = pairs(&[
            ("promoted-max", "1"),
            ("notify_promoted_uname", "oss02"),
            ("notify_unpromoted_resource", "db:0"),
            ("clone-max", "2"),
        ]);
        let settings = Settings::standard(Path::new("/nowhere"));
        let variables = ocf(&settings, &request, "pacemaker", "Stateful");
        for (name, value) in [
            ("OCF_RESKEY_state", "/run/x"),
            ("OCF_CHECK_LEVEL", "10"),
            ("OCF_RESOURCE_INSTANCE", "db:1"),
            ("OCF_RESKEY_crm_feature_set", "3.19.0"),
            ("OCF_RESKEY_CRM_meta_timeout", "15000"),
            ("OCF_RESKEY_CRM_meta_interval", "10000"),
            ("OCF_RESKEY_CRM_meta_on_node", "oss01"),
            ("OCF_RESKEY_CRM_meta_promoted_max", "1"),
            ("OCF_RESKEY_CRM_meta_master_max", "1"),
            ("OCF_RESKEY_CRM_meta_notify_master_uname", "oss02"),
            ("OCF_RESKEY_CRM_meta_notify_slave_resource", "db:0"),
            ("OCF_RESKEY_CRM_meta_clone_max", "2"),
        ] {
            assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(variables.keys().all(|name| !name.contains('=')));
    }
}
