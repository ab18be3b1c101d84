//! PagerDuty, by its Events API v2: an incident for a notice, resolved with it.
//!
//! The key of the notice is the `dedup_key`: told twice, it is one incident.

use crate::{Address, Letter, Receive, Undelivered, receive::post};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use setpoint_core::NoticeKind;
use setpoint_http::{HttpClient, Secret};

/// Where PagerDuty takes events, unless another place is configured.
pub const EVENTS: &str = "https://events.pagerduty.com/v2/enqueue";

/// The longest key, in bytes. Source: PagerDuty, "PD-CEF", `dedup_key`.
const LONGEST_KEY: usize = 255;

/// A service of PagerDuty.
pub struct PagerDuty {
    client: HttpClient,
    address: Address,
    routing_key: Secret,
}

impl PagerDuty {
    /// The service whose integration has this routing key.
    pub const fn new(client: HttpClient, address: Address, routing_key: Secret) -> Self {
        Self { client, address, routing_key }
    }
}

#[async_trait]
impl Receive for PagerDuty {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let url = self.address.read()?;
        let unread = |error| Undelivered::later(format!("the routing key cannot be read: {error}"));
        let key = self.routing_key.read().map_err(unread)?;
        post(&self.client, &url, &[], event(letter, &key).to_string()).await
    }
}

fn event(letter: &Letter, routing_key: &str) -> Value {
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": if letter.is_over() { "resolve" } else { "trigger" },
        "dedup_key": dedup_key(&letter.key()),
    });
    if letter.is_over() {
        return event;
    }
    let severity = match letter.notice.kind {
        NoticeKind::Page => "critical",
        NoticeKind::Ticket => "warning",
        NoticeKind::Say => "info",
    };
    let details: Map<String, Value> =
        letter.facts().map(|(name, value)| (name.to_owned(), value.into())).collect();
    event["client"] = "setpoint".into();
    event["payload"] = json!({
        "summary": letter.subject(),
        "source": letter.region,
        "severity": severity,
        "timestamp": letter.at.to_string(),
        "component": letter.about(),
        "custom_details": details,
    });
    let runbook = letter.notice.contact.runbook.as_deref();
    if let Some(href) = runbook.filter(|text| text.starts_with("https://")) {
        event["links"] = json!([{ "href": href, "text": "runbook" }]);
    }
    event
}

/// The key itself; of one that is too long the beginning, and what tells it from others.
fn dedup_key(key: &str) -> String {
    if key.len() <= LONGEST_KEY {
        return key.to_owned();
    }
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let end = (0..=LONGEST_KEY - 17).rev().find(|at| key.is_char_boundary(*at)).unwrap_or(0);
    format!("{}#{hash:016x}", &key[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;
    use setpoint_core::NoticeChange;

    #[test]
    fn an_incident_is_resolved_by_the_key_that_triggered_it() {
        let raised = event(&letter(NoticeKind::Ticket, "web/slow", NoticeChange::Raised), "r");
        let over = event(&letter(NoticeKind::Ticket, "web/slow", NoticeChange::Resolved), "r");
        assert_eq!(raised["dedup_key"], "setpoint/here/web/slow");
        assert_eq!(raised["dedup_key"], over["dedup_key"]);
        assert_eq!([&raised["event_action"], &over["event_action"]], ["trigger", "resolve"]);
        assert_eq!(raised["payload"]["severity"], "warning");
        assert_eq!(raised["payload"]["custom_details"]["owner"], "game team");
        assert_eq!(raised["links"][0]["href"], "https://wiki.example/slow");
        assert_eq!(over.get("payload"), None);
    }

    #[test]
    fn keys_that_are_too_long_stay_apart() {
        let (a, b) = (format!("{}a", "ü".repeat(200)), format!("{}b", "ü".repeat(200)));
        let (short, other) = (dedup_key(&a), dedup_key(&b));
        assert!(short.len() <= LONGEST_KEY && other.len() <= LONGEST_KEY);
        assert_ne!(short, other);
        assert_eq!(dedup_key("a/b"), "a/b");
    }
}
