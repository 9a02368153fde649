-- How events get into a protected table: what doc/consent.md says under "Loading events".
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
CREATE ROLE tap_lo_owner;
CREATE ROLE tap_lo_loader;
CREATE ROLE tap_lo_job;
CREATE SCHEMA lo AUTHORIZATION tap_lo_owner;
GRANT USAGE ON SCHEMA lo TO PUBLIC;
GRANT mobanon_admin TO tap_lo_owner;
SELECT create_purpose('tap_lo', 'test');
SELECT count(grant_consent('49' || i, 'tap_lo', 'app', '2026-01-01')) FROM generate_series(1, 5) AS i;
CREATE FUNCTION pg_temp.seen() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	rows	bigint;
BEGIN
	SET LOCAL ROLE tap_lo_job;
	SELECT count(*) INTO rows FROM lo.events;
	RESET ROLE;
	RETURN rows;
END
$$;
SET ROLE tap_lo_owner;
SET search_path = lo, public, mobanon;
SELECT bind_purpose('tap_lo', 'tap_lo_job');
CREATE TABLE events (subject text, seen_at timestamptz NOT NULL, place text DEFAULT 'here') PARTITION BY RANGE (seen_at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-03-31') TO ('2026-04-01');
SELECT protect('events', 'subject', 'seen_at');
GRANT SELECT ON events TO tap_lo_job;
SELECT plan(14);
SELECT lives_ok($$INSERT INTO events VALUES ('491', '2026-03-31 12:00+00')$$, 'the owner inserts');
SELECT throws_ok($$INSERT INTO events VALUES ('491', '2026-03-31 12:00+00') RETURNING *$$, '42501', NULL, 'and reads nothing back');
SELECT throws_ok($$COPY events FROM '/dev/null'$$, '42501', NULL, 'COPY from a file needs another privilege anyway');
-- COPY FROM stdin cannot be run by a function
\o /dev/null
\set ON_ERROR_STOP 0
COPY events FROM stdin;
492	2026-03-31 13:00+00	here
\.
\set copied :SQLSTATE
COPY events_1 FROM stdin;
492	2026-03-31 13:00+00	here
\.
\set copied_part :SQLSTATE
\o
SELECT is(:'copied'::text, '0A000', 'COPY is not supported with row-level security');
SELECT is(:'copied_part'::text, '0A000', 'nor into a partition');
-- a new table, attached
CREATE TABLE events_2 (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
COPY events_2 FROM stdin;
491	2026-04-01 13:00+00	here
492	2026-04-01 13:00+00	here
499	2026-04-01 13:00+00	here
\.
SELECT lives_ok($$ALTER TABLE events_2 ADD CHECK (seen_at >= '2026-04-01' AND seen_at < '2026-04-02')$$, 'a check before it is attached');
SELECT lives_ok($$ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2026-04-01') TO ('2026-04-02')$$, 'is attached');
SELECT is((SELECT count(*) FROM events_2), 0::bigint, 'and protected by that');
-- staging
CREATE UNLOGGED TABLE events_staging (LIKE events INCLUDING DEFAULTS);
COPY events_staging FROM stdin;
493	2026-04-01 14:00+00	here
498	2026-04-01 14:00+00	here
\.
SELECT lives_ok('WITH taken AS (DELETE FROM events_staging RETURNING *) INSERT INTO events SELECT * FROM taken', 'by way of a staging table');
-- another role
GRANT INSERT ON events TO tap_lo_loader;
SET ROLE tap_lo_loader;
SELECT throws_ok($$INSERT INTO lo.events VALUES ('494', '2026-04-01 12:00+00')$$, '42501', NULL, 'the privilege is not enough');
SET ROLE tap_lo_owner;
CREATE POLICY loads ON events FOR INSERT TO tap_lo_loader WITH CHECK (true);
SET ROLE tap_lo_loader;
SELECT lives_ok($$INSERT INTO lo.events VALUES ('494', '2026-04-01 12:00+00')$$, 'with a policy it is');
\o /dev/null
COPY lo.events FROM stdin;
495	2026-04-01 13:00+00	here
\.
\set copied :SQLSTATE
\o
SELECT is(:'copied'::text, '0A000', 'COPY is refused to it, too');
RESET ROLE;
-- a superuser
COPY lo.events FROM stdin;
495	2026-04-01 15:00+00	here
\.
SELECT is(pg_temp.seen(), 6::bigint, 'what was loaded is read with consent');
SELECT is((SELECT count(*) FROM lo.events), 8::bigint, 'and all of it is there');
SELECT * FROM finish();
