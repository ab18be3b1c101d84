//! TOML files written by people: read whole or not at all, with every fault shown where it stands.
//!
//! Tests of policies and scenarios are read by it. A key is asked for by name and type; what
//! nobody asked for is a fault, and so is everything that cannot be meant.
//!
//! Start reading at `table::Table`.

pub(crate) mod fault;
pub(crate) mod policy_files;
pub(crate) mod stages;
pub(crate) mod suggest;
pub(crate) mod table;

pub use fault::FileFault;
