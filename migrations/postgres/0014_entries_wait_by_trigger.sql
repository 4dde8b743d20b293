-- A new entry of the access log waits to be sealed: the database sees to it, so that an entry is written by one statement.
-- Entries from before the tree have no salt, and wait once they are made ready.
CREATE FUNCTION access_log_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_log_pending (municipality, entry_id)
    SELECT municipality, id FROM new_entries WHERE salt IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER access_log_waits AFTER INSERT ON access_log
REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION access_log_waits();
