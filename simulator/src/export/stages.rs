//! A load as straight lines, which is all that load generators know.

use crate::world::{Load, Shape};
use setpoint_core::Span;

/// A straight line from the rate before to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// How long it takes; zero is a jump.
    pub takes: Span,
    /// Requests per second at its end.
    pub rps: f64,
}

/// The most looks at a load that is no straight lines.
const LOOKS: u64 = 240;

/// The rate at the beginning, and the stages over `length`. Noise and crowds, which come by luck,
/// are not in them.
///
/// A drawn shape and a record are exact; waves and trends are looked at 240 times, and no more than
/// once a minute.
pub fn stages(load: &Load, length: Span) -> (f64, Vec<Stage>) {
    let rps = |at: Span| load.base_rps * load.at(at);
    let every = Span::from_ms((length.ms() / LOOKS).max(60_000));
    let looks = || (1..).map(|nth| every.times(nth)).take_while(|at| *at < length).collect();
    let is_straight = load.trend == 1.0;
    let corners: Vec<Span> = match &load.shape {
        Shape::Steps(steps) => steps.iter().map(|step| step.0).collect(),
        Shape::Points(points) if is_straight => points.iter().map(|point| point.0).collect(),
        Shape::Constant(_) if is_straight => Vec::new(),
        Shape::Points(_) | Shape::Constant(_) | Shape::Diurnal { .. } => looks(),
    };
    let jumps = matches!(load.shape, Shape::Steps(_));
    let mut stages = Vec::new();
    let (start, mut last) = (rps(Span::ZERO), (Span::ZERO, rps(Span::ZERO)));
    let inside = corners.into_iter().filter(|at| (Span::ZERO < *at) && (*at < length));
    for at in inside.chain([length]) {
        let before = if jumps { last.1 } else { rps(at) };
        stages.push(Stage { takes: at.minus(last.0), rps: before });
        last = (at, rps(at));
        if last.1 != before && at < length {
            stages.push(Stage { takes: Span::ZERO, rps: last.1 });
        }
    }
    (start, joined(stages, start))
}

/// Stages that go on at the rate of the one before are one.
fn joined(stages: Vec<Stage>, start: f64) -> Vec<Stage> {
    let mut joined: Vec<Stage> = Vec::new();
    let mut rate = start;
    let mut flat = false;
    for stage in stages {
        let is_flat = stage.rps == rate;
        match joined.last_mut().filter(|_| is_flat && flat) {
            Some(last) => last.takes = last.takes + stage.takes,
            None => joined.push(stage),
        }
        (rate, flat) = (stage.rps, is_flat);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shape: Shape, start: f64, expected: &[(u64, f64)]) {
        let load = Load::new(100.0, shape, 0.05);
        let (from, stages) = stages(&load, Span::from_minutes(60));
        let stages: Vec<_> = stages.iter().map(|it| (it.takes.ms() / 60_000, it.rps)).collect();
        assert_eq!((from, &*stages), (start, expected));
    }

    #[test]
    fn lines_stay_lines_and_steps_become_jumps() {
        let minutes = Span::from_minutes;
        check(Shape::Constant(2.0), 200.0, &[(60, 200.0)]);
        let points = vec![(minutes(10), 1.0), (minutes(20), 10.0), (minutes(90), 10.0)];
        check(Shape::Points(points), 100.0, &[(10, 100.0), (10, 1000.0), (40, 1000.0)]);
        let steps = [(0, 1.0), (5, 1.0), (10, 3.0), (30, 2.0)];
        let steps = steps.map(|(at, factor)| (minutes(at), factor));
        check(
            Shape::Steps(steps.into()),
            100.0,
            &[(10, 100.0), (0, 300.0), (20, 300.0), (0, 200.0), (30, 200.0)],
        );
    }

    #[test]
    fn a_wave_keeps_its_length_and_its_peak() {
        let load = Load::new(100.0, Shape::Diurnal { low: 1.0, high: 3.0 }, 0.0);
        let day = Span::from_minutes(24 * 60);
        let (start, stages) = stages(&load, day);
        assert!((start - 100.0).abs() < 1e-9 && stages.len() <= 240);
        assert_eq!(stages.iter().fold(Span::ZERO, |all, stage| all + stage.takes), day);
        let peak = stages.iter().map(|stage| stage.rps).fold(0.0, f64::max);
        assert!((peak - 300.0).abs() < 0.1, "{peak}");
    }
}
