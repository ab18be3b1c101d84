//! A server that is called over HTTP, behind a proxy that spoils what the case asks for.
//!
//! What a provider brings beside it is how its server says no, and how a list of its goes on.

use crate::subject::{Part, Server, Trouble, Way};
use std::{any::Any, io::Write, net::SocketAddr};
use support::{Calls, Fault, FaultProxy};
use tempfile::NamedTempFile;

/// Such a server, and how it is asked past the proxy.
pub(crate) struct Wire {
    pub(crate) proxy: FaultProxy,
    tongue: Tongue,
    truth: Box<dyn Fn() -> u32>,
    moves: Option<Box<dyn Fn()>>,
    effects: Option<Box<dyn Fn() -> usize>>,
    /// What must last as long as the scene.
    _kept: Option<Box<dyn Any>>,
}

impl Wire {
    /// A proxy before the server at `address`, of which `truth` asks how large the target is.
    pub(crate) fn new(
        address: SocketAddr,
        tongue: Tongue,
        truth: impl Fn() -> u32 + 'static,
    ) -> Self {
        let proxy = FaultProxy::start(address);
        Self { proxy, tongue, truth: Box::new(truth), moves: None, effects: None, _kept: None }
    }

    /// The same; somebody else changes the target by `moves`.
    pub(crate) fn moved_by(self, moves: impl Fn() + 'static) -> Self {
        Self { moves: Some(Box::new(moves)), ..self }
    }

    /// The same, where a change that is accepted need not be one: `effects` counts them.
    pub(crate) fn counted_by(self, effects: impl Fn() -> usize + 'static) -> Self {
        Self { effects: Some(Box::new(effects)), ..self }
    }

    /// The same; `kept` lasts as long as it does.
    pub(crate) fn with(self, kept: impl Any) -> Self {
        Self { _kept: Some(Box::new(kept)), ..self }
    }

    /// Where it is called, by this way.
    pub(crate) fn url(&self, way: Way) -> String {
        match way {
            Way::Server => format!("http://{}", self.proxy.address()),
            Way::Stranger(url) => url,
        }
    }
}

/// How a server says what it says.
#[derive(Clone, Copy)]
pub(crate) struct Tongue {
    /// Asks for fewer calls, and for two seconds of rest.
    pub(crate) throttled: fn() -> Fault,
    /// Does not know who calls.
    pub(crate) unknown: fn() -> Fault,
    /// Knows who calls, and does not permit it.
    pub(crate) forbidden: fn() -> Fault,
    /// How its lists go on, where it has any.
    pub(crate) list: Option<List>,
}

/// How the lists of a server go on.
#[derive(Clone, Copy)]
pub(crate) struct List {
    /// What tells a call for the first page.
    pub(crate) first: Calls,
    /// What tells a call for a page after it.
    pub(crate) next: Calls,
    /// Has a page say that there is another one; the address is where the caller calls.
    pub(crate) goes_on: fn(&str, SocketAddr) -> String,
}

/// A no in JSON.
pub(crate) fn no(status: &'static str, headers: &'static str, body: &str) -> Fault {
    Fault::Answer { status, headers, body: body.to_owned() }
}

/// The header of JSON, and of JSON from who wants two seconds of rest.
pub(crate) const JSON: &str = "Content-Type: application/json\r\n";
pub(crate) const REST: &str = "Content-Type: application/json\r\nRetry-After: 2\r\n";

impl Server for Wire {
    fn truth(&self) -> u32 {
        (self.truth)()
    }

    fn moves(&self) {
        self.moves.as_ref().expect("it can be moved")();
    }

    fn effects(&self) -> usize {
        self.effects.as_ref().map_or_else(|| self.proxy.effects(), |count| count())
    }

    fn attempts(&self) -> usize {
        self.proxy.changes().len()
    }

    fn spoil(&self, part: Part, trouble: Trouble) {
        let calls = match part {
            Part::Looks => Calls::Looks,
            Part::Changes => Calls::Changes,
            Part::All => Calls::All,
        };
        let fault = match trouble {
            Trouble::Throttled => (self.tongue.throttled)(),
            Trouble::Fails(status) => Fault::page(status),
            Trouble::AnswerLost => Fault::LoseReply,
            Trouble::Hangs => Fault::Hang,
            Trouble::Cut => Fault::CutReply,
            Trouble::Behind => Fault::Behind,
            Trouble::Unknown => (self.tongue.unknown)(),
            Trouble::Forbidden => (self.tongue.forbidden)(),
            Trouble::HalfAList => {
                let List { first, next, goes_on } = self.tongue.list.expect("it has lists");
                self.proxy.always(next, Fault::page("500 Internal Server Error"));
                return self.proxy.always(first, Fault::Rewrite(goes_on));
            }
        };
        self.proxy.always(calls, fault);
    }

    fn heal(&self) {
        self.proxy.heal();
    }
}

/// A file with `text` in it.
pub(crate) fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("there is room for a small file");
    file.write_all(text.as_bytes()).expect("there is room for a small file");
    file
}
