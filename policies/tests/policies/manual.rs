//! The manual's pages about the language are made from its tables, and its examples hold.

use setpoint_core::{Dimension, Unit};
use setpoint_policies::{
    FAULTS, Fault, MAX_BYTES, MAX_LINES, Script, Severity,
    language::{Arg, FORBIDDEN, FORBIDDEN_SYNTAX, GLOBALS, Gives, NOT_YET, On, UNITS, WORDS, Word},
    render,
};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

/// Where the written part of a page ends.
const MARK: &str = "-->\n";

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Fails if the page on disk is not `text`, or writes it if that is asked for.
#[track_caller]
fn compare(name: &str, text: &str) {
    let path = page(name);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == text {
        return;
    }
    if std::env::var_os("SETPOINT_BLESS").is_some() {
        fs::write(&path, text).expect("a writable page");
    }
    panic!("docs/{name} is not what the tables say; SETPOINT_BLESS=1 writes it anew");
}

#[test]
fn the_page_of_the_language_never_differs_from_its_tables() {
    let found = fs::read_to_string(page("policy-language.md")).expect("a readable page");
    let end = found.find(MARK).expect("a mark where the written part ends") + MARK.len();
    compare("policy-language.md", &format!("{}{}", &found[..end], language()));
}

#[test]
fn the_page_of_faults_never_differs_from_their_table() {
    let mut text = "# Faults of policies\n\n\
        What `setpoint-sim check` and `setpoint check` can say of a policy. A policy with an error may\n\
        not run; one with a warning may, but probably does not mean what it says. An id keeps its\n\
        meaning for ever.\n\n\
        <!-- This page is made from the table of the program:\n\
        SETPOINT_BLESS=1 cargo nextest run -p setpoint-policies manual -->\n\n\
        | id | severity | meaning |\n|---|---|---|\n"
        .to_owned();
    for id in FAULTS {
        let (code, severity, meaning) = (id.code(), id.severity(), cell(id.meaning()));
        writeln!(text, "| {code} | {severity} | {meaning} |").expect("text");
    }
    compare("faults.md", &text);
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The part of the page that is made from tables.
fn language() -> String {
    let mut text = String::new();
    let sections = [
        (On::Inputs, "`m`, the inputs", "`m.x` is the input `x`."),
        (On::Reading, "A reading: `m.x`", "All that is said of a number with a unit holds too."),
        (On::Each, "A reading of each member or zone: `m.x` with `per`", ""),
        (
            On::Part,
            "One of the list `m.x.each`",
            "All that is said of a number with a unit holds too.",
        ),
        (On::Quantity, "A number with a unit", ""),
        (On::Group, "A group", ""),
        (On::Database, "A database", ""),
        (
            On::Setting,
            "A setting",
            "A number that is set somewhere: the cap of a pool, a rate limit, a share.",
        ),
        (On::Flag, "A flag", "A feature that a share of users sees, and that can be shed."),
        (
            On::Rollout,
            "A rollout",
            "A share of the traffic that a new revision, the candidate, serves beside the stable one.",
        ),
        (On::Job, "A job", "Something that is run, and ends by itself."),
        (On::Volume, "A volume", "A disk that can grow."),
        (
            On::Traffic,
            "A traffic",
            "Where users are sent: what share of them each destination takes.",
        ),
        (On::Opinion, "What recording an opinion gives back", ""),
        (On::Alert, "An alert", "What fires in Alertmanager, or in whatever else counts alerts."),
        (On::Now, "`now`", ""),
        (On::Nothing, "Functions", "They can be written behind a value too: `m.x.max(m.y)`."),
    ];
    for (on, title, note) in sections {
        write!(text, "\n## {title}\n\n").expect("text");
        if !note.is_empty() {
            write!(text, "{note}\n\n").expect("text");
        }
        text.push_str("| word | gives | what it is |\n|---|---|---|\n");
        for word in WORDS.iter().filter(|word| word.on == on) {
            let (saying, gives, doc) = (saying(word), gives(word.gives), word.doc);
            writeln!(text, "| `{saying}` | {gives} | {doc} |").expect("text");
        }
    }
    units(&mut text);
    refused(&mut text);
    limits(&mut text);
    text
}

/// `quantile(share, window)`
fn saying(word: &Word) -> String {
    let Some(args) = word.args else { return word.name.to_owned() };
    let args = args.iter().map(|arg| match arg {
        Arg::Any => "value",
        Arg::Same if word.on == On::Group => "goal",
        Arg::Same => "other",
        Arg::Count => "n",
        Arg::CountOrShare => "n or share",
        Arg::Share => "share",
        Arg::Bytes => "size",
        Arg::Time => "duration",
        Arg::Window => "window",
        Arg::Text => "text",
        Arg::Destination => "name",
        Arg::Shares => "#{ name: share, … }",
    });
    format!("{}({})", word.name, args.collect::<Vec<_>>().join(", "))
}

fn gives(gives: Gives) -> &'static str {
    match gives {
        Gives::Same => "the same",
        Gives::Quantity(dimension) => dimension.noun(),
        Gives::PerSecond => "a count's rate; else the same, per second",
        Gives::Number => "a count",
        Gives::Bool => "true or false",
        Gives::Text => "a text",
        Gives::List => "a list",
        Gives::Opinion => "an opinion",
        Gives::Alert => "an alert",
        Gives::Nothing => "nothing",
    }
}

fn units(text: &mut String) {
    text.push_str(
        "\n## Units\n\n| measures | of numbers in the text | of inputs |\n|---|---|---|\n",
    );
    let dimensions =
        [Dimension::Ratio, Dimension::Time, Dimension::Bytes, Dimension::Rate, Dimension::Count];
    for dimension in dimensions {
        let own = UNITS.iter().filter(|unit| unit.dimension == dimension);
        let own: Vec<String> = own.map(|unit| format!("`5.{}`", unit.name)).collect();
        let own = if own.is_empty() { "`5`".to_owned() } else { own.join(", ") };
        let inputs = Unit::ALL.iter().filter(|(_, unit)| unit.dimension() == dimension);
        let inputs: Vec<String> = inputs.map(|(name, _)| format!("`\"{name}\"`")).collect();
        let (noun, inputs) = (dimension.noun(), inputs.join(", "));
        writeln!(text, "| {noun} | {own} | {inputs} |").expect("text");
    }
}

fn refused(text: &mut String) {
    text.push_str("\n## What a policy may not use\n\n| | why |\n|---|---|\n");
    for (word, why) in FORBIDDEN.iter().chain(FORBIDDEN_SYNTAX) {
        writeln!(text, "| `{word}` | {why} |").expect("text");
    }
    text.push_str("| `m[…]`, `p[…]`, `state[…]` | write `m.x`, so that it can be checked |\n");
    text.push_str(
        "| `?.`, and `??` after a reading | nothing here is ever `()`; write `.or(…)` |\n",
    );
    let words: BTreeSet<&str> = NOT_YET.iter().map(|(_, word)| *word).collect();
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let globals: Vec<String> = GLOBALS.iter().map(|name| format!("`{name}`")).collect();
    write!(
        text,
        "\nNot supported yet by this version: the words {}.\n\
         \nNames that are taken: {}, the targets of the header, and every function above.\n",
        words.join(", "),
        globals.join(", ")
    )
    .expect("text");
}

fn limits(text: &mut String) {
    let kib = MAX_BYTES / 1024;
    write!(
        text,
        "\n## Limits\n\nThey are the same everywhere, so that a policy ends the same way on every machine.\n\n\
         | what | at most |\n|---|---|\n\
         | a file | {kib} KiB, {MAX_LINES} lines, 1000 variables, 64 functions |\n\
         | an evaluation | 20000 operations; a common policy takes 200 |\n\
         | calls within calls | 16 |\n\
         | a text, a list, a map | 4096 bytes, 1000 entries, 200 entries |\n"
    )
    .expect("text");
}

/// The examples of a page that are in Rhai.
fn examples(text: &str) -> Vec<&str> {
    let fenced = text.split("```rhai\n").skip(1);
    fenced.map(|rest| rest.split_once("```").expect("a fence that is closed").0).collect()
}

#[test]
fn no_example_of_the_manual_has_a_fault() {
    let text = fs::read_to_string(page("policy-language.md")).expect("a readable page");
    let all = examples(&text);
    assert!(all.len() >= 3, "the page has examples");
    let mut header = "";
    for example in all {
        let whole = example.contains("const POLICY");
        if whole {
            let end = example.find("};\n").expect("the end of the header") + 3;
            header = &example[..end];
        }
        // A part of a policy belongs to the whole one before it.
        let source = if whole { example.to_owned() } else { format!("{header}{example}") };
        let faults: Vec<Fault> = match Script::parse("example", &source) {
            Ok(script) if whole => script.warnings().to_vec(),
            Ok(_) => Vec::new(),
            Err(faults) => faults,
        };
        assert!(faults.is_empty(), "{}", render(&faults, &source, false));
    }
}

#[test]
fn every_fault_has_a_sentence_and_a_place_in_the_order_of_ids() {
    let codes: Vec<&str> = FAULTS.iter().map(|id| id.code()).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    for id in FAULTS {
        assert!(id.meaning().ends_with('.'), "{id}");
        let warning = id.code() >= "P060";
        assert_eq!(id.severity() == Severity::Warning, warning, "{id}");
    }
}
