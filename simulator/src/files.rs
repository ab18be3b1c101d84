//! Which files some paths mean: those that are named, and those in folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A path that cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", path.display())]
pub struct NotFound {
    /// The path.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// The files that `paths` name or hold: a folder's are those whose name ends in `ending`,
/// in the order of their names. Hidden folders and `target` are passed over, links between
/// folders are not followed. Each file comes once.
pub(crate) fn find(paths: &[PathBuf], ending: &str) -> Result<Vec<PathBuf>, NotFound> {
    let mut found = Vec::new();
    for path in paths {
        let about = |source| NotFound { path: path.clone(), source };
        if fs::metadata(path).map_err(about)?.is_dir() {
            walk(path, ending, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> Result<(), NotFound> {
    let about = |source| NotFound { path: folder.to_owned(), source };
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<fs::DirEntry>>>)
        .map_err(about)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(about)?;
        // `.` as a prefix would only make every path longer to read.
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { entry.path() };
        if kind.is_dir() {
            if !name.starts_with('.') && name != "target" {
                walk(&path, ending, found)?;
            }
        } else if name.ends_with(ending) && name.len() > ending.len() {
            found.push(path);
        }
    }
    Ok(())
}
