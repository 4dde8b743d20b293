-- A passkey (WebAuthn) of an account: a second factor beside codes. The name, the id and the public key of the credential are sealed.
CREATE TABLE passkey (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    person_id UUID NOT NULL REFERENCES account (person_id),
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    -- The keyed hash of the id of the credential, which belongs to one account.
    credential_index TEXT NOT NULL UNIQUE,
    -- How often the authenticator says that it was used. It only grows, or is always 0.
    counter BIGINT NOT NULL CHECK (counter >= 0),
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
);
CREATE INDEX passkey_person ON passkey (person_id);

-- A challenge that an authenticator is to sign, once and within minutes. One without a session is for a log-in.
CREATE TABLE passkey_challenge (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    person_id UUID NOT NULL REFERENCES account (person_id),
    session_id UUID REFERENCES session (id),
    -- The keyed hash of the hash of the password that was proven. Another password ends the challenge.
    password_index TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX passkey_challenge_person ON passkey_challenge (person_id);
CREATE INDEX passkey_challenge_expires ON passkey_challenge (expires_at);
