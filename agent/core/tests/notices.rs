//! What people are told: once, anew when it begins anew, and when it is over.

use setpoint_core::{
    Calendars, Contact, Decision, Evaluation, Held, Memory, Moment, Notice, NoticeKind, Objection,
    Plan, PolicyName, RuleName, RuleReport, RuleVerdict, Saying, Settings, Snapshot, Span,
    TargetName, Timestamp, Verdict, notices,
};
use std::collections::BTreeMap;

const EVERY: Span = Span::from_secs(15);

/// What one rule says in one pass.
#[derive(Clone, Copy)]
enum Says {
    /// It fires and says these.
    These(&'static [(NoticeKind, &'static str)]),
    /// Its condition is false.
    Quiet,
    /// It could not be told.
    Skipped,
}

struct Life {
    settings: Settings,
    memory: Memory,
    pass: u64,
}

impl Life {
    fn new() -> Self {
        let settings = Settings {
            region: "here".to_owned(),
            every: EVERY,
            inputs: BTreeMap::new(),
            targets: BTreeMap::new(),
            shadows: BTreeMap::new(),
            calendars: Calendars::default(),
        };
        Self { settings, memory: Memory::default(), pass: 0 }
    }

    fn pass(&mut self, evaluations: &[Evaluation], decided: (&Plan, &[Objection])) -> Vec<Notice> {
        self.pass += 1;
        let ms = self.pass * EVERY.ms();
        let wall = Timestamp::from_ms(i64::try_from(ms).expect("it is before 292 million"));
        let at = Moment { wall, monotonic: Span::from_ms(ms) };
        let snapshot = Snapshot { pass: self.pass, at, ..Snapshot::default() };
        self.memory.absorb(&self.settings, &snapshot);
        let told = notices(&self.settings, &self.memory, evaluations, decided);
        let plan = Plan { notices: told.clone(), ..decided.0.clone() };
        self.memory.remember(&self.settings, &plan, evaluations);
        // What is remembered is what was written down.
        let written = serde_json::to_string(&self.memory).expect("memory is written");
        self.memory = serde_json::from_str(&written).expect("and read");
        told
    }

    /// What is told of a pass in which the only rule of a policy says this.
    #[track_caller]
    fn says(&mut self, says: Says, expected: &[&str]) {
        let told = self.pass(&[evaluation("web", says)], (&Plan::default(), &[]));
        assert_eq!(told.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        for notice in told {
            assert_eq!(notice.contact.owner.as_deref(), Some("owner of web"));
        }
    }

    /// What is told of a pass that ends with this verdict about a target.
    #[track_caller]
    fn ends(&mut self, held: Held, page: Option<&str>, objection: Option<&str>, told: &[&str]) {
        let decision = Decision {
            target: TargetName::new("fleet"),
            seen: String::new(),
            wants: Vec::new(),
            guards: Vec::new(),
            asked: None,
            load: None,
            suspicion: None,
            page: page.map(str::to_owned),
            verdict: Verdict::Held(held),
        };
        let plan = Plan { decisions: vec![decision], ..Plan::default() };
        let objection = objection
            .map(|why| Objection { target: TargetName::new("fleet"), why: why.to_owned() });
        let all: Vec<Objection> = objection.into_iter().collect();
        let found = self.pass(&[], (&plan, &all));
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), told);
    }
}

fn evaluation(policy: &str, says: Says) -> Evaluation {
    let (verdict, said) = match says {
        Says::These(said) => (RuleVerdict::Fired, said),
        Says::Quiet => (RuleVerdict::Quiet, &[][..]),
        Says::Skipped => (RuleVerdict::Skipped { missing: "cpu".to_owned() }, &[][..]),
    };
    let saying = |(kind, text): &(NoticeKind, &str)| Saying {
        kind: *kind,
        text: (*text).to_owned(),
        line: 3,
    };
    let report = RuleReport {
        rule: RuleName::new("slow"),
        line: 2,
        names: [].into(),
        verdict,
        compared: Vec::new(),
        facts: Vec::new(),
        opinions: Vec::new(),
        says: said.iter().map(saying).collect(),
        hold: None,
    };
    Evaluation {
        policy: PolicyName::new(policy),
        contact: Contact { owner: Some(format!("owner of {policy}")), runbook: None }.into(),
        rules: vec![report],
        state: BTreeMap::new(),
        out_of_time: false,
    }
}

use NoticeKind::{Page, Say, Ticket};

#[test]
fn a_rule_that_stays_fired_pages_once_and_again_only_after_it_was_quiet() {
    let mut life = Life::new();
    life.says(Says::Quiet, &[]);
    life.says(Says::These(&[(Page, "p99 is 900 ms")]), &["page web/slow: p99 is 900 ms"]);
    // Numbers change all the time: it is the same page.
    life.says(Says::These(&[(Page, "p99 is 950 ms")]), &[]);
    life.says(Says::Quiet, &["resolved: page web/slow: p99 is 900 ms"]);
    life.says(Says::Quiet, &[]);
    life.says(Says::These(&[(Page, "p99 is 870 ms")]), &["page web/slow: p99 is 870 ms"]);
}

#[test]
fn a_pass_that_cannot_tell_neither_ends_a_page_nor_begins_it_anew() {
    let mut life = Life::new();
    life.says(Says::These(&[(Page, "slow")]), &["page web/slow: slow"]);
    life.says(Says::Skipped, &[]);
    life.says(Says::These(&[(Page, "slow")]), &[]);
    life.says(Says::Skipped, &[]);
    life.says(Says::Quiet, &["resolved: page web/slow: slow"]);
}

#[test]
fn what_one_rule_says_in_several_ways_is_told_apart() {
    let mut life = Life::new();
    let all = &[(Page, "a"), (Ticket, "b"), (Say, "c"), (Page, "d")];
    let told = &["page web/slow: a", "page web/slow: d", "say web/slow: c", "ticket web/slow: b"];
    life.says(Says::These(all), told);
    life.says(
        Says::These(&all[1..3]),
        &["resolved: page web/slow: a", "resolved: page web/slow: d"],
    );
    // Another text in the place of the first is the first again.
    life.says(Says::These(&[(Page, "d"), (Ticket, "b"), (Say, "c")]), &["page web/slow: d"]);
}

#[test]
fn a_policy_that_is_no_more_leaves_nothing_open() {
    let mut life = Life::new();
    life.says(Says::These(&[(Ticket, "slow")]), &["ticket web/slow: slow"]);
    let told = life.pass(&[evaluation("other", Says::Quiet)], (&Plan::default(), &[]));
    assert_eq!(told[0].to_string(), "resolved: ticket web/slow: slow");
    assert!(life.memory.notices.is_empty());
}

#[test]
fn a_policy_that_is_being_tried_tells_nobody() {
    let mut life = Life::new();
    life.settings.shadows.insert(PolicyName::new("web"), BTreeMap::new());
    life.says(Says::These(&[(Page, "slow")]), &[]);
}

#[test]
fn what_a_guard_or_the_check_wants_looked_at_is_a_page_until_it_is_seen_to_be_over() {
    let mut life = Life::new();
    life.ends(
        Held::AsWanted,
        Some("growth does not help"),
        None,
        &["page fleet: growth does not help"],
    );
    life.ends(Held::AsWanted, Some("growth does not help"), None, &[]);
    life.ends(Held::NotObserved("timeout".to_owned()), None, None, &[]);
    life.ends(Held::AsWanted, None, None, &["resolved: page fleet: growth does not help"]);
    let refused = Held::Refused("below 2".to_owned());
    let page = "page fleet: the check refuses an action: below 2";
    life.ends(refused.clone(), None, Some("below 2"), &[page]);
    life.ends(refused, None, Some("below 2"), &[]);
    life.ends(Held::AsWanted, None, None, &[&format!("resolved: {page}")]);
}
