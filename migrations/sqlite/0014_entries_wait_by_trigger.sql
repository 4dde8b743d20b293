-- A new entry of the access log waits to be sealed: the database sees to it, so that an entry is written by one statement.
-- Entries from before the tree have no salt, and wait once they are made ready.
CREATE TRIGGER access_log_waits AFTER INSERT ON access_log WHEN NEW.salt IS NOT NULL
BEGIN INSERT INTO access_log_pending (municipality, entry_id) VALUES (NEW.municipality, NEW.id); END;
