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
