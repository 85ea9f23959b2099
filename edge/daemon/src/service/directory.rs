//! Accounts that stand in no file of this machine: the system's own tools ask the directory services
//! that it is set up with, which may take a while.

use cluster::access::Person;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Who asks is kept waiting no longer for a directory that does not answer, and has no name then.
const PATIENCE: Duration = Duration::from_secs(3);

/// The user of this number.
pub(super) async fn find(user: u32) -> Option<Person> {
    let number = user.to_string();
    let entry = said("getent", &["passwd", &number]).await?;
    let name = name_in(&entry, user)?;
    // Names of groups may hold blanks.
    Some(Person { name: name.to_owned(), groups: asked_groups(name).await })
}

/// The groups of the user of this name: as the machine's own files say, else as directories do.
pub(super) async fn groups(name: &str) -> Vec<String> {
    let groups = os::account::groups_of(name);
    if groups.is_empty() { asked_groups(name).await } else { groups }
}

async fn asked_groups(name: &str) -> Vec<String> {
    let groups = said("id", &["-Gnz", "--", name]).await.unwrap_or_default();
    groups.split('\0').filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// `NAME:PASSWORD:NUMBER:...`; an answer about somebody else counts for nothing.
fn name_in(entry: &str, user: u32) -> Option<&str> {
    let mut fields = entry.lines().next()?.split(':');
    let (name, number) = (fields.next()?, fields.nth(1)?);
    (!name.is_empty() && number.parse() == Ok(user)).then_some(name)
}

/// What a tool printed; nothing when it failed, or took too long.
async fn said(tool: &str, words: &[&str]) -> Option<String> {
    let mut command = Command::new(tool);
    command.args(words).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_to_be_about_the_user_who_was_asked_for() {
        for (entry, expected) in [
            ("carol:*:70001:70000:Carol:/home/carol:/bin/sh\n", Some("carol")),
            ("AD\\carol:*:70001:70000::/:/bin/sh\n", Some("AD\\carol")),
            ("70001:*:70002:70000::/:/bin/sh\n", None),
            (":*:70001:70000::/:/bin/sh\n", None),
            ("", None),
        ] {
            assert_eq!(name_in(entry, 70001), expected, "{entry}");
        }
    }
}
