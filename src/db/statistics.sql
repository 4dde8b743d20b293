-- What SQLite cannot know without reading the data: one municipality has very many rows, and the rest of a key selects few.
-- Without this, it may read all rows of a municipality to find those of one case. The log has its own plans, made without statistics.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
SELECT i.tbl_name, i.name,
       (SELECT group_concat(
                   CASE WHEN c.seqno = 0 THEN '1000000 100000'
                        WHEN l."unique" AND c.seqno = (SELECT MAX(seqno) FROM pragma_index_info(i.name)) THEN '1'
                        ELSE '10' END, ' ')
        FROM (SELECT seqno FROM pragma_index_info(i.name) ORDER BY seqno) AS c)
FROM sqlite_master AS i JOIN pragma_index_list(i.tbl_name) AS l ON l.name = i.name
WHERE i.type = 'index' AND i.tbl_name NOT LIKE 'access\_log%' ESCAPE '\' AND i.tbl_name NOT LIKE 'log\_%' ESCAPE '\'
  AND (SELECT MAX(seqno) FROM pragma_index_info(i.name)) > 0
  AND (SELECT name FROM pragma_index_info(i.name) WHERE seqno = 0) = 'municipality';
ANALYZE sqlite_schema;
