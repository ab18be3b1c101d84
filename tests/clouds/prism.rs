//! The simulated Azure and our provider, held against the description of its API that Microsoft
//! publishes.

use crate::{
    agent::cpu,
    azure::full,
    azure_agent::{GROUP, WEB, let_another_scale, plugged, runtime, web},
};
use serde_json::{Value, json};
use setpoint_azure::{Azure, MetricQuery, MonitorSettings, Patient, ScaleSetId};
use setpoint_control::{Act, Clock, MetricSource, Observe, Severity};
use setpoint_core::{
    Action, Group, InputKey, Intent, IntentId, MemberState, Range, Reading, Seen, Span,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};
use support::{Call, MachineClock, Prism, Simulated, Witness, until};
use tokio::runtime::Runtime;

const SETS: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets";

#[test]
fn requests_and_answers_are_what_the_published_description_says() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let prism = Prism::before(simulated.url("azure"));
    let none = Value::Null;
    let own = json!({
        "location": "westeurope", "sku": { "name": "Standard_D2s_v5", "capacity": 2 },
        "tags": { "team": "a" }, "properties": { "upgradePolicy": { "mode": "Manual" } },
    });
    let kept = json!({ "location": "westeurope", "properties": {
        "protectionPolicy": { "protectFromScaleIn": true },
    } });
    let size = |capacity: u32| json!({ "sku": { "capacity": capacity } });
    let calls = [
        ("GET", "/web".to_owned(), none.clone(), 200),
        ("GET", String::new(), none.clone(), 200),
        ("PATCH", "/web".to_owned(), size(33), 200),
        ("GET", "/web".to_owned(), none.clone(), 200),
        // A page that is not the last: some serve, others boot.
        ("GET", "/web/virtualMachines?$expand=instanceView".to_owned(), none.clone(), 200),
        ("GET", "/web/virtualMachines".to_owned(), none.clone(), 200),
        ("GET", "/web/virtualmachines/7".to_owned(), none.clone(), 200),
        ("GET", "/web/virtualmachines/7/instanceView".to_owned(), none.clone(), 200),
        ("GET", "/web/instanceView".to_owned(), none.clone(), 200),
        ("PUT", "/web/virtualmachines/7".to_owned(), kept, 200),
        ("PATCH", "/web".to_owned(), json!({ "tags": { "team": "b" } }), 200),
        ("PATCH", "/web".to_owned(), size(20), 200),
        // Some are on their way out.
        ("GET", "/web/virtualMachines?$expand=instanceView".to_owned(), none.clone(), 200),
        ("POST", "/web/delete".to_owned(), json!({ "instanceIds": ["3", "4"] }), 202),
        ("DELETE", "/web/virtualmachines/5".to_owned(), none.clone(), 202),
        ("PUT", "/own".to_owned(), own.clone(), 201),
        ("PUT", "/own".to_owned(), own, 200),
        ("DELETE", "/own".to_owned(), none.clone(), 202),
        ("DELETE", "/nobody".to_owned(), none, 204),
    ];
    for (method, rest, body, status) in calls {
        let said = prism.ask(method, &format!("{SETS}{rest}"), &body);
        assert_eq!((said.status, &said.violations), (status, &None), "{method} {rest}: {said:?}");
    }
    let everywhere = "/subscriptions/s/providers/Microsoft.Compute/virtualMachineScaleSets";
    let said = prism.ask("GET", everywhere, &Value::Null);
    assert_eq!((said.status, &said.violations), (200, &None), "{said:?}");
    // What the description does not allow does not get through to be judged here.
    let said =
        prism.ask("PATCH", &format!("{SETS}/web"), &json!({ "sku": { "capacity": "many" } }));
    assert_eq!(said.status, 422, "{said:?}");
}

#[test]
fn our_provider_asks_for_what_is_described_and_hears_nothing_else() {
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    let simulated = full(folder.path());
    until("the world has begun", || cpu(&simulated, "azure").ok_or("no number yet"));
    let_another_scale(&simulated);
    let witness = Witness::before(simulated.address("azure"));
    let runtime = runtime();
    let azure = plugged(&witness.url());
    look_and_change(&witness, &azure, &runtime);
    look_around(&azure, &runtime);

    let calls = witness.calls();
    assert_eq!(complaints(&calls), [""; 0]);
    for (method, path, at_least) in [
        ("GET", WEB.to_owned(), 9),
        ("GET", format!("{WEB}/virtualMachines"), 6),
        ("GET", format!("{WEB}/instanceView"), 1),
        ("PATCH", WEB.to_owned(), 3),
        ("POST", format!("{WEB}/delete"), 1),
        ("GET", format!("{GROUP}/providers/Microsoft.Insights/autoscalesettings"), 2),
        ("GET", format!("{WEB}/providers/Microsoft.Authorization/permissions"), 1),
        ("GET", format!("{WEB}/providers/Microsoft.Insights/metrics"), 1),
    ] {
        let what = format!("{method} {path}");
        let judged = calls.iter().filter(|call| call.judged && call.what == what);
        assert!(judged.count() >= at_least, "{what}: {calls:#?}");
    }
    // No description has these; they go to the emulator as they are, and nothing else does.
    let besides = calls.iter().filter(|call| !call.judged && !call.what.contains("/oauth2/"));
    let besides: Vec<&str> = besides.map(|call| &*call.what).collect();
    assert!(besides.iter().all(|what| what.contains("/operations/")), "{besides:#?}");
    assert!(!besides.is_empty(), "an operation was followed");
}

/// Looks at the scale set, resizes it and has a machine replaced, where there is no room for more.
fn look_and_change(witness: &Witness, azure: &Azure, runtime: &Runtime) {
    let (web, targets) = web();
    let eyes = azure.eyes(targets.clone(), BTreeSet::from([web.clone()]));
    let hands = azure.hands(targets.clone());
    let look = || -> Group {
        match runtime.block_on(eyes.observe()).remove(&web) {
            Some(Seen::Group(group)) => group,
            other => panic!("{other:?}: {:#?}", complaints(&witness.calls())),
        }
    };
    let act = |action: Action| {
        let intent = Intent { id: IntentId::new("r/web/1/1"), target: web.clone(), action };
        runtime.block_on(hands.apply(&intent)).expect("it is allowed");
    };
    let before = look();
    assert!(before.busy.is_some_and(|why| why.contains("web-autoscale")));
    // What became of it stands with the operation.
    act(Action::Resize { from: 20, to: 40 });
    until("why it is short is known", || match look().shortfall {
        Some(why) if why.contains("AllocationRequest") => Ok(()),
        other => Err(other),
    });
    // One that was started anew knows of no operation, and asks the scale set itself.
    let anew = plugged(&witness.url());
    runtime.block_on(anew.eyes(targets, BTreeSet::new()).observe());
    act(Action::Resize { from: 40, to: 20 });
    let member = before.members[3].name.clone();
    act(Action::Replace { from: 20, member: member.clone(), drained: false });
    let after = look().members;
    assert!(after.iter().all(|it| it.name != member || it.state != MemberState::Serving));
}

/// What the doctor asks, and a metric.
fn look_around(azure: &Azure, runtime: &Runtime) {
    let patient = |id: ScaleSetId| {
        let range = Range::new(4, 200).expect("4 is below");
        Patient { id, range, acts: true, replaces: true }
    };
    let patients = web().1.into_iter().map(|(name, id)| (name, patient(id))).collect();
    let findings = runtime.block_on(azure.examine(&patients));
    let failed = |it: &Severity| matches!(it, Severity::Unreachable | Severity::NotPermitted);
    assert!(findings.iter().all(|it| !failed(&it.severity)), "{findings:#?}");

    let second = Span::from_secs(1);
    let settings = MonitorSettings { period: second, delay: second, timeout: Span::from_secs(20) };
    let query = MetricQuery::parse("\"Percentage CPU\" average rg/web").expect("it asks");
    let monitor = azure.metrics(settings, BTreeMap::from([(InputKey::new("cpu/cpu"), query)]));
    let clock = MachineClock::start();
    until("a number comes", || {
        let read = runtime.block_on(monitor.read(clock.now()));
        match read.values().next() {
            Some(Reading::Sample(_)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}

/// What is wrong with these calls.
pub(crate) fn complaints(calls: &[Call]) -> Vec<String> {
    let told = |call: &Call| Some(format!("{}: {}", call.what, call.complaint.as_ref()?));
    calls.iter().filter_map(told).collect()
}

#[test]
fn the_judge_tells_an_answer_that_is_not_as_described() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            answer_wrongly(&stream).ok();
        }
    });
    let witness = Witness::before(address);
    let said = witness.prism().ask("GET", &format!("{SETS}/web"), &Value::Null);
    assert_eq!(said.status, 500, "{said:?}");
    let wrong = "sku.capacity must be integer";
    assert!(said.document.to_string().contains(wrong), "{said:?}");
    // What our provider hears is judged as well.
    let runtime = runtime();
    let (web, targets) = web();
    let azure = plugged(&witness.url());
    let seen = runtime.block_on(azure.eyes(targets, BTreeSet::new()).observe()).remove(&web);
    assert!(matches!(seen, Some(Seen::Nothing(_))), "{seen:?}");
    let complaints = complaints(&witness.calls());
    assert!(complaints.iter().any(|it| it.contains(wrong)), "{complaints:#?}");
}

/// Answers one request, whatever it asks for. Who only looks whether somebody listens sends none.
fn answer_wrongly(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    // To its end: what is not read would break the connection.
    while !lines.next().ok_or(ErrorKind::UnexpectedEof)??.is_empty() {}
    let size = r#""location":"westeurope","sku":{"capacity":"many"}"#;
    let body = format!(r#"{{{size},"access_token":"fake","expires_in":"3600"}}"#);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
