//! Servers that speak PromQL as they really answer: well, in part, badly, late, not at all.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_control::{MetricSource, Recalled};
use setpoint_core::{InputKey, Moment, Reading, Span, Stretch, Timestamp};
use setpoint_http::{Auth, HttpSettings, Secret};
use setpoint_prometheus::{MAX_ANSWER, PrometheusSource};
use setpoint_promql::ServerQuery;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server that gives every request the answer that `answer` has for its form, or none at all.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, answer) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(answer));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let (request, mut stream) = read(stream).await;
                    let answer = answer(&request);
                    seen.lock().unwrap().push(request);
                    match answer {
                        Some(answer) => drop(stream.write_all(&answer).await),
                        // Never answers; the client gives up first.
                        None => drop(stream.read(&mut [0; 16]).await),
                    }
                });
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request, head and body.
async fn read(mut stream: TcpStream) -> (String, TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            });
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return (text, stream);
            }
        }
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => request.extend_from_slice(&piece[..read]),
            _ => return (text, stream),
        }
    }
}

fn answer(status: &str, body: &str) -> Option<Vec<u8>> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    Some([head.as_bytes(), body.as_bytes()].concat())
}

fn vector(rows: &[(&str, f64)]) -> String {
    let row = |(labels, value): &(&str, f64)| {
        format!("{{\"metric\":{{{labels}}},\"value\":[1000,\"{value}\"]}}")
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{}]}}}}",
        rows.join(",")
    )
}

/// A value with a stamp 20 s before the pass.
fn good() -> Option<Vec<u8>> {
    let rows = [("\"setpoint_part\":\"value\"", 5.0), ("\"setpoint_part\":\"0\"", 980.0)];
    answer("200 OK", &vector(&rows))
}

async fn ask(
    server: &Server,
    queries: &[(&str, &str)],
    change: impl FnOnce(&mut HttpSettings),
) -> BTreeMap<String, Reading> {
    let parse = |(key, text): &(&str, &str)| {
        (InputKey::new(key), ServerQuery::parse(text, BTreeMap::new()).unwrap())
    };
    let mut settings = HttpSettings::new(Span::from_secs(2), MAX_ANSWER);
    change(&mut settings);
    let url = format!("http://{}/prometheus/", server.address).parse().unwrap();
    let queries = queries.iter().map(parse).collect();
    let source = PrometheusSource::new(url, settings, queries).unwrap();
    let now = Moment { wall: Timestamp::from_ms(1_000_250), monotonic: Span::ZERO };
    let readings = source.read(now).await.into_iter();
    readings.map(|(key, reading)| (key.as_str().to_owned(), reading)).collect()
}

async fn ask_one(server: &Server) -> Reading {
    ask(server, &[("p/x", "x")], |_| {}).await.remove("p/x").unwrap()
}

#[track_caller]
fn failed(reading: Reading, expected: &str) {
    let Reading::Failed(why) = reading else { panic!("{reading:?}") };
    assert!(why.starts_with("http://127.0.0.1:") && why.contains(expected), "{why}");
}

#[tokio::test]
async fn it_asks_for_the_time_of_the_pass_and_takes_the_stamp_of_the_sample() {
    let server = Server::start(|_| good()).await;
    let Reading::Sample(sample) = ask_one(&server).await else { panic!() };
    assert_eq!((sample.value(), sample.at.ms()), (5.0, 980_000));
    let [request] = &server.requests()[..] else { panic!() };
    assert!(request.starts_with("POST /prometheus/api/v1/query HTTP/1.1"), "{request}");
    assert!(request.contains("time=1000.250") && request.contains("timeout=2000ms"), "{request}");
}

/// The matrix of `rows`: labels, and values at times.
fn matrix(rows: &[(&str, &[(u32, f64)])]) -> String {
    let row = |(labels, values): &(&str, &[(u32, f64)])| {
        let values: Vec<String> =
            values.iter().map(|(at, value)| format!("[{at},\"{value}\"]")).collect();
        format!("{{\"metric\":{{{labels}}},\"values\":[{}]}}", values.join(","))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{}]}}}}",
        rows.join(",")
    )
}

#[tokio::test]
async fn the_past_is_as_old_as_its_samples_and_never_as_the_steps_of_the_question() {
    let server = Server::start(|request| match request {
        bad if bad.contains("bad") => {
            answer("400 Bad Request", r#"{"status":"error","errorType":"bad_data","error":"no"}"#)
        }
        _ => {
            // Two steps rest on one sample; at the last nothing tells the age.
            let values = [(900, 1.0), (915, 1.0), (930, 2.0), (945, f64::NAN), (960, 3.0)];
            let stamps = [(900, 895.0), (915, 895.0), (930, 925.0), (945, 925.0)];
            let rows = [
                ("\"setpoint_part\":\"value\"", &values[..]),
                ("\"setpoint_part\":\"0\"", &stamps),
            ];
            answer("200 OK", &matrix(&rows))
        }
    })
    .await;
    let queries = [("p/x", "x"), ("p/y", "x"), ("p/z", "bad"), ("p/now", "unasked")];
    let queries = queries.map(|(key, text)| {
        (InputKey::new(key), ServerQuery::parse(text, BTreeMap::new()).unwrap())
    });
    let settings = HttpSettings::new(Span::from_secs(2), MAX_ANSWER);
    let url = format!("http://{}/prometheus/", server.address).parse().unwrap();
    let source = PrometheusSource::new(url, settings, queries.into()).unwrap();
    let now = Moment { wall: Timestamp::from_ms(1_000_250), monotonic: Span::ZERO };
    let stretch =
        |seconds| Stretch { since: now.wall - Span::from_secs(seconds), step: Span::from_secs(15) };
    let wanted = [("p/x", 60), ("p/y", 90), ("p/z", 60), ("q/other", 60)];
    let wanted = wanted.map(|(key, seconds)| (InputKey::new(key), stretch(seconds)));
    let Recalled { samples, trouble } = source.history(now, &wanted.into()).await;
    let told: Vec<(i64, f64)> =
        samples["p/x"].iter().map(|sample| (sample.at.ms(), sample.value())).collect();
    assert_eq!(told, [(895_000, 1.0), (925_000, 2.0)]);
    assert_eq!(samples.keys().map(InputKey::as_str).collect::<Vec<_>>(), ["p/x", "p/y"]);
    assert!(trouble.is_some_and(|why| why.contains("refused (bad_data)")));
    let requests = server.requests();
    let [request] = &requests.iter().filter(|it| !it.contains("bad")).collect::<Vec<_>>()[..]
    else {
        panic!("{requests:?}")
    };
    assert!(request.starts_with("POST /prometheus/api/v1/query_range HTTP/1.1"), "{request}");
    for part in ["start=910.250", "end=1000.250", "step=15000ms"] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test]
async fn equal_queries_are_one_request_whatever_the_number_of_inputs() {
    let server = Server::start(|_| good()).await;
    let names: Vec<String> = (0..1000).map(|n| format!("p{n}/x")).collect();
    let texts = ["x", "sum(x)", "max(x)"];
    let queries: Vec<(&str, &str)> =
        names.iter().zip(texts.iter().cycle()).map(|(name, text)| (name.as_str(), *text)).collect();
    let readings = ask(&server, &queries, |_| {}).await;
    assert!(readings.values().all(|reading| matches!(reading, Reading::Sample(_))));
    assert_eq!((readings.len(), server.requests().len()), (1000, 3));
}

#[tokio::test]
async fn one_query_that_is_late_or_refused_fails_alone_and_in_time() {
    let server = Server::start(|request| match request {
        late if late.contains("late") => None,
        bad if bad.contains("bad") => {
            answer("400 Bad Request", r#"{"status":"error","errorType":"bad_data","error":"no"}"#)
        }
        _ => good(),
    })
    .await;
    let mut readings = ask(&server, &[("p/a", "a"), ("p/b", "bad"), ("p/c", "late")], |_| {}).await;
    assert!(matches!(readings["p/a"], Reading::Sample(_)));
    failed(readings.remove("p/b").unwrap(), "refused (bad_data): no");
    failed(readings.remove("p/c").unwrap(), "no answer within 2s");
}

#[tokio::test]
async fn nothing_but_an_answer_is_taken_for_one() {
    for (status, body, why) in [
        ("502 Bad Gateway", "<html>", "it answered 502"),
        ("401 Unauthorized", "", "the credentials were refused"),
        ("302 Found", "", "redirects are not followed"),
        ("200 OK", "<html>", "no answer of Prometheus' HTTP API"),
        ("200 OK", "{\"status\":\"succ", "no answer of Prometheus' HTTP API"),
    ] {
        let server = Server::start(move |_| answer(status, body)).await;
        failed(ask_one(&server).await, why);
    }
    // The body ends before its announced length.
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"status\":\"success\"";
    let server = Server::start(move |_| Some(cut.to_vec())).await;
    failed(ask_one(&server).await, "");
}

#[tokio::test]
async fn an_answer_made_of_part_of_the_data_is_no_evidence() {
    let body = vector(&[("\"setpoint_part\":\"value\"", 5.0), ("\"setpoint_part\":\"0\"", 980.0)]);
    let body = body.replacen('{', "{\"warnings\":[\"store 2 is gone\"],", 1);
    let server = Server::start(move |_| answer("200 OK", &body)).await;
    let Reading::Absent(why) = ask_one(&server).await else { panic!() };
    assert_eq!(why, "'x' was answered in part: store 2 is gone");
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_held() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n".to_vec();
    let endless = [head, vec![b' '; 40 << 20]].concat();
    let server = Server::start(move |_| Some(endless.clone())).await;
    failed(ask_one(&server).await, "larger than 32 MiB");
}

#[tokio::test]
async fn credentials_and_tenants_are_sent_and_never_shown() {
    let server = Server::start(|_| answer("401 Unauthorized", "")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let basic = |password| Auth::Basic { user: "me".to_owned(), password };
    for (auth, sent) in [
        (Auth::Bearer(Secret::Text("shown-never".to_owned())), "authorization: Bearer shown-never"),
        (Auth::Bearer(Secret::File(file.clone())), "authorization: Bearer from-a-file"),
        (basic(Secret::Text("you".to_owned())), "authorization: Basic bWU6eW91"),
        (basic(Secret::File(file)), "authorization: Basic bWU6ZnJvbS1hLWZpbGU="),
    ] {
        assert!(!format!("{auth:?}").contains("shown-never"), "{auth:?}");
        let change = |settings: &mut HttpSettings| {
            settings.auth = Some(auth);
            settings.headers = vec![("X-Scope-OrgID".to_owned(), "tenant-7".to_owned())];
        };
        let reading = ask(&server, &[("p/x", "x")], change).await.remove("p/x").unwrap();
        assert!(!format!("{reading:?}").contains("shown-never"), "{reading:?}");
        let last = server.requests().pop().unwrap();
        assert!(last.contains(sent) && last.contains("x-scope-orgid: tenant-7"), "{last}");
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_read_is_a_failure_that_says_so() {
    let server = Server::start(|_| good()).await;
    let missing = Auth::Bearer(Secret::File("none/of/ours".into()));
    let change = |settings: &mut HttpSettings| settings.auth = Some(missing);
    let reading = ask(&server, &[("p/x", "x")], change).await.remove("p/x").unwrap();
    failed(reading, "the file with the credentials cannot be read");
}
