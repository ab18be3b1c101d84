//! Eyes and hands on the documents of a web service.

use super::{Document, Webhook, What, fault::Fault};
use crate::client::shown;
use async_trait::async_trait;
use futures::future;
use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Intent, Seen, Setting, TargetName};
use std::{collections::BTreeMap, sync::Arc};

/// Reads the documents.
#[derive(Debug)]
pub struct WebhookEyes {
    webhook: Arc<Webhook>,
    targets: BTreeMap<TargetName, Document>,
}

impl WebhookEyes {
    pub(super) fn new(webhook: Arc<Webhook>, targets: BTreeMap<TargetName, Document>) -> Self {
        Self { webhook, targets }
    }

    async fn look(&self, document: &Document) -> Result<Seen, Fault> {
        Ok(match document.what {
            What::Setting => {
                let (value, _) = self.webhook.value(&document.url).await?;
                Seen::Setting(Setting { value, busy: None })
            }
            What::Job => Seen::Job(self.webhook.job(&document.url).await?),
        })
    }
}

#[async_trait]
impl Observe for WebhookEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(name, document)| {
            let looked = self.webhook.client.in_time(self.look(document)).await;
            let nothing = |fault| Seen::Nothing(format!("{}: {fault}", shown(&document.url)));
            (name.clone(), looked.unwrap_or_else(nothing))
        });
        future::join_all(looks).await.into_iter().collect()
    }
}

/// Changes what the documents are about.
#[derive(Debug)]
pub struct WebhookHands {
    webhook: Arc<Webhook>,
    targets: BTreeMap<TargetName, Document>,
}

impl WebhookHands {
    pub(super) fn new(webhook: Arc<Webhook>, targets: BTreeMap<TargetName, Document>) -> Self {
        Self { webhook, targets }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let document = self.targets.get(target).ok_or_else(unknown)?;
        match (document.what, &intent.action) {
            (What::Setting, Action::Set { from, to, .. }) => {
                self.webhook.set(&document.url, (*from, *to), &intent.id).await
            }
            (What::Job, Action::Start { token, anew, .. }) => {
                self.webhook.start(&document.url, token, *anew).await
            }
            (_, action) => {
                Err(Fault::Refused(format!("{target} is a document: it cannot {action}")))
            }
        }
    }
}

#[async_trait]
impl Act for WebhookHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let acted = self.webhook.client.in_time(self.act(intent)).await;
        acted.map_err(|fault| ProviderError::of(&self.webhook.name, intent, fault))
    }
}
