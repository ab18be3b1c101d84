//! What HAProxy tells of the servers of a backend, read into values.

use crate::{Place, failure::Failure, haproxy::Haproxy};
use setpoint_core::Span;
use std::{collections::BTreeMap, net::SocketAddrV4};

/// One server of a backend, as HAProxy has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) name: String,
    /// Where it is, if that is an IPv4 address.
    pub(crate) place: Option<Place>,
    /// Whether HAProxy sends anybody there, as far as checks go.
    pub(crate) up: bool,
    /// Whether HAProxy checks it at all.
    pub(crate) checked: bool,
    /// Whether it is kept out altogether.
    pub(crate) maint: bool,
    /// Whether it takes nobody new.
    pub(crate) drain: bool,
    /// Its share of what comes.
    pub(crate) weight: u32,
    /// For how long it has been so.
    pub(crate) since: Span,
    /// How often it went down.
    pub(crate) downs: u32,
    /// Who is there, or waits to be.
    pub(crate) sessions: u64,
}

/// Bits of HAProxy's administrative state: forced, inherited and configured maintenance, an
/// address that is not known, a name that was set by hand and is not known.
const MAINT: u32 = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
/// Forced and inherited drain.
const DRAIN: u32 = 0x08 | 0x10;
/// The operational state of a server to which nobody is sent.
const STOPPED: u32 = 0;
/// The bit of a check's state that says that there is one.
const CHECKED: u32 = 0x02;

impl Haproxy {
    /// Every server of `backend`, in HAProxy's order.
    pub(crate) async fn servers(&self, backend: &str) -> Result<Vec<Server>, Failure> {
        let question = format!("show servers state {backend}; show stat {backend} 4 -1");
        let answer = self.ask(&question).await?;
        if answer.contains("Can't find backend") || answer.contains("No such proxy") {
            return Err(Failure::NoBackend(backend.to_owned()));
        }
        if answer.contains("Permission denied") {
            return Err(Failure::Denied);
        }
        read(&answer).map_err(|bad| match bad {
            Bad::Cut => Failure::Cut(self.0.to_string()),
            Bad::Row(row) => Failure::Answer(row),
        })
    }
}

/// What is wrong with an answer.
#[derive(Debug, PartialEq, Eq)]
enum Bad {
    /// Its end is missing.
    Cut,
    /// A line makes no sense.
    Row(String),
}

/// The servers of an answer: the states first, then the statistics.
fn read(answer: &str) -> Result<Vec<Server>, Bad> {
    let (states, stats) = answer.split_once("\n\n").ok_or(Bad::Cut)?;
    let stats = stats.strip_suffix("\n\n").ok_or(Bad::Cut)?;
    let mut lines = states.lines().skip_while(|line| !line.starts_with('#'));
    let header = lines.next().ok_or(Bad::Cut)?.trim_start_matches("# ");
    let columns: Vec<&str> = header.split(' ').collect();
    let counts = counts(stats)?;
    lines.map(|line| server(&columns, line, &counts)).collect()
}

/// What one line of the states says, together with what was counted of it.
fn server(columns: &[&str], line: &str, counts: &BTreeMap<String, Counts>) -> Result<Server, Bad> {
    let bad = || Bad::Row(line.to_owned());
    let cells: BTreeMap<&str, &str> = columns.iter().copied().zip(line.split(' ')).collect();
    let cell = |name: &str| cells.get(name).copied().ok_or_else(bad);
    let number = |name: &str| cell(name)?.parse::<u32>().map_err(|_| bad());
    let (name, admin) = (cell("srv_name")?, number("srv_admin_state")?);
    let counts = counts.get(name).ok_or_else(bad)?;
    let place = format!("{}:{}", cell("srv_addr")?, cell("srv_port")?);
    Ok(Server {
        name: name.to_owned(),
        place: place.parse::<SocketAddrV4>().ok().map(Place::at),
        up: number("srv_op_state")? != STOPPED,
        checked: number("srv_check_state")? & CHECKED != 0,
        maint: admin & MAINT != 0,
        drain: admin & DRAIN != 0,
        weight: number("srv_uweight")?,
        since: Span::from_secs(number("srv_time_since_last_change")?.into()),
        downs: counts.downs,
        sessions: counts.sessions,
    })
}

/// What the statistics count of one server.
#[derive(Debug)]
struct Counts {
    downs: u32,
    sessions: u64,
}

fn counts(stats: &str) -> Result<BTreeMap<String, Counts>, Bad> {
    let mut reader = csv::ReaderBuilder::new().from_reader(stats.as_bytes());
    let columns = reader.headers().map_err(|_| Bad::Cut)?.clone();
    let column = |name: &str| columns.iter().position(|it| it.trim_start_matches("# ") == name);
    let (name, sessions) = (column("svname").ok_or(Bad::Cut)?, column("scur").ok_or(Bad::Cut)?);
    let (waiting, downs) = (column("qcur").ok_or(Bad::Cut)?, column("chkdown").ok_or(Bad::Cut)?);
    let mut counts = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| Bad::Row(error.to_string()))?;
        let number = |column: usize| match row.get(column) {
            None => Err(Bad::Row(row.iter().collect::<Vec<_>>().join(","))),
            // What HAProxy does not count of a server is empty.
            Some("") => Ok(0),
            Some(text) => text.parse::<u64>().map_err(|_| Bad::Row(text.to_owned())),
        };
        let sessions = number(sessions)?.saturating_add(number(waiting)?);
        let downs = u32::try_from(number(downs)?).unwrap_or(u32::MAX);
        counts.insert(row.get(name).unwrap_or_default().to_owned(), Counts { downs, sessions });
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of HAProxy 2.6, with the columns that are read and some that are not.
    fn answer(states: &[&str], stats: &[&str]) -> String {
        let head = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state \
                    srv_uweight srv_iweight srv_time_since_last_change srv_check_state srv_port";
        let columns = "# pxname,svname,qcur,scur,status,chkdown,last_chk,";
        format!("{head}\n{}\n\n{columns}\n{}\n\n", states.join("\n"), stats.join("\n"))
    }

    #[test]
    fn it_reads_states_and_counts_of_each_server() {
        let told = answer(
            &[
                "3 web 1 mine 127.0.0.1 2 0 1 1 7 0 80",
                "3 web 2 sp-10.0.0.1:80 10.0.0.1 0 9 0 0 2 6 80",
            ],
            &["web,mine,0,4,no check,,,", "web,sp-10.0.0.1:80,1,2,DRAIN,3,\"a, b\","],
        );
        let servers = read(&told).unwrap();
        let mine = &servers[0];
        assert_eq!((mine.up, mine.maint, mine.drain, mine.weight), (true, false, false, 1));
        assert_eq!((mine.sessions, mine.downs, mine.since), (4, 0, Span::from_secs(7)));
        assert!(!mine.checked);
        let ours = &servers[1];
        assert_eq!((ours.up, ours.maint, ours.drain, ours.weight), (false, true, true, 0));
        assert_eq!((ours.sessions, ours.downs, ours.checked), (3, 3, true));
        assert_eq!(ours.place, Place::of_server(&ours.name));
    }

    #[test]
    fn every_kind_of_maintenance_and_of_drain_is_told() {
        for (admin, maint, drain) in
            [(0, false, false), (1, true, false), (4, true, false), (32, true, false)]
                .into_iter()
                .chain([(8, false, true), (16, false, true), (9, true, true), (64, true, false)])
        {
            let state = format!("3 web 1 a 10.0.0.1 2 {admin} 1 1 7 6 80");
            let servers = read(&answer(&[&state], &["web,a,0,0,UP,0,,"])).unwrap();
            assert_eq!((servers[0].maint, servers[0].drain), (maint, drain), "{admin}");
        }
    }

    #[test]
    fn an_answer_that_ends_early_is_never_taken_for_a_smaller_backend() {
        let whole = answer(
            &["3 web 1 a 10.0.0.1 2 0 1 1 7 6 80", "3 web 2 b - 2 0 1 1 7 6 80"],
            &["web,a,0,0,UP,0,,", "web,b,0,0,UP,0,,"],
        );
        assert_eq!(read(&whole).unwrap().len(), 2);
        for end in 0..whole.len() - 1 {
            assert!(read(&whole[..end]).is_err(), "cut at {end}: {:?}", &whole[..end]);
        }
    }

    #[test]
    fn a_name_that_is_not_resolved_has_no_place() {
        let told = answer(&["3 web 1 a - 0 32 1 1 7 6 80"], &["web,a,0,0,MAINT,,,"]);
        assert_eq!(read(&told).unwrap()[0].place, None);
    }
}
