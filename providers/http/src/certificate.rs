//! How long a server's certificate is still good.

use crate::failure::causes;
use rustls::CertificateError;
use setpoint_core::Timestamp;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// When the certificate in `der` ends to be good, if it is one.
pub(crate) fn ends(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(Timestamp::from_ms(certificate.validity().not_after.timestamp().saturating_mul(1000)))
}

/// When the certificate ended to be good, if that is why the handshake failed.
pub(crate) fn ended(error: &reqwest::Error) -> Option<Timestamp> {
    let rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) =
        tls(error)?
    else {
        return None;
    };
    let seconds = i64::try_from(not_after.as_secs()).ok()?;
    Some(Timestamp::from_ms(seconds.saturating_mul(1000)))
}

/// The failure of TLS behind a failed connection, if it is one.
pub(crate) fn tls(error: &reqwest::Error) -> Option<&rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The days from `now` to `then`; below zero once it has passed.
pub(crate) fn days(now: Timestamp, then: Timestamp) -> f64 {
    (then.ms().saturating_sub(now.ms())) as f64 / 86_400_000.0
}
