//! crmsh
