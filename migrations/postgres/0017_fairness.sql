-- Devices that have logged in to an account before. Only the SHA-256 of a device's token is kept.
CREATE TABLE known_device (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES account (person_id),
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX known_device_person ON known_device (person_id);

-- Failures are now counted by account and site, account, device, and site. The hash of the username finds those of an account.
DELETE FROM login_throttle;
ALTER TABLE login_throttle ADD COLUMN username_index TEXT;
CREATE INDEX login_throttle_username ON login_throttle (username_index) WHERE username_index IS NOT NULL;
CREATE INDEX login_throttle_last_attempt ON login_throttle (last_attempt_at);
