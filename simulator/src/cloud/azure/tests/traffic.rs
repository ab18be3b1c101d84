//! How endpoints of traffic get along with the world, and what a change must never half do.

use super::*;

const FRONT: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/front";

fn external(name: &str, target: &str) -> Value {
    json!({ "name": name, "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            "properties": { "target": target, "weight": 10 } })
}

fn profile(relative: &str, endpoints: &[Value]) -> Value {
    json!({ "location": "global", "properties": {
        "trafficRoutingMethod": "Weighted", "dnsConfig": { "relativeName": relative, "ttl": 30 },
        "monitorConfig": { "protocol": "HTTP", "port": 80, "path": "/" },
        "endpoints": endpoints } })
}

#[track_caller]
fn ask(azure: &Azure, method: &str, path: &str, body: &Value) -> Value {
    let heard = call(azure, method, path, body).expect("it is heard");
    assert!(heard.status < 300, "{method} {path}: {}", heard.document);
    heard.document
}

/// The states of the endpoints of a profile, and its own after them.
#[track_caller]
fn states(azure: &Azure) -> Vec<String> {
    let front = get(azure, FRONT);
    let endpoints = front["properties"]["endpoints"].as_array().expect("a list").iter();
    let told = endpoints.map(|it| &it["properties"]["endpointMonitorStatus"]);
    let own = &front["properties"]["monitorConfig"]["profileMonitorStatus"];
    told.chain([own]).map(|it| it.as_str().expect("a state").to_owned()).collect()
}

#[test]
fn an_endpoint_answers_while_somebody_of_its_set_serves() {
    let (azure, clock) = suffering(None);
    let all = [external("eu", "web.westeurope.example.com"), external("aws", "lb.example.com")];
    ask(&azure, "PUT", FRONT, &profile("front", &all));
    assert_eq!(states(&azure), ["CheckingEndpoint", "CheckingEndpoint", "CheckingEndpoints"]);
    clock.pass(Span::from_secs(30));
    assert_eq!(states(&azure), ["Online", "Online", "Online"]);
    resize(&azure, 0).expect("it is heard");
    assert_eq!(states(&azure), ["Degraded", "Online", "Degraded"]);
    resize(&azure, 1).expect("it is heard");
    assert_eq!(states(&azure)[0], "Degraded", "it boots");
    clock.pass(Span::from_minutes(15));
    assert_eq!(states(&azure)[0], "Online");
}

#[test]
fn who_is_not_probed_is_never_said_to_answer() {
    let (azure, clock) = suffering(None);
    let mut all = [external("eu", "web.example.com"), external("aws", "lb.example.com")];
    all[1]["properties"]["endpointStatus"] = json!("Disabled");
    ask(&azure, "PUT", FRONT, &profile("front", &all));
    clock.pass(Span::from_minutes(1));
    assert_eq!(states(&azure), ["Online", "Disabled", "Online"]);
    let one = format!("{FRONT}/ExternalEndpoints/aws");
    ask(&azure, "PATCH", &one, &json!({ "properties": { "endpointStatus": "Enabled" } }));
    assert_eq!(states(&azure), ["Online", "CheckingEndpoint", "CheckingEndpoints"]);
    ask(&azure, "PATCH", &one, &json!({ "properties": { "alwaysServe": "Enabled" } }));
    assert_eq!(states(&azure)[1], "Unmonitored");
    let azure_endpoint = format!("{FRONT}/azureEndpoints/gone");
    let nowhere = json!({ "properties": { "targetResourceId": "/x/publicIPAddresses/nobody" } });
    ask(&azure, "PUT", &azure_endpoint, &nowhere);
    clock.pass(Span::from_minutes(1));
    assert_eq!(states(&azure)[2..], ["Stopped", "Degraded"]);
    ask(&azure, "PATCH", FRONT, &json!({ "properties": { "profileStatus": "Disabled" } }));
    assert_eq!(states(&azure), ["Inactive", "Inactive", "Inactive", "Disabled"]);
}

#[test]
fn a_nested_profile_answers_while_enough_of_it_does() {
    let (azure, clock) = suffering(None);
    let child = FRONT.replace("/front", "/child");
    let two = [external("a", "web.example.com"), external("b", "lb.example.com")];
    ask(&azure, "PUT", &child, &profile("child", &two));
    let mut nested = external("below", "");
    nested["type"] = json!("Microsoft.Network/trafficManagerProfiles/nestedEndpoints");
    nested["properties"] = json!({ "targetResourceId": child, "minChildEndpoints": 2 });
    ask(&azure, "PUT", FRONT, &profile("front", &[nested.clone()]));
    clock.pass(Span::from_minutes(1));
    assert_eq!(states(&azure), ["Online", "Online"]);
    resize(&azure, 0).expect("it is heard");
    assert_eq!(states(&azure), ["Degraded", "Degraded"]);
    // One that is nested in itself is found out.
    nested["properties"]["targetResourceId"] = json!(FRONT);
    nested["properties"]["minChildEndpoints"] = json!(1);
    ask(&azure, "PUT", FRONT, &profile("front", &[nested]));
    clock.pass(Span::from_minutes(1));
    assert_eq!(states(&azure), ["Degraded", "Degraded"]);
}

#[test]
fn what_is_refused_changes_nothing() {
    let (azure, clock) = suffering(Some(FaultKind::ApiThrottle));
    let all = [external("eu", "web.example.com"), external("aws", "lb.example.com")];
    ask(&azure, "PUT", FRONT, &profile("front", &all));
    let before = get(&azure, FRONT)["properties"]["endpoints"].clone();
    let no = |method: &str, body: &Value| {
        let heard = call(&azure, method, FRONT, body).expect("it is heard");
        (heard.status, heard.code().unwrap_or_default().to_owned())
    };
    let bad = (400, "BadRequest".to_owned());
    assert_eq!(no("PATCH", &json!({ "properties": { "endpoints": all } })), bad);
    let mut heavy = all.clone();
    heavy[1]["properties"]["weight"] = json!(0);
    assert_eq!(no("PUT", &profile("front", &heavy)), bad, "Azure has no weight of 0");
    assert_eq!(no("PUT", &profile("front", &[all[0].clone(), all[0].clone()])), bad);
    clock.pass(Span::from_secs(90));
    assert_eq!(no("PUT", &profile("front", &all[..1])).0, 429);
    clock.pass(Span::from_minutes(3));
    let after = &get(&azure, FRONT)["properties"]["endpoints"];
    let names = |list: &Value| -> Vec<Value> {
        list.as_array().expect("a list").iter().map(|it| it["name"].clone()).collect()
    };
    assert_eq!(names(after), names(&before));
    assert_eq!(after[1]["properties"]["weight"], 10);
}
