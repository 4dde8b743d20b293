-- What identifies people lies sealed, and is found again by a keyed hash. The columns renamed here still hold what they held;
-- the rest of the migration, in src/db/sealing, makes hashes of it and seals all text that people have written.

ALTER TABLE person RENAME COLUMN national_id TO national_id_index;
ALTER TABLE person ADD COLUMN national_id TEXT;
ALTER TABLE account RENAME COLUMN username TO username_index;

-- Plain hashes and answers that cannot be sealed afterwards: what is asked again is done again.
DELETE FROM login_throttle;
DELETE FROM idempotency;
ALTER TABLE idempotency RENAME COLUMN idempotency_key TO key_index;

-- What was done once to the rows that were there.
CREATE TABLE data_migration (
    name TEXT NOT NULL PRIMARY KEY
);
