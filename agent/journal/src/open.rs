//! The journal's file: ours, of a schema we know, and written by one agent.

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Marks an SQLite file as a journal of Setpoint's ("SetP").
const APPLICATION: i32 = 0x5365_7450;

/// The schema that this program writes. An older one is brought up to it, a newer one refused:
/// whoever adds a table, or a word to a body that an older program cannot read, counts on.
/// 2 has orders; 3 has bodies that tell of releases, of the past and of values of each member;
/// 4 has bodies that are deflated; 5 has decisions whose passes do not follow one another.
const SCHEMA: i32 = 5;

/// The first schema that tells in which passes between its first and its last a row stands.
pub(crate) const WITH_RUNS: i32 = 5;

/// What brings a file of each older schema up to the next, the first one first.
const UPGRADES: [&str; 4] = [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, wall INTEGER NOT NULL, command TEXT NOT NULL);",
    // Only bodies are others; those of old rows stay as they are.
    "",
    "",
    "ALTER TABLE decisions ADD COLUMN runs BLOB;",
];

/// How long a reader or the writer waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);

/// The journal could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("{0}: there is no journal; it is written by `setpoint run`")]
    Absent(PathBuf),
    /// The file or its folder cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another agent writes it.
    #[error("{0}: another agent writes this journal; give each agent a data_dir of its own")]
    InUse(PathBuf),
    /// It is somebody else's file, or damaged.
    #[error(
        "{path}: this is no journal of Setpoint's, or it is damaged ({why}); move it away to start a new one"
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What gave it away.
        why: String,
    },
    /// A newer program wrote it.
    #[error(
        "{path}: written with schema {found}, this program knows {SCHEMA}; run the newer program"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's schema.
        found: i32,
    },
}

/// Opens `path` to write it, making it if need be. The lock is held while the file is.
pub(crate) fn open_to_write(path: &Path) -> Result<(Connection, File), OpenError> {
    let trouble = |source| OpenError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(trouble)?;
    }
    let lock = File::create(path.with_extension("lock")).map_err(trouble)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => return Err(trouble(source)),
    }
    let connection = Connection::open(path).map_err(|error| sorted(path, error))?;
    let new = look(&connection).map_err(|error| sorted(path, error))?;
    if !new {
        known(path, &connection)?;
    }
    prepare(&connection).map_err(|error| sorted(path, error))?;
    if new {
        create(&connection).map_err(|error| sorted(path, error))?;
    }
    let found = known(path, &connection)?;
    upgrade(&connection, found).map_err(|error| sorted(path, error))?;
    Ok((connection, lock))
}

/// Opens `path` to read it, also beside its writer, and gives its schema as well: an older file
/// is read as it is.
pub(crate) fn open_to_read(path: &Path) -> Result<(Connection, i32), OpenError> {
    if !path.exists() {
        return Err(OpenError::Absent(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| sorted(path, error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| sorted(path, error))?;
    let found = known(path, &connection)?;
    Ok((connection, found))
}

/// Whether there is nothing in the file. It is looked at in a way that leaves it as it is,
/// should it not be for us to write: not even what lies in its log is moved into it.
fn look(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

/// Readers do not wait for the writer (WAL), and a commit is on disk when it returns
/// (FULL): an intent must be there before it is sent.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA};");
    connection.execute_batch(&format!("BEGIN; {} {marks} COMMIT;", include_str!("schema.sql")))
}

/// Brings a file of schema `found` up to ours, or leaves it as it was.
fn upgrade(connection: &Connection, found: i32) -> rusqlite::Result<()> {
    let done = usize::try_from(found - 1).unwrap_or_default();
    if found >= SCHEMA {
        return Ok(());
    }
    let missing: String = UPGRADES.iter().skip(done).copied().collect();
    connection.execute_batch(&format!("BEGIN; {missing} PRAGMA user_version = {SCHEMA}; COMMIT;"))
}

/// The schema of the file, if it is ours and one that we know.
fn known(path: &Path, connection: &Connection) -> Result<i32, OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id").map_err(|error| sorted(path, error))?;
    let schema = pragma("user_version").map_err(|error| sorted(path, error))?;
    if application != APPLICATION {
        let why = "it was made by another program".to_owned();
        return Err(OpenError::NotOurs { path: path.to_owned(), why });
    }
    if schema > SCHEMA {
        return Err(OpenError::Newer { path: path.to_owned(), found: schema });
    }
    Ok(schema)
}

fn sorted(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenError::NotOurs { path, why: error.to_string() }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse(path),
        _ => OpenError::File { path, source: io::Error::other(error) },
    }
}
