-- The access log as an append-only Merkle tree (RFC 9162) for each municipality; `docs/access-log.md` tells how.

-- From which address and with which client, sealed. Entries from before hold the address alone.
ALTER TABLE access_log RENAME COLUMN client_address TO client;
-- Whether the family is told of it as a look or as work in the case; NULL in entries from before.
ALTER TABLE access_log ADD COLUMN kind TEXT CHECK (kind IN ('looked', 'worked'));
-- What hides the fields of an entry in its leaf; NULL once the entry's personal fields are erased.
ALTER TABLE access_log ADD COLUMN salt BLOB;
-- The digests of all fields, kept in place of the personal ones when these are erased.
ALTER TABLE access_log ADD COLUMN digests TEXT;

-- Each municipality's log is searched for itself, so its number leads, and pages follow the index.
DROP INDEX access_log_case;
DROP INDEX access_log_child;
DROP INDEX access_log_person;
CREATE INDEX access_log_case ON access_log (municipality, case_id, id) WHERE case_id IS NOT NULL;
CREATE INDEX access_log_child ON access_log (municipality, child_id, id) WHERE child_id IS NOT NULL;
CREATE INDEX access_log_person ON access_log (municipality, person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX access_log_at ON access_log (municipality, at, id);
CREATE INDEX access_log_action ON access_log (municipality, action, id);
CREATE INDEX access_log_denied ON access_log (municipality, id) WHERE decision = 'deny';

-- What is not sealed yet. A row is made with its entry, and taken away when the entry has its place in the tree.
CREATE TABLE access_log_pending (
    municipality TEXT NOT NULL,
    entry_id BLOB NOT NULL,
    PRIMARY KEY (municipality, entry_id)
) STRICT, WITHOUT ROWID;

-- The place of each entry in the tree, from 0.
CREATE TABLE access_log_leaf (
    municipality TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    -- Which one it is, from 1, of those that the family sees of one case, or of the child outside cases.
    count INTEGER CHECK (count > 0),
    PRIMARY KEY (municipality, position),
    UNIQUE (municipality, entry_id)
) STRICT, WITHOUT ROWID;

-- The hashes of all whole subtrees, numbered as in Go's golang.org/x/mod/sumdb/tlog.
CREATE TABLE access_log_node (
    municipality TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    hash BLOB NOT NULL,
    PRIMARY KEY (municipality, number)
) STRICT, WITHOUT ROWID;

-- Signed tree heads (C2SP tlog-checkpoint).
CREATE TABLE access_log_checkpoint (
    municipality TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    signed_at TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (municipality, size)
) STRICT;

-- How many entries the family sees of a case, or of a child outside cases.
CREATE TABLE access_log_count (
    municipality TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    entries INTEGER NOT NULL CHECK (entries > 0),
    PRIMARY KEY (municipality, subject_id)
) STRICT, WITHOUT ROWID;

-- By which words an entry is found that has several of a sort: units, roles, law.
CREATE TABLE access_log_term (
    municipality TEXT NOT NULL,
    term TEXT NOT NULL,
    entry_id BLOB NOT NULL,
    PRIMARY KEY (municipality, term, entry_id)
) STRICT, WITHOUT ROWID;

-- An entry is changed in two ways only: one from before is given its salt, and its address is sealed; and personal fields are
-- erased when their time is out.
DROP TRIGGER access_log_no_update;
CREATE TRIGGER access_log_no_update BEFORE UPDATE ON access_log
WHEN NOT (
        (OLD.salt IS NULL AND OLD.digests IS NULL AND NEW.salt IS NOT NULL AND NEW.digests IS NULL
            AND NEW.municipality IS OLD.municipality
            AND NEW.id IS OLD.id
            AND NEW.at IS OLD.at
            AND NEW.request_id IS OLD.request_id
            AND NEW.person_id IS OLD.person_id
            AND NEW.roles IS OLD.roles
            AND NEW.action IS OLD.action
            AND NEW.object_type IS OLD.object_type
            AND NEW.object_id IS OLD.object_id
            AND NEW.case_id IS OLD.case_id
            AND NEW.child_id IS OLD.child_id
            AND NEW.decision IS OLD.decision
            AND NEW.policies IS OLD.policies
            AND NEW.legal_basis IS OLD.legal_basis
            AND NEW.shown IS OLD.shown
            AND NEW.status IS OLD.status
            AND NEW.kind IS OLD.kind)
        OR (OLD.digests IS NULL AND NEW.digests IS NOT NULL AND NEW.salt IS NULL AND NEW.client IS NULL AND NEW.person_id IS NULL
            AND NEW.object_id IS NULL AND NEW.case_id IS NULL AND NEW.child_id IS NULL AND NEW.roles = '[]' AND NEW.shown = '[]'
            AND NEW.municipality IS OLD.municipality
            AND NEW.id IS OLD.id
            AND NEW.at IS OLD.at
            AND NEW.request_id IS OLD.request_id
            AND NEW.action IS OLD.action
            AND NEW.object_type IS OLD.object_type
            AND NEW.decision IS OLD.decision
            AND NEW.policies IS OLD.policies
            AND NEW.legal_basis IS OLD.legal_basis
            AND NEW.status IS OLD.status
            AND NEW.kind IS OLD.kind)
    )
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_leaf_no_update BEFORE UPDATE ON access_log_leaf
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_leaf_no_delete BEFORE DELETE ON access_log_leaf
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_leaf_no_replace BEFORE INSERT ON access_log_leaf
WHEN EXISTS (SELECT 1 FROM access_log_leaf WHERE municipality = NEW.municipality AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_node_no_update BEFORE UPDATE ON access_log_node
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_node_no_delete BEFORE DELETE ON access_log_node
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_node_no_replace BEFORE INSERT ON access_log_node
WHEN EXISTS (SELECT 1 FROM access_log_node WHERE municipality = NEW.municipality AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_checkpoint_no_update BEFORE UPDATE ON access_log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_checkpoint_no_delete BEFORE DELETE ON access_log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_checkpoint_no_replace BEFORE INSERT ON access_log_checkpoint
WHEN EXISTS (SELECT 1 FROM access_log_checkpoint WHERE municipality = NEW.municipality AND size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
