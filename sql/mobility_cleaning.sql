-- Cleaning: what a network records of somebody is not always where somebody was.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
-- The rules and their defaults; each is changed by name.
SELECT (cleaning()).*;
SELECT (cleaning(jumps => false, ping_pong_window => '10 minutes')).*;
-- Six people, each of whom met one rule.  A and B are neighbours, C is 50 km away.
CREATE TABLE place (name text, cell cell);
INSERT INTO place VALUES ('A', '1kmN3265E4334'), ('B', '1kmN3265E4335'), ('C', '1kmN3265E4384'), ('D', '1kmN3265E4345');
CREATE TABLE seen (subject text, n int, place text, at timestamptz);
INSERT INTO seen SELECT subject, n, place, ('2024-06-08 ' || clock)::timestamptz FROM (VALUES
	('duplicate', 1, 'A', '10:00'), ('duplicate', 2, 'A', '10:00'), ('duplicate', 3, 'A', '10:00'), ('duplicate', 4, 'A', '10:20'),
	('same time', 1, 'A', '10:00'), ('same time', 2, 'B', '10:10'), ('same time', 3, 'A', '10:10'), ('same time', 4, 'A', '10:20'),
	('jump', 1, 'A', '10:00'), ('jump', 2, 'C', '10:05'), ('jump', 3, 'A', '10:10'), ('jump', 4, 'A', '10:20'),
	('flight', 1, 'A', '10:00'), ('flight', 2, 'C', '10:05'), ('flight', 3, 'C', '10:10'), ('flight', 4, 'C', '10:20'),
	('ping-pong', 1, 'A', '10:00'), ('ping-pong', 2, 'A', '10:10'), ('ping-pong', 3, 'B', '10:11'), ('ping-pong', 4, 'B', '10:12'), ('ping-pong', 5, 'A', '10:14'), ('ping-pong', 6, 'A', '10:20'),
	('visit', 1, 'A', '10:00'), ('visit', 2, 'A', '10:10'), ('visit', 3, 'B', '10:11'), ('visit', 4, 'B', '10:13'), ('visit', 5, 'A', '10:14'), ('visit', 6, 'A', '10:20')) AS v (subject, n, place, clock);
-- How many rows each rule took: of row_count, five kinds are dropped and the rest are kept as events.
SELECT subject, (cleaning_counts(cell, at, cleaning() ORDER BY at)).* FROM seen JOIN place ON place = name GROUP BY subject ORDER BY subject;
-- The events that are left.
SELECT c.subject, string_agg(p.name || to_char(e.at, ' HH24:MI'), ', ' ORDER BY e.at) AS events
FROM (SELECT subject, clean_events(cell, at, cleaning() ORDER BY at) AS events FROM seen JOIN place ON place = name GROUP BY subject) AS c,
	unnest(c.events) AS e JOIN place AS p ON p.cell = e.cell GROUP BY c.subject ORDER BY c.subject;
-- And their stays, beside those without cleaning.
CREATE VIEW stay_times AS
SELECT c.subject, c.cleaned, string_agg(p.name || to_char(s.arrival, ' HH24:MI-') || to_char(s.departure, 'HH24:MI'), ', ' ORDER BY s.arrival) AS stays
FROM (SELECT subject, false AS cleaned, stays(cell, at, '5 minutes', '2 hours' ORDER BY at) AS stays FROM seen JOIN place ON place = name GROUP BY subject
	UNION ALL SELECT subject, true, stays(cell, at, '5 minutes', '2 hours', cleaning() ORDER BY at) FROM seen JOIN place ON place = name GROUP BY subject) AS c,
	unnest(c.stays) AS s JOIN place AS p ON p.cell = s.cell GROUP BY c.subject, c.cleaned;
SELECT subject, max(stays) FILTER (WHERE NOT cleaned) AS as_recorded, max(stays) FILTER (WHERE cleaned) AS cleaned FROM stay_times GROUP BY subject ORDER BY subject;
-- A rule that is off does nothing; duplicates that count are events of their own.
SELECT subject, cardinality(stays(cell, at, '0', '2 hours', cleaning(jumps => false) ORDER BY at)) AS jumps_off, cardinality(stays(cell, at, '0', '2 hours', cleaning(ping_pong => false) ORDER BY at)) AS ping_pong_off,
	(cleaning_counts(cell, at, cleaning(duplicates => false) ORDER BY at)).events
FROM seen JOIN place ON place = name WHERE subject IN ('jump', 'ping-pong', 'duplicate') GROUP BY subject ORDER BY subject;
-- Distances lie between the middles of two cells.  A jump is measured from the nearest points that the cells have, so that large cells do not make
-- neighbours fly: A and D are 11 km apart, 9.6 km for certain; of cells of 10 km only every third one is far enough.
SELECT name, round(cell_distance('1kmN3265E4334', cell)) AS metres FROM place ORDER BY name;
SELECT b.cell, round(cell_distance('10kmN326E433', b.cell)) AS metres, (cleaning_counts(e.cell, e.at, cleaning() ORDER BY e.at)).jumps
FROM (VALUES ('10kmN326E434'::cell), ('10kmN326E435'), ('10kmN326E436'), ('10kmN326E437')) AS b (cell),
	LATERAL (VALUES ('10kmN326E433'::cell, timestamptz '2024-06-08 10:00'), (b.cell, '2024-06-08 10:01'), ('10kmN326E433', '2024-06-08 10:02')) AS e (cell, at)
GROUP BY b.cell ORDER BY b.cell;
-- Cells of both grids have distances.
SELECT round(cell_distance('1kmN3265E4334', coarsen_cell(52.3, 10.1, 'z14'))) AS metres, round(cell_distance(coarsen_cell(0, 0, 'z20'), coarsen_cell(0, 179.9999, 'z20'))) AS half_way_round;
-- Rules may come from a table, as long as a group has one.
CREATE TABLE rule (name text, rules cleaning);
INSERT INTO rule VALUES ('all', cleaning()), ('no jumps', cleaning(jumps => false)), ('slow', cleaning(jump_speed => 5, jump_distance => 100));
SELECT r.name, (cleaning_counts(p.cell, s.at, r.rules ORDER BY s.at)).* FROM seen AS s JOIN place AS p ON place = p.name, rule AS r WHERE subject IN ('jump') GROUP BY r.name ORDER BY r.name;
DROP TABLE rule;
-- What is refused.
SELECT stays(cell, at, '0', '4 minutes', cleaning() ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT stays(cell, at, '0', '2 hours', cleaning(jump_speed => 0) ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT stays(cell, at, '0', '2 hours', cleaning(jump_distance => -1) ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT stays(cell, at, '0', '2 hours', cleaning(ping_pong_dwell => '1 month') ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT stays(cell, at, '0', '2 hours', cleaning(jumps => NULL) ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT clean_events(cell, at, NULL ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT clean_events(cell, at, cleaning(jumps => n > 2) ORDER BY at) FROM seen JOIN place ON place = name WHERE subject = 'jump';
SELECT cleaning_counts(cell, at, cleaning() ORDER BY at DESC) FROM seen JOIN place ON place = name WHERE subject = 'jump';
DROP VIEW stay_times;
DROP TABLE seen, place;
