-- The ground of each look: the laws by which this person may look, each in the wording of the day, and the consents behind it, as JSON.
-- NULL in entries from before (version 1 of their encoding).
ALTER TABLE access_log ADD COLUMN ground TEXT;
ALTER TABLE access_log ADD COLUMN consents TEXT;

-- The consents are personal, and erased with the other personal fields. The ground is not.
CREATE OR REPLACE FUNCTION access_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
            AND NEW.ground IS NOT DISTINCT FROM OLD.ground
            AND NEW.consents IS NOT DISTINCT FROM OLD.consents
            AND NEW.shown IS NOT DISTINCT FROM OLD.shown
            AND NEW.status IS NOT DISTINCT FROM OLD.status
            AND NEW.kind IS NOT DISTINCT FROM OLD.kind)
        OR (OLD.digests IS NULL AND NEW.digests IS NOT NULL AND NEW.salt IS NULL AND NEW.client IS NULL AND NEW.person_id IS NULL
            AND NEW.object_id IS NULL AND NEW.case_id IS NULL AND NEW.child_id IS NULL AND NEW.roles = '[]' AND NEW.shown = '[]'
            AND (NEW.consents = '[]' OR (NEW.consents IS NULL AND OLD.consents IS NULL)) AND NEW.ground IS NOT DISTINCT FROM OLD.ground
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

-- Breaches: looks that a review of the log, or of an emergency access, found to be without need. The id is that of the review or the access.
CREATE TABLE breach (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('log_review', 'emergency_access')),
    -- The entry of the log; NULL for an emergency access, which has several between looked_at and looked_until.
    entry_id UUID,
    person_id UUID NOT NULL REFERENCES person (id),
    -- In whose work they looked.
    unit_id UUID REFERENCES unit (id),
    child_id UUID NOT NULL,
    case_id UUID,
    looked_at TIMESTAMPTZ NOT NULL,
    looked_until TIMESTAMPTZ NOT NULL,
    found_by UUID NOT NULL REFERENCES person (id),
    found_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    CHECK ((source = 'log_review') = (entry_id IS NOT NULL)),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
);
CREATE INDEX breach_id ON breach (id);
CREATE INDEX breach_open ON breach (municipality, id) WHERE closed_at IS NULL;
CREATE INDEX breach_child ON breach (municipality, child_id);
CREATE INDEX breach_person ON breach (person_id);

-- Who must be notified of a breach, when, and how it ended.
CREATE TABLE breach_step (
    municipality TEXT NOT NULL,
    id UUID NOT NULL,
    breach_id UUID NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('leader', 'controller', 'data_protection_authority', 'registered_person')),
    due_at TIMESTAMPTZ NOT NULL,
    outcome TEXT CHECK (outcome IN ('done', 'not_required')),
    -- How they were notified. Sealed.
    how TEXT,
    -- Why they need not be notified, or why it was late. Sealed.
    reason TEXT,
    done_at TIMESTAMPTZ,
    done_by UUID REFERENCES person (id),
    recorded_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, breach_id, step),
    FOREIGN KEY (municipality, breach_id) REFERENCES breach (municipality, id),
    CHECK (CASE outcome
        WHEN 'done' THEN how IS NOT NULL AND (done_at <= due_at OR reason IS NOT NULL)
        WHEN 'not_required' THEN how IS NULL AND reason IS NOT NULL
        ELSE how IS NULL AND reason IS NULL END),
    CHECK ((outcome IS NULL) = (done_at IS NULL) AND (outcome IS NULL) = (done_by IS NULL) AND (outcome IS NULL) = (recorded_at IS NULL))
);
