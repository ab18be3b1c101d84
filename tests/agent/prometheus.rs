//! A real Prometheus: how old its numbers are, what it refuses, and what becomes of a
//! policy while it is gone.

use crate::scene::{EAGER_GROUP, FLOOR, HOLD_CPU, Scene, floor_policy};
use serde_json::Value;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Span, Timestamp};
use setpoint_http::HttpSettings;
use setpoint_prometheus::{MAX_ANSWER, PrometheusSource};
use setpoint_promql::ServerQuery;
use std::{
    collections::BTreeMap,
    env, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use support::{Cloud, Exporter, Fault, FaultProxy, Page, Prometheus, message};

fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a real server judges by the real time")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    Timestamp::from_ms(
        i64::try_from(since.as_millis()).expect("it is not yet the year 200,000,000"),
    )
}

#[test]
fn while_prometheus_is_gone_nothing_shrinks_and_growth_by_another_source_goes_on() {
    let full = env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full");
    let outage = if full { 60 } else { 9 };
    let scraped = Exporter::start(Page::Text("cpu 60\n".to_owned()));
    let mut prometheus = Prometheus::start(&scraped);
    prometheus.wait_for_value("cpu", "60");
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 20);
    let source = format!(
        "[sources.prom]\nkind = \"prometheus\"\nurl = \"{}\"\ntimeout = \"1s\"\n",
        prometheus.url()
    );
    let page = Page::Text("backlog 0\n".to_owned());
    // It shrinks once it has wanted to for six seconds, so that an outage can come between.
    let group = EAGER_GROUP.replace("stabilise_down = \"1s\"", "stabilise_down = \"6s\"");
    let tracked = HOLD_CPU
        .replace("source = \"app\", query = \"cpu\"", "source = \"prom\", query = 'max(cpu)'");
    let scene = Scene::new("act", cloud, page, &[&source, &group, &tracked, FLOOR]);
    scene.site.write("floor.rhai", &floor_policy(25));

    let mut agent = scene.site.start();
    agent.passes(2);
    scraped.show_value("cpu", 5);
    prometheus.wait_for_value("cpu", "5");
    // It has begun to want less, and has not wanted it for long enough.
    agent.passes(1);
    prometheus.stop();
    agent.passes(outage);
    assert_eq!(scene.desired(), 20, "nothing shrinks without evidence");
    let explained = scene.site.explain("web");
    // Why the source failed, or that it is left alone: every second pass asks it again.
    for said in [["refused", "asked again in"], ["held     evidence"; 2]] {
        assert!(
            said.iter().any(|said| explained.contains(said)),
            "{said:?} is not in\n{explained}"
        );
    }

    scene.page.show_value("backlog", 500);
    agent.until("growth", |line| line["fields"]["action"] == "resize 20 -> 25");
    scene.page.show_value("backlog", 0);

    scraped.show_value("cpu", 90);
    prometheus.start_again();
    prometheus.wait_for_value("cpu", "90");
    let there = now().to_string();
    agent.until("an answer", |line| message(line) == "the source answers again");
    let before = agent.said().len();
    // Until its first scrape the server answers from before the outage: young enough to count.
    agent.until("normal work", |line| {
        line["fields"]["action"].as_str().is_some_and(|action| action.ends_with("-> 38"))
    });
    // Counted from when it answers and has something new to say, whichever is later.
    let is_later = |line: &Value| line["timestamp"].as_str().is_some_and(|at| at > there.as_str());
    let lines = agent.said()[before..].iter().filter_map(|line| serde_json::from_str(line).ok());
    let passes = lines.filter(|line| message(line) == "pass" && is_later(line)).count();
    assert!(passes <= 2, "{passes}");
    agent.stop();
    scene.replays();
}

/// What a server at `url` says to `query`, of whose answer the series with `pick` is wanted.
async fn ask(url: &str, query: &str, pick: &[(&str, &str)]) -> Reading {
    let pick: BTreeMap<String, String> =
        pick.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let query = ServerQuery::parse(query, pick).expect("its age can be told");
    let settings = HttpSettings::new(Span::from_secs(5), MAX_ANSWER);
    let url = url.parse().expect("an address makes a URL");
    let key = InputKey::new("p/x");
    let source = PrometheusSource::new(url, settings, [(key.clone(), query)].into());
    let source = source.expect("there are no certificates to read");
    let moment = Moment { wall: now(), monotonic: Span::ZERO };
    source.read(moment).await.remove(&key).expect("every input is answered for")
}

/// Asks until the answer is as wanted.
async fn until(url: &str, query: &str, wanted: impl Fn(&Reading) -> bool) -> Reading {
    for _ in 0..400 {
        let reading = ask(url, query, &[]).await;
        if wanted(&reading) {
            return reading;
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    panic!("{query}: waited in vain; now {:?}", ask(url, query, &[]).await);
}

#[tokio::test]
async fn a_sample_of_twenty_seconds_ago_is_twenty_seconds_old() {
    let stamp = now() - Span::from_secs(20);
    let page = format!("x 7 {}\ny{{a=\"1\"}} 2\n", stamp.ms());
    let exporter = Exporter::start(Page::Text(page));
    let prometheus = Prometheus::start(&exporter);
    prometheus.wait_for_value("x", "7");
    prometheus.wait_for_value("y", "2");
    for query in [
        "x",
        "sum(x)",
        "avg_over_time(x[1m])",
        "last_over_time(x[10m])",
        "max_over_time(x[2m:10s])",
        "x + on () group_left () sum(y)",
        "scalar(x) * scalar(y)",
        "x > 3 # and a remark",
        "{__name__=\"x\"}",
    ] {
        let reading = ask(&prometheus.url(), query, &[]).await;
        let Reading::Sample(sample) = reading else { panic!("{query}: {reading:?}") };
        assert_eq!(sample.at, stamp, "{query}");
        let age = now().since(sample.at);
        assert!(age >= Span::from_secs(20) && age < Span::from_secs(80), "{query}: {age}");
    }
    let Reading::Sample(fresh) = ask(&prometheus.url(), "y", &[]).await else { panic!() };
    assert!(now().since(fresh.at) < Span::from_secs(10), "scraped every second");
}

#[tokio::test]
async fn prometheus_is_taken_at_its_word_and_no_further() {
    let page = "broken NaN\nmany{a=\"1\"} 3\nmany{a=\"2\"} 4\nmany{a=\"2\",b=\"x\"} 5\n";
    let exporter = Exporter::start(Page::Text(page.to_owned()));
    let prometheus = Prometheus::start(&exporter);
    prometheus.wait_for_value("broken", "NaN");
    let url = prometheus.url();
    let Reading::Absent(why) = ask(&url, "broken", &[]).await else { panic!() };
    assert_eq!(why, "'broken' is NaN");
    assert_eq!(ask(&url, "nothing", &[]).await, Reading::Empty);
    let Reading::Failed(why) = ask(&url, "many", &[]).await else { panic!() };
    assert!(why.contains("matches 3 series") && why.contains("they differ in a, b;"), "{why}");
    let Reading::Failed(why) = ask(&url, "many * on (a) many", &[]).await else { panic!() };
    assert!(why.contains("refused (execution)") && why.contains("many-to-many"), "{why}");
    let Reading::Absent(why) = ask(&url, "nothing or vector(0)", &[]).await else { panic!() };
    assert!(why.contains("rests on no sample"), "{why}");
    for (app, sum) in [("1", 3.0), ("2", 9.0)] {
        let reading = ask(&url, "sum by (a) (many)", &[("a", app)]).await;
        let Reading::Sample(sample) = reading else { panic!("{reading:?}") };
        assert_eq!(sample.value(), sum);
    }
    assert_eq!(ask(&url, "sum by (a) (many)", &[("a", "3")]).await, Reading::Empty);
}

#[tokio::test]
async fn series_that_have_ended_are_no_evidence_even_while_a_rate_of_them_is() {
    let exporter = Exporter::start(Page::Text("done_total 10\n".to_owned()));
    let prometheus = Prometheus::start(&exporter);
    let url = prometheus.url();
    let rate = "sum(rate(done_total[5m]))";
    until(&url, rate, |reading| matches!(reading, Reading::Sample(_))).await;
    exporter.show(Page::Gone);
    let ended = until(&url, rate, |reading| !matches!(reading, Reading::Sample(_))).await;
    let Reading::Absent(why) = ended else { panic!("{ended:?}") };
    assert!(why.contains("have ended"), "{why}");
    assert_eq!(ask(&url, "done_total", &[]).await, Reading::Empty);
}

#[tokio::test]
async fn an_answer_that_is_cut_or_never_comes_is_a_failure() {
    // Long enough for the proxy to cut.
    let page = format!("x{{long=\"{}\"}} 7\n", "y".repeat(400));
    let exporter = Exporter::start(Page::Text(page));
    let prometheus = Prometheus::start(&exporter);
    prometheus.wait_for_value("x", "7");
    let proxy = FaultProxy::start(prometheus.address());
    let url = format!("http://{}", proxy.address());
    assert!(matches!(ask(&url, "x", &[]).await, Reading::Sample(_)), "the proxy passes it on");
    // Forms of PromQL carry no `Action`: every request is meant.
    for (fault, why) in
        [(Fault::CutReply, ""), (Fault::LoseReply, ""), (Fault::Hang, "no answer within 5s")]
    {
        proxy.once("", fault.clone());
        let reading = ask(&url, "x", &[]).await;
        let Reading::Failed(said) = &reading else { panic!("{fault:?}: {reading:?}") };
        assert!(said.contains(why), "{fault:?}: {said}");
    }
    assert!(matches!(ask(&url, "x", &[]).await, Reading::Sample(_)), "and it is well again");
}
