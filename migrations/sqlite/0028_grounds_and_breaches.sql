-- The ground of each look: the laws by which this person may look, each in the wording of the day, and the consents behind it, as JSON.
-- NULL in entries from before (version 1 of their encoding).
ALTER TABLE access_log ADD COLUMN ground TEXT;
ALTER TABLE access_log ADD COLUMN consents TEXT;

-- The consents are personal, and erased with the other personal fields. The ground is not.
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
            AND NEW.ground IS OLD.ground
            AND NEW.consents IS OLD.consents
            AND NEW.shown IS OLD.shown
            AND NEW.status IS OLD.status
            AND NEW.kind IS OLD.kind)
        OR (OLD.digests IS NULL AND NEW.digests IS NOT NULL AND NEW.salt IS NULL AND NEW.client IS NULL AND NEW.person_id IS NULL
            AND NEW.object_id IS NULL AND NEW.case_id IS NULL AND NEW.child_id IS NULL AND NEW.roles = '[]' AND NEW.shown = '[]'
            AND (NEW.consents = '[]' OR (NEW.consents IS NULL AND OLD.consents IS NULL)) AND NEW.ground IS OLD.ground
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

-- Breaches: looks that a review of the log, or of an emergency access, found to be without need. The id is that of the review or the access.
CREATE TABLE breach (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('log_review', 'emergency_access')),
    -- The entry of the log; NULL for an emergency access, which has several between looked_at and looked_until.
    entry_id BLOB,
    person_id BLOB NOT NULL REFERENCES person (id),
    -- In whose work they looked.
    unit_id BLOB REFERENCES unit (id),
    child_id BLOB NOT NULL,
    case_id BLOB,
    looked_at TEXT NOT NULL,
    looked_until TEXT NOT NULL,
    found_by BLOB NOT NULL REFERENCES person (id),
    found_at TEXT NOT NULL,
    closed_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    CHECK ((source = 'log_review') = (entry_id IS NOT NULL)),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
) STRICT;
CREATE INDEX breach_id ON breach (id);
CREATE INDEX breach_open ON breach (municipality, id) WHERE closed_at IS NULL;
CREATE INDEX breach_child ON breach (municipality, child_id);
CREATE INDEX breach_person ON breach (person_id);

-- Who must be notified of a breach, when, and how it ended.
CREATE TABLE breach_step (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    breach_id BLOB NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('leader', 'controller', 'data_protection_authority', 'registered_person')),
    due_at TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('done', 'not_required')),
    -- How they were notified. Sealed.
    how TEXT,
    -- Why they need not be notified, or why it was late. Sealed.
    reason TEXT,
    done_at TEXT,
    done_by BLOB REFERENCES person (id),
    recorded_at TEXT,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, breach_id, step),
    FOREIGN KEY (municipality, breach_id) REFERENCES breach (municipality, id),
    CHECK (CASE outcome
        WHEN 'done' THEN how IS NOT NULL AND (done_at <= due_at OR reason IS NOT NULL)
        WHEN 'not_required' THEN how IS NULL AND reason IS NOT NULL
        ELSE how IS NULL AND reason IS NULL END),
    CHECK ((outcome IS NULL) = (done_at IS NULL) AND (outcome IS NULL) = (done_by IS NULL) AND (outcome IS NULL) = (recorded_at IS NULL))
) STRICT;
