//! Users and groups by name, from the machine's own files.
//!
//! Accounts that only a directory service knows are not found here; a peer's group ids come with
//! its connection (`socket::peer_credentials`) and need no such look-up.

/// The id of the group `name` in `/etc/group`, if there is one.
pub fn group_id(name: &str) -> Option<u32> {
    id_of(&std::fs::read_to_string("/etc/group").ok()?, name)
}

/// The id of the user `name` in `/etc/passwd`, if there is one.
pub fn user_id(name: &str) -> Option<u32> {
    id_of(&std::fs::read_to_string("/etc/passwd").ok()?, name)
}

/// The name of the user with the id `user` in `/etc/passwd`, if there is one.
pub fn user_name(user: u32) -> Option<String> {
    name_of(&std::fs::read_to_string("/etc/passwd").ok()?, user)
}

/// The user this process acts as; 0 is root, or root of its user namespace.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The group this process acts as.
pub fn effective_group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// Both files are lines of `name:password:id:...`.
fn entries(table: &str) -> impl Iterator<Item = (&str, u32)> {
    table.lines().filter_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?, fields.nth(1)?.parse().ok()?))
    })
}

fn id_of(table: &str, name: &str) -> Option<u32> {
    entries(table).find(|(entry, _)| *entry == name).map(|(_, id)| id)
}

fn name_of(table: &str, id: u32) -> Option<String> {
    entries(table).find(|(_, entry)| *entry == id).map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_looked_up_both_ways() {
        let table = "root:x:0:0::/root:/bin/sh\nbroken\nhacluster:x:189:\n:x:y\n";
        assert_eq!(id_of(table, "hacluster"), Some(189));
        assert_eq!(id_of(table, "broken"), None);
        assert_eq!(name_of(table, 0).as_deref(), Some("root"));
        assert_eq!(name_of(table, 7), None);
    }
}
