//! A look around before work: whether the documents can be read, and say what they should.
//! Changes nothing: a write is not tried.

use super::{Document, Webhook, What, fault::Fault};
use crate::{client::shown, failure::FetchError};
use futures::future;
use reqwest::StatusCode;
use setpoint_control::{Finding, Severity};
use setpoint_core::{Range, TargetName};
use std::collections::BTreeMap;

impl Webhook {
    /// What is to be said about these targets, each with the values that the operator allows.
    pub async fn examine(&self, targets: &BTreeMap<TargetName, (Document, Range)>) -> Vec<Finding> {
        let looks = targets.iter().map(async |(name, (document, range))| {
            let looked = self.client.in_time(self.value_within(document, *range)).await;
            let found = match looked {
                Ok(None) => return None,
                Ok(Some(outside)) => Finding::new(Severity::Warning, "", outside),
                Err(fault) => self.finding(&fault, format!("{}: {fault}", shown(&document.url))),
            };
            Some(Finding { about: format!("target {name}"), ..found })
        });
        future::join_all(looks).await.into_iter().flatten().collect()
    }

    /// What is wrong with a document that can be read.
    async fn value_within(
        &self,
        document: &Document,
        range: Range,
    ) -> Result<Option<String>, Fault> {
        let value = match document.what {
            What::Setting => self.value(&document.url).await?.0,
            What::Job => return self.job(&document.url).await.map(|_| None),
        };
        Ok((range.clamp(value) != value)
            .then(|| format!("it is {value}, outside {range}: the first pass would set it")))
    }

    fn finding(&self, fault: &Fault, message: String) -> Finding {
        let (severity, help) = match fault {
            Fault::Fetch(FetchError::Status { status }) | Fault::Answer { status, .. } => {
                of_status(*status)
            }
            Fault::Fetch(FetchError::Late(_) | FetchError::Connection(_)) => (
                Severity::Unreachable,
                "is the service up, and `url` its address? Until it answers, its targets are held",
            ),
            Fault::Fetch(
                FetchError::Secret(_) | FetchError::NoHeader | FetchError::Unsigned(_),
            ) => (Severity::NotPermitted, "see the keys for credentials of this provider"),
            Fault::Fetch(FetchError::TooLarge { .. }) | Fault::Refused(_) | Fault::Stale(_) => {
                (Severity::Problem, "`url` must lead to one small document for each target")
            }
            Fault::Content(_) if self.pointer.is_empty() => (
                Severity::Problem,
                "without `pointer` the whole document is the value; name the place of it",
            ),
            Fault::Content(_) => {
                (Severity::Problem, "`pointer` is the place of the value in the document")
            }
        };
        Finding::new(severity, "", message).help(help)
    }
}

/// How bad it is that a service answered so, and what to do about it.
fn of_status(status: StatusCode) -> (Severity, &'static str) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (
            Severity::NotPermitted,
            "the agent needs leave to read the document, and in `act` to write it: see the keys \
             for credentials of this provider",
        ),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            (Severity::Problem, "`{id}` in `url` stands for the target's `id`: does it fit?")
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            (Severity::Unreachable, "it is the service's own trouble; the agent asks at every pass")
        }
        _ => (Severity::Problem, "ask the address by hand, as the agent does: with `GET`"),
    }
}
