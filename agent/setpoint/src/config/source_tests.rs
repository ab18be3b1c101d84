//! Sources of every kind: what is refused, with what advice, and what a good one means.

use super::{
    tests::{GOOD, check, load_files},
    *,
};

const SOURCE: &str = "kind = \"scrape\"\nurl = \"http://127.0.0.1:9100/metrics\"";
const INPUT: &str = "query = \"avg(cpu)\"";

/// The good configuration, its source replaced by `source` and its query by `query`.
fn with(source: &str, query: &str) -> String {
    assert!(GOOD.contains(SOURCE) && GOOD.contains(INPUT));
    GOOD.replacen(SOURCE, source, 1).replacen(INPUT, query, 1)
}

/// The faults of that, without their places.
#[track_caller]
fn refused(source: &str, query: &str, expected: &[&str]) {
    let (config, faults) = load_files(&[("setpoint.toml", with(source, query).as_bytes())]);
    let faults: Vec<&str> =
        faults.lines().filter_map(|line| Some(line.split_once(": ")?.1)).collect();
    assert_eq!(faults, expected);
    assert!(config.is_none(), "a configuration with faults came through");
}

#[track_caller]
fn good(source: &str, query: &str, policy: &str) -> Config {
    let text = with(source, query);
    let files: [(&str, &[u8]); 2] =
        [("setpoint.toml", text.as_bytes()), ("hold.rhai", policy.as_bytes())];
    let (config, faults) = load_files(&files);
    assert_eq!(faults, "");
    config.unwrap()
}

/// A policy with an input in `unit`.
fn policy(unit: &str) -> String {
    format!(
        "const POLICY = #{{ about: \"x\", language: 1, \
         inputs: #{{ cpu: #{{ unit: \"{unit}\" }} }}, \
         targets: #{{ fleet: #{{ kind: \"group\" }} }} }};\n\
         rule \"hold\" {{ fleet.serve(m.cpu, {}); }}",
        if unit == "count" { "10" } else { "10.ms" }
    )
}

const PROM: &str = "kind = \"prometheus\"\nurl = \"http://127.0.0.1:9090\"";

#[test]
fn every_kind_has_its_own_language_of_queries() {
    let input = |config: &Config| config.inputs["hold/cpu"].question.clone();
    let grouped = "query = 'sum by (app) (rate(x[1m]))', pick = { app = \"web\" }";
    let config = good(PROM, grouped, &policy("count"));
    let Question::Server(query) = input(&config) else { panic!("a query of a server") };
    assert!(query.request().contains("min by (app) (timestamp("), "{}", query.request());

    let json = SOURCE.replace("scrape", "http-json");
    let config = good(&json, "query = \"/data/n\", at = \"/data/at\"", &policy("count"));
    assert!(matches!(input(&config), Question::Json(_)));

    let probe = SOURCE.replace("scrape", "probe") + "\nexpect = \"200-204\"";
    let config = good(&probe, "query = \"latency\"", &policy("ms"));
    assert!(matches!(input(&config), Question::Check(_)));
    let SourceKind::Probe { expected, .. } = &config.sources["app"].kind else { panic!("a probe") };
    assert_eq!(expected, &(200..=204));
}

#[test]
fn a_query_in_another_language_or_without_an_age_is_refused() {
    refused(
        PROM,
        "query = 'absent(up)'",
        &["C019: this query cannot be answered: absent() makes a number out of missing samples, \
           and that has no age; bind the series themselves, and say what `empty` means"],
    );
    refused(
        PROM,
        "query = 'vector(0)'",
        &["C019: this query cannot be answered: it reads no series, so nothing tells how old its \
           answer is"],
    );
    refused(
        &SOURCE.replace("scrape", "http-json"),
        "query = 'data.n'",
        &["C019: this query cannot be answered: \"data.n\" is no JSON pointer: write it as \
           /data/queue/length"],
    );
    let probe = SOURCE.replace("scrape", "probe");
    refused(&probe, "query = 'upp'", &["C019: there is no check 'upp'; did you mean `up`?"]);
    refused(
        &probe,
        "query = 'latency'",
        &["C019: 'latency' cannot be told in the unit of this input; \
           the policy's input must have the unit \"ms\" or \"seconds\""],
    );
}

#[test]
fn one_number_is_never_made_of_one_of_each() {
    refused(
        PROM,
        "query = 'cpu', key = \"instance\"",
        &["C006: the policy wants one number of `cpu`, not one of each; \
           leave `key` out, or write `per: \"member\"` in the policy's header"],
    );
}

/// A policy with an input that has a value of each member.
const EACH: &str = "const POLICY = #{ about: \"x\", language: 1, \
    inputs: #{ cpu: #{ unit: \"percent\", per: \"member\" } }, \
    targets: #{ fleet: #{ kind: \"group\" } } };\n\
    rule \"hot\" when m.cpu.worst > 90.percent { fleet.scale_by(1); }";

#[test]
fn a_value_of_each_has_a_key_by_which_it_is_told_apart() {
    let faults = |source: &str, query: &str| {
        let text = with(source, query);
        let files: [(&str, &[u8]); 2] =
            [("setpoint.toml", text.as_bytes()), ("hold.rhai", EACH.as_bytes())];
        load_files(&files).1.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let json = SOURCE.replace("scrape", "http-json");
    for (source, query) in [
        (PROM, "query = 'max by (i) (cpu)', key = \"i\""),
        (SOURCE, "query = 'max by (i) (cpu)', key = \"i\""),
        (&json, "query = '/members/*/cpu', key = \"/id\""),
    ] {
        assert_eq!(faults(source, query), Vec::<String>::new());
        let settings = good(source, query, EACH).program().settings;
        assert_eq!(settings.inputs["hold/cpu"].per, Some(setpoint_core::Per::Member));
    }
    let told = |source: &str, query: &str, why: &str| {
        let faults = faults(source, query);
        assert!(faults.len() == 1 && faults[0].contains(why), "{faults:?}");
    };
    told(PROM, "query = 'cpu'", "C007: `cpu` is a value of each member, and has no `key`");
    told(PROM, "query = 'sum(cpu)', key = \"i\"", "its answer has no label `i`");
    told(SOURCE, "query = 'sum(cpu)', key = \"i\"", "its answer has no label `i`");
    told(&json, "query = '/members', key = \"/id\"", "does not say once where each is");
    let probe = SOURCE.replace("scrape", "probe");
    told(&probe, "query = 'up', key = \"i\"", "a probe checks one service and knows no members");
}

#[test]
fn a_key_that_means_nothing_to_its_kind_is_refused() {
    refused(
        SOURCE,
        "query = 'cpu', pick = { app = \"web\" }, at = \"/at\"",
        &[
            "C006: `pick` means nothing to a source of kind \"scrape\"; leave it out",
            "C006: `at` means nothing to a source of kind \"scrape\"; leave it out",
        ],
    );
    refused(
        &format!("{PROM}\nexpect = \"200\""),
        "query = 'cpu'",
        &[
            "C006: `sources.app` has no key `expect`; there are `kind`, `url`, `headers`, `bearer`, \
           `bearer_file`, `user`, `password`, `password_file`, `ca_file`, `certificate_file`, \
           `key_file`, `sigv4`, `period`, `timeout`",
        ],
    );
}

#[test]
fn credentials_that_contradict_each_other_are_all_told() {
    let more = |lines: &str| format!("{PROM}\n{lines}");
    for (lines, expected) in [
        (
            "bearer = \"x\"\nsigv4 = {}",
            "C011: a request is signed, or it carries a token or a user, not both; keep one of them",
        ),
        (
            "bearer = \"x\"\nbearer_file = \"y\"",
            "C011: `bearer` and `bearer_file` are both set; keep one of them",
        ),
        (
            "bearer = \"x\"\nuser = \"me\"\npassword = \"y\"",
            "C011: both a token and a user are set; keep one of them",
        ),
        (
            "user = \"me\"",
            "C007: `user` has no password; write `password_file = \"a file with it\"`",
        ),
        (
            "password_file = \"x\"",
            "C007: a password without `user`; write `user = \"whose it is\"`",
        ),
        (
            "key_file = \"x\"",
            "C007: a certificate and its key are needed together; \
             write `certificate_file` and `key_file`",
        ),
        (
            "headers = { \"not a name\" = \"x\" }",
            "C010: the header `not a name` cannot be sent; this is not the name of a header",
        ),
        (
            "headers = { Authorization = \"${SECRET}\" }",
            "C010: `authorization` is no header for here: it would hold a secret; \
             write `bearer_file`, or `user` with `password_file`",
        ),
    ] {
        refused(&more(lines), "query = 'cpu'", &[expected]);
    }
    let probe = SOURCE.replace("scrape", "probe") + "\nexpect = \"2xx\"";
    let faults = [
        "C010: `expect` is \"2xx\", which is no status; write one as \"204\", several as \"200-299\"",
        "C019: there is no check 'uup'; did you mean `up`?",
    ];
    refused(&probe, "query = 'uup'", &faults);
}

#[test]
fn credentials_that_others_could_read_are_warned_of() {
    let far = PROM.replace("127.0.0.1", "prom.example.org") + "\nbearer = \"${SECRET}\"";
    let text = with(&far, "query = 'cpu'");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert!(config.is_some());
    assert_eq!(
        faults,
        "setpoint.toml:4:7: C105: the credentials go to prom.example.org:9090 unencrypted; use https\n"
    );
    let near = format!("{PROM}\nbearer = \"${{SECRET}}\"");
    let (_, faults) = load_files(&[("setpoint.toml", with(&near, "query = 'cpu'").as_bytes())]);
    assert_eq!(faults, "");
}

#[test]
fn a_kind_that_is_misspelt_gets_a_suggestion() {
    check(
        "kind = \"scrape\"",
        "kind = \"promethius\"",
        &["setpoint.toml:3:8: C012: there is no kind \"promethius\"; did you mean `prometheus`?"],
    );
}

/// Every word that could be a key is asked for in these files by its name in quotes.
#[test]
fn the_manual_explains_every_key() {
    let manual = include_str!("../../../../docs/configuration.md");
    let read = [
        include_str!("raw.rs"),
        include_str!("raw_provider.rs"),
        include_str!("raw_source.rs"),
        include_str!("raw_target.rs"),
    ]
    .concat();
    let code = read.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_key = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c))
    };
    let explains = |key: &str| {
        manual.contains(&format!("`{key}`"))
            || manual.contains(&format!("[{key}."))
            || manual.contains(&format!("[[{key}]]"))
    };
    let missing: Vec<&str> = words.filter(is_key).filter(|key| !explains(key)).collect();
    assert_eq!(missing, [""; 0], "docs/configuration.md does not explain these");
}
