//! A change before it is made: what it changes, and what the cluster would do then.

use crate::answer::Failure;
use crate::connection::{Connection, unexpected};
use crate::secrets;
use crate::terminal::paint;
use api::{Consequence, ObjectChanges, Preview, Request, Response};
use report::printable;

/// Asks what would become of a change.
pub(crate) fn of(connection: &Connection, change: &Request) -> Result<Preview, Failure> {
    let request = Request::Preview { change: Box::new(change.clone()) };
    match connection.ask(&request)? {
        Response::Preview(preview) => Ok(*preview),
        other => Err(unexpected(&other)),
    }
}

/// Whether nothing would change.
pub(crate) fn is_empty(preview: &Preview) -> bool {
    difference(&preview.changes).is_ok_and(|difference| difference.is_empty())
}

/// The resources and nodes of which something that runs would be interrupted.
pub(crate) fn interrupted(preview: &Preview) -> Vec<&str> {
    let those = preview.consequences.iter().filter(|consequence| consequence.interrupts);
    those.map(|consequence| consequence.subject.as_str()).collect()
}

/// All of it, for people.
pub(crate) fn text(preview: &Preview) -> Result<String, Failure> {
    let difference = difference(&preview.changes)?;
    let mut text = String::new();
    if !preview.forgotten.is_empty() {
        text.push_str("What is forgotten:\n");
        preview.forgotten.iter().for_each(|it| text.push_str(&format!("  {}\n", printable(it))));
    } else if difference.is_empty() {
        return Ok("Nothing would change.\n".to_owned());
    } else {
        text.push_str("What changes:\n");
        text.push_str(&paint::changes(&report::changes::lines(&difference, &secrets::USUAL)));
    }
    match preview.consequences.is_empty() {
        true => text.push_str("The cluster would do nothing.\n"),
        false => text.push_str("What the cluster would do:\n"),
    }
    let width = |of: fn(&Consequence) -> usize| preview.consequences.iter().map(of).max();
    let verbs = width(|it| it.verb.chars().count()).unwrap_or_default();
    let subjects = width(|it| it.subject.chars().count()).unwrap_or_default();
    for consequence in &preview.consequences {
        text.push_str(&line(consequence, verbs, subjects));
    }
    let interrupted = interrupted(preview);
    if !interrupted.is_empty() {
        let what = if interrupted.len() == 1 { "service is" } else { "services are" };
        let names = interrupted.join(", ");
        text.push_str(&format!(
            "WARNING: {} running {what} interrupted: {names}\n",
            interrupted.len()
        ));
    }
    for warning in &preview.warnings {
        text.push_str(&format!("WARNING: {}\n", printable(warning)));
    }
    Ok(text)
}

fn line(consequence: &Consequence, verbs: usize, subjects: usize) -> String {
    let Consequence { verb, subject, place, reason, blocked, .. } = consequence;
    let mut line = format!("  {verb:verbs$}  {subject:subjects$}  {place}");
    if !reason.is_empty() {
        line.push_str(&format!("  ({reason})"));
    }
    if *blocked {
        line.push_str("  BLOCKED");
    }
    format!("{}\n", line.trim_end())
}

fn difference(changes: &ObjectChanges) -> Result<cluster::Difference, Failure> {
    change::from_wire(changes)
        .map_err(|why| Failure::Protocol(format!("the answer is wrong: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_what_changes_and_what_that_means() {
        let part = |value: &str| {
            format!(
                r#"<configuration><crm_config/><nodes/><resources><primitive id="a" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="a-instance_attributes"><nvpair id="a-instance_attributes-state" name="state" value="{value}"/><nvpair id="a-instance_attributes-passwd" name="passwd" value="geheim"/></instance_attributes></primitive></resources><constraints/></configuration>"#
            )
        };
        let changes =
            ObjectChanges { before: part("/a"), after: part("/b"), ..ObjectChanges::default() };
        let restart = Consequence {
            verb: "Restart".into(),
            subject: "a".into(),
            place: "oss1".into(),
            reason: "due to resource definition change".into(),
            interrupts: true,
            blocked: false,
        };
        let start = Consequence {
            verb: "Start".into(),
            subject: "later".into(),
            place: "oss2".into(),
            ..Consequence::default()
        };
        let consequences = vec![restart, start];
        let preview = Preview { changes, consequences, ..Preview::default() };
        let said = text(&preview).expect("the texts are right");
        assert!(!said.contains("geheim"), "C7: {said}");
        assert!(
            said.contains("-\tparams state=\"/a\"") && said.contains("+\tparams state=\"/b\""),
            "{said}"
        );
        let end = "What the cluster would do:\n  Restart  a      oss1  (due to resource definition \
                   change)\n  Start    later  oss2\nWARNING: 1 running service is interrupted: a\n";
        assert!(said.ends_with(end), "{said}");
    }
}
