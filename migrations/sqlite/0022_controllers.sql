-- The controller of a unit decides why and how its information is used (behandlingsansvarlig, GDPR art. 4 (7)). Until now, every unit counted as the
-- municipality's own. Those stay so. An import, or the administrator who creates a unit, states another controller.
ALTER TABLE unit ADD COLUMN controller TEXT NOT NULL DEFAULT 'municipality'
    CHECK (controller IN ('municipality', 'county', 'state', 'private_body'));
-- A controller that is not the municipality has a name and a number in the register of organisations.
ALTER TABLE unit ADD COLUMN controller_name TEXT
    CHECK ((controller_name IS NULL) = (controller = 'municipality'));
ALTER TABLE unit ADD COLUMN organisation_number TEXT
    CHECK ((organisation_number IS NULL) = (controller = 'municipality'))
    CHECK (organisation_number IS NULL OR length(organisation_number) = 9);
