//! Whom this process acts as, and what users are called in the machine's own files.
//!
//! Accounts that only a directory service knows are not found here.

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

/// The table's lines are `name:password:id:...`.
fn name_of(table: &str, id: u32) -> Option<String> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, entry) = (fields.next()?, fields.nth(1)?.parse::<u32>().ok()?);
        (entry == id).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_by_its_id() {
        let table = "root:x:0:0::/root:/bin/sh\nbroken\nhacluster:x:189:\n:x:y\n";
        assert_eq!(name_of(table, 189).as_deref(), Some("hacluster"));
        assert_eq!(name_of(table, 0).as_deref(), Some("root"));
        assert_eq!(name_of(table, 7), None);
    }
}
