-- Journals of other machines, as evidence: each under the hash of its last event, never among our own.
CREATE TABLE tminus_store.imported (
    journal text NOT NULL,
    head text NOT NULL,
    sequence bigint NOT NULL,
    line text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (journal, head, sequence)
);
UPDATE tminus_store.version SET version = 2;
