//! The simulated Azure, held against the description of its API that Microsoft publishes.

use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};
use support::{Prism, Simulated};

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
fn the_judge_tells_an_answer_that_is_not_as_described() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            // Who only looks whether somebody listens sends nothing.
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                let body = r#"{"location":"westeurope","sku":{"capacity":"many"}}"#;
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}").ok();
            }
        }
    });
    let prism = Prism::before(&format!("http://{address}"));
    let said = prism.ask("GET", &format!("{SETS}/web"), &Value::Null);
    assert_eq!(said.status, 500, "{said:?}");
    assert!(said.document.to_string().contains("sku.capacity must be integer"), "{said:?}");
}
