//! Pages as servers really give them: fine, broken, late, endless and gone.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp};
use setpoint_http::HttpSettings;
use setpoint_prometheus::{MAX_PAGE, ScrapeSource};
use setpoint_promql::Query;
use std::{collections::BTreeMap, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// What the server sends to every request: its whole answer, so often.
async fn serve(answer: Vec<u8>, times: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let read = stream.read(&mut request).await.unwrap_or(0);
            for _ in 0..if read > 0 { times } else { 0 } {
                if stream.write_all(&answer).await.is_err() {
                    break;
                }
            }
            if times == 0 {
                // Never answers; the client gives up first.
                drop(stream.read(&mut request).await);
            }
        }
    });
    address
}

fn page(status: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn read(address: SocketAddr) -> Reading {
    let key = InputKey::new("p/x");
    let queries = BTreeMap::from([(key.clone(), Query::parse("x").unwrap())]);
    let settings = HttpSettings::new(Span::from_secs(2), MAX_PAGE);
    let url = format!("http://{address}/metrics").parse().unwrap();
    let source = ScrapeSource::new(url, settings, queries).unwrap();
    let now = Moment { wall: Timestamp::from_ms(1_000_000), monotonic: Span::ZERO };
    source.read(now).await.remove(&key).unwrap()
}

#[track_caller]
fn failed(reading: Reading, expected: &str) {
    let Reading::Failed(why) = reading else { panic!("{reading:?}") };
    assert!(why.starts_with("http://127.0.0.1:") && why.contains(expected), "{why}");
}

#[tokio::test]
async fn it_reads_a_page() {
    let reading = read(serve(page("200 OK", b"x 5\n"), 1).await).await;
    let Reading::Sample(sample) = reading else { panic!("{reading:?}") };
    assert_eq!((sample.value(), sample.at.ms()), (5.0, 1_000_000));
}

#[tokio::test]
async fn nothing_but_a_page_is_taken_for_one() {
    failed(read(serve(page("500 Oops", b"x 5"), 1).await).await, "it answered 500");
    let moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n";
    failed(read(serve(moved.to_vec(), 1).await).await, "redirects are not followed");
    failed(read(serve(page("200 OK", b"x 5\nx\xff 1\n"), 1).await).await, "line 2 is not UTF-8");
    failed(read(serve(page("200 OK", b"<html>"), 1).await).await, "line 1 is no sample: '<html>'");
    assert_eq!(read(serve(page("200 OK", b""), 1).await).await, Reading::Empty);
    // The body ends before its announced length.
    failed(
        read(serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx 5\n".to_vec(), 1).await).await,
        "",
    );
}

#[tokio::test]
async fn a_page_of_a_hundred_megabytes_is_not_held() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n".to_vec();
    let comment = [b"# ".as_slice(), &[b'x'; 65_533], b"\n"].concat();
    let endless = [head, comment].concat();
    failed(read(serve(endless, 1600).await).await, "larger than 8 MiB");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    failed(read(serve(Vec::new(), 0).await).await, "no answer within 2s");
}

#[tokio::test]
async fn a_closed_port_is_a_failure_that_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    failed(read(address).await, "refused");
}
