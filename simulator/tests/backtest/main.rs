//! Histories of services: imported from a real server, fitted, and lived through again.

mod files;
mod made_up;
mod parameters;
mod program;
mod server;
mod week;
