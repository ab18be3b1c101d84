//! A look around before work: whether HAProxy answers, has the backend, and would do as asked.
//! Changes nothing: what is asked of it for a try is incomplete, so that it is always refused.

use crate::{Fork, Onprem, Pool, Resource, Split, failure::Failure, table::Server};
use setpoint_control::{Finding, Severity};
use setpoint_core::{Range, TargetName};
use std::{collections::BTreeMap, env, path::Path};

/// The oldest HAProxy whose servers can be added with checks.
const OLDEST: (u32, u32) = (2, 6);

/// A server that nobody adds: its address is missing.
const TRIAL: &str = "sp-trial";

impl Onprem {
    /// What is to be said about these targets, each with the sizes that the operator allows;
    /// those that the agent `acts` on must be for it to change.
    pub async fn examine(
        &self,
        targets: &BTreeMap<TargetName, (Resource, Range)>,
        acts: impl Fn(&TargetName) -> bool,
    ) -> Vec<Finding> {
        let about = format!("provider {}", self.name);
        let mut findings: Vec<Finding> = match self.haproxy.ask("show info").await {
            Ok(info) => too_old(&info, &about).into_iter().collect(),
            Err(failure) => {
                let finding = Finding::new(Severity::Unreachable, about, failure.to_string());
                return vec![finding.help(
                    "`haproxy` is where its runtime API is, as `stats socket` in HAProxy's \
                     `global` section has it: does HAProxy run, and may the agent's user write there?",
                )];
            }
        };
        for (name, (resource, range)) in targets {
            let found = match resource {
                Resource::Group(pool) => self.group(pool, *range, acts(name)).await,
                Resource::Database(cluster) => {
                    let mut found = self.examine_cluster(cluster, acts(name)).await;
                    found.extend(self.backend(&cluster.pool(), acts(name)).await);
                    found
                }
                Resource::Rollout(split) => self.split(split, acts(name)).await,
                Resource::Traffic(fork) => self.fork(fork, acts(name)).await,
            };
            let about = format!("target {name}");
            findings.extend(found.into_iter().map(|it| Finding { about: about.clone(), ..it }));
        }
        findings
    }

    /// What is wrong with the backend where readers connect.
    async fn backend(&self, pool: &Pool, acts: bool) -> Option<Finding> {
        match self.haproxy.servers(&pool.backend).await {
            Err(failure) => Some(of_failure(&failure, &pool.backend)),
            Ok(_) if acts => self.trial(pool).await,
            Ok(_) => None,
        }
    }

    async fn group(&self, pool: &Pool, range: Range, acts: bool) -> Vec<Finding> {
        let crew = match self.look(pool).await {
            Ok(crew) => crew,
            Err(failure) => return vec![of_failure(&failure, &pool.backend)],
        };
        let mut findings = Vec::new();
        if let Some(own) = crew.range()
            && (own.max() < range.max() || own.min() > range.min())
        {
            let message = format!("its places allow {own} members, the configuration {range}");
            let help = "the narrower holds: servers of HAProxy's own configuration count as members \
                        and are never taken away, and each further one needs a place in `members`";
            findings.push(Finding::new(Severity::Note, "", message).help(help));
        }
        if acts {
            findings.extend(self.trial(pool).await);
            findings.extend([&pool.start, &pool.stop].into_iter().filter_map(|argv| {
                let program = argv.program();
                (!is_there(program)).then(|| {
                    let message = format!("there is no program {program}");
                    let help =
                        "`start` and `stop` are a program and its arguments, read by no shell";
                    Finding::new(Severity::Problem, "", message).help(help)
                })
            }));
        }
        findings
    }

    /// What is wrong with a candidate's share, or is not known of it.
    async fn split(&self, split: &Split, acts: bool) -> Vec<Finding> {
        let problem = |failure: &Failure| Finding::new(Severity::Problem, "", failure.to_string());
        let servers = match self.haproxy.servers(&split.backend).await {
            Ok(servers) => servers,
            Err(failure) => return vec![of_failure(&failure, &split.backend)],
        };
        let help = "`candidates` are names of servers of the backend, as HAProxy's configuration has \
                    them; all others are stable";
        let sides = split.sides(&servers).err();
        let mut findings: Vec<_> = sides.map(|it| problem(&it).help(help)).into_iter().collect();
        findings.extend(match split.revision().await {
            Ok(Some(_)) => None,
            Ok(None) => {
                let message = "nothing tells one candidate from the next";
                let help = "after a rollback a person must resume the target; or let what deploys \
                            write the revision to a file, and name it: `revision_file`";
                Some(Finding::new(Severity::Note, "", message).help(help))
            }
            Err(failure) => Some(problem(&failure).help("until it can be read nothing is raised")),
        });
        if acts {
            findings.extend(self.weighing(&split.backend, &servers).await);
        }
        findings
    }

    /// What is wrong with where users are sent, or is not known of it.
    async fn fork(&self, fork: &Fork, acts: bool) -> Vec<Finding> {
        let servers = match self.haproxy.servers(&fork.backend).await {
            Ok(servers) => servers,
            Err(failure) => return vec![of_failure(&failure, &fork.backend)],
        };
        let mut findings = match fork.ways(&servers) {
            Ok(ways) => ways.unchecked().map(|name| {
                let message = format!("nobody checks whether {name} answers");
                let help = "rules that ask whether it is healthy are skipped: write `check` on its \
                            `server` line";
                Finding::new(Severity::Note, "", message).help(help)
            }).collect(),
            Err(failure) => {
                let help = "`destinations` are names of servers of the backend, as HAProxy's \
                            configuration has them; there must be no others that take users";
                vec![Finding::new(Severity::Problem, "", failure.to_string()).help(help)]
            }
        };
        if acts {
            findings.extend(self.weighing(&fork.backend, &servers).await);
        }
        findings
    }

    /// What HAProxy says to a weight that is none.
    async fn weighing(&self, backend: &str, servers: &[Server]) -> Option<Finding> {
        // Without a weight it is always refused.
        let asked = format!("set server {backend}/{} weight", servers.first()?.name);
        match self.haproxy.ask(&asked).await {
            Ok(said) if said.contains("Permission denied") => {
                Some(of_failure(&Failure::Denied, backend))
            }
            Ok(_) => None,
            Err(failure) => Some(of_failure(&failure, backend)),
        }
    }

    /// What HAProxy says to a server without an address.
    async fn trial(&self, pool: &Pool) -> Option<Finding> {
        let asked = self.haproxy.ask(&format!("add server {}/{TRIAL}", pool.backend)).await;
        let said = match asked {
            Ok(said) => said,
            Err(failure) => return Some(of_failure(&failure, &pool.backend)),
        };
        if said.contains("expects <name> and <addr>") {
            return None;
        }
        if said.contains("Permission denied") {
            return Some(of_failure(&Failure::Denied, &pool.backend));
        }
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let finding = Finding::new(Severity::Problem, "", format!("HAProxy says: {said}"));
        Some(match said.contains("dynamic load balancing") {
            true => finding.help(format!(
                "servers can be added while HAProxy runs only to a backend with `balance \
                 roundrobin`, `leastconn`, `first` or `random`: change it in backend {}",
                pool.backend
            )),
            false => finding,
        })
    }
}

fn of_failure(failure: &Failure, backend: &str) -> Finding {
    let finding = |severity| Finding::new(severity, "", failure.to_string());
    match failure {
        Failure::NoBackend(_) => finding(Severity::Problem)
            .help(format!("`id` is a backend of HAProxy: is there a section `backend {backend}`?")),
        Failure::Denied => finding(Severity::NotPermitted)
            .help("write `level admin` at the end of its `stats socket` line"),
        Failure::Unreachable(..) | Failure::Cut(_) | Failure::Late(_) => {
            finding(Severity::Unreachable).help("does HAProxy run?")
        }
        Failure::Answer(_)
        | Failure::Program(_)
        | Failure::Unfinished(_)
        | Failure::Stale(_)
        | Failure::Refused(_) => finding(Severity::Problem),
    }
}

/// Says so if HAProxy is too old, as far as it tells.
fn too_old(info: &str, about: &str) -> Option<Finding> {
    let version = info.lines().find_map(|line| line.strip_prefix("Version: "))?;
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next()?, numbers.next()?);
    (found < OLDEST).then(|| {
        let message =
            format!("HAProxy {version} cannot check servers that are added while it runs");
        Finding::new(Severity::Problem, about, message).help("2.6 and later can")
    })
}

/// Whether a program could be run, by its path or in the agent's own.
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).exists();
    }
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder| folder.join(program).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_haproxy_whose_added_servers_have_no_checks_is_too_old() {
        let old = |version: &str| too_old(&format!("Name: HAProxy\nVersion: {version}\n"), "it");
        assert!(old("2.4.22-0ubuntu0.22.04.2").unwrap().message.contains("2.4.22"));
        assert!(old("2.5.1").is_some());
        for fine in ["2.6.12-1+deb12u4", "2.6-dev4", "3.0.11", "10.1"] {
            assert_eq!(old(fine), None, "{fine}");
        }
        assert_eq!(too_old("nothing of the kind", "it"), None);
    }

    #[test]
    fn a_program_is_looked_for_as_it_would_be_run() {
        assert!(is_there("sh") && is_there("/bin/sh"));
        assert!(!is_there("/bin/no-such-program") && !is_there("no-such-program"));
    }
}
