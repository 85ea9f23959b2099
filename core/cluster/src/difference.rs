//! What turns one configuration into another, object by object, each with what it was before.
//!
//! An edit of this kind says what it was made against. So it can be told from the object alone
//! whether somebody else has changed it since, however much has changed elsewhere; and turned
//! round, the difference takes the change back.

use crate::objects::List;
use crate::{
    AttributeSet, Configuration, Constraint, Edit, Element, FencingLevel, NodeEntry, Object,
    Refusal, Resource, Section, Tag,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// The lists of objects that a configuration is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Blocks of cluster options.
    Properties,
    /// Nodes.
    Node,
    /// Resources at the top level.
    Resource,
    /// Constraints.
    Constraint,
    /// Blocks of defaults for resources.
    ResourceDefaults,
    /// Blocks of defaults for operations.
    OperationDefaults,
    /// Tags.
    Tag,
    /// Fencing levels.
    FencingLevel,
    /// What has no type here.
    Opaque,
}

/// One object at the top level becomes another of its kind and id, or comes, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    before: Option<Object>,
    after: Option<Object>,
}

impl Swap {
    /// `object` comes.
    pub const fn add(object: Object) -> Self {
        Self { before: None, after: Some(object) }
    }

    /// `object` goes.
    pub const fn remove(object: Object) -> Self {
        Self { before: Some(object), after: None }
    }

    /// `before` becomes `after`; nothing when they are not the same object, or neither is one.
    pub fn between(before: Option<Object>, after: Option<Object>) -> Option<Self> {
        let is_one = match (&before, &after) {
            (Some(old), Some(new)) => (old.kind(), old.id()) == (new.kind(), new.id()),
            (old, new) => old.is_some() || new.is_some(),
        };
        is_one.then_some(Self { before, after })
    }

    /// What it was; `None` when it comes.
    pub const fn before(&self) -> Option<&Object> {
        self.before.as_ref()
    }

    /// What it is to be; `None` when it goes.
    pub const fn after(&self) -> Option<&Object> {
        self.after.as_ref()
    }

    /// The object, as far as it stays the same one.
    pub fn of(&self) -> (ObjectKind, &str) {
        let object = self.before.as_ref().or(self.after.as_ref());
        let object = object.expect("a swap is of something");
        (object.kind(), object.id())
    }

    /// What takes it back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { before: self.after, after: self.before }
    }
}

/// The objects of a kind stand in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorder {
    /// Which objects.
    pub kind: ObjectKind,
    /// The ids of those that were there, in their old order.
    pub before: Vec<String>,
    /// The ids of those that are there, in their new order.
    pub after: Vec<String>,
}

/// What turns one configuration into another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Object by object; those that go come first.
    pub swaps: Vec<Swap>,
    /// The kinds of objects whose order does not come by itself.
    pub orders: Vec<Reorder>,
    /// Everything as it was and is to be, where an object cannot be told from another by kind and
    /// id, or where what the root carries differs; there is nothing else then.
    pub whole: Option<Box<(Configuration, Configuration)>>,
}

impl Difference {
    /// What turns `before` into `after`; nothing when only the versions differ.
    pub fn between(before: &Configuration, after: &Configuration) -> Self {
        let mut found = Search::default();
        found.compare(ObjectKind::Properties, &before.properties, &after.properties);
        found.compare(ObjectKind::Node, &before.nodes, &after.nodes);
        found.compare(ObjectKind::Resource, &before.resources, &after.resources);
        found.compare(ObjectKind::Constraint, &before.constraints, &after.constraints);
        let kind = ObjectKind::ResourceDefaults;
        found.compare(kind, &before.resource_defaults, &after.resource_defaults);
        let kind = ObjectKind::OperationDefaults;
        found.compare(kind, &before.operation_defaults, &after.operation_defaults);
        found.compare(ObjectKind::Tag, &before.tags, &after.tags);
        found.compare(ObjectKind::FencingLevel, &before.fencing_levels, &after.fencing_levels);
        found.compare(ObjectKind::Opaque, &before.opaque, &after.opaque);
        if before.extra == after.extra && !found.is_ambiguous {
            return found.difference();
        }
        if before.is_same(after) {
            return Self::default();
        }
        let whole = Some(Box::new((before.clone(), after.clone())));
        Self { whole, ..Self::default() }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.swaps.is_empty() && self.orders.is_empty() && self.whole.is_none()
    }

    /// The objects that change or go, as they were, and nothing else.
    pub fn before(&self) -> Configuration {
        match &self.whole {
            Some(whole) => whole.0.clone(),
            None => alone(self.swaps.iter().filter_map(Swap::before)),
        }
    }

    /// The objects that change or come, as they are to be, and nothing else.
    pub fn after(&self) -> Configuration {
        match &self.whole {
            Some(whole) => whole.1.clone(),
            None => alone(self.swaps.iter().filter_map(Swap::after)),
        }
    }

    /// What takes it back.
    #[must_use]
    pub fn reversed(self) -> Self {
        let mut swaps: Vec<Swap> = self.swaps.into_iter().map(Swap::reversed).collect();
        swaps.sort_by_key(|swap| swap.after.is_some());
        let turn = |Reorder { kind, before, after }| Reorder { kind, before: after, after: before };
        let orders = self.orders.into_iter().map(turn).collect();
        let whole = self.whole.map(|whole| Box::new((whole.1, whole.0)));
        Self { swaps, orders, whole }
    }

    /// The edits that carry it out.
    pub fn into_edits(self) -> Vec<Edit> {
        let swaps = self.swaps.into_iter().map(|swap| Edit::Swap(Box::new(swap)));
        let orders = self.orders.into_iter();
        let orders = orders.map(|order| Edit::Arrange { kind: order.kind, ids: order.after });
        let whole = self.whole.map(|whole| Edit::Replace(Box::new(whole.1)));
        swaps.chain(orders).chain(whole).collect()
    }
}

/// These objects, and no other.
fn alone<'a>(objects: impl Iterator<Item = &'a Object>) -> Configuration {
    let mut configuration = Configuration::default();
    objects.cloned().for_each(|object| configuration.push(object));
    configuration
}

impl Configuration {
    /// Whether the two say the same, whatever their versions.
    pub fn is_same(&self, other: &Self) -> bool {
        *self == Self { version: self.version, ..other.clone() }
    }

    /// Adds an object at the end of its kind, whatever is there.
    pub fn push(&mut self, object: Object) {
        match object {
            Object::Node(node) => self.nodes.push(node),
            Object::Resource(resource) => self.resources.push(resource),
            Object::Constraint(constraint) => self.constraints.push(constraint),
            Object::Properties(set) => self.properties.push(set),
            Object::ResourceDefaults(set) => self.resource_defaults.push(set),
            Object::OperationDefaults(set) => self.operation_defaults.push(set),
            Object::Tag(tag) => self.tags.push(tag),
            Object::FencingLevel(level) => self.fencing_levels.push(level),
            Object::Opaque(section, element) => self.opaque.push((section, element)),
        }
    }

    /// The object of this kind and id, at the top level.
    pub fn object(&self, kind: ObjectKind, id: &str) -> Option<Object> {
        match kind {
            ObjectKind::Properties => find(kind, &self.properties, id),
            ObjectKind::Node => find(kind, &self.nodes, id),
            ObjectKind::Resource => find(kind, &self.resources, id),
            ObjectKind::Constraint => find(kind, &self.constraints, id),
            ObjectKind::ResourceDefaults => find(kind, &self.resource_defaults, id),
            ObjectKind::OperationDefaults => find(kind, &self.operation_defaults, id),
            ObjectKind::Tag => find(kind, &self.tags, id),
            ObjectKind::FencingLevel => find(kind, &self.fencing_levels, id),
            ObjectKind::Opaque => find(kind, &self.opaque, id),
        }
    }

    /// The ids of the objects of this kind, in order.
    pub fn ids(&self, kind: ObjectKind) -> Vec<String> {
        fn of<T: Item, L: List<T>>(list: &L) -> Vec<String> {
            keys(list).map(str::to_owned).collect()
        }
        match kind {
            ObjectKind::Properties => of(&self.properties),
            ObjectKind::Node => of(&self.nodes),
            ObjectKind::Resource => of(&self.resources),
            ObjectKind::Constraint => of(&self.constraints),
            ObjectKind::ResourceDefaults => of(&self.resource_defaults),
            ObjectKind::OperationDefaults => of(&self.operation_defaults),
            ObjectKind::Tag => of(&self.tags),
            ObjectKind::FencingLevel => of(&self.fencing_levels),
            ObjectKind::Opaque => of(&self.opaque),
        }
    }

    /// Puts the one side into the place of the other, if that is what is there.
    pub(crate) fn apply_swap(&mut self, swap: &Swap) -> Result<(), Refusal> {
        match swap.of().0 {
            ObjectKind::Properties => exchange(&mut self.properties, swap),
            ObjectKind::Node => exchange(&mut self.nodes, swap),
            ObjectKind::Resource => exchange(&mut self.resources, swap),
            ObjectKind::Constraint => exchange(&mut self.constraints, swap),
            ObjectKind::ResourceDefaults => exchange(&mut self.resource_defaults, swap),
            ObjectKind::OperationDefaults => exchange(&mut self.operation_defaults, swap),
            ObjectKind::Tag => exchange(&mut self.tags, swap),
            ObjectKind::FencingLevel => exchange(&mut self.fencing_levels, swap),
            ObjectKind::Opaque => exchange(&mut self.opaque, swap),
        }
    }

    /// The objects that are named stand first, in that order; the others follow as they stood.
    /// Names of what is not there are passed over.
    pub(crate) fn arrange(&mut self, kind: ObjectKind, ids: &[String]) {
        let places = ids.iter().enumerate().map(|(place, id)| (id.as_str(), place));
        let places: BTreeMap<&str, usize> = places.collect();
        match kind {
            ObjectKind::Properties => sort(&mut self.properties, &places),
            ObjectKind::Node => sort(&mut self.nodes, &places),
            ObjectKind::Resource => sort(&mut self.resources, &places),
            ObjectKind::Constraint => sort(&mut self.constraints, &places),
            ObjectKind::ResourceDefaults => sort(&mut self.resource_defaults, &places),
            ObjectKind::OperationDefaults => sort(&mut self.operation_defaults, &places),
            ObjectKind::Tag => sort(&mut self.tags, &places),
            ObjectKind::FencingLevel => sort(&mut self.fencing_levels, &places),
            ObjectKind::Opaque => sort(&mut self.opaque, &places),
        }
    }
}

/// What stands in one of the lists, and how it is handed about among the others.
trait Item: Clone + PartialEq {
    /// What it is told from others of its kind by.
    fn key(&self) -> &str;
    fn into_object(self, kind: ObjectKind) -> Object;
    /// The other way; `None` for an object of another kind.
    fn from_object(object: Object) -> Option<Self>;
}

fn find<T: Item>(kind: ObjectKind, list: &impl List<T>, key: &str) -> Option<Object> {
    let place = list.place_of(|item| item.key() == key)?;
    Some(list.at(place).clone().into_object(kind))
}

fn exchange<T: Item>(list: &mut impl List<T>, swap: &Swap) -> Result<(), Refusal> {
    let (_, key) = swap.of();
    let place = list.place_of(|item| item.key() == key);
    let before = swap.before.clone().and_then(T::from_object);
    if place.map(|place| list.at(place)) != before.as_ref() {
        return Err(Refusal::Changed { id: key.to_owned() });
    }
    match (place, swap.after.clone().and_then(T::from_object)) {
        (Some(place), Some(after)) => list.replace(place, after),
        (Some(place), None) => list.take(place),
        (None, Some(after)) => list.add(after),
        (None, None) => {}
    }
    Ok(())
}

fn sort<T: Item>(list: &mut impl List<T>, places: &BTreeMap<&str, usize>) {
    list.sort_by(|item| places.get(item.key()).copied().unwrap_or(usize::MAX));
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    gone: Vec<Swap>,
    there: Vec<Swap>,
    orders: Vec<Reorder>,
    /// Two objects of one kind have the same key.
    is_ambiguous: bool,
}

impl Search {
    fn compare<T: Item, L: List<T>>(&mut self, kind: ObjectKind, old: &L, new: &L) {
        let (head, tail) = common_ends(old, new);
        let (old_part, new_part) = (head..old.count() - tail, head..new.count() - tail);
        let before = self.by_key(old, &old_part);
        let after = self.by_key(new, &new_part);
        let object = |item: &T| item.clone().into_object(kind);
        let (mut stay, mut gone, mut come) = (Vec::new(), Vec::new(), Vec::new());
        for item in old_part.clone().map(|place| old.at(place)) {
            if after.contains_key(item.key()) {
                stay.push(item.key());
            } else {
                gone.push(item.key());
                self.gone.push(Swap::remove(object(item)));
            }
        }
        for place in new_part {
            let item = new.at(place);
            match before.get(item.key()) {
                Some(&at) if new.is_same(place, old, at) => {}
                Some(&at) => {
                    let swap = Swap::between(Some(object(old.at(at))), Some(object(item)));
                    self.there.extend(swap);
                }
                None => {
                    come.push(item.key());
                    self.there.push(Swap::add(object(item)));
                }
            }
        }
        // Whatever comes is added at the end of all; and so it is when it is taken back.
        let end = || (old_part.end..old.count()).map(|place| old.at(place).key());
        let there = stay.iter().copied().chain(end()).chain(come);
        let back = stay.iter().copied().chain(end()).chain(gone);
        if !there.eq(keys(new).skip(head)) || !back.eq(keys(old).skip(head)) {
            let ids = |list| keys(list).map(str::to_owned).collect();
            self.orders.push(Reorder { kind, before: ids(old), after: ids(new) });
        }
    }

    /// Where the objects of a part of the list stand.
    fn by_key<'a, T: Item + 'a>(
        &mut self,
        list: &'a impl List<T>,
        part: &Range<usize>,
    ) -> BTreeMap<&'a str, usize> {
        let places: BTreeMap<&str, usize> =
            part.clone().map(|place| (list.at(place).key(), place)).collect();
        let mut others = (0..part.start).chain(part.end..list.count());
        self.is_ambiguous |= places.len() < part.len()
            || (!places.is_empty()
                && others.any(|place| places.contains_key(list.at(place).key())));
        places
    }

    /// What goes comes first: a resource that moves into a group leaves the top level before.
    fn difference(self) -> Difference {
        let swaps = self.gone.into_iter().chain(self.there).collect();
        Difference { swaps, orders: self.orders, whole: None }
    }
}

fn keys<'a, T: Item + 'a, L: List<T>>(list: &'a L) -> impl Iterator<Item = &'a str> {
    (0..list.count()).map(|place| list.at(place).key())
}

/// How many objects at the beginning, and how many at the end, are the same in both lists.
fn common_ends<T: PartialEq, L: List<T>>(old: &L, new: &L) -> (usize, usize) {
    let shorter = old.count().min(new.count());
    let head = (0..shorter).take_while(|&place| new.is_same(place, old, place)).count();
    let from_end = |back: &usize| new.is_same(new.count() - back, old, old.count() - back);
    (head, (1..=shorter - head).take_while(from_end).count())
}

macro_rules! items {
    ($($type:ty: $variant:ident, |$item:ident| $key:expr;)*) => {$(
        impl Item for $type {
            fn key(&self) -> &str {
                let $item = self;
                $key
            }

            fn into_object(self, _: ObjectKind) -> Object {
                Object::$variant(self)
            }

            fn from_object(object: Object) -> Option<Self> {
                match object {
                    Object::$variant(item) => Some(item),
                    _ => None,
                }
            }
        }
    )*};
}
items! {
    NodeEntry: Node, |node| &node.id;
    Resource: Resource, |resource| resource.id();
    Constraint: Constraint, |constraint| constraint.id();
    Tag: Tag, |tag| &tag.id;
    FencingLevel: FencingLevel, |level| &level.id;
}

impl Item for AttributeSet {
    fn key(&self) -> &str {
        &self.id
    }

    fn into_object(self, kind: ObjectKind) -> Object {
        match kind {
            ObjectKind::ResourceDefaults => Object::ResourceDefaults(self),
            ObjectKind::OperationDefaults => Object::OperationDefaults(self),
            _ => Object::Properties(self),
        }
    }

    fn from_object(object: Object) -> Option<Self> {
        match object {
            Object::Properties(set)
            | Object::ResourceDefaults(set)
            | Object::OperationDefaults(set) => Some(set),
            _ => None,
        }
    }
}

/// What has no type is told apart by its id, wherever it stands: ids are unique in a CIB.
impl Item for (Section, Element) {
    fn key(&self) -> &str {
        self.1.attribute("id").unwrap_or(&self.1.name)
    }

    fn into_object(self, _: ObjectKind) -> Object {
        Object::Opaque(self.0, self.1)
    }

    fn from_object(object: Object) -> Option<Self> {
        match object {
            Object::Opaque(section, element) => Some((section, element)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Group, Primitive};

    fn primitive(id: &str, description: &str) -> Primitive {
        let description = Some(description.to_owned());
        Primitive { id: id.into(), description, ..Primitive::default() }
    }

    fn configuration(resources: &[(&str, &str)]) -> Configuration {
        let resource = |(id, text): &(&str, &str)| Resource::Primitive(primitive(id, text));
        Configuration {
            resources: resources.iter().map(resource).collect(),
            ..Configuration::default()
        }
    }

    fn in_group(mut configuration: Configuration) -> Configuration {
        let members = configuration.resources.into_iter().filter_map(|resource| match resource {
            Resource::Primitive(primitive) => Some(primitive),
            _ => None,
        });
        let group = Group { id: "g".into(), members: members.collect(), ..Group::default() };
        configuration.resources = [Resource::Group(group)].into();
        configuration
    }

    /// Every one of these becomes every other, and back.
    #[test]
    fn a_difference_makes_the_one_into_the_other_and_reversed_back() {
        let mut tagged = configuration(&[("a", "1"), ("b", "2")]);
        tagged.tags.push(Tag { id: "t".into(), members: vec!["a".into()], ..Tag::default() });
        let mut noted = configuration(&[("a", "1")]);
        noted.extra.attributes.push(("note".into(), "kept".into()));
        let all = [
            Configuration::default(),
            configuration(&[("a", "1"), ("b", "2"), ("c", "3")]),
            configuration(&[("c", "3"), ("b", "2"), ("a", "1")]),
            configuration(&[("b", "other"), ("c", "3"), ("d", "new")]),
            in_group(configuration(&[("a", "1"), ("b", "2")])),
            configuration(&[("same", "1"), ("same", "2")]),
            tagged,
            noted,
        ];
        for from in &all {
            for to in &all {
                let difference = Difference::between(from, to);
                assert_eq!(difference.is_empty(), from == to);
                let back = difference.clone().reversed();
                let mut changed = from.clone();
                changed.apply(&difference.into_edits()).expect("it was made against this");
                assert!(changed.is_same(to), "{changed:?} is no {to:?}");
                changed.apply(&back.into_edits()).expect("it was made against this");
                assert!(changed.is_same(from), "{changed:?} is no {from:?}");
            }
        }
    }

    #[test]
    fn what_somebody_else_has_changed_is_not_overwritten() {
        let before = configuration(&[("a", "1"), ("b", "2")]);
        let wanted = configuration(&[("a", "ours"), ("b", "2")]);
        let ours = Difference::between(&before, &wanted).into_edits();
        let mut elsewhere = configuration(&[("a", "1"), ("b", "theirs"), ("c", "3")]);
        elsewhere.apply(&ours).expect("they touched another object");
        assert_eq!(elsewhere.resources.len(), 3);
        for theirs in [configuration(&[("a", "theirs")]), configuration(&[("b", "2")])] {
            let mut now = theirs.clone();
            let refused = now.apply(&ours);
            assert_eq!(refused, Err(Refusal::Changed { id: "a".into() }));
            assert_eq!(now, theirs);
        }
    }

    #[test]
    fn what_is_named_stands_first() {
        let mut changed = configuration(&[("a", ""), ("b", ""), ("c", ""), ("d", "")]);
        let ids = ["d", "gone", "b"].map(str::to_owned).to_vec();
        changed.apply(&[Edit::Arrange { kind: ObjectKind::Resource, ids }]).expect("it can be");
        let ids: Vec<&str> = changed.resources.iter().map(Resource::id).collect();
        assert_eq!(ids, ["d", "b", "a", "c"]);
    }
}
