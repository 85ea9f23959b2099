//! Stories: a text, and what must come of it.

mod kinds;

use crate::*;
use base::{Decode, Encode};
use cluster::{
    Constraint, ExtraNode, Object, OperationStatus, OrderKind, Resource, Role, Score, value,
};
use std::fs;
use std::path::PathBuf;

/// A CIB with `sections` inside its configuration.
fn around(sections: &str) -> String {
    format!(
        "<cib admin_epoch=\"0\" epoch=\"7\" num_updates=\"3\">\n<configuration>\n{sections}\n</configuration>\n<status/>\n</cib>\n"
    )
}

fn configuration_of(sections: &str) -> Configuration {
    read(&around(sections)).expect("the story is well-formed").configuration
}

/// Reading what was written gives the same again, in every part.
fn assert_stable(cib: &Cib) {
    let text = write(cib);
    let again = read_tolerant(&text).expect("what is written is read").0;
    assert_eq!(again, *cib, "{text}");
    assert_eq!(write(&again), text);
}

const LUSTRE: &str = r##"<?xml version="1.0"?>
<!-- from the file server's first day -->
<cib validate-with="pacemaker-3.9" admin_epoch="1" epoch="12" num_updates="4" have-quorum="1" dc-uuid="2">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
      </cluster_property_set>
    </crm_config>
    <nodes>
      <node id="1" uname="oss1">
        <instance_attributes id="nodes-1"><nvpair id="nodes-1-standby" name="standby" value="off"/></instance_attributes>
      </node>
      <node id="2" uname="oss2" score="5"/>
    </nodes>
    <resources>
      <!-- the first target -->
      <primitive id="ost0" class="ocf" provider="heartbeat" type="Filesystem" ours="yes">
        <instance_attributes id="ost0-params">
          <nvpair id="ost0-params-device" name="device" value="/dev/mapper/a &amp; b&#10;c"/>
        </instance_attributes>
        <operations id="ost0-ops">
          <op id="ost0-monitor-120s" name="monitor" interval="120s" timeout="5min" on-fail="fence" start-delay="1s">
            <instance_attributes id="deep"><nvpair id="deep-level" name="OCF_CHECK_LEVEL" value="10"/></instance_attributes>
          </op>
        </operations>
      </primitive>
      <master id="ms">
        <primitive id="db" class="ocf" provider="x" type="db"/>
      </master>
      <bundle id="box"><docker image="i"/><primitive id="inner" class="ocf" provider="x" type="y"/></bundle>
    </resources>
    <constraints>
      <rsc_location id="ost0-on-oss1" rsc="ost0" node="oss1" score="+INFINITY"/>
      <rsc_location id="ping" rsc="ost0">
        <rule id="ping-rule" score-attribute="weight" boolean-op="or">
          <expression id="e1" attribute="pingd" operation="not_defined"/>
          <expression id="e2" attribute="pingd" operation="lte" value="0" type="number"/>
          <date_expression id="e3" operation="gt" start="2026-01-01"/>
        </rule>
      </rsc_location>
      <rsc_order id="o" first="ost0" then="ms" score="0"/>
      <rsc_colocation id="c" rsc="ost0" with-rsc="ms" with-rsc-role="Master" score="100"/>
      <rsc_ticket id="t" rsc="ost0" ticket="A"/>
    </constraints>
    <tags><tag id="all"><obj_ref id="ost0"/></tag></tags>
    <acls/>
  </configuration>
  <status>
    <tickets><ticket_state id="A" granted="true"/></tickets>
    <node_state id="2" uname="oss2" in_ccm="false" crmd="offline" join="down" expected="down"/>
    <node_state id="1" uname="oss1" in_ccm="1720597967" crmd="1720597968" join="member" expected="member" crm-debug-origin="x">
      <transient_attributes id="1">
        <instance_attributes id="status-1">
          <nvpair id="status-1-fail-count-ost0.monitor_120000" name="fail-count-ost0#monitor_120000" value="2"/>
          <nvpair id="mine" name="pingd" value="100"/>
        </instance_attributes>
      </transient_attributes>
      <lrm id="1"><lrm_resources>
        <lrm_resource id="ost0" class="ocf" provider="heartbeat" type="Filesystem">
          <lrm_rsc_op id="ost0_last_0" operation_key="ost0_start_0" operation="start" transition-key="9:-1:0:u-u-i-d" transition-magic="0:1;9:-1:0:u-u-i-d" exit-reason="no &lt;disk&gt;" on_node="oss1" call-id="11" rc-code="1" op-status="0" interval="0" last-rc-change="1720598000" exec-time="1500" queue-time="2" op-digest="abc"/>
        </lrm_resource>
      </lrm_resources></lrm>
    </node_state>
  </status>
</cib>
"##;

#[test]
fn a_configuration_is_typed_and_what_has_no_type_is_kept() {
    let cib = read(LUSTRE).unwrap();
    assert_stable(&cib);
    assert_eq!(cib.configuration.version.to_string(), "1.12.4");
    assert_eq!(cib.attribute("dc-uuid"), Some("2"));
    assert_eq!(cib.attribute("epoch"), None);
    let configuration = &cib.configuration;
    assert_eq!(configuration.property("stonith-enabled"), "true");
    let ost0 = configuration.primitive("ost0").unwrap();
    assert_eq!(ost0.agent.to_string(), "ocf:heartbeat:Filesystem");
    assert_eq!(ost0.parameters[0].value("device"), Some("/dev/mapper/a & b\nc"));
    assert_eq!(ost0.extra.attributes, [("ours".into(), "yes".into())]);
    assert_eq!(ost0.extra.children[0], ExtraNode::Comment(" the first target ".into()));
    let monitor = &ost0.operations[0];
    assert_eq!(monitor.interval.text, "120s");
    assert_eq!(monitor.timeout.as_ref().unwrap().value.as_secs(), 300);
    assert_eq!(monitor.parameters[0].value("OCF_CHECK_LEVEL"), Some("10"));
    assert_eq!(monitor.extra.attributes, [("start-delay".into(), "1s".into())]);
    let Some(Resource::Bundle(bundle)) = configuration.resources.get(2) else { panic!("a bundle") };
    assert_eq!((bundle.container.kind.name(), &*bundle.container.image), ("docker", "i"));
    assert_eq!(configuration.tag("all").unwrap().members, ["ost0"]);
    assert!(configuration.opaque.is_empty());
    assert!(write(&cib).contains("device\" value=\"/dev/mapper/a &amp; b&#10;c\""));
}

#[test]
fn old_spellings_are_understood_and_kept() {
    let cib = read(LUSTRE).unwrap();
    let Some(Resource::Clone(clone)) = cib.configuration.resources.get(1) else {
        panic!("master is a clone")
    };
    assert_eq!(clone.meta[0].value("promotable"), Some("true"));
    let text = write(&cib);
    for (old, today) in [("<master id=\"ms\"", "promotable\""), ("role=\"Master\"", "Promoted")] {
        assert!(text.contains(old) && !text.contains(today), "{old}, not {today}");
    }
    let constraints: Vec<&Constraint> = cib.configuration.constraints.iter().collect();
    let [
        Constraint::Location(location),
        _,
        Constraint::Order(order),
        Constraint::Colocation(c),
        Constraint::Ticket(_),
    ] = constraints[..]
    else {
        panic!("five constraints")
    };
    assert!(matches!(
        &location.preference,
        cluster::Preference::Node { node, score: Score::INFINITY } if node == "oss1"
    ));
    assert_eq!(order.effective_kind(), OrderKind::Optional);
    assert!(matches!(
        c.target,
        cluster::ColocationTarget::Pair { with_role: Some(Role::Promoted), .. }
    ));
    let older = around(
        "<resources><primitive id='a' class='lsb' type='b'><operations>\
         <op id='o' name='monitor' interval='P10S'/></operations></primitive></resources>",
    );
    let older = read(&older).unwrap();
    let interval = &older.configuration.primitive("a").unwrap().operations[0];
    assert_eq!((interval.interval.value.as_secs(), &*interval.interval.text), (10, "P10S"));
}

/// What was written comes back, word for word and in its order, for as long as it means the same.
#[test]
fn what_was_written_stands_until_it_is_changed() {
    let resources = r#"<!-- above --><master id="m">
        <meta_attributes id="m-meta_attributes"><nvpair id="p" name="priority" value="5"/></meta_attributes>
        <primitive id="a" class="lsb" type="t"><!-- inside --><operations>
            <op id="o" name="monitor" role="Master" timeout="9" interval="10"/><!-- last -->
            <op id="s" name="stop"/></operations>
            <instance_attributes id="i"/></primitive></master>"#;
    let text = format!(
        "<cib><configuration><nodes/><crm_config/><op_defaults/><resources>{resources}</resources>         <constraints><rsc_colocation id='c' rsc='a' with-rsc='b'/>         <rsc_location id='l' rsc='a' node='n' score='+Inf'/></constraints></configuration></cib>"
    );
    let mut cib = read(&text).unwrap();
    assert_eq!(write(&cib), write_element(&read_element(&text).unwrap()));
    assert_stable(&cib);
    let Resource::Clone(clone) = &mut cib.configuration.resources[0] else { panic!("a clone") };
    clone.meta[0].set("promotable", "false");
    let Resource::Primitive(primitive) = clone.child.as_mut() else { panic!("a primitive") };
    primitive.operations[0].role = Some(Role::Unpromoted);
    let Constraint::Location(location) = &mut cib.configuration.constraints[1] else {
        panic!("a location")
    };
    let score = Score::MINUS_INFINITY;
    location.preference = cluster::Preference::Node { node: "n".into(), score };
    let changed = write(&cib);
    for now in [
        "<nvpair id=\"m-meta_attributes-promotable\" name=\"promotable\" value=\"false\"/>",
        "<op id=\"o\" name=\"monitor\" role=\"Unpromoted\" timeout=\"9\" interval=\"10\"/>",
        "score=\"-INFINITY\"",
    ] {
        assert!(changed.contains(now), "{now}: {changed}");
    }
}

/// Of several blocks of operations one is written, which says what all of them said.
#[test]
fn blocks_of_operations_become_one() {
    let stories = [
        ("<operations/><meta_attributes id='m'/><operations/>", "<operations/>", 0),
        (
            "<operations><op id='o' name='stop'/></operations><operations id='x'/>",
            "<operations id='x'><op id='o' name='stop'/></operations>",
            0,
        ),
        (
            "<operations id='x'/><meta_attributes id='m'/><operations id='y' ours='1'><z/></operations>",
            "<operations id='x' ours='1'><z/></operations>",
            1,
        ),
    ];
    for (blocks, expected, doubted) in stories {
        let resources = format!(
            "<resources><primitive id='a' class='lsb' type='t'>{blocks}</primitive></resources>"
        );
        let (cib, doubts) = read_tolerant(&around(&resources)).unwrap();
        assert_eq!(doubts.len(), doubted, "{blocks}: {doubts:?}");
        let written = write(&cib).replace('"', "'");
        let written: String = written.lines().map(str::trim).collect();
        assert!(written.contains(expected), "{blocks}: {written}");
        assert_eq!(written.matches("<operations").count(), 1, "{blocks}: {written}");
        assert_stable(&cib);
    }
}

/// Two sections of one name with an attribute in common are written as one that can be read.
#[test]
fn an_attribute_of_two_sections_is_written_once() {
    let (cib, _) = read_tolerant(&around("<tags ours='1'/><tags ours='2' theirs='3'/>")).unwrap();
    let written = write(&cib);
    assert!(written.contains("<tags ours=\"1\" theirs=\"3\"/>"), "{written}");
    read_tolerant(&written).expect("what is written is read");
}

/// Sections in an unusual order with one of them twice: what was read of both is one section, and
/// what is written of it is read as the same.
#[test]
fn two_sections_of_one_name_become_one() {
    let stories = [
        ("<tags/><nodes/><tags/>", "<tags/>"),
        (
            "<tags><tag id='a'><obj_ref id='r'/></tag></tags><crm_config/><tags/>",
            "<tags><tag id=\"a\"><obj_ref id=\"r\"/></tag></tags>",
        ),
        ("<ours/><nodes/><ours a='1'/>", "<ours/>"),
    ];
    for (sections, expected) in stories {
        let (cib, _) = read_tolerant(&around(sections)).unwrap();
        let written: String = write(&cib).lines().map(str::trim).collect();
        assert!(written.contains(expected), "{sections}: {written}");
        assert_stable(&cib);
    }
}

/// A pair without a value says nothing, and must not take another one's along that has its id.
#[test]
fn a_value_stays_beside_a_pair_of_its_id_without_one() {
    let status = "<status><node_state id='1' uname='n1'><transient_attributes id='1'>\
        <instance_attributes id='i'><nvpair id='i-x' name='x'/><nvpair id='i-x' name='x' value='9'/>\
        </instance_attributes></transient_attributes></node_state></status>";
    let cib = read(&around("").replace("<status/>", status)).unwrap();
    assert_eq!(cib.status.nodes["1"].attributes["x"], "9");
    assert_stable(&cib);
}

/// Of what only groups others one is written, also where a status or a bundle came with two. The
/// second may hold what the first has no value for.
#[test]
fn what_only_groups_others_is_joined() {
    let attributes = |pair: &str| {
        format!(
            "<transient_attributes id='1'><instance_attributes id='i'>{pair}</instance_attributes></transient_attributes>"
        )
    };
    let (named, valued) = ("<nvpair id='i-x' name='x'/>", "<nvpair id='i-x' name='x' value='9'/>");
    let history = |id: &str| {
        format!(
            "<lrm id='1'><lrm_resources><lrm_resource id='{id}' type='t' class='lsb'/></lrm_resources></lrm>"
        )
    };
    let node = |inside: &str| format!("<node_state id='1' uname='n1'>{inside}</node_state>");
    let bundle = "<bundle id='b'><docker image='i'/><storage/><meta_attributes id='m'/><storage>\
                  <storage-mapping id='s' source-dir='/a' target-dir='/b'/></storage></bundle>";
    let ticket = |id: &str| format!("<tickets><ticket_state id='{id}'/></tickets>");
    let stories = [
        (
            "",
            node(&(attributes(named) + &attributes(valued))),
            "transient_attributes",
            "value=\"9\"",
        ),
        ("", node(&(history("b") + "<ours/>" + &history("a"))), "lrm_resources", "id=\"a\""),
        ("", ticket("b") + &node("") + &ticket("a"), "tickets", "id=\"a\""),
        (bundle, String::new(), "storage", "id=\"s\""),
    ];
    for (resources, status, grouping, kept) in stories {
        let sections = around(&format!("<resources>{resources}</resources>"));
        let text = sections.replace("<status/>", &format!("<status>{status}</status>"));
        let (cib, doubts) = read_tolerant(&text).unwrap();
        assert_eq!(doubts, [], "{text}");
        let written = write(&cib);
        assert_eq!(written.matches(&format!("</{grouping}>")).count(), 1, "{written}");
        assert!(written.contains(kept), "{written}");
        assert_stable(&cib);
    }
}

#[test]
fn a_status_is_typed() {
    let cib = read(LUSTRE).unwrap();
    let [(one, oss1), (two, oss2)] = &cib.status.nodes.iter().collect::<Vec<_>>()[..] else {
        panic!("two nodes")
    };
    assert_eq!((one.as_str(), two.as_str()), ("1", "2"));
    assert!(oss1.in_membership && oss1.is_online && !oss2.in_membership && !oss2.is_online);
    assert_eq!(oss1.attributes["pingd"], "100");
    assert_eq!(oss1.attributes["fail-count-ost0#monitor_120000"], "2");
    let [record] = oss1.operations("ost0") else { panic!("one result") };
    assert_eq!((record.status, record.code, record.call), (OperationStatus::Done, 1, 11));
    assert_eq!((record.key.graph.cast_signed(), record.key.origin.as_str()), (-1, "u-u-i-d"));
    assert_eq!(record.exit_reason, "no <disk>");
    assert_eq!((record.took.as_millis(), record.last_change.seconds()), (1500, 1_720_598_000));
    assert_eq!(record.digests.all.as_deref(), Some("abc"));
    assert!(record.extra.is_empty() && cib.status.extra.is_empty());
    assert!(cib.status.tickets["A"].granted);
    assert_eq!(oss1.member_since.map(base::WallTime::seconds), Some(1_720_597_967));
    let order: Vec<&str> = cib.status.nodes_in_order().map(|(id, _)| id).collect();
    assert_eq!(order, ["2", "1"]);
}

#[test]
fn changed_status_is_written_and_old_words_do_not_linger() {
    let mut cib = read(LUSTRE).unwrap();
    let node = cib.status.nodes.get_mut("1").unwrap();
    node.in_membership = false;
    node.is_online = false;
    node.attributes.remove("pingd");
    node.attributes.insert("#health-disk".into(), "red".into());
    let text = write(&cib);
    assert!(text.contains("uname=\"oss1\" in_ccm=\"false\" crmd=\"offline\""), "{text}");
    assert!(
        text.contains("<nvpair id=\"status-1-.health-disk\" name=\"#health-disk\" value=\"red\"/>")
    );
    assert!(!text.contains("pingd\" value"), "{text}");
    let again = read(&text).unwrap();
    assert_eq!(again.status.nodes["1"].attributes, cib.status.nodes["1"].attributes);
    let fresh = cluster::NodeStatus {
        name: "n".into(),
        attributes: [("a".into(), "1".into())].into(),
        ..Default::default()
    };
    let mut cib = Cib::default();
    cib.status.nodes.insert("5".into(), fresh);
    assert_stable(&cib);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let primitive = |inside: &str| {
        around(&format!(
            "<resources>\n <primitive id='a' class='lsb' type='t'>{inside}</primitive>\n</resources>"
        ))
    };
    let constraint = |inside: &str| around(&format!("<constraints>\n  {inside}\n</constraints>"));
    let cases = [
        (String::new(), (1, 1), "there is no element in the text"),
        ("hello".into(), (1, 1), "stands outside of the root"),
        ("<cib>\n<configuration>\n<reso".into(), (3, 1), "the text ends in the middle"),
        ("<cib>\n<configuration>\n".into(), (3, 1), "the text ends before <configuration>"),
        ("<cib></cob>".into(), (1, 6), "expected `</cib>`"),
        ("<cib a='1' a='2'/>".into(), (1, 1), "an attribute of <cib> is malformed"),
        ("<cib a='&x;'/>".into(), (1, 1), "the value of `a` in <cib> is malformed"),
        (
            format!("<cib{}/>", (0..1001).map(|n| format!(" a{n}=''")).collect::<String>()),
            (1, 1),
            "more than 1000 attributes",
        ),
        (
            format!("<cib>\n{}</cib>", "<a/>".repeat(2_000_000)),
            (2, 7_999_997),
            "more than 2000000 elements",
        ),
        ("<!DOCTYPE cib [<!ENTITY x 'y'>]>\n<cib/>".into(), (1, 1), "document type"),
        ("<cib/>\n<cib/>".into(), (2, 1), "follows after the end"),
        ("<html/>".into(), (1, 1), "the root element is <html>"),
        ("<cib/>".into(), (1, 1), "there is no <configuration>"),
        ("<cib epoch='x'><configuration/></cib>".into(), (1, 6), "`x` is no value for epoch"),
        (around("<resource/>"), (3, 1), "<resource> is unknown here"),
        (around("<resources>\n<primitve id='a'/>\n</resources>"), (4, 1), "<primitve> is unknown"),
        (around("<resources><primitive id='a' class='ocf'/></resources>"), (3, 12), "no `type`"),
        (around("<resources><clone id='c'/></resources>"), (3, 12), "holds 0 resources"),
        (primitive("<meta_attributes id='a'/>"), (4, 58), "the id `a` is given twice"),
        (
            primitive("<operations><op id='o' name='monitor' interval=' soon'/></operations>"),
            (4, 79),
            "` soon` is no value for interval",
        ),
        (
            constraint("<rsc_location id='l' rsc='a' node='é' score='many'/>"),
            (4, 41),
            "`many` is no value for score",
        ),
        (constraint("<rsc_location id='l' node='n' score='1'/>"), (4, 3), "names no resource"),
        (constraint("<rsc_order id='o' first='a'/>"), (4, 3), "has no `then`"),
        (
            constraint("<rsc_order id='o' first='a' then='b' kind='foo'/>"),
            (4, 40),
            "`foo` is no value for kind",
        ),
        (
            constraint("<rsc_location id='l' rsc='a' role='Boss' node='n' score='1'/>"),
            (4, 32),
            "`Boss` is no value for role",
        ),
    ];
    for (text, (line, column), what) in cases {
        let error = read(&text).expect_err(&text);
        assert!(error.what.contains(what), "{text}\n{error}");
        assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
        assert!(!error.help.is_empty(), "{error}");
    }
}

#[test]
fn hostile_nesting_is_an_error() {
    for depth in [199, 200, 201, 100_000] {
        let text = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(read_element(&text).is_ok(), depth <= 200, "{depth}");
    }
}

#[test]
fn damaged_files_are_refused_and_never_a_panic() {
    let complete = LUSTRE.trim_end().len();
    for end in (0..complete).step_by(13).filter(|end| LUSTRE.is_char_boundary(*end)) {
        let error = read(&LUSTRE[..end]).expect_err("a piece is not the whole");
        assert!(error.line >= 1 && error.column >= 1 && !error.help.is_empty(), "{error}");
    }
    let values: Vec<_> = LUSTRE.match_indices("=\"").map(|(at, _)| at + 2).collect();
    for at in values {
        let end = at + LUSTRE[at..].find('"').unwrap();
        for word in ["", "-9999999999999999999999", "\u{fffd}é:::"] {
            let text = format!("{}{word}{}", &LUSTRE[..at], &LUSTRE[end..]);
            if let Ok((cib, _)) = read_tolerant(&text) {
                read_tolerant(&write(&cib)).expect("what is written is read");
            }
        }
    }
}

#[test]
fn of_two_values_for_an_attribute_the_higher_score_counts_and_both_are_kept() {
    let text = "<cib><configuration/><status><node_state id='1' uname='n'>\
        <transient_attributes id='1'>\
        <instance_attributes id='low'><nvpair id='a' name='x' value='1'/></instance_attributes>\
        <instance_attributes id='high' score='5'><nvpair id='b' name='x' value='2'/>\
        </instance_attributes></transient_attributes></node_state></status></cib>";
    let mut cib = read(text).unwrap();
    assert_stable(&cib);
    assert_eq!(cib.status.nodes["1"].attributes["x"], "2");
    assert!(write(&cib).contains("<nvpair id=\"a\" name=\"x\" value=\"1\"/>"));
    cib.status.nodes.get_mut("1").unwrap().attributes.clear();
    assert!(!write(&cib).contains("nvpair"));
}

#[test]
fn a_scheduler_reads_what_it_did_not_write() {
    let text = around(
        "<constraints><rsc_order id='o' first='a' then='b' kind='foo'/>\
         <rsc_order id='o' first='b' then='c'/></constraints>",
    );
    let (cib, doubts) = read_tolerant(&text).unwrap();
    assert_eq!(doubts.len(), 2);
    let Constraint::Order(order) = &cib.configuration.constraints[0] else { panic!("an order") };
    assert_eq!((order.kind, order.effective_kind()), (None, OrderKind::Mandatory));
    assert!(write(&cib).contains("kind=\"foo\""));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let text = |epoch| format!("\u{feff}<cib epoch='{epoch}'><configuration/></cib>");
    assert_eq!(read(&text("7")).unwrap().configuration.version.epoch, 7);
    let error = read(&text("x")).unwrap_err();
    assert_eq!((error.line, error.column), (1, 7), "the mark is a character of the text");
}

#[test]
fn comments_go_with_their_object_and_stay_well_formed() {
    let configuration = configuration_of(
        "<resources><!--one--><primitive id='a' class='lsb' type='t'/><!-- two --></resources>",
    );
    let ExtraNode::Comment(text) = &configuration.resources[0].primitives()[0].extra.children[0]
    else {
        panic!("the comment is inside")
    };
    assert_eq!(text, "one");
    let cib = Cib { configuration, ..Cib::default() };
    assert_stable(&cib);
    let dashes = ExtraNode::Comment("-a--b-".into());
    let extra = Extra { children: vec![dashes], ..Extra::default() };
    let text = write_element(&Element { name: "x".into(), extra });
    assert_eq!(text, "<x>\n  <!-- -a- -b- -->\n</x>\n");
    read_element(&text).unwrap();
}

#[test]
fn objects_come_and_go_alone() {
    let text = "<primitive id=\"a\" class=\"lsb\" type=\"t\"/>\n";
    let objects = read_object(text, Some(Part::Resources)).unwrap();
    assert_eq!(write_object(&objects[0]), text);
    assert_eq!(read_object(text, None).unwrap(), objects);
    let set = "<meta_attributes id=\"d\">\n  <nvpair id=\"x\" name=\"n\" value=\"1\"/>\n</meta_attributes>\n";
    let defaults = read_object(set, Some(Part::OperationDefaults)).unwrap();
    assert!(matches!(defaults[..], [Object::OperationDefaults(_)]));
    let ids: Vec<String> =
        read_object(LUSTRE, None).unwrap().iter().map(|object| object.id().to_owned()).collect();
    let expected = [
        "cib-bootstrap-options",
        "1",
        "2",
        "ost0",
        "ms",
        "box",
        "ost0-on-oss1",
        "ping",
        "o",
        "c",
        "t",
        "all",
    ];
    assert_eq!(ids, expected);
    let refused = [
        (text, Some(Part::Constraints), "it is not clear where", "resources"),
        (set, None, "it is not clear where", "rsc_defaults or op_defaults"),
        ("<primitve/>", None, "it is not clear where", "did you mean <primitive>?"),
        ("<nodes/>", Some(Part::Resources), "another section", "section nodes"),
    ];
    for (text, part, what, help) in refused {
        let error = read_object(text, part).unwrap_err();
        assert!(error.what.contains(what) && error.help.contains(help), "{error}");
    }
}

#[test]
fn ids_are_found_where_they_are_defined() {
    assert_eq!(position_of(LUSTRE, "ost0"), Some((18, 7)));
    assert_eq!(position_of(LUSTRE, "e2"), Some((38, 11)));
    assert_eq!(position_of(LUSTRE, "nobody"), None);
}

#[test]
fn questions_by_xpath() {
    let root = to_element(&read(LUSTRE).unwrap());
    let cases = [
        ("//primitive", "ost0 db inner"),
        ("//primitive[@id='ost0']", "ost0"),
        ("//primitive[@provider=\"x\" and not(@type='y')]", "db"),
        ("/cib/configuration/resources/*", "ost0 ms box"),
        ("/cib/configuration/resources/*[2]", "ms"),
        ("/cib/configuration/resources/*[last()]/primitive", "inner"),
        ("//nvpair[@name='pingd']/..", "status-1"),
        ("//node[instance_attributes/nvpair/@name='standby']", "1"),
        ("//node[@id='2']|//tag|//node", "1 2 all"),
        ("//*[starts-with(@id,'ost0-on') or contains(@id, 'ticket')]", "ost0-on-oss1"),
        ("configuration//rule[.//@operation='gt']", "ping-rule"),
        ("//primitive[operations][@id!='db']", "ost0"),
        ("//resources/descendant::primitive[@id='db' or @id='inner']", "db inner"),
        ("/configuration", ""),
    ];
    for (path, ids) in cases {
        let found = find(&root, path).unwrap();
        let found: Vec<&str> = found.iter().filter_map(|e| e.attribute("id")).collect();
        assert_eq!(found.join(" "), ids, "{path}");
    }
    assert_eq!(find(&root, "/cib").unwrap(), [&root]);
    for path in ["", "/", "//", "//a[", "//a[@b='c]", "//a]", "ancestor::a", "//a/@b/c"] {
        find(&root, path).expect_err(path);
    }
    find(&root, &format!("//a[{}", "(".repeat(100_000))).expect_err("too deep");
}

#[test]
fn the_tree_of_a_cib_is_the_cib() {
    let cib = read(LUSTRE).unwrap();
    assert_eq!(from_element(&to_element(&cib)).unwrap(), cib);
    assert_eq!(read_element(&write(&cib)).unwrap(), to_element(&cib));
}

/// Recorded CIBs, where the environment says that there are some: `CONFORMANCE` names the folder
/// with `scheduler/xml` in it.
fn recorded() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("CONFORMANCE").map(PathBuf::from) else {
        println!("skipped: CONFORMANCE names no folder with recorded CIBs");
        return Vec::new();
    };
    let folder = folder.join("scheduler/xml");
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("CONFORMANCE: {}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    files
}

/// Element by element, with order, comments and spelling. Of the status only what a history says
/// twice, which is joined, and comments between the nodes.
#[test]
fn recorded_cibs_survive_reading_and_writing() {
    let files = recorded();
    let mut strict = 0;
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let name = file.display();
        let (mut cib, _) = read_tolerant(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        strict += usize::from(read(&text).is_ok());
        let bytes = (cib.configuration.to_bytes(), cib.status.to_bytes());
        assert_eq!(Configuration::from_bytes(&bytes.0).as_ref(), Ok(&cib.configuration), "{name}");
        assert_eq!(Status::from_bytes(&bytes.1).as_ref(), Ok(&cib.status), "{name}");
        let written = write(&cib);
        let histories = cib.status.nodes.values_mut().flat_map(|node| node.history.values_mut());
        let twofold = histories.filter_map(|it| std::mem::take(&mut it.is_twofold).then_some(()));
        let is_twofold = twofold.count() > 0;
        let (again, _) = read_tolerant(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut original = read_element(&text).unwrap();
        let mut ours = read_element(&written).unwrap();
        for root in [&mut original, &mut ours] {
            sort_attributes(root);
            settle_status(root, is_twofold);
        }
        let (original, ours) = (write_element(&original), write_element(&ours));
        assert!(original == ours, "{name}: {:#?}", first_difference(&original, &ours));
        let (left, right) = (format!("{cib:#?}"), format!("{again:#?}"));
        assert!(is_twofold || again == cib, "{name}: {:#?}", first_difference(&left, &right));
    }
    println!("{} recorded CIBs, {strict} of them without any doubt", files.len());
}

fn first_difference<'a>(left: &'a str, right: &'a str) -> Option<(&'a str, &'a str)> {
    left.lines().zip(right.lines()).find(|(left, right)| left != right)
}

fn sort_attributes(element: &mut Element) {
    element.extra.attributes.sort();
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            sort_attributes(child);
        }
    }
}

fn settle_status(root: &mut Element, is_twofold: bool) {
    for child in &mut root.extra.children {
        if let ExtraNode::Element(status) = child
            && status.name == "status"
        {
            let is_comment = |child: &ExtraNode| matches!(child, ExtraNode::Comment(_));
            status.extra.children.retain(|child| !is_twofold && !is_comment(child));
        }
    }
}
