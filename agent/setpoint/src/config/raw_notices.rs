//! `[notices]` as it is written: who is told what, and how each is reached.

use super::{
    fault::{At, Faults, Place},
    raw::{RawNamed, add, kind, required},
    raw_source::{RawAccess, access},
    table::Table,
};
use setpoint_core::Span;

/// The kinds of receiver that this version knows.
const KINDS: [&str; 4] = ["pagerduty", "slack", "email", "webhook"];

/// `[notices]`.
#[derive(Debug, Default)]
pub(crate) struct RawNotices {
    /// Who gets pages and tickets, unless they go elsewhere.
    pub(crate) default: Vec<At<String>>,
    pub(crate) page: Vec<At<String>>,
    pub(crate) ticket: Vec<At<String>>,
    pub(crate) say: Vec<At<String>>,
    pub(crate) receivers: Vec<RawNamed<RawReceiver>>,
}

/// `[notices.x]`.
#[derive(Debug)]
pub(crate) struct RawReceiver {
    pub(crate) per_minute: Option<At<u32>>,
    pub(crate) timeout: Option<At<Span>>,
    pub(crate) own: RawReceiverKind,
}

/// What each kind has.
#[derive(Debug)]
pub(crate) enum RawReceiverKind {
    /// `kind = "webhook"`.
    Webhook(RawAddress, Box<RawAccess>),
    /// `kind = "slack"`.
    Slack(RawAddress),
    /// `kind = "pagerduty"`.
    PagerDuty(RawAddress, RawKey),
    /// `kind = "email"`.
    Email(Box<RawMail>),
}

/// Where a receiver is.
#[derive(Debug)]
pub(crate) struct RawAddress {
    /// The receiver's own.
    pub(crate) place: Place,
    pub(crate) url: Option<At<String>>,
    pub(crate) url_file: Option<At<String>>,
}

/// The routing key of a service of PagerDuty.
#[derive(Debug)]
pub(crate) struct RawKey {
    pub(crate) text: Option<At<String>>,
    pub(crate) file: Option<At<String>>,
}

/// `kind = "email"`.
#[derive(Debug)]
pub(crate) struct RawMail {
    pub(crate) server: At<String>,
    pub(crate) encryption: Option<At<String>>,
    pub(crate) ca_file: Option<At<String>>,
    pub(crate) user: Option<At<String>>,
    pub(crate) password: Option<At<String>>,
    pub(crate) password_file: Option<At<String>>,
    pub(crate) from: At<String>,
    pub(crate) to: Vec<At<String>>,
}

/// Takes in what one more file says.
pub(crate) fn absorb(notices: &mut RawNotices, mut table: Table<'_>, faults: &Faults) {
    notices.default.extend(table.one_or_more("default"));
    notices.page.extend(table.one_or_more("page"));
    notices.ticket.extend(table.one_or_more("ticket"));
    notices.say.extend(table.one_or_more("say"));
    add(&mut notices.receivers, table.other_tables(), receiver, faults);
}

fn receiver(mut table: Table<'_>) -> Option<RawReceiver> {
    let kind = kind(&mut table, &KINDS, &["sns", "opsgenie", "teams"])?;
    let per_minute = table.count("per_minute");
    let timeout = table.span("timeout");
    let own = match kind.as_str() {
        "webhook" => {
            let address = address(&mut table);
            Some(RawReceiverKind::Webhook(address, Box::new(access(&mut table))))
        }
        "slack" => Some(RawReceiverKind::Slack(address(&mut table))),
        "pagerduty" => {
            let address = address(&mut table);
            let (text, file) = (table.text("routing_key"), table.text("routing_key_file"));
            Some(RawReceiverKind::PagerDuty(address, RawKey { text, file }))
        }
        _ => mail(&mut table).map(Box::new).map(RawReceiverKind::Email),
    };
    table.finish();
    Some(RawReceiver { per_minute, timeout, own: own? })
}

fn address(table: &mut Table<'_>) -> RawAddress {
    let place = table.place.clone();
    RawAddress { place, url: table.text("url"), url_file: table.text("url_file") }
}

fn mail(table: &mut Table<'_>) -> Option<RawMail> {
    let server = required(table, "server", "server = \"mail.example.org:587\"", Table::text);
    let from = required(table, "from", "from = \"setpoint@example.org\"", Table::text);
    if table.value("to").is_none() {
        table.missing("to", "to = \"ops@example.org\"");
    }
    let to = table.one_or_more("to");
    let (encryption, user) = (table.text("encryption"), table.text("user"));
    let ca_file = table.text("ca_file");
    let (password, password_file) = (table.text("password"), table.text("password_file"));
    let (server, from) = (server?, from?);
    Some(RawMail { server, encryption, ca_file, user, password, password_file, from, to })
}
