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
