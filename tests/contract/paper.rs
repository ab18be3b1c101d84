//! A file as the server: whoever writes it, and whatever becomes of it, is told by the file alone.
//!
//! What goes wrong is put in its place as a link or a pipe, and the file put back afterwards.

use crate::subject::{Part, Server, Trouble};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::PathBuf,
    process::Command,
};
use tempfile::TempDir;

/// Why files have no such cases.
pub(crate) mod why {
    pub(crate) const NO_WAIT: &str = "a file asks nobody to wait";
    pub(crate) const NO_ANSWER: &str = "a change of a file is over when the call is";
    pub(crate) const NO_PAGES: &str = "a file is read whole: there are no pages";
    pub(crate) const NO_COPY: &str = "a file is never behind what was written to it";
    pub(crate) const NO_CALLERS: &str = "a file knows no callers but the agent's own user";
    pub(crate) const NO_NETWORK: &str = "there is no network in between";
}

/// A file that holds a number somewhere.
pub(crate) struct Paper {
    folder: TempDir,
    /// What is written when it says this number.
    text: fn(u32) -> String,
    /// The number that such a text says.
    read: fn(&str) -> u32,
    moved: u32,
    /// What it is whenever it was looked at, by its place on the disk and its time: a file that
    /// is written anew is another one.
    versions: RefCell<BTreeSet<(u64, i64, i64)>>,
}

impl Paper {
    /// One that says `first`; somebody else will write `moved`.
    pub(crate) fn new(
        text: fn(u32) -> String,
        read: fn(&str) -> u32,
        first: u32,
        moved: u32,
    ) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let paper = Self { folder, text, read, moved, versions: RefCell::default() };
        fs::write(paper.path(), text(first)).expect("there is room for a file");
        paper.note();
        paper
    }

    /// The folder it is in.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Where it is: `it` in its folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("it")
    }

    fn aside(&self) -> PathBuf {
        self.folder.path().join("aside")
    }

    fn note(&self) {
        let file = fs::metadata(self.path()).expect("it is there");
        let version = (file.ino(), file.mtime(), file.mtime_nsec());
        self.versions.borrow_mut().insert(version);
    }
}

impl Server for Paper {
    fn truth(&self) -> u32 {
        self.note();
        (self.read)(&fs::read_to_string(self.path()).expect("it is there"))
    }

    fn moves(&self) {
        fs::write(self.path(), (self.text)(self.moved)).expect("there is room for a file");
        self.versions.borrow_mut().clear();
        self.note();
    }

    fn effects(&self) -> usize {
        self.note();
        self.versions.borrow().len() - 1
    }

    fn attempts(&self) -> usize {
        self.effects()
    }

    fn spoil(&self, _: Part, trouble: Trouble) {
        self.heal();
        fs::rename(self.path(), self.aside()).expect("it is ours");
        let path = self.path();
        let link = |to: &str| symlink(to, &path).expect("links can be made");
        let write = |text: &str| fs::write(&path, text).expect("there is room for a file");
        match trouble {
            // Whoever reads it gets an error of input and output.
            Trouble::Fails("500 Internal Server Error" | "503 Service Unavailable") => {
                link("/proc/self/mem");
            }
            Trouble::Fails(page) => write(&format!("<!doctype html><title>{page}</title>")),
            // As an editor leaves it that empties a file before it writes it.
            Trouble::Cut => write(""),
            Trouble::Hangs => {
                let made = Command::new("mkfifo").arg(&path).status();
                assert!(made.is_ok_and(|status| status.success()), "pipes can be made");
            }
            // Not even root may read it.
            Trouble::Forbidden => link("/proc/sys/vm/compact_memory"),
            Trouble::Throttled
            | Trouble::AnswerLost
            | Trouble::HalfAList
            | Trouble::Behind
            | Trouble::Unknown => panic!("a file has no {trouble:?}"),
        }
    }

    fn heal(&self) {
        if !self.aside().exists() {
            return;
        }
        let there = fs::symlink_metadata(self.path()).expect("it was put there");
        if !there.is_file() && !there.is_symlink() {
            // Lets go of whoever waits at the pipe.
            drop(fs::File::options().read(true).write(true).open(self.path()));
        }
        fs::rename(self.aside(), self.path()).expect("it is ours");
    }
}
