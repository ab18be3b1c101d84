//! Is a candidate worse than its baseline? The judge of load tests in CI.
//!
//! A limit says how much worse may be. It is exceeded only where chance alone would hardly
//! bring that about: noise is no regression. Where nothing tells of the noise, numbers are
//! compared as they are, and the verdict says so.
//!
//! ```text
//! files ──► run.rs (k6.rs, ours.rs) ──► Measured ──┐
//! --max ──► limit.rs ──► Limit ────────────────────┴──► judge.rs (interval.rs) ──► Verdict ──► report.rs
//! ```
//!
//! Start reading at [`verdict`].

mod interval;
mod judge;
mod k6;
mod limit;
mod ours;
mod report;
mod run;

pub use judge::{Judged, Outcome};
pub use limit::Limit;

use crate::trouble::Trouble;
use run::Side;
use std::path::PathBuf;

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Results of what stands: one file, or one for each of several runs.
    pub baseline: Vec<PathBuf>,
    /// Results of what is to take its place.
    pub candidate: Vec<PathBuf>,
    /// How much worse it may be.
    pub limits: Vec<Limit>,
    /// The policy whose results are meant, where a file has those of several.
    pub policy: Option<String>,
    /// How sure a verdict must be, 0 to 1: 0.95 lets chance alone exceed a limit once in twenty.
    pub confidence: f64,
    /// Whether what may be worse than its limit by chance alone is refused as well.
    pub strict: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Each limit, in the order in which they were given.
    pub judged: Vec<Judged>,
    /// What somebody should know who reads the figures.
    pub notes: Vec<String>,
    confidence: f64,
    strict: bool,
}

impl Verdict {
    /// Whether no limit is exceeded.
    pub fn passes(&self) -> bool {
        self.judged.iter().all(|judged| self.accepts(judged.outcome))
    }

    fn accepts(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Within => true,
            Outcome::Unsure | Outcome::Noise => !self.strict,
            Outcome::Beyond => false,
        }
    }
}

/// Compares two sides of a load test.
///
/// Fails if a file is not there or not understood, if a measure is in none of them, or if a
/// limit has the wrong unit for its measure.
pub fn verdict(asked: &Asked) -> Result<Verdict, Trouble> {
    let side = |files| Side::read(files, asked.policy.as_deref());
    let (baseline, candidate) = (side(&asked.baseline)?, side(&asked.candidate)?);
    let mut notes = baseline.against(&candidate)?;
    let mut judged = Vec::new();
    for limit in &asked.limits {
        let (old, new) =
            (baseline.measured(limit.measure())?, candidate.measured(limit.measure())?);
        judged.push(judge::judge(limit, &old, &new, asked.confidence)?);
    }
    notes.dedup();
    Ok(Verdict { judged, notes, confidence: asked.confidence, strict: asked.strict })
}
