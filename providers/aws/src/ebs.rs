//! Volumes of Elastic Block Store, through EC2's own query API.
//!
//! Three calls do not justify the SDK of EC2, whose build takes longer than all others
//! together: see docs/decisions/0007. `query/` calls, this file knows what volumes are.

use crate::{
    fault::Fault,
    query::{Element, Query, tags, whole},
    tag,
};
use aws_smithy_types::date_time::{DateTime, Format};
use setpoint_core::{Span, Timestamp, Volume};
use std::collections::BTreeMap;

/// A volume that was modified takes no other change for so long.
/// Source: "Requirements for EBS volume modifications" in the EBS user guide.
const REST: Span = Span::from_minutes(6 * 60);

/// How many volumes are asked for in one call.
const AT_ONCE: usize = 100;

/// Reads and grows volumes.
#[derive(Clone, Debug)]
pub(crate) struct Ebs {
    ec2: Query,
}

impl Ebs {
    pub(crate) const fn new(ec2: Query) -> Self {
        Self { ec2 }
    }

    /// How each of these volumes stands. One that is not there is left out; a part that fails
    /// fails the whole.
    pub(crate) async fn look(&self, ids: &[&str]) -> Result<BTreeMap<String, Volume>, Fault> {
        let mut all = BTreeMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let volumes = self.ec2.call("DescribeVolumes", &those("volume-id", ids)).await?;
            let changes = those("volume-id", ids);
            let changes = self.ec2.call("DescribeVolumesModifications", &changes).await?;
            whole(&volumes, "nextToken")?;
            whole(&changes, "nextToken")?;
            let now = self.ec2.now();
            for volume in volumes.list("volumeSet") {
                let id = volume.text("volumeId").unwrap_or_default();
                let own = |change: &&Element| change.text("volumeId") == Some(id);
                let change = changes.list("volumeModificationSet").filter(own).last();
                all.insert(id.to_owned(), read(volume, change, now)?);
            }
        }
        Ok(all)
    }

    /// Has the volume `id` have `to` GiB; nothing to do if it has.
    pub(crate) async fn grow(&self, id: &str, from: u32, to: u32) -> Result<(), Fault> {
        let found = self.look(&[id]).await?.remove(id);
        let found = found.ok_or_else(|| Fault::Stale(format!("there is no volume {id}")))?;
        if found.size >= to {
            return Ok(());
        }
        if found.size != from {
            return Err(Fault::Stale(format!("it has {} GiB, not {from}", found.size)));
        }
        if let Some(busy) = found.busy {
            return Err(Fault::Stale(format!("it is busy: {busy}")));
        }
        let fields = [("VolumeId".to_owned(), id.to_owned()), ("Size".to_owned(), to.to_string())];
        self.ec2.call("ModifyVolume", &fields).await.map(drop)
    }
}

/// A filter for those with one of these values.
fn those(name: &str, values: &[&str]) -> Vec<(String, String)> {
    let values = values.iter().zip(1..);
    let values = values.map(|(value, n)| (format!("Filter.1.Value.{n}"), (*value).to_owned()));
    [("Filter.1.Name".to_owned(), name.to_owned())].into_iter().chain(values).collect()
}

/// What is described of a volume, and of its last change.
fn read(volume: &Element, change: Option<&Element>, now: Timestamp) -> Result<Volume, Fault> {
    let size = volume.text("size").and_then(|size| size.parse().ok()).filter(|size| *size > 0);
    let none = || Fault::Refused("AWS described a volume without its size".to_owned());
    let tags = tags(volume.list("tagSet"), ("key", "value"));
    let state = volume.text("status").unwrap_or("in no state that is known");
    let busy = match state {
        "available" | "in-use" => change.and_then(|change| resting(change, now)),
        state => Some(state.to_owned()),
    };
    Ok(Volume {
        size: size.ok_or_else(none)?,
        used: None,
        busy,
        paused: tag::paused(tags.into_iter()),
    })
}

/// Why a volume takes no other change after this one.
fn resting(change: &Element, now: Timestamp) -> Option<String> {
    let state = change.text("modificationState").unwrap_or("modified in no way that is known");
    if !matches!(state, "completed" | "failed") {
        return Some(state.to_owned());
    }
    let begun = change.text("startTime")?;
    let begun = DateTime::from_str(begun, Format::DateTimeWithOffset).ok()?.to_millis().ok()?;
    let passed = now.since(Timestamp::from_ms(begun));
    (passed < REST)
        .then(|| format!("modified {passed} ago: the next change {} later", REST.minus(passed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of a volume of 100 GiB in this state, and of its last change.
    #[track_caller]
    fn check(status: &str, change: &str, expected: Option<&str>) {
        let volume = format!(
            "<item><volumeId>vol-1</volumeId><size>100</size><status>{status}</status></item>"
        );
        let volume = Element::parse(volume.as_bytes()).unwrap();
        let change = (!change.is_empty()).then(|| Element::parse(change.as_bytes()).unwrap());
        let now = DateTime::from_str("2026-11-27T12:00:00Z", Format::DateTime).unwrap();
        let now = Timestamp::from_ms(now.to_millis().unwrap());
        let volume = read(&volume, change.as_ref(), now).unwrap();
        assert_eq!((volume.size, volume.busy.as_deref()), (100, expected));
    }

    #[test]
    fn it_is_left_alone_while_its_cloud_works_on_it_and_for_six_hours() {
        let change = |state: &str, time: &str| {
            format!(
                "<item><modificationState>{state}</modificationState><startTime>{time}</startTime></item>"
            )
        };
        check("in-use", "", None);
        check("available", "", None);
        check("creating", "", Some("creating"));
        check("in-use", &change("modifying", "2026-11-27T11:00:00.000Z"), Some("modifying"));
        check("in-use", &change("optimizing", "2026-11-26T11:00:00.000Z"), Some("optimizing"));
        let soon = "modified 5h ago: the next change 1h later";
        check("in-use", &change("completed", "2026-11-27T07:00:00.000Z"), Some(soon));
        check("in-use", &change("completed", "2026-11-27T06:00:00.000Z"), None);
    }
}
