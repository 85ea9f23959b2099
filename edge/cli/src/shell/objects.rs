//! What the language can define, and how each is written.

/// A kind of object: its keywords, and what stands behind them.
pub(super) struct Object {
    /// Its keywords, separated by blanks; the first is the one in the help.
    keywords: &'static str,
    /// Its syntax, in short.
    pub(super) syntax: &'static str,
}

const fn object(keywords: &'static str, syntax: &'static str) -> Object {
    Object { keywords, syntax }
}

pub(super) static OBJECTS: [Object; 22] = [
    object("primitive", "ID AGENT [params N=V...] [meta N=V...] [op ACTION N=V...]..."),
    object("group", "ID MEMBER... [params N=V...] [meta N=V...]"),
    object("clone", "ID RESOURCE [params N=V...] [meta N=V...]"),
    object("ms master", "ID RESOURCE [params N=V...] [meta N=V...]"),
    object("bundle", "ID docker|podman image=IMAGE [network ...] [primitive ID]"),
    object("rsc_template", "ID AGENT [params N=V...] [meta N=V...] [op ACTION N=V...]..."),
    object("monitor", "RESOURCE INTERVAL[:TIMEOUT]"),
    object("location", "ID RESOURCE SCORE: NODE | ID RESOURCE rule SCORE: EXPRESSION"),
    object("colocation collocation", "ID SCORE: RESOURCE[:ROLE] WITH[:ROLE]"),
    object("order", "ID [KIND:] FIRST[:ACTION] THEN[:ACTION]... [symmetrical=false]"),
    object("rsc_ticket", "ID TICKET: RESOURCE[:ROLE]... [loss-policy=POLICY]"),
    object("tag", "ID: OBJECT..."),
    object("node", "NAME [attributes N=V...] [utilization N=V...]"),
    object("property", "N=V..."),
    object("rsc_defaults", "N=V..."),
    object("op_defaults", "N=V..."),
    object("fencing_topology fencing-topology", "[NODE:] DEVICE[,DEVICE]..."),
    object("alert", "ID PATH [attributes N=V...] [meta N=V...] [to RECIPIENT]"),
    object("role", "ID read|write|deny xpath:PATH|ref:ID|tag:ELEMENT..."),
    object("acl_target acl_group", "NAME ROLE..."),
    object("user", "NAME role:ROLE... | read|write|deny xpath:PATH..."),
    object("xml", "<ELEMENT .../>"),
];

/// The object of that keyword.
pub(super) fn of(keyword: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.keywords().any(|known| known == keyword))
}

/// The words by which `show type:KIND` picks objects.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    let is_kind = |keyword: &&str| !["monitor", "xml"].contains(keyword);
    OBJECTS.iter().filter_map(|object| object.keywords().next()).filter(is_kind)
}

impl Object {
    /// Its keywords.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keywords.split(' ')
    }

    /// How it is written, with this keyword.
    pub(super) fn line(&self, keyword: &str) -> String {
        format!("{keyword} {}", self.syntax)
    }
}
