-- A point in time is three columns: wall clock and boot time in nanoseconds, and the boot it belongs to.
-- Durations are nanoseconds.

CREATE TABLE notifications (
    id               INTEGER PRIMARY KEY,
    received_wall    INTEGER NOT NULL,
    received_boot    INTEGER NOT NULL,
    received_boot_id TEXT NOT NULL,
    receiver         TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    truncated        INTEGER NOT NULL,
    alerts           INTEGER NOT NULL,
    changed          INTEGER NOT NULL,
    invalid          INTEGER NOT NULL
) STRICT;

CREATE TABLE alerts (
    id            INTEGER PRIMARY KEY,
    fingerprint   TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
    labels        TEXT NOT NULL,
    annotations   TEXT NOT NULL,
    ends_at       INTEGER,
    -- Grows with every alert that is heard: tells which episode of a fingerprint was heard of last.
    heard         INTEGER NOT NULL,
    heard_wall    INTEGER NOT NULL,
    heard_boot    INTEGER NOT NULL,
    heard_boot_id TEXT NOT NULL,
    UNIQUE (fingerprint, starts_at)
) STRICT;
CREATE INDEX alerts_firing ON alerts (id) WHERE status = 'firing';

CREATE TABLE invalid_alerts (
    name          TEXT NOT NULL,
    problem       TEXT NOT NULL,
    heard_wall    INTEGER NOT NULL,
    heard_boot    INTEGER NOT NULL,
    heard_boot_id TEXT NOT NULL,
    PRIMARY KEY (name, problem)
) STRICT;

CREATE TABLE remediations (
    number           INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    rule             TEXT NOT NULL,
    target           TEXT NOT NULL,
    alert_name       TEXT NOT NULL,
    fingerprint      TEXT NOT NULL,
    starts_at        INTEGER NOT NULL,
    admitted_wall    INTEGER NOT NULL,
    admitted_boot    INTEGER NOT NULL,
    admitted_boot_id TEXT NOT NULL,
    -- 1 as soon as any attempt was marked as started: it may have acted.
    has_started      INTEGER NOT NULL DEFAULT 0,
    outcome          TEXT,
    reason           TEXT,
    message          TEXT,
    ended_wall       INTEGER,
    ended_boot       INTEGER,
    ended_boot_id    TEXT
) STRICT;
-- The slot: one remediation runs on a target at any time.
CREATE UNIQUE INDEX remediations_running ON remediations (target) WHERE ended_wall IS NULL;
CREATE INDEX remediations_repairs ON remediations (target, number)
    WHERE has_started = 1 AND ended_wall IS NOT NULL;

CREATE TABLE attempts (
    number          INTEGER PRIMARY KEY,
    remediation     TEXT NOT NULL REFERENCES remediations (id),
    rung            INTEGER NOT NULL,
    attempt         INTEGER NOT NULL,
    remedy          TEXT NOT NULL,
    plan            TEXT NOT NULL,
    policy_revision TEXT NOT NULL,
    within          INTEGER NOT NULL,
    phase           TEXT NOT NULL CHECK (phase IN ('intent', 'started', 'acted', 'verifying')),
    evidence        TEXT NOT NULL,
    outcome         TEXT,
    reason          TEXT,
    message         TEXT,
    intent_wall     INTEGER NOT NULL,
    intent_boot     INTEGER NOT NULL,
    intent_boot_id  TEXT NOT NULL,
    started_wall    INTEGER,
    started_boot    INTEGER,
    started_boot_id TEXT,
    ended_wall      INTEGER,
    ended_boot      INTEGER,
    ended_boot_id   TEXT
) STRICT;
CREATE INDEX attempts_remediation ON attempts (remediation, number);

CREATE TABLE charges (
    number      INTEGER PRIMARY KEY,
    rule        TEXT NOT NULL,
    target      TEXT NOT NULL,
    remediation TEXT NOT NULL,
    at_wall     INTEGER NOT NULL,
    at_boot     INTEGER NOT NULL,
    at_boot_id  TEXT NOT NULL
) STRICT;
CREATE INDEX charges_rule_target ON charges (rule, target, number);

CREATE TABLE quarantines (
    number        INTEGER PRIMARY KEY,
    target        TEXT NOT NULL,
    remediation   TEXT NOT NULL,
    lasts         INTEGER NOT NULL,
    since_wall    INTEGER NOT NULL,
    since_boot    INTEGER NOT NULL,
    since_boot_id TEXT NOT NULL,
    released_wall INTEGER
) STRICT;
CREATE INDEX quarantines_target ON quarantines (target) WHERE released_wall IS NULL;

CREATE TABLE pauses (
    number        INTEGER PRIMARY KEY,
    -- NULL covers all targets.
    target        TEXT,
    lasts         INTEGER NOT NULL,
    note          TEXT NOT NULL,
    since_wall    INTEGER NOT NULL,
    since_boot    INTEGER NOT NULL,
    since_boot_id TEXT NOT NULL,
    ended_wall    INTEGER
) STRICT;
CREATE INDEX pauses_open ON pauses (number) WHERE ended_wall IS NULL;

-- The action log's source: each row holds its finished line.
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    event_type TEXT NOT NULL,
    at_wall    INTEGER NOT NULL,
    at_boot    INTEGER NOT NULL,
    at_boot_id TEXT NOT NULL,
    hash       TEXT NOT NULL,
    line       TEXT NOT NULL
) STRICT;
CREATE INDEX events_actions ON events (seq) WHERE event_type IN ('action', 'outcome');

CREATE TABLE starts (
    number     INTEGER PRIMARY KEY,
    -- 1 when the run before it did not stop cleanly.
    is_unclean INTEGER NOT NULL,
    at_wall    INTEGER NOT NULL,
    at_boot    INTEGER NOT NULL,
    at_boot_id TEXT NOT NULL,
    stopped    INTEGER
) STRICT;

-- Single values: the last line that is certainly in the action log's file.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO settings VALUES ('log_position', 0), ('probe', 0);
