//! What a test's world does: boots, fails, hides, and closes the loop.

use super::{Folder, HEAD, check, findings_in};

#[test]
fn a_failure_that_meets_nothing_is_told() {
    check(
        "inputs = { cpu = 60 }\ntargets = { fleet = 10 }\nrun = \"2m\"\nmax_actions = 0\n\
         fail = [{ at = \"30s\", until = \"1m\", target = \"fleet\", error = \"refused\" }]",
        &["end fail: nothing was asked of fleet from 30s to 1m"],
    );
}

#[test]
fn every_failure_of_a_provider_is_felt() {
    let body = |error: &str, size: u32, next: &str| {
        format!(
            "inputs = {{ cpu = \"90 90\" }}\ntargets = {{ fleet = 10 }}\n\
             fail = [{{ at = \"0s\", target = \"fleet\", error = \"{error}\" }}]\n\
             expect = [{{ at = \"0s\", target = {{ fleet = {size} }} }}, {{ at = \"15s\", {next} }}]"
        )
    };
    let again = "actions = [\"fleet scale_to 15\"]";
    for error in ["throttled", "unavailable", "stale", "refused"] {
        check(&body(error, 10, again), &[]);
    }
    // It was done, though nobody said so: the second time is for 15 members at 90 %.
    check(&body("lost", 15, "actions = [\"fleet scale_to 23\"]"), &[]);
    check(&body("unseen", 10, again), &[]);
}

#[test]
fn what_cannot_be_seen_is_held() {
    check(
        "inputs = { cpu = 90 }\ntargets = { fleet = 10 }\n\
         fail = [{ at = \"0s\", target = \"fleet\", error = \"unseen\" }]\n\
         expect = [{ at = \"0s\", actions = [], held = \"not observed: the test says so\" }]",
        &[],
    );
}

#[test]
fn the_loop_is_closed_over_those_who_serve() {
    check(
        "every = \"30s\"\nsignals = { demand = \"600x2 1200x10\" }\ninputs = { cpu = \"= min(100, demand / fleet)\" }\n\
         targets = { fleet = { at = 10, boot = \"60s\" } }\n\
         expect = [{ at = \"1m30s\", target = { fleet = 17 } }, { at = \"6m30s\", target = { fleet = 20 } }]\n\
         always = [\"cpu <= 100\", \"cpu == min(100, demand / fleet.ready)\"]",
        // The sixteenth pass sees new members only once they have booted.
        &[],
    );
}

#[test]
fn no_one_to_share_the_load_is_no_number() {
    check(
        "inputs = { cpu = \"= 600 / fleet\" }\ntargets = { fleet = { at = 3, ready = 0, boot = \"30s\" } }\nrun = \"30s\"\n\
         expect = [{ at = \"0s\", skipped = \"no number came out\" }, { at = \"30s\", rule = \"hold\" }]",
        &[],
    );
}

#[test]
fn an_empty_answer_means_what_the_binding_says() {
    let body = |binding: &str, expected: &str| {
        format!(
            "inputs = {{ cpu = {{ series = \"60x2 stale\"{binding} }} }}\n\
             targets = {{ fleet = {{ at = 10, settle = \"0s\", stabilise_down = \"0s\" }} }}\n\
             expect = [{{ at = \"45s\", {expected} }}]"
        )
    };
    check(&body("", "actions = [], held = \"the query matched nothing\""), &[]);
    check(&body(", empty = \"zero\"", "actions = [\"fleet scale_to 9\"], rule = \"hold\""), &[]);
}

#[test]
fn a_reading_is_too_old_when_the_binding_says_so() {
    let body = |binding: &str, expected: &str| {
        format!(
            "inputs = {{ fleet.cpu = {{ series = \"90 _x8\"{binding} }} }}\ntargets = {{ fleet = 10 }}\n\
             fail = [{{ at = \"0s\", until = \"1m45s\", target = \"fleet\", error = \"throttled\" }}]\n\
             expect = [{{ at = \"1m45s\", {expected} }}]"
        )
    };
    check(&body("", "actions = [], skipped = \"limit 1m30s\""), &[]);
    check(&body(", max_age = \"5m\"", "actions = [\"fleet scale_to 15\"]"), &[]);
}

#[test]
fn the_clock_shows_what_the_test_says() {
    let policy = r#"const POLICY = #{ about: "x", language: 1, inputs: #{ cpu: #{ unit: "percent" } },
    targets: #{ fleet: #{ kind: "group" } } };
rule "day" when now.between("09:00", "17:00") { fleet.at_least(20); }
rule "used" when m.cpu > 99.percent { fleet.scale_to(30); }
"#;
    for start in
        ["\"2026-11-27T08:59:30Z\"", "2026-11-27T08:59:30Z", "\"2026-11-27T10:59:30+02:00\""]
    {
        let text = format!(
            "policy = \"day.rhai\"\n[[test]]\nname = \"it\"\nstart = {start}\ninputs = {{ cpu = 5 }}\ntargets = {{ fleet = 10 }}\n\
             expect = [{{ at = \"15s\", actions = [] }}, {{ at = \"30s\", actions = [\"fleet scale_to 20\"] }}]"
        );
        let report = Folder::new().with("day.rhai", policy).with("a.test.toml", &text).report();
        assert_eq!(report.count(), (1, 0), "{start}: {report:#?}");
    }
}

#[test]
fn several_policies_share_what_they_name_alike() {
    let floor = r#"const POLICY = #{ about: "x", language: 1, params: #{ goal: "40%" },
    inputs: #{ cpu: #{ unit: "percent" }, rps: #{ unit: "per_second" } },
    targets: #{ fleet: #{ kind: "group", max: 30 } } };
rule "floor" when m.rps > 100.per_second { fleet.at_least(25); }
rule "hold" { fleet.track(m.cpu, p.goal); }
"#;
    let text = r#"policies = ["fleet.rhai", "my-floor.rhai"]
[[test]]
name    = "the larger size wins, within the narrower range"
inputs  = { cpu = 60, my-floor.cpu = 50, my-floor.rps = "0 200x2" }
targets = { fleet = 10 }
expect  = [
    { at = "0s", actions = ["fleet scale_to 13"], rule = "my-floor/hold" },
    { at = "15s", target = { fleet = 25 }, rule = ["floor", "fleet/hold", "my-floor/hold"] },
]
always  = ["fleet <= 30", "fleet.cpu == 60 && my_floor.cpu == 50"]

[[test]]
name    = "each has its own parameters"
inputs  = { cpu = 60, rps = 0 }
params  = { goal = "60%" }
targets = { fleet = 10 }
run     = "1m"
max_actions = 0
"#;
    let report = Folder::new().with("my-floor.rhai", floor).with("a.test.toml", text).report();
    let told: Vec<_> = report.faults().map(ToString::to_string).collect();
    assert_eq!((report.count(), told), ((2, 0), Vec::new()), "{report:#?}");
}

#[test]
fn shared_inputs_are_in_one_unit() {
    let other = r#"const POLICY = #{ about: "x", language: 1, inputs: #{ cpu: #{ unit: "ratio" } },
    targets: #{ fleet: #{ kind: "group" } } };
rule "hold" { fleet.track(m.cpu, 60.percent); }
"#;
    let text = "policies = [\"fleet.rhai\", \"other.rhai\"]\n[[test]]\nname = \"it\"\ninputs = { cpu = 60 }\n\
                targets = { fleet = 10 }\nrun = \"1m\"\nmax_actions = 0";
    let report = Folder::new().with("other.rhai", other).with("a.test.toml", text).report();
    let told: Vec<_> = report.faults().map(|fault| fault.message()).collect();
    assert_eq!(told, ["fleet and other declare `cpu` in different units"]);
}

#[test]
fn a_value_of_each_is_a_series_of_each() {
    const POLICY: &str = r#"const POLICY = #{ about: "x", language: 1,
        inputs: #{ cpu: #{ unit: "percent", per: "member" } },
        targets: #{ fleet: #{ kind: "group" } } };
    rule "hot" when m.cpu.worst > 90.percent { fleet.scale_by(1).because(m.cpu.worst_key); }
    rule "cold" when m.cpu.worst < 20.percent { fleet.scale_by(-1); }"#;
    let check = |body: &str, expected: &[&str]| {
        let targets =
            "targets = { fleet = { at = 10, settle = \"0s\", stabilise_down = \"0s\" } }\n";
        let folder = Folder::new().with("fleet.rhai", POLICY);
        assert_eq!(findings_in(folder, &format!("{targets}{body}")), expected, "{body}");
    };
    check(
        "inputs = { cpu = { a = \"60x1\", b = \"60 95\" } }\n\
         expect = [{ at = \"15s\", actions = [\"fleet scale_to 11\"], rule = \"hot\" }]",
        &[],
    );
    // What is known of some may make it grow, and never shrink.
    check(
        "inputs = { cpu = { a = \"60 _\", b = \"60 95\" } }\n\
         expect = [{ at = \"15s\", actions = [\"fleet scale_to 11\"], rule = \"hot\" }]",
        &[],
    );
    check(
        "inputs = { cpu = { a = \"10\", b = \"10\" } }\n\
         expect = [{ at = \"0s\", actions = [\"fleet scale_to 9\"], rule = \"cold\" }]",
        &[],
    );
    check(
        "inputs = { cpu = { a = \"10\", b = \"_\" } }\n\
         expect = [{ at = \"0s\", actions = [], held = \"some of each\" }]",
        &[],
    );
    check(
        "inputs = { cpu = { a = \"10\", b = \"= fleet * 9.5\" } }\n\
         expect = [{ at = \"0s\", actions = [\"fleet scale_to 11\"], rule = \"hot\" }]",
        &[],
    );
}

#[test]
fn a_calendar_of_a_test_is_that_of_a_configuration() {
    const POLICY: &str = r#"const POLICY = #{ about: "x", language: 1,
        targets: #{ fleet: #{ kind: "group" } } };
    rule "sale" when now.within("sale", 1.minute) { fleet.at_least(20); }"#;
    let folder = || Folder::new().with("fleet.rhai", POLICY);
    let body = |calendars: &str| {
        format!(
            "start = \"2026-11-27T07:58:30Z\"\ntargets = {{ fleet = 10 }}\n{calendars}\
             expect = [{{ at = \"15s\", actions = [] }}, {{ at = \"30s\", actions = [\"fleet scale_to 20\"] }}]"
        )
    };
    let sale = "calendars.sale.periods = [{ from = \"2026-11-27T08:00:00Z\", to = \"2026-11-28T08:00:00Z\" }]\n";
    assert_eq!(findings_in(folder(), &body(sale)), Vec::<String>::new());
    let weekly = "calendars.sale = { zone = \"Europe/Berlin\", weekly = [{ days = \"fri\", from = \"09:00\", to = \"10:00\" }] }\n";
    assert_eq!(findings_in(folder(), &body(weekly)), Vec::<String>::new());
    let report = folder().with("a.test.toml", &format!("{HEAD}{}", body(""))).report();
    let faults: Vec<String> = report.faults().map(ToString::to_string).collect();
    assert!(
        faults.iter().any(|fault| fault.contains("fleet asks the calendar `sale`")),
        "{faults:?}"
    );
}
