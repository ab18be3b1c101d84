//! How the tests ended, as values; `output` writes them down.

use super::{coverage::Coverage, fault::FileFault, run::Finding};

/// How all tests ended.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for every test file, in order.
    pub files: Vec<FileReport>,
    /// Which rules fired.
    pub coverage: Coverage,
}

/// How the tests of one file ended.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The file, as people named it.
    pub path: String,
    /// What is wrong with it or its policies; then none of its tests were run.
    pub faults: Vec<FileFault>,
    /// Its tests that were run.
    pub tests: Vec<TestReport>,
}

/// How one test ended.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// Passes made.
    pub passes: u64,
    /// What was not as claimed; empty if it passed.
    pub findings: Vec<Finding>,
}

impl TestReport {
    /// Whether everything was as claimed.
    pub const fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Report {
    /// Every test that was run.
    pub fn tests(&self) -> impl Iterator<Item = &TestReport> {
        self.files.iter().flat_map(|file| &file.tests)
    }

    /// Everything that is wrong with the files.
    pub fn faults(&self) -> impl Iterator<Item = &FileFault> {
        self.files.iter().flat_map(|file| &file.faults)
    }

    /// How many tests passed, and how many did not.
    pub fn count(&self) -> (usize, usize) {
        let passed = self.tests().filter(|test| test.passed()).count();
        (passed, self.tests().count() - passed)
    }

    /// Passes made by all of them.
    pub fn passes(&self) -> u64 {
        self.tests().map(|test| test.passes).sum()
    }
}
