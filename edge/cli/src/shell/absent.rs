//! Commands of crmsh that are deliberately not here, and what to use in their place.
//!
//! Whoever types one is told; `docs/crm-commands.md` lists them beside those that are here.

use super::levels::Level;

/// A command that is not offered.
pub(super) struct Absent {
    /// The level it is at, or the level itself.
    pub(super) level: &'static str,
    /// Its names, separated by blanks; none for a whole level.
    pub(super) names: &'static str,
    /// Why, and what does it.
    pub(super) reason: &'static str,
}

const fn absent(level: &'static str, names: &'static str, reason: &'static str) -> Absent {
    Absent { level, names, reason }
}

pub(super) const ABSENT: &[Absent] = &[
    absent(
        "",
        "report",
        "no report is collected yet; `systole status --json`, `crm history events`, `crm \
         configure save` show most of it",
    ),
    absent("", "assist", "`rsc_template` and `colocation` with a score say the same in one line"),
    absent(
        "",
        "cibstatus",
        "`crm_simulate` plays lost nodes, failures and tickets, `systole plan` shows the \
         outcome",
    ),
    absent(
        "",
        "sbd",
        "disks that fence are not driven; configure a fence device of the class stonith",
    ),
    absent("", "site", "there is no booth; `crm_ticket` grants and revokes tickets"),
    absent("", "template", "`crm script` defines what templates did: see `crm script list`"),
    absent("cib", "cibstatus", "`crm_simulate` plays lost nodes, failures and tickets"),
    absent("cluster", "run", "nodes run no commands for others: use ssh"),
    absent(
        "cluster",
        "copy",
        "nodes take no files from others: use scp; corosync.conf is changed on all nodes by \
         `crm corosync set`",
    ),
    absent(
        "cluster",
        "diff",
        "nodes show no files to others: use ssh; all of them have the same configuration by \
         themselves",
    ),
    absent(
        "cluster",
        "crash_test",
        "`systole lab` plays crashes, cut networks and lost power on a cluster of its own",
    ),
    absent(
        "cluster",
        "rename",
        "its name is part of what nodes know each other by: `crm corosync set \
         totem.cluster_name` while all are stopped",
    ),
    absent(
        "cluster",
        "geo_init geo_init_arbitrator geo_join",
        "there is no booth; `systole arbiter` is the third voice for two sites",
    ),
    absent(
        "configure",
        "cib cibstatus template",
        "it is a level of its own: leave `configure` first",
    ),
    absent(
        "configure",
        "assist",
        "`rsc_template` and `colocation` with a score say the same in one line",
    ),
    absent(
        "corosync",
        "diff",
        "the file is changed on all nodes at once, so that they are the same; `systole rings` \
         says who differs",
    ),
    absent(
        "corosync",
        "push pull",
        "the file is changed on all nodes at once: `crm corosync set`, `add-node`, `del-node`",
    ),
    absent(
        "history",
        "limit timeframe detail exclude setnodes source refresh session",
        "the cluster keeps its own journal: nothing is collected; name a resource or a node",
    ),
    absent(
        "history",
        "peinputs transition transitions graph wdiff",
        "plans are not kept as files; `systole plan` shows the one for now, `crm history diff` \
         what was changed",
    ),
    absent("options", "user", "the API knows who asks; `CIB_user` acts as somebody else"),
    absent(
        "options",
        "skill-level sort-elements check-frequency check-mode manage-children add-quotes \
         colorscheme",
        "the shell behaves in one way: all commands are there, all is checked, objects are \
         sorted",
    ),
    absent(
        "options",
        "save",
        "options last as long as the shell; put EDITOR, PAGER and NO_COLOR into your \
         environment",
    ),
    absent("script", "json", "`crm script list --output json` and `show` are for programs"),
];

/// Why there is no such command at a level, if it is known elsewhere.
pub(super) fn reason(level: Level, word: &str) -> Option<&'static str> {
    let is_it = |it: &&Absent| it.level == level.path() && it.names.split(' ').any(|n| n == word);
    ABSENT.iter().find(is_it).map(|it| it.reason)
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::*;
    use std::fmt::Write;

    /// crmsh's commands, by level.
    const PEER: &[(&str, &str)] = &[
        ("", "assist cibstatus report sbd site status template verify"),
        ("cib", "cibstatus commit delete diff import list new reset use"),
        (
            "cluster",
            "copy crash_test diff disable enable geo_init geo_init_arbitrator geo_join health init \
             join remove rename restart run start status stop wait_for_startup",
        ),
        (
            "configure",
            "acl_target alert assist bundle cib cibstatus clone colocation commit \
             default-timeouts delete edit erase fencing_topology filter get_property graph group \
             load location modgroup monitor ms node op_defaults order primitive property ptest \
             refresh rename role rsc_defaults rsc_template rsc_ticket rsctest save schema set \
             show simulate tag template upgrade user validate-all verify xml",
        ),
        ("corosync", "add-node del-node diff edit get log pull push reload set show status"),
        (
            "history",
            "detail diff events exclude graph info latest limit log node peinputs refresh \
             resource session setnodes show source timeframe transition transitions wdiff",
        ),
        ("maintenance", "action off on"),
        (
            "node",
            "attribute clearstate delete fence maintenance online ready server show standby \
             status-attr utilization",
        ),
        (
            "options",
            "add-quotes check-frequency check-mode colorscheme editor manage-children output \
             pager reset save set show skill-level sort-elements user wait",
        ),
        ("ra", "classes info list providers validate"),
        (
            "resource",
            "ban cleanup clear constraints demote failcount locate maintenance manage meta move \
             operations param promote refresh restart scores secret start status stop trace \
             unmanage untrace utilization",
        ),
        ("script", "json list run show verify"),
    ];

    /// The document: each command with what it does here, or why it is not here.
    fn document() -> String {
        let mut text =
            "# The commands of crmsh\n\nWhat each does here, or why it is not here and what \
            to use. `crm help` tells more.\nMade from the shell's own tables; a test compares.\n\n\
            | command | here | |\n|---|---|---|\n"
                .to_owned();
        for (level, names) in PEER {
            for name in names.split_whitespace() {
                let told = levels::told(level, name);
                let (here, about) = match told {
                    Some(about) => ("yes", about),
                    None => {
                        let found = ABSENT.iter().find(|it| {
                            it.level == *level && it.names.split(' ').any(|n| n == name)
                        });
                        let found = found.unwrap_or_else(|| panic!("{level} {name} is nowhere"));
                        ("no", found.reason.to_owned())
                    }
                };
                let command = format!("crm {level} {name}").replace("  ", " ");
                let about = about.replace('|', "\\|");
                let _ = writeln!(text, "| `{command}` | {here} | {about} |");
            }
        }
        text
    }

    #[test]
    fn every_command_of_crmsh_is_here_or_told_why_not() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/crm-commands.md");
        let document = document();
        if std::env::var_os("WRITE_DOCS").is_some() {
            std::fs::write(path, &document).expect("the checkout can be written");
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let help =
            "`WRITE_DOCS=1 cargo test -p cli every_command` writes docs/crm-commands.md anew";
        assert!(written == document, "{help}");
    }

    #[test]
    fn what_is_absent_is_not_here() {
        for absent in ABSENT {
            for name in absent.names.split(' ') {
                assert_eq!(levels::told(absent.level, name), None, "{} {name}", absent.level);
            }
        }
    }
}
