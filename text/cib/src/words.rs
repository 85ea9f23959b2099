//! The kinds of values that attributes have, and what would be right in words.

use base::{WallTime, names};
use cluster::date::Date;
use cluster::{
    BooleanOperator, Comparison, DateOperation, Discovery, Expected, JoinState, LossPolicy, OnFail,
    OperationStatus, OrderKind, Range, Role, Score, ValueKind, ValueSource, Written, value,
};
use std::time::Duration;

/// A kind of value.
pub(crate) struct Word<T> {
    /// Reads it.
    pub(crate) parse: fn(&str) -> Option<T>,
    /// Says what would be right.
    pub(crate) expects: &'static str,
}

pub(crate) const SCORE: Word<Score> =
    Word { parse: Score::parse, expects: "a score is a whole number, INFINITY or -INFINITY" };

pub(crate) const BOOLEAN: Word<bool> =
    Word { parse: value::boolean, expects: "write true or false" };

pub(crate) const DURATION: Word<Written<Duration>> = Word {
    parse: Written::duration,
    expects: "a duration is written like 20s, 5min, 500ms or PT1M30S",
};

pub(crate) const INTERVAL: Word<Duration> =
    Word { parse: value::duration, expects: DURATION.expects };

pub(crate) const ROLE: Word<Role> =
    Word { parse: Role::parse, expects: "a role is Started, Stopped, Promoted or Unpromoted" };

pub(crate) const ON_FAIL: Word<OnFail> = Word {
    parse: OnFail::parse,
    expects: "on-fail is ignore, block, stop, demote, restart, fence, standby or \
              restart-container",
};

pub(crate) const COMPARISON: Word<Comparison> = Word {
    parse: Comparison::parse,
    expects: "an operation is defined, not_defined, lt, gt, lte, gte, eq or ne",
};

pub(crate) const VALUE_KIND: Word<ValueKind> =
    Word { parse: ValueKind::parse, expects: "a type is string, integer, number or version" };

pub(crate) const VALUE_SOURCE: Word<ValueSource> =
    Word { parse: ValueSource::parse, expects: "value-source is literal, param or meta" };

pub(crate) const DATE_OPERATION: Word<DateOperation> =
    Word { parse: DateOperation::parse, expects: "an operation is gt, lt, in_range or date_spec" };

pub(crate) const DATE: Word<Date> = Word {
    parse: Date::parse,
    expects: "a date is written like 2026-02-28 12:30:00 +01:00, 2026-059 or 2026-W09-6",
};

pub(crate) const RANGE: Word<Range> =
    Word { parse: Range::parse, expects: "a range is written like 9-17, 5, 2026- or -3" };

pub(crate) const LOSS_POLICY: Word<LossPolicy> =
    Word { parse: LossPolicy::parse, expects: "loss-policy is stop, demote, fence or freeze" };

pub(crate) const OPERATOR: Word<BooleanOperator> = Word {
    parse: |text| match text.to_ascii_lowercase().as_str() {
        "and" => Some(BooleanOperator::And),
        "or" => Some(BooleanOperator::Or),
        _ => None,
    },
    expects: "boolean-op is and, or or",
};

/// The operator as the CIB writes it.
pub(crate) const fn operator_name(operator: BooleanOperator) -> &'static str {
    match operator {
        BooleanOperator::And => "and",
        BooleanOperator::Or => "or",
    }
}

const ORDER_KINDS: [(&str, OrderKind); 3] = [
    ("Mandatory", OrderKind::Mandatory),
    ("Optional", OrderKind::Optional),
    ("Serialize", OrderKind::Serialize),
];

pub(crate) const ORDER_KIND: Word<OrderKind> = Word {
    parse: |text| names::value(&ORDER_KINDS, text),
    expects: "kind is Mandatory, Optional or Serialize",
};

pub(crate) fn order_kind_name(kind: OrderKind) -> &'static str {
    names::name(&ORDER_KINDS, kind)
}

const DISCOVERIES: [(&str, Discovery); 3] = [
    ("always", Discovery::Always),
    ("never", Discovery::Never),
    ("exclusive", Discovery::Exclusive),
];

pub(crate) const DISCOVERY: Word<Discovery> = Word {
    parse: |text| names::value(&DISCOVERIES, text),
    expects: "resource-discovery is always, never or exclusive",
};

pub(crate) fn discovery_name(discovery: Discovery) -> &'static str {
    names::name(&DISCOVERIES, discovery)
}

const JOINS: [(&str, JoinState); 4] = [
    ("down", JoinState::Down),
    ("pending", JoinState::Pending),
    ("member", JoinState::Member),
    ("banned", JoinState::Banned),
];

pub(crate) const JOIN: Word<JoinState> = Word {
    parse: |text| names::value(&JOINS, text),
    expects: "join is down, pending, member or banned",
};

pub(crate) fn join_name(join: JoinState) -> &'static str {
    names::name(&JOINS, join)
}

const EXPECTATIONS: [(&str, Expected); 2] =
    [("down", Expected::Down), ("member", Expected::Member)];

pub(crate) const EXPECTED: Word<Expected> =
    Word { parse: |text| names::value(&EXPECTATIONS, text), expects: "expected is member or down" };

pub(crate) fn expected_name(expected: Expected) -> &'static str {
    names::name(&EXPECTATIONS, expected)
}

/// Whether something is there, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) is_there: bool,
    pub(crate) since: Option<WallTime>,
}

/// `in_ccm` and `crmd`: words in older feature sets, the time since when in newer ones, 0 for not.
pub(crate) const PRESENCE: Word<Presence> = Word {
    parse: |text| match text {
        "true" | "online" => Some(Presence { is_there: true, since: None }),
        "false" | "offline" => Some(Presence::default()),
        number => number.parse::<i64>().ok().map(|since| Presence {
            is_there: since > 0,
            since: Some(WallTime::from_seconds(since)).filter(|_| since > 0),
        }),
    },
    expects: "write true or online, false or offline, or the time since when it is there",
};

/// Yes or no, also as a number that counts or tells a time.
pub(crate) const FLAG: Word<bool> = Word {
    parse: |text| value::boolean(text).or_else(|| Some(text.parse::<i64>().ok()? > 0)),
    expects: BOOLEAN.expects,
};

pub(crate) const SMALL_COUNT: Word<u32> =
    Word { parse: |text| text.parse().ok(), expects: COUNT.expects };

pub(crate) const COUNT: Word<u64> =
    Word { parse: |text| text.parse().ok(), expects: "it is a whole number, not negative" };

pub(crate) const NUMBER: Word<i32> =
    Word { parse: |text| text.parse().ok(), expects: "it is a whole number" };

pub(crate) const SECONDS: Word<i64> = Word {
    parse: |text| text.parse().ok(),
    expects: "it is the number of seconds since 1970-01-01",
};

pub(crate) const MILLISECONDS: Word<Duration> = Word {
    parse: |text| text.parse().ok().map(Duration::from_millis),
    expects: "it is a number of milliseconds",
};

pub(crate) const OPERATION_STATUS: Word<OperationStatus> = Word {
    parse: |text| text.parse().ok().and_then(OperationStatus::from_code),
    expects: "op-status is a number from -1 (pending) to 9",
};
