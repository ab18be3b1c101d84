//! CloudWatch, against a real API on loopback that speaks its binary protocol.

use serde_json::Value;
use setpoint_aws::{Aws, AwsSettings, CloudWatchSettings, CloudWatchSource, MetricQuery};
use setpoint_control::{Clock, MetricSource};
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp};
use std::{io::Write, net::SocketAddr, sync::Arc};
use support::{FaultProxy, MachineClock, Ministack, REGION, Site};
use tempfile::NamedTempFile;
use url::Url;

const CPU: &str = "AWS/EC2 CPUUtilization Average AutoScalingGroupName=web";
const MINUTE: i64 = 60_000;
const KEY: &str = "hold/cpu";

/// A whole minute, ten minutes ago: metrics of the far past are not kept.
fn minute() -> i64 {
    let now = MachineClock::start().now().wall.ms();
    now - now % MINUTE - 10 * MINUTE
}

fn keys() -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("there is room for a small file");
    let text = "[default]\naws_access_key_id = fake\naws_secret_access_key = fake\n";
    file.write_all(text.as_bytes()).expect("there is room for a small file");
    file
}

/// A source at `address` that asks `query`, with a period and a delay of a minute.
async fn source(address: SocketAddr, query: &str) -> CloudWatchSource {
    let keys = keys();
    let settings = AwsSettings {
        endpoint: Some(Url::parse(&format!("http://{address}")).expect("an address makes a URL")),
        credentials_file: Some(keys.path().to_owned()),
        ..AwsSettings::new("aws", REGION)
    };
    let aws = Aws::connect(settings, Arc::new(MachineClock::start())).await;
    let minute = Span::from_minutes(1);
    let timeout = Span::from_secs(5);
    let settings = CloudWatchSettings { period: minute, delay: minute, timeout, endpoint: None };
    let query = MetricQuery::parse(query).expect("a good query");
    let source = aws.metrics(settings, [(InputKey::new(KEY), query)].into());
    // The keys are read at the first call.
    source.read(Moment { wall: Timestamp::from_ms(0), monotonic: Span::ZERO }).await;
    source
}

async fn read(source: &CloudWatchSource, ms: i64) -> Reading {
    let now = Moment { wall: Timestamp::from_ms(ms), monotonic: Span::ZERO };
    source.read(now).await.remove(KEY).expect("every input is told of")
}

#[tokio::test]
async fn a_value_is_read_once_its_minute_is_over_and_filled() {
    let server = Ministack::start();
    let minute = minute();
    server.put_metric("AWS/EC2", "CPUUtilization", "web", minute / 1000 + 5, 70.0);
    server.put_metric("AWS/EC2", "CPUUtilization", "web", minute / 1000 + 25, 80.0);
    server.put_metric("AWS/EC2", "CPUUtilization", "other", minute / 1000 + 25, 10.0);
    let source = source(server.address(), CPU).await;
    let reading = read(&source, minute + 2 * MINUTE - 1).await;
    assert!(matches!(reading, Reading::Absent(_)), "it is not filled yet: {reading:?}");
    let Reading::Sample(sample) = read(&source, minute + 2 * MINUTE).await else { panic!() };
    assert_eq!((sample.value(), sample.at.ms()), (75.0, minute + MINUTE));
}

#[tokio::test]
async fn a_minute_is_asked_for_once_and_its_answer_keeps_its_stamp() {
    let server = Ministack::start();
    let proxy = FaultProxy::start(server.address());
    let minute = minute();
    server.put_metric("AWS/EC2", "CPUUtilization", "web", minute / 1000, 70.0);
    let source = source(proxy.address(), CPU).await;
    let before = proxy.calls();
    for after in [0, 15, 30, 59] {
        let reading = read(&source, minute + 2 * MINUTE + after * 1000).await;
        let Reading::Sample(sample) = reading else { panic!("{reading:?}") };
        assert_eq!((sample.value(), sample.at.ms()), (70.0, minute + MINUTE));
    }
    assert_eq!(proxy.calls(), before + 1);
    let reading = read(&source, minute + 3 * MINUTE).await;
    assert!(matches!(reading, Reading::Absent(_)), "the next minute is empty: {reading:?}");
    assert_eq!(proxy.calls(), before + 2);
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_failure_and_never_a_number() {
    let server = Ministack::start();
    let minute = minute();
    server.put_metric("AWS/EC2", "CPUUtilization", "web", minute / 1000, 70.0);
    let source = source(server.address(), CPU).await;
    drop(server);
    let reading = read(&source, minute + 2 * MINUTE).await;
    let Reading::Failed(why) = reading else { panic!("{reading:?}") };
    assert!(why.contains("GetMetricData"), "{why}");
}

#[test]
fn a_policy_runs_on_cloudwatch_alone() {
    let server = Ministack::start();
    let keys = keys();
    let site = Site::new(&format!(
        r#"region = "{REGION}"
data_dir = "{{data}}"
[sources.cw]
kind = "cloudwatch"
[providers.aws]
kind = "aws"
endpoint = "http://{}"
credentials_file = "{}"
[targets.web]
kind = "group"
provider = "aws"
id = "web"
min = 1
max = 20
[[policies]]
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "cw", query = "{CPU}" }} }}
targets = {{ fleet = "web" }}
"#,
        server.address(),
        keys.path().display()
    ));
    site.write("target-cpu.rhai", include_str!("../policies/library/target-cpu.rhai"));
    server.make_group("web", 4);
    // One value each minute of the last ten: whichever is asked for is there.
    for back in 0..10 {
        let at = minute() / 1000 + 600 - back * 60;
        server.put_metric("AWS/EC2", "CPUUtilization", "web", at, 90.0);
    }
    let output = site.run(&["plan", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let plan: Value = serde_json::from_str(&said).expect("an answer for programs");
    assert_eq!(plan["changes"], 1, "{said}");
    assert!(said.contains("\"to\": 6"), "4 members at 90 % are 6 at 60 %: {said}");
}
