//! Azure Database for PostgreSQL: flexible servers and their read replicas.
//!
//! The same rules as for scale sets: eyes only look, hands look first, and nothing is asked twice in
//! a pass. Only replicas with our tag are ever removed, and none that a virtual endpoint knows.
//!
//! ```text
//! eyes   ─┐
//! hands  ─┼─► servers (what is asked of Azure) ─► arm
//! doctor ─┘      └─► server (pure: what the answers mean)
//! ```
//!
//! Start reading at `servers.rs`, then `hands.rs`.

mod doctor;
mod eyes;
mod hands;
mod id;
mod server;
mod servers;
#[cfg(test)]
mod tests;

pub use doctor::DatabasePatient;
pub use eyes::PostgresEyes;
pub use hands::PostgresHands;
pub use id::ServerId;
pub(crate) use servers::{
    DELETE, READ, READ_CONFIGURATION, READ_ENDPOINTS, READ_REPLICAS, Servers, WRITE,
};
