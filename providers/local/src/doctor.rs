//! A look around before work: whether files and units are there, make sense and may be changed.
//! Changes nothing: no file is written to find out, no unit is started.

use crate::{Files, Located, Unit, Units, blocking::within, failure::Failure};
use rustix::fs::{Access, access};
use setpoint_control::{Finding, Severity};
use setpoint_core::{Range, TargetName};
use std::{collections::BTreeMap, fs, io::ErrorKind, os::unix::fs::MetadataExt, path::Path};

impl Files {
    /// What is to be said about these numbers, each with the values that the operator allows;
    /// those that the agent `acts` on must be for it to write.
    pub async fn examine(
        &self,
        targets: BTreeMap<TargetName, (Located, Range)>,
        acts: impl Fn(&TargetName) -> bool,
    ) -> Vec<Finding> {
        let targets: Vec<(TargetName, Located, Range, bool)> = targets
            .into_iter()
            .map(|(name, (located, range))| (name.clone(), located, range, acts(&name)))
            .collect();
        let names: Vec<TargetName> = targets.iter().map(|it| it.0.clone()).collect();
        let look = move || {
            let found = targets.into_iter().flat_map(|(name, located, range, acts)| {
                let about = format!("target {name}");
                number(&located, range, acts).map(|found| Finding { about, ..found })
            });
            Ok(found.collect())
        };
        within(self.deadline, look).await.unwrap_or_else(|failure: Failure| {
            let late = |name| {
                let help = "does the file system answer? Until it does, the targets are held";
                Finding::new(Severity::Unreachable, format!("target {name}"), failure.to_string())
                    .help(help)
            };
            names.iter().map(late).collect()
        })
    }
}

/// What is wrong with one number.
fn number(located: &Located, range: Range, acts: bool) -> Option<Finding> {
    let value = match located.read() {
        Ok(value) => value,
        Err(failure) => return Some(of_failure(&failure)),
    };
    if let Some(why) = why_not_writable(&located.path).filter(|_| acts) {
        let help = "the agent writes the file anew beside the old one: its user needs to write \
                    in the folder; under systemd also ReadWritePaths= in the unit";
        return Some(Finding::new(Severity::NotPermitted, "", why).help(help));
    }
    let message = format!("it is {value}, outside {range}: the first pass would set it");
    (range.clamp(value) != value).then(|| Finding::new(Severity::Warning, "", message))
}

fn of_failure(failure: &Failure) -> Finding {
    let (severity, help) = match failure {
        Failure::File { source, .. } if source.kind() == ErrorKind::NotFound => {
            (Severity::Problem, "`id` is a file in the provider's `folder`: make it, or name it")
        }
        Failure::File { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            (Severity::NotPermitted, "let the agent's user read it, and enter the folders above it")
        }
        Failure::File { .. } => (Severity::Problem, "`id` is a file in the provider's `folder`"),
        Failure::Late(_) | Failure::Unreachable(_) => {
            (Severity::Unreachable, "does the file system answer?")
        }
        Failure::Content(_) | Failure::Stale(_) | Failure::Refused(_) => {
            (Severity::Problem, "after `#` in `id` stands the place of a whole number")
        }
    };
    Finding::new(severity, "", failure.to_string()).help(help)
}

/// Why another text could not take the place of the file at `path`, if so.
pub fn why_not_writable(path: &Path) -> Option<String> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent()?;
    let refused = access(folder, Access::WRITE_OK | Access::EXEC_OK).err()?;
    Some(format!("{} cannot be written in: {refused}", folder.display()))
}

impl Units {
    /// What is to be said about these units; those that the agent `acts` on it must be able to
    /// start.
    pub async fn examine(
        &self,
        targets: &BTreeMap<TargetName, Unit>,
        acts: impl Fn(&TargetName) -> bool,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, unit) in targets {
            let found = match self.look(unit).await {
                Err(failure) => of_unit(&failure),
                Ok(_) if acts(name) && !is_root() => Finding::new(
                    Severity::Note,
                    "",
                    "whether the agent may start it shows only when it does",
                )
                .help(
                    "who is not root needs a rule of polkit: \
                     org.freedesktop.systemd1.manage-units, for this unit and the agent's user",
                ),
                Ok(_) => continue,
            };
            findings.push(Finding { about: format!("target {name}"), ..found });
        }
        findings
    }
}

fn of_unit(failure: &Failure) -> Finding {
    let message = failure.to_string();
    let (severity, help) = match failure {
        Failure::Late(_) => (Severity::Unreachable, "does systemd answer? try `systemctl status`"),
        Failure::Content(_) if message.ends_with("not-found") => (
            Severity::Problem,
            "`id` is the unit's full name, such as renew.service: install it, or name another",
        ),
        Failure::Content(_) if message.ends_with("masked") => {
            (Severity::Problem, "`systemctl unmask` it, or name another")
        }
        Failure::Content(_) | Failure::Stale(_) | Failure::File { .. } => {
            (Severity::Problem, "see `systemctl status` of it")
        }
        Failure::Refused(_) | Failure::Unreachable(_) => (
            Severity::Unreachable,
            "`program` is this machine's systemctl; in a container there is none that could be asked",
        ),
    };
    Finding::new(severity, "", message).help(help)
}

/// Whether this process may do anything.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How bad it is, and what is said, of the number that `id` names in `folder`.
    fn found(folder: &Path, id: &str, acts: bool) -> Option<(Severity, String)> {
        let located = Located::new(folder, id).unwrap();
        let found = number(&located, Range::new(5, 50).unwrap(), acts)?;
        assert!(found.help.is_some() || found.severity == Severity::Warning, "{found:?}");
        Some((found.severity, found.message))
    }

    #[test]
    fn what_is_not_there_or_is_no_number_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pool.txt"), "20\n").unwrap();
        fs::write(folder.path().join("high.txt"), "80\n").unwrap();
        fs::write(folder.path().join("word.txt"), "many\n").unwrap();
        assert_eq!(found(folder.path(), "pool.txt", true), None);
        let (severity, why) = found(folder.path(), "none.txt", true).unwrap();
        assert!(severity == Severity::Problem && why.contains("none.txt"), "{why}");
        let (severity, why) = found(folder.path(), "word.txt", true).unwrap();
        assert!(severity == Severity::Problem && why.contains("word.txt"), "{why}");
        let (severity, why) = found(folder.path(), "high.txt", true).unwrap();
        let said = "it is 80, outside 5..50: the first pass would set it";
        assert_eq!((severity, why.as_str()), (Severity::Warning, said));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing was written");
    }

    #[test]
    fn a_folder_that_cannot_be_written_in_matters_only_to_who_acts() {
        // Not even root writes there.
        let number = ("/proc/sys/kernel", "pid_max");
        let located = Located::new(Path::new(number.0), number.1).unwrap();
        assert!(why_not_writable(&located.path).is_some());
        let range = Range::new(0, u32::MAX).unwrap();
        assert_eq!(super::number(&located, range, false), None);
        let finding = super::number(&located, range, true).unwrap();
        assert_eq!(finding.severity, Severity::NotPermitted);
    }
}
