//! The record sets of a zone, in pages that begin where a caller says.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    invalid,
    sets::Key,
    wanted,
};

/// The most record sets on a page.
const MOST: usize = 300;

pub(super) fn sets(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let zone = account.dns.zone(ask)?;
    let most = wanted(ask, MOST)?;
    let start = match (ask.text("name"), ask.text("type"), ask.text("identifier")) {
        (None, None, None) => None,
        (None, _, _) | (Some(_), None, Some(_)) => {
            return Err(invalid("a type is of a name, and an identifier of a type"));
        }
        (Some(name), kind, id) => Some(Key::new(name, kind.unwrap_or_default(), id)),
    };
    let mut rest =
        zone.sets.iter().skip_while(|(key, _)| start.as_ref().is_some_and(|it| *key < it));
    let page = rest.by_ref().take(most).map(|(_, set)| set.told()).collect();
    let next = rest.next().map(|(_, set)| set);
    Ok(Data::map()
        .with("ResourceRecordSets", Data::List("ResourceRecordSet", page))
        .with("IsTruncated", next.is_some())
        .maybe("NextRecordName", next.map(|set| set.name.clone()))
        .maybe("NextRecordType", next.map(|set| set.kind.clone()))
        .maybe("NextRecordIdentifier", next.and_then(|set| set.id.clone()))
        .with("MaxItems", most.to_string()))
}
