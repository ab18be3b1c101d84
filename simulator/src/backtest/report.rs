//! A backtest, for people and for programs.

use super::{Backtest, Life, Lives, Stretch};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The most stretches that are told of each kind.
const MOST: usize = 5;

impl Backtest {
    /// Whether the history tells enough.
    pub fn is_conclusive(&self) -> bool {
        self.lives.is_some()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = self.fit.text();
        for assumed in &self.assumed {
            writeln!(text, "{:<22}{assumed}", "assumed").expect("a string takes text");
        }
        text.push('\n');
        match &self.lives {
            Some(lives) => text.push_str(&lives.text()),
            None => text.push_str("verdict: inconclusive, the history tells too little\n"),
        }
        text
    }

    /// For programs: one JSON object. `results` is as `run` has it, so that `verdict` reads it.
    pub fn json(&self) -> String {
        let fit: Value = serde_json::from_str(&self.fit.json()).unwrap_or_default();
        let results = self
            .lives
            .as_ref()
            .map(|lives| [&lives.today, &lives.policy].map(|life| lives.result(life)).to_vec());
        let change = self.lives.as_ref().map(|lives| {
            let all = |stretches: &[Stretch]| stretches.iter().map(stretch).collect::<Vec<Value>>();
            json!({
                "minutes_over": lives.change.minutes,
                "member_hours": lives.change.member_hours,
                "cost": lives.change.member_hours * lives.price,
                "better": all(&lives.change.better),
                "worse": all(&lives.change.worse),
                "model_cpu_off_points": lives.record.cpu_off,
                "recorded_minutes_over": lives.record.over,
            })
        });
        let report = json!({
            "schema": 1,
            "conclusive": self.is_conclusive(),
            "fit": fit,
            "assumed": self.assumed,
            "scenario": { "name": "backtest", "hash": "" },
            "results": results.unwrap_or_default(),
            "change": change,
        });
        format!("{report:#}\n")
    }
}

fn stretch(stretch: &Stretch) -> Value {
    json!({
        "from": stretch.from.to_string(),
        "lasts_s": stretch.lasts.secs(),
        "minutes": stretch.minutes,
        "rps": stretch.rps,
        "ready_today": stretch.ready.0,
        "ready_policy": stretch.ready.1,
    })
}

impl Lives {
    fn result(&self, life: &Life) -> Value {
        json!({
            "policy": life.name,
            "seed": self.seed,
            "failed_pct": life.score.failed_pct,
            "slow_pct": life.score.slow_pct,
            "minutes_over": life.over(),
            "worst_violation_s": life.score.worst_violation_s,
            "member_hours": life.member_hours,
            "cost": life.member_hours * self.price,
            "adaptations": life.score.adaptations,
            "max_instances": life.score.max_instances,
        })
    }

    fn text(&self) -> String {
        let (today, policy) = (&self.today, &self.policy);
        let mut text = format!("{:<22}{:>14}{:>18}\n", "", today.name, policy.name);
        let mut row = |name: &str, show: &dyn Fn(&Life) -> String, word: &str| {
            let line = format!("{name:<22}{:>14}{:>18}  {word}", show(today), show(policy));
            writeln!(text, "{}", line.trim_end()).expect("a string takes text");
        };
        let percent = |share: f64| format!("{share:.3} %");
        let (minutes, hours) = (self.minutes(), self.hours());
        row("over the objective", &|life| format!("{} min", life.over()), minutes.1);
        row("failed", &|life| percent(life.score.failed_pct), "");
        row("slow", &|life| percent(life.score.slow_pct), "");
        row("member hours", &|life| format!("{:.0}", life.member_hours), hours.1);
        if self.price > 0.0 {
            row("cost", &|life| format!("${:.2}", life.member_hours * self.price), hours.1);
        }
        row("most members", &|life| life.score.max_instances.to_string(), "");
        row("changes of size", &|life| life.score.adaptations.to_string(), "");
        text.push_str(&self.model());
        text.push_str(&told("better", &self.change.better, &policy.name));
        text.push_str(&told("worse", &self.change.worse, &policy.name));
        writeln!(text, "verdict: {}; {}", minutes.0, hours.0).expect("a string takes text");
        text
    }

    /// How far the model is off, for people.
    fn model(&self) -> String {
        let off = self.record.cpu_off.map(|off| format!("CPU off by {off:.1} points (median)"));
        let over =
            self.record.over.map(|over| format!("{over:.0} min over the objective recorded"));
        let told: Vec<String> = off.into_iter().chain(over).collect();
        if told.is_empty() {
            String::new()
        } else {
            format!("model against record  {}\n", told.join(", "))
        }
    }

    /// What to say of minutes over the objective, and a word for it.
    fn minutes(&self) -> (String, &'static str) {
        match self.change.minutes {
            0 => ("as many minutes over the objective".to_owned(), "the same"),
            more @ 1.. => (format!("{more} more minutes over the objective"), "worse"),
            fewer => (format!("{} fewer minutes over the objective", -fewer), "better"),
        }
    }

    /// The same of money, to within a hundredth.
    fn hours(&self) -> (String, &'static str) {
        let (more, all) = (self.change.member_hours, self.today.member_hours.max(1e-9));
        let amount = if self.price > 0.0 {
            format!("${:.2}", more.abs() * self.price)
        } else {
            format!("{:.0} member hours", more.abs())
        };
        let share = 100.0 * more.abs() / all;
        match () {
            () if share < 1.0 => ("as dear".to_owned(), "the same"),
            () if more > 0.0 => (format!("{amount} more ({share:.0} %)"), "worse"),
            () => (format!("{amount} less ({share:.0} %)"), "better"),
        }
    }
}

/// The longest stretches of one kind, a line for each.
fn told(word: &str, stretches: &[Stretch], policy: &str) -> String {
    let mut text = String::new();
    for it in stretches.iter().take(MOST) {
        let (from, lasts, minutes) = (it.from, it.lasts, it.minutes);
        let (old, new) = it.ready;
        writeln!(
            text,
            "{word:<22}{from} for {lasts}: {minutes} min, at {:.0}/s {old} members served, {new} with {policy}",
            it.rps
        )
        .expect("a string takes text");
    }
    if stretches.len() > MOST {
        let more = stretches.len() - MOST;
        writeln!(text, "{:<22}and {more} stretches more", "").expect("a string takes text");
    }
    text
}
