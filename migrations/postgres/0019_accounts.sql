-- An account is active once it has a password, which only its owner chooses.
CREATE TABLE account_password (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES account (person_id),
    hash TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL
);
INSERT INTO account_password (person_id, hash, set_at) SELECT person_id, password_hash, created_at FROM account;
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
