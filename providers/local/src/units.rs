//! Units of systemd as jobs, through its own program `systemctl`.
//!
//! systemd has no tokens: a start that is repeated is told from a second one by the run that
//! was seen before it. Where that is no longer the last, the start is stale.

use crate::{failure::Failure, program};
use async_trait::async_trait;
use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Intent, Job, LastRun, Seen, Span, TargetName};
use std::{collections::BTreeMap, ffi::OsString, process::ExitStatus, time::Duration};

/// How long one call of `systemctl` may take.
const DEADLINE: Span = Span::from_secs(5);

/// What is asked of a unit.
const PROPERTIES: &str = "--property=LoadState,ActiveState,SubState,Result,InvocationID,\
                          ExecMainStartTimestampMonotonic";

/// Kinds of units that can be started.
const ENDINGS: [&str; 3] = [".service", ".target", ".timer"];

/// The name of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit(String);

/// A text names no unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no unit: write it as renew.service")]
pub struct NoUnit(String);

impl Unit {
    /// The unit of this name, which is never taken for an option or a pattern.
    pub fn new(name: &str) -> Result<Self, NoUnit> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
        let good = stem.is_some_and(|stem| !stem.is_empty())
            && !name.starts_with(['-', '.'])
            && name.chars().all(plain)
            && name.len() <= 255;
        if good { Ok(Self(name.to_owned())) } else { Err(NoUnit(name.to_owned())) }
    }
}

/// A provider whose targets are units of this machine.
#[derive(Clone, Debug)]
pub struct Units {
    name: String,
    program: OsString,
    deadline: Span,
}

impl Units {
    /// The provider called `name` in the configuration, by this `systemctl`.
    pub fn new(name: &str, program: impl Into<OsString>) -> Self {
        Self { name: name.to_owned(), program: program.into(), deadline: DEADLINE }
    }

    /// The same, with another time for each call.
    #[must_use]
    pub fn within(self, deadline: Span) -> Self {
        Self { deadline, ..self }
    }

    /// Eyes on these units.
    pub fn eyes(&self, targets: BTreeMap<TargetName, Unit>) -> UnitEyes {
        UnitEyes { units: self.clone(), targets }
    }

    /// Hands on these units.
    pub fn hands(&self, targets: BTreeMap<TargetName, Unit>) -> UnitHands {
        UnitHands { units: self.clone(), targets }
    }

    pub(crate) async fn look(&self, unit: &Unit) -> Result<Job, Failure> {
        let told = self.call(&["show", PROPERTIES, "--", &unit.0]).await?;
        job(&told).map_err(|why| Failure::Content(format!("{}: {why}", unit.0)))
    }

    async fn start(&self, unit: &Unit, after: Option<&str>, anew: bool) -> Result<(), Failure> {
        let job = self.look(unit).await?;
        if job.run.as_deref() != after {
            return Err(Failure::Stale("it has been run since".to_owned()));
        }
        if job.last == LastRun::Running && !anew {
            return Err(Failure::Stale("it runs".to_owned()));
        }
        let verb = if anew { "restart" } else { "start" };
        self.call(&[verb, "--no-block", "--", &unit.0]).await.map(drop)
    }

    /// What `systemctl` says, within the deadline. A call that is late is ended.
    async fn call(&self, arguments: &[&str]) -> Result<String, Failure> {
        let program = self.program.to_string_lossy();
        let said = program::run(&self.program, arguments, self.deadline).await?;
        match said.status {
            status if status.success() => Ok(said.out),
            status => {
                let why: String = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
                let why: String = why.chars().take(200).collect();
                Err(no(status, format!("{program} {}: {status}: {why}", arguments[0])))
            }
        }
    }
}

/// What systemctl's end in `status` means, in these `words`.
///
/// Ended by a signal, or with no way to systemd, it may have begun the run or not.
fn no(status: ExitStatus, words: String) -> Failure {
    const NO_WAY: [&str; 4] = [
        "Failed to connect to bus",
        "Connection timed out",
        "Connection reset by peer",
        "Transport endpoint is not connected",
    ];
    /// What systemctl ends with when it is not permitted.
    const NOT_PERMITTED: i32 = 4;
    match status.code() {
        None => Failure::Unreachable(words),
        Some(_) if NO_WAY.iter().any(|way| words.contains(way)) => Failure::Unreachable(words),
        Some(NOT_PERMITTED) => {
            Failure::Refused(format!("{words}; the agent's user must be permitted to start it"))
        }
        Some(_) => Failure::Refused(words),
    }
}

/// What the properties of a unit say of it as a job.
fn job(properties: &str) -> Result<Job, String> {
    let told: BTreeMap<&str, &str> =
        properties.lines().filter_map(|line| line.split_once('=')).collect();
    let say = |name: &str| told.get(name).copied().unwrap_or_default();
    match say("LoadState") {
        "loaded" => {}
        "" => return Err("systemctl says nothing of it".to_owned()),
        state => return Err(format!("the unit is {state}")),
    }
    let went_well = if say("Result") == "success" { LastRun::Ok } else { LastRun::Failed };
    let never = matches!(say("ExecMainStartTimestampMonotonic"), "0" | "");
    let last = match (say("ActiveState"), say("SubState")) {
        ("activating" | "deactivating" | "reloading", _) => LastRun::Running,
        // A unit that stays active after its program has ended is done.
        ("active", "exited") => LastRun::Ok,
        ("active", _) => LastRun::Running,
        ("failed", _) => LastRun::Failed,
        ("inactive", _) if never => LastRun::Never,
        ("inactive", _) => went_well,
        (state, _) => return Err(format!("it is {state:?}, which is no state that is known")),
    };
    let run = Some(say("InvocationID")).filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(Job { last, run, busy: None })
}

/// Looks at units.
#[derive(Debug)]
pub struct UnitEyes {
    units: Units,
    targets: BTreeMap<TargetName, Unit>,
}

#[async_trait]
impl Observe for UnitEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let mut seen = BTreeMap::new();
        // One after the other, so that a machine in trouble is not asked for all at once; the
        // deadline is that of the whole look.
        let looks = async {
            for (name, unit) in &self.targets {
                let looked = self.units.look(unit).await;
                let job = looked.map_or_else(|why| Seen::Nothing(why.to_string()), Seen::Job);
                seen.insert(name.clone(), job);
            }
        };
        let limit = Duration::from_millis(self.units.deadline.ms());
        let late = tokio::time::timeout(limit, looks).await.is_err();
        for name in self.targets.keys().filter(|_| late) {
            let why = Failure::Late(self.units.deadline).to_string();
            seen.entry(name.clone()).or_insert(Seen::Nothing(why));
        }
        seen
    }
}

/// Starts units.
#[derive(Debug)]
pub struct UnitHands {
    units: Units,
    targets: BTreeMap<TargetName, Unit>,
}

impl UnitHands {
    async fn act(&self, intent: &Intent) -> Result<(), Failure> {
        let target = &intent.target;
        let unknown = || Failure::Refused(format!("{target} is no target of this provider"));
        let unit = self.targets.get(target).ok_or_else(unknown)?;
        let Action::Start { after, anew, .. } = &intent.action else {
            let action = &intent.action;
            return Err(Failure::Refused(format!("{target} is a unit, it cannot {action}")));
        };
        self.units.start(unit, after.as_deref(), *anew).await
    }
}

#[async_trait]
impl Act for UnitHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        self.act(intent)
            .await
            .map_err(|failure| ProviderError::of(&self.units.name, intent, failure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of the properties of a unit, in the form that systemd 252 prints them.
    #[track_caller]
    fn check(properties: &str, expected: Result<(LastRun, Option<&str>), &str>) {
        let properties = properties.replace(' ', "\n");
        let job = job(&properties);
        let told = job.as_ref().map(|job| (job.last, job.run.as_deref()));
        assert_eq!(told.map_err(String::as_str), expected, "{properties}");
    }

    #[test]
    fn it_reads_how_the_last_run_of_a_unit_went() {
        let loaded = |rest: &str| format!("LoadState=loaded {rest}");
        check(
            &loaded(
                "ActiveState=inactive SubState=dead Result=success InvocationID= ExecMainStartTimestampMonotonic=0",
            ),
            Ok((LastRun::Never, None)),
        );
        let ran = "InvocationID=ab12 ExecMainStartTimestampMonotonic=81";
        for (state, last) in [
            ("ActiveState=activating SubState=start Result=success", LastRun::Running),
            ("ActiveState=active SubState=running Result=success", LastRun::Running),
            ("ActiveState=active SubState=exited Result=success", LastRun::Ok),
            ("ActiveState=inactive SubState=dead Result=success", LastRun::Ok),
            ("ActiveState=inactive SubState=dead Result=exit-code", LastRun::Failed),
            ("ActiveState=failed SubState=failed Result=exit-code", LastRun::Failed),
        ] {
            check(&loaded(&format!("{state} {ran}")), Ok((last, Some("ab12"))));
        }
        check("LoadState=not-found ActiveState=inactive", Err("the unit is not-found"));
        check("LoadState=masked ActiveState=inactive", Err("the unit is masked"));
        check("", Err("systemctl says nothing of it"));
    }

    #[test]
    fn a_name_is_never_taken_for_an_option_or_a_pattern() {
        for name in ["renew.service", "backup@db.service", "a\\x2db.timer"] {
            assert!(Unit::new(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "renew",
            ".service",
            "--force.service",
            "*.service",
            "a b.service",
            "a;b.service",
            "../a.service",
        ] {
            assert!(Unit::new(name).is_err(), "{name}");
        }
    }
}
