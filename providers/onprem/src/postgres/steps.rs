//! The steps of a replica's life, each of which may be done twice.

use super::{
    Cluster, Replica,
    disk::{Asked, copying},
    look::Sight,
    primary::Primary,
    stage::{Facts, Step},
};
use crate::{Onprem, failure::Failure, onprem::answers, program};
use std::{fs, io, path::Path};

impl Onprem {
    /// Does the next step of every replica. What one of them cannot do keeps no other waiting.
    pub(crate) async fn go_on_with(&self, cluster: &Cluster) -> Result<(), Failure> {
        let Sight { primary, replicas } = self.look_at(cluster).await?;
        let mut ended = Ok(());
        for (replica, facts) in &replicas {
            let done = self.do_step(cluster, &primary, replica, facts).await;
            ended = ended.and(done);
        }
        ended
    }

    async fn do_step(
        &self,
        cluster: &Cluster,
        primary: &Primary,
        replica: &Replica,
        facts: &Facts,
    ) -> Result<(), Failure> {
        let (pool, place) = (cluster.pool(), replica.place);
        match facts.step(cluster.lag) {
            Step::Wait => Ok(()),
            Step::Copy => cluster.copy(primary, replica).await,
            Step::Start => cluster.start(replica).await,
            Step::Register => self.register_again(&pool, place).await,
            Step::Unregister => self.forget(&pool, place).await,
            Step::Drain => self.drain(&pool, &[place]).await,
            Step::ShutOut => self.shut_out(&pool, &[place]).await,
            Step::End => {
                cluster.end(primary, replica).await?;
                if facts.server.is_some() {
                    self.forget(&pool, place).await?;
                }
                cluster.unmark(replica)
            }
        }
    }
}

impl Cluster {
    /// Clears away what an earlier base backup left, and begins another. It goes on by itself.
    async fn copy(&self, primary: &Primary, replica: &Replica) -> Result<(), Failure> {
        self.clear_away(primary, replica).await?;
        let (directory, slot) = (self.directory(replica), replica.slot());
        let directory = directory.to_string_lossy();
        // What is written into the replica's settings with it: by this name the primary knows it.
        let database = format!("{} application_name={}", self.primary, replica.name);
        let arguments = ["-D", &directory, "-R", "-X", "stream", "-C", "-S", &slot, "-c", "fast"];
        let more = self.backup.iter().map(String::as_str);
        let arguments = arguments.into_iter().chain(["-w", "-d", &database]).chain(more);
        program::leave(&self.program("pg_basebackup", arguments), &self.marker(replica, "log"))
    }

    /// Starts a replica, which goes on by itself.
    async fn start(&self, replica: &Replica) -> Result<(), Failure> {
        if let Some(start) = &self.start {
            return program::run(&self.fill(start, replica), self.patience).await;
        }
        let directory = self.directory(replica);
        let mut words = self.program("postgres", ["-D", &*directory.to_string_lossy()]);
        let (host, port) = (replica.place.host(), replica.place.port());
        let own = [format!("port={port}"), format!("listen_addresses={host}")];
        let settings = own.into_iter().chain(self.settings.iter().cloned());
        words.extend(settings.flat_map(|setting| ["-c".to_owned(), setting]));
        program::leave(&words, &self.marker(replica, "log"))
    }

    /// Has a replica be no more: stopped, its directory removed, its slot dropped.
    async fn end(&self, primary: &Primary, replica: &Replica) -> Result<(), Failure> {
        let directory = self.directory(replica);
        let copying = copying(&directory);
        for pid in &copying {
            // As whoever started it. One that is gone already, or is only the launcher of another,
            // does not take it; who is left at the next pass is asked again.
            let kill = ["kill".to_owned(), pid.to_string()];
            let words: Vec<String> = self.launcher.iter().cloned().chain(kill).collect();
            program::run(&words, self.patience).await.ok();
        }
        if !copying.is_empty() {
            return Err(Failure::Unfinished(format!(
                "the base backup of {} was told to end",
                replica.name
            )));
        }
        if answers(replica.place).await || directory.join("postmaster.pid").exists() {
            self.stop(replica).await?;
            if answers(replica.place).await {
                let name = &replica.name;
                return Err(Failure::Unfinished(format!("{name} was stopped and still answers")));
            }
        }
        self.clear_away(primary, replica).await
    }

    async fn stop(&self, replica: &Replica) -> Result<(), Failure> {
        if let Some(stop) = &self.stop {
            return program::run(&self.fill(stop, replica), self.patience).await;
        }
        let directory = self.directory(replica);
        let (directory, patience) = (directory.to_string_lossy(), self.patience.ms() / 1000);
        let patience = patience.to_string();
        let arguments = ["stop", "-D", &*directory, "-m", "fast", "-w", "-t", &patience];
        program::run(&self.program("pg_ctl", arguments), self.patience).await
    }

    /// Removes a replica's directory and its slot; never the primary's own.
    async fn clear_away(&self, primary: &Primary, replica: &Replica) -> Result<(), Failure> {
        let directory = self.directory(replica);
        if let Some(own) = &primary.folder
            && (same(own, &directory) || own.starts_with(&directory))
        {
            let directory = directory.display();
            return Err(Failure::Refused(format!("{directory} is where the primary lives")));
        }
        // Moved aside first: half a directory could be taken for one that was promoted.
        let aside = self.marker(replica, "removed");
        remove(&aside)?;
        match fs::rename(&directory, &aside) {
            Ok(()) => remove(&aside)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(&directory, "moved aside", &error)),
        }
        match primary.slots.contains_key(&replica.slot()) {
            true => self.drop_slot(replica).await,
            false => Ok(()),
        }
    }

    /// Notes what is wanted of a replica.
    pub(crate) fn mark(&self, replica: &Replica, asked: Asked) -> Result<(), Failure> {
        let what = match asked {
            Asked::Wanted => "wanted",
            Asked::Going => "going",
            Asked::Nothing => return self.unmark(replica),
        };
        let marker = self.marker(replica, what);
        fs::write(&marker, "").map_err(|error| cannot(&marker, "written", &error))
    }

    /// Notes that nothing is wanted of it any more: the name is free from now on.
    fn unmark(&self, replica: &Replica) -> Result<(), Failure> {
        for what in ["log", "wanted", "going"] {
            let marker = self.marker(replica, what);
            match fs::remove_file(&marker) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(cannot(&marker, "removed", &error)),
            }
        }
        Ok(())
    }

    fn fill(&self, argv: &crate::Argv, replica: &Replica) -> Vec<String> {
        let directory = self.directory(replica).to_string_lossy().into_owned();
        argv.filled(replica.place, &replica.name, &directory)
    }
}

/// Removes a directory with all that is in it, if it is there.
fn remove(directory: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cannot(directory, "removed", &error))
        }
        _ => Ok(()),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn cannot(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::Program(format!("{} cannot be {what}: {error}", path.display()))
}
