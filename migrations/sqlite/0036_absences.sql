-- Someone on the staff of a unit is away, for some days or until another day is known. Why is not stored: it would be health data.
CREATE TABLE absence (
    id BLOB NOT NULL PRIMARY KEY,
    unit_id BLOB NOT NULL REFERENCES unit (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    from_on TEXT NOT NULL,
    -- The last day. Null: not known yet.
    to_on TEXT,
    -- The day on which the leader looks again at an absence without a last day.
    look_again_on TEXT,
    stand_in_id BLOB REFERENCES person (id),
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    -- When batons and duties were first passed on for it.
    begun_at TEXT,
    -- When they were given back: the person is back, or the last day has passed. Null for ended_by: nobody stated it.
    over_at TEXT,
    ended_by BLOB REFERENCES person (id),
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (to_on IS NULL OR from_on <= to_on),
    CHECK ((to_on IS NULL) = (look_again_on IS NOT NULL)),
    CHECK (ended_by IS NULL OR over_at IS NOT NULL),
    CHECK (stand_in_id IS NULL OR stand_in_id <> person_id)
) STRICT;
CREATE INDEX absence_unit ON absence (unit_id, id);
CREATE INDEX absence_coming ON absence (unit_id, from_on, id) WHERE over_at IS NULL;
CREATE INDEX absence_without_last_day ON absence (unit_id, look_again_on, id) WHERE over_at IS NULL AND look_again_on IS NOT NULL;
CREATE INDEX absence_current ON absence (from_on, id) WHERE over_at IS NULL;
CREATE INDEX absence_person ON absence (person_id, unit_id) WHERE over_at IS NULL;
CREATE UNIQUE INDEX absence_open ON absence (unit_id, person_id) WHERE over_at IS NULL AND to_on IS NULL;

-- The absence for which a baton passed. The contact person then stands in, or is the person who is back.
ALTER TABLE handover ADD COLUMN absence_id BLOB REFERENCES absence (id);
CREATE INDEX handover_absence ON handover (absence_id, case_id) WHERE absence_id IS NOT NULL;

-- The measures and next steps that passed to others for an absence. Null for to_person: a next step of the contact person.
CREATE TABLE absence_duty (
    absence_id BLOB NOT NULL REFERENCES absence (id),
    municipality TEXT NOT NULL,
    case_id BLOB NOT NULL,
    duty_id BLOB NOT NULL,
    measure_id BLOB,
    next_step_id BLOB,
    unit_id BLOB NOT NULL REFERENCES unit (id),
    to_person BLOB REFERENCES person (id),
    passed_at TEXT NOT NULL,
    PRIMARY KEY (absence_id, municipality, duty_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, measure_id) REFERENCES measure (municipality, id),
    FOREIGN KEY (municipality, next_step_id) REFERENCES next_step (municipality, id),
    CHECK (COALESCE(measure_id, next_step_id) = duty_id),
    CHECK ((measure_id IS NULL) <> (next_step_id IS NULL)),
    CHECK (measure_id IS NULL OR to_person IS NOT NULL)
) STRICT;
CREATE INDEX absence_duty_of ON absence_duty (municipality, duty_id);
CREATE INDEX absence_duty_case ON absence_duty (municipality, case_id);
