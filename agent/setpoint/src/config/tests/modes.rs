//! What may be done to a target: whoever allows the least has the last word.

use super::*;

/// The mode of the target `web` under an agent in `agent` and a policy in `policy`.
#[track_caller]
fn check_mode(agent: &str, policy: &str, expected: Mode) {
    let text = GOOD
        .replace("[sources.app]", &format!("mode = \"{agent}\"\n[sources.app]"))
        .replace("[[policies]]", &format!("[[policies]]\nmode = \"{policy}\""));
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    let config = config.unwrap_or_else(|| panic!("{faults}"));
    assert!(config.targets.values().all(|target| target.mode == expected), "{agent} {policy}");
}

#[test]
fn the_lower_mode_holds_whoever_says_it() {
    check_mode("act", "act", Mode::Act);
    check_mode("act", "shadow", Mode::Shadow);
    check_mode("act", "observe", Mode::Observe);
    check_mode("observe", "act", Mode::Observe);
    check_mode("shadow", "act", Mode::Shadow);
}

#[test]
fn a_policy_that_acts_is_told_who_holds_it_back() {
    let second = "[[policies]]\nname = \"other\"\nmode = \"observe\"\n";
    let (_, second_policy) = GOOD.split_once("[[policies]]\n").unwrap();
    let text = GOOD
        .replace("[sources.app]", "mode = \"act\"\n[sources.app]")
        .replace("[[policies]]", "[[policies]]\nmode = \"act\"");
    let text = format!("{text}\n{second}{second_policy}");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert!(config.is_some(), "{faults}");
    assert!(faults.contains("another policy of it is in mode observe"), "{faults}");
}

#[test]
fn a_policy_that_is_being_tried_never_touches_what_another_acts_on() {
    let (_, policy) = GOOD.split_once("[[policies]]\n").unwrap();
    let second = format!("[[policies]]\nname = \"tried\"\nmode = \"shadow\"\n{policy}");
    let text = GOOD.replace("[sources.app]", "mode = \"act\"\n[sources.app]");
    let both = format!("{text}\n{second}");
    let (alone, _) = load_files(&[("setpoint.toml", text.as_bytes())]);
    let (config, faults) = load_files(&[("setpoint.toml", both.as_bytes())]);
    let (alone, config) = (alone.unwrap(), config.unwrap_or_else(|| panic!("{faults}")));
    let real = |config: &Config| {
        let targets = config.targets.iter();
        targets.map(|(name, it)| (name.clone(), it.mode, it.settings.clone())).collect::<Vec<_>>()
    };
    assert_eq!(real(&alone), real(&config));
    assert_eq!(config.targets.values().map(|it| it.mode).min(), Some(Mode::Act));
    let tried = &config.program().settings.shadows;
    let names: Vec<&str> = tried.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["tried"]);
    assert_eq!(tried.values().map(std::collections::BTreeMap::len).sum::<usize>(), 1);
}
