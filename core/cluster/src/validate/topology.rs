//! Tags, fence devices and their levels.

use super::{Check, Severity};
use base::suggest;

impl Check<'_> {
    /// A tag may name objects of any kind; one that is not there is passed over by the cluster.
    pub(super) fn tags(&mut self) {
        let configuration = self.configuration;
        for tag in &configuration.tags {
            for id in &tag.members {
                let is_constraint = || configuration.constraints.iter().any(|it| it.id() == id);
                if !self.known.contains(id.as_str())
                    && !is_constraint()
                    && configuration.node(id).is_none()
                {
                    let what = format!("there is no object `{id}`");
                    self.report(Severity::Warning, &tag.id, id, (what, self.near(id)));
                }
            }
        }
    }

    /// Fencing that is asked for and cannot be, and levels that are not understood here.
    pub(super) fn fencing(&mut self) {
        let configuration = self.configuration;
        let has_device = configuration.primitives().any(|primitive| primitive.agent.is_fencing())
            || configuration.primitives().any(|primitive| primitive.template.is_some());
        let has_service = configuration.primitives().next().is_some();
        if has_service && !has_device && configuration.is_property_on("fencing-enabled") {
            let what = "fencing is on, and there is no fence device: what a lost node ran will \
                        not be started elsewhere"
                .to_owned();
            let help = "define one (class stonith)".to_owned();
            self.report(Severity::Warning, "stonith-enabled", "", (what, help));
        }
        if !configuration.fencing_levels.is_empty() {
            let what = "fencing levels are not carried out by this version: a node with two power \
                        supplies would count as fenced when one of them is off"
                .to_owned();
            let help = "leave the fencing topology out".to_owned();
            self.report(Severity::Error, "fencing-topology", "", (what, help));
        }
        self.levels();
    }

    fn levels(&mut self) {
        let configuration = self.configuration;
        for level in &configuration.fencing_levels {
            if !(1..=9).contains(&level.index) {
                let what = format!("`{}` is no number of a level", level.index);
                let help = "levels count from 1 to 9".to_owned();
                let word = level.index.to_string();
                self.report(Severity::Error, &level.id, &word, (what, help));
            }
            for id in &level.devices {
                if configuration.primitive(id).is_none() {
                    let what = format!("there is no fence device `{id}`");
                    let ids = configuration.primitives().map(|primitive| primitive.id.as_str());
                    let help = suggest::closest(id, ids).map_or_else(
                        || "define it first".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.report(Severity::Warning, &level.id, id, (what, help));
                }
            }
        }
    }
}
