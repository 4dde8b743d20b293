-- Kinds of care orders, with what follows from each as data (`data/care_orders.toml`): a child has one order of each kind that has not
-- ended, and some orders have a last day. The person named in an order accepts it, and what an order said before a change is kept. The
-- orders of before keep their words, and are accepted. SQLite changes no CHECK: the table is made anew.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE care_order_kept AS SELECT * FROM care_order;
DROP TABLE care_order;
-- A decision about a child: who in child welfare answers for it, and from which day.
CREATE TABLE care_order (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('taken_into_care', 'moving_prohibited', 'acute_care', 'acute_institution',
        'institution', 'institution_by_consent', 'acute_trafficking', 'trafficking', 'voluntary_placement', 'parental_responsibility_removed',
        'acute_leaving_prohibited', 'leaving_prohibited')),
    -- Sealed, as is the reference to the decision that ended it.
    decision_reference TEXT NOT NULL,
    child_welfare_unit_id BLOB NOT NULL REFERENCES unit (id),
    child_welfare_person_id BLOB NOT NULL REFERENCES person (id),
    in_force_from TEXT NOT NULL,
    -- The last day on which it gives anybody a power, if the decision has one.
    in_force_until TEXT,
    -- Who named the person in child welfare, and when that person accepted it. Until then nobody consents by the order.
    named_by BLOB NOT NULL REFERENCES person (id),
    named_at TEXT NOT NULL,
    accepted_at TEXT,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    ended_at TEXT,
    ended_by BLOB REFERENCES person (id),
    end_reference TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK (in_force_until IS NULL OR in_force_until >= in_force_from),
    CHECK (in_force_until IS NOT NULL OR kind NOT IN ('acute_care', 'acute_institution', 'acute_trafficking',
        'acute_leaving_prohibited')),
    CHECK (accepted_at IS NULL OR accepted_at >= named_at),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reference IS NULL))
) STRICT;
INSERT INTO care_order (municipality, id, child_id, kind, decision_reference, child_welfare_unit_id, child_welfare_person_id,
    in_force_from, named_by, named_at, accepted_at, recorded_by, recorded_at, ended_at, ended_by, end_reference, version)
SELECT municipality, id, child_id, kind, decision_reference, child_welfare_unit_id, child_welfare_person_id,
    in_force_from, recorded_by, recorded_at, recorded_at, recorded_by, recorded_at, ended_at, ended_by, end_reference, version
FROM care_order_kept;
DROP TABLE care_order_kept;
CREATE UNIQUE INDEX care_order_live ON care_order (municipality, child_id, kind) WHERE ended_at IS NULL;
CREATE INDEX care_order_child ON care_order (municipality, child_id, id);
CREATE INDEX care_order_person ON care_order (child_welfare_person_id) WHERE ended_at IS NULL;
CREATE INDEX care_order_unit ON care_order (child_welfare_unit_id) WHERE ended_at IS NULL;
CREATE INDEX care_order_stated ON care_order (municipality, recorded_at) WHERE ended_at IS NULL;

-- What a care order said before it named another person or had another last day.
CREATE TABLE care_order_change (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    care_order_id BLOB NOT NULL,
    former_unit_id BLOB NOT NULL REFERENCES unit (id),
    former_person_id BLOB NOT NULL REFERENCES person (id),
    former_until TEXT,
    -- Sealed: the decision, or the record of who answers for the child, that the change rests on.
    reference TEXT NOT NULL,
    changed_by BLOB NOT NULL REFERENCES person (id),
    changed_at TEXT NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, care_order_id) REFERENCES care_order (municipality, id)
) STRICT;
CREATE INDEX care_order_change_order ON care_order_change (municipality, care_order_id, id);

-- The ages that an arena is for, in whole years, where the plan says so. The conditions of an arena are checked when a meeting is called
-- there and when its minutes are recorded.
ALTER TABLE arena ADD COLUMN age_from INTEGER CHECK (age_from >= 0 AND age_from <= 25);
ALTER TABLE arena ADD COLUMN age_to INTEGER CHECK (age_to >= 0 AND age_to <= 25);
