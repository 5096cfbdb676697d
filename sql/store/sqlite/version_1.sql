-- The journal's table. `sequence` has no gaps; `hash` is the SHA-256 over `line`, which holds the one before.
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY,
    line TEXT NOT NULL,
    hash TEXT NOT NULL
)
