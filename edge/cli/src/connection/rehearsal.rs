//! `--dry-run`: what would become of a change is told, and nothing is changed.

use super::Connection;
use crate::answer::{Failure, print};
use crate::output::{self, Form};
use crate::preview;
use api::{Acknowledgement, Request, Response};

/// The answer to `request`, which never reaches `real` if it would change something there.
pub(super) fn answer(
    real: &Connection,
    form: Form,
    request: &Request,
) -> Result<Response, Failure> {
    match request {
        // Whose rights count is the connection's affair.
        Request::As { what, .. } => answer(real, form, what),
        Request::Cib
        | Request::Show { .. }
        | Request::Node
        | Request::Rings
        | Request::Map { .. }
        | Request::Groups
        | Request::Events { .. }
        | Request::Preview { .. }
        | Request::Revisions
        | Request::Revision { .. }
        | Request::ConfigurationAt { .. } => real.ask(request),
        Request::Load { .. }
        | Request::Change(_)
        | Request::Remove { .. }
        | Request::ResourceMeta { .. }
        | Request::NodeAttribute { .. }
        | Request::Move { .. }
        | Request::Clear { .. }
        | Request::Apply { .. }
        | Request::Cleanup { .. }
        | Request::Replay(_) => {
            let preview = preview::of(real, request)?;
            match form {
                Form::Text => print(&preview::text(&preview)?),
                Form::Json => output::tell(output::preview(&preview)),
            }
            let acknowledgement = Acknowledgement::Unchanged;
            Ok(Response::Done { acknowledgement, warnings: Vec::new() })
        }
        Request::Attribute(_)
        | Request::Fail { .. }
        | Request::Ticket { .. }
        | Request::ConfirmDown { .. }
        | Request::Quorum(_)
        | Request::Confirm
        | Request::Shutdown
        | Request::Secret(_)
        | Request::Reload
        | Request::ChangeConf(_)
        | Request::Kill { .. }
        | Request::GiveAccess { .. }
        | Request::Invite { .. }
        | Request::Join(_) => Err(Failure::Other(
            "nothing was done: only changes of the configuration can be foreseen".to_owned(),
        )),
    }
}
