-- Reviews of the access log (loggkontroll): looks that were picked for the auditor, why, and what the auditor found. Who looked,
-- and at whom, is in the entry alone, so that it goes when the entry's personal fields are erased.
CREATE TABLE log_review (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    id UUID NOT NULL,
    entry_id UUID NOT NULL,
    looked_at TIMESTAMPTZ NOT NULL,
    picked_at TIMESTAMPTZ NOT NULL,
    -- The latest; those before it are in log_verdict too.
    verdict TEXT CHECK (verdict IN ('justified', 'unclear', 'unjustified')),
    closed_at TIMESTAMPTZ,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, entry_id),
    CHECK ((closed_at IS NOT NULL) = (verdict IS NOT NULL AND verdict <> 'unclear'))
);
CREATE INDEX log_review_id ON log_review (id);
CREATE INDEX log_review_looked_at ON log_review (municipality, looked_at);
CREATE INDEX log_review_open ON log_review (municipality, id) WHERE closed_at IS NULL;

-- Why a look was picked: all reasons that fit.
CREATE TABLE log_review_reason (
    municipality TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('random_sample', 'no_task', 'outside_hours', 'colleagues_child', 'neighbours_child',
        'burst', 'same_surname', 'protected_address')),
    review_id UUID NOT NULL,
    PRIMARY KEY (municipality, reason, review_id),
    FOREIGN KEY (municipality, review_id) REFERENCES log_review (municipality, id)
);
CREATE INDEX log_review_reason_review ON log_review_reason (municipality, review_id);

-- What an auditor found, added to and not changed, but that a note is erased with the personal fields of the entry.
CREATE TABLE log_verdict (
    municipality TEXT NOT NULL,
    review_id UUID NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    verdict TEXT NOT NULL CHECK (verdict IN ('justified', 'unclear', 'unjustified')),
    -- Sealed.
    note TEXT,
    given_by UUID NOT NULL REFERENCES person (id),
    given_at TIMESTAMPTZ NOT NULL,
    note_erased_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, review_id, number),
    FOREIGN KEY (municipality, review_id) REFERENCES log_review (municipality, id),
    CHECK (verdict = 'justified' OR note IS NOT NULL OR note_erased_at IS NOT NULL)
);

-- How far the log of a municipality has been gone through.
CREATE TABLE log_review_cursor (
    municipality TEXT NOT NULL PRIMARY KEY REFERENCES municipality (number),
    -- The first place in the tree that has not been.
    next_position BIGINT NOT NULL CHECK (next_position >= 0)
);

-- The random sample of a month, until it is drawn when the month is over.
CREATE TABLE log_sample (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    -- Its first day.
    month DATE NOT NULL,
    -- How many looks it has been taken from.
    looks BIGINT NOT NULL CHECK (looks > 0),
    drawn_at TIMESTAMPTZ,
    PRIMARY KEY (municipality, month)
);

-- The looks that are in a sample so far: each look that comes has the same chance to be, or to take the place of one.
CREATE TABLE log_sample_look (
    municipality TEXT NOT NULL,
    month DATE NOT NULL,
    place BIGINT NOT NULL CHECK (place >= 0),
    entry_id UUID NOT NULL,
    looked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (municipality, month, place),
    FOREIGN KEY (municipality, month) REFERENCES log_sample (municipality, month)
);
