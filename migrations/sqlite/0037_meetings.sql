-- Meetings as they happen: moved or cancelled with a reason, with people who came without being called, and with no decision.
ALTER TABLE meeting ADD COLUMN cancel_reason TEXT;
ALTER TABLE meeting ADD COLUMN outcome TEXT;
-- Whether they were called, or came to the meeting without it.
ALTER TABLE meeting_participant ADD COLUMN called INTEGER NOT NULL DEFAULT 1 CHECK (called IN (0, 1));
CREATE INDEX meeting_id ON meeting (id);

-- The moves of a meeting, in order.
CREATE TABLE meeting_move (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    from_time TEXT NOT NULL,
    to_time TEXT NOT NULL,
    -- Sealed, and set only if the place changed.
    from_place TEXT,
    to_place TEXT,
    -- Sealed.
    reason TEXT NOT NULL,
    moved_by BLOB NOT NULL REFERENCES person (id),
    moved_at TEXT NOT NULL,
    PRIMARY KEY (municipality, meeting_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id)
) STRICT;

-- The guardians who are not invited, each with the reason.
CREATE TABLE meeting_guardian_absent (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    case_id BLOB NOT NULL,
    -- Sealed.
    reason TEXT NOT NULL,
    PRIMARY KEY (municipality, meeting_id, number),
    UNIQUE (municipality, meeting_id, person_id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id)
) STRICT;

-- People who were present and have no part in the case.
CREATE TABLE meeting_other_present (
    municipality TEXT NOT NULL,
    meeting_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    -- Sealed.
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('interpreter', 'support_person', 'network_member', 'adviser')),
    PRIMARY KEY (municipality, meeting_id, number),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, meeting_id) REFERENCES meeting (municipality, id)
) STRICT;
