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
