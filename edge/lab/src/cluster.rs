//! What a lab is made of before anything runs: configuration, key, tools, disks.

use crate::error::{During, LabError};
use crate::layout::Layout;
use crate::options::{Disk, LabOptions};
use crate::protocol::Storage;
use crate::service;
use crate::switch::Port;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// Bytes of a cluster's key, as long as Corosync's.
const KEY_LENGTH: usize = 256;

/// Fills the lab's folder.
///
/// # Errors
/// When a file cannot be written or a disk cannot be made.
pub(crate) fn prepare(layout: &Layout, options: &LabOptions) -> Result<(), LabError> {
    write_cluster(layout, options).during("writing the cluster's configuration")?;
    link_tools(layout, options).during("linking the tools")?;
    if options.services {
        prepare_services(layout).during("writing the agent of services")?;
    }
    for node in &options.nodes {
        std::fs::create_dir_all(layout.state(node)).during("making the machines' folders")?;
    }
    std::fs::create_dir_all(layout.disks()).during("making the folder of disks")?;
    options.disks.iter().try_for_each(|disk| make_disk(layout, disk))
}

/// What disks can be made of here.
pub(crate) fn storage() -> Storage {
    let is_root = os::account::effective_user() == 0 && os::namespace::has_all_users();
    if is_root && os::loopback::check().is_ok() { Storage::Images } else { Storage::Folders }
}

fn write_cluster(layout: &Layout, options: &LabOptions) -> io::Result<()> {
    let folder = layout.cluster();
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("corosync.conf"), corosync_conf(layout, options))?;
    std::fs::write(folder.join("hosts"), hosts(options))?;
    let mut key = [0; KEY_LENGTH];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    let path = folder.join("authkey");
    OpenOptions::new().write(true).create_new(true).mode(0o400).open(path)?.write_all(&key)
}

fn link_tools(layout: &Layout, options: &LabOptions) -> io::Result<()> {
    std::fs::create_dir_all(layout.tools())?;
    std::fs::write(layout.program(), "")?;
    let names = options.tools.iter().map(String::as_str).filter(|name| *name != "systole");
    for name in names.chain(["systole"]) {
        symlink(layout.program(), layout.tools().join(name))?;
    }
    for (name, script) in &options.scripts {
        let path = layout.tools().join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(path)?;
        write!(file, "#!/bin/sh\n{script}\n")?;
    }
    Ok(())
}

fn prepare_services(layout: &Layout) -> io::Result<()> {
    std::fs::create_dir_all(layout.misbehaviours())?;
    let agent = layout.service_agent();
    std::fs::create_dir_all(agent.with_file_name(""))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(agent)?;
    file.write_all(service::script(layout).as_bytes())
}

/// Machines in the order of their node ids, which count from 1.
pub(crate) fn machines(options: &LabOptions) -> impl Iterator<Item = (u8, &String)> {
    (1..=u8::MAX).zip(&options.nodes)
}

fn corosync_conf(layout: &Layout, options: &LabOptions) -> String {
    let key = layout.cluster().join("authkey");
    let mut text = format!(
        "totem {{\n    version: 2\n    cluster_name: lab\n    transport: knet\n    \
         link_mode: active\n    crypto_cipher: aes256\n    crypto_hash: sha256\n    \
         keyfile: {}\n}}\n\nnodelist {{\n",
        key.display()
    );
    for (machine, name) in machines(options) {
        text.push_str("    node {\n");
        for ring in 0..options.rings {
            let address = Port { machine, ring }.address();
            let _ = writeln!(text, "        ring{ring}_addr: {address}");
        }
        let _ = writeln!(text, "        name: {name}\n        nodeid: {machine}\n    }}");
    }
    text.push_str("}\n\nquorum {\n    provider: corosync_votequorum\n");
    if options.nodes.len() == 2 {
        text.push_str("    two_node: 1\n");
    }
    text.push_str("}\n\nlogging {\n    to_stderr: yes\n}\n");
    text + &layout.fill_in_text(&options.sections)
}

fn hosts(options: &LabOptions) -> String {
    let mut text = String::from("127.0.0.1 localhost\n");
    for (machine, name) in machines(options) {
        let _ = writeln!(text, "{} {name}", Port { machine, ring: 0 }.address());
    }
    text
}

fn make_disk(layout: &Layout, disk: &Disk) -> Result<(), LabError> {
    match storage() {
        Storage::Images => make_image(&layout.image(&disk.name), disk),
        Storage::Folders => std::fs::create_dir(layout.disk_folder(&disk.name))
            .during(&format!("making the disk {}", disk.name)),
    }
}

fn make_image(image: &Path, disk: &Disk) -> Result<(), LabError> {
    let what = format!("making the disk {}", disk.name);
    let file = File::create_new(image).during(&what)?;
    file.set_len(disk.megabytes << 20).during(&what)?;
    let label: String = disk.name.chars().take(16).collect();
    // Without lazy initialisation: a kernel thread that goes on writing zeros would keep the
    // image of a frozen machine from settling.
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-L", &label])
        .arg(image)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin")
        .output()
        .during("running mkfs.ext4 (package e2fsprogs)")?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr).trim().to_owned();
    Err(LabError::System { what: format!("{what} with mkfs.ext4"), error: io::Error::other(said) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_every_node_on_every_ring() {
        let mut options = LabOptions::new("/lab".into(), "/bin/true".into(), 2);
        options.rings = 2;
        let text = corosync_conf(&Layout::new("/lab"), &options);
        let expected = "totem {
    version: 2
    cluster_name: lab
    transport: knet
    link_mode: active
    crypto_cipher: aes256
    crypto_hash: sha256
    keyfile: /lab/cluster/authkey
}

nodelist {
    node {
        ring0_addr: 10.77.0.1
        ring1_addr: 10.77.1.1
        name: oss1
        nodeid: 1
    }
    node {
        ring0_addr: 10.77.0.2
        ring1_addr: 10.77.1.2
        name: oss2
        nodeid: 2
    }
}

quorum {
    provider: corosync_votequorum
    two_node: 1
}

logging {
    to_stderr: yes
}
";
        assert_eq!(text, expected);
        options.nodes.push("oss3".into());
        assert!(!corosync_conf(&Layout::new("/lab"), &options).contains("two_node"));
    }
}
