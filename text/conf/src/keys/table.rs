//! The table: each key of each section that any Corosync from 1 to 3 knows.
//!
//! A key is found by its section's path and its name; `*` stands for everything in its section and
//! below that has no row of its own. Types are those of Corosync's map of keys; a row without one
//! holds text.

use super::Kind::{I32, U8, U16, U32, U64};
use super::{Row, ignored, mapped, seeking, understood};

/// Sections by path, in the order people know them.
pub(super) const SECTIONS: &[(&str, &[Row])] = &[
    (
        "",
        &[ignored("compatibility", "all nodes run this program, which agrees on versions itself")],
    ),
    ("totem", TOTEM),
    ("totem.interface", INTERFACE),
    (
        "totem.interface.member",
        &[mapped("memberaddr", "the n-th member of every ring is one node, as in a nodelist")],
    ),
    ("nodelist", &[]),
    ("nodelist.node", NODE),
    ("quorum", QUORUM),
    ("quorum.device", DEVICE),
    ("quorum.device.net", NET),
    ("quorum.device.heuristics", &[ignored("*", "the arbiter is not told of local commands")]),
    ("logging", LOGGING),
    ("logging.logger_subsys", SUBSYSTEM),
    ("logging.logging_daemon", SUBSYSTEM),
    ("system", SYSTEM),
    ("resources", WATCHED),
    ("resources.system", &[ignored("*", "use the agent ocf:pacemaker:SysInfo and a rule")]),
    ("resources.process", &[ignored("*", "processes are watched as resources")]),
    ("nozzle", &[ignored("*", "no virtual network device is made")]),
    ("uidgid", UIDGID),
    ("pload", &[ignored("*", "`systole lab` is for load tests")]),
    ("qb", &[ignored("ipc_type", "clients use one Unix socket")]),
    ("service", SERVICE),
    ("aisexec", AISEXEC),
    ("amf", &[ignored("*", "OpenAIS is gone; resources are configured with crm")]),
    ("event", &[ignored("*", "OpenAIS is gone; see `systole status` for events")]),
    ("quorum.corosync_quorum_ykd", &[ignored("*", YKD)]),
];

const YKD: &str = "the rule of quorum is votequorum's";
const MEASURED: &str = "each link is timed by itself, from heartbeats and patience";
const NO_TOKEN: &str = "no token goes round here; a sequencer orders messages";
const AGREED: &str = "views are agreed on in one round, without a time to gather";
const PACED: &str = "the flow of messages is controlled by what receivers can take";
const MONITORED: &str = "links are watched by heartbeats and come back by themselves";
const SEALED: &str = "packets are always authenticated and encrypted, by an AEAD cipher";
const COMPRESSED: &str = "packets are not compressed";
const JOURNAL: &str = "a line of the log has the form that the system's journal expects";

const TOTEM: &[Row] = &[
    understood("version", "the version of the file's language, 2").of(U32),
    understood("cluster_name", "goes into the keys: clusters of other names are not heard"),
    mapped("transport", "sealed UDP in any case; udp without nodes means search by multicast"),
    understood("link_mode", "passive: the best ring; active: all at once; rr: in turn"),
    mapped("rrp_mode", "as link_mode: passive, or active; none is one ring, used as passive"),
    mapped("rrd_mode", "taken as rrp_mode, which is how it is written"),
    ignored("crypto_model", SEALED),
    mapped("crypto_cipher", "AES-256-GCM; chacha20, for processors without AES: ChaCha20-Poly1305"),
    ignored("crypto_hash", SEALED),
    ignored("crypto_type", SEALED),
    ignored("crypto_accept", SEALED),
    mapped("secauth", "on, always"),
    understood("keyfile", "where the cluster's key is"),
    understood("key", "the cluster's key itself"),
    mapped("token", "patience in ms: how long a node may be silent before it is given up").of(U32),
    ignored("token_coefficient", "detection takes equally long at any number of nodes").of(U32),
    ignored("token_warning", NO_TOKEN).of(U32),
    ignored("token_retransmit", NO_TOKEN).of(U32),
    ignored("token_retransmits_before_loss_const", NO_TOKEN).of(U32),
    ignored("hold", NO_TOKEN).of(U32),
    ignored("join", AGREED).of(U32),
    ignored("send_join", AGREED).of(U32),
    ignored("consensus", AGREED).of(U32),
    ignored("merge", "partitions find each other by their heartbeats").of(U32),
    ignored("downcheck", MONITORED).of(U32),
    ignored("fail_recv_const", NO_TOKEN).of(U32),
    ignored("seqno_unchanged_const", NO_TOKEN).of(U32),
    ignored("heartbeat_failures_allowed", MEASURED).of(U32),
    ignored("max_network_delay", MEASURED).of(U32),
    ignored("window_size", PACED).of(U32),
    ignored("max_messages", PACED).of(U32),
    ignored("miss_count_const", "what is missing is asked for at once").of(U32),
    mapped("netmtu", "the largest packet, as knet_mtu, if that is not given").of(U32),
    ignored("ip_version", "addresses say it; a name is resolved as the system prefers"),
    ignored("ip_dscp", "packets have the system's usual class of service"),
    ignored("knet_pmtud_interval", "the size of packets that pass is found out as needed").of(U32),
    understood("knet_mtu", "the largest packet, headers of IP and UDP included; 0: found out")
        .of(U32),
    ignored("knet_compression_model", COMPRESSED),
    ignored("knet_compression_threshold", COMPRESSED).of(U32),
    ignored("knet_compression_level", COMPRESSED).of(I32),
    ignored("block_unlisted_ips", "who has not the key is not heard, wherever it sends from"),
    ignored("cancel_token_hold_on_retransmit", NO_TOKEN),
    ignored("config_version", "it is shown; no node leaves because of it").of(U64),
    seeking("clear_node_high_bit", "for node ids that are made of addresses"),
    seeking("nodeid", "this node's id").of(U32),
    ignored("threads", "the rings have a thread of their own").of(U32),
    ignored("rrp_problem_count_timeout", MONITORED).of(U32),
    ignored("rrp_problem_count_threshold", MONITORED).of(U32),
    ignored("rrp_problem_count_mcast_threshold", MONITORED).of(U32),
    ignored("rrp_token_expired_timeout", MONITORED).of(U32),
    ignored("rrp_autorecovery_check_timeout", MONITORED).of(U32),
    ignored("vsftype", YKD),
];

const INTERFACE: &[Row] = &[
    understood("linknumber", "the ring").of(U8),
    mapped("ringnumber", "the ring, as linknumber").of(U8),
    seeking("bindnetaddr", "the network on which this node has its address"),
    seeking("mcastaddr", "where nodes look for each other"),
    understood("mcastport", "the ring's UDP port").of(U16),
    seeking("broadcast", "yes: nodes look for each other by broadcast"),
    seeking("ttl", "how many routers a search may pass").of(U8),
    understood("knet_link_priority", "passive uses the working ring of the highest").of(U8),
    ignored("knet_ping_interval", MEASURED).of(U32),
    ignored("knet_ping_timeout", MEASURED).of(U32),
    ignored("knet_ping_precision", MEASURED).of(U32),
    ignored("knet_pong_count", MEASURED).of(U32),
    ignored("knet_transport", "links are UDP"),
];

const RING: &str = "the node's address on that ring";

const NODE: &[Row] = &[
    understood("ring0_addr", RING),
    understood("ring1_addr", RING),
    understood("ring2_addr", RING),
    understood("ring3_addr", RING),
    understood("ring4_addr", RING),
    understood("ring5_addr", RING),
    understood("ring6_addr", RING),
    understood("ring7_addr", RING),
    understood("nodeid", "the node's id").of(U32),
    understood("name", "the node's name"),
    understood("quorum_votes", "the node's votes").of(U32),
];

const QUORUM: &[Row] = &[
    understood("provider", "votes decide who may act"),
    understood("expected_votes", "how many votes there are when all are here").of(U32),
    understood("votes", "this node's votes, where none are listed").of(U32),
    understood("two_node", "one of two nodes may act alone, because fencing decides").of(U8),
    understood("wait_for_all", "after a cold start nobody acts before all were seen").of(U8),
    understood("last_man_standing", "those who stay need fewer votes after a while").of(U8),
    understood("last_man_standing_window", "how long that while is, in ms").of(U32),
    understood("auto_tie_breaker", "one half of an even split may act").of(U8),
    understood("auto_tie_breaker_node", "which half: the one with this node"),
    understood("allow_downscale", "nodes that leave in order are no longer expected").of(U8),
    understood("expected_votes_tracking", "the most votes ever seen stay expected").of(U8),
    ignored("leaving_timeout", "a node that leaves says so").of(U32),
    ignored("disallowed", "a node in another state is brought up to date, not shut out").of(U8),
    ignored("quorate", "that is found out, not configured").of(U8),
];

const DEVICE: &[Row] = &[
    understood("model", "net: an arbiter on the network"),
    understood("votes", "the arbiter's votes").of(U32),
    ignored("timeout", "an arbiter that is silent is not waited for").of(U32),
    ignored("sync_timeout", "no view ever waits for the arbiter").of(U32),
    ignored("master_wins", "who may act goes on while the arbiter's answer is under way").of(U8),
];

const NET: &[Row] = &[
    understood("host", "the arbiter's address"),
    understood("port", "the arbiter's port"),
    understood("fingerprint", "by what the arbiter is known: SHA-256 of its certificate"),
    mapped("algorithm", "the arbiter grants its vote to one partition, as with ffsplit"),
    ignored("tls", "the connection is always encrypted"),
    ignored("tie_breaker", "the arbiter prefers the larger partition, then the lowest id"),
    ignored("connect_timeout", "an arbiter that is silent is not waited for"),
    ignored("force_ip_version", "the address says it"),
    ignored("keep_active_partition_tie_breaker", "who has the vote keeps it as long as it asks"),
];

const LOGGING: &[Row] = &[
    ignored("timestamp", JOURNAL),
    ignored("fileline", JOURNAL),
    ignored("function_name", JOURNAL),
    ignored("blackbox", "the cluster's journal is always kept"),
    understood("to_stderr", "whether messages go to standard error"),
    understood("to_syslog", "whether messages go to the system's log"),
    understood("to_logfile", "whether messages go to the file `logfile`"),
    mapped("to_file", "as to_logfile"),
    understood("logfile", "that file"),
    ignored("logfile_priority", JOURNAL),
    ignored("syslog_facility", JOURNAL),
    ignored("syslog_priority", JOURNAL),
    ignored("syslog_level", JOURNAL),
    understood("debug", "on: more is told"),
    ignored("tags", JOURNAL),
];

const SUBSYSTEM: &[Row] = &[ignored("*", "messages are filtered for the whole program")];

const SYSTEM: &[Row] = &[
    ignored("qb_ipc_type", "clients use one Unix socket"),
    ignored("sched_rr", "real-time priority is used where the system allows it"),
    ignored("priority", "real-time priority is used where the system allows it"),
    ignored("move_to_root_cgroup", "real-time priority is used where the system allows it"),
    ignored("allow_knet_handle_fallback", "nothing of knet is needed"),
    ignored("state_dir", "the option --state says where the state is"),
];

const WATCHED: &[Row] = &[
    ignored("watchdog_device", "the watchdog is not configured here"),
    ignored("watchdog_timeout", "the watchdog is not configured here").of(U32),
];

const UIDGID: &[Row] = &[
    ignored("uid", "root and the group of the socket may talk to the node"),
    ignored("gid", "root and the group of the socket may talk to the node"),
];

const SERVICE: &[Row] = &[
    mapped("name", "pacemaker is built in and always there; other plugins are not needed"),
    ignored("ver", "0 and 1 are the same: nothing else has to be started"),
    ignored("use_mgmtd", "the program has no such part"),
    ignored("use_logd", "messages go where `logging` says"),
    ignored("*", "no plugin is loaded"),
];

const AISEXEC: &[Row] = &[
    ignored("user", "the program's user is whoever starts it"),
    ignored("group", "the program's user is whoever starts it"),
];
