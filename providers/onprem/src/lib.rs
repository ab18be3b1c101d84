//! Groups and databases on one's own machines, behind a HAProxy that is told of them while it runs.
//!
//! The rule it keeps: what is being done stands in HAProxy itself and nowhere else. A server of
//! ours with weight 0 is on its way in or out, every other one is in service; so whoever looks
//! next, after whatever went wrong, knows how to go on.
//!
//! ```text
//! HAProxy ── show servers, show stat ──► table.rs ──► crew.rs ──► eyes.rs   (Group)
//!    ▲                                                  │
//!    └── add, set, del server ◄── begin.rs, end.rs ◄── hands.rs   (Resize, Drain, Retire, …)
//! start, stop ◄─────────────────────┘
//! ```
//!
//! Start reading at [`Onprem`], then `crew.rs`; replicas of PostgreSQL are in `postgres/`, the share
//! of a candidate is in `rollout.rs`, those of destinations are in `traffic.rs`.

mod argv;
mod begin;
mod crew;
mod doctor;
mod end;
mod eyes;
mod failure;
mod hands;
mod haproxy;
mod named;
mod onprem;
mod place;
mod pool;
mod postgres;
mod program;
mod rollout;
mod side;
mod table;
mod traffic;
mod weights;

pub use argv::{Argv, BadArgv};
pub use eyes::OnpremEyes;
pub use hands::OnpremHands;
pub use haproxy::{Address, BadAddress};
pub use onprem::{Onprem, Resource};
pub use place::{BadPlace, Place, places};
pub use pool::{Ending, Pool, ServerLine};
pub use postgres::Cluster;
pub use rollout::Split;
pub use traffic::Fork;
