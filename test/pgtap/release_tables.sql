-- Partitioned, unlogged and replicated tables: as sources they work, as a release they are refused.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(29);

CREATE ROLE tap_tab_dba;
CREATE ROLE tap_tab_processing;
GRANT mobanon_admin, tap_tab_processing TO tap_tab_dba;
CREATE SCHEMA tab AUTHORIZATION tap_tab_dba;
SET ROLE tap_tab_dba;
SET search_path = public, mobanon;
SELECT mobanon.create_purpose('tap_tab', 'test');
SELECT mobanon.add_category('tap_tab', 'band');
SELECT mobanon.bind_purpose('tap_tab', 'tap_tab_processing');
SELECT count(mobanon.grant_consent(i::text, 'tap_tab', 'app', '2024-06-01 00:00+00')) FROM generate_series(1, 40) AS i;
SELECT mobanon.create_domain('tab', '1 year', '2024-01-01 00:00+00');
CREATE TABLE tab.plain (subject bigint, at timestamptz, latitude float8, longitude float8, band text);
CREATE TABLE tab.parted (LIKE tab.plain) PARTITION BY RANGE (at);
CREATE TABLE tab.day10 PARTITION OF tab.parted FOR VALUES FROM ('2024-06-10 00:00+00') TO ('2024-06-11 00:00+00');
CREATE TABLE tab.day11 PARTITION OF tab.parted FOR VALUES FROM ('2024-06-11 00:00+00') TO ('2024-06-12 00:00+00') PARTITION BY HASH (subject);
CREATE TABLE tab.day11a PARTITION OF tab.day11 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tab.day11b (LIKE tab.plain);
ALTER TABLE tab.day11 ATTACH PARTITION tab.day11b FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE UNLOGGED TABLE tab.unlogged (LIKE tab.plain);
CREATE TABLE tab.replicated (LIKE tab.plain);
SELECT mobanon.protect('tab.' || t, 'subject', 'at') FROM unnest('{plain,parted,unlogged,replicated}'::text[]) AS t;
INSERT INTO tab.plain SELECT i, '2024-06-10 12:00+00'::timestamptz + h * interval '6 hours', 52.516 + i % 2 * 0.02, 13.377, 'b' || i % 2
FROM generate_series(1, 45) AS i, generate_series(0, 5) AS h;
RESET ROLE;
INSERT INTO tab.parted SELECT * FROM tab.plain;
INSERT INTO tab.unlogged SELECT * FROM tab.plain;
INSERT INTO tab.replicated SELECT * FROM tab.plain;
CREATE PUBLICATION tap_tab FOR TABLE tab.replicated;
SET ROLE tap_tab_dba;

/* ---- sources ---- */
SELECT lives_ok(format($$SELECT mobanon.create_pipeline('tab.r_%1$s', 'tab.%1$s', 'tap_tab', starts_at => '2024-06-10 00:00+00', domain => 'tab')$$, t), 'a pipeline over a table: ' || t)
FROM unnest('{plain,parted,unlogged,replicated}'::text[]) AS t;
RESET ROLE;
SELECT count(mobanon.publish('tab.r_' || t)) FROM unnest('{plain,parted,unlogged,replicated}'::text[]) AS t;
SELECT is((SELECT count(*) FROM tab.r_plain), 12::bigint, 'the plain one says what is right');
SELECT is((SELECT count(*) FROM tab.plain AS e WHERE e.subject <= 40 AND e.subject % 2 = 0 AND e.at = '2024-06-10 12:00+00'),
	(SELECT subjects FROM tab.r_plain WHERE bucket = '2024-06-10 12:00+00' LIMIT 1), 'by a plain count');
SELECT bag_eq('SELECT bucket, cell::text, subjects FROM tab.r_' || t, 'SELECT bucket, cell::text, subjects FROM tab.r_plain', t || ': the same')
FROM unnest('{parted,unlogged,replicated}'::text[]) AS t;
SELECT is((SELECT count(*) FROM unnest('{plain,parted,unlogged,replicated}'::text[]) AS t, mobanon.audit('tab.r_' || t) AS a WHERE NOT ok), 0::bigint, 'all pass the audit');
SELECT results_eq($$SELECT pipeline, used FROM mobanon.publications_using('7') ORDER BY pipeline$$,
	$$VALUES ('tab.r_parted', 'yes'), ('tab.r_plain', 'yes'), ('tab.r_replicated', 'yes'), ('tab.r_unlogged', 'yes')$$, 'and tell who was in them');
-- A partition goes, another comes: what is out stays, and it goes on.
SET ROLE tap_tab_dba;
SELECT throws_ok($$SELECT mobanon.create_pipeline('tab.r_part', 'tab.day10', 'tap_tab')$$, '55000', NULL, 'a partition is no source of its own');
SELECT lives_ok($$ALTER TABLE tab.parted DETACH PARTITION tab.day10$$, 'an old partition is detached');
CREATE TABLE tab.later PARTITION OF tab.parted DEFAULT;
INSERT INTO tab.parted SELECT i, now() - interval '50 hours', 52.516, 13.377, 'b' FROM generate_series(1, 30) AS i;
SELECT mobanon.publish('tab.r_parted') IS NULL;
RESET ROLE;
UPDATE mobanon.pipeline SET watermark = '1 hour' WHERE pipeline = 'tab.r_parted';
INSERT INTO tab.parted SELECT i, mobanon.published_until('tab.r_parted') + interval '1 minute', 52.516, 13.377, 'b' FROM generate_series(1, 30) AS i;
SELECT is((mobanon.publish('tab.r_parted')).rows, 1::bigint, 'publishing goes on in a new one');
SELECT is((SELECT count(*) FROM mobanon.audit('tab.r_parted') WHERE NOT ok), 0::bigint, 'and passes the audit');
SELECT is((SELECT used || ': ' || reason FROM mobanon.publications_using('7') WHERE pipeline = 'tab.r_parted' AND publication = 1),
	'yes: an event with consent was there', 'of what is left it is told who was in it');

/* ---- releases ---- */
-- In a publication: additions go out; a release without breakdowns has a key, so its retention does, too.
CREATE PUBLICATION tap_tab_release FOR TABLE tab.r_plain;
UPDATE mobanon.pipeline SET watermark = '1 hour' WHERE pipeline IN ('tab.r_plain', 'tab.r_unlogged', 'tab.r_replicated');
SELECT lives_ok($$SELECT mobanon.publish('tab.r_plain')$$, 'a release in a publication is published');
SELECT is(mobanon.drop_windows('tab.r_plain', '2024-06-11 00:00+00'), 4::bigint, 'and its windows can be dropped');
SELECT is((SELECT count(*) FROM mobanon.audit('tab.r_plain') WHERE NOT ok), 0::bigint, 'and it passes the audit');
-- With breakdowns it has none, since they may be null.
SELECT mobanon.create_pipeline('tab.r_bands', 'tab.plain', 'tap_tab', starts_at => '2024-06-10 00:00+00', domain => 'tab', breakdowns => '{band}', k => 10);
SELECT mobanon.publish('tab.r_bands') IS NULL;
CREATE PUBLICATION tap_tab_bands FOR TABLE tab.r_bands;
SELECT throws_ok($$SELECT mobanon.drop_windows('tab.r_bands', '2024-06-11 00:00+00')$$, '55000', NULL, 'with breakdowns, a publication of deletes keeps them from being dropped');
ALTER PUBLICATION tap_tab_bands SET (publish = 'insert');
SELECT lives_ok($$SELECT mobanon.drop_windows('tab.r_bands', '2024-06-11 00:00+00')$$, 'one of inserts does not');

-- pg_class is everybody's: a refreshed candidate leaves no number of groups there, and autovacuum does not bring one.
SELECT mobanon.create_pipeline('tab.counted', 'tab.plain', 'tap_tab', starts_at => '2024-06-10 00:00+00', domain => 'tab');
CREATE FUNCTION pg_temp.seen() RETURNS text LANGUAGE sql AS $$
	SELECT format('%s tuples, %s pages, %s visible, %s bytes', c.reltuples, c.relpages, c.relallvisible, pg_relation_size(c.oid)) FROM pg_class AS c WHERE c.oid = 'tab.counted_candidate'::regclass $$;
REFRESH MATERIALIZED VIEW tab.counted_candidate;
SELECT count(*) AS groups FROM tab.counted_candidate \gset
SELECT pg_temp.seen() AS seen \gset
SELECT mobanon.withdraw_consent('7', 'tap_tab', 'app');
REFRESH MATERIALIZED VIEW tab.counted_candidate;
SELECT is((SELECT count(*) FROM tab.counted_candidate) < :groups, true, 'a withdrawal takes groups below k');
SELECT is(pg_temp.seen(), :'seen', 'and pg_class says the same as before');
SELECT is((SELECT reltuples FROM pg_class WHERE oid = 'tab.counted_candidate'::regclass), -1::real, 'which is nothing');
SELECT is((SELECT reloptions FROM pg_class WHERE oid = 'tab.counted_candidate'::regclass), '{autovacuum_enabled=off}', 'autovacuum keeps away');

-- What a crash would empty, or what takes rows in past its triggers, is no release.
BEGIN;
ALTER TABLE tab.r_unlogged SET UNLOGGED;
SELECT throws_like($$SELECT mobanon.publish('tab.r_unlogged')$$, '%not UNLOGGED%', 'an unlogged release is refused');
SELECT is((SELECT a.ok FROM mobanon.audit('tab.r_unlogged') AS a WHERE check_name = 'release is append-only'), false, 'and the audit finds it');
ROLLBACK;
BEGIN;
CREATE TABLE tab.above (LIKE tab.r_unlogged) PARTITION BY RANGE (bucket);
ALTER TABLE tab.above ATTACH PARTITION tab.r_unlogged DEFAULT;
SELECT throws_like($$SELECT mobanon.publish('tab.r_unlogged')$$, '%no partition or parent%', 'one that became a partition is refused');
ROLLBACK;
BEGIN;
CREATE TABLE tab.below () INHERITS (tab.r_unlogged);
SELECT throws_like($$SELECT mobanon.publish('tab.r_unlogged')$$, '%no partition or parent%', 'and one with a child');
ROLLBACK;
SELECT * FROM finish();
