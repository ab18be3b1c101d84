//! Bad configurations and what is said of them; a good one and what it means.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
mod calendars;
mod kinds;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod modes;
mod onprem;
mod rollout;
mod schema;
mod sessions;

use super::*;
use setpoint_core::{Approve, Brakes, Empty, Range, Span, TargetSettings};
use std::fmt::Write;
use tempfile::TempDir;

const POLICY: &str = r#"
const POLICY = #{
    about: "Hold CPU at its set point",
    language: 1,
    params: #{ goal: "60%" },
    inputs: #{ cpu: #{ unit: "percent", window: "10m" } },
    targets: #{ fleet: #{ kind: "group", max: 100 } },
};
rule "hold" { fleet.track(m.cpu, p.goal); }
rule "saturated" when m.cpu > 95.percent { fleet.scale_by(50.percent); }
"#;

pub(super) const GOOD: &str = r#"region = "eu-west-1"
[sources.app]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.aws]
kind = "aws"
[targets.web]
kind = "group"
provider = "aws"
id = "web-asg"
min = 2
max = 200
[[policies]]
file = "hold.rhai"
inputs = { cpu = { source = "app", query = "avg(cpu)" } }
targets = { fleet = "web" }
"#;

/// A folder with `files`; the policy `hold.rhai` is always there.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hold.rhai"), POLICY).unwrap();
    fs::create_dir(folder.path().join("conf.d")).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn environment(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("9100".to_owned()),
        "SECRET" => Some("hunter2 \" ]".to_owned()),
        _ => None,
    }
}

/// The faults of the configuration `good` with `from` replaced by `to`, without places.
#[cfg(any(feature = "aws", feature = "azure", feature = "kubernetes"))]
#[track_caller]
pub(super) fn faults_in(good: &str, (from, to): (&str, &str), expected: &[&str]) {
    assert!(good.contains(from), "{from} is not in the good configuration");
    let text = good.replacen(from, to, 1);
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    let said: Vec<&str> =
        faults.lines().map(|line| line.splitn(4, ':').last().unwrap_or_default()).collect();
    assert_eq!(said, expected);
    assert!(config.is_none(), "a configuration with faults came through");
}

pub(super) fn load_files(files: &[(&str, &[u8])]) -> (Option<Config>, String) {
    let folder = folder(files);
    let Loaded { config, faults, .. } = load(&folder.path().join("setpoint.toml"), &environment);
    let mut lines = String::new();
    for fault in &faults {
        let (line, column) = fault.place.line_and_column().unwrap_or_default();
        let file = fault.place.file.path.strip_prefix(folder.path()).unwrap().display();
        write!(lines, "{file}:{line}:{column}: {}: {}", fault.id(), fault.message).unwrap();
        if let Some(help) = &fault.help {
            write!(lines, "; {help}").unwrap();
        }
        lines.push('\n');
    }
    let inside = format!("{}/", folder.path().display());
    (config, lines.replace(&inside, ""))
}

/// The faults of the good configuration with `from` replaced by `to`.
#[track_caller]
pub(super) fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(GOOD.contains(from), "{from} is not in the good configuration");
    let text = GOOD.replacen(from, to, 1);
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults.lines().collect::<Vec<_>>(), expected);
    assert!(config.is_none(), "a configuration with faults came through");
}

#[test]
fn a_good_configuration_means_what_it_says() {
    let (config, faults) = load_files(&[("setpoint.toml", GOOD.as_bytes())]);
    assert_eq!(faults, "");
    let config = config.unwrap();
    let settings = config.program().settings;
    assert_eq!((config.mode, settings.every), (Mode::Observe, Span::from_secs(15)));
    let TargetSettings::Group(group) = &settings.targets["web"] else { panic!("a group") };
    assert_eq!(group.range, Range::new(2, 100).unwrap(), "narrowed by the policy");
    let input = &settings.inputs["hold/cpu"];
    assert_eq!((input.window, input.max_age), (Span::from_minutes(10), Span::from_secs(90)));
    assert_eq!((input.period, input.empty), (Span::from_secs(15), Empty::Hold));
}

#[test]
fn the_brakes_of_a_target_are_what_is_written_or_the_defaults() {
    let brakes = |more: &str| {
        let text = GOOD.replacen("max = 200\n", &format!("max = 200\n{more}"), 1);
        let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
        assert_eq!(faults, "");
        config.unwrap().program().settings.targets["web"].brakes().clone()
    };
    let aws = Some("aws".to_owned());
    let defaults = Brakes { provider: aws.clone(), ..Brakes::default() };
    assert_eq!(brakes(""), defaults);
    let mut own = Brakes { foreign_respect: Span::from_minutes(5), ..defaults };
    (own.budget.share, own.approve) = (0.2, Approve::Shrink);
    let written = "foreign_respect = \"5m\"\nbudget = \"20%\"\napprove = \"shrink\"\n";
    assert_eq!(brakes(written), own);
}

#[test]
fn it_refuses_brakes_that_make_no_sense() {
    check(
        "max = 200\n",
        "max = 200\nbudget = \"120%\"\napprove = \"shrnk\"\n",
        &[
            "setpoint.toml:13:10: C010: `budget` is \"120%\"; write the share that may go in an hour: \"50%\"",
            "setpoint.toml:14:11: C010: `approve` is \"shrnk\"; did you mean `shrink`?",
        ],
    );
}

#[test]
fn every_fault_is_told_at_once() {
    let text = r#"
mode = "atc"
every = "15"
regoin = "eu-west-1"
[sources.app]
kind = "scrape"
url = "ftp://127.0.0.1/metrics"
[targets.web]
kind = "group"
provider = "asw"
id = "web-asg"
min = 20
max = 2
[providers.aws]
kind = "aws"
[[policies]]
file = "hold.rhai"
inputs = { cpuu = { source = "app", query = "avg(" } }
targets = { fleet = "wbe" }
params = { goal = 60 }
"#;
    let (_, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(
        faults.lines().collect::<Vec<_>>(),
        [
            "setpoint.toml:0:0: C007: `region` is missing; write `region = \"eu-west-1\"`: the region this agent looks after",
            "setpoint.toml:2:8: C010: there is no mode \"atc\"; did you mean `act`?",
            "setpoint.toml:3:9: C010: `every` is \"15\", which is no length of time; write it as 250ms, 15s, 5m, 1h30m or 14d",
            "setpoint.toml:4:1: C006: unknown key `regoin`; did you mean `region`?",
            "setpoint.toml:7:7: C010: \"ftp://127.0.0.1/metrics\" is not an HTTP address; write it as `http://127.0.0.1:9100/metrics`",
            "setpoint.toml:10:12: C012: there is no provider \"asw\"; did you mean `aws`?",
            "setpoint.toml:13:7: C014: `min` is 20, above `max`, 2; no size is allowed by this range: widen it",
            "setpoint.toml:16:1: C015: policy `hold` needs the input `cpu`, which is bound to nothing; write `inputs = { cpu = { source = \"…\", query = '…' } }`",
            "setpoint.toml:18:12: C012: policy `hold` has no input `cpuu`; did you mean `cpu`?",
            "setpoint.toml:19:21: C012: there is no target \"wbe\"; did you mean `web`?",
            "setpoint.toml:20:19: C018: `goal` is 60, not a share such as \"60%\"; the policy's own value is 60 %",
        ]
    );
}

#[test]
fn it_refuses_values_that_make_no_sense() {
    let listen = "[http]\nlisten = \"localhost\"\n[sources.app]";
    check(
        "[sources.app]",
        listen,
        &[
            "setpoint.toml:3:10: C010: `listen` is \"localhost\", which is no address; write an IP address and a port: `127.0.0.1:9464`",
        ],
    );
    check(
        "[sources.app]",
        "every = \"10ms\"\n[sources.app]",
        &["setpoint.toml:2:9: C010: `every` is 10ms, out of bounds; write 1s to 1h"],
    );
    check(
        "region = \"eu-west-1\"",
        "region = \"eu/west\"",
        &[
            "setpoint.toml:1:10: C010: \"eu/west\" cannot be the name of a region; use up to 100 letters, digits, `-`, `_` and `.`, a letter or digit first",
        ],
    );
    check(
        "max = 200",
        "max = -1",
        &[
            "setpoint.toml:12:7: C010: `max` is -1, which is no count; write a whole number from 0 up",
        ],
    );
    check(
        "max = 200",
        "max = \"200\"",
        &["setpoint.toml:12:7: C008: `max` takes a whole number, not a text"],
    );
    check(
        "max = 200",
        "",
        &["setpoint.toml:7:1: C007: `targets.web` has no `max`; write `max = 20`"],
    );
}

#[test]
fn it_refuses_settings_that_contradict_each_other() {
    check(
        "id = \"web-asg\"",
        "id = \" \"",
        &["setpoint.toml:10:6: C010: `id` is empty: it is the target's name at the provider"],
    );
    check(
        "url = \"http://",
        "timeout = \"20s\"\nurl = \"http://",
        &[
            "setpoint.toml:4:11: C010: `timeout` is 20s, a pass is made every 15s; write more than 0s and at most 15s",
        ],
    );
    check(
        "query = \"avg(cpu)\"",
        "query = \"avg(cpu)\", max_age = \"1s\"",
        &[
            "setpoint.toml:15:66: C010: `max_age` is 1s, and a sample comes every 15s; the input would be missing most of the time: allow more",
        ],
    );
    check(
        "query = \"avg(cpu)\"",
        "query = \"avg(cpu)\", empty = \"none\"",
        &["setpoint.toml:15:64: C010: `empty` is \"none\"; there are `hold`, `zero`"],
    );
}

#[test]
fn a_range_that_the_policy_empties_is_a_fault() {
    check(
        "min = 2",
        "min = 150",
        &[
            "setpoint.toml:16:21: C014: `web` has an empty range: no size is left: the policy allows at most 100, the configuration 150..200; widen one of them",
        ],
    );
}

#[test]
fn a_target_of_another_kind_is_a_fault() {
    check(
        "kind = \"group\"\nprovider = \"aws\"\nid = \"web-asg\"\nmin = 2\nmax = 200",
        "kind = \"database\"\nprovider = \"aws\"\nid = \"web-asg\"\nmax_replicas = 2",
        &["setpoint.toml:15:21: C017: `web` is a database, the policy needs a group"],
    );
}

#[test]
fn known_words_that_this_version_does_not_act_on_are_said_to_be_so() {
    check(
        "kind = \"scrape\"",
        "kind = \"otlp\"",
        &[
            "setpoint.toml:3:8: C013: kind \"otlp\" is not supported by this version yet; this version knows `scrape`, `prometheus`, `alertmanager`, `http-json`, `probe`, `cloudwatch`, `azure-monitor` and `kubernetes`",
        ],
    );
    check(
        "kind = \"scrape\"",
        "kind = \"scarpe\"",
        &["setpoint.toml:3:8: C012: there is no kind \"scarpe\"; did you mean `scrape`?"],
    );
    check(
        "[sources.app]",
        "[coordination]\nkind = \"etcd\"\n[sources.app]",
        &[
            "setpoint.toml:3:8: C013: kind \"etcd\" is not supported by this version yet; this version knows `file`",
        ],
    );
}

#[test]
fn variables_are_expanded_in_values_and_never_become_anything_else() {
    let text = GOOD.replace(":9100", ":${PORT}").replace("web-asg", "${SECRET}");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults, "");
    let config = config.unwrap();
    let SourceKind::Scrape(Web { url, .. }) = &config.sources["app"].kind else { panic!() };
    assert_eq!(url.as_str(), "http://127.0.0.1:9100/metrics");
    assert_eq!(config.targets["web"].which, Which::One("hunter2 \" ]".to_owned()));
    check(
        ":9100",
        ":${PROT}",
        &[
            "setpoint.toml:4:7: C009: the variable `PROT` is not set; set `PROT` where the agent is started, or write `$${PROT}` to mean just that",
        ],
    );
}

#[test]
fn what_a_variable_holds_is_never_shown() {
    for told in ["http://127.0.0.1:9100/metrics", "avg(cpu)", "eu-west-1", "group"] {
        let text = GOOD.replace(told, "${SECRET}");
        let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
        assert!(!faults.is_empty() && !faults.contains("hunter2"), "{faults}");
        assert!(config.is_none());
    }
}

#[test]
fn a_password_in_an_address_is_refused() {
    check(
        "http://127",
        "http://me:secret@127",
        &["setpoint.toml:4:7: C010: an address with a password in it would show it in logs"],
    );
}

#[test]
fn files_in_conf_d_add_to_the_configuration() {
    let (main, part) = GOOD.split_at(GOOD.find("[targets").unwrap());
    let part = part.replace("hold.rhai", "../hold.rhai");
    let files: [(&str, &[u8]); 4] = [
        ("setpoint.toml", main.as_bytes()),
        ("conf.d/web.toml", part.as_bytes()),
        ("conf.d/notes.txt", b"not = toml = at all"),
        ("conf.d/.web.toml", b"an editor's"),
    ];
    let (config, faults) = load_files(&files);
    assert_eq!((faults.as_str(), config.unwrap().targets.len()), ("", 1));
}

#[test]
fn what_is_said_twice_is_shown_twice() {
    let part = b"region = \"us\"\n[targets.web]\nkind = \"group\"\nprovider = \"aws\"\nid = \"x\"\nmin = 0\nmax = 1\n";
    let folder = folder(&[("setpoint.toml", GOOD.as_bytes()), ("conf.d/more.toml", part)]);
    let loaded = load(&folder.path().join("setpoint.toml"), &environment);
    let codes: Vec<_> = loaded.faults.iter().map(ConfigFault::id).collect();
    assert_eq!(codes, ["C011", "C011"]);
    let shown = render(&loaded.faults[1], false).replace(folder.path().to_str().unwrap(), "");
    assert_eq!(
        shown,
        r#"error[C011]: `web` is set twice
 --> /conf.d/more.toml:2:10
  |
2 | [targets.web]
  |          ^^^ here again
  |
 ::: /setpoint.toml:7:10
  |
7 | [targets.web]
  |          --- set here first
  |
  = help: keep one of them"#
    );
    assert!(loaded.config.is_none());
}

#[test]
fn two_policies_of_one_name_are_a_fault() {
    let second = "[[policies]]\nfile = \"hold.rhai\"\n";
    let text = format!("{GOOD}{second}");
    let (_, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert!(
        faults.contains("setpoint.toml:18:8: C011: two policies are called `hold`"),
        "{faults}"
    );
}

#[test]
fn faults_of_a_policy_are_shown_in_its_own_file_and_once() {
    let text = format!("{GOOD}[[policies]]\nname = \"other\"\nfile = \"hold.rhai\"\n");
    let files: [(&str, &[u8]); 2] =
        [("setpoint.toml", text.as_bytes()), ("hold.rhai", b"let x = ;")];
    let (config, faults) = load_files(&files);
    assert!(faults.starts_with("hold.rhai:1:"), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
    assert!(config.is_none());
}

#[track_caller]
fn check_file(content: &[u8], expected: &str) {
    let (config, faults) = load_files(&[("setpoint.toml", content)]);
    assert_eq!(faults.trim_end(), expected);
    assert!(config.is_none());
}

#[test]
fn a_file_that_is_no_configuration_is_named_with_the_remedy() {
    check_file(
        b" \n",
        "setpoint.toml:0:0: C005: setpoint.toml is empty; write at least `region = \"eu-west-1\"`",
    );
    check_file(
        b"region = \"a\xff\"\n",
        "setpoint.toml:0:0: C003: setpoint.toml is not UTF-8: byte 0xff on line 1; save it as UTF-8",
    );
    check_file(
        &vec![b'#'; 1024 * 1024 + 1],
        "setpoint.toml:0:0: C002: setpoint.toml is larger than 1 MiB; is this the file you meant?",
    );
    check_file(
        b"region = \"a\n[x",
        "setpoint.toml:1:12: C004: invalid basic string, expected `\"`",
    );
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let folder = folder(&[]);
    for (path, expected) in [("none.toml", "does not exist"), ("conf.d", "is a directory")] {
        let path = folder.path().join(path);
        let loaded = load(&path, &environment);
        let [fault] = &loaded.faults[..] else { panic!("{:?}", loaded.faults) };
        assert_eq!(fault.message, format!("{} {expected}", path.display()));
    }
    check(
        "hold.rhai",
        "hodl.rhai",
        &[
            "setpoint.toml:14:8: C001: hodl.rhai does not exist; a path is relative to the file that names it",
        ],
    );
}

#[test]
fn a_fault_is_shown_as_rustc_shows_one() {
    let text = GOOD.replace("max = 200", "max = 1");
    let folder = folder(&[("setpoint.toml", text.as_bytes())]);
    let loaded = load(&folder.path().join("setpoint.toml"), &environment);
    let shown = render(&loaded.faults[0], false).replace(folder.path().to_str().unwrap(), "etc");
    assert_eq!(
        shown,
        r#"error[C014]: `min` is 2, above `max`, 1
  --> etc/setpoint.toml:12:7
   |
12 | max = 1
   |       ^
   |
   = help: no size is allowed by this range: widen it"#
    );
}

mod never_panics {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_cut_out_or_put_in(at in 0..GOOD.len(), length in 0..40_usize, put in ".{0,6}") {
            let mut text = GOOD.to_owned();
            text.replace_range(at..(at + length).min(GOOD.len()), &put);
            let folder = folder(&[("setpoint.toml", text.as_bytes())]);
            let loaded = load(&folder.path().join("setpoint.toml"), &environment);
            for fault in &loaded.faults {
                prop_assert!(render(fault, false).contains(fault.id()));
            }
        }
    }
}
