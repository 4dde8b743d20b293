-- What is gone from the files of a municipality is no longer offered. Cases that refer to it keep it.

ALTER TABLE arena ADD COLUMN ended_at TIMESTAMPTZ;
ALTER TABLE catalogue_measure ADD COLUMN ended_at TIMESTAMPTZ;
