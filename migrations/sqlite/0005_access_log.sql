-- Who looked at what, or tried to, when and on which legal basis. Added to, never changed.

CREATE TABLE access_log (
    -- '0000' where no municipality can be told, as in a failed log-in.
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    at TEXT NOT NULL,
    request_id TEXT NOT NULL,
    client_address TEXT,
    person_id BLOB,
    -- The person's units and roles at that moment, as JSON.
    roles TEXT NOT NULL,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id TEXT,
    case_id BLOB,
    child_id BLOB,
    decision TEXT NOT NULL CHECK (decision IN ('permit', 'deny')),
    -- Ids of the policies that decided, and the law they rest on, as JSON.
    policies TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    -- Ids of what was shown or changed, as JSON. Never content.
    shown TEXT NOT NULL,
    status INTEGER NOT NULL,
    PRIMARY KEY (municipality, id)
) STRICT;
CREATE INDEX access_log_case ON access_log (case_id, id);
CREATE INDEX access_log_child ON access_log (child_id, id);
CREATE INDEX access_log_person ON access_log (person_id, id);

CREATE TRIGGER access_log_no_update BEFORE UPDATE ON access_log
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
-- INSERT OR REPLACE would take the old row away without a DELETE that the trigger sees.
CREATE TRIGGER access_log_no_replace BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE municipality = NEW.municipality AND id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END;
