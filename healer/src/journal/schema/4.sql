-- How far the events have been told. What happened before this version is not.
INSERT INTO settings SELECT 'told', ifnull(max(seq), 0) FROM events;

-- Incidents that are open or ended lately, with how far each has been told. One for each key.
CREATE TABLE incidents (
    number          INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    incident        TEXT NOT NULL,
    story           TEXT NOT NULL,
    -- What is held back is due then; from when on it was, because the wall clock may be put back.
    due             INTEGER,
    due_from        INTEGER,
    ended           INTEGER,
    changed_wall    INTEGER NOT NULL,
    changed_boot    INTEGER NOT NULL,
    changed_boot_id TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_due ON incidents (due) WHERE due IS NOT NULL;
CREATE INDEX incidents_ended ON incidents (ended) WHERE ended IS NOT NULL;

-- The alerts of these incidents.
CREATE TABLE incident_alerts (
    fingerprint TEXT PRIMARY KEY,
    key         TEXT NOT NULL REFERENCES incidents (key) ON DELETE CASCADE
) STRICT;
CREATE INDEX incident_alerts_key ON incident_alerts (key);

-- The brake of each receiver.
CREATE TABLE brakes (
    receiver TEXT PRIMARY KEY,
    brake    TEXT NOT NULL
) STRICT;

-- What waits to be told in a list (its name) or in the digest (why).
CREATE TABLE held (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver   TEXT NOT NULL,
    list       TEXT,
    why        TEXT,
    incident   TEXT NOT NULL,
    key        TEXT NOT NULL,
    alert      TEXT NOT NULL,
    severity   INTEGER NOT NULL,
    line       TEXT NOT NULL,
    since_wall INTEGER NOT NULL
) STRICT;
CREATE INDEX held_list ON held (receiver, list, number);

-- What is told, once for each receiver …
CREATE TABLE messages (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL,
    receiver        TEXT NOT NULL,
    kind            TEXT NOT NULL,
    content         TEXT NOT NULL,
    created_wall    INTEGER NOT NULL,
    created_boot    INTEGER NOT NULL,
    created_boot_id TEXT NOT NULL
) STRICT;

-- … and how it goes, once for each integration of the receiver. It waits until it has ended.
CREATE TABLE deliveries (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    message       INTEGER NOT NULL REFERENCES messages (number),
    receiver      TEXT NOT NULL,
    integration   TEXT NOT NULL,
    -- The incident whose thread it belongs to: the order within it is kept.
    thread        TEXT,
    created_wall  INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    due_from      INTEGER NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    -- What went wrong last.
    why           TEXT,
    outcome       TEXT CHECK (outcome IN ('sent', 'refused', 'too_old', 'no_receiver')),
    -- It was given up, and somebody else is to know.
    undelivered   INTEGER,
    ended_wall    INTEGER,
    ended_boot    INTEGER,
    ended_boot_id TEXT
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (receiver, integration, due) WHERE ended_wall IS NULL;
CREATE INDEX deliveries_thread ON deliveries (receiver, integration, thread, number)
    WHERE ended_wall IS NULL;
CREATE INDEX deliveries_message ON deliveries (message);
CREATE UNIQUE INDEX deliveries_undelivered ON deliveries (undelivered) WHERE undelivered IS NOT NULL;
