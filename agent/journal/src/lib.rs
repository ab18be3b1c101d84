//! The journal: every pass, on disk before it acts.
//!
//! With the journal a pass can be made again, byte for byte, and the next start of the
//! agent goes on where the last one ended. It is one SQLite file with one writer and
//! any number of readers.
//!
//! ```text
//! ControlLoop ──► SqliteJournal ──► journal.db ──► Reader ──► explain, status
//!                                              ├─► Restored ──► the next start
//!                                              └─► replay
//! ```
//!
//! Start reading at [`SqliteJournal::open`].

mod body;
mod delta;
mod export;
mod hash;
mod open;
mod orders;
mod read;
mod record;
mod replay;
mod restore;
mod rows;
mod runs;
mod samples;
mod write;

pub use hash::hash;
pub use open::OpenError;
pub use orders::{LeftOrder, leave_order};
pub use read::{DecisionRow, IntentRow, ReadError, Reader};
pub use record::{DecisionRecord, NamedRule};
pub use replay::{Again, Divergence, Replayed, replay, replay_each};
pub use restore::Restored;
pub use write::{Retention, SqliteJournal};
