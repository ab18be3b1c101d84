//! Documents as servers really give them.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp};
use setpoint_http::{HttpSettings, JsonQuery, JsonSource};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// What two inputs read of a document that is served with `status`.
async fn read(status: &'static str, body: &'static str) -> [Reading; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.read(&mut [0; 4096]).await.is_ok() {
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
                drop(stream.write_all(head.as_bytes()).await);
            }
        }
    });
    let (length, none) = (InputKey::new("p/length"), InputKey::new("p/none"));
    let queries = [
        (length.clone(), JsonQuery::new("/queue/length", Some("/at")).unwrap()),
        (none.clone(), JsonQuery::new("/queue/none", None).unwrap()),
    ];
    let url = format!("http://{address}/status?key=shown-never").parse().unwrap();
    let settings = HttpSettings::new(Span::from_secs(2), 64);
    let source = JsonSource::new(url, settings, queries.into()).unwrap();
    let now = Moment { wall: Timestamp::from_ms(1_000_000), monotonic: Span::ZERO };
    let mut readings = source.read(now).await;
    [readings.remove(&length).unwrap(), readings.remove(&none).unwrap()]
}

#[tokio::test]
async fn each_input_takes_its_number_and_its_stamp() {
    let [length, none] = read("200 OK", r#"{"queue":{"length":12},"at":980}"#).await;
    let Reading::Sample(sample) = length else { panic!("{length:?}") };
    assert_eq!((sample.value(), sample.at.ms()), (12.0, 980_000));
    assert_eq!(none, Reading::Empty);
}

#[tokio::test]
async fn nothing_but_a_document_is_taken_for_one_and_no_key_is_shown() {
    const LONG: &str =
        r#"{"queue":{"length":12},"at":980,"more":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;
    for (status, body, why) in [
        ("200 OK", "<html>", "this is no JSON"),
        ("200 OK", r#"{"queue":{"#, "this is no JSON"),
        ("500 Oops", "{}", "it answered 500"),
        ("200 OK", LONG, "larger than"),
    ] {
        for reading in read(status, body).await {
            let Reading::Failed(said) = reading else { panic!("{reading:?}") };
            assert!(said.contains(why) && !said.contains("shown-never"), "{said}");
        }
    }
}
