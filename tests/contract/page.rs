//! The manual's page about providers shows the code of this suite, and what it holds.

use crate::{WITHOUT, subject::Case};
use std::{fmt::Write as _, fs, path::PathBuf};

/// What stands before each piece of code in the page, and around it in the file.
const QUOTED: &str = "<!-- tests/contract/notes.rs: ";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_page_about_providers_shows_what_is_there() {
    let place = path("../docs/adding-a-provider.md");
    let found = fs::read_to_string(&place).expect("a readable page");
    let code = fs::read_to_string(path("contract/notes.rs")).expect("readable code");
    let end = found.rfind("-->\n").expect("a mark where the written part ends") + "-->\n".len();
    let text = format!("{}\n{}", quoted(&found[..end], &code), table());
    if found == text {
        return;
    }
    if std::env::var_os("SETPOINT_BLESS").is_some() {
        fs::write(&place, text).expect("a writable page");
    }
    panic!("docs/adding-a-provider.md is not what the suite says; SETPOINT_BLESS=1 writes it anew");
}

/// The page with the code that it names in each of its blocks.
fn quoted(page: &str, code: &str) -> String {
    let mut parts = page.split(QUOTED);
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut shown = 0;
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```rust\n").expect("a name, then a block");
        let (_, after) = rest.split_once("```\n").expect("the end of the block");
        let after_name = code.split_once(&format!("// docs: {name}\n")).map(|(_, rest)| rest);
        let piece = after_name.and_then(|rest| rest.split_once("// docs: end")).map(|(it, _)| it);
        let piece = piece.unwrap_or_else(|| panic!("there is no such piece: {name}"));
        write!(text, "{QUOTED}{name} -->\n```rust\n{piece}```\n{after}").expect("text");
        shown += 1;
    }
    assert_eq!(shown, code.matches("// docs: ").count() / 2, "every piece is shown");
    text
}

/// What is held, and what makes no sense for whom.
fn table() -> String {
    let mut text = "| case | promise |\n|---|---|\n".to_owned();
    for (_, name, promise) in Case::ALL {
        writeln!(text, "| `{name}` | {promise} |").expect("text");
    }
    text += "\n| provider | all of these, but for |\n|---|---|\n";
    for (provider, without) in WITHOUT {
        let but = without.iter().map(|(case, why)| format!("`{}`: {why}", case.name()));
        let but: Vec<String> = but.collect();
        let but = if but.is_empty() { "nothing".to_owned() } else { but.join("; ") };
        writeln!(text, "| `{provider}` | {but} |").expect("text");
    }
    text
}
