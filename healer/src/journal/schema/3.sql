-- What was decided last about an alert, so that a start does not tell it anew: by rule, and by rung for the rungs that were
-- passed over (-1: about the alert itself). `since` is the wall clock's.
CREATE TABLE decisions (
    alert       INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    rule        TEXT NOT NULL,
    rung        INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    is_deferred INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    PRIMARY KEY (alert, rule, rung)
) STRICT, WITHOUT ROWID;
