//! Why a look or an action did not come off, in words for a person.

use crate::failure::{Answer, Heard};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_rds::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::result::DispatchFailure;
use setpoint_control::{Sorted, on_the_way};
use setpoint_core::{FailureKind, Span};
use std::error::Error as StdError;

/// Why a look or an action did not come off.
pub(crate) type Fault = setpoint_control::Fault<CallError>;

/// The code by which Route 53 says that a record set is not as it was given.
const STALE_BATCH: &str = "InvalidChangeBatch";

/// One call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{call}: {words}")]
pub(crate) struct CallError {
    /// The action of the API: "SetDesiredCapacity".
    call: &'static str,
    /// What was heard.
    heard: Heard,
    /// The same for a person, with AWS's own message.
    words: String,
}

impl Sorted for CallError {
    fn kind(&self) -> FailureKind {
        self.heard.kind()
    }
}

impl CallError {
    /// Sorts what the SDK says of `call`.
    pub(crate) fn new<E>(call: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let heard = heard(error);
        let words = match &heard {
            Heard::Answer(answer) => in_words(answer, error.meta().message()),
            Heard::Nothing | Heard::NotSent => on_the_way(causes(error)),
        };
        Self::told(call, heard, words)
    }

    /// What was heard of `call`, which no SDK made.
    pub(crate) fn told(call: &'static str, heard: Heard, words: String) -> Self {
        let remedy = if let Heard::Answer(answer) = &heard { answer.remedy() } else { "" };
        Self { call, heard, words: words + remedy }
    }

    /// The action of the API that was called.
    pub(crate) const fn name(&self) -> &'static str {
        self.call
    }

    /// Whether AWS answered with this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        matches!(&self.heard, Heard::Answer(answer) if answer.code.as_deref() == Some(code))
    }

    /// Whether it is a no for good: not permitted, or not there to be asked.
    pub(crate) fn is_refusal(&self) -> bool {
        self.is_unknown_action() || self.heard.kind() == FailureKind::Refused
    }

    /// Whether AWS understood and did not permit it.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(&self.heard, Heard::Answer(answer) if answer.is_forbidden())
    }

    /// Whether the place called does not know the action at all.
    pub(crate) fn is_unknown_action(&self) -> bool {
        matches!(&self.heard, Heard::Answer(answer) if answer.knows_no_such_action())
    }
}

fn heard<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Heard {
    if let Some(response) = error.raw_response() {
        return match answer(response, error.meta().code()) {
            answer if answer.status >= 300 => Heard::Answer(answer),
            _cut_short => Heard::Nothing,
        };
    }
    let unsendable = match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_user() || lacks_credentials(failure),
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) | SdkError::ServiceError(_) | _ => {
            false
        }
    };
    if unsendable { Heard::NotSent } else { Heard::Nothing }
}

/// Whether there is nothing to sign the request with. A connection that breaks off after
/// the request was sent is a failure of the same kind to the SDK, and must not pass for it.
fn lacks_credentials(failure: &DispatchFailure) -> bool {
    let mut cause = failure.as_connector_error().and_then(StdError::source);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return matches!(
                error,
                CredentialsError::CredentialsNotLoaded(_)
                    | CredentialsError::InvalidConfiguration(_)
            );
        }
        cause = error.source();
    }
    false
}

fn answer(response: &HttpResponse, code: Option<&str>) -> Answer {
    let header = |name| response.headers().get(name);
    // Route 53 may send this error without the envelope in which the SDK looks for codes.
    let bare = || {
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        body.contains(&format!("<{STALE_BATCH}")).then_some(STALE_BATCH)
    };
    Answer {
        status: response.status().as_u16(),
        code: code.or_else(bare).map(str::to_owned),
        retry_after: header("retry-after").and_then(|secs| secs.parse().ok()).map(Span::from_secs),
        is_page: header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
    }
}

fn in_words(answer: &Answer, message: Option<&str>) -> String {
    let status = answer.status;
    match (&answer.code, message) {
        (Some(code), Some(message)) => format!("{code} ({status}): {message}"),
        (Some(code), None) => format!("{code} ({status})"),
        (None, _) if matches!(status, 401 | 403) => {
            format!("the credentials were refused (status {status})")
        }
        (None, _) => format!("status {status} without an AWS error code"),
    }
}

/// Every cause behind `error`, outermost first, each said once.
fn causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        next = cause.source();
    }
    words
}
