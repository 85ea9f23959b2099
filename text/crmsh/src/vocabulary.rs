//! The fixed words of the language: what its parser knows, and what a prompt offers.

/// The keywords that begin a part of a primitive.
pub const PRIMITIVE_PARTS: [&str; 7] =
    ["params", "meta", "utilization", "operations", "op", "op_params", "op_meta"];

/// The keywords that begin a part of a bundle.
pub const BUNDLE_PARTS: [&str; 7] =
    ["docker", "podman", "rkt", "network", "storage", "meta", "primitive"];

/// Whose agents there are.
pub const CLASSES: [&str; 8] =
    ["ocf", "systemd", "lsb", "service", "stonith", "upstart", "nagios", "heartbeat"];

/// The actions of agents that a cluster asks for, and those that people ask for.
pub const ACTIONS: [&str; 13] = [
    "start",
    "stop",
    "monitor",
    "promote",
    "demote",
    "notify",
    "migrate_to",
    "migrate_from",
    "validate-all",
    "reload",
    "reload-agent",
    "meta-data",
    "status",
];

/// The actions that an order can be about.
pub const ORDERED_ACTIONS: [&str; 4] = ["start", "stop", "promote", "demote"];

/// Attributes of an operation itself.
pub const OPERATION_ATTRIBUTES: [&str; 10] = [
    "interval",
    "timeout",
    "on-fail",
    "role",
    "enabled",
    "start-delay",
    "interval-origin",
    "record-pending",
    "requires",
    "description",
];

/// The roles of resources, the older names of two of them last.
pub const ROLES: [&str; 6] = ["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"];

/// How strict an order is.
pub const ORDER_KINDS: [&str; 3] = ["Mandatory", "Optional", "Serialize"];

/// What happens to what needs a ticket when the ticket is lost.
pub const LOSS_POLICIES: [&str; 4] = ["stop", "demote", "fence", "freeze"];

/// On which nodes it is looked for a resource.
pub const DISCOVERIES: [&str; 3] = ["always", "never", "exclusive"];

/// How values are compared in rules.
pub const OPERATORS: [&str; 6] = ["lt", "gt", "lte", "gte", "eq", "ne"];

/// The units of dates and durations in rules; any other `NAME=VALUE` belongs to what follows the
/// rule.
pub const UNITS: [&str; 13] = [
    "seconds",
    "minutes",
    "hours",
    "days",
    "monthdays",
    "weekdays",
    "yeardays",
    "yearsdays",
    "months",
    "weeks",
    "years",
    "weekyears",
    "moon",
];

/// What a permission may allow, or not.
pub const PERMISSIONS: [&str; 3] = ["read", "write", "deny"];
