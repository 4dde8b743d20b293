-- An account is active once it has a password, which only its owner chooses.
CREATE TABLE account_password (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES account (person_id),
    hash TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL
);
-- Whoever has a disabled account needs a code once it is enabled: an administrator may have chosen the password.
INSERT INTO account_password (person_id, hash, set_at)
SELECT person_id, password_hash, created_at FROM account WHERE disabled_at IS NULL;
ALTER TABLE account DROP COLUMN password_hash;

-- A code with which a person chooses their password. It has two halves: one is shown to the administrator who asks for it, and one to
-- another who approves it. Only keyed hashes of them are stored. The operator of the machine may do both: then nobody is named.
CREATE TABLE activation (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    person_id UUID NOT NULL REFERENCES account (person_id),
    username_index TEXT NOT NULL,
    asked_by UUID REFERENCES person (id),
    asked_at TIMESTAMPTZ NOT NULL,
    first_half_hash TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    approved_by UUID REFERENCES person (id),
    approved_at TIMESTAMPTZ,
    second_half_hash TEXT,
    used_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    CHECK (asked_by <> person_id),
    CHECK (approved_by <> person_id),
    CHECK (approved_by <> asked_by),
    CHECK ((approved_at IS NULL) = (second_half_hash IS NULL)),
    CHECK (used_at IS NULL OR approved_at IS NOT NULL),
    CHECK (used_at IS NULL OR ended_at IS NULL)
);
CREATE UNIQUE INDEX activation_live ON activation (person_id) WHERE used_at IS NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX activation_username ON activation (username_index) WHERE used_at IS NULL AND ended_at IS NULL;
CREATE INDEX activation_person ON activation (person_id, asked_at);

-- A role ends by itself: from this day it counts for nothing. A row that does not state the day counts for nothing.
ALTER TABLE staff_role ADD COLUMN ends_on DATE NOT NULL DEFAULT '1970-01-01';
-- The roles of before end in the course of half a year, so that they can be considered one by one.
UPDATE staff_role SET ends_on = CURRENT_DATE + 183 + floor(random() * 183)::int WHERE ended_at IS NULL;
CREATE INDEX staff_role_ends ON staff_role (ends_on) WHERE ended_at IS NULL;

-- Accounts are listed by municipality.
CREATE INDEX person_municipality ON person (municipality, id);

-- A role that decides over others needs two administrators: one proposes it, another confirms it. A proposal grants nothing.
CREATE TABLE role_proposal (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    unit_id UUID NOT NULL REFERENCES unit (id),
    person_id UUID NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('unit_leader', 'administrator', 'auditor')),
    ends_on DATE NOT NULL,
    reason TEXT NOT NULL,
    proposed_by UUID NOT NULL REFERENCES person (id),
    proposed_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('proposed', 'confirmed', 'declined')),
    decided_by UUID REFERENCES person (id),
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, id),
    CHECK (proposed_by <> person_id),
    CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CHECK (status <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> person_id))
);
CREATE UNIQUE INDEX role_proposal_live ON role_proposal (person_id, unit_id, role) WHERE status = 'proposed';

-- Why a role was needed for longer.
CREATE TABLE role_extension (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    role_id UUID NOT NULL REFERENCES staff_role (id),
    before_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    reason TEXT NOT NULL,
    -- Null if the operator of the machine did it.
    extended_by UUID REFERENCES person (id),
    extended_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, id)
);
CREATE INDEX role_extension_role ON role_extension (role_id);

-- The second factor of an account. Each step of its codes is used once.
CREATE TABLE second_factor (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES account (person_id),
    municipality TEXT NOT NULL REFERENCES municipality (number),
    secret TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_step BIGINT NOT NULL
);
CREATE TABLE recovery_code (
    person_id UUID NOT NULL REFERENCES account (person_id),
    code_hash TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (person_id, code_hash)
);
ALTER TABLE session ADD COLUMN second_factor_at TIMESTAMPTZ;

-- The batons that were passed on from a person, to give them back when their account is enabled.
CREATE INDEX handover_passed_on ON handover (from_person, answered_at) WHERE status = 'assigned';
