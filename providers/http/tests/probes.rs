//! Checks of real servers: up, down, slow, with certificates good, foreign and expired.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use setpoint_control::{Clock, MetricSource};
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp, Unit};
use setpoint_http::{Check, HttpSettings, ProbeSource, TlsFiles};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// Every look at it is 25 ms after the one before.
#[derive(Default)]
struct Ticking(AtomicU64);

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Moment {
        let monotonic = Span::from_ms(self.0.fetch_add(25, SeqCst));
        Moment { wall: Timestamp::from_ms(0), monotonic }
    }

    async fn sleep_until(&self, _: Span) {}
}

/// The day of all readings here: 2026-01-01.
const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

async fn look(url: &str, tls: TlsFiles) -> BTreeMap<String, Reading> {
    let checks = [
        ("p/up", Check::Up),
        ("p/status", Check::Status),
        ("p/latency", Check::Latency(Unit::Ms)),
        ("p/days", Check::CertificateDays),
    ];
    let checks = checks.into_iter().map(|(key, check)| (InputKey::new(key), check)).collect();
    let settings = HttpSettings { tls, ..HttpSettings::new(Span::from_secs(2), 1024) };
    let clock = Arc::new(Ticking::default());
    let source =
        ProbeSource::new(url.parse().unwrap(), 200..=299, settings, clock, checks).unwrap();
    let readings = source.read(Moment { wall: NOW, monotonic: Span::ZERO }).await;
    readings.into_iter().map(|(key, reading)| (key.input().to_owned(), reading)).collect()
}

/// Each reading in a word, in the order certificate, latency, status, up.
fn told(readings: &BTreeMap<String, Reading>) -> String {
    let told = |reading: &Reading| match reading {
        Reading::Sample(sample) => format!("{}", sample.value()),
        Reading::Each(each) | Reading::Partly(each, _) => format!("{each:?}"),
        Reading::Empty => "empty".to_owned(),
        Reading::Absent(_) => "absent".to_owned(),
        Reading::Failed(_) => "failed".to_owned(),
    };
    readings
        .iter()
        .map(|(key, reading)| format!("{key}={}", told(reading)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Answers a request with `status`; never, if there is none.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: Option<&str>) {
    if stream.read(&mut [0; 4096]).await.is_err() {
        return;
    }
    match status {
        Some(status) => {
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            drop(stream.write_all(head.as_bytes()).await);
            drop(stream.shutdown().await);
        }
        // The client gives up first.
        None => drop(stream.read(&mut [0; 16]).await),
    }
}

async fn plain(status: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, status));
        }
    });
    address
}

/// An authority, a server that it vouches for, and a client that it vouches for.
struct Secure {
    folder: TempDir,
    address: SocketAddr,
}

impl Secure {
    /// A server whose certificate is good until the first day of `year`, and which asks for a
    /// certificate of ours if `asks`.
    async fn start(year: i32, asks: bool) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let server = params.signed_by(&key, &authority).unwrap();
        let ours = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["setpoint".to_owned()]).unwrap();
        let client = params.signed_by(&ours, &authority).unwrap();
        for (name, text) in [
            ("ca.pem", authority.pem()),
            ("client.pem", client.pem()),
            ("client.key", ours.serialize_pem()),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        } else {
            ServerConfig::builder().with_no_client_auth()
        };
        let chain = vec![CertificateDer::from(server.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder.with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer(stream, Some("200 OK")).await;
                    }
                });
            }
        });
        Self { folder, address }
    }

    fn url(&self) -> String {
        format!("https://{}/health", self.address)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn authorities(&self) -> TlsFiles {
        TlsFiles { authorities: Some(self.file("ca.pem")), identity: None }
    }
}

#[tokio::test]
async fn a_service_that_answers_is_up_and_another_status_is_down() {
    let url = format!("http://{}/health", plain(Some("204 No Content")).await);
    let readings = look(&url, TlsFiles::default()).await;
    assert_eq!(told(&readings), "days=absent latency=25 status=204 up=1");
    let url = format!("http://{}/health", plain(Some("503 Busy")).await);
    assert_eq!(
        told(&look(&url, TlsFiles::default()).await),
        "days=absent latency=25 status=503 up=0"
    );
}

#[tokio::test]
async fn no_answer_is_a_reading_and_a_latency_is_never_made_up() {
    let silent = format!("http://{}/health", plain(None).await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/health", listener.local_addr().unwrap());
    drop(listener);
    for url in [silent, closed] {
        let readings = look(&url, TlsFiles::default()).await;
        assert_eq!(told(&readings), "days=absent latency=absent status=absent up=0", "{url}");
    }
}

#[tokio::test]
async fn what_keeps_us_from_asking_says_nothing_about_the_service() {
    let readings = look("http://nowhere.invalid/health", TlsFiles::default()).await;
    assert_eq!(told(&readings), "days=failed latency=failed status=failed up=failed");
}

#[tokio::test]
async fn the_days_of_a_certificate_are_told_before_and_after_its_end() {
    let server = Secure::start(2040, false).await;
    let readings = look(&server.url(), server.authorities()).await;
    // From 2026 to 2040 there are four leap days.
    assert_eq!(told(&readings), "days=5113 latency=25 status=200 up=1");
    let expired = Secure::start(2025, false).await;
    let readings = look(&expired.url(), expired.authorities()).await;
    assert_eq!(told(&readings), "days=-365 latency=absent status=absent up=0");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_down() {
    let server = Secure::start(2040, false).await;
    let readings = look(&server.url(), TlsFiles::default()).await;
    assert_eq!(told(&readings), "days=absent latency=absent status=absent up=0");
}

#[tokio::test]
async fn our_own_certificate_is_shown_where_one_is_asked_for() {
    let server = Secure::start(2040, true).await;
    let refused = look(&server.url(), server.authorities()).await;
    assert!(told(&refused).ends_with("up=0"), "{refused:?}");
    let identity = Some((server.file("client.pem"), server.file("client.key")));
    let readings = look(&server.url(), TlsFiles { identity, ..server.authorities() }).await;
    assert_eq!(told(&readings), "days=5113 latency=25 status=200 up=1");
}

#[test]
fn files_that_are_missing_are_named() {
    let tls = TlsFiles { authorities: Some("none/of/ours.pem".into()), identity: None };
    let settings = HttpSettings { tls, ..HttpSettings::new(Span::from_secs(2), 1024) };
    let error = setpoint_http::HttpClient::new(settings).unwrap_err().to_string();
    assert_eq!(error, "none/of/ours.pem cannot be read");
}
