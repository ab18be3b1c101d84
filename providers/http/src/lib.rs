//! Numbers over HTTP: a client that keeps limits, documents in JSON, checks of ours, and
//! targets behind a web service.
//!
//! The rule it keeps: whatever goes wrong becomes a reading that says so, never a
//! number, and no secret is ever part of what it says. A failed check is a number: that
//! a service does not answer is just what it was asked.
//!
//! Start reading at [`HttpClient`]; the sources are [`JsonSource`] and [`ProbeSource`], the
//! provider is [`Webhook`].

#[cfg(feature = "probe")]
mod certificate;
mod client;
mod failure;
mod json;
#[cfg(feature = "probe")]
mod probe;
mod settings;
mod signed;
#[cfg(feature = "sigv4")]
mod sigv4;
mod webhook;

pub use client::{Answer, HttpClient, shown};
pub use failure::{FetchError, SetUpError};
pub use json::{JsonQuery, JsonSource, NoPointer};
#[cfg(feature = "probe")]
pub use probe::{Check, ProbeSource};
pub use settings::{Auth, HttpSettings, Secret, TlsFiles, header_fault};
pub use signed::{Sign, Unsigned};
#[cfg(feature = "sigv4")]
pub use sigv4::SigV4;
pub use webhook::{Document, Method, Webhook, WebhookEyes, WebhookHands, WebhookSettings, What};
