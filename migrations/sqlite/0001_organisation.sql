-- Municipalities, their units, the people in them, and what they may log in with.
-- Reference data: small, read everywhere, keyed by id alone.

CREATE TABLE municipality (
    number TEXT NOT NULL PRIMARY KEY CHECK (length(number) = 4),
    name TEXT NOT NULL,
    county TEXT NOT NULL,
    plan TEXT NOT NULL,
    plan_period TEXT,
    -- Where the law leaves room: the age from which a young person sees, and consents to, the sharing of their own record.
    own_record_age INTEGER NOT NULL DEFAULT 15 CHECK (own_record_age IN (15, 16))
) STRICT;

CREATE TABLE unit (
    id BLOB NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    sector TEXT NOT NULL CHECK (sector IN ('school', 'ppt', 'health', 'child_welfare', 'nav', 'other')),
    UNIQUE (municipality, key)
) STRICT;

-- The municipalities a unit serves: its own, and those it is host for.
CREATE TABLE unit_serves (
    unit_id BLOB NOT NULL REFERENCES unit (id),
    municipality TEXT NOT NULL REFERENCES municipality (number),
    PRIMARY KEY (unit_id, municipality)
) STRICT;

CREATE TABLE person (
    id BLOB NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    national_id TEXT,
    name TEXT NOT NULL,
    birth_date TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (municipality, national_id)
) STRICT;

CREATE TABLE account (
    person_id BLOB NOT NULL PRIMARY KEY REFERENCES person (id),
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    disabled_at TEXT
) STRICT;

-- A log-in and all refresh tokens that descend from it: one family.
CREATE TABLE session (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES account (person_id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    end_reason TEXT CHECK (end_reason IN ('logout', 'token_reuse', 'password_changed', 'account_disabled'))
) STRICT;
CREATE INDEX session_person ON session (person_id);

-- Only the SHA-256 of a refresh token is kept.
CREATE TABLE refresh_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES session (id),
    created_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE INDEX refresh_token_session ON refresh_token (session_id);

-- Failed log-ins per account name and per address; the key is a hash of either.
CREATE TABLE login_throttle (
    throttle_key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_attempt_at TEXT NOT NULL,
    blocked_until TEXT
) STRICT;

CREATE TABLE staff_role (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    unit_id BLOB NOT NULL REFERENCES unit (id),
    role TEXT NOT NULL CHECK (role IN ('worker', 'unit_leader', 'administrator', 'auditor', 'analyst')),
    started_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE UNIQUE INDEX staff_role_live ON staff_role (person_id, unit_id, role) WHERE ended_at IS NULL;
CREATE INDEX staff_role_unit ON staff_role (unit_id);

-- The answer to a POST that carried an Idempotency-Key, given again to a retry.
CREATE TABLE idempotency (
    person_id BLOB NOT NULL REFERENCES person (id),
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (person_id, idempotency_key)
) STRICT;
CREATE INDEX idempotency_created ON idempotency (created_at);
