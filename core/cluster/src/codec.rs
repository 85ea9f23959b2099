//! How configuration and status travel between nodes and to disk.

use crate::{
    Agent, AttributeExpression, AttributeSet, BooleanOperator, Clone, Colocation, ColocationTarget,
    Comparison, Configuration, Constraint, Discovery, Edit, Element, Expected, Expression, Extra,
    ExtraNode, Group, JoinState, Location, LocationTarget, NodeEntry, NodeStatus, Nvpair, Object,
    OnFail, OperationRecord, OperationSettings, OperationStatus, Order, OrderKind, OrderTarget,
    Preference, Primitive, Resource, ResourceHistory, ResourceSet, Role, Rule, RuleScore, Score,
    Section, Status, TransitionKey, ValueKind, Version, Written,
};
use base::{Decode, DecodeError, Encode, Reader, codec_enum, codec_struct};
use std::time::Duration;

impl Encode for Score {
    fn encode(&self, out: &mut Vec<u8>) {
        self.value().encode(out);
    }
}

impl Decode for Score {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        i32::decode(reader).map(|value| Self::new(i64::from(value)))
    }
}

impl Encode for Written<Duration> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.text.encode(out);
    }
}

impl Decode for Written<Duration> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::duration(&String::decode(reader)?).ok_or(DecodeError::OutOfRange("duration"))
    }
}

impl Encode for OperationStatus {
    fn encode(&self, out: &mut Vec<u8>) {
        self.code().encode(out);
    }
}

impl Decode for OperationStatus {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_code(i32::decode(reader)?).ok_or(DecodeError::OutOfRange("operation status"))
    }
}

codec_struct!(Extra { attributes, children });
codec_struct!(Element { name, extra });
codec_enum!(ExtraNode { 0 = Element(element), 1 = Comment(text), 2 = Text(text) });

codec_struct!(Nvpair { id, name, value, extra });
codec_struct!(AttributeSet { id, id_ref, score, rule, pairs, extra });
codec_enum!(BooleanOperator { 0 = And, 1 = Or });
codec_enum!(RuleScore { 0 = Score(score), 1 = Attribute(name) });
codec_struct!(Rule { id, id_ref, operator, score, role, expressions, extra });
codec_enum!(Expression { 0 = Attribute(expression), 1 = Rule(rule), 2 = Other(element) });
codec_enum!(Comparison {
    0 = Defined, 1 = NotDefined, 2 = Less, 3 = Greater, 4 = LessOrEqual, 5 = GreaterOrEqual,
    6 = Equal, 7 = NotEqual,
});
codec_enum!(ValueKind { 0 = Text, 1 = Integer, 2 = Number, 3 = Version });
codec_struct!(AttributeExpression { id, attribute, operation, value, kind, extra });

codec_enum!(Role { 0 = Stopped, 1 = Started, 2 = Unpromoted, 3 = Promoted });
codec_enum!(OnFail {
    0 = Ignore, 1 = Block, 2 = Stop, 3 = Demote, 4 = Restart, 5 = Ban, 6 = Fence, 7 = Standby,
    8 = RestartContainer,
});
codec_struct!(OperationSettings {
    id,
    name,
    interval,
    timeout,
    on_fail,
    role,
    enabled,
    parameters,
    meta,
    extra,
});

codec_struct!(Agent { class, provider, kind });
codec_struct!(Primitive {
    id,
    agent,
    template,
    description,
    parameters,
    meta,
    utilization,
    operations,
    extra,
});
codec_struct!(Group { id, description, members, parameters, meta, extra });
codec_struct!(Clone { id, description, child, parameters, meta, extra });
codec_enum!(Resource { 0 = Primitive(primitive), 1 = Group(group), 2 = Clone(clone) });

codec_enum!(Constraint { 0 = Location(location), 1 = Colocation(colocation), 2 = Order(order) });
codec_enum!(Discovery { 0 = Always, 1 = Never, 2 = Exclusive });
codec_enum!(LocationTarget { 0 = Resource(id), 1 = Pattern(pattern), 2 = Sets(sets) });
codec_enum!(Preference { 0 = Node { node, score }, 1 = Rules(rules) });
codec_struct!(Location { id, target, preference, role, discovery, extra });
codec_enum!(ColocationTarget {
    0 = Pair { resource, role, with, with_role },
    1 = Sets(sets),
});
codec_struct!(Colocation { id, target, score, node_attribute, influence, extra });
codec_enum!(OrderKind { 0 = Mandatory, 1 = Optional, 2 = Serialize });
codec_enum!(OrderTarget {
    0 = Pair { first, first_action, then, then_action },
    1 = Sets(sets),
});
codec_struct!(Order { id, target, kind, score, symmetrical, require_all, extra });
codec_struct!(ResourceSet { id, sequential, require_all, role, action, score, members, extra });

codec_struct!(Version { admin_epoch, epoch, num_updates });
codec_enum!(Section {
    0 = Resources, 1 = Constraints, 2 = FencingTopology, 3 = Acls, 4 = Tags, 5 = Alerts,
});
codec_struct!(NodeEntry { id, name, kind, description, attributes, utilization, extra });
codec_struct!(Configuration {
    version,
    properties,
    nodes,
    resources,
    constraints,
    resource_defaults,
    operation_defaults,
    opaque,
    extra,
});
codec_enum!(Object {
    0 = Node(node), 1 = Resource(resource), 2 = Constraint(constraint), 3 = Properties(set),
    4 = ResourceDefaults(set), 5 = OperationDefaults(set), 6 = Opaque(section, element),
});
codec_enum!(Edit { 0 = Put(object), 1 = Remove(id), 2 = Replace(configuration) });

codec_enum!(JoinState { 0 = Down, 1 = Pending, 2 = Member, 3 = Banned });
codec_enum!(Expected { 0 = Down, 1 = Member });
codec_struct!(TransitionKey { action, graph, target_code, origin });
codec_struct!(OperationRecord {
    id,
    operation,
    interval,
    key,
    call,
    status,
    code,
    last_change,
    took,
    queued,
    exit_reason,
    extra,
});
codec_struct!(ResourceHistory { agent, operations, extra });
codec_struct!(NodeStatus {
    name,
    in_membership,
    is_online,
    join,
    expected,
    attributes,
    history,
    extra,
});
codec_struct!(Status { nodes, extra });
