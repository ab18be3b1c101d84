//! Calls of services that speak AWS's query protocol, without their SDKs: see docs/decisions/0007.
//!
//! A call is a form with a handful of fields. It is signed with the credentials of the SDKs and
//! sent once by the client of `providers/http`; the answer is a tree of elements (`xml.rs`), and
//! a no is sorted as one of an SDK's is.

mod xml;

pub(crate) use xml::Element;

use crate::{
    failure::{Answer, Heard},
    fault::{CallError, Fault},
    pace::{Pace, SharedClock},
};
use setpoint_core::{Span, Timestamp};
use setpoint_http::{FetchError, HttpClient};
use std::sync::Arc;
use url::Url;

/// A service that speaks the query protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// What people call it.
    title: &'static str,
    /// As its address begins, and as signatures name it.
    pub(crate) name: &'static str,
    /// The version of the API that is spoken.
    version: &'static str,
}

/// Elastic Compute Cloud.
pub(crate) const EC2: Service = Service { title: "EC2", name: "ec2", version: "2016-11-15" };

/// Elastic Load Balancing, of load balancers that have target groups.
pub(crate) const ELB: Service = Service {
    title: "Elastic Load Balancing",
    name: "elasticloadbalancing",
    version: "2015-12-01",
};

impl Service {
    /// Its address in `region`.
    pub(crate) fn url(&self, region: &str) -> Option<Url> {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Url::parse(&format!("https://{}.{region}.{domain}/", self.name)).ok()
    }
}

/// A service in one account and region.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) service: Service,
    /// Signs what it sends. Nothing, where there are no credentials or no TLS.
    pub(crate) client: Option<HttpClient>,
    /// Nothing, where the region makes no address.
    pub(crate) url: Option<Url>,
    pub(crate) clock: SharedClock,
    pub(crate) pace: Arc<Pace>,
}

impl Query {
    /// What the clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// The answer to a call.
    pub(crate) async fn call(
        &self,
        action: &'static str,
        fields: &[(String, String)],
    ) -> Result<Element, Fault> {
        self.pace.turn().await;
        let (Some(client), Some(url)) = (&self.client, &self.url) else {
            let why = format!("{} cannot be called from here", self.service.title);
            return Err(Fault::Call(CallError::told(action, Heard::NotSent, why)));
        };
        let own = [("Action", action), ("Version", self.service.version)].into_iter();
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

/// Fails if an answer says by the element called `next` that it is not all: a part is no answer.
pub(crate) fn whole(answer: &Element, next: &str) -> Result<(), Fault> {
    match answer.text(next) {
        None | Some("") => Ok(()),
        Some(_) => Err(Fault::Refused("AWS answered with a part of what was asked".to_owned())),
    }
}

/// The tags in a list of elements, whose keys and values are called so.
pub(crate) fn tags<'a>(
    list: impl Iterator<Item = &'a Element>,
    (key, value): (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    list.filter_map(|tag| Some((tag.text(key)?, tag.text(value).unwrap_or_default()))).collect()
}

/// An answer that is no yes.
fn no(
    action: &'static str,
    status: u16,
    retry_after: Option<Span>,
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
