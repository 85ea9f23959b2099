//! The names under which the program answers in the stead of Corosync's, Pacemaker's and crmsh's.
//!
//! One table: what is found by the name of the program (`/usr/sbin/crm_mon` as a link to it), what
//! `systole NAME` runs, and what the lab links into its machines.

pub(crate) mod arguments;
pub(crate) mod attributes;
pub(crate) mod cfgtool;
pub(crate) mod cibadmin;
pub(crate) mod cibsecret;
pub(crate) mod cmapctl;
pub(crate) mod cpgtool;
pub(crate) mod crm_diff;
pub(crate) mod crm_error;
pub(crate) mod crm_rule;
pub(crate) mod crm_shadow;
pub(crate) mod crm_ticket;
pub(crate) mod iso8601;
pub(crate) mod markup;
pub(crate) mod membership;
pub(crate) mod metadata;
pub(crate) mod monitor;
pub(crate) mod quorumtool;
pub(crate) mod resources;
pub(crate) mod simulate;
pub(crate) mod stonith_admin;

use crate::answer::{self, Codes, Outcome};
use crate::connection::Connection;
use crate::output::Form;
use crate::shell;
use crate::verbs::{keygen, verify};
use std::process::ExitCode;

/// A compatible tool.
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: &'static str,
    /// Where it is looked for.
    pub(crate) home: Home,
    run: Run,
}

/// Where a tool is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Among the programs of the administrator.
    Programs,
    /// Among Pacemaker's daemons, which other tools ask for their options.
    Daemons,
    /// In the machines of a lab only.
    Lab,
}

/// What runs it; each takes the words behind the name.
enum Run {
    Ours(Codes, fn(&[String]) -> Outcome),
    Foreign(fn(&[String]) -> ExitCode),
}

const fn pacemaker(name: &'static str, run: fn(&[String]) -> Outcome) -> Tool {
    Tool { name, home: Home::Programs, run: Run::Ours(Codes::Pacemaker, run) }
}

const fn plain(name: &'static str, run: fn(&[String]) -> Outcome) -> Tool {
    Tool { name, home: Home::Programs, run: Run::Ours(Codes::Plain, run) }
}

const fn daemon(name: &'static str, run: fn(&[String]) -> Outcome) -> Tool {
    Tool { name, home: Home::Daemons, run: Run::Ours(Codes::Pacemaker, run) }
}

const fn foreign(name: &'static str, run: fn(&[String]) -> ExitCode) -> Tool {
    Tool { name, home: Home::Lab, run: Run::Foreign(run) }
}

/// All of them.
pub(crate) const TOOLS: &[Tool] = &[
    plain("crm", shell::main),
    pacemaker("attrd_updater", attributes::attrd_updater),
    pacemaker("cibadmin", cibadmin::main),
    pacemaker("cibsecret", cibsecret::main),
    plain("corosync-cfgtool", cfgtool::cfgtool),
    plain("corosync-cmapctl", cmapctl::main),
    plain("corosync-cpgtool", cpgtool::main),
    plain("corosync-keygen", keygen::corosync_keygen),
    plain("corosync-quorumtool", quorumtool::quorumtool),
    pacemaker("crm_attribute", attributes::crm_attribute),
    pacemaker("crm_diff", crm_diff::main),
    pacemaker("crm_error", crm_error::main),
    pacemaker("crm_failcount", attributes::crm_failcount),
    pacemaker("crm_master", attributes::crm_master),
    pacemaker("crm_mon", monitor::main),
    pacemaker("crm_node", membership::crm_node),
    pacemaker("crm_resource", resources::main),
    pacemaker("crm_rule", crm_rule::main),
    pacemaker("crm_shadow", crm_shadow::main),
    pacemaker("crm_simulate", simulate::main),
    pacemaker("crm_standby", attributes::crm_standby),
    pacemaker("crm_ticket", crm_ticket::main),
    pacemaker("crm_verify", verify::crm_verify),
    pacemaker("crmadmin", membership::crmadmin),
    foreign("fence_lab", lab::fence_lab),
    pacemaker("iso8601", iso8601::main),
    foreign("mount.lustre", lab::mount_lustre),
    daemon("pacemaker-based", metadata::configuration),
    daemon("pacemaker-controld", metadata::coordination),
    daemon("pacemaker-fenced", metadata::fencing),
    daemon("pacemaker-schedulerd", metadata::scheduling),
    pacemaker("pacemakerd", membership::pacemakerd),
    pacemaker("stonith_admin", stonith_admin::main),
];

/// The tool of that name.
pub(crate) fn named(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// What `--version` of every tool says: scripts look for `Pacemaker X.Y.Z`.
pub(crate) fn version_text() -> String {
    let (presented, own) = (daemon::PRESENTED_VERSION, env!("CARGO_PKG_VERSION"));
    format!("Pacemaker {presented}\nSystole {own}, which does its work\n")
}

impl Tool {
    /// Runs it.
    pub(crate) fn run(&self, args: &[String]) -> ExitCode {
        match self.run {
            Run::Ours(codes, run) => {
                // What all that change something have in common; the shell has more to say of it.
                let (dry_run, args): (Vec<&String>, Vec<&String>) =
                    args.iter().partition(|word| *word == "--dry-run" && self.name != "crm");
                if !dry_run.is_empty() {
                    Connection::Rehearsal(Box::new(Connection::usual()), Form::Text).choose();
                }
                let args: Vec<String> = args.into_iter().cloned().collect();
                answer::finish_tool(self.name, codes, &args, run(&args))
            }
            Run::Foreign(run) => run(args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_is_no_verb() {
        for tool in TOOLS {
            let same = TOOLS.iter().filter(|other| other.name == tool.name);
            assert_eq!(same.count(), 1, "{}", tool.name);
            assert!(!crate::verbs::is_verb(tool.name), "{}", tool.name);
        }
    }
}
