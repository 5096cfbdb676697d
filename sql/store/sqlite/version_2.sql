-- Who flies: one row a name, for ever, because its epoch is never used again. What is too old is counted by the
-- machine's time since it booted (renewed_boot_ms), which nobody sets; the wall times are for people.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    is_held INTEGER NOT NULL,
    host TEXT NOT NULL,
    process TEXT NOT NULL,
    actor TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    renewed_ms INTEGER NOT NULL,
    renewed_boot_ms INTEGER NOT NULL,
    time_to_live_ms INTEGER NOT NULL
)
