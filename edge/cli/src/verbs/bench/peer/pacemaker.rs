//! Pacemaker on the machines of a lab, with its own tools and folders.

use lab::LabOptions;

/// What is laid over its tools is taken away; its folders are fresh, and what it keeps there survives a
/// power cycle, as on a disk.
const FURNISH: &str = "umount /usr/sbin /usr/lib/pacemaker; \
    for folder in /etc/corosync /var/lib/corosync /var/log/pacemaker; \
    do mount -t tmpfs tmpfs $folder || exit; done; \
    mkdir -p {state}/pacemaker; mount --bind {state}/pacemaker /var/lib/pacemaker || exit; \
    for folder in /run/crm /var/lib/pacemaker/cib /var/lib/pacemaker/pengine \
    /var/lib/pacemaker/blackbox /var/lib/pacemaker/cores; do mkdir -p $folder; done; \
    chown -R hacluster:haclient /run/crm /var/lib/pacemaker /var/log/pacemaker; \
    cp {dir}/cluster/corosync.conf {dir}/cluster/authkey /etc/corosync; ";

/// Starts Corosync and Pacemaker on a machine of [`with_pacemaker`]: when it is switched on, and again after
/// they were stopped.
pub const START_PACEMAKER: &str = "setsid corosync -f >>/run/theirs.log 2>&1 & \
    for try in $(seq 200); do /usr/sbin/corosync-cfgtool -s >/dev/null 2>&1 && break; sleep 0.1; done; \
    setsid /usr/sbin/pacemakerd >>/run/theirs.log 2>&1 &";

/// The same lab, with Corosync and Pacemaker as installed on this machine in place of our daemons. It is up when
/// the machines run.
pub fn with_pacemaker(options: LabOptions) -> LabOptions {
    let script = format!("{FURNISH}{START_PACEMAKER} exec sleep infinity");
    LabOptions {
        daemon: ["sh", "-c", &script].map(str::to_owned).to_vec(),
        sections: crate::COROSYNC_SECTIONS.to_owned(),
        ready: Vec::new(),
        ..options
    }
}
