//! Groups whose members are picked by their sessions.

use super::*;
use setpoint_core::{InputKey, Per, Sessions, TargetName};

const SESSIONS: &str = r#"sessions = { source = "app", query = "sessions", key = "instance" }"#;

/// What is known of the sessions of `web` if its table goes on with `more`.
fn of_web(more: &str) -> (Option<Sessions>, Option<setpoint_core::InputSettings>) {
    let text = GOOD.replacen("max = 200\n", &format!("max = 200\n{more}\n"), 1);
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults, "");
    let settings = config.unwrap().program().settings;
    let TargetSettings::Group(group) = &settings.targets["web"] else { panic!("a group") };
    let key = InputKey::sessions_of(&TargetName::new("web"));
    (group.sessions.clone(), settings.inputs.get(&key).cloned())
}

#[test]
fn a_group_that_says_nothing_of_sessions_is_sized_as_before() {
    assert_eq!(of_web(""), (None, None));
}

#[test]
fn sessions_are_a_number_of_each_member_with_a_deadline_to_finish_them() {
    let (sessions, input) = of_web(SESSIONS);
    let (sessions, input) = (sessions.unwrap(), input.unwrap());
    assert_eq!((input.per, input.max_age), (Some(Per::Member), Span::from_secs(90)));
    assert_eq!(sessions, Sessions::new(InputKey::sessions_of(&TargetName::new("web"))));
    let (sessions, _) = of_web(&format!("{SESSIONS}\ndrain = \"3m\"\nspare = \"1h\""));
    let sessions = sessions.unwrap();
    assert_eq!((sessions.drain, sessions.spare), (Span::from_minutes(3), Span::from_minutes(60)));
}

#[test]
fn sessions_that_nobody_could_tell_apart_are_refused() {
    let with = |more: &str| format!("max = 200\n{more}\n");
    check(
        "max = 200\n",
        &with(r#"sessions = { source = "app", query = "sessions" }"#),
        &[
            "setpoint.toml:13:38: C007: `sessions` are a value of each member, and have no `key`; write `key = \"…\"`: the label that names the member",
        ],
    );
    check(
        "max = 200\n",
        &with(r#"sessions = { source = "ap", query = "sessions", key = "instance" }"#),
        &["setpoint.toml:13:23: C012: there is no source \"ap\"; did you mean `app`?"],
    );
    check(
        "max = 200\n",
        &with("drain = \"3m\""),
        &["setpoint.toml:13:9: C007: `drain` is for a group with `sessions`, and there are none"],
    );
}

#[test]
fn each_group_of_a_fleet_has_its_own_sessions() {
    let text =
        GOOD.replacen("id = \"web-asg\"", "select = { tags = { app = \"web\" } }", 1).replacen(
            "max = 200\n",
            &format!(
                "max = 200\n{}\n",
                SESSIONS.replace("\"sessions\"", "'sessions{asg=\"{group}\"}'")
            ),
            1,
        );
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults, "");
    let found = [(TargetName::new("web"), vec!["a".to_owned(), "b".to_owned()])].into();
    let config = config.unwrap().with_fleets(&found).unwrap();
    let settings = config.program().settings;
    for (name, bounds) in &settings.targets {
        let TargetSettings::Group(group) = bounds else { panic!("a group") };
        let own = &group.sessions.as_ref().unwrap().input;
        assert_eq!(*own, InputKey::sessions_of(name));
        assert!(config.inputs[own].template.is_none() && settings.inputs.contains_key(own));
    }
    let telling = settings.inputs.keys().filter(|key| key.input() == "sessions").count();
    assert_eq!(telling, 2, "the fleet itself has none left: {:?}", settings.inputs.keys());
}
