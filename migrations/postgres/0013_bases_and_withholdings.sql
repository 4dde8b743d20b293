-- A disclosure has two bases: the exemption from secrecy, and the basis for processing the data, which is another thing.
ALTER TABLE disclosure_law ADD COLUMN part TEXT NOT NULL DEFAULT 'secrecy' CHECK (part IN ('secrecy', 'processing'));

-- A measure or a meeting can be withheld from a guardian as a note can; at the most one of them at a time.
ALTER TABLE withholding ADD COLUMN measure_id UUID;
ALTER TABLE withholding ADD COLUMN meeting_id UUID;
