//! Who calls, and whether they are who they say: Signature Version 4, from the other side.
//!
//! The secret of a key is the key's own name: `fake` signs with `fake`. So a test needs no
//! secrets, and a client that signs wrongly is found out all the same.

use super::fault::Fault;
use bytes::Bytes;
use hyper::Request;
use ring::{digest, hmac};
use setpoint_core::Timestamp;
use std::fmt::Write as _;

/// How far the clock of a caller may be off, in milliseconds.
const SKEW: u64 = 15 * 60 * 1000;

/// Who calls, as the head of a request says.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    key: String,
    scope: String,
    signed: String,
    signature: String,
    pub(super) region: Option<String>,
    pub(super) service: Option<String>,
}

impl Caller {
    /// What is told of the caller; nothing where the request is not signed.
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        let Some(said) = header(request, "authorization") else { return Self::default() };
        let Some(said) = said.strip_prefix("AWS4-HMAC-SHA256") else { return Self::default() };
        let part = |name: &str| {
            let parts = said.split(',').map(str::trim);
            let found = parts.filter_map(|part| part.strip_prefix(name)?.strip_prefix('=')).next();
            found.unwrap_or_default().to_owned()
        };
        let credential = part("Credential");
        let (key, scope) = credential.split_once('/').unwrap_or((&credential, ""));
        let mut scopes = scope.split('/').skip(1);
        Self {
            key: key.to_owned(),
            scope: scope.to_owned(),
            signed: part("SignedHeaders"),
            signature: part("Signature"),
            region: scopes.next().map(str::to_owned),
            service: scopes.next().map(str::to_owned),
        }
    }
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Fails if the request is not signed by who it says, or was long ago.
pub(super) fn verify(
    request: &Request<Bytes>,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), Fault> {
    if caller.key.is_empty() {
        return Err(Fault::forbidden("MissingAuthenticationToken", "the request is not signed"));
    }
    let date = header(request, "x-amz-date").unwrap_or_default();
    let at = moment(date).ok_or_else(|| {
        Fault::forbidden("IncompleteSignature", "x-amz-date does not say when it was signed")
    })?;
    if at.ms().abs_diff(now.ms()) > SKEW {
        return Err(Fault::forbidden("RequestExpired", "it was signed at another time than now"));
    }
    let request =
        hex(digest::digest(&digest::SHA256, canonical(request, caller).as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{}\n{request}", caller.scope);
    let first = format!("AWS4{}", caller.key).into_bytes();
    let key = caller.scope.split('/').fold(first, |key, part| sign(&key, part));
    if hex(&sign(&key, &text)) == caller.signature {
        return Ok(());
    }
    let why = "the signature is another than that of the request with the secret of this key";
    Err(Fault::forbidden("SignatureDoesNotMatch", why))
}

/// The request in the one form in which it is signed.
fn canonical(request: &Request<Bytes>, caller: &Caller) -> String {
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<String> = pairs
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let mut text = format!(
        "{}\n{}\n{}\n",
        request.method(),
        request.uri().path().replace('%', "%25"),
        pairs.join("&")
    );
    for name in caller.signed.split(';') {
        let value = header(request, name).unwrap_or_default();
        let value: Vec<&str> = value.split_whitespace().collect();
        writeln!(text, "{name}:{}", value.join(" ")).ok();
    }
    let body = hex(digest::digest(&digest::SHA256, request.body()).as_ref());
    write!(text, "\n{}\n{body}", caller.signed).ok();
    text
}

/// `20261219T000000Z`.
fn moment(date: &str) -> Option<Timestamp> {
    let at = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date).ok()?.to_datetime().ok()?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_ms(at.as_millisecond()))
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
