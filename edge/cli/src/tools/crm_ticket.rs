//! `crm_ticket`: which tickets this site has, and what becomes of them.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::Connection;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use api::{Request, TicketChange};
use base::WallTime;
use cluster::{Constraint, Object, TicketState};
use jiff::tz::TimeZone;

const LINE: CommandLine = CommandLine {
    name: "crm_ticket",
    purpose: "shows tickets, and grants and revokes them",
    words: "",
    choices: &[
        value("t", "ticket", "the ticket"),
        flag("l", "info", "show tickets, or the one that is named"),
        flag("L", "details", "show all that is said of them"),
        flag("w", "raw", "show their names only"),
        flag("q", "query-xml", "show a ticket's XML"),
        flag("c", "constraints", "show the constraints that are tied to a ticket"),
        flag("g", "grant", "this site has the ticket from now on (takes --force)"),
        flag("r", "revoke", "this site has it no longer (takes --force)"),
        flag("s", "standby", "put it aside before it is revoked"),
        flag("a", "activate", "let it count again"),
        value("G", "get-attr", "show what is said of a ticket under this name"),
        value("S", "set-attr", "say something of a ticket under this name: --attr-value"),
        value("D", "delete-attr", "say it no longer"),
        flag("C", "cleanup", "forget all that is known of a ticket"),
        value("v", "attr-value", "what is said with --set-attr"),
        value("d", "default", "what --get-attr shows where nothing is said"),
        flag("f", "force", "do what may start, stop or double a service"),
        value("i", "id", "accepted for the sake of scripts"),
        value("n", "set-name", "accepted for the sake of scripts"),
    ],
};

/// What can be asked for.
const COMMANDS: [&str; 13] = [
    "details",
    "raw",
    "query-xml",
    "constraints",
    "grant",
    "revoke",
    "standby",
    "activate",
    "get-attr",
    "set-attr",
    "delete-attr",
    "cleanup",
    "info",
];

/// `crm_ticket`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::usual();
    let command = given.first_of(&COMMANDS).unwrap_or("info");
    if let Some(change) = change(command, &given)? {
        return carry_out(&connection, &given, change);
    }
    match command {
        "info" | "details" | "raw" => list(&connection, command, given.value("ticket")),
        "query-xml" => query(&connection, given.required("ticket")?),
        "constraints" => constraints(&connection, given.required("ticket")?),
        "get-attr" => get(&connection, &given),
        _ => forget(&connection, &given),
    }
}

/// What is to become of the ticket, if anything.
fn change(command: &str, given: &Parsed) -> Result<Option<TicketChange>, Failure> {
    Ok(Some(match command {
        "grant" => TicketChange::Grant,
        "revoke" => TicketChange::Revoke,
        "standby" => TicketChange::Standby,
        "activate" => TicketChange::Activate,
        "set-attr" => {
            let value = given.required("attr-value")?;
            match (given.required(command)?, cluster::value::boolean(value)) {
                ("granted", Some(true)) => TicketChange::Grant,
                ("granted", Some(false)) => TicketChange::Revoke,
                ("standby", Some(true)) => TicketChange::Standby,
                ("standby", Some(false)) => TicketChange::Activate,
                (name, _) => TicketChange::Set { name: name.into(), value: Some(value.into()) },
            }
        }
        "delete-attr" => match given.required(command)? {
            "granted" => TicketChange::Revoke,
            name => TicketChange::Set { name: name.into(), value: None },
        },
        _ => return Ok(None),
    }))
}

fn carry_out(connection: &Connection, given: &Parsed, change: TicketChange) -> Outcome {
    let ticket = given.required("ticket")?;
    let why_not = match change {
        _ if given.has("force") => None,
        TicketChange::Grant => Some(format!(
            "whether another site has '{ticket}' nobody here knows: two that have it run the same \
             services twice"
        )),
        TicketChange::Revoke => Some(format!(
            "what happens to services without '{ticket}' is in its constraints (`crm_ticket \
             --ticket {ticket} --constraints`); --standby prepares for it"
        )),
        _ => None,
    };
    if let Some(why_not) = why_not {
        let text = format!("Ticket modification not allowed: {why_not}. If you are sure, --force");
        return Err(Failure::Forbidden(text));
    }
    connection.change(&Request::Ticket { ticket: ticket.to_owned(), change: Some(change) })?;
    DONE
}

fn forget(connection: &Connection, given: &Parsed) -> Outcome {
    let ticket = given.required("ticket")?;
    let Some(state) = connection.cib()?.status.tickets.remove(ticket) else {
        return Err(Failure::NoSuchObject(format!("No such ticket '{ticket}'")));
    };
    if state.granted && !given.has("force") {
        let text = "Ticket modification not allowed: it is granted; revoke it first, or --force";
        return Err(Failure::Forbidden(text.into()));
    }
    connection.change(&Request::Ticket { ticket: ticket.to_owned(), change: None })?;
    line(&format!("Cleaned up {ticket}"));
    DONE
}

fn list(connection: &Connection, command: &str, wanted: Option<&str>) -> Outcome {
    let tickets = connection.cib()?.status.tickets;
    if let Some(id) = wanted.filter(|id| !tickets.contains_key(*id)) {
        return Err(Failure::NoSuchObject(format!("No such ticket '{id}'")));
    }
    for (id, state) in tickets.iter().filter(|(id, _)| wanted.is_none_or(|wanted| wanted == *id)) {
        match command {
            "raw" => line(id),
            "details" => line(&format!("{}({})", head(id, state), all(state).join(", "))),
            _ => line(&format!("{}{}", head(id, state), granted_at(state).unwrap_or_default())),
        }
    }
    DONE
}

/// The ticket, whether it is granted, and whether it is put aside.
fn head(id: &str, state: &TicketState) -> String {
    let word = if state.granted { "granted" } else { "revoked" };
    let aside = if state.standby { "[standby]" } else { "" };
    format!("{id}\t{word} {aside:<10}")
}

fn granted_at(state: &TicketState) -> Option<String> {
    let date = |at: WallTime| report::date(at, &TimeZone::system());
    state.last_granted.map(|at| format!("last-granted='{}'", date(at)))
}

fn all(state: &TicketState) -> Vec<String> {
    let typed = ["granted", "standby"].into_iter();
    let typed = typed.filter_map(|name| Some(format!("{name}={}", state.said(name)?)));
    let others = state.attributes.iter().filter(|(name, _)| *name != "standby");
    let others = others.map(|(name, value)| format!("{name}={value}"));
    typed.chain(others).chain(granted_at(state)).collect()
}

fn query(connection: &Connection, id: &str) -> Outcome {
    let tree = connection.tree()?;
    let path = "/cib/status/tickets/ticket_state";
    let found = cib::find(&tree, path).map_err(|why| Failure::Protocol(why.to_string()))?;
    let Some(ticket) = found.into_iter().find(|ticket| ticket.attribute("id") == Some(id)) else {
        let text = "Could not query ticket XML: No such device or address";
        return Err(Failure::NoSuchObject(text.into()));
    };
    print(&format!("State XML:\n\n{}", cib::write_element(ticket)));
    DONE
}

fn constraints(connection: &Connection, id: &str) -> Outcome {
    let configuration = connection.cib()?.configuration;
    let is_tied = |constraint: &&Constraint| matches!(constraint, Constraint::Ticket(tied) if tied.ticket == id);
    let tied: Vec<String> = configuration
        .constraints
        .iter()
        .filter(is_tied)
        .map(|constraint| cib::write_object(&Object::Constraint(constraint.clone())))
        .collect();
    if tied.is_empty() {
        let text = "Could not show ticket constraints: No such device or address";
        return Err(Failure::NoSuchObject(text.into()));
    }
    print(&format!("Constraints XML:\n\n{}", tied.concat()));
    DONE
}

fn get(connection: &Connection, given: &Parsed) -> Outcome {
    let (id, name) = (given.required("ticket")?, given.required("get-attr")?);
    let tickets = connection.cib()?.status.tickets;
    let said = tickets.get(id).and_then(|state| state.said(name));
    match said.or_else(|| given.value("default").map(str::to_owned)) {
        Some(value) => line(&value),
        None => {
            let text = format!("nothing is said of ticket '{id}' under `{name}`");
            return Err(Failure::NoSuchObject(text));
        }
    }
    DONE
}
