//! How configuration and status travel between nodes and to disk.

use crate::{
    Agent, AttributeExpression, AttributeSet, BooleanOperator, Bundle, Clone, Colocation,
    ColocationTarget, Comparison, Configuration, Constraint, Container, ContainerKind,
    DateDuration, DateExpression, DateField, DateOperation, DateSpec, Difference, Digests,
    Discovery, DurationUnit, Edit, Element, Expected, Expression, Extra, ExtraNode, FencingLevel,
    FencingTarget, Forget, Group, JoinState, Lasting, Location, LocationTarget, LossPolicy,
    Network, NodeEntry, NodeStatus, Nvpair, Object, ObjectKind, Objects, OnFail,
    OperationExpression, OperationRecord, OperationSettings, OperationStatus, Order, OrderKind,
    OrderTarget, PortMapping, Preference, Primitive, Range, Reorder, Resource, ResourceExpression,
    ResourceHistory, ResourceSet, Role, Rule, RuleScore, Score, Section, Spelling, Status,
    StorageMapping, StorageSource, Swap, Tag, TicketChange, TicketConstraint, TicketState,
    TicketTarget, TransitionKey, UnsaidOfNode, UnsaidOfResult, ValueKind, ValueSource, Version,
    Wording, Written, date::Date, value,
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
        match String::decode(reader)?.as_str() {
            "" => Ok(Self::UNSAID),
            text => Self::duration(text).ok_or(DecodeError::OutOfRange("duration")),
        }
    }
}

impl<T: Encode> Encode for Objects<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        base::codec::encode_count(self.len(), out);
        self.iter().for_each(|object| object.encode(out));
    }
}

impl<T: Decode> Decode for Objects<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        (0..count).map(|_| T::decode(reader)).collect()
    }
}

/// What may be illegible travels as its text and is read again.
macro_rules! codec_attempt {
    ($($type:ty: $parse:expr;)*) => {$(
        impl Encode for Written<Option<$type>> {
            fn encode(&self, out: &mut Vec<u8>) {
                self.text.encode(out);
            }
        }
        impl Decode for Written<Option<$type>> {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                String::decode(reader).map(|text| Self::attempt(&text, $parse))
            }
        }
    )*};
}
codec_attempt! {
    Date: Date::parse;
    Duration: value::duration;
    Range: Range::parse;
    i32: |text| text.parse().ok();
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

codec_enum!(Forget { 0 = Failures, 1 = Everything });
codec_enum!(Lasting { 0 = Always, 1 = UnlessConfirmed(within), 2 = WhileNeeded });
codec_struct!(Extra { attributes, children, wording });
codec_struct!(Wording { name, above, attributes, attribute_order, order, implied, inside });
codec_struct!(Spelling { name, usual, written });
codec_struct!(Element { name, extra });
codec_enum!(ExtraNode { 0 = Element(element), 1 = Comment(text), 2 = Text(text) });

codec_struct!(Nvpair { id, id_ref, name, value, extra });
codec_struct!(AttributeSet { id, id_ref, score, rule, pairs, extra });
codec_enum!(BooleanOperator { 0 = And, 1 = Or });
codec_enum!(RuleScore { 0 = Score(score), 1 = Attribute(name) });
codec_struct!(Rule { id, id_ref, operator, negate, score, role, expressions, extra });
codec_enum!(Expression {
    0 = Attribute(expression), 1 = Rule(rule), 2 = Other(element), 3 = Date(expression),
    4 = Resource(expression), 5 = Operation(expression),
});
codec_enum!(Comparison {
    0 = Defined, 1 = NotDefined, 2 = Less, 3 = Greater, 4 = LessOrEqual, 5 = GreaterOrEqual,
    6 = Equal, 7 = NotEqual,
});
codec_enum!(ValueKind { 0 = Text, 1 = Integer, 2 = Number, 3 = Version });
codec_enum!(ValueSource { 0 = Literal, 1 = Parameter, 2 = Meta });
codec_struct!(AttributeExpression { id, attribute, operation, value, kind, value_source, extra });
codec_enum!(DateOperation { 0 = Greater, 1 = Less, 2 = InRange, 3 = Spec });
codec_struct!(DateExpression { id, operation, start, end, duration, spec, extra });
codec_enum!(DurationUnit {
    0 = Years, 1 = Months, 2 = Weeks, 3 = Days, 4 = Hours, 5 = Minutes, 6 = Seconds,
});
codec_struct!(DateDuration { id, parts, extra });
codec_enum!(DateField {
    0 = Seconds, 1 = Minutes, 2 = Hours, 3 = MonthDays, 4 = WeekDays, 5 = YearDays, 6 = Months,
    7 = Weeks, 8 = Years, 9 = WeekYears,
});
codec_struct!(DateSpec { id, ranges, extra });
codec_struct!(ResourceExpression { id, class, provider, kind, extra });
codec_struct!(OperationExpression { id, name, interval, extra });

codec_enum!(Role { 0 = Stopped, 1 = Started, 2 = Unpromoted, 3 = Promoted });
codec_enum!(OnFail {
    0 = Ignore, 1 = Block, 2 = Stop, 3 = Demote, 4 = Restart, 5 = Ban, 6 = Fence, 7 = Standby,
    8 = RestartContainer,
});
codec_struct!(OperationSettings {
    id,
    id_ref,
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
codec_enum!(ContainerKind { 0 = Docker, 1 = Podman, 2 = Rkt });
codec_struct!(Container {
    kind,
    image,
    replicas,
    replicas_per_host,
    promoted_max,
    run_command,
    network,
    options,
    extra,
});
codec_struct!(PortMapping { id, port, internal_port, range, extra });
codec_struct!(Network {
    ip_range_start,
    control_port,
    host_interface,
    host_netmask,
    add_host,
    ports,
    extra,
});
codec_enum!(StorageSource { 0 = Path(path), 1 = Root(path) });
codec_struct!(StorageMapping { id, source, target_dir, options, extra });
codec_struct!(Bundle {
    id,
    description,
    container,
    network,
    storage,
    primitive,
    parameters,
    meta,
    extra,
});
codec_enum!(Resource {
    0 = Primitive(primitive), 1 = Group(group), 2 = Clone(clone), 3 = Bundle(bundle),
    4 = Template(primitive),
});

codec_enum!(Constraint {
    0 = Location(location), 1 = Colocation(colocation), 2 = Order(order), 3 = Ticket(ticket),
});
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
codec_enum!(TicketTarget { 0 = Resource { resource, role }, 1 = Sets(sets) });
codec_enum!(LossPolicy { 0 = Stop, 1 = Demote, 2 = Fence, 3 = Freeze });
codec_struct!(TicketConstraint { id, target, ticket, loss_policy, extra });
codec_struct!(ResourceSet {
    id,
    id_ref,
    sequential,
    require_all,
    role,
    action,
    score,
    members,
    extra
});

codec_struct!(Version { admin_epoch, epoch, num_updates });
codec_enum!(Section {
    0 = Resources, 1 = Constraints, 2 = FencingTopology, 3 = Acls, 4 = Tags, 5 = Alerts,
});
codec_struct!(NodeEntry { id, name, kind, description, attributes, utilization, extra });
codec_struct!(Tag { id, members, extra });
codec_enum!(FencingTarget { 0 = Name(name), 1 = Pattern(pattern), 2 = Attribute { name, value } });
codec_struct!(FencingLevel { id, target, index, devices, extra });
codec_struct!(Configuration {
    version,
    properties,
    nodes,
    resources,
    constraints,
    resource_defaults,
    operation_defaults,
    tags,
    fencing_levels,
    opaque,
    extra,
});
codec_enum!(Object {
    0 = Node(node), 1 = Resource(resource), 2 = Constraint(constraint), 3 = Properties(set),
    4 = ResourceDefaults(set), 5 = OperationDefaults(set), 6 = Opaque(section, element),
    7 = Tag(tag), 8 = FencingLevel(level),
});
codec_enum!(ObjectKind {
    0 = Properties, 1 = Node, 2 = Resource, 3 = Constraint, 4 = ResourceDefaults,
    5 = OperationDefaults, 6 = Tag, 7 = FencingLevel, 8 = Opaque,
});
codec_enum!(Edit {
    0 = Put(object), 1 = Remove(id), 2 = Replace(configuration), 3 = Swap(swap),
    4 = Arrange { kind, ids },
});

codec_struct!(Reorder { kind, before, after });
codec_struct!(Difference { swaps, orders, whole });

impl Encode for Swap {
    fn encode(&self, out: &mut Vec<u8>) {
        self.before().cloned().encode(out);
        self.after().cloned().encode(out);
    }
}

impl Decode for Swap {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (before, after) = (Option::decode(reader)?, Option::decode(reader)?);
        Self::between(before, after).ok_or(DecodeError::OutOfRange("a swap"))
    }
}

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
    digests,
    unsaid,
    extra,
});
codec_struct!(Digests { all, restart, secure, restart_parameters, secure_parameters });
codec_struct!(UnsaidOfResult { key, call, status, code, last_change });
codec_struct!(ResourceHistory { position, agent, container, is_twofold, operations, extra });
codec_struct!(UnsaidOfNode { in_membership, is_online, join, expected });
codec_struct!(NodeStatus {
    position,
    name,
    in_membership,
    member_since,
    is_online,
    online_since,
    join,
    expected,
    unsaid,
    is_remote,
    is_fenced,
    in_maintenance,
    attributes,
    utilization,
    history,
    extra,
});
codec_enum!(TicketChange {
    0 = Grant,
    1 = Revoke,
    2 = Standby,
    3 = Activate,
    4 = Set { name, value },
});
codec_struct!(TicketState { granted, standby, last_granted, attributes });
codec_struct!(Status { nodes, tickets, extra });
