//! What a header may say of effects and of errors, and what it comes to.

use setpoint_core::{
    DatabaseSettings, GroupSettings, InputKey, PolicyName, Range, Role, Span, TargetSettings,
};
use setpoint_policies::Script;

fn policy(input: &str, target: &str) -> String {
    format!(
        r#"const POLICY = #{{ about: "x", language: 1,
    inputs: #{{ conn: #{{ unit: "percent"{input} }} }},
    targets: #{{ db: #{{ kind: "database"{target} }} }},
}};
rule "add" when m.conn > 80.percent {{ db.add_replica(); }}
"#
    )
}

/// The faults of a policy with more keys of its input and of its target.
#[track_caller]
fn check(input: &str, target: &str, expected: &[&str]) {
    let parsed = Script::parse("x.rhai", &policy(input, target));
    let faults: Vec<String> =
        parsed.err().unwrap_or_default().iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected, "{input} {target}");
}

#[test]
fn an_effect_that_could_never_show_is_refused() {
    check("", r#", effect: #{ input: "conn", falls: "5%" }"#, &[]);
    check("", r#", effect: #{ input: "conn", falls: "5%", within: "9m", tries: 3 }"#, &[]);
    check(
        "",
        r#", effect: #{ input: "con", falls: "5%" }"#,
        &[
            "x.rhai:3:17: error[P016]: the effect on 'db' names no input: 'con'; did you mean 'conn'?",
        ],
    );
    check(
        "",
        r#", effect: #{ input: "conn", falls: "100%" }"#,
        &["x.rhai:3:75: error[P016]: 'falls' is all of it or more: nothing falls that far; \
             write the least fall that shows that growth helped, such as \"5%\""],
    );
    check(
        "",
        r#", effect: #{ input: "conn", falls: "5%", tries: 0 }"#,
        &["x.rhai:3:88: error[P016]: 'tries' is 0: growth would never be tried; use at least 1"],
    );
    check(
        "",
        r#", effect: #{ input: "conn", rises: "5%" }"#,
        &[
            "x.rhai:3:50: error[P014]: 'effect' needs the key 'falls'",
            "x.rhai:3:68: error[P013]: 'effect' has no key 'rises'; did you mean 'tries'?",
        ],
    );
}

#[test]
fn a_role_that_no_guard_knows_is_refused() {
    check(r#", role: "errors""#, "", &[]);
    check(
        r#", role: "error""#,
        "",
        &["x.rhai:2:48: error[P016]: unknown role 'error'; did you mean 'errors'?"],
    );
}

#[test]
fn it_narrows_what_the_operator_allows_by_the_policys_own_input() {
    let text = policy(r#", role: "errors""#, r#", effect: #{ input: "conn", falls: "5%" }"#);
    let script = Script::parse("x.rhai", &text).unwrap();
    let header = script.header();
    assert_eq!(header.inputs["conn"].settings(Span::from_secs(15)).role, Role::Errors);
    let range = Range::new(0, 5).unwrap();
    let (name, bounds) =
        (PolicyName::new("p"), TargetSettings::Database(DatabaseSettings::new(range)));
    let narrowed = header.targets["db"].narrow(&name, bounds).unwrap();
    let effects = &narrowed.brakes().effects;
    let told: Vec<_> = effects.iter().map(|it| (it.input.clone(), it.within, it.tries)).collect();
    assert_eq!(told, [(InputKey::of(&name, "conn"), Span::from_minutes(15), 2)]);
    let group = TargetSettings::Group(GroupSettings::new(range));
    assert!(header.targets["db"].narrow(&name, group).is_err());
}
