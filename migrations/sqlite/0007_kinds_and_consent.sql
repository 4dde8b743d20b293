-- Kinds of information, consent to each, and what is withheld from a guardian.

-- The words that people are asked to consent to, kept as they were: a version is never changed.
CREATE TABLE consent_text (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    version TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (municipality, version, language)
) STRICT;

ALTER TABLE consent ADD COLUMN language TEXT NOT NULL DEFAULT 'nb';
-- Where the signed paper lies.
ALTER TABLE consent ADD COLUMN document TEXT;
-- The law on which the consent of one guardian is enough, and why.
ALTER TABLE consent ADD COLUMN alone_basis TEXT;
ALTER TABLE consent ADD COLUMN alone_reason TEXT CHECK ((alone_basis IS NULL) = (alone_reason IS NULL));

-- The kinds of information a consent names, each of which can be withdrawn alone.
CREATE TABLE consent_kind (
    municipality TEXT NOT NULL,
    consent_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    withdrawn_at TEXT,
    withdrawal_recorded_by BLOB REFERENCES person (id),
    PRIMARY KEY (municipality, consent_id, kind),
    FOREIGN KEY (municipality, consent_id) REFERENCES consent (municipality, id)
) STRICT;
CREATE INDEX consent_kind_consent ON consent_kind (consent_id);
-- A consent from before there were kinds is to what is agreed, and to no more.
INSERT INTO consent_kind (municipality, consent_id, kind) SELECT municipality, id, 'agreed' FROM consent;

ALTER TABLE note ADD COLUMN kind TEXT;
-- What was written before there were kinds is of the strictest kind of its sector; what the family wrote is for all.
UPDATE note SET kind = COALESCE((
    SELECT CASE u.sector
           WHEN 'health' THEN 'confidential_health' WHEN 'child_welfare' THEN 'child_welfare'
           WHEN 'nav' THEN 'family_economy' WHEN 'ppt' THEN 'ppt_assessment' ELSE 'child_statement' END
    FROM unit u WHERE u.id = note.unit_id), 'agreed');
-- The child has agreed that the guardians see what it said.
ALTER TABLE note ADD COLUMN child_agrees INTEGER NOT NULL DEFAULT FALSE CHECK (child_agrees IN (0, 1));
ALTER TABLE evaluation ADD COLUMN child_agrees INTEGER NOT NULL DEFAULT FALSE CHECK (child_agrees IN (0, 1));

-- What a guardian is kept from, on a legal basis: the whole case, or one note.
CREATE TABLE withholding (
    municipality TEXT NOT NULL,
    id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    guardian_id BLOB NOT NULL REFERENCES person (id),
    note_id BLOB,
    legal_basis TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES person (id),
    decided_at TEXT NOT NULL,
    ended_at TEXT,
    ended_by BLOB REFERENCES person (id),
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, case_id) REFERENCES care_case (municipality, id),
    FOREIGN KEY (municipality, note_id) REFERENCES note (municipality, id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX withholding_case_id ON withholding (case_id);
CREATE INDEX withholding_case ON withholding (municipality, case_id, id);
