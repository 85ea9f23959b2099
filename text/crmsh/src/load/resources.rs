//! Resources: groups, clones and bundles get what they name, from the text or from what is there.

use super::{Loader, kind_of};
use crate::diagnostic::Diagnostic;
use crate::element;
use crate::lexer::Word;
use crate::statement::{Container, Located, Statement};
use base::suggest;
use cluster::{
    AttributeSet, Bundle, Clone as CloneResource, Configuration, Extra, Group, Object, Primitive,
    Resource, ResourceRef,
};
use std::collections::{BTreeMap, BTreeSet};

/// What groups and clones can be made of, and who has it.
#[derive(Default)]
pub(super) struct Stock {
    /// All primitives, as the text leaves them.
    primitives: BTreeMap<String, Primitive>,
    /// All groups, as the text leaves them.
    groups: BTreeMap<String, Group>,
    /// In which container of the text a resource is.
    homes: BTreeMap<String, String>,
    /// In which container a resource was before.
    old_homes: BTreeMap<String, String>,
    /// The containers of the text.
    containers: BTreeSet<String>,
}

impl<'a> Loader<'a> {
    pub(super) fn resources(&mut self) {
        let mut stock = Stock::default();
        self.gather(&mut stock);
        self.check_kinds();
        self.settle(&mut stock);
        self.build_groups(&mut stock);
        self.put_resources(&stock);
        self.put_freed(&stock);
        self.stock = stock;
    }

    /// Everything that there is, and everything that the text adds.
    fn gather(&mut self, stock: &mut Stock) {
        for resource in &self.base.resources {
            old_homes(resource, stock);
        }
        for located in self.statements {
            match &located.value {
                Statement::Primitive(primitive) => {
                    let mut primitive = primitive.as_ref().clone();
                    let old = self.old.primitive(&primitive.id);
                    self.names.primitive(&mut primitive, old);
                    element::set_comments(&mut primitive.extra, &located.comments);
                    stock.primitives.insert(primitive.id.clone(), primitive);
                }
                Statement::Group(container) | Statement::Clone(container) => {
                    stock.containers.insert(container.id.clone());
                }
                Statement::Bundle(bundle) => {
                    stock.containers.insert(bundle.id.clone());
                }
                _ => {}
            }
        }
        for located in self.statements {
            if let Statement::Monitor(word, operation) = &located.value {
                let Some(primitive) = stock.primitives.get_mut(&word.text) else {
                    self.errors.push(self.unknown(word, stock));
                    continue;
                };
                let mut operation = operation.as_ref().clone();
                self.names.operation(&word.text, &mut operation, &[]);
                primitive.operations.push(operation);
            }
        }
        resolve_references(&mut stock.primitives);
    }

    /// What a text defines keeps the kind it had.
    fn check_kinds(&mut self) {
        for located in self.statements {
            let (id, new) = match &located.value {
                Statement::Primitive(primitive) => (&primitive.id, "primitive"),
                Statement::Group(group) => (&group.id, "group"),
                Statement::Clone(clone) => (&clone.id, "clone"),
                Statement::Bundle(bundle) => (&bundle.id, "bundle"),
                Statement::Template(template) => (&template.id, "template"),
                _ => continue,
            };
            let old = match self.base.resource(id) {
                Some(ResourceRef::Top(resource)) => kind_of(resource),
                Some(ResourceRef::Cloned { child, .. }) => kind_of(child),
                Some(ResourceRef::Member { .. }) => "primitive",
                None => continue,
            };
            if old != new {
                let what = format!("`{id}` is a {old} so far, and cannot become a {new}");
                let help = "remove it first, or choose another id";
                self.errors.push(Diagnostic::error(located.position, what, help));
            }
        }
    }

    /// Who is in what, each in one thing only.
    fn settle(&mut self, stock: &mut Stock) {
        for located in self.statements {
            let (home, members) = match &located.value {
                Statement::Group(group) => {
                    let checked = group.members.iter();
                    let good = checked.filter(|word| self.is_primitive(word, stock)).collect();
                    (group.id.clone(), good)
                }
                Statement::Clone(clone) => {
                    let checked = clone.members.iter();
                    let good = checked.filter(|word| self.can_be_cloned(word, stock)).collect();
                    (clone.id.clone(), good)
                }
                Statement::Bundle(bundle) => {
                    let inside = bundle.primitive.as_ref().map(|primitive| &primitive.id);
                    let words = located.words.iter().skip(2);
                    let words = words.filter(|word| Some(&word.text) == inside).take(1);
                    let good = words.filter(|word| self.is_primitive(word, stock)).collect();
                    (bundle.id.clone(), good)
                }
                _ => continue,
            };
            let members: Vec<&Word> = members;
            for word in members {
                self.settle_one(word, &home, stock);
            }
        }
    }

    fn settle_one(&mut self, word: &Word, home: &str, stock: &mut Stock) {
        let id = &word.text;
        let elsewhere = stock.homes.get(id).or_else(|| {
            let old = stock.old_homes.get(id)?;
            Some(old).filter(|old| *old != home && !stock.containers.contains(*old))
        });
        match elsewhere {
            Some(other) if other == home => {
                let what = format!("`{id}` is named twice");
                self.errors.push(word.error(what, "leave one of the two out"));
            }
            Some(other) => {
                let what = format!("`{id}` is already in `{other}`");
                self.errors.push(word.error(what, "a resource can be in one place only"));
            }
            None => {
                stock.homes.insert(id.clone(), home.to_owned());
            }
        }
    }

    fn is_primitive(&mut self, word: &Word, stock: &Stock) -> bool {
        if stock.primitives.contains_key(&word.text) {
            return true;
        }
        self.errors.push(match self.kind_named(&word.text) {
            Some(kind) => {
                word.error(format!("`{}` is a {kind}", word.text), "name primitives only")
            }
            None => self.unknown(word, stock),
        });
        false
    }

    fn can_be_cloned(&mut self, word: &Word, stock: &Stock) -> bool {
        let kind = self.kind_named(&word.text);
        if stock.primitives.contains_key(&word.text) || kind == Some("group") {
            return true;
        }
        self.errors.push(match kind {
            Some(kind) => {
                let help = "a clone holds a primitive or a group";
                word.error(format!("`{}` is a {kind} itself", word.text), help)
            }
            None => self.unknown(word, stock),
        });
        false
    }

    /// A text of one object is a command that somebody typed: what it names comes before it.
    fn unknown(&self, word: &Word, stock: &Stock) -> Diagnostic {
        let known = stock.primitives.keys().chain(stock.groups.keys()).map(String::as_str);
        let help = match (suggest::closest(&word.text, known), self.statements) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [_]) => "define it first".to_owned(),
            (None, _) => "define it in the text, too".to_owned(),
        };
        word.error(format!("there is no resource `{}`", word.text), help)
    }

    /// What something is, primitives of the text aside.
    fn kind_named(&self, id: &str) -> Option<&'static str> {
        let in_text = self.statements.iter().find_map(|located| match &located.value {
            Statement::Group(group) if group.id == id => Some("group"),
            Statement::Clone(clone) if clone.id == id => Some("clone"),
            Statement::Bundle(bundle) if bundle.id == id => Some("bundle"),
            Statement::Template(template) if template.id == id => Some("template"),
            _ => None,
        });
        in_text.or_else(|| match self.base.resource(id)? {
            ResourceRef::Top(resource) => Some(kind_of(resource)),
            ResourceRef::Cloned { child, .. } => Some(kind_of(child)),
            ResourceRef::Member { .. } => Some("primitive"),
        })
    }

    fn build_groups(&mut self, stock: &mut Stock) {
        for located in self.statements {
            let Statement::Group(container) = &located.value else { continue };
            let old = group_of(self.old, &container.id);
            let (parameters, meta) = self.container_blocks(
                container,
                old.map_or((&[], &[]), |old| (&old.parameters, &old.meta)),
            );
            let members = container.members.iter();
            let members =
                members.filter_map(|word| stock.primitives.get(&word.text)).cloned().collect();
            let mut group = Group {
                id: container.id.clone(),
                description: container.description.clone(),
                members,
                parameters,
                meta,
                extra: Extra::default(),
            };
            element::set_comments(&mut group.extra, &located.comments);
            stock.groups.insert(group.id.clone(), group);
        }
        for resource in &self.base.resources {
            let group = match resource {
                Resource::Group(group) => Some(group),
                Resource::Clone(clone) => match clone.child.as_ref() {
                    Resource::Group(group) => Some(group),
                    _ => None,
                },
                _ => None,
            };
            if let Some(group) = group
                && !stock.groups.contains_key(&group.id)
            {
                // Its members may have been changed by the text.
                let mut group = group.clone();
                for member in &mut group.members {
                    if let Some(primitive) = stock.primitives.get(&member.id) {
                        member.clone_from(primitive);
                    }
                }
                stock.groups.insert(group.id.clone(), group);
            }
        }
    }

    fn container_blocks(
        &mut self,
        container: &Container,
        old: (&[AttributeSet], &[AttributeSet]),
    ) -> (Vec<AttributeSet>, Vec<AttributeSet>) {
        let (mut parameters, mut meta) = (container.parameters.clone(), container.meta.clone());
        self.names.blocks((&container.id, "instance_attributes"), &mut parameters, old.0);
        self.names.blocks((&container.id, "meta_attributes"), &mut meta, old.1);
        (parameters, meta)
    }

    /// The edits, in the order of the text; what is inside a container comes with it.
    fn put_resources(&mut self, stock: &Stock) {
        for located in self.statements {
            let id = match &located.value {
                Statement::Monitor(word, _) => word.text.as_str(),
                value => value.id().unwrap_or_default(),
            };
            let resource = match &located.value {
                Statement::Primitive(_) | Statement::Monitor(..) => {
                    stock.primitives.get(id).cloned().map(Resource::Primitive)
                }
                Statement::Group(_) => stock.groups.get(id).cloned().map(Resource::Group),
                Statement::Clone(container) => self.build_clone(located, container, stock),
                Statement::Bundle(bundle) => Some(self.build_bundle(located, bundle, stock)),
                Statement::Template(template) => Some(self.build_template(located, template)),
                _ => None,
            };
            let Some(resource) = resource else { continue };
            if stock.homes.contains_key(id) {
                self.about.entry(id.to_owned()).or_default().push(located);
            } else if !stock.is_freed(id) {
                self.put(located, Object::Resource(resource));
            } else {
                self.about.entry(id.to_owned()).or_default().push(located);
            }
        }
    }

    fn build_clone(
        &mut self,
        located: &Located<Statement>,
        container: &Container,
        stock: &Stock,
    ) -> Option<Resource> {
        let child = &container.members.first()?.text;
        let group = stock.groups.get(child).cloned().map(Resource::Group);
        let primitive = || stock.primitives.get(child).cloned().map(Resource::Primitive);
        let child = Box::new(group.or_else(primitive)?);
        let old = self.old.resources.iter().find_map(|resource| match resource {
            Resource::Clone(clone) if clone.id == container.id => Some(clone),
            _ => None,
        });
        let old = old.map_or((&[][..], &[][..]), |old| (&old.parameters, &old.meta));
        let (parameters, meta) = self.container_blocks(container, old);
        let (id, description) = (container.id.clone(), container.description.clone());
        let extra = Extra::default();
        let mut clone = CloneResource { id, description, child, parameters, meta, extra };
        element::set_comments(&mut clone.extra, &located.comments);
        Some(Resource::Clone(clone))
    }

    /// A bundle names its primitive; the model keeps it inside.
    fn build_bundle(
        &mut self,
        located: &Located<Statement>,
        bundle: &Bundle,
        stock: &Stock,
    ) -> Resource {
        let mut bundle = bundle.clone();
        let old = match self.old.resource(&bundle.id) {
            Some(ResourceRef::Top(Resource::Bundle(old))) => Some(old.as_ref()),
            _ => None,
        };
        self.names.bundle(&mut bundle, old);
        if let Some(inside) = &mut bundle.primitive
            && let Some(primitive) = stock.primitives.get(&inside.id)
        {
            inside.clone_from(primitive);
        }
        element::set_comments(&mut bundle.extra, &located.comments);
        Resource::Bundle(Box::new(bundle))
    }

    fn build_template(&mut self, located: &Located<Statement>, template: &Primitive) -> Resource {
        let mut template = template.clone();
        let old = self.old.template(&template.id);
        self.names.primitive(&mut template, old);
        element::set_comments(&mut template.extra, &located.comments);
        Resource::Template(template)
    }

    /// What a container no longer names stands alone from now on. These edits come last: before,
    /// the old container still holds it.
    fn put_freed(&mut self, stock: &Stock) {
        for id in stock.old_homes.keys().filter(|id| stock.is_freed(id)) {
            let group = stock.groups.get(id).cloned().map(Resource::Group);
            let primitive = || stock.primitives.get(id).cloned().map(Resource::Primitive);
            if let Some(resource) = group.or_else(primitive) {
                let object = Object::Resource(resource);
                self.edits.push(cluster::Edit::Put(Box::new(object)));
            }
        }
    }
}

impl Stock {
    /// Whether a container of the text had it before and has it no longer.
    fn is_freed(&self, id: &str) -> bool {
        let old = self.old_homes.get(id);
        old.is_some_and(|home| self.containers.contains(home)) && !self.homes.contains_key(id)
    }
}

fn old_homes(resource: &Resource, stock: &mut Stock) {
    match resource {
        Resource::Primitive(primitive) => {
            stock.primitives.insert(primitive.id.clone(), primitive.clone());
        }
        Resource::Group(group) => {
            for member in &group.members {
                stock.old_homes.insert(member.id.clone(), group.id.clone());
                stock.primitives.insert(member.id.clone(), member.clone());
            }
        }
        Resource::Clone(clone) => {
            stock.old_homes.insert(clone.child.id().to_owned(), clone.id.clone());
            old_homes(&clone.child, stock);
        }
        Resource::Bundle(bundle) => {
            if let Some(primitive) = &bundle.primitive {
                stock.old_homes.insert(primitive.id.clone(), bundle.id.clone());
                stock.primitives.insert(primitive.id.clone(), primitive.clone());
            }
        }
        Resource::Template(_) => {}
    }
}

fn group_of<'a>(configuration: &'a Configuration, id: &str) -> Option<&'a Group> {
    let resource = match configuration.resource(id)? {
        ResourceRef::Top(resource) | ResourceRef::Cloned { child: resource, .. } => resource,
        ResourceRef::Member { .. } => return None,
    };
    match resource {
        Resource::Group(group) => Some(group),
        _ => None,
    }
}

/// `$id-ref=RESOURCE` means the first block of the same kind of that resource.
fn resolve_references(primitives: &mut BTreeMap<String, Primitive>) {
    let first = |sets: &[AttributeSet]| sets.first().map(|set| set.id.clone());
    let ids = |primitive: &Primitive| {
        [&primitive.parameters, &primitive.meta, &primitive.utilization].map(|sets| first(sets))
    };
    let known: BTreeMap<String, [Option<String>; 3]> =
        primitives.iter().map(|(id, primitive)| (id.clone(), ids(primitive))).collect();
    for primitive in primitives.values_mut() {
        let kinds = [&mut primitive.parameters, &mut primitive.meta, &mut primitive.utilization];
        for (kind, sets) in kinds.into_iter().enumerate() {
            for set in sets {
                let named = set.id_ref.as_ref().and_then(|reference| known.get(reference));
                if let Some(id) = named.and_then(|ids| ids[kind].clone()) {
                    set.id_ref = Some(id);
                }
            }
        }
    }
}
