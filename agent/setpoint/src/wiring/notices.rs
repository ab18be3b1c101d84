//! Plugs receivers of notices in.

use super::CannotWire;
use crate::config::{Config, Mode, Receiver, ReceiverKind};
use setpoint_http::{HttpClient, HttpSettings};
use setpoint_notify::{Email, Hook, Limited, PagerDuty, Receive, Routes, Slack};
use std::collections::BTreeMap;

/// Who is told what, and how each of them is reached.
///
/// Where the agent only observes, nobody is: to send is to act.
pub(crate) fn notices(config: &Config) -> Result<(Routes, BTreeMap<String, Limited>), CannotWire> {
    let routes = Routes {
        region: config.region.clone(),
        receivers: config.notices.routes.clone(),
        sends: config.mode == Mode::Act,
        silent: config.held_back.clone(),
    };
    let mut receivers = BTreeMap::new();
    for (name, Receiver { per_minute, kind }) in &config.notices.receivers {
        let client = |http: &HttpSettings| {
            let made = HttpClient::new(http.clone());
            made.map_err(|error| CannotWire::Receiver(name.clone(), error))
        };
        let receiver: Box<dyn Receive> = match kind {
            ReceiverKind::Webhook { address, http } => {
                Box::new(Hook::new(client(http)?, address.clone()))
            }
            ReceiverKind::Slack { address, http } => {
                Box::new(Slack::new(client(http)?, address.clone()))
            }
            ReceiverKind::PagerDuty { address, routing_key, http } => {
                Box::new(PagerDuty::new(client(http)?, address.clone(), routing_key.clone()))
            }
            ReceiverKind::Email(settings) => Box::new(Email::new(settings.clone())),
        };
        receivers.insert(name.clone(), (receiver, *per_minute));
    }
    Ok((routes, receivers))
}
