-- Levels belong to the municipality: names and order, of a version of its guide. An import of another guide adds a version. A case keeps the
-- level of the version that was in force when the level was set.
-- The newest version. 0: the municipality has no guide.
ALTER TABLE municipality ADD COLUMN guide_version BIGINT NOT NULL DEFAULT 0;
UPDATE municipality SET guide_version = 1
WHERE EXISTS (SELECT 1 FROM guide_level g WHERE g.municipality = municipality.number);
ALTER TABLE guide_level ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE guide_level ALTER COLUMN version DROP DEFAULT;
ALTER TABLE guide_level DROP CONSTRAINT guide_level_pkey;
ALTER TABLE guide_level ADD PRIMARY KEY (municipality, version, level);
-- Levels that a case has had, and that the guide lacks, are version 0.
INSERT INTO guide_level (municipality, version, level, name, summary, steps, source)
SELECT u.municipality, 0, u.level, 'Nivå ' || u.level, 'Nivået er brukt i en sak, og står ikke i veilederen.', '[]',
    'Før veilederen fikk versjoner'
FROM (SELECT municipality, level FROM care_case UNION SELECT municipality, level FROM case_event) u
WHERE NOT EXISTS (SELECT 1 FROM guide_level g WHERE g.municipality = u.municipality AND g.level = u.level);

ALTER TABLE care_case ADD COLUMN guide_version BIGINT;
UPDATE care_case SET guide_version =
    (SELECT g.version FROM guide_level g WHERE g.municipality = care_case.municipality AND g.level = care_case.level);
ALTER TABLE care_case ALTER COLUMN guide_version SET NOT NULL;
ALTER TABLE care_case ADD FOREIGN KEY (municipality, guide_version, level) REFERENCES guide_level (municipality, version, level);

ALTER TABLE case_event ADD COLUMN guide_version BIGINT;
UPDATE case_event SET guide_version =
    (SELECT g.version FROM guide_level g WHERE g.municipality = case_event.municipality AND g.level = case_event.level);
ALTER TABLE case_event ALTER COLUMN guide_version SET NOT NULL;
ALTER TABLE case_event ADD FOREIGN KEY (municipality, guide_version, level) REFERENCES guide_level (municipality, version, level);
