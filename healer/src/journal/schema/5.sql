-- The boots of this machine that the journal has seen, in their order: put end to end, a time line that no wall clock
-- can stretch. `began` is how long all before it had lasted together, `lasted` its boot time when it was noted last.
CREATE TABLE boots (
    number  INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL UNIQUE,
    began   INTEGER NOT NULL,
    lasted  INTEGER NOT NULL
) STRICT;
INSERT INTO boots (boot_id, began, lasted)
SELECT boot_id, sum(lasted) OVER (ORDER BY first) - lasted, lasted
FROM (
    SELECT s.boot_id, s.first, max(s.last, ifnull(e.last, 0)) AS lasted
    FROM (SELECT at_boot_id AS boot_id, min(number) AS first, max(at_boot) AS last FROM starts GROUP BY at_boot_id) AS s
    LEFT JOIN (SELECT at_boot_id AS boot_id, max(at_boot) AS last FROM events GROUP BY at_boot_id) AS e USING (boot_id)
)
ORDER BY first;
