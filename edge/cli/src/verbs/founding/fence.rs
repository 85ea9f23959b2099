//! Fencing for a new node: a device that was named is tried and set up; where none was, what this machine
//! seems to have is proposed.

use crate::answer::{Failure, line, say_aside};
use crate::connection::Connection;
use crate::description::{self, Description};
use crate::words::{quoted, split};
use agents::Agent;
use api::{Language, LoadMode, Request};
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

/// By these parameters an agent is told which of a device's outlets, or machines, is meant.
const OUTLETS: [&str; 2] = ["port", "plug"];

/// A fence agent with its parameters: `fence_ipmilan ip=10.0.0.101 username=admin password=secret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    agent: String,
    parameters: Vec<(String, String)>,
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = split(text);
        let (agent, parameters) = words.split_first().ok_or("name a fence agent")?;
        let parameter = |word: &String| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            // It may be a password that has lost its quotes: it is not repeated.
            _ => Err(format!("behind {agent}, parameters are written as ip=10.0.0.101")),
        };
        Ok(Self {
            agent: agent.trim_start_matches("stonith:").to_owned(),
            parameters: parameters.iter().map(parameter).collect::<Result<_, _>>()?,
        })
    }
}

impl Device {
    /// Has the agent ask the device, and what it says about this node's power.
    pub(super) fn check(&self, node: &str) -> Result<(), Failure> {
        let agent = Agent::fence(&self.agent);
        let known = Description::of(&agent)?.parameters;
        let is_known = |name: &str| known.iter().any(|parameter| parameter.name == name);
        let is_given = OUTLETS.iter().any(|name| self.parameters.iter().any(|(it, _)| it == name));
        let outlet = OUTLETS.into_iter().find(|name| is_known(name) && !is_given);
        let of_node = outlet.map(|name| (name.to_owned(), node.to_owned()));
        for (action, more) in [("monitor", None), ("status", of_node)] {
            let parameters = self.parameters.iter().cloned().chain(more).collect();
            description::act(&agent, action, parameters).map_err(|failure| {
                Failure::Other(format!("{failure}. The device is not set up, and nothing was done"))
            })?;
        }
        line(&format!("{agent}: the device answers, and knows that this machine is on."));
        Ok(())
    }

    /// What the configuration says of it. It is never the node itself that would have to press the button.
    fn crm_text(&self, node: &str) -> String {
        let is_outlet = |name: &str| OUTLETS.contains(&name);
        let outlet = self.parameters.iter().find(|(name, _)| is_outlet(name));
        let target = match outlet {
            Some((_, outlet)) => ("pcmk_host_map", format!("{node}:{outlet}")),
            None => ("pcmk_host_list", node.to_owned()),
        };
        let given = self.parameters.iter().filter(|(name, _)| !is_outlet(name));
        let given = given.map(|(name, value)| (name.as_str(), value.clone()));
        let parameters: String = given
            .chain([target])
            .map(|(name, value)| format!(" {}", quoted(&format!("{name}={value}"))))
            .collect();
        let kind = &self.agent;
        format!(
            "primitive fence-{node} stonith:{kind} params{parameters} op monitor interval=60s\n\
             location fence-{node}-elsewhere fence-{node} -inf: {node}\n"
        )
    }

    /// Puts it into the configuration.
    pub(super) fn set_up(&self, connection: &Connection, node: &str) -> Result<(), Failure> {
        connection.change_by_program(&Request::Load {
            text: self.crm_text(node),
            language: Language::Crm,
            mode: LoadMode::Update,
            name: "--fence".into(),
            force: false,
        })?;
        line(&format!(
            "fence-{node} is configured; it is watched as soon as there is another node."
        ));
        Ok(())
    }
}

/// What a machine has by which others could cut its power.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// A baseboard management controller, perhaps at this address.
    Controller(Option<String>),
    /// A hypervisor, for which there is this agent.
    Hypervisor(&'static str),
    Nothing,
}

/// What the firmware of virtual machines calls their vendor, and the agents that reach it.
const HYPERVISORS: [(&str, &str); 7] = [
    ("QEMU", "fence_virsh ip=HYPERVISOR username=USER identity_file=KEY port=DOMAIN"),
    ("VMware", "fence_vmware_rest ip=VCENTER username=USER password=PASSWORD ssl=1 port=MACHINE"),
    ("Xen", "fence_xenapi ip=POOL username=USER password=PASSWORD port=MACHINE"),
    ("innotek", "fence_vbox ip=HOST username=USER identity_file=KEY port=MACHINE"),
    ("Amazon EC2", "fence_aws region=REGION port=INSTANCE"),
    ("Google", "fence_gce project=PROJECT zone=ZONE port=INSTANCE"),
    ("Microsoft", "fence_azure_arm subscriptionId=ID resourceGroup=GROUP msi=true port=MACHINE"),
];

/// Says that there is no fencing, and what could be done about it.
pub(super) fn propose() {
    for line in proposal(&look()).lines() {
        say_aside(line);
    }
}

fn proposal(found: &Found) -> String {
    let (what, device) = match found {
        Found::Controller(address) => {
            let address = address.as_deref().unwrap_or("ADDRESS");
            let device =
                format!("fence_ipmilan ip={address} username=USER password=PASSWORD lanplus=1");
            ("This machine has a BMC, which can cut its power.", device)
        }
        Found::Hypervisor(device) => {
            ("This is a virtual machine, whose hypervisor can cut its power.", (*device).to_owned())
        }
        Found::Nothing => (
            "Nothing was found that could cut this machine's power: a switched outlet may (fence_apc_snmp, \
             ...).",
            "AGENT ip=ADDRESS ...".to_owned(),
        ),
    };
    format!(
        "WARNING: no fencing is configured for this machine. Until it is, what it ran when it was lost is \
         started nowhere else.\n{what} With what is missing filled in, this tries it and sets it up:\n  \
         systole init --fence '{device}'"
    )
}

fn look() -> Found {
    let devices = ["/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"];
    if devices.iter().any(|device| Path::new(device).exists()) {
        return Found::Controller(controller_address());
    }
    let said = |name| std::fs::read_to_string(format!("/sys/class/dmi/id/{name}"));
    let texts = ["sys_vendor", "product_name"].map(|name| said(name).unwrap_or_default());
    hypervisor(&texts)
}

fn hypervisor(said: &[String]) -> Found {
    // Microsoft makes computers, too.
    let is_virtual = |vendor: &str| {
        vendor != "Microsoft" || said.iter().any(|text| text.contains("Virtual Machine"))
    };
    let is_it =
        |vendor: &str| said.iter().any(|text| text.starts_with(vendor)) && is_virtual(vendor);
    let found = HYPERVISORS.into_iter().find(|(vendor, _)| is_it(vendor));
    found.map_or(Found::Nothing, |(_, device)| Found::Hypervisor(device))
}

/// As the controller says itself, where there is a tool to ask it.
fn controller_address() -> Option<String> {
    /// Some controllers never answer.
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut command = Command::new("ipmitool");
    command.args(["lan", "print"]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    if !os::process::wait_until(PATIENCE, || !matches!(child.try_wait(), Ok(None))) {
        let _ = child.kill();
    }
    let output = child.wait_with_output().ok()?;
    address_in(&String::from_utf8_lossy(&output.stdout))
}

fn address_in(said: &str) -> Option<String> {
    let mut settings = said.lines().filter_map(|line| line.split_once(':'));
    let (_, address) = settings.find(|(name, _)| name.trim() == "IP Address")?;
    Some(address.trim().to_owned()).filter(|address| address != "0.0.0.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_for_one_node_and_pressed_by_others() {
        for (text, expected) in [
            (
                "fence_ipmilan ip=10.0.0.101 password='a b'",
                "primitive fence-oss1 stonith:fence_ipmilan params ip=10.0.0.101 password='a b' \
                 pcmk_host_list=oss1 op monitor interval=60s\n\
                 location fence-oss1-elsewhere fence-oss1 -inf: oss1\n",
            ),
            (
                "stonith:fence_virsh ip=h port=vm7",
                "primitive fence-oss1 stonith:fence_virsh params ip=h pcmk_host_map=oss1:vm7 op monitor \
                 interval=60s\nlocation fence-oss1-elsewhere fence-oss1 -inf: oss1\n",
            ),
        ] {
            let device: Device = text.parse().expect("it is one");
            assert_eq!(device.crm_text("oss1"), expected);
        }
        for wrong in ["", "fence_ipmilan secret", "fence_ipmilan =secret"] {
            let why = wrong.parse::<Device>().expect_err(wrong);
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn what_is_there_is_proposed() {
        let printed =
            "IP Address Source       : Static Address\nIP Address              : 10.0.0.101\n";
        assert_eq!(address_in(printed).as_deref(), Some("10.0.0.101"));
        assert_eq!(address_in("IP Address : 0.0.0.0\n"), None);
        for (vendor, product, expected) in [
            ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "fence_virsh"),
            ("VMware, Inc.", "VMware20,1", "fence_vmware_rest"),
            ("Microsoft Corporation", "Virtual Machine", "fence_azure_arm"),
            ("Microsoft Corporation", "Surface Pro", "switched outlet"),
            ("Dell Inc.", "PowerEdge R750", "switched outlet"),
        ] {
            let text = proposal(&hypervisor(&[vendor.to_owned(), product.to_owned()]));
            assert!(text.contains(expected), "{vendor}: {text}");
        }
        let known = proposal(&Found::Controller(Some("10.0.0.101".into())));
        assert!(known.contains("fence_ipmilan ip=10.0.0.101 "), "{known}");
    }
}
