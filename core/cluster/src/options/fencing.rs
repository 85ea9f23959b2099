//! What the cluster itself reads of a fence device's parameters.

use super::Kind::{Duration, Integer, OneOf, Text};
use super::{ClusterOption, option};

/// Parameters that every fence device has, beside those of its agent.
pub const FENCING: &[ClusterOption] = &[
    option(
        &["pcmk_host_argument"],
        Text,
        "port",
        "The parameter that tells the agent whom to fence; none to tell it nothing.",
    ),
    option(&["pcmk_host_map"], Text, "", "What the device calls each node: `oss1:1;oss2:2,3`."),
    option(&["pcmk_host_list"], Text, "", "The nodes that the device can fence: `oss1,oss2`."),
    option(
        &["pcmk_host_check"],
        OneOf(&["dynamic-list", "static-list", "status", "none"]),
        "dynamic-list",
        "How it is found out whom the device can fence: the device lists them, the list or the map \
         here does, it is asked about each, or it can fence all.",
    ),
    option(
        &["pcmk_delay_max"],
        Duration,
        "0s",
        "A random delay before fencing; base and random part stay below it.",
    ),
    option(
        &["pcmk_delay_base"],
        Text,
        "0s",
        "A fixed delay before fencing, for all nodes or for each: `oss1:1s;oss2:5`.",
    ),
    option(
        &["pcmk_action_limit"],
        Integer,
        "1",
        "How much the device can do at the same time; -1 for any number.",
    ),
    action(&["pcmk_reboot_action"], "reboot"),
    timeout(&["pcmk_reboot_timeout"]),
    retries(&["pcmk_reboot_retries"]),
    action(&["pcmk_off_action"], "off"),
    timeout(&["pcmk_off_timeout"]),
    retries(&["pcmk_off_retries"]),
    action(&["pcmk_on_action"], "on"),
    timeout(&["pcmk_on_timeout"]),
    retries(&["pcmk_on_retries"]),
    action(&["pcmk_list_action"], "list"),
    timeout(&["pcmk_list_timeout"]),
    retries(&["pcmk_list_retries"]),
    action(&["pcmk_monitor_action"], "monitor"),
    timeout(&["pcmk_monitor_timeout"]),
    retries(&["pcmk_monitor_retries"]),
    action(&["pcmk_status_action"], "status"),
    timeout(&["pcmk_status_timeout"]),
    retries(&["pcmk_status_retries"]),
];

const fn action(names: &'static [&'static str], default: &'static str) -> ClusterOption {
    option(names, Text, default, "What the agent calls this action.")
}

const fn timeout(names: &'static [&'static str]) -> ClusterOption {
    option(names, Duration, "60s", "How long this action may take.")
}

const fn retries(names: &'static [&'static str]) -> ClusterOption {
    option(names, Integer, "2", "How often this action is tried before its time is over.")
}
