//! Targets behind a web service of the user's own: read by `GET`, written by `PUT` or `POST`.
//!
//! The rule it keeps: what is asked for twice is done once. A write carries the intent's id as
//! its idempotency key, names the value it was decided on by the entity tag that was read with
//! it, and is not sent at all where the value is there already. A start carries its token.

mod doctor;
mod ends;
mod fault;
mod job;
mod setting;

pub use ends::{WebhookEyes, WebhookHands};

use crate::{
    client::{Answer, HttpClient},
    failure::SetUpError,
    settings::HttpSettings,
};
use fault::Fault;
use serde_json::Value;
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

/// What a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A number that can be set.
    Setting,
    /// Something that is run.
    Job,
}

/// A document of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where it is.
    pub url: Url,
    /// What it is about.
    pub what: What,
}

/// Where in the service's documents what is.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The provider's name in the configuration.
    pub name: String,
    /// How the service is talked to.
    pub http: HttpSettings,
    /// A JSON pointer to the value, or to how a job stands; nothing for the whole document.
    pub pointer: String,
    /// A JSON pointer to what tells one run of a job from another.
    pub run: Option<String>,
    /// How a value is written.
    pub method: Method,
}

/// A service whose documents are targets.
#[derive(Clone, Debug)]
pub struct Webhook {
    name: String,
    client: HttpClient,
    pointer: String,
    run: Option<String>,
    method: Method,
}

impl Webhook {
    /// The way to a service.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(settings: WebhookSettings) -> Result<Self, SetUpError> {
        let WebhookSettings { name, http, pointer, run, method } = settings;
        Ok(Self { name, client: HttpClient::new(http)?, pointer, run, method })
    }

    /// Eyes on these targets, each a document.
    pub fn eyes(self: &Arc<Self>, targets: BTreeMap<TargetName, Document>) -> WebhookEyes {
        WebhookEyes::new(Arc::clone(self), targets)
    }

    /// Hands on these targets.
    pub fn hands(self: &Arc<Self>, targets: BTreeMap<TargetName, Document>) -> WebhookHands {
        WebhookHands::new(Arc::clone(self), targets)
    }

    /// The document at `url`, and its entity tag if it has one.
    async fn document(&self, url: &Url) -> Result<(Value, Option<String>), Fault> {
        let answer = yes(self.client.get(url).await?)?;
        let document = serde_json::from_slice(&answer.body)
            .map_err(|error| Fault::Content(format!("this is no JSON: {error}")))?;
        Ok((document, answer.entity_tag))
    }

    /// Where in a document what matters is, for messages.
    fn place(&self) -> &str {
        if self.pointer.is_empty() { "the document" } else { &self.pointer }
    }
}

/// The answer, if it is a yes.
fn yes(answer: Answer) -> Result<Answer, Fault> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    // Enough of it to tell what is wrong, on one line.
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Err(Fault::Answer { status: answer.status, text, retry_after: answer.retry_after })
}
