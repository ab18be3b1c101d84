//! Volumes: they only grow, never beyond what is allowed, and never on made-up values.

use crate::life::{self, Life, Said, Turn, action};
use proptest::prelude::*;
use setpoint_core::{Action, Ask, Plan, Range, Seen, Span, TargetSettings, Volume, VolumeSettings};

/// What happens in one pass; the volume is as it was made, unless somebody else grows it.
type Story = life::Story<Option<u32>>;

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let said = prop_oneof![
        3 => Just(Said::Quiet),
        6 => (0_u32..700).prop_map(|to| Said::Asks(Ask::GrowTo(to))),
        2 => (0_u32..700).prop_map(|to| Said::Supposes(Ask::GrowTo(to))),
        1 => Just(Said::Skipped),
        1 => Just(Said::Failed),
    ];
    life::stories(80, said, 1..3, prop::option::weighted(0.03, 1_u32..600))
}

fn bounds(quick: bool) -> VolumeSettings {
    let defaults = VolumeSettings::new(Range::new(20, 500).unwrap());
    let cooldown_up = if quick { Span::ZERO } else { defaults.cooldown_up };
    VolumeSettings { cooldown_up, ..defaults }
}

struct World {
    life: Life,
    size: u32,
}

impl World {
    fn new(bounds: VolumeSettings) -> Self {
        Self { life: Life::new(TargetSettings::Volume(bounds)), size: 100 }
    }

    fn turn(&mut self, story: &Story) -> (Turn, Plan) {
        self.size = story.own.unwrap_or(self.size);
        let turn = story.turn("optimizing", |busy| {
            Seen::Volume(Volume { size: self.size, busy, ..Volume::default() })
        });
        let plan = self.life.turn(&turn);
        if let Some((_, to)) = grow(&plan).filter(|_| turn.takes_effect()) {
            self.size = to;
        }
        (turn, plan)
    }
}

fn grow(plan: &Plan) -> Option<(u32, u32)> {
    let action = action(plan)?;
    let Action::Grow { from, to } = action else { panic!("{action:?}") };
    Some((from, to))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_volume_never_shrinks_and_never_grows_beyond_its_range(
        quick in any::<bool>(), stories in stories(),
    ) {
        let mut world = World::new(bounds(quick));
        for story in &stories {
            let (turn, plan) = world.turn(story);
            if let Some((from, to)) = grow(&plan) {
                prop_assert!(to > from && to <= 500, "{plan:?}");
                let busy = matches!(&turn.seen, Seen::Volume(volume) if volume.busy.is_some());
                prop_assert!(!busy, "{plan:?}");
            }
        }
    }

    #[test]
    fn it_never_grows_on_what_was_put_in_for_a_missing_value(
        quick in any::<bool>(), stories in stories(),
    ) {
        let mut world = World::new(bounds(quick));
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let asked = turn.said.iter().any(|said| matches!(said, Said::Asks(_)));
            let below = grow(&plan).is_some_and(|(from, _)| from < 20);
            prop_assert!(asked || below || grow(&plan).is_none(), "{plan:?}");
        }
    }
}

/// What a rule that asks for `to` makes of a volume of 100 GiB.
#[track_caller]
fn check(bounds: VolumeSettings, to: u32, expected: Option<u32>) {
    let mut world = World::new(bounds);
    let story = Story::calm(vec![Said::Asks(Ask::GrowTo(to))]);
    assert_eq!(grow(&world.turn(&story).1).map(|(_, to)| to), expected);
}

#[test]
fn it_grows_by_what_its_cloud_takes_and_by_no_more_than_a_step() {
    check(bounds(true), 150, Some(150));
    check(bounds(true), 101, Some(110));
    check(bounds(true), 100, None);
    check(bounds(true), 50, None);
    check(bounds(true), 9999, Some(500));
    check(VolumeSettings { step_up: Some(0.2), ..bounds(true) }, 400, Some(120));
    check(VolumeSettings { range: Range::new(20, 90).unwrap(), ..bounds(true) }, 400, None);
    check(VolumeSettings { range: Range::new(20, 105).unwrap(), ..bounds(true) }, 400, Some(105));
}
