//! Stories: a cluster, and what every text says about it.
//!
//! A file in `stories/` is a CIB, then one block for each text, headed by the command that prints
//! it: `---- crm_mon -1rf`, `---- crm_simulate`, `---- systole status`, `---- systole plan`.
//! `UPDATE=1 cargo test` rewrites the blocks.

use base::{NodeId, WallTime};
use jiff::tz::TimeZone;
use report::explain;
use report::friendly::{self, Colour, Picture, SilentRing};
use report::monitor::{
    Cluster, FenceEvent, FenceOutcome, Grouping, LastChange, Options, Pending, Section,
    current_status, out_of_action, text,
};
use report::plan::{self, Points};
use report::rings::{self, Detail, Link, LinkState, Links};
use report::votes::{self, Arbiter, Column, Ids, Opinion, Quorum, Style, Voter};
use scheduler::{Facts, Situation, situation};
use std::fs;
use std::path::{Path, PathBuf};

/// Shortly after everything that the stories tell.
const NOW: WallTime = WallTime::from_seconds(1_772_791_400);

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What `crm_mon` shows under these letters.
fn options(letters: &str) -> Options {
    let mut options = Options::default();
    for letter in letters.chars() {
        match letter {
            'r' => options.inactive = true,
            't' => options.timing = true,
            'b' => options.brief = true,
            'R' => options.detail = true,
            'n' => options.grouping = Grouping::Node,
            'f' => options.include(&[Section::FailCounts]),
            'o' => options.include(&[Section::Operations]),
            'A' => options.include(&[Section::Attributes]),
            'L' => options.include(&[Section::Bans]),
            'c' => options.include(&[Section::Tickets]),
            'D' => options.exclude(Section::named("summary").expect("a section")),
            'm' => {
                options.include(Section::named("fencing").expect("a section"));
                options.full_fencing = true;
            }
            'O' => options.include(&[Section::Options]),
            _ => {}
        }
    }
    options
}

fn render(command: &str, cib: &cib::Cib, situation: &Situation<'_>) -> String {
    let coordinator = cib.attribute("dc-uuid");
    let named = situation.nodes.values().find(|node| Some(node.id.as_str()) == coordinator);
    let coordinator = named.map(|node| node.name.as_str());
    let zone = TimeZone::UTC;
    if let Some(letters) = command.strip_prefix("crm_mon -") {
        let own = |name| cib.attribute(name).map(String::from);
        let last_change = LastChange {
            when: WallTime::from_seconds(1_772_791_200),
            user: own("update-user"),
            client: own("update-client"),
            origin: own("update-origin"),
        };
        let cluster = Cluster {
            situation,
            stack: "corosync",
            coordinator,
            version: "2.1.5",
            feature_set: None,
            last_updated: NOW,
            local_node: None,
            last_change: Some(last_change),
            fencing: &[],
            zone,
        };
        return text(&cluster, &options(letters));
    }
    if let Some(resource) = command.strip_prefix("systole explain ") {
        let decision = scheduler::decide(&situation.facts);
        return explain::text(&explain::explain(&decision, resource), None);
    }
    match command {
        "systole plan" => plan::text(&scheduler::decide(&situation.facts)),
        "crm_simulate" => {
            let ahead = out_of_action(situation).map(|line| format!("{line}\n"));
            format!(
                "{}{}",
                ahead.unwrap_or_default(),
                current_status(situation, Pending::Shown, &[])
            )
        }
        "systole status" => {
            let picture =
                Picture { situation, coordinator, zone, silent: &[], fencing_failed: &[] };
            friendly::text(&picture, Colour::Plain)
        }
        other => panic!("no command {other}"),
    }
}

/// A recorded cluster says when it was looked at.
fn facts(cib: &cib::Cib) -> Facts<'_> {
    let recorded = cib.attribute("execution-date").and_then(|text| text.parse().ok());
    let is_on = |name| cib.attribute(name).and_then(cluster::value::boolean) == Some(true);
    Facts {
        configuration: &cib.configuration,
        status: &cib.status,
        in_flight: &[],
        has_lost_quorum: is_on("no-quorum-panic"),
        is_masked: true,
        coordinator: cib.attribute("dc-uuid"),
        has_quorum: is_on("have-quorum"),
        now: recorded.map_or(NOW, WallTime::from_seconds),
    }
}

#[test]
fn stories() {
    for entry in fs::read_dir(here().join("tests/stories")).unwrap() {
        let path = entry.unwrap().path();
        let story = fs::read_to_string(&path).unwrap();
        let mut blocks = story.split("---- ");
        let input = blocks.next().unwrap();
        let cib = cib::read(input).unwrap();
        let facts = facts(&cib);
        let situation = situation(&facts);
        let mut told = input.to_owned();
        for block in blocks {
            let command = block.lines().next().unwrap();
            let shown = render(command, &cib, &situation);
            assert!(
                command != "systole status" || shown.lines().all(|line| line.chars().count() <= 80),
                "wider than 80 columns:\n{shown}"
            );
            told.push_str(&format!("---- {command}\n{shown}"));
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &told).unwrap();
            continue;
        }
        assert_eq!(story, told, "{}", path.display());
    }
}

/// Recorded states of real clusters with what Pacemaker shows of them; they are no part of the
/// project, so this says that it has not measured where they are missing.
#[test]
fn recorded_clusters_look_as_pacemaker_shows_them() {
    let Some(folder) = std::env::var_os("CONFORMANCE") else {
        println!("skipped: CONFORMANCE names no folder with recorded clusters");
        return;
    };
    let recorded = PathBuf::from(folder).join("scheduler");
    let entries = fs::read_dir(recorded.join("summary"))
        .unwrap_or_else(|error| panic!("CONFORMANCE: {}: {error}", recorded.display()));
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.strip_suffix(".summary").map(Into::into)
        })
        .collect();
    names.sort();
    let is_equal = |name: &String| {
        let summary = fs::read_to_string(recorded.join(format!("summary/{name}.summary"))).ok()?;
        let input = fs::read_to_string(recorded.join(format!("xml/{name}.xml"))).ok()?;
        let (cib, _) = cib::read_tolerant(&input).ok()?;
        let facts = facts(&cib);
        let shown = current_status(&situation(&facts), Pending::Shown, &[]);
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
            lines.map(String::from).collect()
        };
        (lines(&recorded_part(&summary)) == lines(&shown)).then_some(())
    };
    let equal = names.iter().filter(|name| is_equal(name).is_some()).count();
    println!("{equal} of {} recorded clusters look the same", names.len());
    assert!(equal >= LOOK_THE_SAME, "{equal} recorded clusters look the same");
}

/// How many did when this was last raised; containers and remote nodes make up the rest.
const LOOK_THE_SAME: usize = 630;

fn recorded_part(summary: &str) -> String {
    let (_, after) = summary.split_once("Current cluster status:\n").unwrap_or_default();
    let part = after.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    part.map(|line| format!("{line}\n")).collect()
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let story = fs::read_to_string(here().join("tests/stories/lost-node.txt")).unwrap();
    let cib = cib::read(story.split("---- ").next().unwrap()).unwrap();
    let facts = facts(&cib);
    let situation = situation(&facts);
    let picture = Picture {
        situation: &situation,
        coordinator: Some("oss1"),
        zone: TimeZone::UTC,
        silent: &[],
        fencing_failed: &[],
    };
    let coloured = friendly::text(&picture, Colour::Ansi);
    assert!(coloured.contains("oss2   \x1b[1;31mLOST       \x1b[0m  ost1\n"), "{coloured}");
    let bare = ["\x1b[1;31m", "\x1b[1m", "\x1b[32m", "\x1b[33m", "\x1b[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(bare, friendly::text(&picture, Colour::Plain));
}

#[test]
fn silent_rings_and_helpless_fencing_are_told() {
    let story = fs::read_to_string(here().join("tests/stories/lost-node.txt")).unwrap();
    let told = |story: &str, silent: &[SilentRing], fencing_failed: &[String]| {
        let cib = cib::read(story.split("---- ").next().unwrap()).unwrap();
        let facts = facts(&cib);
        let situation = situation(&facts);
        let zone = TimeZone::UTC;
        let coordinator = Some("oss1");
        let picture = Picture { situation: &situation, coordinator, zone, silent, fencing_failed };
        friendly::text(&picture, Colour::Plain)
    };
    let unheard = ["oss2", "oss10"].map(String::from).to_vec();
    let silent = SilentRing { ring: 0, here: "oss1".into(), unheard };
    let text = told(&story, &[silent], &["oss2".into()]);
    let ring = "Mind\n  Ring 0 is silent: oss1 does not hear oss2 and oss10 on it; other rings \
        carry\n    on.\n";
    assert!(text.ends_with(ring), "{text}");
    let help = "         Its fence device has failed, and is tried again. When oss2 is certainly\n\
        \x20        off:\n           systole confirm-down oss2\n";
    assert!(text.contains(help), "{text}");
    let bare =
        story.replace("<primitive id=\"shoot\" class=\"stonith\" type=\"fence_ipmilan\"/>", "");
    let text = told(&bare, &[], &[]);
    assert!(text.contains("There is no fence device. When oss2 is certainly off:"), "{text}");
    assert!(text.contains("Fencing is on, but there is no fence device"), "{text}");
}

#[test]
fn counted_failures_are_told_when_their_records_are_gone() {
    let text = "<cib have-quorum='1'><configuration><crm_config><cluster_property_set id='s'>\
        <nvpair id='f' name='stonith-enabled' value='false'/></cluster_property_set></crm_config>\
        <nodes><node id='1' uname='oss1'/></nodes><resources>\
        <primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/></resources>\
        </configuration><status><node_state id='1' uname='oss1' in_ccm='true' crmd='online' \
        join='member' expected='member'><transient_attributes id='1'><instance_attributes id='t'>\
        <nvpair id='c' name='fail-count-a#monitor_10000' value='1'/></instance_attributes>\
        </transient_attributes><lrm id='1'><lrm_resources><lrm_resource id='a' class='ocf' \
        provider='pacemaker' type='Dummy'><lrm_rsc_op id='o' operation='start' interval='0' \
        call-id='2' rc-code='0' op-status='0' transition-key='1:1:0:x'/></lrm_resource>\
        </lrm_resources></lrm></node_state></status></cib>";
    let cib = cib::read(text).unwrap();
    let facts = facts(&cib);
    let situation = situation(&facts);
    let shown = render("systole status", &cib, &situation);
    let expected = "Failures\n  a  failed once on oss1; recovered since\n     To forget:\n       \
        crm resource cleanup a oss1\n";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn fencing_is_told_by_its_last_event_or_in_full() {
    let event = |outcome, delegate: &str, seconds| FenceEvent {
        target: "oss2".into(),
        action: "reboot".into(),
        delegate: Some(delegate.into()),
        client: "manager.9".into(),
        origin: "oss1".into(),
        outcome,
        when: WallTime::from_seconds(seconds),
    };
    let events = [
        event(FenceOutcome::Succeeded, "oss3", 1_772_791_300),
        event(FenceOutcome::Failed(Some("timed out".into())), "oss1", 1_772_791_200),
        event(FenceOutcome::Failed(None), "oss1", 1_772_791_100),
    ];
    let cib = cib::Cib::default();
    let facts = facts(&cib);
    let situation = situation(&facts);
    let cluster = Cluster {
        situation: &situation,
        stack: "corosync",
        coordinator: None,
        version: "2.1.5",
        feature_set: None,
        last_updated: NOW,
        local_node: Some("oss1"),
        last_change: None,
        fencing: &events,
        zone: TimeZone::UTC,
    };
    let mut only = options("D");
    only.exclude(&[Section::Nodes, Section::Resources]);
    assert_eq!(
        text(&cluster, &only),
        "Failed Fencing Actions:\n  * reboot of oss2 by oss1 for manager.9@oss1 last failed \
         (timed out) at Fri Mar  6 10:00:00 2026 (a later attempt from oss3 succeeded)\n"
    );
    let mut all = options("Dm");
    all.exclude(&[Section::Nodes, Section::Resources]);
    assert_eq!(
        text(&cluster, &all),
        "Fencing History:\n  \
         * reboot of oss2 by oss3 for manager.9@oss1 successful at Fri Mar  6 10:01:40 2026\n  \
         * reboot of oss2 by oss1 for manager.9@oss1 failed (timed out) at \
         Fri Mar  6 10:00:00 2026 (a later attempt from oss3 succeeded)\n  \
         * reboot of oss2 by oss1 for manager.9@oss1 failed at Fri Mar  6 09:58:20 2026 \
         (a later attempt from oss3 succeeded)\n"
    );
}

#[test]
fn rings_look_as_corosync_shows_them() {
    let link = |ring, address: &str, third| Link {
        ring,
        address: address.into(),
        peers: vec![(NodeId(12), third), (NodeId(2), LinkState::Connected)],
    };
    let links = Links {
        local: NodeId(3),
        transport: "knet".into(),
        links: vec![
            link(0, "10.9.0.3", LinkState::Connected),
            link(1, "10.8.0.3", LinkState::Disconnected),
        ],
    };
    assert_eq!(
        rings::links(&links, Detail::Full),
        "Local node ID 3, transport knet\n\
         LINK ID 0 udp\n\taddr\t= 10.9.0.3\n\tstatus:\n\
         \t\tnodeid:          2:\tconnected\n\
         \t\tnodeid:          3:\tlocalhost\n\
         \t\tnodeid:         12:\tconnected\n\
         LINK ID 1 udp\n\taddr\t= 10.8.0.3\n\tstatus:\n\
         \t\tnodeid:          2:\tconnected\n\
         \t\tnodeid:          3:\tlocalhost\n\
         \t\tnodeid:         12:\tdisconnected\n"
    );
    assert_eq!(
        rings::links(&links, Detail::Brief),
        "Local node ID 3, transport knet\n\
         LINK ID 0 udp\n\taddr\t= 10.9.0.3\n\tstatus\t= 3n3\n\
         LINK ID 1 udp\n\taddr\t= 10.8.0.3\n\tstatus\t= 3n1\n"
    );
}

#[test]
fn votes_look_as_corosync_shows_them() {
    let voter = |id, name: &str| Voter { id: NodeId(id), votes: 1, name: name.into() };
    let mut quorum = Quorum {
        date: NOW,
        zone: TimeZone::UTC,
        local: NodeId(1),
        view: (NodeId(1), 47),
        is_quorate: true,
        expected: 3,
        highest_expected: 3,
        needed: 2,
        total: 2,
        flags: vec!["Quorate".into(), "WaitForAll".into()],
        members: vec![voter(1, "oss1"), voter(10, "oss10")],
        arbiter: None,
    };
    let text = votes::status(&quorum, Style::default());
    assert_eq!(
        text,
        "Quorum information\n------------------\n\
         Date:             Fri Mar  6 10:03:20 2026\n\
         Quorum provider:  corosync_votequorum\n\
         Nodes:            2\n\
         Node ID:          1\n\
         Ring ID:          1.2f\n\
         Quorate:          Yes\n\n\
         Votequorum information\n----------------------\n\
         Expected votes:   3\n\
         Highest expected: 3\n\
         Total votes:      2\n\
         Quorum:           2  \n\
         Flags:            Quorate WaitForAll \n\n\
         Membership information\n----------------------\n    Nodeid      Votes Name\n         \
         1          1 oss1 (local)\n        \
         10          1 oss10\n"
    );
    quorum.is_quorate = false;
    quorum.flags.clear();
    let text = votes::status(&quorum, Style::default());
    assert!(text.contains("Quorate:          No\n"));
    assert!(text.contains("Quorum:           2 Activity blocked\nFlags:            \n"));
    let always = Style { column: Column::Always, ids: Ids::Hexadecimal };
    assert_eq!(
        votes::members(&quorum, always),
        "Membership information\n----------------------\n    \
         Nodeid      Votes    Qdevice Name\n\
         0x00000001          1         NR oss1 (local)\n\
         0x0000000a          1         NR oss10\n"
    );
    quorum.arbiter = Some(Arbiter { votes: 1, opinion: Opinion::Granted });
    let text = votes::members(&quorum, Style::default());
    assert!(text.contains("         1          1    A,V,NMW oss1 (local)\n"), "{text}");
    assert!(text.ends_with("         0          1            Qdevice\n"), "{text}");
    quorum.arbiter = Some(Arbiter { votes: 1, opinion: Opinion::Unknown });
    let text = votes::members(&quorum, Style::default());
    assert!(text.contains("         1          1  NA,NV,NMW oss1 (local)\n"), "{text}");
    assert!(text.ends_with("         0          0            Qdevice (votes 1)\n"), "{text}");
}

#[test]
fn a_picture_tells_what_the_text_tells() {
    let story = fs::read_to_string(here().join("tests/stories/why-and-what-next.txt")).unwrap();
    let cib = cib::read(story.split("---- ").next().unwrap()).unwrap();
    let facts = facts(&cib);
    let decision = scheduler::decide(&facts);
    let (text, picture) = (plan::text(&decision), report::svg(&decision, Points::LeftOut));
    let size = text.lines().find_map(|line| line.split_once(';')).unwrap().0;
    assert!(size.ends_with("waves") && picture.contains(&format!(">{size}</text>")), "{size}");
    for step in plan::steps(&decision, Points::LeftOut) {
        let what = report::printable(&step.what);
        assert!(text.contains(&what), "{what} is not in the text");
    }
    assert!(picture.contains(">look for</text>") && picture.contains(">oss1, oss2</text>"));
    assert!(!picture.contains("class=\"point\""));
    let with_points = report::svg(&decision, Points::Shown);
    assert!(with_points.contains("class=\"point\"") && with_points.contains(">db-clone started<"));
    let width = |svg: &str| -> u32 {
        let from = svg.split_once("width=\"").unwrap().1;
        from.split_once('"').unwrap().0.parse().unwrap()
    };
    assert!(width(&picture) <= 2_000 && width(&with_points) <= 2_000);
}
