//! `setpoint-sim check`: every fault of some policies, nothing run.

use setpoint_policies::{MAX_BYTES, Script, Severity, render};
use std::{fmt::Write as _, fs, path::Path};

/// What came of checking.
#[derive(Debug, Default)]
pub struct Report {
    /// Every fault with its place, an excerpt and what to do, in colour.
    pub faults: String,
    /// One line a file, and how many there were.
    pub summary: String,
    /// Whether all of them may run.
    pub good: bool,
}

/// Checks the policies in `files`.
pub fn check<P: AsRef<Path>>(files: &[P]) -> Report {
    let mut report = Report { good: true, ..Report::default() };
    for file in files {
        report.one(file.as_ref());
    }
    report
}

impl Report {
    fn one(&mut self, file: &Path) {
        let name = file.display().to_string();
        let text = match read(file) {
            Ok(text) => text,
            Err(why) => {
                self.good = false;
                return writeln!(self.faults, "error: {name}: {why}").expect("a string takes text");
            }
        };
        let (verdict, faults) = match Script::parse(&name, &text) {
            Ok(script) => {
                let rules = script.rules().len();
                (format!("ok, {rules} rules"), script.warnings().to_vec())
            }
            Err(faults) => {
                self.good = false;
                let errors = faults.iter().filter(|fault| fault.severity() == Severity::Error);
                (format!("{} faults", errors.count()), faults)
            }
        };
        self.faults.push_str(&render(&faults, &text, true));
        writeln!(self.summary, "{name}: {verdict}").expect("a string takes text");
    }
}

/// The text of a policy file, or why there is none.
fn read(file: &Path) -> Result<String, String> {
    let size = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES as u64 {
        return Err(format!("the file has {size} bytes, at most {MAX_BYTES} are read"));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8; save the policy as UTF-8 text")
    })
}
