//! Read replicas of a real PostgreSQL behind a real HAProxy: made, registered, removed, and cut off
//! in the middle.

use crate::scene::provider;
use setpoint_control::{Act, Observe};
use setpoint_core::{
    Action, FailureKind, Intent, IntentId, Replica, ReplicaState, Seen, Span, TargetName,
};
use setpoint_onprem::{Cluster, OnpremEyes, OnpremHands, Resource, ServerLine, places};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};
use support::{Haproxy, Postgres, QUICK_CHECKS, free_port};

const NAME: &str = "orders-sp-1";

fn orders() -> TargetName {
    TargetName::new("orders")
}

struct Scene {
    haproxy: Haproxy,
    postgres: Postgres,
    cluster: Cluster,
    eyes: OnpremEyes,
    hands: OnpremHands,
}

impl Scene {
    /// A primary with room for two replicas, whose base backups have these further words.
    fn new(backup: &[&str]) -> Self {
        let postgres = Postgres::start();
        let haproxy = Haproxy::start(
            "mode tcp",
            "readers",
            "backend readers\n  balance leastconn\n  option pgsql-check user postgres\n",
        );
        let all = [0, 1].map(|_| format!("127.0.0.1:{}", free_port()));
        let cluster = Cluster {
            id: "orders".to_owned(),
            primary: postgres.conninfo(),
            folder: postgres.replicas(),
            places: places(all.iter().map(String::as_str)).expect("they are places"),
            launcher: postgres.launcher(),
            programs: postgres.programs(),
            backup: backup.iter().map(|word| (*word).to_owned()).collect(),
            settings: Vec::new(),
            start: None,
            stop: None,
            lag: Span::from_secs(10),
            readers: "readers".to_owned(),
            line: ServerLine {
                weight: 1,
                words: QUICK_CHECKS.split(' ').map(str::to_owned).collect(),
            },
            drain: Span::from_minutes(1),
            patience: Span::from_secs(30),
        };
        let (eyes, hands) = plugged(&haproxy, &cluster);
        Self { haproxy, postgres, cluster, eyes, hands }
    }

    /// The same world after the agent was started again, its base backups without a limit.
    fn again(self) -> Self {
        let cluster = Cluster { backup: Vec::new(), ..self.cluster.clone() };
        let (eyes, hands) = plugged(&self.haproxy, &cluster);
        Self { cluster, eyes, hands, ..self }
    }

    async fn apply(&self, action: Action) -> Result<(), (FailureKind, String)> {
        let intent = Intent { id: IntentId::new("here/orders/1/1"), target: orders(), action };
        self.hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()))
    }

    /// A pass that adds the replica: the action, and what comes after all actions.
    async fn add(&self) -> Result<(), (FailureKind, String)> {
        self.pass(Action::AddReplica { name: NAME.to_owned() }).await
    }

    /// A pass that removes it.
    async fn remove(&self) -> Result<(), (FailureKind, String)> {
        self.pass(Action::RemoveReplica { name: NAME.to_owned() }).await
    }

    async fn pass(&self, action: Action) -> Result<(), (FailureKind, String)> {
        let said = self.apply(action).await;
        // What takes its time is gone on with at a later pass.
        self.hands.go_on(&orders()).await.ok();
        said
    }

    async fn replicas(&self) -> Vec<Replica> {
        match self.eyes.observe().await.remove(&orders()) {
            Some(Seen::Database(database)) => {
                assert_eq!((&*database.source, database.max_connections), ("orders", Some(100)));
                database.replicas
            }
            other => panic!("{other:?}"),
        }
    }

    async fn states(&self) -> Vec<ReplicaState> {
        self.replicas().await.iter().map(|replica| replica.state).collect()
    }

    /// Makes the ends of passes until the replicas are in these states.
    async fn until(&self, wanted: &[ReplicaState]) {
        let mut last = None;
        for _ in 0..900 {
            let states = self.states().await;
            if states == wanted {
                return;
            }
            let said = self.hands.go_on(&orders()).await;
            last = Some((states, said.map_err(|error| error.chain())));
            std::thread::park_timeout(Duration::from_millis(100));
        }
        panic!("never {wanted:?}: {last:?}; {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.cluster.folder.join(format!("{NAME}.log"))).unwrap_or_default()
    }

    fn directory(&self) -> PathBuf {
        self.cluster.folder.join(NAME)
    }

    fn slots(&self) -> String {
        self.postgres.sql("select string_agg(slot_name, ',') from pg_replication_slots")
    }

    /// Whether a reader who comes in at the front is served by a replica.
    fn read(&self) -> Result<String, String> {
        let question = "select pg_is_in_recovery() || ' ' || count(*) from orders";
        self.postgres.sql_at(self.haproxy.front(), question)
    }

    /// What is left of replicas: files, slots, servers.
    fn left(&self) -> (Vec<String>, String, usize) {
        let files = fs::read_dir(&self.cluster.folder).expect("it is there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("it is readable").file_name().to_string_lossy().into_owned()
        };
        (files.map(name).collect(), self.slots(), self.haproxy.servers("readers").len())
    }
}

fn plugged(haproxy: &Haproxy, cluster: &Cluster) -> (OnpremEyes, OnpremHands) {
    let resource = Resource::Database(Box::new(cluster.clone()));
    let targets = BTreeMap::from([(orders(), resource)]);
    let provider = provider(haproxy);
    (provider.eyes(targets.clone()), provider.hands(targets))
}

#[tokio::test]
async fn a_replica_counts_once_readers_reach_it_and_leaves_nothing_behind() {
    let scene = Scene::new(&[]);
    assert_eq!(scene.replicas().await, []);
    assert!(scene.read().is_err(), "nobody serves readers");
    assert_eq!(scene.add().await, Ok(()));
    assert_eq!(scene.states().await, [ReplicaState::Creating]);
    assert_eq!(scene.add().await, Ok(()), "twice is once");
    scene.until(&[ReplicaState::Available]).await;
    let replica = scene.replicas().await.remove(0);
    assert_eq!((replica.name.as_str(), replica.ours, replica.promotable), (NAME, true, false));
    assert!(replica.lag.expect("it is known") <= scene.cluster.lag);
    assert_eq!(scene.read().as_deref(), Ok("true 1"));
    assert_eq!(scene.slots(), "orders_sp_1");
    scene.postgres.sql("insert into orders values (2)");
    support::until("it follows", || match scene.read() {
        Ok(told) if told == "true 2" => Ok(()),
        instead => Err(instead),
    });

    let reader = scene.postgres.ask_at(scene.haproxy.front(), "select 'read' from pg_sleep(3)");
    support::until("the reader is there", || match scene.haproxy.ask("show stat readers 4 -1") {
        stat if stat.lines().any(|line| line.split(',').nth(4) == Some("1")) => Ok(()),
        stat => Err(stat),
    });
    assert_eq!(scene.remove().await, Ok(()));
    assert_eq!(scene.states().await, [ReplicaState::Deleting], "it holds its name");
    assert_eq!(scene.add().await.unwrap_err().0, FailureKind::Stale);
    assert!(scene.read().is_err(), "no new reader is sent there");
    assert_eq!(scene.remove().await, Ok(()), "twice is once");
    scene.until(&[]).await;
    let read = reader.wait_with_output().expect("it was started here");
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), "read", "nobody is cut off");
    assert_eq!(scene.left(), (vec![], String::new(), 0));
    assert_eq!(scene.postgres.sql("select count(*) from orders"), "2", "the primary is as it was");
}

#[tokio::test]
async fn a_base_backup_that_is_killed_is_cleared_away_and_begun_again() {
    let scene = Scene::new(&["--max-rate=64"]);
    scene.add().await.unwrap();
    support::until("it is being copied", || {
        let begun = scene.directory().join("PG_VERSION").exists() || !scene.slots().is_empty();
        if begun && scene.directory().exists() { Ok(()) } else { Err(scene.log()) }
    });
    assert_eq!(scene.states().await, [ReplicaState::Creating]);
    let mark = scene.directory().join("of-the-first-try");
    fs::write(&mark, "").expect("there is room for a file");
    scene.hands.go_on(&orders()).await.unwrap();
    assert!(mark.exists(), "who is at work is left to it");
    kill_backups(&scene);
    assert!(scene.directory().exists() && scene.slots() == "orders_sp_1", "half of it is there");
    assert_eq!(scene.states().await, [ReplicaState::Creating]);

    let scene = scene.again();
    scene.until(&[ReplicaState::Available]).await;
    assert!(!mark.exists(), "the half was cleared away");
    assert_eq!(scene.slots(), "orders_sp_1");
    assert_eq!(scene.read().as_deref(), Ok("true 1"));
}

#[tokio::test]
async fn who_is_not_wanted_any_more_while_it_is_copied_leaves_nothing_behind() {
    let scene = Scene::new(&["--max-rate=64"]);
    scene.add().await.unwrap();
    support::until("it is being copied", || {
        if scene.directory().exists() { Ok(()) } else { Err(scene.log()) }
    });
    assert_eq!(scene.remove().await, Ok(()));
    assert_eq!(scene.states().await, [ReplicaState::Deleting]);
    scene.until(&[]).await;
    assert_eq!(scene.left(), (vec![], String::new(), 0));
}

#[tokio::test]
async fn a_replica_that_crashes_is_started_again_and_does_not_count_meanwhile() {
    let scene = Scene::new(&[]);
    scene.add().await.unwrap();
    scene.until(&[ReplicaState::Available]).await;
    scene.postgres.crash(&scene.directory());
    support::until("HAProxy notices", || match scene.haproxy.servers("readers").remove(0).1 {
        state if state == "DOWN" => Ok(()),
        state => Err(state),
    });
    assert_eq!(scene.states().await, [ReplicaState::Busy]);
    scene.until(&[ReplicaState::Available]).await;
}

#[tokio::test]
async fn whom_somebody_promoted_is_never_touched_again() {
    let scene = Scene::new(&[]);
    scene.add().await.unwrap();
    scene.until(&[ReplicaState::Available]).await;
    let directory = scene.directory().display().to_string();
    scene.postgres.run("pg_ctl", &["promote", "-D", &directory, "-w"]);
    let replica = scene.replicas().await.remove(0);
    assert_eq!((replica.ours, replica.promotable), (false, true));
    let (kind, why) = scene.remove().await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused);
    assert!(why.contains("was promoted"), "{why}");
    for _ in 0..3 {
        scene.hands.go_on(&orders()).await.unwrap();
    }
    assert!(scene.directory().join("postmaster.pid").exists());
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let scene = Scene::new(&[]);
    fs::create_dir(scene.directory()).expect("there is room for a folder");
    fs::write(scene.directory().join("precious"), "").expect("there is room for a file");
    let (kind, why) = scene.add().await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused);
    assert!(why.contains("none of ours"), "{why}");
    assert_eq!(scene.remove().await, Ok(()));
    scene.hands.go_on(&orders()).await.unwrap();
    assert!(scene.directory().join("precious").exists());
    assert_eq!(scene.replicas().await, []);
    let third = Action::AddReplica { name: "orders-sp-3".to_owned() };
    let (kind, why) = scene.apply(third).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused);
    assert!(why.contains("no place for orders-sp-3"), "{why}");
}

#[tokio::test]
async fn a_primary_that_does_not_answer_is_not_seen() {
    let mut scene = Scene::new(&[]);
    scene.cluster.primary = format!("host=127.0.0.1 port={} user=postgres", free_port());
    let (eyes, hands) = plugged(&scene.haproxy, &scene.cluster);
    (scene.eyes, scene.hands) = (eyes, hands);
    let seen = scene.eyes.observe().await.remove(&orders());
    assert!(matches!(&seen, Some(Seen::Nothing(why)) if why.contains("psql")), "{seen:?}");
}

/// Ends every base backup into the folder of the scene at once.
fn kill_backups(scene: &Scene) {
    let directory = scene.directory().display().to_string();
    let own = |path: PathBuf| {
        let line = fs::read(path.join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let is_own = line.contains("pg_basebackup") && line.contains(&directory);
        is_own.then(|| path.file_name()?.to_str().map(str::to_owned)).flatten()
    };
    let all = || -> Vec<String> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.filter_map(|entry| own(entry.path())).collect()
    };
    assert!(!all().is_empty(), "a base backup is under way");
    support::until("they are gone", || {
        let left = all();
        for pid in &left {
            std::process::Command::new("kill").args(["-9", pid]).status().ok();
        }
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}
