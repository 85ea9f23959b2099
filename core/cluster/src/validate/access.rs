//! The rules in `acls`. Paths are not looked into here: `XPath` is a matter of the text.

use super::{Check, Severity};
use crate::Element;
use crate::access::{PermissionKind, elements};
use base::suggest;

impl Check<'_> {
    /// Roles that are not there, and permissions that say nothing.
    pub(super) fn access(&mut self) {
        let configuration = self.configuration;
        for element in elements(configuration) {
            match element.name.as_str() {
                "acl_role" => self.permissions(element),
                "acl_target" | "acl_group" | "acl_user" => self.roles(element),
                _ => {}
            }
        }
    }

    fn permissions(&mut self, role: &Element) {
        for permission in role.elements().filter(|element| element.name == "acl_permission") {
            let id = permission.attribute("id").or_else(|| role.attribute("id"));
            let id = id.unwrap_or_default();
            let kind = permission.attribute("kind").unwrap_or_default();
            let kinds = || PermissionKind::ALL.map(PermissionKind::name);
            if !kinds().contains(&kind) {
                let what = format!("`{kind}` is no kind of permission");
                let help = suggest::closest(kind, kinds()).map_or_else(
                    || format!("there are {}", kinds().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.report(Severity::Error, id, kind, (what, help));
            }
            let says = |name: &&str| permission.attribute(name).is_some();
            let scopes = ["xpath", "reference", "object-type"];
            if scopes.iter().filter(|name| says(name)).count() == 0 {
                let what = "the permission is about nothing".to_owned();
                let help = format!("give it one of {}", scopes.join(", "));
                self.report(Severity::Error, id, "", (what, help));
            }
        }
    }

    fn roles(&mut self, holder: &Element) {
        let configuration = self.configuration;
        let roles = || {
            let all = elements(configuration).filter(|element| element.name == "acl_role");
            all.filter_map(|role| role.attribute("id"))
        };
        let object = holder.attribute("id").unwrap_or_default();
        for role in holder.elements().filter(|it| ["role", "role_ref"].contains(&&*it.name)) {
            let id = role.attribute("id").unwrap_or_default();
            if !roles().any(|known| known == id) {
                let help = suggest::closest(id, roles()).map_or_else(
                    || "define it first".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let what = format!("there is no role `{id}`");
                self.report(Severity::Error, object, id, (what, help));
            }
        }
    }
}
