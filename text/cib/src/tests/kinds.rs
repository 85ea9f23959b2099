//! Kinds of objects that are rarer than primitives: each with what must come of it.

use super::*;
use cluster::date::Date;
use cluster::{
    ContainerKind, DateField, Expression, FencingTarget, LossPolicy, OperationStatus, References,
    RuleContext, StorageSource, TicketTarget, exit_code, resolved,
};

#[test]
fn a_bundle_with_all_its_parts() {
    let text = around(
        "<resources><bundle id='web'>\
         <podman image='img' masters='2' replicas='many' options='-v'/>\
         <network ip-range-start='10.0.0.1' add-host='false' id='net'>\
         <port-mapping id='p' port='80' internal-port='8080'/></network>\
         <storage id='st'><storage-mapping id='s' source-dir-root='/srv' target-dir='/var' options='rw'/>\
         <storage-mapping id='nowhere' source-dir='/srv'/></storage>\
         <primitive id='httpd' class='ocf' provider='heartbeat' type='apache'/>\
         <meta_attributes id='m'><nvpair id='m-p' name='priority' value='1'/></meta_attributes>\
         </bundle></resources>",
    );
    let (cib, doubts) = read_tolerant(&text).expect("nothing that cannot be passed over");
    assert_eq!(doubts.len(), 2, "the replicas and a mapping to nowhere: {doubts:?}");
    let configuration = &cib.configuration;
    let Resource::Bundle(bundle) = &configuration.resources[0] else { panic!("a bundle") };
    assert_eq!(bundle.container.kind, ContainerKind::Podman);
    assert_eq!((bundle.container.promoted_max, bundle.container.replicas), (Some(2), None));
    assert_eq!(bundle.container.extra.attribute("replicas"), Some("many"));
    let network = bundle.network.as_ref().expect("it has one");
    assert_eq!((network.add_host, network.ports[0].port.as_deref()), (Some(false), Some("80")));
    let [mapping] = &bundle.storage[..] else { panic!("one mapping can be understood") };
    assert_eq!(mapping.source, StorageSource::Root("/srv".into()));
    assert_eq!(configuration.primitives().count(), 1);
    assert_eq!(configuration.resources[0].ids(), ["web", "httpd"]);
    assert_stable(&cib);
    let text = write(&cib);
    for kept in ["masters=\"2\"", "<storage id=\"st\">", "id=\"nowhere\"", "id=\"net\""] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn templates_tickets_tags_and_levels() {
    let text = around(
        "<resources><template id='t' class='lsb' type='x'/><primitive id='a' template='t'/></resources>\
         <constraints><rsc_ticket id='k' rsc='a' rsc-role='Master' ticket='T' loss-policy='demote'/>\
         <rsc_ticket id='l' ticket='T' loss-policy='panic'><resource_set id='s'>\
         <resource_ref id='a'/></resource_set></rsc_ticket></constraints>\
         <fencing-topology><fencing-level id='f1' target-attribute='rack' target-value='7' index='2' \
         devices='a, b'/><fencing-level id='f2' target='n' index='high' devices='a'/>\
         </fencing-topology>\
         <tags><tag id='both'><obj_ref id='a'/><obj_ref id='t'/></tag></tags>",
    );
    let (cib, doubts) = read_tolerant(&text).expect("nothing that cannot be passed over");
    assert_eq!(doubts.len(), 2, "the policy and the index: {doubts:?}");
    let configuration = &cib.configuration;
    assert!(configuration.template("t").is_some());
    assert_eq!(configuration.primitives().count(), 1, "a template does not run");
    let constraints: Vec<&Constraint> = configuration.constraints.iter().collect();
    let [Constraint::Ticket(one), Constraint::Ticket(sets)] = constraints[..] else {
        panic!("two tickets")
    };
    let role = Some(Role::Promoted);
    assert_eq!(one.target, TicketTarget::Resource { resource: "a".into(), role });
    assert_eq!(one.loss_policy, Some(LossPolicy::Demote));
    assert_eq!((sets.loss_policy, sets.effective_loss_policy(None)), (None, LossPolicy::Stop));
    let [level] = &configuration.fencing_levels[..] else { panic!("one level") };
    assert_eq!(level.target, FencingTarget::Attribute { name: "rack".into(), value: "7".into() });
    assert_eq!((level.index, &level.devices[..]), (2, &["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(configuration.opaque.len(), 1, "a level that is none is kept");
    assert_eq!(configuration.tag("both").unwrap().members, ["a", "t"]);
    assert_stable(&cib);
}

#[test]
fn rules_ask_for_dates_agents_and_operations() {
    let configuration = configuration_of(
        "<op_defaults><meta_attributes id='d'><rule id='r' boolean-op='or' negate='false'>\
         <date_expression id='e1' operation='date_spec'><date_spec id='ds' hours='9-16' moon='3'/>\
         </date_expression>\
         <date_expression id='e2' start='2024-366' end='2025-W01-5T12:00 +01:00'/>\
         <rsc_expression id='e3' class='ocf' type='IPaddr2'/>\
         <op_expression id='e4' name='monitor' interval='10s'/>\
         </rule><nvpair id='d-t' name='timeout' value='5s'/></meta_attributes>\
         <meta_attributes id-ref='d'/></op_defaults>",
    );
    let references = References::of(&configuration);
    let rule = configuration.operation_defaults[0].rule.as_ref().expect("it has one");
    let [Expression::Date(spec), Expression::Date(range), _, Expression::Operation(operation)] =
        &rule.expressions[..]
    else {
        panic!("four expressions: {rule:?}")
    };
    assert_eq!(spec.spec.as_ref().map(|spec| spec.ranges[0].0), Some(DateField::Hours));
    assert_eq!(range.start.as_ref().unwrap().value, Date::parse("2024-12-31"));
    assert_eq!(operation.interval.as_ref().unwrap().value, value::duration("10s"));
    let sets = &configuration.operation_defaults[1..];
    let timeout = |now: &str| {
        let context = RuleContext { now: cluster::date::parse(now), ..RuleContext::default() };
        resolved(sets, None, &references, &context, &mut None).get("timeout").copied()
    };
    assert_eq!(timeout("2024-06-01T10:00"), Some("5s"));
    assert_eq!(timeout("2024-06-01T17:00"), None);
    assert_eq!(timeout("2025-01-03T11:00"), Some("5s"));
    assert_stable(&Cib { configuration, ..Cib::default() });
}

#[test]
fn an_expression_that_says_too_little_is_kept_and_never_holds() {
    let text = around(
        "<constraints><rsc_location id='l' rsc='a'><rule id='r' score='1'>\
         <expression id='e1' operation='defined'/>\
         <expression id='e2' attribute='x' operation='like'/>\
         <op_expression id='e3'/></rule></rsc_location></constraints>",
    );
    let (cib, doubts) = read_tolerant(&text).expect("rules may be wrong");
    assert_eq!(doubts.len(), 3);
    let Constraint::Location(location) = &cib.configuration.constraints[0] else { panic!("one") };
    let cluster::Preference::Rules(rules) = &location.preference else { panic!("a rule") };
    assert!(rules[0].expressions.iter().all(|it| matches!(it, Expression::Other(_))));
    assert!(!rules[0].holds(&RuleContext::default()));
    assert_stable(&cib);
}

#[test]
fn a_status_knows_what_it_was_not_told() {
    let text = "<cib><configuration/><status>\
        <node_state uname='nobody'/>\
        <node_state id='b' uname='remote' remote_node='true' node_fenced='0' node_in_maintenance='1'>\
        <lrm id='b'><lrm_resources>\
        <lrm_resource id='z' type='x' class='lsb' container='c'>\
        <lrm_rsc_op id='z_last_0' operation='start' interval='0' call-id='soon' rc-code='0'/>\
        <lrm_rsc_op id='z_odd' interval='0'/></lrm_resource>\
        <lrm_resource id='a' type='x' class='lsb' shutdown-lock='1720000000'/>\
        </lrm_resources></lrm></node_state>\
        <node_state id='a' uname='n' in_ccm='1720597967' crmd='never' join='member'>\
        <transient_attributes id='a'><utilization id='u'><nvpair id='u-1' name='cpu' value='4'/>\
        </utilization></transient_attributes></node_state>\
        <tickets><ticket_state id='T' granted='0' standby='false' last-granted='9' owner='me'/>\
        </tickets></status></cib>";
    let (cib, doubts) = read_tolerant(text).expect("a status may lack anything");
    assert_eq!(doubts.len(), 5, "{doubts:?}");
    let order: Vec<&str> = cib.status.nodes_in_order().map(|(id, _)| id).collect();
    assert_eq!(order, ["b", "a"]);
    let remote = &cib.status.nodes["b"];
    assert!(remote.is_remote && !remote.is_fenced && remote.in_maintenance);
    assert!(remote.unsaid.in_membership && remote.unsaid.is_online && remote.unsaid.join);
    let order: Vec<&str> = remote.histories_in_order().map(|(id, _)| id).collect();
    assert_eq!(order, ["z", "a"]);
    assert_eq!(remote.history["z"].container.as_deref(), Some("c"));
    assert!(remote.history["a"].shutdown_lock().is_some());
    let [record] = remote.operations("z") else { panic!("one result is one") };
    let unsaid = record.unsaid;
    assert!(unsaid.key && unsaid.call && unsaid.status && unsaid.last_change && !unsaid.code);
    let node = &cib.status.nodes["a"];
    assert_eq!(node.member_since.map(base::WallTime::seconds), Some(1_720_597_967));
    assert!(node.in_membership && node.unsaid.is_online && !node.unsaid.join);
    assert_eq!(node.utilization["cpu"], "4");
    let ticket = &cib.status.tickets["T"];
    assert!(!ticket.granted && !ticket.standby);
    assert_eq!(
        (ticket.last_granted, &*ticket.attributes["owner"]),
        (Some(base::WallTime::from_seconds(9)), "me")
    );
    assert_stable(&cib);
    let text = write(&cib);
    for kept in ["uname=\"nobody\"", "crmd=\"never\"", "call-id=\"soon\"", "standby=\"false\""] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(!text.contains("op-status"), "{text}");
    assert!(read(&text).is_err(), "a result that says too little is refused where it is ours");
}

#[test]
fn what_a_result_does_not_say_legibly_is_no_success_and_is_kept() {
    let text = "<cib><configuration><crm_config/><nodes/><resources/><constraints/></configuration>\
        <status><node_state id='a' uname='a'><lrm id='a'><lrm_resources>\
        <lrm_resource id='x' class='ocf' provider='p' type='t'>\
        <lrm_rsc_op operation='start' op-status='soon' rc-code='good' interval='0'/>\
        </lrm_resource></lrm_resources></lrm></node_state></status></cib>";
    let (cib, doubts) = read_tolerant(text).unwrap();
    let [record] = cib.status.nodes["a"].operations("x") else { panic!("it is not lost") };
    assert_eq!(record.status, OperationStatus::Pending, "it may still be under way (R3)");
    assert_eq!((record.code, &*record.id), (exit_code::UNKNOWN, ""));
    assert_eq!(doubts.len(), 3, "{doubts:?}");
    assert_stable(&cib);
    let text = write(&cib);
    assert!(text.contains("op-status=\"soon\"") && text.contains("rc-code=\"good\""), "{text}");
}

#[test]
fn control_characters_are_refused_with_their_place() {
    let error = read("<cib>\n<configuration>\u{1}</configuration></cib>").unwrap_err();
    assert_eq!((error.line, error.column), (2, 16));
}
