-- The journal of one agent. Times are milliseconds since 1970-01-01 UTC, bodies are JSON: as
-- text, or deflated where they are blobs (body.rs).

-- Programs (settings and policies), each stored once.
CREATE TABLE contents (
    hash TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;

-- One row a pass: what arrived since the pass before, and the hash of what was decided.
CREATE TABLE passes (
    pass    INTEGER PRIMARY KEY,
    wall    INTEGER NOT NULL,
    program TEXT NOT NULL REFERENCES contents (hash),
    arrived TEXT NOT NULL,
    plan    TEXT NOT NULL
);

-- Memory after a pass and all that was seen in it: where folding starts.
CREATE TABLE checkpoints (
    pass     INTEGER PRIMARY KEY,
    wall     INTEGER NOT NULL,
    memory   TEXT NOT NULL,
    snapshot TEXT NOT NULL
);

-- Written before anything is sent; `result` when the provider has spoken.
CREATE TABLE intents (
    id     TEXT PRIMARY KEY,
    pass   INTEGER NOT NULL,
    target TEXT NOT NULL,
    action TEXT NOT NULL,
    result TEXT
) WITHOUT ROWID;
CREATE INDEX intents_by_pass ON intents (pass);

-- Decisions for people: a row stands for as many passes as came out the same way. They need not
-- follow one another: `runs` tells which they are, where they do not (runs.rs).
CREATE TABLE decisions (
    id         INTEGER PRIMARY KEY,
    target     TEXT NOT NULL,
    shape      TEXT NOT NULL,
    first_pass INTEGER NOT NULL,
    first_wall INTEGER NOT NULL,
    last_pass  INTEGER NOT NULL,
    last_wall  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    record     TEXT NOT NULL,
    runs       BLOB
);
CREATE INDEX decisions_by_target ON decisions (target, first_wall);

-- What people said while no agent was at work. The next start obeys it.
CREATE TABLE orders (
    id      INTEGER PRIMARY KEY,
    wall    INTEGER NOT NULL,
    command TEXT NOT NULL
);
