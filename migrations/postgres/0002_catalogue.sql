-- What a municipality offers and how it works together: arenas, guide, measures. Public.

CREATE TABLE arena (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    run_by TEXT,
    participants TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('individual', 'system')),
    consent_required BOOLEAN,
    source TEXT NOT NULL,
    UNIQUE (municipality, key)
);

CREATE TABLE guide_level (
    municipality TEXT NOT NULL REFERENCES municipality (number),
    level BIGINT NOT NULL,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    responsible TEXT,
    steps TEXT NOT NULL,
    deadline_days BIGINT,
    source TEXT NOT NULL,
    PRIMARY KEY (municipality, level)
);

CREATE TABLE catalogue_measure (
    id UUID NOT NULL PRIMARY KEY,
    municipality TEXT NOT NULL REFERENCES municipality (number),
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    search_text TEXT NOT NULL,
    summary TEXT,
    level TEXT NOT NULL CHECK (level IN ('universal', 'selective', 'indicated')),
    responsible TEXT NOT NULL,
    target_group TEXT NOT NULL,
    age_from BIGINT,
    age_to BIGINT,
    access TEXT,
    contact TEXT,
    status TEXT CHECK (status IN ('in_use', 'planned', 'recommended')),
    theme TEXT,
    unit_id UUID REFERENCES unit (id),
    plan TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (municipality, key)
);
CREATE INDEX catalogue_measure_level ON catalogue_measure (municipality, level, id);
