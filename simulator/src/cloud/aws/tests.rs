//! What the scenario's faults do to callers, and what is told of members that do not come.

use super::*;
use crate::{
    cloud::{live, pace::tests::ByHand},
    world::{FaultKind, tests::scenario},
};
use http_body_util::BodyExt as _;

/// A region whose world suffers `kind` from its first minute to its third, with a clock by hand.
fn suffering(kind: Option<FaultKind>) -> (Aws, Arc<ByHand>) {
    let (live, pace, clock) = live::tests::suffering("aws", scenario(), kind);
    (Aws::new(live, pace, Terms { seed: 1, check_auth: false }), clock)
}

/// The status and the text of an answer; none if it is lost.
fn call(aws: &Aws, body: &str) -> Option<(u16, String)> {
    let body = format!("Version=2011-01-01&AutoScalingGroupName=web&{body}");
    let reply = aws.handle(&Request::new(Bytes::from(body))).ok()?;
    let status = reply.status().as_u16();
    let bytes = futures::executor::block_on(reply.into_body().collect());
    let bytes = bytes.expect("it cannot fail").to_bytes();
    Some((status, String::from_utf8(bytes.to_vec()).expect("it is XML")))
}

fn resize(aws: &Aws, to: u32) -> Option<(u16, String)> {
    call(aws, &format!("Action=SetDesiredCapacity&DesiredCapacity={to}"))
}

/// What the group says of itself.
fn told(aws: &Aws) -> String {
    call(aws, "Action=DescribeAutoScalingGroups").expect("it is heard").1
}

fn desired(aws: &Aws, size: u32) -> bool {
    told(aws).contains(&format!("<DesiredCapacity>{size}</DesiredCapacity>"))
}

#[test]
fn an_api_that_takes_no_calls_says_so_and_does_nothing() {
    for (kind, status, code) in [
        (FaultKind::ApiThrottle, 400, "<Code>Throttling</Code>"),
        (FaultKind::ApiError(1.0), 503, "<Code>ServiceUnavailable</Code>"),
    ] {
        let (aws, clock) = suffering(Some(kind));
        clock.pass(Span::from_secs(90));
        let (own, text) = resize(&aws, 15).expect("it is heard");
        assert!(own == status && text.contains(code), "{own} {text}");
        clock.pass(Span::from_minutes(3));
        assert!(desired(&aws, 10));
        assert_eq!(resize(&aws, 15).expect("it is heard").0, 200);
        assert!(desired(&aws, 15));
    }
}

#[test]
fn a_caller_who_asks_too_often_is_throttled() {
    let (aws, _clock) = suffering(None);
    let codes: Vec<u16> = (0..110).map(|_| resize(&aws, 10).expect("it is heard").0).collect();
    assert!(codes[..100].iter().all(|code| *code == 200), "the burst of the scenario is 100");
    assert!(codes[100..].iter().all(|code| *code == 400));
}

#[test]
fn an_answer_that_is_lost_was_an_answer_to_something() {
    let (aws, clock) = suffering(Some(FaultKind::LostReply(1.0)));
    clock.pass(Span::from_secs(90));
    assert_eq!(resize(&aws, 15), None);
    clock.pass(Span::from_minutes(3));
    assert!(desired(&aws, 15));
}

#[test]
fn members_for_whom_there_is_no_room_are_told_of_as_a_failed_activity() {
    let (aws, clock) = suffering(Some(FaultKind::NoCapacity));
    clock.pass(Span::from_secs(90));
    resize(&aws, 15);
    let activities = call(&aws, "Action=DescribeScalingActivities").expect("it is heard").1;
    assert!(activities.contains("<StatusCode>Failed</StatusCode>"), "{activities}");
    assert!(activities.contains("<StatusMessage>no capacity in any zone</StatusMessage>"));
    assert!(!told(&aws).contains("Pending"));
    clock.pass(Span::from_minutes(20));
    assert_eq!(told(&aws).matches("InService").count(), 15, "they come once there is room");
}

#[test]
fn members_of_whom_nothing_comes_are_told_of_once_that_is_known() {
    let (aws, clock) = suffering(Some(FaultKind::LaunchFail(1.0)));
    clock.pass(Span::from_secs(90));
    resize(&aws, 11);
    assert_eq!(told(&aws).matches("Pending").count(), 1);
    clock.pass(Span::from_minutes(15));
    let activities = call(&aws, "Action=DescribeScalingActivities").expect("it is heard").1;
    assert!(activities.contains("failed its health check"), "{activities}");
    assert_eq!(told(&aws).matches("InService").count(), 11, "another one came");
}

#[test]
fn the_region_and_the_service_are_those_of_the_signature() {
    let (aws, _clock) = suffering(None);
    let scope = "AWS4-HMAC-SHA256 Credential=k/20260101/ap-south-1/autoscaling/aws4_request, \
                 SignedHeaders=host, Signature=0";
    let asked = |scope: &str| {
        let mut request = Request::new(Bytes::from("Action=DescribeAutoScalingGroups"));
        request.headers_mut().insert("authorization", scope.parse().expect("a header"));
        let reply = aws.handle(&request).expect("it is heard");
        let bytes = futures::executor::block_on(reply.into_body().collect());
        String::from_utf8(bytes.expect("it cannot fail").to_bytes().to_vec()).expect("it is XML")
    };
    assert!(asked(scope).contains("<AvailabilityZone>ap-south-1a</AvailabilityZone>"));
    let other = asked(&scope.replace("autoscaling", "s3"));
    assert!(other.contains("<Code>InvalidAction</Code>") && other.contains("s3"), "{other}");
}

/// The status and the text of an answer of Route 53; none if it is lost.
fn dns(aws: &Aws, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let request = Request::builder().method(method).uri(format!("/2013-04-01/{path}"));
    let request = request.body(Bytes::from(body.to_owned())).expect("a request");
    let reply = aws.handle(&request).ok()?;
    let status = reply.status().as_u16();
    let bytes = futures::executor::block_on(reply.into_body().collect());
    let bytes = bytes.expect("it cannot fail").to_bytes();
    Some((status, String::from_utf8(bytes.to_vec()).expect("it is XML")))
}

/// What stands in the first element of this name.
fn inside(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{text}"));
    rest.split('<').next().expect("a part").to_owned()
}

/// Makes a zone, and gives the path of its record sets.
fn zone(aws: &Aws) -> String {
    let made = "<R><Name>example.com</Name><CallerReference>1</CallerReference></R>";
    let (status, text) = dns(aws, "POST", "hostedzone", made).expect("it is heard");
    assert_eq!(status, 201, "{text}");
    format!("{}/rrset", inside(&text, "Id").trim_start_matches('/'))
}

/// A batch that creates an address of this name.
fn create(name: &str) -> String {
    format!(
        "<R><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>{name}\
         </Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value>\
         </ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></R>"
    )
}

#[test]
fn a_zone_takes_in_one_change_at_a_time_and_tells_when_it_has_spread() {
    let (aws, clock) = suffering(None);
    let sets = zone(&aws);
    let (status, text) = dns(&aws, "POST", &sets, &create("a.example.com")).expect("it is heard");
    assert!(status == 200 && text.contains("<Status>PENDING</Status>"), "{text}");
    let change = inside(&text, "Id");
    let (status, early) = dns(&aws, "POST", &sets, &create("b.example.com")).expect("it is heard");
    assert!(status == 400 && early.contains("<Code>PriorRequestNotComplete</Code>"), "{early}");
    let told = || dns(&aws, "GET", change.trim_start_matches('/'), "").expect("it is heard").1;
    clock.pass(Span::from_secs(29));
    assert!(told().contains("PENDING"));
    clock.pass(Span::from_secs(1));
    assert!(told().contains("INSYNC"));
    assert_eq!(dns(&aws, "POST", &sets, &create("b.example.com")).expect("it is heard").0, 200);
    let (_, listed) = dns(&aws, "GET", &format!("{sets}?name=b.example.com"), "").expect("heard");
    assert!(listed.contains("<Name>b.example.com.</Name>"), "{listed}");
}

#[test]
fn what_the_scenario_does_to_callers_it_does_to_those_of_every_service() {
    for (kind, status, code) in [
        (FaultKind::ApiThrottle, 400, "<Code>Throttling</Code>"),
        (FaultKind::ApiError(1.0), 503, "<Code>ServiceUnavailable</Code>"),
    ] {
        let (aws, clock) = suffering(Some(kind));
        let sets = zone(&aws);
        clock.pass(Span::from_secs(90));
        let (own, text) = dns(&aws, "GET", &sets, "").expect("it is heard");
        assert!(own == status && text.contains(code), "{own} {text}");
        let body = "Version=2015-12-01&Action=DescribeListeners";
        let request = Request::new(Bytes::from(body));
        assert_eq!(aws.handle(&request).expect("it is heard").status().as_u16(), status);
    }
    let (aws, clock) = suffering(Some(FaultKind::LostReply(1.0)));
    let sets = zone(&aws);
    clock.pass(Span::from_secs(90));
    assert_eq!(dns(&aws, "POST", &sets, &create("a.example.com")), None);
    clock.pass(Span::from_minutes(3));
    let (_, listed) = dns(&aws, "GET", &sets, "").expect("it is heard");
    assert!(listed.contains("a.example.com."), "what was lost is the answer: {listed}");
}
