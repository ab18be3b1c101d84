//! What the program says, and with which code it ends.

use super::{Folder, HEAD, library};
use serde_json::Value;
use xmlparser::{ElementEnd, Token, Tokenizer};

const GOOD: &str = "inputs = { cpu = 90 }\ntargets = { fleet = 10 }\n\
                    expect = [{ at = \"0s\", actions = [\"fleet scale_to 15\"] }]\n";
const BAD: &str = "inputs = { cpu = 90 }\ntargets = { fleet = 10 }\n\
                   expect = [{ at = \"0s\", actions = [\"fleet scale_to 16\"] }]\n";

fn folder(body: &str) -> Folder {
    Folder::new().with("a.test.toml", &format!("{HEAD}{body}"))
}

#[test]
fn it_ends_with_the_code_of_what_it_found() {
    let code = |folder: Folder, arguments: &[&str]| folder.run(arguments).code;
    assert_eq!(code(folder(GOOD), &["test"]), 0);
    assert_eq!(code(folder(GOOD), &["test", ".", "a.test.toml", "--run", "it"]), 0);
    assert_eq!(code(folder(BAD), &["test"]), 1);
    assert_eq!(code(folder("nonsense = 1"), &["test"]), 78);
    assert_eq!(code(folder(BAD).with("b.test.toml", "x"), &["test"]), 78);
    assert_eq!(code(Folder::new(), &["test"]), 1, "no tests are no success");
    assert_eq!(code(folder(GOOD), &["test", "--run", "nobody"]), 1);
    assert_eq!(code(folder(GOOD), &["test", "gone"]), 64);
    assert_eq!(code(folder(GOOD), &["test", "--output", "yaml"]), 64);
    assert_eq!(code(folder(GOOD), &["test", "--jobs", "0"]), 64);
    assert_eq!(code(folder(GOOD), &["test", "--min-coverage", "50"]), 0);
    assert_eq!(code(folder(GOOD), &["test", "--min-coverage", "51"]), 1);
    assert_eq!(code(folder(GOOD), &["test", "--min-coverage", "101"]), 64);
}

#[test]
fn it_says_why_where_the_report_does_not() {
    assert!(Folder::new().run(&["test"]).err.contains("no tests found"));
    assert!(
        folder(GOOD).run(&["test", "--run", "nobody"]).err.contains("no test is named like that")
    );
    assert!(folder(GOOD).run(&["test", "gone"]).err.contains("gone cannot be read: No such file"));
    let low = folder(GOOD).run(&["test", "--min-coverage", "51"]);
    assert_eq!(low.err, "error: 50 % of the rules fired, 51 % must\n");
}

#[test]
fn a_failure_is_shown_with_how_its_pass_came_about() {
    let ended = folder(BAD).run(&["test"]);
    assert_eq!(
        ended.out,
        r#"a.test.toml
  FAIL  it  1 pass
        at 0s: actions  (a.test.toml:6:34)
          expected  ["fleet scale_to 16"]
          got       ["fleet scale_to 15"]
          | fleet     10 desired, 10 ready
          |           rule "hold" (fleet.rhai:10) fired
          |           rule "cap" (fleet.rhai:15) did not fire
          |             line 15: cpu = 90 % > 95 % is false
          |   wants   15, rule "hold" (fleet.rhai:11): track 90 % to 60 % (load of 15 members at 60 %)
          |   guard   pause               15   not paused
          |   guard   range               15   within 0..1000
          |   guard   dead-band           15   +50 % off goal, beyond 10 %
          |   guard   evidence            15   all there
          |   guard   stabilise           15   no window
          |   guard   rate limit          15   within one step of +10 per 15s
          |   guard   projection          15   only for shrinking
          |   guard   launches failing    15   only for shrinking
          |   guard   suspicious drop     15   only for shrinking
          |   guard   warm-up             15   growth does not wait
          |   guard   cooldown            15   growth has none
          |   guard   no effect           15   nothing to the contrary
          |   guard   too sick            15   only for shrinking
          |   guard   foreign change      15   nobody else moved it
          |   guard   flapping            15   only for shrinking
          |   guard   budget              15   only for shrinking
          |   guard   approval            15   only for shrinking
          |   guard   clamp               15   in range, or on its way there
          |   action  resize 10 -> 15

rules fired in tests: 1/2; never fired: "cap" (fleet.rhai:15)
0 passed, 1 failed; 1 pass made
"#
    );
}

#[test]
fn the_json_says_everything_that_the_text_says() {
    let parsed = |body: &str| -> Value {
        serde_json::from_str(&folder(body).run(&["test", "--output", "json"]).out).unwrap()
    };
    let bad = parsed(BAD);
    assert_eq!((&bad["passed"], &bad["failed"]), (&0.into(), &1.into()));
    let failure = &bad["tests"][0]["failures"][0];
    assert_eq!(failure["got"], "[\"fleet scale_to 15\"]");
    assert_eq!(
        (&failure["at_ms"], &failure["line"], &failure["column"]),
        (&0.into(), &6.into(), &34.into())
    );
    assert_eq!(failure["trace"][0], "fleet     10 desired, 10 ready");
    assert_eq!(bad["coverage"]["percent"], 50.0);
    assert_eq!(bad["coverage"]["each"][1]["rule"], "cap");
    let fault = &parsed("nonsense = 1")["faults"][0];
    for key in ["file", "line", "column", "id", "severity", "message", "help"] {
        assert!(!fault[key].is_null() || key == "help", "{key} of {fault}");
    }
}

/// The names of all elements of `xml` that are open at once, at most; fails if it is not
/// well-formed.
fn deepest(xml: &str) -> usize {
    let (mut open, mut deepest) = (Vec::new(), 0);
    for token in Tokenizer::from(xml) {
        let token = token.unwrap_or_else(|error| panic!("{error} in\n{xml}"));
        if let Token::ElementStart { local, .. } = token {
            open.push(local.as_str());
        } else if let Token::ElementEnd { end: ElementEnd::Close(_, name), .. } = token {
            assert_eq!(open.pop(), Some(name.as_str()));
        } else if let Token::ElementEnd { end: ElementEnd::Empty, .. } = token {
            open.pop();
        }
        deepest = deepest.max(open.len());
    }
    assert!(open.is_empty(), "{open:?} are left open");
    deepest
}

#[test]
fn the_junit_is_well_formed_whatever_is_in_a_name() {
    let hostile =
        format!("{HEAD}{BAD}").replace("\"it\"", r#""a <b> & \"c\" ]]> \u0007 \ufffe é \n -->""#);
    let folder = Folder::new().with("a.test.toml", &hostile).with("b&<.test.toml", "x = \"<&\"");
    let ended = folder.run(&["test", "--output", "junit"]);
    assert_eq!(deepest(&ended.out), 4, "suites, suite, case, failure");
    assert!(ended.out.contains(
        "<testsuites name=\"setpoint-sim test\" tests=\"2\" failures=\"1\" errors=\"1\">"
    ));
    assert!(
        ended.out.contains("a &lt;b&gt; &amp; &quot;c&quot; ]]&gt; ? ? é &#10; --&gt;"),
        "{}",
        ended.out
    );
    let good = Folder::new().run(&["test", library().to_str().unwrap(), "--output", "junit"]);
    assert_eq!((good.code, deepest(&good.out)), (0, 3));
}

#[test]
fn no_colour_reaches_a_file() {
    assert!(!folder(BAD).run(&["test"]).out.contains('\u{1b}'));
    assert!(!folder("nonsense = 1").run(&["test"]).out.contains('\u{1b}'));
}

#[test]
fn hidden_folders_and_other_files_are_passed_over() {
    let folder = folder(GOOD).with("notes.toml", "x").with(".test.toml", "x");
    for name in [".git", "target", "deep/er"] {
        std::fs::create_dir_all(folder.path(name)).unwrap();
    }
    let folder = folder.with(".git/a.test.toml", "x").with("target/a.test.toml", "x");
    assert_eq!(folder.run(&["test"]).code, 0);
    let folder = folder.with("deep/er/a.test.toml", "x");
    let ended = folder.run(&["test"]);
    assert_eq!(ended.code, 78);
    assert!(ended.out.contains("deep/er/a.test.toml"), "{}", ended.out);
}

#[test]
fn a_check_says_what_it_found_as_json() {
    let bad = "const POLICY = #{ about: \"x\", language: 1, colour: 3 };\nrule \"r\" {}\n";
    let folder = Folder::new().with("bad.rhai", bad);
    let ended = folder.run(&["check", ".", "--output", "json"]);
    assert_eq!((ended.code, ended.err.as_str()), (78, ""));
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let found = found.as_array().unwrap().iter().find(|fault| fault["id"] == "P013").unwrap();
    assert_eq!((&found["file"], &found["line"]), (&"bad.rhai".into(), &1.into()));
    assert_eq!(found["severity"], "error");
    assert!(found["message"].as_str().unwrap().contains("colour"));
    let good = library().join("serve-requests.rhai");
    let good = folder.run(&["check", good.to_str().unwrap(), "--output", "json"]);
    assert_eq!((good.code, good.out.as_str()), (0, "[]\n"));
    std::fs::create_dir(folder.path("empty")).unwrap();
    assert_eq!(folder.run(&["check", "empty"]).code, 1);
    assert_eq!(folder.run(&["check", "gone"]).code, 64);
}
