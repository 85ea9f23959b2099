//! Which values nobody needs to see.

/// Words for [`crmsh::show`] that put stars in the place of values with such names.
pub(crate) const USUAL: [&str; 3] = ["obscure:*passw*", "obscure:*secret*", "obscure:*token*"];
