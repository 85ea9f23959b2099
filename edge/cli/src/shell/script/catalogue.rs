//! The scripts: data only.

/// A configuration with gaps.
pub(super) struct Script {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) about: &'static str,
    /// What it needs to know.
    pub(super) gaps: &'static [Gap],
    /// What it defines, with `{NAME}` for each gap.
    pub(super) text: &'static str,
}

/// Something that a script needs to know.
pub(super) struct Gap {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) about: &'static str,
    /// What it is when nothing is said: empty to leave its line out, none if it has to be said.
    pub(super) usual: Option<&'static str>,
    /// One that could be.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests fill the gaps with it"))]
    pub(super) example: &'static str,
}

const fn needed(name: &'static str, about: &'static str, example: &'static str) -> Gap {
    Gap { name, about, usual: None, example }
}

const fn usual(
    name: &'static str,
    about: &'static str,
    usual: &'static str,
    example: &'static str,
) -> Gap {
    Gap { name, about, usual: Some(usual), example }
}

const ID: Gap = needed("id", "what it is to be called", "x");
const DEVICE: Gap =
    needed("device", "the device, by a name that is the same on all nodes", "/dev/x");
const DIRECTORY: Gap = needed("directory", "where it is mounted", "/mnt/x");

pub(super) const SCRIPTS: [Script; 6] = [
    Script {
        name: "virtual-ip",
        about: "an address that is where the service is",
        gaps: &[
            ID,
            needed("ip", "the address", "10.0.0.9"),
            usual("nic", "the interface, if the address does not tell", "", "eth0"),
            usual("netmask", "the network's length", "", "24"),
        ],
        text: "primitive {id} ocf:heartbeat:IPaddr2 \\\n\tparams ip={ip} \\\n\tnic={nic} \\\n\t\
            cidr_netmask={netmask} \\\n\top monitor interval=10s timeout=20s\n",
    },
    Script {
        name: "filesystem",
        about: "a file system that is mounted on one node at a time",
        gaps: &[
            ID,
            DEVICE,
            DIRECTORY,
            usual("fstype", "its type", "ext4", "xfs"),
            usual("options", "options of the mount", "", "noatime,nodev"),
        ],
        text: "primitive {id} ocf:heartbeat:Filesystem \\\n\tparams device={device} \
            directory={directory} fstype={fstype} \\\n\toptions={options} \\\n\t\
            op start timeout=60s interval=0s \\\n\top stop timeout=60s interval=0s \\\n\t\
            op monitor interval=20s timeout=40s\n",
    },
    Script {
        name: "lustre-target",
        about: "a Lustre target with a server that it prefers and one that takes over",
        gaps: &[
            ID,
            DEVICE,
            DIRECTORY,
            needed("primary", "the server that it prefers", "oss1"),
            needed("secondary", "the server that takes over", "oss2"),
        ],
        text: "primitive {id} ocf:heartbeat:Filesystem \\\n\tparams device={device} \
            directory={directory} fstype=lustre \\\n\tmeta resource-stickiness=50 \\\n\t\
            op start timeout=300s interval=0s \\\n\top stop timeout=300s interval=0s \\\n\t\
            op monitor interval=20s timeout=300s\n\
            location {id}-primary {id} 100: {primary}\n\
            location {id}-secondary {id} 50: {secondary}\n\
            location {id}-nowhere-else {id} rule -inf: #uname ne {primary} and #uname ne {secondary}\n",
    },
    Script {
        name: "fence-ipmi",
        about: "fencing of a server by its management board",
        gaps: &[
            ID,
            needed("node", "the server", "oss1"),
            needed("ip", "the board's address", "10.0.1.1"),
            needed("user", "who may log in there", "admin"),
            needed("password", "with which password", "x"),
        ],
        text: "primitive {id} stonith:fence_ipmilan \\\n\tparams ip={ip} username={user} \
            password={password} lanplus=1 pcmk_host_list={node} \\\n\t\
            op monitor interval=60s timeout=60s\n\
            location {id}-elsewhere {id} -inf: {node}\n",
    },
    Script {
        name: "reachable",
        about: "resources only where some addresses can be reached",
        gaps: &[
            ID,
            needed("hosts", "the addresses", "10.0.0.1 10.0.0.2"),
            needed("resource", "what has to be where they are reached", "x"),
        ],
        text: "primitive {id}-ping ocf:pacemaker:ping \\\n\tparams host_list={hosts} \
            multiplier=1000 dampen=5s \\\n\top monitor interval=10s timeout=60s\n\
            clone {id} {id}-ping\n\
            location {id}-where {resource} rule -inf: not_defined pingd or pingd lte 0\n",
    },
    Script {
        name: "nfs-export",
        about: "a directory that is exported by NFS from where it is mounted, with an address",
        gaps: &[
            ID,
            DEVICE,
            DIRECTORY,
            usual("fstype", "the file system's type", "ext4", "xfs"),
            needed("ip", "the address that clients use", "10.0.0.8"),
            needed("clients", "who may mount it", "10.0.0.0/24"),
        ],
        text: "primitive {id}-fs ocf:heartbeat:Filesystem \\\n\tparams device={device} \
            directory={directory} fstype={fstype} \\\n\top monitor interval=20s timeout=40s\n\
            primitive {id}-export ocf:heartbeat:exportfs \\\n\tparams directory={directory} \
            clientspec={clients} fsid=1 options=rw \\\n\top monitor interval=30s timeout=20s\n\
            primitive {id}-ip ocf:heartbeat:IPaddr2 \\\n\tparams ip={ip} \\\n\t\
            op monitor interval=10s timeout=20s\n\
            group {id} {id}-fs {id}-export {id}-ip\n",
    },
];
