//! Every word of the table is one that the checker lets through and the engine obeys.

use crate::bench::{Bench, said};
use setpoint_policies::language::{Arg, On, UNITS, WORDS, Word};

const HEADER: &str = "const POLICY = #{ about: \"x\", language: 1, owner: \"us\", runbook: \"y\",\n\
    inputs: #{ queue: #{ unit: \"count\", window: \"2m\" },\n\
        cpu: #{ unit: \"percent\", per: \"member\" } },\n\
    targets: #{ fleet: #{ kind: \"group\" }, db: #{ kind: \"database\" },\n\
    pool: #{ kind: \"setting\" }, extras: #{ kind: \"flag\" }, checkout: #{ kind: \"rollout\" }, renew: #{ kind: \"job\" }, disk: #{ kind: \"volume\" },\n\
    front: #{ kind: \"traffic\", destinations: [\"aws\", \"azure\"] } } };\n";

/// Some ways to write an argument of this kind.
fn arguments(word: &Word, arg: Arg) -> &'static [&'static str] {
    match arg {
        Arg::Any => &["m.queue", "m.queue.avg(1.minute)"],
        Arg::Same => &["m.queue", "5", "2.5"],
        Arg::Count => &["3", "2.5", "fleet.desired"],
        Arg::CountOrShare => &["3", "2.5", "fleet.desired", "10.percent"],
        Arg::Share => &["0.5", "1", "50.percent"],
        Arg::Destination => &["\"aws\"", "\"azure\""],
        Arg::Shares => &["#{ aws: 80.percent, azure: 0.2 }", "#{ azure: 1 }"],
        Arg::Bytes => &["200.gib", "disk.size * 1.5"],
        Arg::Time | Arg::Window => &["1.minute", "30.seconds * 2"],
        Arg::Text => match word.name {
            "between" => &["\"09:00\""],
            "within" => &["\"sale\""],
            "has" | "alert" => &["\"queue\""],
            _ => &["\"some text\"", "`${fleet.desired} members`"],
        },
    }
}

/// Some ways to say `word`.
fn sayings(word: &Word) -> Vec<String> {
    let on = match word.on {
        On::Inputs => "m.",
        On::Reading | On::Quantity => "m.queue.",
        On::Each => "m.cpu.",
        On::Part => "m.cpu.each[0].",
        On::Number => "5.",
        On::Group => "fleet.",
        On::Database => "db.",
        On::Setting => "pool.",
        On::Flag => "extras.",
        On::Rollout => "checkout.",
        On::Job => "renew.",
        On::Volume => "disk.",
        On::Traffic => "front.",
        On::Opinion => "fleet.at_least(1).",
        On::Alert => "alert(\"queue\").",
        On::Now => "now.",
        On::Nothing => "",
    };
    let Some(args) = word.args else { return vec![format!("{on}{}", word.name)] };
    let ways = args.iter().map(|arg| arguments(word, *arg).len()).max().unwrap_or(1);
    let way = |way: usize| {
        let written = args.iter().map(|arg| {
            let all = arguments(word, *arg);
            all[way % all.len()]
        });
        format!("{on}{}({})", word.name, written.collect::<Vec<_>>().join(", "))
    };
    (0..ways).map(way).collect()
}

#[track_caller]
fn check(saying: &str) {
    let source = format!("{HEADER}rule \"r\" {{ let it = {saying}; fleet.at_least(1); }}");
    let mut bench = Bench::new(&source);
    let mut last = Vec::new();
    for _ in 0..12 {
        let each = [("a", Some(40.0)), ("b", Some(90.0))];
        last = said(&bench.pass_of_each(&[("queue", Some(40.0))], &[("cpu", &each)]));
    }
    assert_eq!(last, ["fired"], "{saying}");
}

#[test]
fn no_word_of_the_table_is_unknown_to_the_engine() {
    for saying in WORDS.iter().flat_map(sayings) {
        check(&saying);
    }
}

#[test]
fn no_unit_of_the_table_is_unknown_to_the_engine() {
    for unit in UNITS {
        check(&format!("5.{}", unit.name));
        check(&format!("2.5.{}", unit.name));
    }
}
