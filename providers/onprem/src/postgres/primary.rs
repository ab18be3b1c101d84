//! What the primary says of itself and of who follows it, asked by `psql`: so passwords, TLS and
//! services are the DBA's own, as libpq has them for every other program.

use super::{Cluster, Replica};
use crate::{failure::Failure, program};
use setpoint_core::Span;
use std::{collections::BTreeMap, path::PathBuf};

/// What is asked: rows of a word, a name and a value, the last of which is the end.
const QUESTION: &str = "\
select 'max', current_setting('max_connections'), '' \
union all select 'folder', current_setting('data_directory', true), '' \
union all select 'stream', application_name, case \
  when state <> 'streaming' or replay_lsn is null then '' \
  when pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) <= 0 then '0' \
  else coalesce(extract(epoch from replay_lag)::text, '') end from pg_stat_replication \
union all select 'slot', slot_name, active::text from pg_replication_slots \
union all select 'end', '', ''";

/// The primary, as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Primary {
    /// Connections that it takes at most.
    pub(crate) max_connections: Option<u32>,
    /// Its data directory, if we may know.
    pub(crate) folder: Option<PathBuf>,
    /// Who follows it, and how far behind, where that is known.
    pub(crate) streams: BTreeMap<String, Option<Span>>,
    /// Replication slots, each with whether somebody uses it.
    pub(crate) slots: BTreeMap<String, bool>,
}

impl Cluster {
    /// What the primary says now.
    pub(crate) async fn ask_primary(&self) -> Result<Primary, Failure> {
        read(&self.sql(QUESTION).await?)
    }

    /// Drops the slot of a replica, if it is there; fails while somebody uses it.
    pub(crate) async fn drop_slot(&self, replica: &Replica) -> Result<(), Failure> {
        let slot = replica.slot();
        let question = format!(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots \
             where slot_name = '{slot}'"
        );
        self.sql(&question).await.map(drop)
    }

    async fn sql(&self, question: &str) -> Result<String, Failure> {
        let database = format!("dbname=postgres {} connect_timeout=5", self.primary);
        let arguments = ["-XAtq", "-w", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", &database, "-c"];
        let words = self.program("psql", arguments.into_iter().chain([question]));
        program::ask(&words, self.patience).await
    }
}

fn read(told: &str) -> Result<Primary, Failure> {
    let bad = |line: &str| Failure::Program(format!("the primary says {line:?}"));
    let (mut primary, mut whole) = (Primary::default(), false);
    for line in told.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [what, name, value] = cells.as_slice() else { return Err(bad(line)) };
        match *what {
            "max" => primary.max_connections = name.parse().ok(),
            "folder" => primary.folder = (!name.is_empty()).then(|| name.into()),
            "stream" => {
                let lag = primary.streams.entry((*name).to_owned()).or_default();
                // One that is being copied follows twice; who replays tells how far.
                *lag = lag.or(seconds(value));
            }
            "slot" => drop(primary.slots.insert((*name).to_owned(), *value == "true")),
            "end" => whole = true,
            _ => return Err(bad(line)),
        }
    }
    match whole {
        true => Ok(primary),
        false => Err(Failure::Program("the primary's answer is not whole".to_owned())),
    }
}

/// A number of seconds with decimals; nothing where it is not known.
fn seconds(text: &str) -> Option<Span> {
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite()).then(|| Span::from_ms((seconds.max(0.0) * 1000.0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_who_follows_and_how_far_behind() {
        let told = "max\t100\t\nfolder\t/data\t\nstream\ta\t0\nstream\tb\t1.5\nstream\tc\t\n\
                    stream\tc\t\nslot\ta\ttrue\nend\t\t\n";
        let primary = read(told).unwrap();
        assert_eq!((primary.max_connections, primary.slots["a"]), (Some(100), true));
        let lag = |name: &str| primary.streams[name];
        assert_eq!(lag("a"), Some(Span::ZERO));
        assert_eq!((lag("b"), lag("c")), (Some(Span::from_ms(1500)), None));
        assert_eq!(primary.folder, Some("/data".into()));
    }

    #[test]
    fn an_answer_without_its_end_is_none() {
        for told in ["", "max\t100\t\n", "max\t100\t\nstream\ta"] {
            assert!(read(told).is_err(), "{told:?}");
        }
    }
}
