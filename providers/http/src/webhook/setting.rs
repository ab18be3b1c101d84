//! Settings behind a web service: one number in each document.

use super::{Method, Webhook, fault::Fault, yes};
use serde_json::{Map, Value, json};
use setpoint_core::IntentId;
use url::Url;

impl Webhook {
    /// The number in the document at `url`, and the document's entity tag if it has one.
    pub(super) async fn value(&self, url: &Url) -> Result<(u32, Option<String>), Fault> {
        let (document, entity_tag) = self.document(url).await?;
        let place = self.place();
        let value = document.pointer(&self.pointer).ok_or_else(|| Fault::no(place))?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let wrong = || {
            Fault::Content(format!("{place} is {value}, no whole number from 0 to {}", u32::MAX))
        };
        Ok((number.ok_or_else(wrong)?, entity_tag))
    }

    /// Sets the number to `to`, unless it is that already. Fails as stale if it is not `from`.
    pub(super) async fn set(
        &self,
        url: &Url,
        (from, to): (u32, u32),
        id: &IntentId,
    ) -> Result<(), Fault> {
        let (value, entity_tag) = self.value(url).await?;
        if value == to {
            return Ok(());
        }
        if value != from {
            return Err(Fault::Stale(format!("it is {value}, not {from}")));
        }
        let mut headers = vec![("Idempotency-Key", id.as_str())];
        headers.extend(entity_tag.as_deref().map(|tag| ("If-Match", tag)));
        let body = document(&self.pointer, to).to_string();
        let answer = match self.method {
            Method::Put => self.client.put_json(url, &headers, body).await?,
            Method::Post => self.client.post_json(url, &headers, body).await?,
        };
        yes(answer).map(drop)
    }
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
