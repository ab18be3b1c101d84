//! The agent's journal, as the commands find it.

use crate::{config::Config, exit::Exit, output};
use setpoint_journal::{OpenError, ReadError, Reader};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Where an agent keeps it.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("journal.db")
}

/// The journal, to read it beside an agent at work or without one.
pub(super) fn read(config: &Config) -> Result<Reader, Exit> {
    Reader::open(&path(&config.data_dir)).map_err(|error| {
        output::complain(&format!("error: {error}"));
        exit_of(&error)
    })
}

/// How to end when the journal cannot be opened.
pub(super) fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::Absent(_) => Exit::No,
        OpenError::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Exit::NotPermitted
        }
        OpenError::File { .. } => Exit::Internal,
        // Another `data_dir` is what helps.
        OpenError::InUse(_) | OpenError::NotOurs { .. } | OpenError::Newer { .. } => {
            Exit::BadConfig
        }
    }
}

/// Says that the journal cannot be read, and how to end.
pub(super) fn unreadable(error: ReadError) -> Exit {
    output::complain(&format!("error: {error}"));
    Exit::Internal
}
