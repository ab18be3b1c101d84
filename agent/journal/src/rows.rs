//! Decisions for people: a row stands for as many passes as came out the same way.
//!
//! A load that wavers brings a target from one reason to the next and back every few passes.
//! So the rows of a *stretch* stay open beside each other, and a reason that comes back goes on
//! in its row, which tells exactly in which passes it was so (`runs.rs`). A stretch ends with an
//! action, and when there would be too many rows or turns in it.
//!
//! A row that goes on has its numbers and its last pass brought up to date. Of thousands of
//! targets, to do that at every pass would be most of what is written; so only so many rows are
//! brought up to date in a pass, by turns. A row that is left gets its last pass and its count
//! right; whatever begins or comes back is written at once.

use crate::{body::packed, hash::hash, record::Deciding, runs::Runs};
use rusqlite::{Transaction, params};
use setpoint_control::Pass;
use setpoint_core::{Snapshot, TargetName};
use std::{collections::BTreeMap, error::Error as StdError};

type Trouble = Box<dyn StdError + Send + Sync>;

/// How much of a shape's hash is kept.
const MARK: usize = 12;

/// How many rows that go on are brought up to date in a pass.
const A_PASS: usize = 128;

/// How many rows of a target are open at once, at most. Whoever looks for the row of a pass has
/// to look at no more of them.
pub(crate) const A_STRETCH: u32 = 8;

/// How often the reason may change in a stretch: so long do the runs of its rows get.
const TURNS: u32 = 512;

/// The rows of a target that are open.
#[derive(Clone, Debug, Default)]
struct Stretch {
    /// In the order in which they began.
    rows: Vec<Row>,
    /// The one that the last decision is in.
    present: usize,
    /// How often the reason changed.
    turns: u32,
    /// Whether the last decision was an action, like which there is no other.
    is_over: bool,
}

/// A row that is open.
#[derive(Clone, Debug)]
struct Row {
    id: i64,
    shape: String,
    runs: Runs,
    last_wall: i64,
    /// The last pass that the file knows of: it may not know yet how long the row went on.
    written: u64,
}

impl Row {
    fn is_behind(&self) -> bool {
        self.written < self.runs.last()
    }
}

/// The open rows of all targets, as far as they are on disk.
#[derive(Debug, Default)]
pub(crate) struct Rows(BTreeMap<TargetName, Stretch>);

/// Where the decisions of one pass went, in their order.
#[derive(Debug)]
pub(crate) struct Folded(Vec<Step>);

/// Where the decision about one target went.
#[derive(Debug)]
enum Step {
    /// Into a row that was open.
    On { place: usize, is_written: bool },
    /// Into a new one, of the same stretch or of another.
    Begun { id: i64, shape: String, is_apart: bool, is_over: bool },
}

impl Rows {
    /// Writes into which row each decision of `pass` goes.
    pub(crate) fn fold(
        &self,
        transaction: &Transaction<'_>,
        pass: &Pass,
    ) -> Result<Folded, Trouble> {
        let turns = pass.plan.decisions.len().div_ceil(A_PASS).max(1) as u64;
        let mut steps = Vec::with_capacity(pass.plan.decisions.len());
        for (place, deciding) in (0_u64..).zip(Deciding::of(pass)) {
            let stretch = self.0.get(&deciding.decision.target);
            let is_due = (place + pass.snapshot.pass).is_multiple_of(turns);
            steps.push(fold(transaction, stretch, &deciding, (&pass.snapshot, is_due))?);
        }
        Ok(Folded(steps))
    }

    /// Keeps in mind where the decisions of `pass` went: that is on disk now.
    pub(crate) fn keep(&mut self, pass: &Pass, folded: Folded) {
        let wall = pass.snapshot.at.wall.ms();
        for (decision, step) in pass.plan.decisions.iter().zip(folded.0) {
            match self.0.get_mut(&decision.target) {
                Some(stretch) => stretch.keep(step, pass.snapshot.pass, wall),
                None => {
                    let mut stretch = Stretch::default();
                    stretch.keep(step, pass.snapshot.pass, wall);
                    self.0.insert(decision.target.clone(), stretch);
                }
            }
        }
    }

    /// Goes on in none of the rows that were let go of, because the file knew of no pass in them
    /// from `from` on.
    pub(crate) fn let_go(&mut self, from: u64) {
        self.0.retain(|_, stretch| stretch.rows.iter().all(|row| row.written >= from));
    }
}

impl Stretch {
    fn keep(&mut self, step: Step, pass: u64, wall: i64) {
        match step {
            Step::On { place, is_written } => {
                self.turn(place);
                let row = &mut self.rows[place];
                row.runs.push(pass);
                row.last_wall = wall;
                if is_written {
                    row.written = pass;
                }
            }
            Step::Begun { id, shape, is_apart, is_over } => {
                if is_apart {
                    *self = Self::default();
                }
                self.turn(self.rows.len());
                self.is_over = is_over;
                let (runs, last_wall) = (Runs::starting(pass), wall);
                self.rows.push(Row { id, shape, runs, last_wall, written: pass });
            }
        }
    }

    /// Goes over to the row at `place`.
    fn turn(&mut self, place: usize) {
        if place != self.present {
            self.turns += 1;
            let left = &mut self.rows[self.present];
            // It was brought up to date as it was left.
            left.written = left.runs.last();
            self.present = place;
        }
    }

    /// Whether a decision that comes out otherwise than the last belongs elsewhere.
    fn is_full(&self) -> bool {
        self.is_over || self.turns >= TURNS
    }
}

fn fold(
    transaction: &Transaction<'_>,
    stretch: Option<&Stretch>,
    deciding: &Deciding<'_>,
    (snapshot, is_due): (&Snapshot, bool),
) -> Result<Step, Trouble> {
    let shape = deciding.shape();
    let (present, place) = match stretch {
        None => (None, None),
        Some(stretch) => {
            let open = stretch.rows.iter().position(|row| row.shape == shape);
            let open = open.filter(|place| *place == stretch.present || !stretch.is_full());
            (stretch.rows.get(stretch.present), open.map(|place| (place, stretch)))
        }
    };
    let is_left = place.is_none_or(|(place, stretch)| place != stretch.present);
    if let Some(row) = present.filter(|row| is_left && row.is_behind()) {
        let end = "UPDATE decisions SET last_pass = ?2, last_wall = ?3, count = ?4, runs = ?5 \
                   WHERE id = ?1";
        let Row { id, runs, last_wall, .. } = row;
        let ended = params![id, runs.last(), last_wall, runs.count(), runs.written()];
        transaction.prepare_cached(end)?.execute(ended)?;
    }
    if let Some((place, stretch)) = place {
        let is_written = is_left || is_due;
        if is_written {
            extend(transaction, &stretch.rows[place], deciding, snapshot)?;
        }
        return Ok(Step::On { place, is_written });
    }
    let is_over = deciding.is_action();
    let is_apart =
        is_over || stretch.is_none_or(|it| it.is_full() || it.rows.len() >= A_STRETCH as usize);
    let id = begin(transaction, &shape, deciding, snapshot)?;
    Ok(Step::Begun { id, shape, is_apart, is_over })
}

/// Brings a row up to date with a pass that came out the same way.
fn extend(
    transaction: &Transaction<'_>,
    row: &Row,
    deciding: &Deciding<'_>,
    snapshot: &Snapshot,
) -> Result<(), Trouble> {
    let mut runs = row.runs.clone();
    runs.push(snapshot.pass);
    let extend = "UPDATE decisions SET last_pass = ?2, last_wall = ?3, count = ?4, runs = ?5, \
                  record = ?6 WHERE id = ?1";
    let (wall, count, written) = (snapshot.at.wall.ms(), runs.count(), runs.written());
    let now = params![row.id, snapshot.pass, wall, count, written, packed(deciding)?];
    transaction.prepare_cached(extend)?.execute(now)?;
    Ok(())
}

/// Writes the first pass of a row, and gives the row's id.
fn begin(
    transaction: &Transaction<'_>,
    shape: &str,
    deciding: &Deciding<'_>,
    snapshot: &Snapshot,
) -> Result<i64, Trouble> {
    let begin = "INSERT INTO decisions \
                 (target, shape, first_pass, first_wall, last_pass, last_wall, count, record) \
                 VALUES (?1, ?2, ?3, ?4, ?3, ?4, 1, ?5)";
    let target = deciding.decision.target.as_str();
    // Only to tell by: a few letters of its hash do.
    let mark = hash(&shape);
    let mark = mark.get(..MARK).unwrap_or_default();
    let row = params![target, mark, snapshot.pass, snapshot.at.wall.ms(), packed(deciding)?];
    transaction.prepare_cached(begin)?.execute(row)?;
    Ok(transaction.last_insert_rowid())
}
