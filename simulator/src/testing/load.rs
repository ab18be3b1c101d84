//! A test file and the policies it tests, read whole or not at all.
//!
//! ```text
//! x.test.toml ──► table.rs (keys and types) ──► test.rs, inputs.rs, targets.rs, claims.rs ──► Case
//!      └── policy = "x.rhai" ──► Script ──────────────┘        └──► faults, all of them at once
//! ```
//!
//! Start reading at [`load`].

use super::{
    case::Case,
    fault::{At, Code, Faults, FileFault, Place, SourceFile},
    policy_files::{Tested, policies, text},
    table::{Reader, Table},
    test::Bench,
};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use toml::de::DeTable;

/// The largest test file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What came of reading a test file.
pub(super) struct Loaded {
    /// The file, as people named it.
    pub(super) path: String,
    /// Everything that is wrong with it and with its policies.
    pub(super) faults: Vec<FileFault>,
    /// Its tests; none if anything is wrong.
    pub(super) cases: Vec<Case>,
    /// The policies that they test.
    pub(super) policies: Vec<Tested>,
}

/// Reads the test file at `path`. Needs the stack that policies need.
pub(super) fn load(path: &Path) -> Loaded {
    let faults = Faults::default();
    let name = path.display().to_string();
    let (cases, policies) = match text(path, LARGEST) {
        Ok(text) => {
            let file = Arc::new(SourceFile { path: name.clone(), text });
            read(path, &file, &faults)
        }
        Err(why) => {
            let file = Arc::new(SourceFile { path: name.clone(), text: String::new() });
            let fault = FileFault::new(Code::Unreadable, &Place::whole(&file), why);
            faults.push(fault);
            (Vec::new(), Vec::new())
        }
    };
    let cases = if faults.count() == 0 { cases } else { Vec::new() };
    Loaded { path: name, faults: faults.into_vec(), cases, policies }
}

fn read(path: &Path, file: &Arc<SourceFile>, faults: &Faults) -> (Vec<Case>, Vec<Tested>) {
    let (parsed, errors) = DeTable::parse_recoverable(&file.text);
    // After the first error in a file the parser guesses: only that one is sure.
    let first = errors.into_iter().min_by_key(|error| error.span().map(|span| span.start));
    if let Some(error) = first {
        let place = Place::new(file, error.span().unwrap_or(0..0));
        faults.push(FileFault::new(Code::Syntax, &place, error.message()));
        return (Vec::new(), Vec::new());
    }
    let reader = Reader { file, faults };
    let mut table = Table::whole(reader, parsed.get_ref());
    let files = policy_files(&mut table);
    let tests = table.tables("test");
    if tests.is_empty() && faults.count() == 0 {
        let message = format!("{} has no tests", file.path);
        let fault = FileFault::new(Code::Nothing, &Place::whole(file), message);
        faults.push(fault.help("write at least one `[[test]]`"));
    }
    table.finish();
    let folder = path.parent().unwrap_or(Path::new(""));
    let policies = policies(folder, &files, faults);
    // Of a policy that is not understood nothing is known: whatever else seemed to be
    // wrong with its tests would be guesswork.
    if files.is_empty() || policies.len() < files.len() {
        return (Vec::new(), policies);
    }
    let bench = Bench { reader, policies: &policies };
    let mut names = BTreeSet::new();
    let cases = tests.into_iter().filter_map(|test| bench.test(test, &mut names)).collect();
    (cases, policies)
}

/// `policy = "x.rhai"` or `policies = ["a.rhai", "b.rhai"]`.
fn policy_files(table: &mut Table<'_>) -> Vec<At<String>> {
    let (one, several) = (table.text("policy"), table.texts("policies"));
    let named = table.has("policy") || table.has("policies");
    if !named {
        table.missing("policy", "policy = \"target-cpu.rhai\"");
    }
    if let (Some(one), Some(_)) = (&one, several.first()) {
        let message = "both `policy` and `policies` are given";
        let fault = FileFault::new(Code::Twice, &one.place, message);
        table.reader.faults.push(fault.help("write all of them in `policies`"));
    }
    if named && one.is_none() && several.is_empty() && table.reader.faults.count() == 0 {
        let fault = FileFault::new(Code::Policies, &table.place, "`policies` is empty");
        table.reader.faults.push(fault.help("name the policies to test"));
    }
    one.into_iter().chain(several).collect()
}
