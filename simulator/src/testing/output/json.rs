//! A report for programs. The manual's page on testing policies describes it.

use crate::{
    testing::{Coverage, Finding, Report},
    written::FileFault,
};
use serde_json::{Value, json};

/// The report as one JSON object, ending in a newline.
pub fn json(report: &Report) -> String {
    let (passed, failed) = report.count();
    let files = report.files.iter();
    let tests: Vec<Value> = files
        .flat_map(|file| file.tests.iter().map(move |test| (file, test)))
        .map(|(file, test)| {
            json!({
                "file": file.path,
                "line": test.line,
                "name": test.name,
                "passed": test.passed(),
                "passes": test.passes,
                "failures": test.findings.iter().map(finding).collect::<Vec<_>>(),
            })
        })
        .collect();
    let whole = json!({
        "passed": passed,
        "failed": failed,
        "faults": report.faults().map(fault).collect::<Vec<_>>(),
        "tests": tests,
        "coverage": coverage(&report.coverage),
    });
    format!("{whole:#}\n")
}

fn finding(finding: &Finding) -> Value {
    let (line, column) = finding.line_and_column;
    json!({
        "at_ms": finding.at.map(setpoint_core::Span::ms),
        "claim": finding.claim,
        "expected": finding.expected,
        "got": finding.got,
        "file": finding.file,
        "line": line,
        "column": column,
        "trace": finding.trace.lines().collect::<Vec<_>>(),
    })
}

fn fault(fault: &FileFault) -> Value {
    let (line, column) = fault.line_and_column();
    json!({
        "file": fault.file(),
        "line": line,
        "column": column,
        "id": fault.id(),
        "severity": "error",
        "message": fault.message(),
        "help": fault.advice(),
    })
}

fn coverage(coverage: &Coverage) -> Value {
    let (fired, all) = coverage.count();
    let rules = coverage.policies().flat_map(|(file, rules)| {
        rules.iter().map(move |rule| {
            json!({ "file": file, "line": rule.line, "rule": rule.name, "fired": rule.fired })
        })
    });
    let rules: Vec<Value> = rules.collect();
    json!({ "fired": fired, "rules": all, "percent": coverage.percent(), "each": rules })
}
