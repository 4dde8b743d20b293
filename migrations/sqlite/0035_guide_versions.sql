-- Levels belong to the municipality: names and order, of a version of its guide. An import of another guide adds a version. A case keeps the
-- level of the version that was in force when the level was set.
-- SQLite changes no key: the tables are made again, and their rows put back before the commit.
PRAGMA defer_foreign_keys = ON;
-- The newest version. 0: the municipality has no guide.
ALTER TABLE municipality ADD COLUMN guide_version INTEGER NOT NULL DEFAULT 0;
UPDATE municipality SET guide_version = 1
WHERE EXISTS (SELECT 1 FROM guide_level g WHERE g.municipality = municipality.number);
CREATE TABLE guide_level_kept AS SELECT * FROM guide_level;
DROP TABLE guide_level;
CREATE TABLE guide_level (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    version INTEGER NOT NULL,
    level INTEGER NOT NULL,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    responsible TEXT,
    steps TEXT NOT NULL,
    deadline_days INTEGER,
    source TEXT NOT NULL,
    PRIMARY KEY (municipality, version, level)
) STRICT;
INSERT INTO guide_level (municipality, version, level, name, summary, responsible, steps, deadline_days, source)
SELECT municipality, 1, level, name, summary, responsible, steps, deadline_days, source FROM guide_level_kept;
DROP TABLE guide_level_kept;
-- Levels that a case has had, and that the guide lacks, are version 0.
INSERT INTO guide_level (municipality, version, level, name, summary, steps, source)
SELECT u.municipality, 0, u.level, 'Nivå ' || u.level, 'Nivået er brukt i en sak, og står ikke i veilederen.', '[]',
    'Før veilederen fikk versjoner'
FROM (SELECT municipality, level FROM care_case UNION SELECT municipality, level FROM case_event) u
WHERE NOT EXISTS (SELECT 1 FROM guide_level g WHERE g.municipality = u.municipality AND g.level = u.level);

CREATE TABLE care_case_kept AS SELECT * FROM care_case;
DROP TABLE care_case;
CREATE TABLE care_case (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    -- The unit that keeps the record.
    unit_id BLOB NOT NULL REFERENCES unit (id),
    opening_unit_id BLOB NOT NULL REFERENCES unit (id),
    opened_by BLOB NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    -- A level of a version of the municipality's guide.
    guide_version INTEGER NOT NULL,
    level INTEGER NOT NULL,
    level_reason TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    agreed_with TEXT NOT NULL CHECK (agreed_with IN ('guardians', 'youth')),
    agreed_on TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    closing_reason TEXT,
    final_evaluation TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    -- The case itself while it is open. A step must be pending in it then, and none when it is closed.
    next_step_of BLOB,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    FOREIGN KEY (municipality, guide_version, level) REFERENCES guide_level (municipality, version, level),
    FOREIGN KEY (municipality, id) REFERENCES contact_person (municipality, case_id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (municipality, next_step_of) REFERENCES next_step (municipality, pending_in) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((status = 'closed') = (closing_reason IS NOT NULL)),
    CHECK ((status = 'closed') = (final_evaluation IS NOT NULL)),
    CHECK ((status = 'open') = (next_step_of IS NOT NULL)),
    CHECK (next_step_of IS NULL OR next_step_of = id)
) STRICT;
CREATE UNIQUE INDEX care_case_next_step ON care_case (municipality, next_step_of);
INSERT INTO care_case (municipality, id, child_id, unit_id, opening_unit_id, opened_by, reason, guide_version, level, level_reason, status,
    agreed_with, agreed_on, opened_at, closed_at, closing_reason, final_evaluation, version, next_step_of)
SELECT k.municipality, k.id, k.child_id, k.unit_id, k.opening_unit_id, k.opened_by, k.reason, g.version, k.level, k.level_reason, k.status,
    k.agreed_with, k.agreed_on, k.opened_at, k.closed_at, k.closing_reason, k.final_evaluation, k.version, k.next_step_of
FROM care_case_kept k JOIN guide_level g ON g.municipality = k.municipality AND g.level = k.level;
DROP TABLE care_case_kept;
CREATE INDEX care_case_id ON care_case (id);
CREATE INDEX care_case_child ON care_case (child_id);
CREATE UNIQUE INDEX care_case_open ON care_case (municipality, child_id) WHERE status = 'open';
CREATE INDEX care_case_unit ON care_case (unit_id, id);

CREATE TABLE case_event_kept AS SELECT * FROM case_event;
DROP TABLE case_event;
CREATE TABLE case_event (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'level_changed', 'closed', 'reopened')),
    guide_version INTEGER NOT NULL,
    level INTEGER NOT NULL,
    reason TEXT NOT NULL,
    final_evaluation TEXT,
    person_id BLOB NOT NULL REFERENCES person (id),
    at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, guide_version, level) REFERENCES guide_level (municipality, version, level),
    CHECK ((kind = 'closed') = (final_evaluation IS NOT NULL))
) STRICT;
INSERT INTO case_event (municipality, id, case_id, kind, guide_version, level, reason, final_evaluation, person_id, at)
SELECT k.municipality, k.id, k.case_id, k.kind, g.version, k.level, k.reason, k.final_evaluation, k.person_id, k.at
FROM case_event_kept k JOIN guide_level g ON g.municipality = k.municipality AND g.level = k.level;
DROP TABLE case_event_kept;
CREATE INDEX case_event_case ON case_event (municipality, case_id, id);
