//! cib
