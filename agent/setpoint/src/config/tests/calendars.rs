//! Calendars: what they mean, and what is said of bad ones.

use super::*;

/// The good configuration with a policy that asks a calendar, and `calendars` at its end.
fn with_calendars(calendars: &str) -> (Option<Config>, String) {
    const ASKING: &str = "const POLICY = #{ about: \"x\", language: 1, \
        targets: #{ fleet: #{ kind: \"group\" } } };\n\
        rule \"sale\" when now.within(\"sale\", 30.minutes) { fleet.at_least(20); }";
    let text =
        GOOD.replacen("inputs = { cpu = { source = \"app\", query = \"avg(cpu)\" } }\n", "", 1);
    let text = format!("{text}{calendars}").replacen("[sources.app]", "[sources.none]", 1);
    load_files(&[("setpoint.toml", text.as_bytes()), ("hold.rhai", ASKING.as_bytes())])
}

#[test]
fn a_calendar_means_its_times_by_the_clocks_of_its_zone() {
    let (config, faults) = with_calendars(
        "[calendars.sale]\nzone = \"Europe/Berlin\"\n\
         periods = [{ from = \"2026-11-27T08:00\", to = \"2026-11-28T00:00:00Z\" }]\n\
         weekly = [{ days = \"sat\", from = \"10:00\", to = \"12:00\" }]\n",
    );
    assert!(!faults.contains("calendar"), "{faults}");
    let settings = config.expect("no errors").program().settings;
    let sale = settings.calendars.get("sale").expect("it is there");
    let at = |text: &str| {
        let at: jiff::Timestamp = text.parse().unwrap();
        setpoint_core::Timestamp::from_ms(at.as_millisecond())
    };
    let within = |text: &str| sale.within(at(text), Span::ZERO).is_some();
    assert!(within("2026-11-27T07:00:00Z") && !within("2026-11-27T06:59:00Z"));
    assert!(within("2026-07-04T08:00:00Z") && !within("2026-07-04T10:00:00Z"));
}

#[test]
fn a_calendar_that_is_asked_is_there_and_makes_sense() {
    let faults = |calendars: &str| {
        let (config, faults) = with_calendars(calendars);
        assert!(config.is_none(), "a configuration with faults came through");
        let errors =
            faults.lines().filter(|line| line.contains("alendar") || line.contains("C010"));
        errors.map(|line| line.split_once(": ").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let asks = "C012: policy `hold` asks the calendar `sale`, and there is none";
    assert_eq!(faults(""), [format!("{asks}; write `[calendars.sale]` with its times")]);
    let sales =
        "[calendars.sales]\nweekly = [{ days = \"sat\", from = \"10:00\", to = \"12:00\" }]\n";
    assert_eq!(faults(sales), [format!("{asks}; did you mean `sales`?")]);
    let wrong = "[calendars.sale]\nweekly = [{ days = \"satday\", from = \"10:00\", to = \"12:00\" }]\n\
                 periods = [{ from = \"2026-11-27T08:00:00Z\", to = \"2026-11-27T08:00:00Z\" }]\n";
    assert_eq!(
        faults(wrong),
        [
            "C010: \"satday\" is no day; write \"mon-fri\", \"sat, sun\" or \"mon-sun\"",
            "C010: a time that ends before it starts; write a later `to`",
        ]
    );
    let zone = "[calendars.sale]\nzone = \"Mars\"\nweekly = [{ days = \"sat\", from = \"10:00\", to = \"12:00\" }]\n";
    assert!(faults(zone)[0].starts_with("C010: the time zone \"Mars\" is not known here"));
    let empty = faults("[calendars.sale]\n");
    assert!(empty[0].contains("`calendars.sale` has no `periods`"), "{empty:?}");
}
