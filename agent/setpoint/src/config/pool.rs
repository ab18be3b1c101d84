//! Makes sense of a group on one's own machines: the places of its members, and the programs that
//! start and stop them.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    meaning::or,
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawGroup, RawOwnGroup, RawTarget, RawTargetKind},
};
use setpoint_core::Span;
use setpoint_onprem::{Argv, Ending, Pool, ServerLine, places};

/// How long a member may take to finish what it has, where nothing counts it.
const DRAIN: Span = Span::from_minutes(10);
/// How long one start or stop may take.
const PATIENCE: Span = Span::from_secs(20);
/// The longest that one may take: passes wait for it.
const LONGEST_PATIENCE: Span = Span::from_minutes(5);
/// A server's share of what comes, as HAProxy itself has it.
const WEIGHT: u16 = 1;
/// The largest that HAProxy takes.
const MOST_WEIGHT: u16 = 256;

/// The defaults of such a group's keys, as they are written.
pub(crate) fn defaults() -> [(&'static str, String); 2] {
    [("patience", PATIENCE.to_string()), ("weight", WEIGHT.to_string())]
}

/// What `raw` says of members of its own, if it is a group on one's own machines.
pub(crate) fn pool(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Pool> {
    let RawTargetKind::Group { more, .. } = &raw.kind else { return None };
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    match named?.what.as_ref()? {
        RawProvider::Onprem(_) => own(raw, more, faults),
        RawProvider::Aws(_)
        | RawProvider::Webhook(_)
        | RawProvider::File(_)
        | RawProvider::Systemd(_) => {
            strangers(&more.own, faults);
            None
        }
    }
}

fn own(raw: &RawTarget, more: &RawGroup, faults: &Faults) -> Option<Pool> {
    let Some(id) = raw.id() else {
        let message = "`select` finds nothing at a HAProxy";
        let fault = ConfigFault::new(Code::WrongKind, &raw.provider.place, message);
        faults.push(fault.help("name the backend: `id = \"web\"`"));
        return None;
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if !id.value.chars().all(word) {
        let message = format!("{} is no name of a backend", id.place.written());
        faults.push(ConfigFault::new(Code::BadValue, &id.place, message));
    }
    let RawOwnGroup { members, start, stop, server, weight, patience } = &more.own;
    let missing = |key: &str, example: &str| {
        let message = format!("a group on one's own machines has `{key}`");
        let fault = ConfigFault::new(Code::MissingKey, &raw.provider.place, message);
        faults.push(fault.help(format!("write `{key} = {example}`")));
    };
    let places = match members {
        Some(members) => self::members(members, faults),
        None => {
            missing("members", "[\"10.0.0.[1-20]:8080\"]");
            None
        }
    };
    let program = |key: &str, verb: &str, written: &Option<At<Vec<At<String>>>>| match written {
        Some(written) => argv(key, written, faults),
        None => {
            missing(key, &format!("[\"ssh\", \"{{host}}\", \"systemctl\", \"{verb}\", \"web\"]"));
            None
        }
    };
    let (start, stop) = (program("start", "start", start), program("stop", "stop", stop));
    let ending = match more.sessions.input {
        Some(_) => Ending::Decided,
        None => Ending::After(or(more.sessions.drain.as_ref(), DRAIN)),
    };
    Some(Pool {
        backend: id.value.clone(),
        places: places?,
        start: start?,
        stop: stop?,
        line: ServerLine { weight: self::weight(weight.as_ref(), faults), words: words(server.as_ref(), faults) },
        ending,
        patience: self::patience(patience.as_ref(), faults),
    })
}

fn members(written: &At<Vec<At<String>>>, faults: &Faults) -> Option<Vec<setpoint_onprem::Place>> {
    let bad = |message: &str| ConfigFault::new(Code::BadValue, &written.place, message);
    match places(written.value.iter().map(|text| &*text.value)) {
        Ok(places) if places.is_empty() => {
            let fault = bad("`members` is empty: nothing could ever run");
            faults.push(fault.help("write the places: `[\"10.0.0.[1-20]:8080\"]`"));
            None
        }
        Ok(places) => Some(places),
        Err(why) => {
            faults.push(bad(&format!("`members`: {why}")));
            None
        }
    }
}

fn argv(key: &str, written: &At<Vec<At<String>>>, faults: &Faults) -> Option<Argv> {
    let words = written.value.iter().map(|word| word.value.clone()).collect();
    match Argv::new(words) {
        Ok(argv) => Some(argv),
        Err(why) => {
            let message = format!("`{key}`: {why}");
            let fault = ConfigFault::new(Code::BadValue, &written.place, message);
            faults.push(fault.help("a program and its arguments, which no shell reads"));
            None
        }
    }
}

/// Words of a `server` line; one that could end the command is none.
fn words(written: Option<&At<Vec<At<String>>>>, faults: &Faults) -> Vec<String> {
    let Some(written) = written else { return Vec::new() };
    for word in &written.value {
        let plain = |c: char| c.is_ascii_graphic() && !";\\\"'<".contains(c);
        if word.value.is_empty() || !word.value.chars().all(plain) {
            let message = format!("{} is no word of a `server` line", word.place.written());
            let fault = ConfigFault::new(Code::BadValue, &word.place, message);
            faults.push(fault.help("write each word for itself: `[\"inter\", \"1s\"]`"));
        }
        if matches!(&*word.value, "weight" | "check" | "disabled" | "backup") {
            let message = format!("{} is ours to say", word.place.written());
            let fault = ConfigFault::new(Code::BadValue, &word.place, message);
            faults.push(fault.help("members are always checked; their share is `weight = 1`"));
        }
    }
    written.value.iter().map(|word| word.value.clone()).collect()
}

fn weight(written: Option<&At<u32>>, faults: &Faults) -> u16 {
    let Some(written) = written else { return WEIGHT };
    match u16::try_from(written.value) {
        Ok(weight @ 1..=MOST_WEIGHT) => weight,
        _ => {
            let message = format!("`weight` is {}, out of bounds", written.value);
            let fault = ConfigFault::new(Code::BadValue, &written.place, message);
            faults.push(fault.help(format!("write 1 to {MOST_WEIGHT}")));
            WEIGHT
        }
    }
}

fn patience(written: Option<&At<Span>>, faults: &Faults) -> Span {
    let Some(written) = written else { return PATIENCE };
    if written.value == Span::ZERO || written.value > LONGEST_PATIENCE {
        let message = format!("`patience` is {}, out of bounds", written.value);
        let fault = ConfigFault::new(Code::BadValue, &written.place, message);
        faults.push(fault.help(format!(
            "write more than 0s and at most {LONGEST_PATIENCE}; a start that takes longer goes on in \
             the background, as with `systemctl start --no-block`"
        )));
    }
    written.value
}

/// Says so of keys that only a group on one's own machines has.
fn strangers(own: &RawOwnGroup, faults: &Faults) {
    let RawOwnGroup { members, start, stop, server, weight, patience } = own;
    let lists = [("members", members), ("start", start), ("stop", stop), ("server", server)];
    let lists = lists.into_iter().filter_map(|(key, at)| Some((key, &at.as_ref()?.place)));
    let weight = weight.as_ref().map(|at| ("weight", &at.place));
    let patience = patience.as_ref().map(|at| ("patience", &at.place));
    for (key, place) in lists.chain(weight).chain(patience) {
        let place: &Place = place;
        let message = format!("`{key}` is for a group whose provider is of kind `onprem`");
        faults.push(ConfigFault::new(Code::WrongKind, place, message));
    }
}
