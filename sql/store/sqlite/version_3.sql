-- Journals of other machines, as evidence: each under the hash of its last event, never among our own.
CREATE TABLE imported (
    head TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (head, sequence)
) WITHOUT ROWID
