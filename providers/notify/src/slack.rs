//! A channel of Slack, by an incoming webhook; also of what takes the same, such as Mattermost.

use crate::{Address, Letter, Receive, Undelivered, receive::post};
use async_trait::async_trait;
use serde_json::json;
use setpoint_core::NoticeKind;
use setpoint_http::HttpClient;

/// An incoming webhook of Slack.
pub struct Slack {
    client: HttpClient,
    address: Address,
}

impl Slack {
    /// The webhook at `address`, which is a secret.
    pub const fn new(client: HttpClient, address: Address) -> Self {
        Self { client, address }
    }
}

#[async_trait]
impl Receive for Slack {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let url = self.address.read()?;
        post(&self.client, &url, &[], json!({ "text": text(letter) }).to_string()).await
    }
}

/// One message: the subject in bold, and below it what there is to know.
fn text(letter: &Letter) -> String {
    let sign = match (letter.is_over(), letter.notice.kind) {
        (true, _) => ":white_check_mark:",
        (false, NoticeKind::Page) => ":rotating_light:",
        (false, NoticeKind::Ticket) => ":ticket:",
        (false, NoticeKind::Say) => ":speech_balloon:",
    };
    let told = ["owner", "runbook", "note"];
    let facts = letter.facts().filter(|(name, _)| told.contains(name));
    let facts = facts.map(|(name, value)| format!("{name}: {}", escaped(&value)));
    let first = format!("{sign} *{}*", escaped(&letter.subject()));
    std::iter::once(first).chain(facts).collect::<Vec<_>>().join("\n")
}

/// What Slack would take for a mention or a link. Source: Slack, "Formatting text for app
/// surfaces", escaping.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;
    use setpoint_core::NoticeChange;

    #[test]
    fn what_a_policy_writes_calls_nobody_but_its_readers() {
        let mut own = letter(NoticeKind::Page, "k", NoticeChange::Raised);
        own.notice.text = "<!channel> a & b".to_owned();
        let expected = ":rotating_light: *[page] here web/slow: &lt;!channel&gt; a &amp; b*\n\
            owner: game team\nrunbook: https://wiki.example/slow";
        assert_eq!(text(&own), expected);
    }
}
