//! A real PostgreSQL of the test's own, which can be followed.

use crate::waiting::{free_port, until};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// Where Debian has PostgreSQL's own programs, of the version that the tests install.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Whom PostgreSQL runs as where we are root, which it refuses to be.
const OTHER_USER: [&str; 4] = ["runuser", "-u", "postgres", "--"];

/// A primary, and a folder for replicas; all of them are stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    port: u16,
    clients: Vec<Child>,
}

impl Postgres {
    /// Starts one that takes a hundred connections.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start() -> Self {
        assert!(Path::new(PROGRAMS).exists(), "apt-get install postgresql-15");
        let folder = TempDir::new().expect("there is room for a folder");
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("it is ours");
        let postgres = Self { folder, port: free_port(), clients: Vec::new() };
        for name in ["data", "replicas", "sockets"] {
            postgres.make_folder(name);
        }
        let data = postgres.path("data");
        let text = |path: &Path| path.display().to_string();
        postgres.run("initdb", &["-D", &text(&data), "-A", "trust", "-U", "postgres", "--no-sync"]);
        let settings = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\n\
             max_connections = 100\nfsync = off\nshared_buffers = 16MB\nmax_wal_senders = 10\n",
            postgres.port,
            text(&postgres.path("sockets")),
        );
        let config = data.join("postgresql.conf");
        let before = fs::read_to_string(&config).expect("initdb wrote it");
        fs::write(&config, before + &settings).expect("it may be written");
        let log = text(&postgres.path("sockets").join("log"));
        postgres.run("pg_ctl", &["start", "-D", &text(&data), "-l", &log, "-w"]);
        postgres.sql("create table orders (id int); insert into orders values (1)");
        postgres
    }

    /// How libpq reaches it.
    pub fn conninfo(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres", self.port)
    }

    /// What stands before its programs.
    pub fn launcher(&self) -> Vec<String> {
        let words = if is_root() { &OTHER_USER[..] } else { &[] };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Where its programs are.
    pub fn programs(&self) -> PathBuf {
        PROGRAMS.into()
    }

    /// Where replicas get their data directories.
    pub fn replicas(&self) -> PathBuf {
        self.path("replicas")
    }

    /// What the primary says.
    #[track_caller]
    pub fn sql(&self, question: &str) -> String {
        self.sql_at(self.port, question).expect("the primary answers")
    }

    /// What whoever listens at a port says, or why it says nothing.
    pub fn sql_at(&self, port: u16, question: &str) -> Result<String, String> {
        let output = self.psql(port, question).output().expect("there is a psql");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Asks at a port something that takes a while.
    pub fn ask_at(&self, port: u16, question: &str) -> Child {
        let mut psql = self.psql(port, question);
        psql.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("there is a psql")
    }

    /// Holds so many connections of the primary until [`calm`](Self::calm).
    pub fn crowd(&mut self, connections: u32) {
        let script = self.path("sockets").join("wait.sql");
        fs::write(&script, "select pg_sleep(1);\n").expect("there is room for a file");
        let client = Command::new(Path::new(PROGRAMS).join("pgbench"))
            .args(["-n", "-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()])
            .args(["-c", &connections.to_string(), "-T", "600", "-f"])
            .arg(&script)
            .arg("postgres")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.clients.push(client.expect("there is a pgbench"));
        until("they are connected", || match self.connections() {
            now if now >= connections => Ok(()),
            now => Err(now),
        });
    }

    /// Lets go of all that were held.
    pub fn calm(&mut self) {
        for mut client in self.clients.drain(..) {
            client.kill().expect("it was started here");
            client.wait().expect("it was started here");
        }
    }

    /// How many clients the primary has.
    pub fn connections(&self) -> u32 {
        let question =
            "select count(*) from pg_stat_activity where backend_type = 'client backend'";
        self.sql(question).parse().expect("it is a number")
    }

    /// Ends whoever runs on a data directory at once, as a crash does.
    pub fn crash(&self, directory: &Path) {
        self.run("pg_ctl", &["stop", "-D", &directory.display().to_string(), "-m", "immediate"]);
    }

    /// Runs one of its programs to its end, which must be a good one.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.output(program, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Output {
        let mut words = self.launcher();
        words.push(Path::new(PROGRAMS).join(program).display().to_string());
        // To a file: what goes on in the background would hold a pipe open.
        let said = fs::File::create(self.folder.path().join("said")).expect("there is room");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(arguments).current_dir("/").stdin(Stdio::null());
        let status = command.stdout(Stdio::null()).stderr(said).status().expect("there is one");
        let stderr = fs::read(self.folder.path().join("said")).unwrap_or_default();
        Output { status, stdout: Vec::new(), stderr }
    }

    fn psql(&self, port: u16, question: &str) -> Command {
        let mut psql = Command::new(Path::new(PROGRAMS).join("psql"));
        psql.args(["-XAtq", "-w", "-h", "127.0.0.1", "-U", "postgres", "-p", &port.to_string()]);
        psql.args(["-d", "postgres", "-c", question]).stdin(Stdio::null());
        psql.env("PGCONNECT_TIMEOUT", "10");
        psql
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make_folder(&self, name: &str) {
        let path = self.path(name);
        fs::create_dir(&path).expect("there is room for a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("it is ours");
        if is_root() {
            let given = Command::new("chown").arg("postgres:").arg(&path).status();
            assert!(given.expect("there is a chown").success(), "is there a user postgres?");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for mut client in self.clients.drain(..) {
            client.kill().ok();
            client.wait().ok();
        }
        let replicas = fs::read_dir(self.replicas()).into_iter().flatten().flatten();
        let all = replicas.map(|entry| entry.path()).chain([self.path("data")]);
        for directory in all.filter(|path| path.join("postmaster.pid").exists()) {
            // One that has ended by itself is all that is wanted here.
            self.output(
                "pg_ctl",
                &["stop", "-D", &directory.display().to_string(), "-m", "immediate"],
            );
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
