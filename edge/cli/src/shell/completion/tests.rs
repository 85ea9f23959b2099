//! Lines, and what can be typed at their end.

use super::*;
use crate::description::Description;
use cluster::Configuration;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A machine with two agents, a fence agent, a service, a file and a copy.
struct Bench;

const IP: &str = "<resource-agent name='IPaddr2'><parameters>\
    <parameter name='ip' required='1'><shortdesc>the address</shortdesc><content type='string'/>\
    </parameter><parameter name='nic'><shortdesc>the interface</shortdesc>\
    <content type='string' default='eth0'/></parameter><parameter name='arp'>\
    <shortdesc>tell others</shortdesc><content type='boolean' default='true'/></parameter></parameters>\
    <actions><action name='start' timeout='20s'/><action name='monitor' interval='10s' timeout='30s'/>\
    <action name='meta-data'/></actions></resource-agent>";

impl Machine for Bench {
    fn providers(&self) -> Vec<String> {
        ["heartbeat", "pacemaker"].map(str::to_owned).into()
    }

    fn agents(&self, provider: &str) -> Vec<String> {
        match provider {
            "heartbeat" => ["Filesystem", "IPaddr2"].map(str::to_owned).into(),
            "pacemaker" => ["Dummy", "ping"].map(str::to_owned).into(),
            _ => Vec::new(),
        }
    }

    fn fence_agents(&self) -> Vec<String> {
        vec!["fence_ipmilan".to_owned()]
    }

    fn services(&self, class: &str) -> BTreeSet<String> {
        let services = ["nginx"].into_iter().filter(|_| class == "systemd");
        services.map(str::to_owned).collect()
    }

    fn description(&self, agent: &str) -> Option<Arc<Description>> {
        let is_known = agent == "ocf:heartbeat:IPaddr2";
        is_known.then(|| Arc::new(Description::read(IP).expect("it is right")))
    }

    fn files(&self, begun: &str) -> Vec<String> {
        let files = ["/tmp/", "a.crm"].into_iter().filter(|path| path.starts_with(begun));
        files.map(str::to_owned).collect()
    }

    fn copies(&self) -> Vec<String> {
        vec!["trial".to_owned()]
    }
}

const TEXT: &str = "node 1: oss1\nnode 2: oss2 attributes site=east\n\
    rsc_template disk Filesystem params fstype=lustre\nprimitive ip IPaddr2 params ip=10.0.0.1\n\
    primitive ost0 @disk params device=/dev/a directory=/mnt/a\nprimitive web ocf:pacemaker:Dummy\n\
    primitive free ocf:pacemaker:Dummy\nprimitive power stonith:fence_ipmilan\ngroup g web ost0\n\
    location l g 100: oss1\norder o Mandatory: g ip\ntag t: g\n";

fn configuration(text: &str) -> Configuration {
    let mut configuration = Configuration::default();
    let loaded = crmsh::load(text, &configuration, crmsh::Mode::Update).expect("the text is right");
    configuration.apply(&loaded.edits).expect("the edits fit");
    configuration
}

/// The words that are offered; `+` behind those that go on.
fn offered(configuration: &Configuration, level: Level, line: &str) -> Vec<String> {
    let found = complete(line, level, &Facts { configuration, machine: &Bench });
    let shown = |it: &Candidate| format!("{}{}", it.word, if it.is_whole { "" } else { "+" });
    found.candidates.iter().map(shown).collect()
}

/// All that differs is told at once.
fn compare(configuration: &Configuration, level: Level, cases: &[(&str, &str)]) {
    let found =
        cases.iter().map(|(line, _)| (*line, offered(configuration, level, line).join(" ")));
    let differ = found.zip(cases).filter(|((_, found), (_, expected))| found != expected);
    let told: Vec<String> = differ
        .map(|((line, found), (_, expected))| {
            format!("{line}\n  found    {found}\n  expected {expected}")
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn what_can_be_typed_next() {
    let configuration = configuration(TEXT);
    let cases: &[(&str, &str)] = &[
        // Levels and commands.
        ("reso", "resource"),
        ("resource mo", "move"),
        ("resource un", "unmanage untrace"),
        ("configure prim", "primitive"),
        ("help res", "resource"),
        ("help resource st", "status start stop"),
        ("nonsense ", ""),
        // Ids by what a command takes.
        ("resource start ", "ip free power g web ost0"),
        ("resource start ip o", "ost0"),
        ("resource move web ", "oss1 oss2 --stay"),
        ("resource move web oss1 ", "--stay"),
        ("resource move --d", "--dry-run"),
        ("resource status --output ", "text json"),
        ("resource status --output json w", "web"),
        ("resource move --dry-run w", "web"),
        ("node standby o", "oss1 oss2"),
        ("node standby oss1 ", "reboot forever"),
        ("node attribute oss2 set ", "maintenance site standby"),
        ("node attribute oss2 set standby ", "on off"),
        ("resource meta web set is-", "is-managed"),
        ("resource meta web set target-role St", "Stopped Started"),
        ("resource param ip show ", "ip nic arp"),
        ("resource param ip set nic ", "eth0"),
        ("resource trace ip ", "start monitor"),
        ("configure delete --", "--force --dry-run --output"),
        ("configure show type:loc", "type:location"),
        ("configure show related:w", "related:web"),
        ("configure modgroup g add ", "ip free power"),
        ("configure modgroup g remove ", "web ost0"),
        ("configure modgroup g add ip before w", "web"),
        ("configure set ip.n", "ip.nic ip.notify"),
        ("configure load update ", "/tmp/+ a.crm -"),
        ("configure get_property no-q", "no-quorum-policy"),
        ("cib use ", "trial live"),
        ("ra list oc", "ocf"),
        ("ra info stonith:", "stonith:fence_ipmilan"),
        ("ra validate IPaddr2 i", "ip=+"),
        // Names that only have it inside.
        ("resource start st0", "ost0"),
    ];
    compare(&configuration, Level::Root, cases);
}

#[test]
fn what_can_be_typed_next_in_a_statement() {
    let configuration = configuration(TEXT);
    let cases: &[(&str, &str)] = &[
        ("primitive ", ""),
        ("primitive p I", "IPaddr2"),
        ("primitive p @", "@disk"),
        ("primitive p ocf:", "ocf:heartbeat:+ ocf:pacemaker:+"),
        ("primitive p ocf:pacemaker:", "ocf:pacemaker:Dummy ocf:pacemaker:ping"),
        ("primitive p systemd:n", "systemd:nginx"),
        ("primitive p IPaddr2 ", "ip=+ nic=+ arp=+ params meta utilization operations op"),
        ("PRIMITIVE p IPaddr2 PARAMS ", "ip=+ nic=+ arp=+"),
        ("primitive p IPaddr2 params ip=1 n", "nic=+"),
        ("primitive p IPaddr2 params ip=1 i", ""),
        ("primitive p IPaddr2 params arp=", "arp=true arp=false"),
        ("primitive p IPaddr2 params nic=", "nic=eth0"),
        ("primitive p IPaddr2 op ", "start monitor"),
        ("primitive p IPaddr2 op monitor i", "interval=+ interval-origin=+"),
        ("primitive p IPaddr2 op monitor interval=", "interval=10s"),
        ("primitive p IPaddr2 op monitor on-fail=f", "on-fail=fence"),
        ("primitive p IPaddr2 op monitor interval=10s op_", "op_params op_meta"),
        ("primitive p IPaddr2 meta target-role=Sta", "target-role=Started"),
        ("primitive p \\\n  IPaddr2 \\\n  params n", "nic=+"),
        ("primitive f stonith:fence_ipmilan params pcmk_host_l", "pcmk_host_list=+"),
        ("primitive x @disk me", "meta"),
        ("group h ", "ip free power"),
        ("group h ip ", "free power meta params"),
        ("clone c ", "ip free power g"),
        ("ms m g me", "meta"),
        ("location x ", "ip free power g web ost0 t"),
        ("location x g ", "inf: -inf: 100: rule role=+ resource-discovery=+"),
        ("location x g inf: ", "oss1 oss2"),
        ("location x g rule -inf: #", "#uname #kind #id"),
        ("location x g rule -inf: #uname ", "lt gt lte gte eq ne"),
        ("location x g rule -inf: #uname eq ", "oss1 oss2"),
        ("location x g rule #uname eq oss1 ", "and or rule"),
        ("location x g rule not_defined ", "maintenance site standby"),
        ("location x g role=P", "role=Promoted"),
        ("colocation c ", "inf: -inf: 100:"),
        ("colocation c inf: w", "web"),
        ("colocation c inf: ip g:P", "g:Promoted"),
        ("colocation c inf: (w", "(web"),
        ("order x S", "Serialize:"),
        ("order x Mandatory: g:p", "g:promote"),
        ("order x g ip sym", "symmetrical=+"),
        ("order x g ip symmetrical=", "symmetrical=true symmetrical=false"),
        ("tag u: l", "l"),
        ("property stonith-e", "stonith-enabled=+"),
        ("property stonith-enabled=", "stonith-enabled=true stonith-enabled=false"),
        ("property no-quorum-policy=i", "no-quorum-policy=ignore"),
        ("rsc_defaults migration-t", "migration-threshold=+"),
        ("op_defaults time", "timeout=+"),
        ("node oss2 attributes s", "site=+ standby=+"),
        ("fencing_topology oss1: po", "power"),
        ("fencing_topology oss1: power,", "power,power"),
        ("role r ", "read write deny"),
        ("role r read ref:w", "ref:web"),
        ("bundle b po", "podman"),
        ("bundle b podman im", "image=+"),
        ("monitor we", "web"),
    ];
    compare(&configuration, Level::Configure, cases);
}

#[test]
fn candidates_say_what_they_are() {
    let configuration = configuration(TEXT);
    let facts = Facts { configuration: &configuration, machine: &Bench };
    let cases = [
        ("resource start we", "ocf:pacemaker:Dummy, in g"),
        ("resource start g", "group of 2"),
        ("resource st", "show what resources do"),
        ("configure primitive p IPaddr2 params i", "has to be set: the address"),
        ("configure primitive p IPaddr2 op mo", "advised: interval 10s, timeout 30s"),
        ("configure property no-quorum-policy=st", "the default"),
    ];
    for (line, about) in cases {
        let found = complete(line, Level::Root, &facts).candidates;
        assert_eq!(found.first().map(|it| it.about.as_str()), Some(about), "{line}");
    }
}

#[test]
fn what_is_expected_is_hinted() {
    let cases = [
        ("resource move ", "RESOURCE [NODE] [LIFETIME|--stay]"),
        ("resource move web ", "[NODE] [LIFETIME|--stay]"),
        ("resource move we", ""),
        ("configure modgroup g ", "add|remove MEMBER [before|after MEMBER]"),
        ("configure location l ", "RESOURCE SCORE: NODE | ID RESOURCE rule SCORE: EXPRESSION"),
        ("configure group g a ", "[params N=V...] [meta N=V...]"),
        ("", ""),
    ];
    for (line, expected) in cases {
        assert_eq!(hint(line, Level::Root), expected, "{line}");
    }
}

#[test]
fn every_usage_names_known_places() {
    for (level, usage) in super::super::levels::usages() {
        for word in usage.split(['[', ']', '|', ' ', ':']).map(|word| word.trim_end_matches("..."))
        {
            let is_place = Place::named(word).is_some();
            assert!(!is_place || Place::is_listed(word), "{word} in {level:?}: {usage}");
        }
    }
}
