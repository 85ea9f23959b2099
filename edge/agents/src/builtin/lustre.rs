//! Agents of Lustre servers, with the parameters of those that come with Lustre (`ocf:lustre:...`).

pub(super) mod health;
pub(super) mod lnet;
mod recovery;
pub(super) mod target;

use super::context::{Context, Failure};
use crate::code::OcfCode;
use std::path::Path;

/// Loads Lustre's kernel modules: a server that has not mounted anything yet has none, and could
/// say nothing about its health or its network.
fn load_modules(context: &Context) -> Result<(), Failure> {
    if Path::new("/sys/module/lustre").exists() {
        return Ok(());
    }
    let said = context.call("modprobe", &["lustre"])?;
    if said.code == Some(0) {
        return Ok(());
    }
    let reason = format!(
        "modprobe lustre failed ({}): install Lustre's modules for the kernel that runs",
        said.complaint()
    );
    Err(Failure::new(OcfCode::Installed, reason))
}
