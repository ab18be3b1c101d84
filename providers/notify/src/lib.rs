//! Notices, sent to people: by webhook, Slack, PagerDuty and e-mail.
//!
//! ```text
//! every pass that is over ──► Desk (a Watch) ──► an Outbox for each receiver ──► its Postman
//! ```
//!
//! The rule it keeps: no pass ever waits for a receiver. A notice is put into an outbox that has
//! a bound, and a task of its own sends it, no faster than the receiver's limit and again with
//! growing patience until it is taken or refused. What the core calls one notice is told once,
//! but after a restart once more: better twice than never.
//!
//! Start reading at [`Desk`]; each kind of receiver is a file that implements [`Receive`].

mod desk;
mod email;
mod letter;
mod outbox;
mod pace;
mod pagerduty;
mod postman;
mod receive;
mod slack;
mod tally;
mod webhook;

pub use desk::{Desk, Limited, Office, Routes};
pub use email::{Email, Encryption, MailSettings, Mailbox, mailbox};
pub use letter::Letter;
pub use pagerduty::{EVENTS, PagerDuty};
pub use receive::{Address, Receive, Undelivered};
pub use slack::Slack;
pub use tally::{Tally, Told};
pub use webhook::Hook;
