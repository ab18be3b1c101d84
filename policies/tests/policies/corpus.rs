//! Policies that mean harm, or whose authors had a bad day.
//!
//! Each is a name and a text. Those that are only a body get a header in front.

/// A header with one of everything.
const HEADER: &str = "const POLICY = #{ about: \"x\", language: 1, params: #{ goal: \"60%\" },\n\
    inputs: #{ x: #{ unit: \"percent\", window: \"2m\" }, q: #{ unit: \"count\", window: \"2m\" } },\n\
    targets: #{ fleet: #{ kind: \"group\" }, db: #{ kind: \"database\" } },\n\
    state: #{ note: \"\", n: 0 } };\n";

/// The header, and one rule that does this.
fn rule(body: &str) -> String {
    format!("{HEADER}rule \"r\" {{ {body} fleet.at_least(1); }}")
}

/// The header, and a rule that waits for this.
fn when(condition: &str) -> String {
    format!("{HEADER}rule \"r\" when {condition} {{ fleet.at_least(1); }}")
}

fn after_header(rest: &str) -> String {
    format!("{HEADER}{rest}")
}

/// Every hostile policy with its name.
pub(crate) fn corpus() -> Vec<(&'static str, String)> {
    let mut all = nested();
    all.extend(large());
    all.extend(unreadable());
    all.extend(endless());
    all.extend(greedy());
    all.extend(lengthy());
    all.extend(numbers());
    all.extend(grammar());
    all.extend(handles());
    all
}

/// What is nested or chained too deep for a parser, or just not too deep.
fn nested() -> Vec<(&'static str, String)> {
    const DEEP: usize = 20_000;
    let around = |open: &str, close: &str, n: usize| {
        format!("let a = {}1{};", open.repeat(n), close.repeat(n))
    };
    vec![
        ("parentheses", rule(&around("(", ")", DEEP))),
        ("parentheses that fit", rule(&around("(", ")", 12))),
        ("lists in lists", rule(&around("[", "]", DEEP))),
        ("lists in lists that fit", rule(&around("[", "]", 12))),
        ("maps in maps", rule(&around("#{a:", "}", DEEP))),
        ("blocks in blocks", rule(&around("{", "}", DEEP))),
        ("texts in texts", rule(&around("`${", "}`", DEEP))),
        ("calls in calls", rule(&around("abs(", ")", DEEP))),
        ("minus minus", rule(&around("-", "", DEEP))),
        ("not not", when(&format!("{}true", "!".repeat(DEEP)))),
        ("functions of functions", rule(&around("|x| ", "", DEEP))),
        ("a long chain of properties", when(&format!("m{} == 1", ".x".repeat(DEEP)))),
        ("a long chain of methods", when(&format!("m.x{} > p.goal", ".abs()".repeat(DEEP)))),
        ("a long chain of brackets", rule(&format!("let a = []; a{};", "[0]".repeat(DEEP)))),
        ("a long sum", when(&format!("{} > 1", vec!["1"; DEEP].join(" + ")))),
        ("a long and", when(&vec!["m.x > p.goal"; 8_000].join(" && "))),
        ("a long else if", rule(&format!("if true {{}}{}", " else if true {}".repeat(DEEP)))),
        ("a long ??", rule(&format!("let a = {};", vec!["()"; DEEP].join(" ?? ")))),
        (
            "rules in rules",
            after_header(&format!("{}{}", "rule \"r\" { ".repeat(2_000), "}".repeat(2_000))),
        ),
        (
            "a header in a header",
            format!("const POLICY = {}1{};", "#{a:".repeat(DEEP), "}".repeat(DEEP)),
        ),
    ]
}

/// What is large.
fn large() -> Vec<(&'static str, String)> {
    let many = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    let functions = many(300, &|n| format!("fn f{n}(x) {{ x }}\n"));
    let fan = many(60, &|n| format!("fn f{n}(a, b) {{ f{}(b, a) + f{}(a, a) }}\n", n + 1, n + 1));
    vec![
        ("one byte too many", "x".repeat(setpoint_policies::MAX_BYTES + 1)),
        ("all bytes, one line", after_header(&format!("//{}", "x".repeat(200_000)))),
        ("all bytes, one name", rule(&format!("let {} = 1;", "a".repeat(200_000)))),
        ("one line too many", "\n".repeat(setpoint_policies::MAX_LINES)),
        ("many lines", after_header(&"// x\n".repeat(9_000))),
        (
            "many rules",
            after_header(&many(4_000, &|n| format!("rule \"{n}\" {{ fleet.at_least(1); }}\n"))),
        ),
        (
            "many rules of one name",
            after_header(&"rule \"a\" { fleet.at_least(1); }\n".repeat(4_000)),
        ),
        ("many functions", after_header(&functions)),
        (
            "functions that fan out",
            after_header(&format!(
                "{fan}fn f60(a, b) {{ a }}\nrule \"r\" when f0(m.x, 1) > 1 {{ fleet.at_least(1); }}"
            )),
        ),
        ("many variables", rule(&many(900, &|n| format!("let v{n} = {n}; ")))),
        ("very many variables", rule(&many(20_000, &|n| format!("let v{n}=1;")))),
        (
            "very many variables after a text",
            rule(&format!("let t = `a ${{1}} b`; {}", many(20_000, &|n| format!("let v{n}=1;")))),
        ),
        (
            "very many parameters",
            after_header(&format!("fn f({}a) {{ a }}", many(30_000, &|n| format!("v{n},")))),
        ),
        (
            "very many keys",
            rule(&format!("let a = #{{{}}};", many(25_000, &|n| format!("v{n}:1,")))),
        ),
        ("many faults", rule(&many(9_000, &|n| format!("x{n}; ")))),
        ("a long list", rule(&format!("let a = [{}];", "1,".repeat(60_000)))),
        (
            "a long switch",
            rule(&format!("switch 1 {{ {} }}", many(9_000, &|n| format!("{n} => 1,")))),
        ),
        ("a long text", rule(&format!("let a = \"{}\";", "x".repeat(5_000)))),
        ("a long reason", rule(&format!("fleet.at_least(1).because(\"{}\");", "x".repeat(4_000)))),
        (
            "many inputs",
            format!(
                "const POLICY = #{{ about: \"x\", language: 1, inputs: #{{ {} }} }};",
                many(4_000, &|n| format!("i{n}: #{{ unit: \"ms\" }},"))
            ),
        ),
    ]
}

/// What is no text that a person would have typed.
fn unreadable() -> Vec<(&'static str, String)> {
    vec![
        ("nothing", String::new()),
        ("blanks", " \n\t\r\n".repeat(500)),
        ("a byte-order mark", format!("\u{feff}{}", rule(""))),
        ("NUL", rule("let a = 1;\0")),
        ("NUL in a text", rule("let a = \"\0\";")),
        ("carriage returns", rule("").replace('\n', "\r\n")),
        ("only carriage returns", rule("").replace('\n', "\r")),
        ("a Cyrillic m", when("м.x > p.goal")),
        ("a Greek question mark", rule("let a = 1;").replace(';', "\u{37e}")),
        ("right to left", rule("/* \u{202e} */ let a = \"\u{2066}x\u{2069}\";")),
        ("no width", rule("let a\u{200b}b = 1;")),
        ("faces", when("\"👩‍👩‍👧\".len() > 1 && \"é\"[0..1] == \"é\"")),
        ("a combining name", rule("let e\u{301} = 1;")),
        ("an open text", after_header("rule \"r")),
        ("an open raw text", rule("let a = `")),
        ("an open comment", after_header(&"/*".repeat(50_000))),
        ("closed too often", after_header(&"}".repeat(50_000))),
        ("every sign", after_header("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")),
        ("odd escapes", rule("let a = \"\\x00\\u0000\\U0010FFFF\\q\";")),
        ("beyond Unicode", rule("let a = \"\\U00110000\";")),
    ]
}

/// What does not end by itself.
fn endless() -> Vec<(&'static str, String)> {
    vec![
        ("loop", rule("loop {}")),
        ("while true", rule("let n = 0; while true { n += 1; }")),
        ("do while", rule("do { } while 1 < 2;")),
        ("a long count", rule("let s = 0; for i in 0..1000000000000 { s += i; }")),
        ("a loop between the rules", after_header("loop {}\nrule \"r\" { fleet.at_least(1); }")),
        (
            "recursion",
            after_header("fn f(n) { f(n + 1) }\nrule \"r\" when f(0) > 1 { fleet.at_least(1); }"),
        ),
        (
            "two that call each other",
            after_header(
                "fn f(n) { g(n) }\nfn g(n) { f(n) }\nrule \"r\" when f(0) > 1 { fleet.at_least(1); }",
            ),
        ),
        (
            "Fibonacci",
            after_header(
                "fn f(n) { if n < 2 { n } else { f(n - 1) + f(n - 2) } }\nrule \"r\" when f(14) > 1 { fleet.at_least(1); }",
            ),
        ),
        (
            "recursion in brackets",
            after_header(&format!(
                "fn f(n) {{ {}f(n + 1){} }}\nrule \"r\" when f(0) > 1 {{ fleet.at_least(1); }}",
                "1 + (".repeat(9),
                ")".repeat(9)
            )),
        ),
        (
            "recursion by a pointer",
            after_header(
                "fn f(n) { Fn(\"f\").call(n) }\nrule \"r\" when f(0) > 1 { fleet.at_least(1); }",
            ),
        ),
        ("a long hold", after_header("rule \"r\" when true for 1e300.days { fleet.at_least(1); }")),
    ]
}

/// What wants memory or time out of one call.
fn greedy() -> Vec<(&'static str, String)> {
    vec![
        ("a doubling text", rule("let s = \"x\"; loop { s += s; }")),
        ("a padded text", rule("let s = \"\"; s.pad(1000000000, \"yy\");")),
        ("a padded list", rule("let a = []; a.pad(1000000000, 0);")),
        ("a padded list of lists", rule("let a = []; a.pad(60, [0, 0, 0]); a.pad(256, a);")),
        ("a doubling list", rule("let a = [1]; loop { a += a; }")),
        ("a growing list", rule("let a = []; loop { a.push(1); }")),
        ("a list in itself, a hundred times", rule("let a = [1]; for i in 0..100 { a.push(a); }")),
        ("a list put into itself", rule("let a = [1, 1]; loop { a = [a, a]; }")),
        (
            "a map in itself, a hundred times",
            rule("let m1 = #{ a: 1 }; for i in 0..100 { m1 = #{ a: m1, b: m1 }; }"),
        ),
        ("a growing map", rule("let t = #{}; for i in 0..100000 { t[`k${i}`] = i; }")),
        (
            "long texts in a list",
            rule(
                "let s = \"\"; s.pad(4000, \"x\"); let a = []; for i in 0..256 { a.push(s + i); }",
            ),
        ),
        (
            "a hundred long lists",
            rule(
                "let s = \"\"; s.pad(4000, \"x\"); let t = #{}; for i in 0..150 { t[`k${i}`] = [s + i]; }",
            ),
        ),
        (
            "looking things up",
            rule(
                "let a = []; a.pad(999, 1); let n = 0; for i in 0..9000 { if 5 in a { n += 1; } }",
            ),
        ),
        (
            "comparing lists",
            rule(
                "let a = []; a.pad(999, 1); let b = a; let n = 0; for i in 0..5000 { if a == b { n += 1; } }",
            ),
        ),
        ("sorting", rule("let a = []; a.pad(999, 1); for i in 0..5000 { a.sort(|x, y| x - y); }")),
        ("filtering", rule("let a = []; a.pad(999, 1); for i in 0..5000 { a.filter(|x| x > 0); }")),
    ]
}

/// What is long, or recorded often.
fn lengthy() -> Vec<(&'static str, String)> {
    vec![
        (
            "splitting",
            rule("let s = \"\"; s.pad(4000, \"a,\"); for i in 0..5000 { s.split(\",\"); }"),
        ),
        (
            "replacing",
            rule(
                "let s = \"\"; s.pad(4000, \"ab\"); for i in 0..5000 { s.replace(\"a\", \"b\"); }",
            ),
        ),
        ("copying", rule("let a = []; a.pad(999, 1); for i in 0..9000 { let b = a; }")),
        ("many opinions", rule("for i in 0..100000 { fleet.at_least(i); }")),
        ("many comparisons", rule("for i in 0..100000 { if m.x > p.goal { } }")),
        ("many windows", rule("for i in 0..100000 { let a = m.x.quantile(0.5, 1.minute); }")),
        (
            "a growing state",
            rule(
                "state.note += \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"; state.note += state.note;",
            ),
        ),
        (
            "a growing reason",
            rule(
                "let s = \"\"; s.pad(4000, \"x\"); for i in 0..2000 { fleet.at_least(1).because(s); }",
            ),
        ),
    ]
}

/// What is no number, or not one that anybody could mean.
fn numbers() -> Vec<(&'static str, String)> {
    let odd = "(0.0 / 0.0)";
    vec![
        ("a size that is no number", rule(&format!("fleet.scale_to({odd});"))),
        ("an infinite size", rule("fleet.scale_to(1.0 / 0.0); fleet.scale_to(-1.0 / 0.0);")),
        ("the largest size", rule("fleet.scale_to(9223372036854775807);")),
        ("the largest change", rule("fleet.scale_by(-9223372036854775807);")),
        ("a huge share", rule("fleet.scale_by(1e300.percent);")),
        ("a size below zero", rule("let n = 3 - 5; fleet.scale_to(n);")),
        ("a giant whole number", rule("let a = 99999999999999999999999999999999;")),
        ("a giant number", rule(&format!("let a = 1{}.0;", "0".repeat(400)))),
        ("an infinite literal", when("m.x > 1e999.percent")),
        ("casts", rule("let a = 1e300.to_int(); let b = (0.0 / 0.0).to_int();")),
        ("overflow", rule("let a = 9223372036854775807; a += 1;")),
        (
            "the least by minus one",
            rule("let a = -9223372036854775807 - 1; let b = a / -1; let c = a % -1;"),
        ),
        ("powers", rule("let a = 9999999999; let b = a ** a;")),
        ("shifts", rule("let a = 1 << 100000; let b = 1 >> -5;")),
        ("division by zero", when("m.x / 0 > p.goal")),
        ("a window of nothing", when("m.x.peak(0.seconds) > p.goal")),
        ("a window before", when("m.x.peak(-1.minute) > p.goal")),
        ("the end of time", when("m.q.forecast(1.minute, 1e300.days) > 3")),
        ("an infinite window", when("m.x.avg(1e308.days * 10) > p.goal")),
        ("an odd quantile", when("m.q.quantile(0.0 - 5.0, 1.minute) > 3")),
        (
            "texts cut anywhere",
            rule(
                "let s = \"äöü\"; let a = s.sub_string(-9223372036854775807, 9223372036854775807); let b = s[-1]; s.crop(1, 99); s.truncate(-1);",
            ),
        ),
        (
            "lists cut anywhere",
            rule(
                "let a = [1, 2]; a.extract(-9223372036854775807, 9223372036854775807); a.splice(5, -3, [1]); a.truncate(-1); a.chop(-9); a.insert(-99, 1); a.remove(99); let b = a[-9];",
            ),
        ),
        ("bits", rule("let a = 5; let b = a[200]; let c = a[-1];")),
        (
            "numbers in texts",
            rule(&format!(
                "let a = parse_int(\"{}\"); let b = parse_float(\"nan\");",
                "9".repeat(400)
            )),
        ),
    ]
}

/// What bends the grammar.
fn grammar() -> Vec<(&'static str, String)> {
    vec![
        ("a rule without a name", after_header("rule { fleet.at_least(1); }")),
        ("a rule named rule", after_header("rule rule { }")),
        ("an empty name", after_header("rule \"\" { fleet.at_least(1); }")),
        (
            "a long name",
            after_header(&format!("rule \"{}\" {{ fleet.at_least(1); }}", "x".repeat(4_000))),
        ),
        ("when when", after_header("rule \"r\" when when { }")),
        ("for for", after_header("rule \"r\" when true for for { }")),
        ("two durations", after_header("rule \"r\" when true for 1.minute for 2.minutes { }")),
        ("a variable named rule", after_header("let rule = 1;")),
        ("a rule in a text", after_header("let a = `${rule \"r\" { fleet.at_least(1); }}`;")),
        ("a rule in a list", after_header("let a = [rule \"r\" { fleet.at_least(1); }];")),
        ("a rule that waits for a rule", after_header("rule \"a\" when rule \"b\" { } { }")),
        (
            "a rule in a function",
            after_header("fn f() { rule \"r\" { } }\nf();\nrule \"r\" { fleet.at_least(1); }"),
        ),
        ("a rule with a method", after_header("rule \"r\" { }.because(\"x\");")),
        ("a rule in a loop", after_header("loop { rule \"r\" { fleet.at_least(1); } }")),
    ]
}

/// What is done with names that mean something.
fn handles() -> Vec<(&'static str, String)> {
    vec![
        (
            "a native of one's own",
            after_header(
                "fn min(a, b) { 0 }\nfn at_least(n) { n }\nfn to_int(x) { x }\nrule \"r\" { fleet.at_least(min(1, 2)); }",
            ),
        ),
        (
            "an operator of one's own",
            after_header("fn `+`(a, b) { 0 }\nrule \"r\" { fleet.at_least(1 + 1); }"),
        ),
        (
            "handles as values",
            rule(
                "let a = [fleet, m, p, now, state, db]; let b = #{ f: fleet }; b.f.at_least(1); a[0].at_least(2); a.sort();",
            ),
        ),
        (
            "handles as texts",
            rule(
                "let a = `${fleet}${m}${p}${now}${state}${db}`; let b = \"\" + fleet; fleet.at_least(1).because(a + b);",
            ),
        ),
        (
            "handles swapped",
            rule(
                "let a = fleet; let b = db; let c = a; a = b; b = c; a.at_least(1); b.at_least(2);",
            ),
        ),
        (
            "a call in the parent's scope",
            after_header("fn f() { fleet }\nrule \"r\" { f!().at_least(1); }"),
        ),
        (
            "this",
            after_header(
                "fn f() { this = 5; this }\nrule \"r\" { fleet.f(); let x = 1; x.f(); fleet.at_least(x); }",
            ),
        ),
        ("tags", rule("let a = fleet; a.tag = 5; set_tag(a, 3); let b = a.tag();")),
        (
            "a header made by a function",
            "fn f() { 1 }\nconst POLICY = f();\nrule \"r\" { }".to_owned(),
        ),
        ("a second header", format!("{HEADER}{HEADER}rule \"r\" {{ fleet.at_least(1); }}")),
        ("a header in a rule", after_header("rule \"r\" { const POLICY = 1; fleet.at_least(1); }")),
        (
            "outside tools",
            rule(
                "import \"std\" as s; print(1); debug(2); eval(\"1\"); sleep(1); timestamp(); rand(); exit();",
            ),
        ),
    ]
}
