//! Makes sense of `[notices]`: who is told what, and how each is reached.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    meaning::{beside, check_name, http_url, or},
    raw::RawNamed,
    raw_notices::{RawAddress, RawKey, RawMail, RawNotices, RawReceiver, RawReceiverKind},
    source::{is_local, secret, trusted},
    suggest,
    valid::{Notices, Receiver, ReceiverKind},
};
use setpoint_core::{NoticeKind, Span};
use setpoint_http::{HttpSettings, Secret};
use setpoint_notify::{Address, EVENTS, Encryption, MailSettings, Mailbox, mailbox};
use std::{collections::BTreeMap, path::Path};
use url::Url;

/// How long a receiver may take. No pass waits for it.
const TIMEOUT: Span = Span::from_secs(10);
/// The most letters a minute; Slack takes one a second.
const PER_MINUTE: u32 = 20;
/// The largest answer that is read.
const MAX_ANSWER: usize = 64 * 1024;
/// The ports of mail servers. Source: RFC 6409, and RFC 8314 for TLS from the first byte on.
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// The defaults of a receiver's keys, as they are written.
pub(crate) fn defaults() -> [(&'static str, String); 2] {
    [("timeout", TIMEOUT.to_string()), ("encryption", Encryption::NAMES[0].0.to_owned())]
}

/// What `raw` means.
pub(crate) fn notices(raw: &RawNotices, faults: &Faults) -> Notices {
    let mut receivers = BTreeMap::new();
    for named in &raw.receivers {
        check_name(&named.name, "a name", faults);
        let meant = named.what.as_ref().and_then(|raw| receiver(raw, faults));
        receivers.extend(meant.map(|meant| (named.name.value.clone(), meant)));
    }
    let written = [&raw.default, &raw.page, &raw.ticket, &raw.say];
    written.into_iter().flatten().for_each(|name| is_known(name, &raw.receivers, faults));
    for RawNamed { name, .. } in &raw.receivers {
        if !written.into_iter().flatten().any(|told| told.value == name.value) {
            let message = format!("nothing is sent to the receiver `{}`", name.value);
            let fault = ConfigFault::new(Code::Unused, &name.place, message);
            let help = format!("write `default = \"{}\"` under `[notices]`", name.value);
            faults.push(fault.help(help));
        }
    }
    let names = |all: &[At<String>]| all.iter().map(|at| at.value.clone()).collect();
    let or_default = |own: &[At<String>]| names(if own.is_empty() { &raw.default } else { own });
    let routes = [
        (NoticeKind::Page, or_default(&raw.page)),
        (NoticeKind::Ticket, or_default(&raw.ticket)),
        (NoticeKind::Say, names(&raw.say)),
    ];
    Notices { routes: routes.into(), receivers }
}

fn is_known(name: &At<String>, receivers: &[RawNamed<RawReceiver>], faults: &Faults) {
    let names = receivers.iter().map(|named| named.name.value.as_str());
    if !names.clone().any(|known| known == name.value) {
        let message = format!("there is no receiver {}", name.place.written());
        let fault = ConfigFault::new(Code::UnknownName, &name.place, message);
        let advice = suggest::advice(&name.value, names);
        let describe = || format!("describe it under `[notices.{}]`", name.value);
        faults.push(fault.help(advice.unwrap_or_else(describe)));
    }
}

fn receiver(raw: &RawReceiver, faults: &Faults) -> Option<Receiver> {
    let timeout = or(raw.timeout.as_ref(), TIMEOUT);
    let per_minute = raw.per_minute.as_ref().map_or(PER_MINUTE, |at| at.value);
    let never = raw.timeout.as_ref().filter(|at| at.value == Span::ZERO).map(|at| &at.place);
    let none = raw.per_minute.as_ref().filter(|at| at.value == 0).map(|at| &at.place);
    for (key, place) in [("timeout", never), ("per_minute", none)] {
        let Some(place) = place else { continue };
        let message = format!("`{key}` is 0: nothing would ever be sent");
        faults.push(ConfigFault::new(Code::BadValue, place, message).help("write more than that"));
    }
    let http = HttpSettings::new(timeout, MAX_ANSWER);
    let kind = match &raw.own {
        RawReceiverKind::Webhook(to, access) => {
            let address = address(to, None, faults);
            let url = if let Some(Address::Url(url)) = &address { Some(url) } else { None };
            let http = trusted(access, (url, &to.place), false, http, faults);
            if let Some(signed) = &access.sigv4 {
                let message = "`sigv4` is for sources: notices are not signed";
                let fault = ConfigFault::new(Code::BadValue, &signed.place, message);
                faults.push(fault.help("leave it out"));
            }
            ReceiverKind::Webhook { address: address?, http }
        }
        RawReceiverKind::Slack(raw) => {
            ReceiverKind::Slack { address: address(raw, None, faults)?, http }
        }
        RawReceiverKind::PagerDuty(raw, key) => {
            let routing_key = routing_key(key, &raw.place, faults);
            let address = address(raw, Some(EVENTS), faults)?;
            ReceiverKind::PagerDuty { address, routing_key: routing_key?, http }
        }
        RawReceiverKind::Email(raw) => ReceiverKind::Email(mail(raw, timeout, faults)?),
    };
    Some(Receiver { per_minute, kind })
}

/// Where a receiver is: an address, or a file with it.
fn address(raw: &RawAddress, default: Option<&str>, faults: &Faults) -> Option<Address> {
    match (&raw.url, &raw.url_file) {
        (Some(url), Some(file)) => {
            let message = "`url` and `url_file` are both set";
            let fault = ConfigFault::new(Code::Twice, &file.place, message).label("a file here");
            faults.push(fault.also(&url.place, "an address here").help("keep one of them"));
            None
        }
        (Some(url), None) => http_url(url, faults).map(Address::Url),
        (None, Some(file)) => Some(Address::File(beside(&file.place, Path::new(&file.value)))),
        (None, None) => {
            let own = default.and_then(|url| Url::parse(url).ok());
            if own.is_none() {
                let message = "it is not said where this receiver is";
                let fault = ConfigFault::new(Code::MissingKey, &raw.place, message);
                let help = "write `url_file = \"a file with its address\"`, or `url`";
                faults.push(fault.help(help));
            }
            own.map(Address::Url)
        }
    }
}

fn routing_key(raw: &RawKey, place: &Place, faults: &Faults) -> Option<Secret> {
    if raw.text.is_none() && raw.file.is_none() {
        let message = "PagerDuty takes events by a routing key";
        let fault = ConfigFault::new(Code::MissingKey, place, message);
        faults.push(fault.help("write `routing_key_file = \"a file with it\"`"));
    }
    secret(&raw.text, &raw.file, ["routing_key", "routing_key_file"], faults)
}

fn mail(raw: &RawMail, timeout: Span, faults: &Faults) -> Option<MailSettings> {
    let encryption = raw.encryption.as_ref();
    let encryption = encryption.map_or(Some(Encryption::NAMES[0].1), |at| ways(at, faults));
    let server = server(&raw.server, encryption, faults);
    let from = address_of(&raw.from, faults);
    let to: Vec<Option<Mailbox>> = raw.to.iter().map(|at| address_of(at, faults)).collect();
    let to = to.into_iter().collect::<Option<Vec<Mailbox>>>();
    let password = secret(&raw.password, &raw.password_file, ["password", "password_file"], faults);
    let login = match (&raw.user, password) {
        (Some(user), Some(password)) => Some((user.value.clone(), password)),
        (Some(user), None) => {
            let fault = ConfigFault::new(Code::MissingKey, &user.place, "`user` has no password");
            faults.push(fault.help("write `password_file = \"a file with it\"`"));
            None
        }
        (None, _) => None,
    };
    let ((host, port), encryption) = (server?, encryption?);
    if login.is_some() && encryption == Encryption::None && !is_local(&host) {
        let message = format!("the credentials go to {host} unencrypted");
        let fault = ConfigFault::new(Code::InTheClear, &raw.server.place, message);
        faults.push(fault.help("leave out `encryption`, or write \"starttls\" or \"tls\""));
    }
    let (from, to) = (from?, to?);
    let authorities = raw.ca_file.as_ref().map(|at| beside(&at.place, Path::new(&at.value)));
    let settings = MailSettings { host, port, encryption, authorities, login, from, to, timeout };
    (!settings.to.is_empty()).then_some(settings)
}

/// `mail.example.org`, `mail.example.org:2525`, `[::1]:25`.
fn server(
    raw: &At<String>,
    encryption: Option<Encryption>,
    faults: &Faults,
) -> Option<(String, u16)> {
    let usual = if encryption == Some(Encryption::Tls) { SUBMISSIONS } else { SUBMISSION };
    let url = Url::parse(&format!("smtp://{}", raw.value)).ok();
    let url = url.filter(|url| url.path().is_empty() && url.username().is_empty());
    let host = url.as_ref().and_then(Url::host_str).filter(|host| !host.is_empty());
    let Some(host) = host else {
        let message = format!("`server` is {}, which is no server", raw.place.written());
        let fault = ConfigFault::new(Code::BadValue, &raw.place, message);
        let help = "write a name, and a port if it is not the usual one: `mail.example.org:587`";
        faults.push(fault.help(help));
        return None;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((host, url.and_then(|url| url.port()).unwrap_or(usual)))
}

fn ways(written: &At<String>, faults: &Faults) -> Option<Encryption> {
    if let Some((_, way)) = Encryption::NAMES.iter().find(|(name, _)| *name == written.value) {
        return Some(*way);
    }
    let message =
        format!("`encryption` is {}, which is no way to encrypt", written.place.written());
    let advice = suggest::advice(&written.value, Encryption::NAMES.map(|(name, _)| name));
    let fault = ConfigFault::new(Code::BadValue, &written.place, message);
    faults.push(fault.help(advice.unwrap_or_else(|| "write \"starttls\" or \"tls\"".to_owned())));
    None
}

fn address_of(written: &At<String>, faults: &Faults) -> Option<Mailbox> {
    let read = mailbox(&written.value);
    if let Err(why) = &read {
        let message = format!("{} is no mail address: {why}", written.place.written());
        let fault = ConfigFault::new(Code::BadValue, &written.place, message);
        faults.push(fault.help("write it as `ops@example.org` or `Ops <ops@example.org>`"));
    }
    read.ok()
}
