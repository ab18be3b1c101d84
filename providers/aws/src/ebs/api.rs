//! Calls of EC2's query API: built, sent by a client that signs, and sorted when they fail.

use super::xml::Element;
use crate::{
    failure::{Answer, Heard},
    fault::{CallError, Fault},
    pace::{Pace, SharedClock},
};
use setpoint_core::Timestamp;
use setpoint_http::{FetchError, HttpClient};
use std::sync::Arc;
use url::Url;

/// The version of the API that is spoken.
const VERSION: &str = "2016-11-15";

/// EC2 in one account and region.
#[derive(Clone, Debug)]
pub(crate) struct Ec2 {
    /// Signs what it sends. Nothing, where there are no credentials or no TLS.
    pub(crate) client: Option<HttpClient>,
    /// Nothing, where the region makes no address.
    pub(crate) url: Option<Url>,
    pub(crate) clock: SharedClock,
    pub(crate) pace: Arc<Pace>,
}

impl Ec2 {
    /// The address of EC2 in `region`.
    pub(crate) fn url(region: &str) -> Option<Url> {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Url::parse(&format!("https://ec2.{region}.{domain}/")).ok()
    }

    /// What the clock shows.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// The answer to a call.
    pub(super) async fn call(
        &self,
        action: &'static str,
        fields: &[(String, String)],
    ) -> Result<Element, Fault> {
        self.pace.turn().await;
        let (Some(client), Some(url)) = (&self.client, &self.url) else {
            let why = "EC2 cannot be called from here".to_owned();
            return Err(Fault::Call(CallError::told(action, Heard::NotSent, why)));
        };
        let own = [("Action", action), ("Version", VERSION)].into_iter();
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = own.chain(fields).collect();
        let sent = client.within(client.post(url, &form)).await;
        let answer = sent.map_err(|error| {
            let lost = matches!(error, FetchError::Late(_) | FetchError::Connection(_));
            let heard = if lost { Heard::Nothing } else { Heard::NotSent };
            Fault::Call(CallError::told(action, heard, error.to_string()))
        })?;
        let document = Element::parse(&answer.body);
        match document {
            Ok(document) if answer.status.is_success() => Ok(document),
            document => {
                let status = answer.status.as_u16();
                let retry_after = answer.retry_after;
                Err(Fault::Call(no(action, status, retry_after, document.ok().as_ref())))
            }
        }
    }
}

/// An answer that is no yes.
fn no(
    action: &'static str,
    status: u16,
    retry_after: Option<setpoint_core::Span>,
    document: Option<&Element>,
) -> CallError {
    let error = document.and_then(|whole| whole.find("Errors").unwrap_or(whole).find("Error"));
    let code = error.and_then(|error| error.text("Code")).map(str::to_owned);
    let message = error.and_then(|error| error.text("Message"));
    let words = match (&code, message) {
        (Some(code), Some(message)) => format!("{code} ({status}): {message}"),
        (Some(code), None) => format!("{code} ({status})"),
        (None, _) => format!("status {status} without an AWS error code"),
    };
    let is_page = document.is_none();
    CallError::told(action, Heard::Answer(Answer { status, code, retry_after, is_page }), words)
}
