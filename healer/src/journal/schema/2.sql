-- The unit that a process group's remedy acts on, beside the target; only one remediation runs on it, too.
ALTER TABLE remediations ADD COLUMN victim TEXT;
CREATE UNIQUE INDEX remediations_victim ON remediations (victim)
    WHERE victim IS NOT NULL AND ended_wall IS NULL;
CREATE INDEX remediations_victim_repairs ON remediations (victim, number)
    WHERE victim IS NOT NULL AND has_started = 1 AND ended_wall IS NOT NULL;
CREATE INDEX remediations_open ON remediations (number) WHERE ended_wall IS NULL;
CREATE INDEX remediations_rule ON remediations (rule, number)
    WHERE has_started = 1 AND ended_wall IS NOT NULL;

-- Why Alertmanager holds the alert back, as its API said last; nothing when it does not.
ALTER TABLE alerts ADD COLUMN muted TEXT;

-- Budgets by rung, rule and target.
ALTER TABLE charges ADD COLUMN remedy TEXT NOT NULL DEFAULT '';
CREATE INDEX charges_rule ON charges (rule, number);
CREATE INDEX charges_target ON charges (target, number);
CREATE INDEX charges_remedy ON charges (rule, target, remedy, number);

-- Why a target was left to a person, and how it came to an end before its time.
ALTER TABLE quarantines ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantines ADD COLUMN released_by TEXT;

-- Questions to people: may this remedy be run? The number is what they answer by. One question is about one rung of one
-- revision of the policy, for one episode, on one target; an approval is used up by one remediation.
CREATE TABLE approvals (
    number          INTEGER PRIMARY KEY,
    rule            TEXT NOT NULL,
    target          TEXT NOT NULL,
    victim          TEXT,
    remedy          TEXT NOT NULL,
    rung            INTEGER NOT NULL,
    policy_revision TEXT NOT NULL,
    alert_name      TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    starts_at       INTEGER NOT NULL,
    plan            TEXT NOT NULL,
    lasts           INTEGER NOT NULL,
    since_wall      INTEGER NOT NULL,
    since_boot      INTEGER NOT NULL,
    since_boot_id   TEXT NOT NULL,
    answer          TEXT CHECK (answer IN ('approved', 'denied')),
    answered_by     TEXT,
    answered_wall   INTEGER,
    used_by         TEXT
) STRICT;
CREATE INDEX approvals_episode ON approvals (fingerprint, starts_at, rule, target, remedy);

-- What is to be undone when its alert resolves, or when its time is up: written before it is done.
CREATE TABLE undos (
    number        INTEGER PRIMARY KEY,
    remediation   TEXT NOT NULL,
    remedy        TEXT NOT NULL,
    target        TEXT NOT NULL,
    fingerprint   TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    -- What it was before, as the remedy wrote it.
    before        TEXT NOT NULL,
    lasts         INTEGER NOT NULL,
    since_wall    INTEGER NOT NULL,
    since_boot    INTEGER NOT NULL,
    since_boot_id TEXT NOT NULL,
    undone_wall   INTEGER
) STRICT;
CREATE INDEX undos_open ON undos (number) WHERE undone_wall IS NULL;
