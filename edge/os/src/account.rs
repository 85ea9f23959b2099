//! Whom this process acts as, and what users and groups are called in the machine's own files.
//!
//! Accounts that only a directory service knows are not found here.

use std::fs;

/// The name of the user with the id `user` in `/etc/passwd`, if there is one.
pub fn user_name(user: u32) -> Option<String> {
    name_of(&fs::read_to_string("/etc/passwd").ok()?, user)
}

/// The names of all groups that `/etc/passwd` and `/etc/group` say the user of this name is in.
pub fn groups_of(user: &str) -> Vec<String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    groups_in(&read("/etc/passwd"), &read("/etc/group"), user)
}

/// The id of the group of this name in `/etc/group`, if there is one.
pub fn group_id(name: &str) -> Option<u32> {
    let table = fs::read_to_string("/etc/group").ok()?;
    entries(&table).find(|entry| entry.name == name)?.id
}

/// The user this process acts as; 0 is root, or root of its user namespace.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The group this process acts as.
pub fn effective_group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// A line of a table: `name:password:id:more`.
struct Entry<'t> {
    name: &'t str,
    id: Option<u32>,
    more: &'t str,
}

fn entries(table: &str) -> impl Iterator<Item = Entry<'_>> {
    table.lines().filter_map(|line| {
        let mut fields = line.splitn(4, ':');
        let (name, id) = (fields.next()?, fields.nth(1)?.parse().ok());
        Some(Entry { name, id, more: fields.next().unwrap_or_default() })
    })
}

fn name_of(table: &str, id: u32) -> Option<String> {
    entries(table).find(|entry| entry.id == Some(id)).map(|entry| entry.name.to_owned())
}

/// A user is in one group by its own line, and in those whose lines name it.
fn groups_in(users: &str, groups: &str, user: &str) -> Vec<String> {
    let first = |entry: Entry<'_>| entry.more.split(':').next()?.parse::<u32>().ok();
    let own = entries(users).find(|entry| entry.name == user).and_then(first);
    // A group without members names the empty user.
    let is_named =
        |entry: &Entry<'_>| !user.is_empty() && entry.more.split(',').any(|name| name == user);
    let is_member = |entry: &Entry<'_>| (own.is_some() && entry.id == own) || is_named(entry);
    entries(groups).filter(is_member).map(|entry| entry.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0::/root:/bin/sh\nbroken\nhacluster:x:189:\n:x:y\n\
                         alice:x:1000:100:,,,:/home/alice:/bin/sh\n";

    #[test]
    fn a_name_is_looked_up_by_its_id() {
        assert_eq!(name_of(USERS, 189).as_deref(), Some("hacluster"));
        assert_eq!(name_of(USERS, 0).as_deref(), Some("root"));
        assert_eq!(name_of(USERS, 7), None);
    }

    #[test]
    fn groups_are_the_own_one_and_those_that_name_the_user() {
        let groups = "root:x:0:\nusers:x:100:\nhaclient:x:189:bob,alice\nalices:x:5:malice\n\
                      broken\nodd:x:z:alice\n";
        for (user, expected) in [
            ("alice", &["users", "haclient", "odd"][..]),
            ("bob", &["haclient"]),
            ("root", &["root"]),
            ("hacluster", &[]),
            ("", &[]),
        ] {
            assert_eq!(groups_in(USERS, groups, user), expected, "{user}");
        }
    }
}
