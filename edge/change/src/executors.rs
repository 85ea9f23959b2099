//! What the scheduler knows and nobody here can run yet: remote and guest nodes, and bundles.

use crate::{Refusal, Scene, World};
use cluster::{Bundle, Configuration, Difference, Primitive, Resource, first_value};

/// Refuses, by name, what a running cluster would plan for ever and never start. What is not to be
/// started may wait in the configuration for those who insist.
pub(crate) fn check(
    scene: &Scene<'_>,
    (after, difference): (&Configuration, &Difference),
    is_forced: bool,
) -> Result<(), Refusal> {
    if matches!(scene.world, World::Paper) {
        return Ok(());
    }
    let changed = difference.after();
    let bundles = changed.resources.iter().filter_map(|resource| match resource {
        Resource::Bundle(bundle) => Some(bundle_words(bundle, is_forced)?),
        _ => None,
    });
    let primitives = changed.primitives().filter_map(|primitive| {
        let words = kind_words(after, primitive)?;
        let may_wait = is_forced && is_stopped(after, primitive);
        (!may_wait).then(|| refusal(&primitive.id, &words, is_forced))
    });
    let reasons: Vec<String> = bundles.chain(primitives).collect();
    if reasons.is_empty() { Ok(()) } else { Err(Refusal::NoExecutor(reasons)) }
}

fn bundle_words(bundle: &Bundle, is_forced: bool) -> Option<String> {
    let is_stopped = first_value(&bundle.meta, "target-role") == Some("Stopped");
    (!(is_forced && is_stopped)).then(|| refusal(&bundle.id, "is a bundle", is_forced))
}

/// What a primitive would make that cannot be run.
fn kind_words(configuration: &Configuration, primitive: &Primitive) -> Option<String> {
    let template = template_of(configuration, primitive);
    let agent = template.map_or(&primitive.agent, |template| &template.agent);
    if agent.to_string() == "ocf:pacemaker:remote" {
        return Some("makes a remote node (ocf:pacemaker:remote)".into());
    }
    let guest = meta(configuration, primitive, "remote-node")?;
    Some(format!("makes the guest node `{guest}` (remote-node)"))
}

fn is_stopped(configuration: &Configuration, primitive: &Primitive) -> bool {
    meta(configuration, primitive, "target-role") == Some("Stopped")
}

/// An own value, or its template's.
fn meta<'a>(
    configuration: &'a Configuration,
    primitive: &'a Primitive,
    name: &str,
) -> Option<&'a str> {
    first_value(&primitive.meta, name)
        .or_else(|| first_value(&template_of(configuration, primitive)?.meta, name))
}

fn template_of<'a>(
    configuration: &'a Configuration,
    primitive: &Primitive,
) -> Option<&'a Primitive> {
    configuration.template(primitive.template.as_deref()?)
}

fn refusal(id: &str, what: &str, is_forced: bool) -> String {
    let help = match is_forced {
        false => "leave it out, or give it target-role=Stopped and use --force",
        true => "leave it out, or give it target-role=Stopped",
    };
    format!("{id} {what}, which this version plans and cannot run; {help}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Agents;
    use crate::{AgentDoubt, Wish};
    use api::{Language, LoadMode, Request};
    use base::WallTime;
    use cluster::access::Rights;
    use cluster::{Agent, Status};

    /// A machine with all agents.
    struct AllAgents;

    impl Agents for AllAgents {
        fn doubts(&self, _: &Agent, _: &[String]) -> Vec<AgentDoubt> {
            Vec::new()
        }
    }

    /// What is said to a text.
    fn said(text: &str, force: bool, world: World<'_>) -> String {
        let scene = Scene {
            configuration: &Configuration::default(),
            status: &Status::default(),
            has_quorum: true,
            now: WallTime::from_seconds(0),
            rights: &Rights::All,
            world,
        };
        let (language, mode) = (Language::Crm, LoadMode::Update);
        let request = Request::Load { text: text.into(), language, mode, name: "f".into(), force };
        let wish = Wish::of(request).expect("it is one");
        wish.work_out(&scene).map_or_else(|refusal| refusal.to_string(), |_| "taken".into())
    }

    #[test]
    fn what_cannot_be_run_is_refused_by_name() {
        const REMOTE: &str = "primitive far ocf:pacemaker:remote params server=far";
        const GUEST: &str = "primitive vm ocf:heartbeat:VirtualDomain meta remote-node=inside";
        const BUNDLE: &str = "bundle web podman image=web";
        const STOPPED: &str = "primitive far ocf:pacemaker:remote meta target-role=Stopped";
        let refused = |what: &str, help: &str| {
            format!(
                "{what}, which this version plans and cannot run; leave it out, or give it {help}"
            )
        };
        let insist = "target-role=Stopped and use --force";
        let far = "far makes a remote node (ocf:pacemaker:remote)";
        let inside = "vm makes the guest node `inside` (remote-node)";
        for (text, force, expected) in [
            (REMOTE, false, refused(far, insist)),
            (GUEST, false, refused(inside, insist)),
            (BUNDLE, false, refused("web is a bundle", insist)),
            (REMOTE, true, refused(far, "target-role=Stopped")),
            (STOPPED, false, refused(far, insist)),
            (STOPPED, true, "taken".into()),
            ("primitive a ocf:heartbeat:Dummy", false, "taken".into()),
        ] {
            assert_eq!(said(text, force, World::Running(&AllAgents)), expected, "{text}");
            assert_eq!(said(text, force, World::Paper), "taken", "{text}");
        }
    }
}
