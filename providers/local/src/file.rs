//! One number in one file: read, and replaced in one step.

use crate::{
    failure::Failure,
    place::{Language, find, parts},
};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, fchown},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A file with settings is no larger.
const MOST_BYTES: u64 = 1024 * 1024;

/// Where a number is: a file, and perhaps a key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    pub(crate) path: PathBuf,
    keys: Vec<String>,
}

/// A text says of no number where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// What follows `#` is no JSON pointer.
    #[error("{0:?} is no JSON pointer: write it as limits.toml#/pool/max")]
    Pointer(String),
    /// Only some files have keys.
    #[error("{0} has no keys: only .json and .toml files have")]
    NoKeys(String),
    /// A TOML file is never a bare number.
    #[error("{0} needs a key: write it as {0}#/pool/max")]
    NeedsKey(String),
    /// It would lead out of the folder.
    #[error("{0} leads out of the provider's folder")]
    Outside(String),
}

impl Located {
    /// The number that `id` names in `folder`: `pool.txt`, or `limits.toml#/pool/max`.
    pub fn new(folder: &Path, id: &str) -> Result<Self, NoPlace> {
        let (name, pointer) = match id.split_once('#') {
            Some((name, pointer)) => (name, Some(pointer)),
            None => (id, None),
        };
        let inside =
            |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
        if name.is_empty() || !Path::new(name).components().all(inside) {
            return Err(NoPlace::Outside(id.to_owned()));
        }
        let path = folder.join(name);
        let keys = match pointer {
            None => Vec::new(),
            Some(text) => parts(text).ok_or_else(|| NoPlace::Pointer(text.to_owned()))?,
        };
        match Language::of(&path) {
            Language::Number if pointer.is_some() => Err(NoPlace::NoKeys(name.to_owned())),
            Language::Toml if pointer.is_none() => Err(NoPlace::NeedsKey(name.to_owned())),
            Language::Number | Language::Json | Language::Toml => Ok(Self { path, keys }),
        }
    }

    /// What the number is.
    pub(crate) fn read(&self) -> Result<u32, Failure> {
        Ok(self.find(&read_text(&self.path)?)?.1)
    }

    /// Sets the number from `from` to `to`. Fails if it is neither; done already is done.
    pub(crate) fn set(&self, from: u32, to: u32) -> Result<(), Failure> {
        let mut text = read_text(&self.path)?;
        let (range, value) = self.find(&text)?;
        if value == to {
            return Ok(());
        }
        if value != from {
            return Err(Failure::Stale(format!("it is {value}, not {from}")));
        }
        text.replace_range(range, &to.to_string());
        replace_text(&self.path, &text)
    }

    fn find(&self, text: &str) -> Result<(std::ops::Range<usize>, u32), Failure> {
        let place = find(text, Language::of(&self.path), &self.keys);
        place.map_err(|why| Failure::Content(format!("{}: {why}", self.path.display())))
    }
}

/// The text of a file of at most 1 MiB.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), what: "read", source };
    let (mut text, file) = (String::new(), File::open(path).map_err(failed)?);
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Failure::Content(format!("{} is larger than 1 MiB", path.display())));
    }
    Ok(text)
}

/// Puts `text` in the place of the file at `path`, with the owner and the rights that it had; a
/// link stays one, and what it leads to is replaced. Whatever fails, the old text stays.
pub fn replace_text(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |what| move |source| Failure::File { path: path.to_owned(), what, source };
    let real = path.canonicalize().map_err(failed("read"))?;
    replace(&real, text).map_err(failed("written"))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let old = fs::metadata(path)?;
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    let own = new.as_file().metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        fchown(new.as_file(), Some(old.uid()), Some(old.gid()))?;
    }
    new.as_file().set_permissions(old.permissions())?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    // The step itself is on disk only when the folder is.
    File::open(folder)?.sync_all()
}
