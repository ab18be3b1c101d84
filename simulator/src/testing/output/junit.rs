//! A report for CI servers: JUnit's XML, a suite for every test file.
//!
//! A file that is not understood is an error of its suite: a CI server that shows no tests
//! at all would hide it.

use crate::testing::{FileReport, Finding, Report, TestReport};
use std::fmt::{self, Write as _};

/// The report as JUnit's XML.
pub fn junit(report: &Report) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    write(&mut text, report).expect("a string takes text");
    text
}

fn write(text: &mut String, report: &Report) -> fmt::Result {
    let (passed, failed) = report.count();
    let errors = report.files.iter().filter(|file| !file.faults.is_empty()).count();
    writeln!(
        text,
        "<testsuites name=\"setpoint-sim test\" tests=\"{}\" failures=\"{failed}\" errors=\"{errors}\">",
        passed + failed + errors,
    )?;
    report.files.iter().try_for_each(|file| suite(text, file))?;
    writeln!(text, "</testsuites>")
}

fn suite(text: &mut String, file: &FileReport) -> fmt::Result {
    let failed = file.tests.iter().filter(|test| !test.passed()).count();
    let errors = usize::from(!file.faults.is_empty());
    let (name, tests) = (escaped(&file.path), file.tests.len() + errors);
    writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">"
    )?;
    if let Some(first) = file.faults.first() {
        writeln!(text, "    <testcase classname=\"{name}\" name=\"the file is understood\">")?;
        let all: String = file.faults.iter().map(|fault| format!("{fault}\n")).collect();
        let (message, all) = (escaped(first.message()), escaped(&all));
        writeln!(text, "      <error message=\"{message}\" type=\"fault\">{all}</error>")?;
        writeln!(text, "    </testcase>")?;
    }
    file.tests.iter().try_for_each(|test| case(text, &name, test))?;
    writeln!(text, "  </testsuite>")
}

fn case(text: &mut String, file: &str, test: &TestReport) -> fmt::Result {
    let name = escaped(&test.name);
    let head = format!("    <testcase classname=\"{file}\" name=\"{name}\" line=\"{}\"", test.line);
    let Some(first) = test.findings.first() else { return writeln!(text, "{head}/>") };
    let all: String = test.findings.iter().map(body).collect();
    let (message, all) = (escaped(&brief(first)), escaped(&all));
    writeln!(text, "{head}>")?;
    writeln!(text, "      <failure message=\"{message}\" type=\"claim\">{all}</failure>")?;
    writeln!(text, "    </testcase>")
}

fn brief(finding: &Finding) -> String {
    let Finding { claim, expected, got, .. } = finding;
    let when = finding.at.map_or_else(String::new, |at| format!("at {at}: "));
    format!("{when}{claim}: expected {expected}, got {got}")
}

fn body(finding: &Finding) -> String {
    let (line, column) = finding.line_and_column;
    format!("{}:{line}:{column}: {}\n{}", finding.file, brief(finding), finding.trace)
}

/// `text` as XML may hold it, between tags and between quotes. What no XML may hold, not
/// even escaped, becomes `?`.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push(' '),
            '\u{fffe}' | '\u{ffff}' => safe.push('?'),
            c if c < ' ' => safe.push('?'),
            c => safe.push(c),
        }
    }
    safe
}
