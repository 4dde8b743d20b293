-- Where a child and its guardians are found, how well that is protected, and who decides for the child.

-- How well the address of a child is protected (freg § 10-4). Without a row it is not.
CREATE TABLE address_protection (
    municipality TEXT NOT NULL,
    child_id BLOB NOT NULL,
    protection TEXT NOT NULL CHECK (protection IN ('none', 'confidential', 'strictly_confidential')),
    -- Why the protection was lowered last, sealed.
    lowered_because TEXT,
    changed_by BLOB NOT NULL REFERENCES person (id),
    changed_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, child_id),
    UNIQUE (municipality, child_id, protection),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id)
) STRICT;
CREATE INDEX address_protection_child ON address_protection (child_id);

-- Address and phone are sealed. The reference to the protection means that where it is strict, no row can be.
CREATE TABLE child_contact (
    municipality TEXT NOT NULL,
    child_id BLOB NOT NULL,
    protection TEXT NOT NULL CHECK (protection IN ('none', 'confidential')),
    address TEXT,
    phone TEXT,
    school_unit_id BLOB REFERENCES unit (id),
    PRIMARY KEY (municipality, child_id),
    FOREIGN KEY (municipality, child_id, protection) REFERENCES address_protection (municipality, child_id, protection)
) STRICT;

CREATE TABLE guardian_contact (
    municipality TEXT NOT NULL,
    guardianship_id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    protection TEXT NOT NULL CHECK (protection IN ('none', 'confidential')),
    address TEXT,
    phone TEXT,
    PRIMARY KEY (municipality, guardianship_id),
    FOREIGN KEY (municipality, guardianship_id) REFERENCES guardianship (municipality, id),
    FOREIGN KEY (municipality, child_id, protection) REFERENCES address_protection (municipality, child_id, protection)
) STRICT;
CREATE INDEX guardian_contact_child ON guardian_contact (municipality, child_id);

-- As what someone is a guardian; a foster parent has no parental responsibility.
ALTER TABLE guardianship ADD COLUMN capacity TEXT NOT NULL DEFAULT 'parent'
    CHECK (capacity IN ('parent', 'foster_parent', 'guardian_appointed'))
    CHECK (capacity <> 'foster_parent' OR NOT parental_responsibility);

-- A decision by which child welfare decides for a child: who there, and from which day.
CREATE TABLE care_order (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    child_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('taken_into_care', 'moving_prohibited')),
    -- Sealed, as is the reference to the decision that ended it.
    decision_reference TEXT NOT NULL,
    child_welfare_unit_id BLOB NOT NULL REFERENCES unit (id),
    child_welfare_person_id BLOB NOT NULL REFERENCES person (id),
    in_force_from TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES person (id),
    recorded_at TEXT NOT NULL,
    ended_at TEXT,
    ended_by BLOB REFERENCES person (id),
    end_reference TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, child_id) REFERENCES child (municipality, id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reference IS NULL))
) STRICT;
CREATE UNIQUE INDEX care_order_live ON care_order (municipality, child_id) WHERE ended_at IS NULL;
CREATE INDEX care_order_child ON care_order (municipality, child_id, id);
CREATE INDEX care_order_person ON care_order (child_welfare_person_id) WHERE ended_at IS NULL;
