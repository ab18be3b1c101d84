//! Targets behind a web service of the user's own: read by `GET`, written by `PUT` or `POST`.
//!
//! The rule it keeps: what is asked for twice is done once. A write carries the intent's id as
//! its idempotency key, names the value it was decided on by the entity tag that was read with
//! it, and is not sent at all where the value is there already.

mod fault;
mod setting;

pub use setting::{WebhookEyes, WebhookHands};

use crate::{client::HttpClient, failure::SetUpError, settings::HttpSettings};
use setpoint_core::TargetName;
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// How a service wants to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `PUT`.
    Put,
    /// `POST`.
    Post,
}

impl Method {
    /// Every method with its name.
    pub const NAMES: [(&'static str, Self); 2] = [("PUT", Self::Put), ("POST", Self::Post)];
}

/// Where in the service's documents what is.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The provider's name in the configuration.
    pub name: String,
    /// How the service is talked to.
    pub http: HttpSettings,
    /// A JSON pointer to the value; nothing for the whole document.
    pub pointer: String,
    /// How a value is written.
    pub method: Method,
}

/// A service whose documents are targets.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub(crate) name: String,
    pub(crate) client: HttpClient,
    pub(crate) pointer: String,
    pub(crate) method: Method,
}

impl Webhook {
    /// The way to a service.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(settings: WebhookSettings) -> Result<Self, SetUpError> {
        let WebhookSettings { name, http, pointer, method } = settings;
        Ok(Self { name, client: HttpClient::new(http)?, pointer, method })
    }

    /// Eyes on these targets, each a document.
    pub fn eyes(self: &Arc<Self>, targets: BTreeMap<TargetName, Url>) -> WebhookEyes {
        WebhookEyes::new(Arc::clone(self), targets)
    }

    /// Hands on these targets.
    pub fn hands(self: &Arc<Self>, targets: BTreeMap<TargetName, Url>) -> WebhookHands {
        WebhookHands::new(Arc::clone(self), targets)
    }
}
