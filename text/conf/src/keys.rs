//! Every key of every section that any Corosync from 1 to 3 knows, so that the others can be told
//! from them.

use crate::error::{Warning, WarningKind};
use crate::grammar::Section;

/// Sections by path with their keys. `*` as the only key: anything goes, nothing of it is for us.
const KNOWN: &[(&str, &[&str])] = &[
    ("totem", TOTEM),
    ("totem.interface", INTERFACE),
    ("totem.interface.member", &["memberaddr"]),
    ("nodelist", &[]),
    (
        "nodelist.node",
        &[
            "ring0_addr",
            "ring1_addr",
            "ring2_addr",
            "ring3_addr",
            "ring4_addr",
            "ring5_addr",
            "ring6_addr",
            "ring7_addr",
            "nodeid",
            "name",
            "quorum_votes",
        ],
    ),
    ("quorum", QUORUM),
    ("quorum.device", &["*"]),
    ("logging", LOGGING),
    ("logging.logger_subsys", &["*"]),
    ("logging.logging_daemon", &["*"]),
    ("system", &["*"]),
    ("resources", &["*"]),
    ("nozzle", &["*"]),
    ("uidgid", &["uid", "gid"]),
    ("pload", &["*"]),
    ("qb", &["ipc_type"]),
    ("service", &["*"]),
    ("aisexec", &["user", "group"]),
    ("amf", &["*"]),
    ("event", &["*"]),
    ("compatibility", &["*"]),
];

const TOTEM: &[&str] = &[
    "version",
    "cluster_name",
    "transport",
    "link_mode",
    "rrp_mode",
    "crypto_model",
    "crypto_cipher",
    "crypto_hash",
    "crypto_type",
    "secauth",
    "keyfile",
    "key",
    "token",
    "token_coefficient",
    "token_warning",
    "token_retransmit",
    "token_retransmits_before_loss_const",
    "hold",
    "join",
    "send_join",
    "consensus",
    "merge",
    "downcheck",
    "fail_recv_const",
    "seqno_unchanged_const",
    "heartbeat_failures_allowed",
    "max_network_delay",
    "window_size",
    "max_messages",
    "miss_count_const",
    "netmtu",
    "ip_version",
    "ip_dscp",
    "knet_pmtud_interval",
    "knet_mtu",
    "knet_compression_model",
    "knet_compression_threshold",
    "knet_compression_level",
    "block_unlisted_ips",
    "cancel_token_hold_on_retransmit",
    "config_version",
    "clear_node_high_bit",
    "nodeid",
    "threads",
    "rrp_problem_count_timeout",
    "rrp_problem_count_threshold",
    "rrp_problem_count_mcast_threshold",
    "rrp_token_expired_timeout",
    "rrp_autorecovery_check_timeout",
    "vsftype",
];

const INTERFACE: &[&str] = &[
    "linknumber",
    "ringnumber",
    "bindnetaddr",
    "mcastaddr",
    "mcastport",
    "broadcast",
    "ttl",
    "knet_link_priority",
    "knet_ping_interval",
    "knet_ping_timeout",
    "knet_ping_precision",
    "knet_pong_count",
    "knet_transport",
];

const QUORUM: &[&str] = &[
    "provider",
    "expected_votes",
    "votes",
    "two_node",
    "wait_for_all",
    "last_man_standing",
    "last_man_standing_window",
    "auto_tie_breaker",
    "auto_tie_breaker_node",
    "allow_downscale",
    "expected_votes_tracking",
    "leaving_timeout",
    "disallowed",
    "quorate",
];

const LOGGING: &[&str] = &[
    "timestamp",
    "fileline",
    "function_name",
    "blackbox",
    "to_stderr",
    "to_syslog",
    "to_logfile",
    "to_file",
    "logfile",
    "logfile_priority",
    "syslog_facility",
    "syslog_priority",
    "syslog_level",
    "debug",
    "tags",
];

/// Warns of all that no Corosync knows.
pub(crate) fn unknown(root: &Section) -> Vec<Warning> {
    let mut warnings = Vec::new();
    look_at(root, "", &mut warnings);
    warnings.sort_by_key(|warning| warning.line);
    warnings
}

fn look_at(section: &Section, path: &str, warnings: &mut Vec<Warning>) {
    let keys = keys_of(path);
    if keys == ["*"] {
        return;
    }
    let unknown = section.settings.iter().filter(|setting| !keys.contains(&setting.key.as_str()));
    warnings.extend(unknown.map(|setting| {
        let suggestion = base::suggest::closest(&setting.key, keys.iter().copied());
        let kind = WarningKind::UnknownKey { key: join(path, &setting.key), suggestion };
        Warning { line: setting.line, kind }
    }));
    for inner in &section.sections {
        let inner_path = join(path, &inner.name);
        if KNOWN.iter().any(|(known, _)| *known == inner_path) {
            look_at(inner, &inner_path, warnings);
            continue;
        }
        let siblings = KNOWN.iter().filter_map(|(known, _)| leaf_in(known, path));
        let suggestion = base::suggest::closest(&inner.name, siblings);
        let kind = WarningKind::UnknownSection { section: inner_path, suggestion };
        warnings.push(Warning { line: inner.line, kind });
    }
}

fn keys_of(path: &str) -> &'static [&'static str] {
    // The only key outside of sections that ever was: `compatibility: whitetank`.
    let top = ("", ["compatibility"].as_slice());
    let known = KNOWN.iter().copied().chain([top]).find(|(known, _)| *known == path);
    known.map_or(&[], |(_, keys)| keys)
}

/// The last word of `known`, if that is a section directly inside `path`.
fn leaf_in(known: &'static str, path: &str) -> Option<&'static str> {
    let (outer, leaf) = known.rsplit_once('.').unwrap_or(("", known));
    (outer == path).then_some(leaf)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
