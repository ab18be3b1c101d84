//! What there is of a replica on this machine: its data directory, and what is wanted of it.

use super::{Cluster, Replica};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What there is of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disk {
    /// What was asked for.
    pub(crate) asked: Asked,
    /// Its data directory.
    pub(crate) data: Data,
    /// Whether a base backup of it is under way.
    pub(crate) copying: bool,
}

/// What was asked for, as it stands beside the data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: whatever is there is not ours.
    Nothing,
    /// It is to be there.
    Wanted,
    /// It is to go.
    Going,
}

/// A data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// There is none.
    None,
    /// A base backup that did not get to its end, or is not there yet.
    Half,
    /// A whole one, of a replica.
    Whole,
    /// A whole one that follows nobody any more: somebody promoted it.
    Promoted,
}

impl Cluster {
    /// What there is of a replica.
    pub(crate) fn disk(&self, replica: &Replica) -> io::Result<Disk> {
        let directory = self.directory(replica);
        let wanted = self.marker(replica, "wanted").try_exists()?;
        let asked = match self.marker(replica, "going").try_exists()? {
            true => Asked::Going,
            false if wanted => Asked::Wanted,
            false => Asked::Nothing,
        };
        // The last thing that a base backup writes, and the first that a server does.
        let ended = directory.join("backup_manifest").try_exists()?;
        let whole = ended || directory.join("postmaster.opts").try_exists()?;
        let data = match directory.join("standby.signal").try_exists()? {
            _ if !directory.try_exists()? => Data::None,
            true if whole => Data::Whole,
            false if whole => Data::Promoted,
            _ => Data::Half,
        };
        let copying = asked != Asked::Nothing && is_copied(&directory);
        Ok(Disk { asked, data, copying })
    }

    /// The file that says what is wanted of a replica.
    pub(crate) fn marker(&self, replica: &Replica, what: &str) -> PathBuf {
        self.folder.join(format!("{}.{what}", replica.name))
    }
}

/// Whether any process makes a base backup into `directory`. Processes are looked through, so
/// that it is found whoever started it, and by whatever means.
fn is_copied(directory: &Path) -> bool {
    !copying(directory).is_empty()
}

/// The processes that make a base backup into `directory`.
pub(crate) fn copying(directory: &Path) -> Vec<u32> {
    let own = |entry: io::Result<fs::DirEntry>| {
        let path = entry.ok()?.path();
        let pid = path.file_name()?.to_str()?.parse().ok()?;
        let line = fs::read(path.join("cmdline")).ok()?;
        let mut words = line.split(|byte| *byte == 0);
        let wanted = directory.as_os_str().as_encoded_bytes();
        let is_backup = words.clone().any(|word| word.ends_with(b"pg_basebackup"));
        (is_backup && words.any(|word| word == wanted)).then_some(pid)
    };
    // Who has ended meanwhile is none.
    fs::read_dir("/proc").into_iter().flatten().filter_map(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ServerLine, places};
    use setpoint_core::Span;

    fn cluster(folder: &Path) -> Cluster {
        Cluster {
            id: "orders".to_owned(),
            primary: String::new(),
            folder: folder.to_owned(),
            places: places(["127.0.0.1:5433"]).unwrap(),
            launcher: Vec::new(),
            programs: PathBuf::new(),
            backup: Vec::new(),
            settings: Vec::new(),
            start: None,
            stop: None,
            lag: Span::from_secs(10),
            readers: "readers".to_owned(),
            line: ServerLine { weight: 1, words: Vec::new() },
            drain: Span::ZERO,
            patience: Span::from_secs(1),
        }
    }

    /// What is made of a folder with these files.
    #[track_caller]
    fn check(files: &[&str], asked: Asked, data: Data) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let cluster = cluster(folder.path());
        let replica = cluster.replica("orders-sp-1").unwrap();
        let disk = cluster.disk(&replica).unwrap();
        assert_eq!(disk, Disk { asked, data, copying: false }, "{files:?}");
    }

    #[test]
    fn what_is_wanted_stands_beside_the_data() {
        check(&[], Asked::Nothing, Data::None);
        check(&["orders-sp-1.wanted"], Asked::Wanted, Data::None);
        check(&["orders-sp-1.wanted", "orders-sp-1.going"], Asked::Going, Data::None);
        check(&["orders-sp-1.going"], Asked::Going, Data::None);
        check(&["orders-sp-2.wanted"], Asked::Nothing, Data::None);
    }

    #[test]
    fn a_server_that_once_ran_without_following_is_never_taken_for_half_a_copy() {
        let data = |files: &[&str]| -> Vec<String> {
            files.iter().map(|file| format!("orders-sp-1/{file}")).collect()
        };
        for (files, expected) in [
            (&["PG_VERSION"][..], Data::Half),
            (&["PG_VERSION", "standby.signal"], Data::Half),
            (&["PG_VERSION", "standby.signal", "backup_manifest"], Data::Whole),
            (&["PG_VERSION", "standby.signal", "postmaster.opts"], Data::Whole),
            (&["PG_VERSION", "backup_manifest"], Data::Promoted),
            (&["PG_VERSION", "postmaster.opts"], Data::Promoted),
        ] {
            let files = data(files);
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            check(&files, Asked::Nothing, expected);
        }
    }
}
