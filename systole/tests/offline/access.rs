//! Access rules of a file, for a user that is named. The users are accounts that every Debian has:
//! the installed tools look them up.

use super::answers::{peers, said};
use super::{Desk, difference, words};
use std::process::Command;

const RULES: &str = include_str!("rules.xml");

fn desk(name: &str) -> Desk {
    let desk = Desk::new(name);
    std::fs::write(desk.folder.join("cib.xml"), RULES).expect("the folder is ours");
    desk
}

#[test]
fn a_user_changes_what_the_rules_allow() {
    const TARGET: &str = "/cib/configuration/resources/primitive[@id='a']\
        /meta_attributes[@id='a-m']/nvpair[@id='a-tr']";
    let by_look = format!("{TARGET}/@value: no permission of role `look` allows it");
    for (user, line, expected) in [
        (
            "nobody",
            "crm_resource -r a -m -p target-role -v Stopped",
            format!("exit 4: crm_resource: nobody may not change {by_look}"),
        ),
        (
            "nobody",
            "cibadmin -M -X '<nvpair id=\"a-tr\" value=\"Stopped\"/>'",
            format!("exit 4: cibadmin: Call failed: Permission denied: nobody may not change {by_look}"),
        ),
        (
            "daemon",
            "crm_resource -r a -m -p target-role -v Stopped",
            "0.8.0\n- <nvpair id=\"a-tr\" name=\"target-role\" value=\"Started\"/>\n\
             + <nvpair id=\"a-tr\" name=\"target-role\" value=\"Stopped\"/>"
                .to_owned(),
        ),
        // What is hidden stays, though whoever changes what is around it never saw it.
        (
            "bin",
            "cibadmin -M -X '<nvpair id=\"a-q\" value=\"2\"/>'",
            "0.8.0\n- <nvpair id=\"a-q\" name=\"q\" value=\"1\"/>\n\
             + <nvpair id=\"a-q\" name=\"q\" value=\"2\"/>"
                .to_owned(),
        ),
        (
            "mail",
            "crm_attribute -n x -v 1",
            "exit 4: crm_attribute: mail may not see /cib: no role gives `mail` any permission; an \
             acl_target of that name would"
                .to_owned(),
        ),
        (
            "root",
            "cibadmin -D -X '<primitive id=\"b\"/>'",
            "0.8.0\n- <primitive id=\"b\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>"
                .to_owned(),
        ),
    ] {
        let desk = desk("access");
        let output = desk.run_for(user, line);
        let found = match output.status.code() {
            Some(0) => difference(RULES, &desk.text()),
            code => {
                assert_eq!(desk.text(), RULES, "{user}: {line} failed and left something behind");
                let said = String::from_utf8_lossy(&output.stderr);
                format!("exit {}: {}", code.unwrap_or(-1), said.trim_end())
            }
        };
        assert_eq!(found, expected, "{user}: {line}");
    }
}

#[test]
fn the_installed_tool_shows_the_same_rights() {
    let Some(folder) = peers() else {
        eprintln!("skipped: Pacemaker 2.1.5 is not installed");
        return;
    };
    let desk = desk("rights");
    for user in ["nobody", "daemon", "bin", "sys", "mail"] {
        for option in ["", "--show-access=text", "--show-access=color", "--show-access=namespace"] {
            let line = format!("cibadmin -Q -U {user} {option}");
            let mut command = Command::new(format!("{folder}/cibadmin"));
            command.args(&words(&line)[1..]).current_dir(&desk.folder).env("CIB_file", "cib.xml");
            // Without marks the tool of 2.1.5 heeds the environment alone.
            let user = if option.is_empty() { user } else { "" };
            command.env("CIB_user", user);
            let output = command.output().expect("it is installed");
            let ours = desk.run_for(user, &line);
            let code = output.status.code();
            assert_eq!(ours.status.code(), code, "{line}");
            if code == Some(0) {
                assert_eq!(said(&ours), said(&output), "{line}");
            }
        }
    }
}
