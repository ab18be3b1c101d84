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
        let whole = directory.join("backup_manifest").try_exists()?;
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
