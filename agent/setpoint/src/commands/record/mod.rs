//! `record`: what was read in the last hours, frozen as a test of a policy. Asks the journal
//! only, beside an agent at work or without one.

mod fixture;
mod series;

use super::{configuration, journal};
use crate::{
    cli::{Common, Record},
    config::suggest,
    exit::Exit,
    output::{self, Format},
    system_clock::SystemClock,
};
use fixture::Fixture;
use serde_json::json;
use setpoint_control::Clock;
use setpoint_core::{BoundPolicy, PolicyName, Program};
use std::{fs::File, io::Write, path::Path};

/// Writes the test and says what is missing in it.
pub(crate) fn record(common: &Common, options: &Record) -> Exit {
    recorded(common, options).unwrap_or_else(|exit| exit)
}

fn recorded(common: &Common, options: &Record) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let reader = journal::read(&config)?;
    let now = SystemClock::start().now().wall;
    let since = now - options.last;
    let seen = reader.seen((since, now)).map_err(journal::unreadable)?;
    let Some((snapshots, program)) = seen else {
        return Err(complain(&format!("no pass was made in the last {}", options.last), Exit::No));
    };
    let wanted = options.policy.as_deref();
    let policy = policy(&program, wanted).map_err(|why| complain(&why, Exit::Usage))?;
    let intents = reader.intents(u32::MAX).map_err(journal::unreadable)?;
    let fixture = Fixture::of((&program, policy), &snapshots, &intents);
    let fixture = fixture.map_err(|why| complain(&why, Exit::No))?;
    write(&options.out, &fixture.text(&script(policy, &options.out)))?;
    let out = options.out.display().to_string();
    match common.output {
        Format::Json => output::answer_json(&json!({
            "file": out,
            "policy": policy.name,
            "passes": fixture.passes(),
            "missing": fixture.missing,
        })),
        Format::Text => {
            let (passes, name) = (fixture.passes(), &policy.name);
            output::answer(&format!("{out}: {passes} passes of {name}"));
            for missing in &fixture.missing {
                output::answer(&format!("missing: {missing}"));
            }
        }
    }
    Ok(Exit::Fine)
}

/// The policy that is meant.
fn policy<'p>(program: &'p Program, wanted: Option<&str>) -> Result<&'p BoundPolicy, String> {
    let names = || program.policies.iter().map(|policy| policy.name.as_str());
    match (wanted, &program.policies[..]) {
        (None, [only]) => Ok(only),
        (None, _) => {
            let names: Vec<&str> = names().collect();
            Err(format!("say which policy with `--policy`: {}", names.join(", ")))
        }
        (Some(wanted), all) => {
            all.iter().find(|policy| policy.name == PolicyName::new(wanted)).ok_or_else(|| {
                let advice = suggest::advice(wanted, names());
                let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
                format!("no policy `{wanted}` was at work{advice}")
            })
        }
    }
}

/// The policy's file as the test names it: from the test's own folder, where both are in one.
fn script(policy: &BoundPolicy, out: &Path) -> String {
    let file = Path::new(&policy.file);
    let whole = |path: &Path| path.canonicalize().ok();
    let folder = out.parent().map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    let beside = folder.and_then(whole).zip(file.parent().and_then(whole));
    match (beside, file.file_name()) {
        (Some((one, other)), Some(name)) if one == other => name.to_string_lossy().into_owned(),
        _ => whole(file).unwrap_or_else(|| file.to_owned()).display().to_string(),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let why = format!("{} cannot be written: {error}", path.display());
        complain(
            &why,
            if error.kind() == std::io::ErrorKind::PermissionDenied {
                Exit::NotPermitted
            } else {
                Exit::No
            },
        )
    })
}

fn complain(why: &str, exit: Exit) -> Exit {
    output::complain(&format!("error: {why}"));
    exit
}
