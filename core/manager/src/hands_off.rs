//! What people want left alone, looked at once more where an action is sent and where it begins (R7).
//!
//! Plans are made with that in mind. But one that was begun before the word came is carried out for a
//! moment still, and what was sent before may stand behind it in the order.

use crate::State;
use base::planted::{self, Planted};
use cluster::{AttributeSet, Resource, first_value, primitive_of, value};
use scheduler::plan::Task;

impl State {
    /// Whether the task would make something else of an instance that is to be left alone on the node
    /// named `node`. What only rules say is left to the plans.
    pub(crate) fn must_leave_alone(&self, instance: &str, node: &str, task: Task) -> bool {
        let changes = crate::results::may_change(task) || task == Task::Reload;
        changes && !planted::is(Planted::TouchEverything) && self.is_left_alone(instance, node)
    }

    fn is_left_alone(&self, instance: &str, node: &str) -> bool {
        let entry = self.configuration.node(node);
        let of_node = entry.and_then(|entry| first_value(&entry.attributes, "maintenance"));
        let sets = self.meta_of(primitive_of(instance));
        let says = |name| sets.iter().find_map(|sets| first_value(sets, name));
        self.configuration.is_property_on("maintenance-mode")
            || of_node.or_else(|| says("maintenance")).is_some_and(|text| is(text, true))
            || says("is-managed").is_some_and(|text| is(text, false))
    }

    /// The meta attributes of a primitive, of what is around it, from inside out, and of all.
    fn meta_of(&self, primitive: &str) -> Vec<&[AttributeSet]> {
        let tops = &self.configuration.resources;
        let mut at = tops.iter().find(|top| top.ids().contains(&primitive));
        let mut sets: Vec<&[AttributeSet]> = vec![&self.configuration.resource_defaults];
        while let Some(resource) = at {
            sets.insert(0, resource.meta());
            at = match resource {
                Resource::Clone(clone) => Some(&*clone.child),
                _ => None,
            };
        }
        if let Some(inner) = self.configuration.primitive(primitive) {
            sets.insert(0, &inner.meta);
        }
        sets
    }
}

fn is(text: &str, wanted: bool) -> bool {
    value::boolean(text) == Some(wanted)
}
