//! Reads a file whole, or says what is wrong with it.

use super::fault::{Code, ConfigFault, Faults, Place, SourceFile};
use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::Path,
    sync::Arc,
};

/// The largest file that is read: far beyond any configuration or policy.
const LIMIT_BYTES: u64 = 1024 * 1024;

/// What a file is to us, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The configuration or a part of it.
    Configuration,
    /// A policy.
    Policy,
}

/// The file at `path`. Faults go to `place` if something named the file, else to the file itself.
pub(crate) fn read(
    path: &Path,
    role: Role,
    place: Option<&Place>,
    faults: &Faults,
) -> Option<Arc<SourceFile>> {
    let unread = Arc::new(SourceFile { path: path.to_owned(), text: String::new() });
    let place = place.cloned().unwrap_or(Place::whole(unread));
    match read_bytes(path) {
        Err(error) => faults.push(unreadable(path, role, &place, &error)),
        Ok(bytes) if bytes.len() as u64 > LIMIT_BYTES => faults.push(
            ConfigFault::new(
                Code::TooLarge,
                &place,
                format!("{} is larger than 1 MiB", path.display()),
            )
            .help("is this the file you meant?"),
        ),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Some(Arc::new(SourceFile { path: path.to_owned(), text })),
            Err(error) => faults.push(not_text(path, &place, error.as_bytes())),
        },
    }
    None
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, role: Role, place: &Place, error: &io::Error) -> ConfigFault {
    let path = path.display();
    let fault = |message| ConfigFault::new(Code::Unreadable, place, message);
    if error.kind() == ErrorKind::NotFound {
        let fault = fault(format!("{path} does not exist"));
        return match role {
            Role::Configuration => fault.help("name the configuration with `--config FILE`"),
            Role::Policy => fault.help("a path is relative to the file that names it"),
        };
    }
    if error.kind() == ErrorKind::IsADirectory {
        return fault(format!("{path} is a directory")).help("name a file in it");
    }
    let fault = fault(format!("{path} cannot be read: {error}"));
    if error.kind() == ErrorKind::PermissionDenied {
        return fault.help("let the user that runs setpoint read it");
    }
    fault
}

fn not_text(path: &Path, place: &Place, bytes: &[u8]) -> ConfigFault {
    let good = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = good.matches('\n').count() + 1;
    let byte = bytes.get(good.len()).copied().unwrap_or_default();
    let message = format!("{} is not UTF-8: byte 0x{byte:02x} on line {line}", path.display());
    ConfigFault::new(Code::NotText, place, message).help("save it as UTF-8")
}
