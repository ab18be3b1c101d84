//! Settings behind a web service: one number in each document.

use super::{Method, Webhook, fault::Fault};
use crate::client::{Answer, shown};
use async_trait::async_trait;
use futures::future;
use serde_json::{Map, Value, json};
use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Intent, Seen, Setting, TargetName};
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// Reads the numbers.
#[derive(Debug)]
pub struct WebhookEyes {
    webhook: Arc<Webhook>,
    targets: BTreeMap<TargetName, Url>,
}

impl WebhookEyes {
    pub(super) fn new(webhook: Arc<Webhook>, targets: BTreeMap<TargetName, Url>) -> Self {
        Self { webhook, targets }
    }
}

#[async_trait]
impl Observe for WebhookEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(name, url)| {
            let read = self.webhook.client.in_time(self.webhook.read(url)).await;
            let seen = match read {
                Ok((value, _)) => Seen::Setting(Setting { value, busy: None }),
                Err(fault) => Seen::Nothing(format!("{}: {fault}", shown(url))),
            };
            (name.clone(), seen)
        });
        future::join_all(looks).await.into_iter().collect()
    }
}

/// Changes the numbers.
#[derive(Debug)]
pub struct WebhookHands {
    webhook: Arc<Webhook>,
    targets: BTreeMap<TargetName, Url>,
}

impl WebhookHands {
    pub(super) fn new(webhook: Arc<Webhook>, targets: BTreeMap<TargetName, Url>) -> Self {
        Self { webhook, targets }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let url = self.targets.get(target).ok_or_else(unknown)?;
        match intent.action {
            Action::Set { from, to, .. } => self.webhook.set(url, (from, to), intent).await,
            Action::Resize { .. } | Action::AddReplica { .. } | Action::RemoveReplica { .. } => {
                let action = &intent.action;
                Err(Fault::Refused(format!("{target} is behind a web service: it cannot {action}")))
            }
        }
    }
}

#[async_trait]
impl Act for WebhookHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let acted = self.webhook.client.in_time(self.act(intent)).await;
        acted.map_err(|fault| ProviderError {
            provider: self.webhook.name.clone(),
            operation: format!("{} of {}", intent.action, intent.target),
            kind: fault.kind(),
            source: fault.into(),
        })
    }
}

impl Webhook {
    /// The number in the document at `url`, and the document's entity tag if it has one.
    async fn read(&self, url: &Url) -> Result<(u32, Option<String>), Fault> {
        let answer = yes(self.client.get(url).await?)?;
        let document: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| Fault::Content(format!("this is no JSON: {error}")))?;
        let place = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        let value = document.pointer(&self.pointer);
        let value = value.ok_or_else(|| Fault::Content(format!("there is no {place}")))?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let wrong = || {
            Fault::Content(format!("{place} is {value}, no whole number from 0 to {}", u32::MAX))
        };
        Ok((number.ok_or_else(wrong)?, answer.entity_tag))
    }

    /// Sets the number to `to`, unless it is that already. Fails as stale if it is not `from`.
    async fn set(&self, url: &Url, (from, to): (u32, u32), intent: &Intent) -> Result<(), Fault> {
        let (value, entity_tag) = self.read(url).await?;
        if value == to {
            return Ok(());
        }
        if value != from {
            return Err(Fault::Stale(format!("it is {value}, not {from}")));
        }
        let mut headers = vec![("Idempotency-Key", intent.id.as_str())];
        headers.extend(entity_tag.as_deref().map(|tag| ("If-Match", tag)));
        let body = document(&self.pointer, to).to_string();
        let answer = match self.method {
            Method::Put => self.client.put_json(url, &headers, body).await?,
            Method::Post => self.client.post_json(url, &headers, body).await?,
        };
        yes(answer).map(drop)
    }
}

/// The answer, if it is a yes.
fn yes(answer: Answer) -> Result<Answer, Fault> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    // Enough of it to tell what is wrong, on one line.
    let text = String::from_utf8_lossy(&answer.body);
    let text: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    Err(Fault::Answer { status: answer.status, text, retry_after: answer.retry_after })
}

/// A document that has `value` where `pointer` points and nothing else.
fn document(pointer: &str, value: u32) -> Value {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    parts.iter().rev().fold(json!(value), |inner, part| {
        let key = part.replace("~1", "/").replace("~0", "~");
        Value::Object(Map::from_iter([(key, inner)]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_shape_of_what_is_read() {
        for (pointer, expected) in [
            ("", "20"),
            ("/value", "{\"value\":20}"),
            ("/pool/max", "{\"pool\":{\"max\":20}}"),
            ("/a~1b", "{\"a/b\":20}"),
        ] {
            let document = document(pointer, 20);
            assert_eq!(document.to_string(), expected);
            assert_eq!(document.pointer(pointer), Some(&json!(20)), "{pointer}");
        }
    }
}
