//! Calls of EC2's query API: built, signed, sent, and sorted when they fail.

use super::xml::Element;
use crate::{
    failure::{Answer, Heard},
    fault::{CallError, Fault},
    pace::{Pace, SharedClock},
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use setpoint_core::Timestamp;
use setpoint_http::{FetchError, HttpClient};
use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, SystemTime},
};
use url::Url;

/// The version of the API that is spoken.
const VERSION: &str = "2016-11-15";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// EC2 in one account and region.
#[derive(Clone, Debug)]
pub(crate) struct Ec2 {
    /// Nothing, where TLS could not be set up.
    pub(crate) client: Option<HttpClient>,
    /// Nothing, where the region makes no address.
    pub(crate) url: Option<Url>,
    pub(crate) region: String,
    pub(crate) credentials: Option<SharedCredentialsProvider>,
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
        let not_sent = |why: String| Fault::Call(CallError::told(action, Heard::NotSent, why));
        let (Some(client), Some(url)) = (&self.client, &self.url) else {
            return Err(not_sent("EC2 cannot be called from here".to_owned()));
        };
        let provider =
            self.credentials.as_ref().ok_or_else(|| not_sent("no credentials".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| not_sent(causes(&error)))?;
        let body = body(action, fields);
        let signed = self.signed(url, &credentials.into(), body.as_bytes());
        let signed = signed.map_err(|error| not_sent(causes(&*error)))?;
        let headers: Vec<(&str, &str)> = [FORM]
            .into_iter()
            .chain(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .collect();
        let sent = client.within(client.post_with(url, &headers, body)).await;
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

    /// The headers that say who asks.
    fn signed(
        &self,
        url: &Url,
        identity: &Identity,
        body: &[u8],
    ) -> Result<Vec<(String, String)>, Box<dyn StdError + Send + Sync>> {
        let since = u64::try_from(self.now().ms())?;
        let params = v4::SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name("ec2")
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(since))
            .settings(SigningSettings::default())
            .build()?;
        let body = SignableBody::Bytes(body);
        let request = SignableRequest::new("POST", url.as_str(), [FORM].into_iter(), body)?;
        let (instructions, _) = sign(request, &params.into())?.into_parts();
        let headers = instructions.headers();
        Ok(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// A call as EC2 takes it.
fn body(action: &str, fields: &[(String, String)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", VERSION);
    form.extend_pairs(fields).finish()
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

/// An error with every cause behind it.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
