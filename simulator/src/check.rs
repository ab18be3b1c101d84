//! `setpoint-sim check`: every fault of some policies, nothing run.

use crate::files::{NotFound, find};
use serde_json::{Value, json};
use setpoint_policies::{Fault, MAX_BYTES, Script, Severity, render, text_of};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What came of checking.
#[derive(Debug, Default)]
pub struct Report {
    /// Every fault with its place, an excerpt and what to do, in colour.
    pub faults: String,
    /// One line a file, and how many there were.
    pub summary: String,
    /// Whether all of them may run.
    pub good: bool,
    /// How many files were looked at.
    pub files: usize,
    /// Every fault, for programs.
    each: Vec<Value>,
}

/// Checks the policies in `paths`: files, and in folders those whose names end in `.rhai`.
///
/// Fails if a path cannot be looked at.
pub fn check(paths: &[PathBuf]) -> Result<Report, NotFound> {
    let mut report = Report { good: true, ..Report::default() };
    for file in find(paths, ".rhai")? {
        report.one(&file);
    }
    Ok(report)
}

impl Report {
    /// Every fault as a list of JSON objects, ending in a newline.
    pub fn json(&self) -> String {
        format!("{:#}\n", Value::Array(self.each.clone()))
    }

    fn one(&mut self, file: &Path) {
        self.files += 1;
        let name = file.display().to_string();
        let text = match read(file) {
            Ok(text) => text,
            Err(why) => {
                self.good = false;
                self.each.push(json!({
                    "file": name, "line": 1, "column": 1, "id": null,
                    "severity": "error", "message": why, "help": null,
                }));
                return writeln!(self.faults, "error: {name}: {why}").expect("a string takes text");
            }
        };
        let (verdict, faults) = match Script::parse(&name, &text) {
            Ok(script) => {
                let rules = script.rules().len();
                let noun = if rules == 1 { "rule" } else { "rules" };
                (format!("ok, {rules} {noun}"), script.warnings().to_vec())
            }
            Err(faults) => {
                self.good = false;
                let errors = faults.iter().filter(|fault| fault.severity() == Severity::Error);
                let errors = errors.count();
                let noun = if errors == 1 { "fault" } else { "faults" };
                (format!("{errors} {noun}"), faults)
            }
        };
        self.each.extend(faults.iter().map(as_json));
        self.faults.push_str(&render(&faults, &text, true));
        writeln!(self.summary, "{name}: {verdict}").expect("a string takes text");
    }
}

fn as_json(fault: &Fault) -> Value {
    json!({
        "file": &*fault.file,
        "line": fault.line,
        "column": fault.column,
        "id": fault.id.code(),
        "severity": fault.severity().to_string(),
        "message": fault.message,
        "help": fault.help,
    })
}

/// The text of a policy file, or why there is none.
fn read(file: &Path) -> Result<String, String> {
    let size = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES as u64 {
        return Err(format!("the file has {size} bytes, at most {MAX_BYTES} are read"));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    let text = text_of(&file.display().to_string(), &bytes).map(str::to_owned);
    text.map_err(|fault| format!("line {}: {}; save it as UTF-8", fault.line, fault.message))
}
