//! The environment of an OCF agent.

use crate::request::Request;
use crate::settings::Settings;
use std::collections::BTreeMap;

/// Marks every process of an action with the action's record, so that a process whose id nobody
/// had time to write down can still be found.
pub(crate) const ACTION_MARK: &str = "SYSTOLE_ACTION";

/// As which service agents know who runs them.
const SERVICE: &str = "pacemaker-execd";

/// Variables by name: what comes later replaces what came before.
pub(crate) type Variables = BTreeMap<String, String>;

/// What every agent gets, OCF or not.
pub(crate) fn common(settings: &Settings, request: &Request) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in [
        ("PCMK_logfacility", "daemon"),
        ("PCMK_debug", "0"),
        ("PCMK_service", SERVICE),
        ("HA_cluster_type", "corosync"),
        ("HA_quorum_type", "corosync"),
    ] {
        variables.insert(name.into(), value.into());
    }
    variables.extend(settings.inherited.iter().cloned());
    say_how_to_log(&mut variables);
    variables.insert("PATH".into(), settings.agent_path());
    variables.insert("OCF_ROOT".into(), settings.ocf_root.display().to_string());
    variables.insert("OCF_RESOURCE_INSTANCE".into(), request.resource.clone());
    variables
}

/// How the cluster logs, under the names that agents read; what somebody has set under those stays.
fn say_how_to_log(variables: &mut Variables) {
    let said = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let facility = said("PCMK_logfacility");
    let has_details = asks_for_details(&said("PCMK_debug"));
    let file = Some(said("PCMK_logfile"))
        .filter(|file| !matches!(file.as_str(), "" | "none" | "/dev/null"));
    let mut say = |names: &[&str], value: &str| {
        for name in names {
            variables.entry((*name).to_owned()).or_insert_with(|| value.to_owned());
        }
    };
    say(&["HA_logfacility", "HA_LOGFACILITY"], &facility);
    say(&["HA_debug"], if has_details { "1" } else { "0" });
    if let Some(file) = file {
        say(&["HA_logfile", "HA_LOGFILE"], &file);
        if has_details {
            say(&["HA_DEBUGLOG"], &file);
        }
    }
}

/// `PCMK_debug` is yes or no, or names the services that are to log in detail.
fn asks_for_details(text: &str) -> bool {
    matches!(text, "1" | "yes" | "on" | "true") || text.split(',').any(|name| name == SERVICE)
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
    if let Some(helpers) = settings.helper_dirs.iter().find(|folder| folder.is_dir()) {
        variables.insert("HA_BIN".into(), helpers.display().to_string());
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
    use crate::workbench::Bench;
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

    fn monitor(meta: &[(&str, &str)]) -> Request {
        let mut request = Request::new(Agent::ocf("heartbeat", "IPaddr2"), "monitor", "ip");
        request.node = "oss01".into();
        request.meta = meta.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        request
    }

    /// Every variable of the cluster's that Debian's resource-agents 4.12 read and do not set
    /// themselves, in what they source (ocf-shellfuncs, ocf-directories, ocf.py) or in an agent.
    #[test]
    fn what_agents_of_the_field_read_is_there() {
        let bench = Bench::new();
        bench.program("helpers/send_arp", "exit 0");
        let request = monitor(&[("role", "Started"), ("on_node_uuid", "1"), ("op_target_rc", "0")]);
        let variables = ocf(&bench.settings(), &request, "heartbeat", "IPaddr2");
        let at = |name: &str| bench.path().join(name).display().to_string();
        let (ocf_root, state, tools, helpers) =
            (at("ocf"), at("state"), at("tools"), at("helpers"));
        let above = format!("{}/", bench.path().display());
        for (name, value) in [
            ("OCF_ROOT", ocf_root.as_str()),
            ("OCF_RA_VERSION_MAJOR", "1"),
            ("OCF_RA_VERSION_MINOR", "1"),
            ("OCF_EXIT_REASON_PREFIX", "ocf-exit-reason:"),
            ("OCF_RESOURCE_INSTANCE", "ip"),
            ("OCF_RESOURCE_TYPE", "IPaddr2"),
            ("OCF_RESOURCE_PROVIDER", "heartbeat"),
            ("OCF_RESKEY_CRM_meta_name", "monitor"),
            ("OCF_RESKEY_CRM_meta_timeout", "20000"),
            ("OCF_RESKEY_CRM_meta_interval", "0"),
            ("OCF_RESKEY_CRM_meta_on_node", "oss01"),
            ("OCF_RESKEY_CRM_meta_on_node_uuid", "1"),
            ("OCF_RESKEY_CRM_meta_op_target_rc", "0"),
            ("OCF_RESKEY_CRM_meta_role", "Started"),
            ("HA_RSCTMP", &state),
            ("HA_VARRUN", &above),
            ("HA_SBIN_DIR", &tools),
            ("HA_BIN", &helpers),
            ("HA_LOGFACILITY", "daemon"),
            ("HA_debug", "0"),
            ("HA_cluster_type", "corosync"),
            ("PCMK_service", "pacemaker-execd"),
        ] {
            assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
        }
        // Where nothing is known the scripts have defaults of their own, or log to syslog alone.
        for name in ["HA_LOGFILE", "HA_DEBUGLOG", "OCF_RESKEY_CRM_meta_physical_host"] {
            assert_eq!(variables.get(name), None, "{name}");
        }
        std::fs::remove_dir_all(bench.path().join("helpers")).unwrap();
        let variables = ocf(&bench.settings(), &request, "heartbeat", "IPaddr2");
        assert_eq!(variables.get("HA_BIN"), None, "ocf-directories knows its own");
    }

    #[test]
    fn what_runs_in_a_container_learns_its_host() {
        let told = [("container_attribute_target", "host"), ("physical_host", "oss01")];
        let settings = Settings::standard(Path::new("/nowhere"));
        let variables = ocf(&settings, &monitor(&told), "heartbeat", "IPaddr2");
        assert_eq!(variables["OCF_RESKEY_CRM_meta_physical_host"], "oss01");
        assert_eq!(variables["OCF_RESKEY_CRM_meta_container_attribute_target"], "host");
    }

    #[test]
    fn agents_log_where_the_cluster_is_told_to() {
        // What the node has in its environment; HA_LOGFACILITY, HA_LOGFILE, HA_DEBUGLOG, HA_debug.
        let cases = [
            ("", ["daemon", "-", "-", "0"]),
            ("PCMK_logfacility=local6", ["local6", "-", "-", "0"]),
            (
                "PCMK_logfacility=none PCMK_logfile=/var/log/c.log",
                ["none", "/var/log/c.log", "-", "0"],
            ),
            ("PCMK_logfile=none PCMK_debug=yes", ["daemon", "-", "-", "1"]),
            ("PCMK_logfile=/c PCMK_debug=crmd,pacemaker-execd", ["daemon", "/c", "/c", "1"]),
            ("PCMK_logfile=/c PCMK_debug=crmd", ["daemon", "/c", "-", "0"]),
            ("PCMK_logfile=/c HA_LOGFILE=/mine HA_debug=1", ["daemon", "/mine", "-", "1"]),
        ];
        for (environment, expected) in cases {
            let words = environment.split_whitespace().map(|word| word.split_once('=').unwrap());
            let inherited = words.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let settings = Settings { inherited, ..Settings::standard(Path::new("/nowhere")) };
            let variables = common(&settings, &monitor(&[]));
            let found = ["HA_LOGFACILITY", "HA_LOGFILE", "HA_DEBUGLOG", "HA_debug"]
                .map(|name| variables.get(name).map_or("-", String::as_str));
            assert_eq!(found, expected, "{environment}");
        }
    }
}
