//! The rival: an AWS-style target tracking policy on the group, and the usual alarm
//! that adds a read replica.
//!
//! It sees the same world through one-minute metrics, as CloudWatch offers them, and
//! acts as the documentation of EC2 Auto Scaling says: out at once and in proportion
//! when the metric is above its target for three minutes, in when it is under 90 % of
//! it for fifteen and nothing warms up. The counts and the 90 % are what its alarms
//! show in practice; they are not documented. A member's warm-up ends here when the
//! member serves, which is as good as it can be configured.
//!
//! AWS does not scale read replicas of plain RDS by itself; the alarm that calls a
//! function is what people build. It adds one when none is being made.

use crate::world::{Metric, World};
use setpoint_core::{Action, Reading, Span, Timestamp};
use std::collections::VecDeque;

/// The set points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetTracking {
    /// The group's CPU, in percent.
    pub cpu: f64,
    /// Connections of the fullest database instance, in percent.
    pub connections: f64,
}

/// Data points above the target that raise the high alarm.
const HIGH: usize = 3;
/// Data points below the low threshold that raise the low alarm.
const LOW: usize = 15;
/// The low threshold as a share of the target.
const LOW_SHARE: f64 = 0.9;

impl TargetTracking {
    /// Keeps `world` for `length`, looking once a minute.
    pub fn keep(self, world: &mut World, length: Span) {
        let mut cpu = Alarm::default();
        let mut connections = Alarm::default();
        let minutes = length.ms() / 60_000;
        for minute in 1..=minutes {
            world.advance_to(Span::from_minutes(minute));
            cpu.note(world.read(Metric::Cpu));
            connections.note(world.read(Metric::Connections));
            self.size_group(world, &cpu);
            self.add_replica(world, &connections);
        }
    }

    fn size_group(self, world: &mut World, cpu: &Alarm) {
        let group = world.group();
        let Some(latest) = cpu.latest() else { return };
        let exact = f64::from(group.ready) * latest / self.cpu;
        let needed = group.own_range.map_or(exact as u32, |range| range.clamp(exact.ceil() as u32));
        let out = cpu.all(HIGH, |value| value > self.cpu) && needed > group.desired;
        let low = LOW_SHARE * self.cpu;
        let calm = group.warming == 0 && cpu.all(LOW, |value| value < low);
        if out || (calm && needed < group.desired) {
            // An answer that is lost or a no: the alarm is still there a minute later.
            drop(world.apply(&Action::Resize { from: group.desired, to: needed }));
        }
    }

    fn add_replica(self, world: &mut World, connections: &Alarm) {
        let high = connections.all(HIGH, |value| value > self.connections);
        if high && !world.is_making_a_replica() {
            let name = format!("alarm-replica-{}", world.database().replicas.len() + 1);
            drop(world.apply(&Action::AddReplica { name }));
        }
    }
}

/// The latest data points of one metric.
#[derive(Debug, Default)]
struct Alarm {
    seen: Option<Timestamp>,
    points: VecDeque<f64>,
}

impl Alarm {
    /// Takes in a data point; one that was seen before, or is missing, changes nothing.
    fn note(&mut self, reading: Reading) {
        let Reading::Sample(sample) = reading else { return };
        if self.seen.is_some_and(|seen| sample.at <= seen) {
            return;
        }
        self.seen = Some(sample.at);
        self.points.push_front(sample.value());
        self.points.truncate(LOW);
    }

    fn latest(&self) -> Option<f64> {
        self.points.front().copied()
    }

    /// Whether the last `n` data points are there and all of them are `so`.
    fn all(&self, n: usize, so: impl Fn(f64) -> bool) -> bool {
        self.points.len() >= n && self.points.iter().take(n).all(|value| so(*value))
    }
}
