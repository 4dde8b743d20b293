-- The access log as an append-only Merkle tree (RFC 9162) for each municipality; `docs/access-log.md` tells how.

-- From which address and with which client, sealed. Entries from before hold the address alone.
ALTER TABLE access_log RENAME COLUMN client_address TO client;
-- Whether the family is told of it as a look or as work in the case; NULL in entries from before.
ALTER TABLE access_log ADD COLUMN kind TEXT CHECK (kind IN ('looked', 'worked'));
-- What hides the fields of an entry in its leaf; NULL once the entry's personal fields are erased.
ALTER TABLE access_log ADD COLUMN salt BYTEA;
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
    entry_id UUID NOT NULL,
    PRIMARY KEY (municipality, entry_id)
);

-- The place of each entry in the tree, from 0.
CREATE TABLE access_log_leaf (
    municipality TEXT NOT NULL,
    position BIGINT NOT NULL,
    entry_id UUID NOT NULL,
    -- Which one it is, from 1, of those that the family sees of one case, or of the child outside cases.
    count BIGINT CHECK (count > 0),
    PRIMARY KEY (municipality, position),
    UNIQUE (municipality, entry_id)
);

-- The hashes of all whole subtrees, numbered as in Go's golang.org/x/mod/sumdb/tlog.
CREATE TABLE access_log_node (
    municipality TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 0),
    hash BYTEA NOT NULL,
    PRIMARY KEY (municipality, number)
);

-- Signed tree heads (C2SP tlog-checkpoint).
CREATE TABLE access_log_checkpoint (
    municipality TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size > 0),
    signed_at TIMESTAMPTZ NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (municipality, size)
);

-- How many entries the family sees of a case, or of a child outside cases.
CREATE TABLE access_log_count (
    municipality TEXT NOT NULL,
    subject_id UUID NOT NULL,
    entries BIGINT NOT NULL CHECK (entries > 0),
    PRIMARY KEY (municipality, subject_id)
);

-- By which words an entry is found that has several of a sort: units, roles, law.
CREATE TABLE access_log_term (
    municipality TEXT NOT NULL,
    term TEXT NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (municipality, term, entry_id)
);

-- An entry is changed in two ways only: one from before is given its salt, and its address is sealed; and personal fields are
-- erased when their time is out.
CREATE FUNCTION access_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (
        (OLD.salt IS NULL AND OLD.digests IS NULL AND NEW.salt IS NOT NULL AND NEW.digests IS NULL
            AND NEW.municipality IS NOT DISTINCT FROM OLD.municipality
            AND NEW.id IS NOT DISTINCT FROM OLD.id
            AND NEW.at IS NOT DISTINCT FROM OLD.at
            AND NEW.request_id IS NOT DISTINCT FROM OLD.request_id
            AND NEW.person_id IS NOT DISTINCT FROM OLD.person_id
            AND NEW.roles IS NOT DISTINCT FROM OLD.roles
            AND NEW.action IS NOT DISTINCT FROM OLD.action
            AND NEW.object_type IS NOT DISTINCT FROM OLD.object_type
            AND NEW.object_id IS NOT DISTINCT FROM OLD.object_id
            AND NEW.case_id IS NOT DISTINCT FROM OLD.case_id
            AND NEW.child_id IS NOT DISTINCT FROM OLD.child_id
            AND NEW.decision IS NOT DISTINCT FROM OLD.decision
            AND NEW.policies IS NOT DISTINCT FROM OLD.policies
            AND NEW.legal_basis IS NOT DISTINCT FROM OLD.legal_basis
            AND NEW.shown IS NOT DISTINCT FROM OLD.shown
            AND NEW.status IS NOT DISTINCT FROM OLD.status
            AND NEW.kind IS NOT DISTINCT FROM OLD.kind)
        OR (OLD.digests IS NULL AND NEW.digests IS NOT NULL AND NEW.salt IS NULL AND NEW.client IS NULL AND NEW.person_id IS NULL
            AND NEW.object_id IS NULL AND NEW.case_id IS NULL AND NEW.child_id IS NULL AND NEW.roles = '[]' AND NEW.shown = '[]'
            AND NEW.municipality IS NOT DISTINCT FROM OLD.municipality
            AND NEW.id IS NOT DISTINCT FROM OLD.id
            AND NEW.at IS NOT DISTINCT FROM OLD.at
            AND NEW.request_id IS NOT DISTINCT FROM OLD.request_id
            AND NEW.action IS NOT DISTINCT FROM OLD.action
            AND NEW.object_type IS NOT DISTINCT FROM OLD.object_type
            AND NEW.decision IS NOT DISTINCT FROM OLD.decision
            AND NEW.policies IS NOT DISTINCT FROM OLD.policies
            AND NEW.legal_basis IS NOT DISTINCT FROM OLD.legal_basis
            AND NEW.status IS NOT DISTINCT FROM OLD.status
            AND NEW.kind IS NOT DISTINCT FROM OLD.kind)
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the access log is append-only';
END;
$$;
DROP TRIGGER access_log_no_change ON access_log;
CREATE TRIGGER access_log_no_change BEFORE UPDATE OR DELETE ON access_log
FOR EACH ROW EXECUTE FUNCTION access_log_refuse_change();
CREATE TRIGGER access_log_leaf_no_change BEFORE UPDATE OR DELETE ON access_log_leaf
FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_leaf_no_truncate BEFORE TRUNCATE ON access_log_leaf
FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_node_no_change BEFORE UPDATE OR DELETE ON access_log_node
FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_node_no_truncate BEFORE TRUNCATE ON access_log_node
FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_checkpoint_no_change BEFORE UPDATE OR DELETE ON access_log_checkpoint
FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_checkpoint_no_truncate BEFORE TRUNCATE ON access_log_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse();
