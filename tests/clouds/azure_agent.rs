//! The real agent on a simulated Azure: it holds a scale set, and gets along with who else is there.

use crate::{
    agent::{cpu, policy, wait_until_held},
    azure::full,
};
use serde_json::{Value, json};
use setpoint_azure::{Azure, AzureSettings, Deadlines, Identity, ManagedAt, ScaleSetId};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, Group, Intent, IntentId, Seen, TargetName};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Output,
    sync::Arc,
};
use support::{MachineClock, Simulated, Site, until};
use tokio::runtime::Runtime;
use url::Url;

pub(crate) const GROUP: &str = "/subscriptions/fake/resourceGroups/rg";
pub(crate) const WEB: &str =
    "/subscriptions/fake/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/web";

/// An agent in `act` that holds the scale set by what Azure Monitor has of it; `more` is of its
/// provider. Lengths of time are those of a fleet at a pace of 60.
fn site(simulated: &Simulated, more: &str) -> Site {
    let azure = simulated.url("azure");
    let config = format!(
        r#"
region = "westeurope"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[sources.monitor]
kind = "azure-monitor"
period = "1s"
delay = "1s"

[providers.azure]
kind = "azure"
subscription = "fake"
resource_group = "rg"
endpoint = "{azure}"
{more}

[targets.web]
kind = "group"
provider = "azure"
id = "web"
min = 4
max = 200

[[policies]]
name = "cpu"
file = "target-cpu.rhai"
inputs = {{ cpu = {{ source = "monitor", query = '"Percentage CPU" average rg/web' }} }}
targets = {{ fleet = "web" }}
"#
    );
    // The machine that the agent runs on vouches for it.
    let site = Site::new(&config).with("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure);
    site.write("target-cpu.rhai", &policy("target-cpu.rhai"));
    site
}

/// The provider, before the Azure at `url`; the machine it runs on vouches for it.
pub(crate) fn plugged(url: &str) -> Azure {
    let endpoint = Url::parse(url).expect("it is an address");
    let settings = AzureSettings {
        name: "azure".to_owned(),
        subscription: "fake".to_owned(),
        identity: Identity::Managed { client_id: None, at: ManagedAt::Machine(endpoint.clone()) },
        endpoint,
        deadlines: Deadlines::default(),
    };
    Azure::new(settings, Arc::new(MachineClock::start())).expect("there is TLS")
}

/// What calls of the provider run on.
pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

/// The scale set as a target.
pub(crate) fn web() -> (TargetName, BTreeMap<TargetName, ScaleSetId>) {
    let (web, id) = (TargetName::new("web"), ScaleSetId::parse("rg/web", None));
    (web.clone(), BTreeMap::from([(web, id.expect("it names one"))]))
}

fn capacity(simulated: &Simulated) -> u64 {
    let set = simulated.arm("GET", WEB, &Value::Null);
    set["sku"]["capacity"].as_u64().expect("a size")
}

fn text(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    both.concat()
}

/// Has Azure's own autoscaler act on the scale set.
pub(crate) fn let_another_scale(simulated: &Simulated) {
    let profile = json!({ "name": "any", "rules": [],
        "capacity": { "minimum": "2", "maximum": "9", "default": "2" } });
    let setting = json!({ "location": "westeurope", "properties": {
        "enabled": true, "targetResourceUri": WEB, "profiles": [profile] } });
    let place = format!("{GROUP}/providers/Microsoft.Insights/autoscalesettings/web-autoscale");
    simulated.arm("PUT", &place, &setting);
}

#[test]
fn it_holds_a_scale_set_at_sixty_percent_while_the_load_doubles() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    // Two thirds of what the load needs.
    simulated.arm("PATCH", WEB, &json!({ "sku": { "capacity": 13 } }));
    let site = site(&simulated, "");
    let mut agent = site.start();
    wait_until_held(&mut agent, (&simulated, "azure"), || capacity(&simulated));
    agent.stop();
    simulated.stop();
}

#[test]
fn who_else_is_at_a_scale_set_is_told_by_name_and_a_pause_is_kept() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let site = site(&simulated, "");
    let fine = site.run(&["doctor"]);
    assert!(fine.status.success(), "{}", text(&fine));
    assert!(text(&fine).contains("Azure, subscription fake, group rg"), "{}", text(&fine));
    let_another_scale(&simulated);
    simulated.arm("PATCH", WEB, &json!({ "tags": { "setpoint:pause": "a migration" } }));
    let told = site.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    for part in [
        "problem: target web: another scaler acts on it: autoscale setting web-autoscale",
        "warning: target web: paused by its tag: a migration",
    ] {
        assert!(text(&told).contains(part), "{part}: {}", text(&told));
    }
    let before = capacity(&simulated);
    let plan = text(&site.run(&["plan"]));
    assert!(plan.contains("a migration"), "{plan}");
    assert_eq!(capacity(&simulated), before);
}

#[test]
fn an_application_that_may_only_look_is_told_what_lacks() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    let known = |who: &str| {
        let authority = simulated.url("azure");
        let more = format!(
            "tenant_id = \"tenant\"\nclient_id = \"{who}\"\nsecret_file = \"secret\"\n\
             authority = \"{authority}\""
        );
        let site = site(&simulated, &more);
        // The secret of an application is its name.
        site.write("secret", &format!("{who}\n"));
        site
    };
    let reader = known("reader");
    let told = reader.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(77), "{}", text(&told));
    for part in [
        "not permitted: target web: resize scale set web is not allowed".to_owned(),
        format!("give it a role with Microsoft.Compute/virtualMachineScaleSets/write on {WEB}"),
    ] {
        assert!(text(&told).contains(&part), "{part}: {}", text(&told));
    }
    reader.write("secret", "of somebody else");
    let told = reader.run(&["doctor"]);
    assert_eq!(told.status.code(), Some(77), "{}", text(&told));
    assert!(text(&told).contains("no token could be had: reader at http"), "{}", text(&told));
    let operator = known("operator");
    let fine = operator.run(&["doctor"]);
    assert!(fine.status.success(), "{}", text(&fine));
    let least: Value =
        serde_json::from_slice(&operator.run(&["permissions"]).stdout).expect("JSON");
    let actions = least["Actions"].as_array().expect("actions");
    let reads = |action: &&Value| action.as_str().is_some_and(|action| action.ends_with("/read"));
    let changing: Vec<&Value> = actions.iter().filter(|action| !reads(action)).collect();
    assert_eq!(changing, [&json!("Microsoft.Compute/virtualMachineScaleSets/write")]);
    assert_eq!(least["AssignableScopes"], json!([GROUP]));
}

#[test]
fn what_azure_has_no_room_for_is_told_in_its_words() {
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    let simulated = full(folder.path());
    // The fault begins with the world, and the world a moment after its server.
    until("the world has begun", || cpu(&simulated, "azure").ok_or("no number yet"));
    let site = site(&simulated, "");
    let mut agent = site.start();
    // The load asks for more than there is.
    let said = until("the agent tells what lacks", || {
        agent.passes(1);
        let said = site.explain("web");
        if said.contains("short of members") { Ok(said) } else { Err(said) }
    });
    assert!(said.contains("AllocationRequest"), "in Azure's words: {said}");
    agent.stop();
}

#[test]
fn a_machine_is_replaced_by_another_once_and_the_size_stays() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    let azure = plugged(simulated.url("azure"));
    let (web, targets) = web();
    let eyes = azure.eyes(targets.clone(), BTreeSet::from([web.clone()]));
    let hands = azure.hands(targets);
    let runtime = runtime();
    let look = || match runtime.block_on(eyes.observe()).remove(&web) {
        Some(Seen::Group(group)) => group,
        other => panic!("{other:?}"),
    };
    let before: Group = look();
    assert_eq!((before.desired, before.members.len()), (20, 20));
    let member = before.members[3].name.clone();
    let action = Action::Replace { from: 20, member: member.clone(), drained: false };
    let intent = Intent { id: IntentId::new("r/web/1/1"), target: web.clone(), action };
    for _ in 0..2 {
        runtime.block_on(hands.apply(&intent)).expect("it is done once, and is done then");
        assert_eq!(look().desired, 20);
    }
    let after = until("another serves in its place", || {
        let group = look();
        let there = (group.ready, group.busy.clone());
        if there == (20, None) { Ok(group) } else { Err(there) }
    });
    assert!(after.members.iter().all(|it| it.name != member), "{member} is still there");
    let stayed = after.members.iter().filter(|it| before.members.contains(it)).count();
    assert_eq!(stayed, 19, "nobody else was touched");
}
