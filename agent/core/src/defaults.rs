//! Every default of the decision, in one table.
//!
//! The settings of targets and inputs are built from the constants here, and the table
//! says of each what it means and where it comes from. The page of the manual is made
//! from the table, so that code and manual cannot part.

use crate::Span;
use std::fmt;

/// One default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DefaultValue {
    /// Its name; where the configuration or a policy's header can set it, the key there.
    pub name: &'static str,
    /// What it is a default of.
    pub of: &'static str,
    /// The value.
    pub value: Amount,
    /// What it means.
    pub meaning: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// The value of a default, with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A share: 0.1 is a tenth.
    Share(f64),
    /// A length of time.
    Time(Span),
    /// A number of members, replicas, actions or turns.
    Count(u32),
    /// One of several words.
    Word(&'static str),
}

impl Amount {
    /// The unit, in a word.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Share(_) => "share",
            Self::Time(_) => "time",
            Self::Count(_) => "count",
            Self::Word(_) => "word",
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(f, "{} %", crate::Short(share * 100.0)),
            Self::Time(span) => write!(f, "{span}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

const SECOND: Span = Span::from_secs(1);

pub(crate) const DEAD_BAND: f64 = 0.10;
pub(crate) const GROWTH_SHARE: f64 = 1.0;
pub(crate) const GROWTH_COUNT: u32 = 4;
pub(crate) const GROWTH_PERIOD: Span = SECOND.times(15);
pub(crate) const SHRINK_SHARE: f64 = 0.10;
pub(crate) const SHRINK_COUNT: u32 = 1;
pub(crate) const STABILISE_DOWN: Span = SECOND.times(300);
pub(crate) const STABILISE_UP: Span = Span::ZERO;
pub(crate) const COOLDOWN_DOWN: Span = SECOND.times(300);
pub(crate) const COOLDOWN_UP: Span = Span::from_minutes(10);
pub(crate) const READY_AFTER: Span = Span::ZERO;
pub(crate) const SETTLE: Span = Span::from_minutes(10);
pub(crate) const GROUP_CONFIRM: Span = Span::from_minutes(15);
pub(crate) const DATABASE_CONFIRM: Span = Span::from_minutes(60);
pub(crate) const STUCK_AFTER: Span = Span::from_minutes(60);
pub(crate) const LEAST_GROWTH: f64 = 0.10;
pub(crate) const SETTING_CONFIRM: Span = Span::from_minutes(5);
pub(crate) const SHORTAGE: Span = Span::from_minutes(15);
pub(crate) const SHORTAGE_SPREADS: Span = Span::from_minutes(60);
pub(crate) const DROP_SHARE: f64 = 0.50;
pub(crate) const DROP_WITHIN: Span = Span::from_minutes(5);
pub(crate) const DROP_HOLD: Span = Span::from_minutes(15);
/// How soon after its confirmation a declared effect must show.
pub const EFFECT_WITHIN: Span = Span::from_minutes(15);
/// Actions without their declared effect until growth is held.
pub const EFFECT_TRIES: u32 = 2;
pub(crate) const SICK_SHARE: f64 = 0.45;
pub(crate) const SICK_COUNT: u32 = 3;
pub(crate) const FOREIGN_RESPECT: Span = Span::from_minutes(30);
pub(crate) const FLAP_TURNS: u32 = 2;
pub(crate) const FLAP_WITHIN: Span = Span::from_minutes(30);
pub(crate) const BUDGET_SHARE: f64 = 0.50;
pub(crate) const BUDGET_WITHIN: Span = Span::from_minutes(60);
pub(crate) const APPROVAL_LASTS: Span = Span::from_minutes(30);
pub(crate) const DRAIN: Span = Span::from_minutes(10);
pub(crate) const SPARE: Span = Span::from_minutes(30);
pub(crate) const DRAIN_AT_ONCE: u32 = 20;
pub(crate) const MAX_AGE_LEAST: Span = SECOND.times(90);
pub(crate) const MAX_AGE_PERIODS: u32 = 3;

pub(crate) const BAKE: Span = Span::from_minutes(10);
pub(crate) const STAGES: [u32; 4] = [5, 25, 50, 100];

/// How long one policy may take in one pass, by the clock on the wall.
pub const POLICY_TIME: Span = Span::from_ms(50);
/// How often one script may take longer in one pass before the rest of what it is bound to is
/// not asked any more.
pub const POLICY_TRIPS: u32 = 3;

const GROUP: &str = "group";
const SETTING: &str = "setting";
const FLAG: &str = "flag";
const ROLLOUT: &str = "rollout";
const BOTH: &str = "group, database";
const TRAFFIC: &str = "traffic";
const ALL: &str = "group, database, setting, flag, rollout, traffic";
const HPA: &str = "Kubernetes' HPA";
const OURS: &str = "ours";

const fn row(
    (name, of): (&'static str, &'static str),
    value: Amount,
    meaning: &'static str,
    source: &'static str,
) -> DefaultValue {
    DefaultValue { name, of, value, meaning, source }
}

/// Every default of the decision, in the order in which a pass meets them.
#[rustfmt::skip]
pub const DEFAULTS: &[DefaultValue] = &[
    row(("max_age", "input"), Amount::Time(MAX_AGE_LEAST), "the least age at which the latest sample counts as missing", OURS),
    row(("max_age periods", "input"), Amount::Count(MAX_AGE_PERIODS), "… or this many periods of its source, if that is longer", OURS),
    row(("policy time", "policy"), Amount::Time(POLICY_TIME), "how long a policy may take in a pass; one that takes longer fails, and its targets do not shrink", OURS),
    row(("policy trips", "policy"), Amount::Count(POLICY_TRIPS), "how often one script may take longer in a pass until nothing else that it is bound to is asked", OURS),
    row(("dead_band", GROUP), Amount::Share(DEAD_BAND), "how far `track` may be off its goal before anything is done", HPA),
    row(("stabilise_down", GROUP), Amount::Time(STABILISE_DOWN), "how long a smaller size must have been asked for", HPA),
    row(("stabilise_up", GROUP), Amount::Time(STABILISE_UP), "how long a larger size must have been asked for", HPA),
    row(("step_up", GROUP), Amount::Share(GROWTH_SHARE), "the most that one step of growth adds, of the size before", HPA),
    row(("step_up count", GROUP), Amount::Count(GROWTH_COUNT), "… or this many members, if that is more", HPA),
    row(("step_up period", GROUP), Amount::Time(GROWTH_PERIOD), "the time in which a step of growth counts", HPA),
    row(("step_down", GROUP), Amount::Share(SHRINK_SHARE), "the most that one action takes, of the size before", "a tenth, as careful operators set it"),
    row(("step_down count", GROUP), Amount::Count(SHRINK_COUNT), "… or this many members, if that is more", OURS),
    row(("shortage", BOTH), Amount::Time(SHORTAGE), "how long after members could last not be had nothing shrinks", "cluster-autoscaler's provisioning timeout"),
    row(("shortage spreads", BOTH), Amount::Time(SHORTAGE_SPREADS), "for how long a shortage of one target counts for the others of its provider", OURS),
    row(("drop", GROUP), Amount::Share(DROP_SHARE), "a load that falls by more than this while errors rise is suspicious", "Slack's outage of January 2021"),
    row(("drop within", GROUP), Amount::Time(DROP_WITHIN), "the time in which it falls", OURS),
    row(("drop hold", GROUP), Amount::Time(DROP_HOLD), "how long nothing shrinks after a suspicious drop", OURS),
    row(("ready_after", GROUP), Amount::Time(READY_AFTER), "how long a ready member takes to carry its load", "EC2 Auto Scaling's instance warm-up"),
    row(("confirm_within", GROUP), Amount::Time(GROUP_CONFIRM), "how long an action may take to show before it counts as lost", OURS),
    row(("confirm_within", "database, volume"), Amount::Time(DATABASE_CONFIRM), "how long a replica may take to serve, or a volume to grow, before the action counts as lost", OURS),
    row(("step_up", "volume"), Amount::Word("none"), "the most that one growth adds, of the size before; as far as is asked for without", OURS),
    row(("least growth", "volume"), Amount::Share(LEAST_GROWTH), "the least that one growth adds, of the size before", "Amazon RDS"),
    row(("stuck_after", "job"), Amount::Time(STUCK_AFTER), "how long a run may take before it counts as stuck", OURS),
    row(("step_up, step_down", SETTING), Amount::Word("none"), "the most that one action changes, of the value before; as far as is asked for without", OURS),
    row(("step_up, step_down", FLAG), Amount::Word("none"), "the most that one action changes, of all users; as far as is asked for without", OURS),
    row(("safe", FLAG), Amount::Word("low"), "the side on which a feature does no harm: off", OURS),
    row(("stages by default", ROLLOUT), Amount::Word("5, 25, 50, 100 %"), "the shares of traffic that `advance` goes through", OURS),
    row(("step_up", ROLLOUT), Amount::Word("none"), "the most that one action raises, of all traffic; as far as is asked for without", OURS),
    row(("step_down", TRAFFIC), Amount::Word("none"), "the most that one action moves, of all users; as far as is asked for without", OURS),
    row(("confirm_within", "setting, flag, rollout, job, traffic"), Amount::Time(SETTING_CONFIRM), "how long a value or a start may take to show before the action counts as lost", OURS),
    row(("cooldown_down", "group, database, setting, flag, traffic"), Amount::Time(COOLDOWN_DOWN), "the time after a confirmed action in which nothing shrinks", "Application Auto Scaling"),
    row(("cooldown_down", ROLLOUT), Amount::Time(BAKE), "how long a stage stands before the next, and another candidate before its first raise", "ours: rates over 5 minutes are of this stage alone, twice over; Flagger takes 1 minute, Argo Rollouts has none"),
    row(("cooldown_up", "database, job, volume"), Amount::Time(COOLDOWN_UP), "the time after a confirmed action before the next replica, start or growth", OURS),
    row(("settle", ALL), Amount::Time(SETTLE), "the time after a first start in which nothing shrinks", "cluster-autoscaler's delay after growth"),
    row(("effect within", BOTH), Amount::Time(EFFECT_WITHIN), "how soon after its confirmation a declared effect must show", OURS),
    row(("effect tries", BOTH), Amount::Count(EFFECT_TRIES), "actions without their declared effect until growth is held and a person is told", OURS),
    row(("sick", ALL), Amount::Share(SICK_SHARE), "the share of members unhealthy, or of targets not observed, above which nothing shrinks", "cluster-autoscaler"),
    row(("sick count", ALL), Amount::Count(SICK_COUNT), "… if there are also more of them than this", "cluster-autoscaler"),
    row(("foreign_respect", ALL), Amount::Time(FOREIGN_RESPECT), "how long a size that somebody else set is not shrunk", OURS),
    row(("flap turns", ALL), Amount::Count(FLAP_TURNS), "changes of direction after which nothing shrinks", OURS),
    row(("flap within", ALL), Amount::Time(FLAP_WITHIN), "the time in which they count", OURS),
    row(("budget", BOTH), Amount::Share(BUDGET_SHARE), "the most of a target that may go within the budget's time; at least one", OURS),
    row(("budget within", BOTH), Amount::Time(BUDGET_WITHIN), "the budget's time", OURS),
    row(("drain", GROUP), Amount::Time(DRAIN), "with `sessions`: how long a member may take to finish them before it is put back into service", OURS),
    row(("spare", GROUP), Amount::Time(SPARE), "with `sessions`: how long a member that was put back is left alone", OURS),
    row(("drain at once", GROUP), Amount::Count(DRAIN_AT_ONCE), "with `sessions`: the most members that one action names", "EC2 Auto Scaling's EnterStandby"),
    row(("approve", ALL), Amount::Word("nothing"), "what waits for a person's approval: `nothing` or `shrink`", OURS),
    row(("approval lasts", ALL), Amount::Time(APPROVAL_LASTS), "how long an approval is valid", OURS),
];

/// The page of the manual.
pub fn defaults_page() -> String {
    use fmt::Write;
    let mut page = String::from(
        "# Defaults\n\nEvery number that the decision uses unless you say otherwise. \
         Made from `agent/core/src/defaults.rs`;\na test fails when the two differ, and \
         `SETPOINT_BLESS=1 cargo nextest run -p setpoint-core defaults` writes this page anew.\n\n\
         | name | of | default | unit | meaning | source |\n|---|---|---|---|---|---|\n",
    );
    for DefaultValue { name, of, value, meaning, source } in DEFAULTS {
        let unit = value.unit();
        writeln!(page, "| {name} | {of} | {value} | {unit} | {meaning} | {source} |")
            .expect("a string accepts writes");
    }
    page
}
