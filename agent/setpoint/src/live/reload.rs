//! Who asks for a reload: a signal, somebody over the socket, or the files themselves.
//!
//! Files are looked at in the rhythm of passes and must look the same twice before they
//! count as changed: half a file is never read, and folders that are swapped as a whole, as
//! Kubernetes does, or that lie on a network are seen like any others.

use crate::{config::Config, system_clock::SystemClock};
use setpoint_control::Clock;
use setpoint_core::Span;
use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
};

/// Somebody asks for a reload.
pub(crate) struct Asked {
    /// Who.
    pub(crate) by: &'static str,
    /// Where the answer goes, if somebody waits for it.
    pub(crate) answer: Option<oneshot::Sender<Result<String, String>>>,
}

impl Asked {
    /// Answers, if somebody waits.
    pub(crate) fn answer(self, result: Result<String, String>) {
        // Who asked may have gone.
        drop(self.answer.map(|answer| answer.send(result)));
    }
}

/// All who may ask.
pub(crate) struct Reloads {
    hangup: Signal,
    asked: mpsc::Receiver<Asked>,
    files: Files,
    clock: SystemClock,
    next_look: Span,
}

impl Reloads {
    pub(super) fn new(
        file: &Path,
        config: &Config,
        asked: mpsc::Receiver<Asked>,
        clock: SystemClock,
    ) -> io::Result<Self> {
        let next_look = clock.now().monotonic + config.every;
        let (hangup, files) = (signal(SignalKind::hangup())?, Files::of(file, config));
        Ok(Self { hangup, asked, files, clock, next_look })
    }

    /// Completes at the next who asks. Dropping it loses nobody.
    pub(crate) async fn asked(&mut self, every: Span) -> Asked {
        loop {
            tokio::select! {
                biased;
                _ = self.hangup.recv() => return Asked { by: "SIGHUP", answer: None },
                Some(asked) = self.asked.recv() => return asked,
                () = self.clock.sleep_until(self.next_look) => {
                    self.next_look = self.clock.now().monotonic + every;
                    if self.files.have_changed() {
                        return Asked { by: "changed files", answer: None };
                    }
                }
            }
        }
    }

    /// From now on the files of `config` are looked at, as they are now.
    pub(crate) fn follow(&mut self, file: &Path, config: &Config) {
        self.files = Files::of(file, config);
    }
}

/// What tells one content of a file from another without reading it.
type Mark = Vec<(PathBuf, Option<(i64, i64, u64, u64)>)>;

/// The files that a configuration was read from.
struct Files {
    main: PathBuf,
    policies: Vec<PathBuf>,
    in_force: Mark,
    /// The last look, if it was not like what is in force.
    changing: Option<Mark>,
}

impl Files {
    fn of(main: &Path, config: &Config) -> Self {
        // The policies of a fleet are all of one file.
        let policies: BTreeSet<&str> = config.policies.iter().map(|policy| &*policy.file).collect();
        let policies = policies.into_iter().map(PathBuf::from).collect();
        let mut files =
            Self { main: main.to_owned(), policies, in_force: Mark::new(), changing: None };
        files.in_force = files.look();
        files
    }

    /// Whether they look other than what is in force, and as they did at the last look.
    /// True once for each change.
    fn have_changed(&mut self) -> bool {
        let now = self.look();
        if now == self.in_force {
            self.changing = None;
            return false;
        }
        if self.changing.as_ref() != Some(&now) {
            self.changing = Some(now);
            return false;
        }
        self.in_force = now;
        self.changing = None;
        true
    }

    fn look(&self) -> Mark {
        let folder = self.main.with_file_name("conf.d");
        let parts = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut all: Vec<PathBuf> = parts.chain(self.policies.iter().cloned()).collect();
        all.push(self.main.clone());
        all.sort();
        let mark = |path: PathBuf| {
            let found = fs::metadata(&path).ok();
            let found = found.map(|it| (it.mtime(), it.mtime_nsec(), it.size(), it.ino()));
            (path, found)
        };
        all.into_iter().map(mark).collect()
    }
}

/// What of `next` cannot be had without a restart.
pub(crate) fn differs(present: &Config, next: &Config) -> Option<String> {
    let changed = [
        ("region", present.region != next.region),
        ("data_dir", present.data_dir != next.data_dir),
        ("http.listen", present.listen != next.listen),
    ];
    let names: Vec<&str> = changed.iter().filter(|(_, it)| *it).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| format!("{} cannot change without a restart", names.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn files(folder: &TempDir) -> Files {
        let main = folder.path().join("setpoint.toml");
        fs::write(&main, "a").unwrap();
        let mut files = Files { main, policies: Vec::new(), in_force: Mark::new(), changing: None };
        files.in_force = files.look();
        files
    }

    #[test]
    fn a_file_that_is_still_being_written_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(&folder);
        assert!(!files.have_changed());
        for text in ["ab", "abc", "abcd"] {
            fs::write(&files.main, text).unwrap();
            assert!(!files.have_changed(), "{text} was just written");
        }
        assert!(files.have_changed(), "it has come to rest");
        assert!(!files.have_changed(), "each change is told once");
    }

    #[test]
    fn a_new_part_and_a_part_that_is_gone_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(&folder);
        let part = folder.path().join("conf.d/web.toml");
        fs::create_dir(folder.path().join("conf.d")).unwrap();
        fs::write(&part, "a").unwrap();
        assert_eq!([files.have_changed(), files.have_changed()], [false, true]);
        fs::remove_file(&part).unwrap();
        assert_eq!([files.have_changed(), files.have_changed()], [false, true]);
    }
}
