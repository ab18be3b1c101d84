//! Makes sense of a group or database on one's own machines, the places of its members and the
//! programs that start and stop them, and of candidates and destinations among servers.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    meaning::{beside, or},
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawGroup, RawOwn, RawOwnDatabase, RawRollout, RawTarget, RawTargetKind},
    traffic,
};
use setpoint_core::Span;
use setpoint_onprem::{Argv, Cluster, Ending, Fork, Pool, Resource, ServerLine, Split, places};
use std::path::Path;

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

/// How far behind a replica may be that serves readers.
const LAG: Span = Span::from_secs(10);

/// The defaults of such targets' keys, as they are written.
pub(crate) fn defaults() -> [(&'static str, String); 3] {
    [("patience", PATIENCE.to_string()), ("weight", WEIGHT.to_string()), ("lag", LAG.to_string())]
}

/// What `raw` says of members of its own, if it is on one's own machines.
pub(crate) fn own(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<Resource> {
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    let provider = named?.what.as_ref()?;
    let (own, database) = match &raw.kind {
        // One at AWS is read elsewhere; another provider has none, and that is said already.
        RawTargetKind::Rollout { own, .. } => {
            let is_here = matches!(provider, RawProvider::Onprem(_));
            return is_here.then(|| Reader { raw, faults }.split(own))?.map(Resource::Rollout);
        }
        RawTargetKind::Traffic { name, destinations, .. } => {
            let is_here = matches!(provider, RawProvider::Onprem(_));
            let fork = || Reader { raw, faults }.fork(name.as_ref(), destinations);
            return is_here.then(fork)?.map(Resource::Traffic);
        }
        RawTargetKind::Group { more, .. } => (&more.own, None),
        RawTargetKind::Database { own, .. } => (&own.own, Some(&**own)),
        RawTargetKind::Job { .. }
        | RawTargetKind::Volume { .. }
        | RawTargetKind::Flag { .. }
        | RawTargetKind::Setting { .. } => return None,
    };
    match provider {
        RawProvider::Onprem(_) => {}
        RawProvider::Aws(_)
        | RawProvider::Azure(_)
        | RawProvider::Kubernetes(_)
        | RawProvider::Webhook(_)
        | RawProvider::Flags(_)
        | RawProvider::File(_)
        | RawProvider::Systemd(_) => {
            strangers(own, database, faults);
            return None;
        }
    }
    let reader = Reader { raw, faults };
    match &raw.kind {
        RawTargetKind::Group { more, .. } => reader.group(more).map(Resource::Group),
        RawTargetKind::Database { own, .. } => {
            reader.database(own).map(Box::new).map(Resource::Database)
        }
        RawTargetKind::Job { .. }
        | RawTargetKind::Volume { .. }
        | RawTargetKind::Traffic { .. }
        | RawTargetKind::Flag { .. }
        | RawTargetKind::Rollout { .. }
        | RawTargetKind::Setting { .. } => None,
    }
}

/// A target on one's own machines being read.
struct Reader<'a> {
    raw: &'a RawTarget,
    faults: &'a Faults,
}

impl Reader<'_> {
    fn group(&self, more: &RawGroup) -> Option<Pool> {
        let own = &more.own;
        let backend = self.id();
        if let Some(id) = &backend {
            self.plain(id, "-_.:", "no name of a backend");
        }
        let (places, start, stop) =
            (self.places(own), self.program("start", &own.start), self.program("stop", &own.stop));
        let ending = match more.sessions.input {
            Some(_) => Ending::Decided,
            None => Ending::After(or(more.sessions.drain.as_ref(), DRAIN)),
        };
        Some(Pool {
            backend: backend?.value.clone(),
            places: places?,
            start: start?,
            stop: stop?,
            line: self.line(own),
            ending,
            patience: patience(own.patience.as_ref(), self.faults),
        })
    }

    fn database(&self, raw: &RawOwnDatabase) -> Option<Cluster> {
        let (own, id) = (&raw.own, self.id());
        if let Some(id) = &id {
            // It becomes part of the name of a directory and of a replication slot.
            self.plain(id, "-", "no name of a database");
            if id.value.chars().any(|c| c.is_ascii_uppercase()) || id.value.starts_with('-') {
                let fault = self.bad(&id.place, format!("{} is no name", id.place.written()));
                self.faults.push(fault.help("use small letters, digits and `-`"));
            }
        }
        let example = "\"host=127.0.0.1 port=5432 user=setpoint\"";
        let primary = self.required("primary", example, &raw.primary);
        if let Some(uri) = primary.as_ref().filter(|at| at.value.contains("://")) {
            let fault =
                self.bad(&uri.place, "`primary` is written in words, not as an address".into());
            self.faults.push(fault.help(format!("write `primary = {example}`")));
        }
        let folder = self.required("folder", "\"/var/lib/postgresql/replicas\"", &raw.folder);
        let readers = self.required("readers", "\"readers\"", &raw.readers);
        if let Some(readers) = &readers {
            self.plain(readers, "-_.:", "no name of a backend");
        }
        let places = self.places(own);
        let argv = |key: &str, at: &Option<At<Vec<At<String>>>>| {
            at.as_ref().and_then(|at| argv(key, at, self.faults))
        };
        let words = |at: &Option<At<Vec<At<String>>>>| -> Vec<String> {
            at.iter().flat_map(|at| &at.value).map(|word| word.value.clone()).collect()
        };
        let folder = folder?;
        Some(Cluster {
            id: id?.value.clone(),
            primary: primary?.value.clone(),
            folder: beside(&folder.place, Path::new(&folder.value)),
            places: places?,
            launcher: words(&raw.launcher),
            programs: raw.programs.as_ref().map(|at| at.value.clone().into()).unwrap_or_default(),
            backup: words(&raw.backup),
            settings: words(&raw.settings),
            start: argv("start", &own.start),
            stop: argv("stop", &own.stop),
            lag: or(raw.lag.as_ref(), LAG),
            readers: readers?.value.clone(),
            line: self.line(own),
            drain: or(raw.drain.as_ref(), DRAIN),
            patience: patience(own.patience.as_ref(), self.faults),
        })
    }

    fn split(&self, own: &RawRollout) -> Option<Split> {
        let backend = self.id();
        if let Some(id) = &backend {
            self.plain(id, "-_.:", "no name of a backend");
        }
        let candidates = self.required("candidates", "[\"canary-1\"]", &own.candidates);
        if let Some(written) = candidates {
            if written.value.is_empty() {
                let message = "`candidates` is empty: nobody could ever have a share";
                let fault = self.bad(&written.place, message.to_owned());
                self.faults.push(fault.help("name the servers: `[\"canary-1\"]`"));
            }
            written.value.iter().for_each(|name| self.servers(name));
        }
        let file = own.revision_file.as_ref();
        Some(Split {
            backend: backend?.value.clone(),
            candidates: candidates?.value.iter().map(|name| name.value.clone()).collect(),
            revision_file: file.map(|at| beside(&at.place, Path::new(&at.value))),
        })
    }

    fn fork(
        &self,
        name: Option<&At<String>>,
        destinations: &[(At<String>, At<String>)],
    ) -> Option<Fork> {
        let backend = self.id();
        if let Some(id) = &backend {
            self.plain(id, "-_.:", "no name of a backend");
        }
        if let Some(name) = name {
            let message = "`name` is for a traffic of Route 53; here `id` is the backend";
            self.faults.push(ConfigFault::new(Code::WrongKind, &name.place, message));
        }
        traffic::each_its_own(destinations, self.faults);
        destinations.iter().for_each(|(_, servers)| self.servers(servers));
        let own = |(own, id): &(At<String>, At<String>)| (own.value.clone(), id.value.clone());
        Some(Fork {
            backend: backend?.value.clone(),
            destinations: destinations.iter().map(own).collect(),
        })
    }

    /// Says so if it can be no name of a server, nor how the names of some begin.
    fn servers(&self, name: &At<String>) {
        let start = name.value.strip_suffix('*').unwrap_or(&name.value).to_owned();
        let start = At { value: start, place: name.place.clone() };
        self.plain(&start, "-_.:", "no name of a server, nor how some begin");
    }

    fn id(&self) -> Option<&At<String>> {
        let id = self.raw.id();
        if id.is_none() {
            let message = "`select` finds nothing at a HAProxy";
            let place = &self.raw.provider.place;
            let fault = ConfigFault::new(Code::WrongKind, place, message);
            self.faults.push(fault.help("name the backend: `id = \"web\"`"));
        }
        id
    }

    fn plain(&self, text: &At<String>, more: &str, what: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        if text.value.is_empty() || !text.value.chars().all(plain) {
            self.faults.push(self.bad(&text.place, format!("{} is {what}", text.place.written())));
        }
    }

    fn bad(&self, place: &Place, message: String) -> ConfigFault {
        ConfigFault::new(Code::BadValue, place, message)
    }

    fn required<'t, T>(
        &self,
        key: &str,
        example: &str,
        at: &'t Option<At<T>>,
    ) -> Option<&'t At<T>> {
        if at.is_none() {
            let message = format!("a target on one's own machines has `{key}`");
            let fault = ConfigFault::new(Code::MissingKey, &self.raw.provider.place, message);
            self.faults.push(fault.help(format!("write `{key} = {example}`")));
        }
        at.as_ref()
    }

    fn places(&self, own: &RawOwn) -> Option<Vec<setpoint_onprem::Place>> {
        let written = self.required("members", "[\"10.0.0.[1-20]:8080\"]", &own.members)?;
        members(written, self.faults)
    }

    fn program(&self, key: &str, written: &Option<At<Vec<At<String>>>>) -> Option<Argv> {
        let example = format!("[\"ssh\", \"{{host}}\", \"systemctl\", \"{key}\", \"web\"]");
        argv(key, self.required(key, &example, written)?, self.faults)
    }

    fn line(&self, own: &RawOwn) -> ServerLine {
        let weight = weight(own.weight.as_ref(), self.faults);
        ServerLine { weight, words: words(own.server.as_ref(), self.faults) }
    }
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

/// Says so of keys that only a target on one's own machines has.
fn strangers(own: &RawOwn, database: Option<&RawOwnDatabase>, faults: &Faults) {
    let RawOwn { members, start, stop, server, weight, patience } = own;
    fn place<T>(at: &Option<At<T>>) -> Option<&Place> {
        at.as_ref().map(|at| &at.place)
    }
    let mut written = vec![
        ("members", place(members)),
        ("start", place(start)),
        ("stop", place(stop)),
        ("server", place(server)),
        ("weight", place(weight)),
        ("patience", place(patience)),
    ];
    if let Some(raw) = database {
        written.extend([
            ("primary", place(&raw.primary)),
            ("folder", place(&raw.folder)),
            ("readers", place(&raw.readers)),
            ("programs", place(&raw.programs)),
            ("launcher", place(&raw.launcher)),
            ("backup", place(&raw.backup)),
            ("settings", place(&raw.settings)),
            ("lag", place(&raw.lag)),
            ("drain", place(&raw.drain)),
        ]);
    }
    for (key, place) in written.into_iter().filter_map(|(key, place)| Some((key, place?))) {
        let message = format!("`{key}` is for a target whose provider is of kind `onprem`");
        faults.push(ConfigFault::new(Code::WrongKind, place, message));
    }
}
