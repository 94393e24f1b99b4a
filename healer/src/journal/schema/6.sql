-- Who of several recipients needs a message no more, while others still do: JSON by address.
ALTER TABLE deliveries ADD COLUMN settled TEXT;

-- Of alerts that fired while nobody could be told: the first (alerts.id) that is still to be looked at; 0: none is.
INSERT INTO settings VALUES ('untold', 0);

-- Alerts that the intake refused or that were cut off, until nothing of the kind came for a while.
CREATE TABLE refusals (
    kind          TEXT PRIMARY KEY,
    since         INTEGER NOT NULL,
    heard_wall    INTEGER NOT NULL,
    heard_boot    INTEGER NOT NULL,
    heard_boot_id TEXT NOT NULL
) STRICT;
