//! One group as the operator settled it: a backend, the places of its members, and how they are
//! started and stopped.

use crate::{Argv, Place};
use setpoint_core::Span;

/// A group: a backend of HAProxy and the places where its members run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The backend of HAProxy.
    pub backend: String,
    /// Where members may run, in the order in which they are taken.
    pub places: Vec<Place>,
    /// What starts the member of a place. Run again, it changes nothing.
    pub start: Argv,
    /// What stops it. Run again, it changes nothing.
    pub stop: Argv,
    /// How HAProxy treats the servers that are added.
    pub line: ServerLine,
    /// How members that are drained end.
    pub ending: Ending,
    /// How long one start or stop may take.
    pub patience: Span,
}

/// What is written in HAProxy's `server` line of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLine {
    /// Its share of what comes, 1 to 256; HAProxy's own default is 1.
    pub weight: u16,
    /// Further words: `inter 1s`, `maxconn 100`.
    pub words: Vec<String>,
}

/// Who ends a member that takes nobody new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The provider, once it has nobody left, at the latest after this time.
    After(Span),
    /// Whoever decides, by its sessions: until then it is kept.
    Decided,
}

impl Pool {
    /// The server of `place`, as HAProxy's commands name it.
    pub(crate) fn server(&self, place: Place) -> String {
        format!("{}/{}", self.backend, place.server())
    }
}
