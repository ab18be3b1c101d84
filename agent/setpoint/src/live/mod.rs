//! The agent while it runs, as people and machines reach it.
//!
//! ```text
//! setpoint pause ──► socket ──► Orders ──► the next pass (they are in its snapshot)
//! setpoint status ─► socket ──► Board ◄── every pass that is over
//! Prometheus ──────► http ────► Metrics ◄┘        └──► systemd
//! SIGHUP, changed files, setpoint reload ──► reload ──► the loop, between two passes
//! ```
//!
//! The rule it keeps: whatever changes the agent comes over the socket, which is a file
//! that one user can open; the pages over TCP can only be read. Neither is asked by a
//! decision. Start reading at [`Live::start`].

mod board;
mod client;
mod http;
mod metrics;
mod orders;
mod pages;
mod protocol;
mod reload;
mod socket;
mod status;
pub(crate) mod supervisor;

pub(crate) use board::{Board, Writing};
pub(crate) use client::{NoAnswer, ask};
pub(crate) use metrics::{Counting, Metrics};
pub(crate) use orders::{InTray, Orders, aged, command};
pub(crate) use protocol::{Ask, Reply};
pub(crate) use reload::{Asked, Reloads, differs};
pub(crate) use status::{MISSED_PASSES, Paused, Status};
pub(crate) use supervisor::Supervisor;

use crate::{config::Config, system_clock::SystemClock};
use http::CannotListen;
use socket::CannotBind;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;

/// How many may ask for a reload before one of them is served.
const RELOADS: usize = 16;

/// What the running agent shows, and where it can be told something.
pub(crate) struct Live {
    /// What people told it.
    pub(crate) orders: Arc<Orders>,
    /// How it stands.
    pub(crate) board: Arc<Board>,
    /// What it counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Who asks for a reload.
    pub(crate) reloads: Reloads,
    socket: PathBuf,
}

/// The agent cannot be reached where the configuration says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotStart {
    /// Over its socket.
    #[error(transparent)]
    Socket(#[from] CannotBind),
    /// Over HTTP.
    #[error(transparent)]
    Http(#[from] CannotListen),
    /// Signals cannot be heard.
    #[error("SIGHUP cannot be heard: {0}")]
    Signal(#[source] std::io::Error),
}

impl Live {
    /// Opens the socket and the pages of the agent that has `config`, which `file` holds.
    ///
    /// To be called by the one who holds the journal's lock: a socket that is there already
    /// was then left behind by an agent that died.
    pub(crate) async fn start(
        config: &Config,
        file: &Path,
        clock: SystemClock,
    ) -> Result<Self, CannotStart> {
        let orders = Arc::new(Orders::default());
        let board = Arc::new(Board::new(config, clock));
        let metrics = Arc::new(Metrics::new(config));
        let (sender, asked) = mpsc::channel(RELOADS);
        let path = socket_in(&config.data_dir);
        let listener = socket::bind(&path)?;
        let desk = socket::Desk { orders: Arc::clone(&orders), board: Arc::clone(&board), sender };
        tokio::spawn(socket::serve(listener, Arc::new(desk), clock));
        if let Some(address) = config.listen {
            let listener = http::listen(address).await?;
            let pages = pages::Pages { board: Arc::clone(&board), metrics: Arc::clone(&metrics) };
            tokio::spawn(http::serve(listener, Arc::new(pages), clock));
        }
        let reloads = Reloads::new(file, config, asked, clock).map_err(CannotStart::Signal)?;
        Ok(Self { orders, board, metrics, reloads, socket: path })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Whether it is still there matters to nobody: the next start looks for itself.
        drop(std::fs::remove_file(&self.socket));
    }
}

/// Where an agent listens for orders.
pub(crate) fn socket_in(data_dir: &Path) -> PathBuf {
    data_dir.join("setpoint.sock")
}
