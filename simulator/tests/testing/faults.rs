//! Test files that are wrong: each fault with its place, all of them at once.

use super::{Folder, HEAD};

/// The faults of the test with `body` in its fourth line and on, as `line:column id message`.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    whole(&format!("{HEAD}{body}"), expected);
}

/// The faults of a whole test file.
#[track_caller]
fn whole(text: &str, expected: &[&str]) {
    let report = Folder::new().with("a.test.toml", text).report();
    let told: Vec<String> = report
        .faults()
        .map(|fault| {
            let (line, column) = fault.line_and_column();
            let help = fault.advice().map_or_else(String::new, |help| format!("; {help}"));
            format!("{line}:{column} {} {}{help}", fault.id(), fault.message())
        })
        .collect();
    let same = |(told, expected): (&String, &&str)| told.starts_with(*expected);
    let all = told.len() == expected.len() && told.iter().zip(expected).all(same);
    assert!(all, "told {told:#?}\nnot {expected:#?}");
    assert_eq!(report.tests().count(), 0, "what is not understood is not run");
}

/// What a test needs besides what is wrong with it.
const REST: &str =
    "inputs = { cpu = 60 }\ntargets = { fleet = 10 }\nrun = \"1m\"\nmax_actions = 0\n";

#[track_caller]
fn check_in_passing(body: &str, expected: &[&str]) {
    check(&format!("{body}\n{REST}"), expected);
}

#[test]
fn a_key_that_means_nothing_is_a_fault_wherever_it_is() {
    check_in_passing(
        "evry = \"30s\"",
        &["4:1 T004 `test` has no key `evry`; did you mean `every`?"],
    );
    whole(
        "polici = \"fleet.rhai\"\n[[tests]]\n",
        &[
            "1:1 T004 unknown key `polici`; did you mean `policy`?",
            "1:1 T005 `policy` is missing; write `policy = \"target-cpu.rhai\"`",
            "2:3 T004 unknown key `tests`; did you mean `test`?",
        ],
    );
    check(
        "inputs = { cpu = 60 }\ntargets = { fleet = { at = 10, mim = 3 } }\n\
         expect = [{ at = \"0s\", action = [], actions = [] }]",
        &[
            "5:32 T004 `fleet` has no key `mim`; did you mean `min`?",
            "6:24 T004 `expect` has no key `action`; did you mean `actions`?",
        ],
    );
}

#[test]
fn a_name_that_nothing_has_is_a_fault() {
    check(
        "inputs = { cpu = 60, cpuu = 60 }\ntargets = { fleet = 10, flet = 3 }\nrun = \"1m\"\n\
         params = { gaol = \"60%\" }\nstate = { pases = 3 }\n\
         expect = [\n{ at = \"0s\", actions = [\"fleeet scale_to 3\"] },\n\
         { at = \"0s\", rule = \"holt\" },\n{ at = \"0s\", target = { fleets = 3 } },\n\
         { at = \"0s\", held = { flet = \"x\" } },\n{ at = \"0s\", state = { calme = true } }]\n\
         always = [\"fleet > flet\"]\nfail = [{ at = \"0s\", target = \"fleat\", error = \"throtled\" }]",
        &[
            "4:22 T009 policy `fleet` has no input `cpuu`; did you mean `cpu`?",
            "5:25 T009 no policy has a target `flet`; did you mean `fleet`?",
            "7:12 T009 policy `fleet` has no parameter `gaol`; did you mean `goal`?",
            "8:11 T009 policy `fleet` has no state `pases`; did you mean `passes`?",
            "10:25 T009 no policy has a target `fleeet`; did you mean `fleet`?",
            "11:21 T009 no policy has a rule \"holt\"; did you mean `hold`?",
            "12:25 T009 no policy has a target `fleets`",
            "13:23 T009 no policy has a target `flet`",
            "14:24 T009 policy `fleet` has no state `calme`; did you mean `calm`?",
            "15:20 T009 nothing here is named `flet`; did you mean `fleet`?",
            "16:31 T009 no policy has a target `fleat`",
            "16:48 T009 no provider fails as \"throtled\"; did you mean `throttled`?",
        ],
    );
}

#[test]
fn a_value_of_another_type_is_a_fault() {
    check(
        "every = 30\nrun = \"soon\"\nstart = \"noon\"\ninputs = { cpu = true }\n\
         targets = { fleet = \"ten\" }\nparams = { goal = \"5m\", on = \"maybe\" }\n\
         state = { passes = \"x\" }\nalways = \"fleet > 3\"\nmax_actions = -1",
        &[
            "4:9 T006 `every` takes a text, not a whole number",
            "5:7 T007 `run` is \"soon\", which is no length of time; write it as 250ms",
            "6:9 T007 `start` is noon, which is no time with its offset",
            "7:18 T006 `cpu` takes a series such as \"60x3 74x4\", or a number, not true or false",
            "8:21 T006 `fleet` takes a table, not a text",
            "9:19 T007 '5m' is not a share such as \"60%\"",
            "9:30 T007 'maybe' is not true or false",
            "10:20 T007 'x' is not a whole number",
            "11:10 T006 `always` takes a list, not a text",
            "12:15 T007 `max_actions` is -1, which is no count",
        ],
    );
}

#[test]
fn a_bad_series_is_marked_where_it_is_bad() {
    check(
        "inputs = { cpu = \"60x3 74y4 nan\" }\nsignals = { d = \"\", fleet = 3, cpu = 4 }\n\
         targets = { fleet = 10 }\nmax_actions = 0",
        &[
            "4:24 T010 `74y4` is no part of a series; write `60`",
            "4:29 T010 `nan` is no number; write `_`: nothing was read",
            "5:18 T010 a series without samples",
            "5:21 T008 `fleet` is the name of a target",
            "5:32 T008 `cpu` is the name of an input",
        ],
    );
}

#[test]
fn a_series_that_ends_before_the_test_is_a_fault() {
    check(
        "inputs = { cpu = \"60x3\" }\nsignals = { d = \"1x9\" }\ntargets = { fleet = 10 }\nmax_actions = 0",
        &["4:18 T011 `cpu` ends at 45s, the test at 2m15s; make it 6 longer, by `_x6`"],
    );
}

#[test]
fn a_signal_that_nothing_uses_is_a_fault() {
    check_in_passing("signals = { demand = 5 }", &["4:13 T015 nothing uses the signal `demand`"]);
    check(
        "signals = { demand = \"5x9\" }\ninputs = { cpu = \"= demnd\" }\ntargets = { fleet = 10 }\nmax_actions = 0",
        &["5:21 T009 nothing here is named `demnd`; did you mean `demand`?"],
    );
}

#[test]
fn how_an_input_is_bound_must_make_sense() {
    check(
        "inputs = { cpu = { series = \"60x3\", emty = \"zero\", empty = \"none\", max_age = 5 } }\n\
         targets = { fleet = 10 }\nmax_actions = 0",
        &[
            "4:37 T004 `cpu` has no key `emty`; did you mean `empty`?",
            "4:60 T007 `empty` cannot be \"none\"; there are `hold`, `zero`",
            "4:78 T006 `max_age` takes a text, not a whole number",
        ],
    );
    check(
        "inputs = { cpu = { serie = \"60\" } }\ntargets = { fleet = 10 }\nrun = \"1m\"\nmax_actions = 0",
        &[
            "4:18 T005 `cpu` has no `series`; write `series",
            "4:20 T004 `cpu` has no key `serie`; did you mean `series`?",
        ],
    );
    check(
        "inputs = { night = { cpu = 3 } }\ntargets = { fleet = 10 }\nrun = \"1m\"\nmax_actions = 0",
        &["4:12 T009 there is no policy `night` in this test; there is only `fleet`"],
    );
}

#[test]
fn an_expectation_that_no_pass_reaches_is_a_fault() {
    check(
        "every = \"30s\"\ninputs = { cpu = 60 }\ntargets = { fleet = 10 }\nrun = \"5m\"\n\
         expect = [{ at = \"5m30s\", actions = [] }, { at = \"70s\", actions = [] }]\n\
         fail = [{ at = \"6m\", target = \"fleet\", error = \"stale\" }]",
        &[
            "8:18 T013 no pass reaches 5m30s: the test ends at 5m; make `run` longer",
            "8:50 T013 no pass is made at 1m10s: they are made every 30s; write 1m or 1m30s",
            "9:16 T013 no pass reaches 6m: the test ends at 5m",
        ],
    );
}

#[test]
fn a_bad_expression_is_marked_where_it_is_bad() {
    check(
        "inputs = { cpu = \"= min(100, demand / fleet\" }\ntargets = { fleet = 10 }\n\
         run = \"1m\"\nalways = [\"fleet\", \"fleet >\", \"cpu < 5 && fleet.redy > 3\"]",
        &[
            "4:44 T012 `,` or `)` is missing here",
            "7:12 T012 this is a number, not true or false",
            "7:28 T012 the expression ends too early",
            "7:43 T009 nothing here is named `fleet.redy`; did you mean `fleet.ready`?",
        ],
    );
}

#[test]
fn what_is_left_out_is_a_fault() {
    whole("policy = \"fleet.rhai\"\n", &["1:1 T003 "]);
    whole("", &["1:1 T005 `policy` is missing"]);
    whole(
        "policy = \"fleet.rhai\"\n[[test]]\n",
        &[
            "2:1 T003 the test claims nothing; write `expect`",
            "2:1 T005 `test` has no `name`",
            "2:1 T005 nothing is said of the group `fleet`; write how it stands",
            "2:1 T005 nothing is said of the input `cpu` of fleet; write `inputs.cpu",
        ],
    );
    check(
        "inputs = { cpu = 60 }\ntargets = { fleet = { max = 3 } }\nrun = \"1m\"\n\
         expect = [{ actions = [] }, { at = \"0s\" }]\nfail = [{}]",
        &[
            "5:21 T005 `fleet` has no `at`",
            "7:11 T005 `expect` has no `at`",
            "7:29 T003 it expects nothing; write `actions = []`",
            "8:9 T005 `fail` has no `at`",
            "8:9 T005 `fail` has no `target`",
            "8:9 T005 `fail` has no `error`",
        ],
    );
}

#[test]
fn sizes_and_times_must_make_sense() {
    check(
        "every = \"1ms\"\ninputs = { cpu = 60 }\ntargets = { fleet = { at = 10, min = 5, max = 4, ready = 11 } }\n\
         run = \"1m\"\nmax_actions = 0",
        &[
            "4:9 T007 `every` is 1ms, out of bounds; write 1s to 1h",
            "6:47 T007 `min` is 5, above `max`, 4",
        ],
    );
    check(
        "inputs = { cpu = 60 }\ntargets = { fleet = { at = 10, ready = 11, max = 4000000000, kind = \"database\" } }\n\
         run = \"9999d\"\nmax_actions = 0\nfail = [{ at = \"30s\", until = \"15s\", target = \"fleet\", error = \"lost\" }]",
        &[
            "5:50 T007 4000000000 are too many",
            "5:69 T007 the policy declares a group, not \"database\"",
            "6:7 T007 the test makes",
            "8:9 T007 it ends at 15s, before it begins at 30s",
        ],
    );
    check(
        "inputs = { cpu = 60 }\ntargets = { fleet = 10 }\nexpect = [{ at = \"0s\", actions = [\"fleet grow 3\", \"\"] }]",
        &[
            "6:35 T007 \"fleet grow 3\" is no action; write `fleet scale_to 50`, or `fleet replace m-1`",
            "6:51 T007 \"\" is no action; write the target",
        ],
    );
}

#[test]
fn one_name_is_one_test_and_one_policy() {
    let body = format!("{REST}[[test]]\nname = \"it\"\n{REST}");
    check(&body, &["9:8 T008 two tests are named \"it\""]);
    whole(
        "policies = [\"fleet.rhai\", \"./fleet.rhai\"]\n[[test]]\nname = \"it\"",
        &["1:27 T008 two policies are named `fleet`"],
    );
    whole(
        "policy = \"fleet.rhai\"\npolicies = [\"fleet.rhai\"]\n[[test]]\nname = \"it\"",
        &[
            "1:10 T008 both `policy` and `policies` are given",
            "2:13 T008 two policies are named `fleet`",
        ],
    );
}

#[test]
fn a_policy_that_cannot_be_used_is_told_alone() {
    whole("policy = \"gone.rhai\"\n[[test]]\nname = \"it\"", &["1:10 T001 "]);
    let folder = Folder::new()
        .with("bad.rhai", "const POLICY = #{ about: \"x\", language: 1, inputs: #{ a: #{ unit: \"ells\" } } };\nrule \"r\" {}")
        .with("a.test.toml", "policy = \"bad.rhai\"\n[[test]]\nnonsense = 1");
    let report = folder.report();
    let told: Vec<(String, bool)> = report
        .faults()
        .map(|fault| (fault.id().to_owned(), fault.file().ends_with("bad.rhai")))
        .collect();
    assert_eq!(told, [("P017".to_owned(), true)], "{:?}", report.faults().collect::<Vec<_>>());
}

#[test]
fn what_is_not_toml_is_told_alone() {
    whole("policy = \"fleet.rhai\n[[test]", &["1:21 T002 "]);
    let folder = Folder::new().with("a.test.toml", "");
    std::fs::write(folder.path("a.test.toml"), b"policy = \"\xff\"").unwrap();
    let report = folder.report();
    assert_eq!(report.faults().map(|fault| fault.id()).collect::<Vec<_>>(), ["T001"]);
}

#[test]
fn a_fault_shows_its_line_with_a_caret() {
    let text = format!("{HEAD}inputs = {{ cpuu = 60 }}\n{REST}").replacen(
        "inputs = { cpu = 60 }\n",
        "",
        1,
    );
    let report = Folder::new().with("a.test.toml", &text).report();
    let shown = report.faults().last().unwrap().render(false);
    let expected = "\
error[T009]: policy `fleet` has no input `cpuu`
 --> a.test.toml:4:12
  |
4 | inputs = { cpuu = 60 }
  |            ^^^^
  |
  = help: did you mean `cpu`?";
    let folder = shown.lines().nth(1).unwrap().trim_start_matches(" --> ");
    let folder = folder.strip_suffix("a.test.toml:4:12").unwrap();
    assert_eq!(shown.replace(folder, ""), expected);
}

mod never_panics {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Whatever is cut out of a good test file, or doubled in it, is told and not died of.
        #[test]
        fn on_what_is_left_of_a_test_file(from in 0_usize..900, length in 0_usize..40, twice: bool) {
            let whole = include_str!("../../../policies/library/rds-read-replicas.test.toml");
            let start = whole.floor_char_boundary(from);
            let end = whole.floor_char_boundary(from + length);
            let middle = if twice { &whole[start..end] } else { "" };
            let text = format!("{}{middle}{}", &whole[..start], &whole[if twice { start } else { end }..]);
            let policy = include_str!("../../../policies/library/rds-read-replicas.rhai");
            let folder = Folder::new().with("rds-read-replicas.rhai", policy).with("a.test.toml", &text);
            folder.report();
        }
    }
}
