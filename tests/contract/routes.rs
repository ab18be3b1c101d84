//! Traffic by Route 53, at a server that takes a change only if it names what there is.

use crate::{
    aws::{REMEDY, TONGUE, scene},
    subject::{Case, Provider, Scene, Step, Way},
    wire::{List, Tongue, Wire},
};
use setpoint_aws::{AwsEyes, AwsHands, Records, Resource};
use setpoint_core::{Action, Shares};
use std::sync::Arc;
use support::{Calls, Ministack, ZONE_NAME, Zone, zone_address, zone_alias};

/// A list of record sets that says by the next one's name that it goes on.
const SETS: List = List {
    first: Calls::Of("ListResourceRecordSets"),
    next: Calls::With("identifier=more"),
    goes_on: |body, _| {
        let more = format!(
            "<IsTruncated>true</IsTruncated><NextRecordName>{ZONE_NAME}.</NextRecordName>\
             <NextRecordType>A</NextRecordType><NextRecordIdentifier>more</NextRecordIdentifier>"
        );
        body.replace("<IsTruncated>false</IsTruncated>", &more)
    },
};

/// Traffic, each in a zone of its own.
pub(crate) struct Routes(Ministack);

fn shares(aws: u32) -> Shares {
    [("aws".to_owned(), aws), ("azure".to_owned(), 100 - aws)].into()
}

impl Provider for Routes {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Ministack::start())
    }

    async fn scene(&self, _: &str, way: Way) -> Scene<Self> {
        let zone = Arc::new(Zone::make(self.0.address()));
        zone.put("set-1", 100, &zone_alias(None));
        zone.put("set-2", 0, &zone_address(None));
        let records = |zone: &str| {
            let own = [("aws", "set-1"), ("azure", "set-2")];
            let destinations = own.map(|(name, id)| (name.to_owned(), id.to_owned())).into();
            let (zone, name) = (zone.to_owned(), ZONE_NAME.to_owned());
            Resource::Traffic(Records { zone, name, destinations })
        };
        let targets = (records(zone.id()), records("ZNOBODY"));
        let moved = Arc::clone(&zone);
        let tongue = Tongue { list: Some(SETS), ..TONGUE };
        let wire =
            Wire::new(self.0.address(), tongue, move || zone.weights()[0]).moved_by(move || {
                moved.put("set-1", 60, &zone_alias(None));
                moved.put("set-2", 40, &zone_address(None));
            });
        let action = Action::Route { from: shares(100), to: shares(40), leaves: true };
        scene((wire, way), targets, Step { from: 100, to: 40, action }).await
    }
}
