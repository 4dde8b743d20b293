-- A disclosure has two bases: the exemption from secrecy, and the basis for processing the data, which is another thing.
ALTER TABLE disclosure_law ADD COLUMN part TEXT NOT NULL DEFAULT 'secrecy' CHECK (part IN ('secrecy', 'processing'));
