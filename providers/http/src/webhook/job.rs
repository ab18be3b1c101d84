//! Jobs behind a web service: a document tells how the last run went, a `POST` begins one.

use super::{Webhook, fault::Fault, yes};
use serde_json::json;
use setpoint_core::{Job, LastRun};
use url::Url;

impl Webhook {
    /// How the job in the document at `url` stands.
    pub(super) async fn job(&self, url: &Url) -> Result<Job, Fault> {
        let (document, _) = self.document(url).await?;
        let place = self.place();
        let state = document.pointer(&self.pointer).ok_or_else(|| Fault::no(place))?;
        let known = LastRun::NAMES.iter().find(|(name, _)| state.as_str() == Some(name));
        let wrong = || {
            let names = LastRun::NAMES.map(|(name, _)| name).join(", ");
            Fault::Content(format!("{place} is {state}, and none of {names}"))
        };
        let (_, last) = known.ok_or_else(wrong)?;
        let run = self.run.as_ref().and_then(|pointer| document.pointer(pointer));
        let run = run.filter(|run| !run.is_null()).map(|run| match run.as_str() {
            Some(text) => text.to_owned(),
            None => run.to_string(),
        });
        Ok(Job { last: *last, run, busy: None })
    }

    /// Asks for a run. The same token twice is one run: that is for the service to keep.
    pub(super) async fn start(&self, url: &Url, token: &str, anew: bool) -> Result<(), Fault> {
        let body = json!({ "action": if anew { "restart" } else { "start" } });
        let headers = [("Idempotency-Key", token)];
        yes(self.client.post_json(url, &headers, body.to_string()).await?).map(drop)
    }
}
