//! A report for people on a terminal.

use crate::testing::{Coverage, FileReport, Finding, Report, TestReport};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();

/// The report in full, in colour: faults and failures with their places, a line for every
/// test, the coverage and the sum.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    report.files.iter().for_each(|file| one(&mut text, file));
    coverage(&mut text, &report.coverage);
    sum(&mut text, report);
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes text");
}

fn one(text: &mut String, file: &FileReport) {
    if file.tests.is_empty() && file.faults.is_empty() {
        return;
    }
    line(text, format_args!("{NAME}{}{NAME:#}", file.path));
    for fault in &file.faults {
        line(text, format_args!("{}\n", fault.render(true)));
    }
    for test in &file.tests {
        let (style, word) = if test.passed() { (GOOD, "PASS") } else { (BAD, "FAIL") };
        let passes = plural(test.passes, "pass", "passes");
        line(
            text,
            format_args!("  {style}{word}{style:#}  {}  {QUIET}{passes}{QUIET:#}", test.name),
        );
        findings(text, file, test);
    }
    text.push('\n');
}

fn findings(text: &mut String, file: &FileReport, test: &TestReport) {
    for (index, finding) in test.findings.iter().enumerate() {
        let Finding { claim, expected, got, .. } = finding;
        let when = finding.at.map_or_else(String::new, |at| format!("at {at}: "));
        let (row, column) = finding.line_and_column;
        let place = format!("{}:{row}:{column}", file.path);
        line(text, format_args!("        {when}{claim}  {QUIET}({place}){QUIET:#}"));
        line(text, format_args!("          expected  {expected}"));
        line(text, format_args!("          got       {BAD}{got}{BAD:#}"));
        // What was found in one pass came about in one way.
        let next = test.findings.get(index + 1).and_then(|next| next.at);
        for row in finding.trace.lines().filter(|_| next != finding.at) {
            line(text, format_args!("          {QUIET}|{QUIET:#} {row}"));
        }
    }
}

fn coverage(text: &mut String, coverage: &Coverage) {
    let (fired, all) = coverage.count();
    let never = coverage.policies().flat_map(|(file, rules)| {
        let never = rules.iter().filter(|rule| !rule.fired);
        never.map(move |rule| format!("\"{}\" ({file}:{})", rule.name, rule.line))
    });
    let never: Vec<String> = never.collect();
    let never = match never.is_empty() {
        true => String::new(),
        false => format!("; never fired: {}", never.join(", ")),
    };
    line(text, format_args!("rules fired in tests: {fired}/{all}{never}"));
}

fn sum(text: &mut String, report: &Report) {
    let (passed, failed) = report.count();
    let bad = report.files.iter().filter(|file| !file.faults.is_empty()).count();
    let style = if failed == 0 && bad == 0 && passed > 0 { GOOD } else { BAD };
    let mut parts = vec![format!("{passed} passed"), format!("{failed} failed")];
    if bad > 0 {
        parts.push(plural(bad as u64, "file not understood", "files not understood"));
    }
    let passes = plural(report.passes(), "pass", "passes");
    line(text, format_args!("{style}{}{style:#}; {passes} made", parts.join(", ")));
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
