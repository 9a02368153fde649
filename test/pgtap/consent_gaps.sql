-- protection_gaps(): each gap is made, seen, closed by its own remedy, and seen no more.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS file_fdw;

CREATE ROLE tap_gap_owner;
CREATE ROLE tap_gap_job;
CREATE ROLE tap_gap_other_job;
CREATE ROLE tap_gap_analyst LOGIN;
CREATE ROLE tap_gap_free BYPASSRLS;
CREATE SCHEMA gap AUTHORIZATION tap_gap_owner;
GRANT USAGE ON SCHEMA gap TO PUBLIC;
GRANT mobanon_admin, tap_gap_job TO tap_gap_owner;
SELECT create_purpose('tap_gap', 'test');
SELECT create_purpose('tap_gap_other', 'test');
SET ROLE tap_gap_owner;
SET search_path = public, mobanon;
CREATE TABLE gap.events (subject varchar(20), at timestamptz, latitude float8, longitude float8, note text) PARTITION BY RANGE (at);
CREATE TABLE gap.events_1 PARTITION OF gap.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE gap."t"" FROM (SELECT pg_sleep(9)) x --" ("a"" FROM (SELECT pg_sleep(9)) x --" int PRIMARY KEY, "at'" timestamptz, kind text);
SELECT protect('gap.events', 'subject', 'at');
SELECT protect('gap."t"" FROM (SELECT pg_sleep(9)) x --"', 'a" FROM (SELECT pg_sleep(9)) x --', 'at''');
SELECT bind_purpose('tap_gap', 'tap_gap_job');
SELECT bind_purpose('tap_gap_other', 'tap_gap_other_job');
CREATE TABLE gap.events_2 PARTITION OF gap.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
SELECT create_pipeline('gap.footfall', 'gap.events', 'tap_gap', starts_at => '2024-06-10 00:00+00', readers => '{tap_gap_analyst}');
RESET ROLE;
SET search_path = public, mobanon;
SET statement_timeout = '60s';

-- What other tests of this cluster left behind: their roles.
CREATE TEMP TABLE before AS SELECT * FROM protection_gaps();
SELECT plan(140);
SELECT is_empty($$SELECT * FROM before WHERE relation IS NOT NULL OR detail LIKE '%tap_gap%'$$,
	'a protected table with a pipeline has no gap; its stages are none');

-- make: a statement; like: what the gap's row looks like; undo: where the remedy is not a statement.
CREATE FUNCTION pg_temp.gap(make text, gap text, pattern text, undo text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	seen	record;
	i		int := 0;
BEGIN
	EXECUTE make;
	SELECT * INTO seen FROM protection_gaps() AS g WHERE g.gap = gap.gap AND concat(g.relation, ' ', g.detail) LIKE gap.pattern
		AND NOT EXISTS (SELECT FROM before AS b WHERE b IS NOT DISTINCT FROM g);
	RETURN NEXT ok(seen.gap IS NOT NULL, format('listed as %s: %s', gap.gap, make));
	IF seen.gap IS NULL THEN
		RETURN NEXT diag((SELECT string_agg(g::text, E'\n') FROM protection_gaps() AS g WHERE NOT EXISTS (SELECT FROM before AS b WHERE b IS NOT DISTINCT FROM g)));
	END IF;
	IF undo IS NOT NULL THEN
		EXECUTE undo;
	END IF;
	-- one gap can be listed at several members
	WHILE i < 9 LOOP
		SELECT * INTO seen FROM protection_gaps() AS g WHERE NOT EXISTS (SELECT FROM before AS b WHERE b IS NOT DISTINCT FROM g) LIMIT 1;
		EXIT WHEN NOT FOUND OR seen.remedy IS NULL OR seen.remedy LIKE '%...';
		EXECUTE seen.remedy;
		i := i + 1;
	END LOOP;
	RETURN NEXT is(seen.gap || ': ' || seen.detail, NULL, format('and gone after %s', COALESCE(undo, 'its remedy')));
END
$$;
\set odd 'gap."t"" FROM (SELECT pg_sleep(9)) x --"'

-- Tables and their policies.  ALTER TABLE alone is put right at once: the event trigger is off for these.
ALTER EVENT TRIGGER mobanon_close_new_partitions DISABLE;
INSERT INTO before SELECT * FROM protection_gaps() WHERE gap = 'event trigger';
SELECT pg_temp.gap('ALTER TABLE gap.events_1 DISABLE ROW LEVEL SECURITY', 'no row-level security', 'gap.events_1 %');
SELECT pg_temp.gap('ALTER TABLE gap.events NO FORCE ROW LEVEL SECURITY', 'owner is exempt', 'gap.events %');
SELECT pg_temp.gap('CREATE TABLE gap.events_3 PARTITION OF gap.events FOR VALUES FROM (''2026-01-01'') TO (''2027-01-01''); ALTER TABLE gap.events_3 OWNER TO tap_gap_owner', 'no row-level security', 'gap.events_3 %');
SELECT pg_temp.gap(format('CREATE TABLE gap.child () INHERITS (%s); ALTER TABLE gap.child OWNER TO tap_gap_owner', :'odd'), 'no row-level security', 'gap.child %');
SELECT pg_temp.gap('DROP POLICY mobanon_load ON gap.events_1', 'owner has no policy', 'gap.events_1 %');
SELECT pg_temp.gap('ALTER POLICY mobanon_load ON gap.events TO tap_gap_analyst', 'owner has no policy', 'gap.events %tap_gap_owner%');
CREATE SERVER gap_files FOREIGN DATA WRAPPER file_fdw;
SELECT pg_temp.gap('CREATE FOREIGN TABLE gap.far PARTITION OF gap.events FOR VALUES FROM (''2027-01-01'') TO (''2028-01-01'') SERVER gap_files OPTIONS (filename ''/dev/null'')', 'foreign partition', 'gap.far %');
CREATE TABLE gap.mother (LIKE gap.events) PARTITION BY LIST (note);
SELECT pg_temp.gap('ALTER TABLE gap.mother ATTACH PARTITION gap.events DEFAULT', 'read through a parent', 'gap.events %gap.mother%');
CREATE TABLE gap.above (kind text);
SELECT pg_temp.gap(format('ALTER TABLE %s INHERIT gap.above', :'odd'), 'read through a parent', '%gap.above%');
ALTER EVENT TRIGGER mobanon_close_new_partitions ENABLE ALWAYS;
DELETE FROM before WHERE gap = 'event trigger';
SELECT pg_temp.gap('CREATE POLICY open ON gap.events USING (true)', 'other policy', 'gap.events policy open: %none of mobanon%');
SELECT pg_temp.gap('CREATE POLICY narrow ON gap.events_1 AS RESTRICTIVE FOR SELECT USING (pg_sleep(0) IS NULL)', 'other policy', 'gap.events_1 policy narrow: %');
SELECT pg_temp.gap('ALTER POLICY mobanon_tap_gap ON gap.events_2 USING (true)', 'other policy', '%not consented()%');
SELECT pg_temp.gap('ALTER POLICY mobanon_tap_gap ON gap.events_2 USING (mobanon.consented(note, at, ''tap_gap''))', 'other policy', '%not consented()%');
SELECT pg_temp.gap('ALTER POLICY mobanon_tap_gap ON gap.events TO PUBLIC', 'other policy', '%not bound%');
SELECT pg_temp.gap(format('ALTER POLICY mobanon_tap_gap ON %s TO tap_gap_analyst', :'odd'), 'other policy', '%not bound%');
SELECT pg_temp.gap('CREATE POLICY remove ON gap.events FOR DELETE USING (true)', 'other policy', 'gap.events policy remove%');
SELECT pg_temp.gap('ALTER TABLE gap.events_1 OWNER TO tap_gap_free', 'owner reads around policies', 'gap.events_1 %', 'ALTER TABLE gap.events_1 OWNER TO tap_gap_owner');

-- Code that runs over rows.
CREATE FUNCTION gap.tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION gap.own(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
ALTER FUNCTION gap.own(text) OWNER TO tap_gap_owner;
SELECT pg_temp.gap('CREATE TRIGGER copy AFTER INSERT ON gap.events FOR EACH ROW EXECUTE FUNCTION gap.tell()', 'trigger', 'gap.events trigger copy %');
SELECT pg_temp.gap(format('CREATE RULE copy AS ON INSERT TO %s DO ALSO NOTIFY seen', :'odd'), 'rule', '%rule copy %');
CREATE TABLE gap.person (id int PRIMARY KEY);
CREATE TABLE gap.guess (id int);
SELECT pg_temp.gap(format('ALTER TABLE gap.guess ADD FOREIGN KEY (id) REFERENCES %s', :'odd'), 'foreign key', '%gap.guess%');
SELECT pg_temp.gap(format('ALTER TABLE %s ADD FOREIGN KEY ("a"" FROM (SELECT pg_sleep(9)) x --") REFERENCES gap.person ON DELETE CASCADE', :'odd'), 'foreign key', '%');
SELECT pg_temp.gap('CREATE STATISTICS gap.frequent (mcv) ON subject, note FROM gap.events', 'extended statistics', 'gap.events %gap.frequent%');
SELECT pg_temp.gap('CREATE INDEX chosen ON gap.events_1 (at) WHERE subject = ''49171''', 'partial index', 'gap.events_1 %');
SELECT pg_temp.gap('CREATE INDEX computed ON gap.events (gap.own(note))', 'code over all rows', 'gap.events %');
SELECT pg_temp.gap(format('ALTER TABLE %s ADD CONSTRAINT own CHECK (gap.own(kind) <> '''')', :'odd'), 'code over all rows', '%constraint own%');
SELECT pg_temp.gap('ALTER TABLE gap.events ADD COLUMN made text GENERATED ALWAYS AS (gap.own(note)) STORED', 'code over all rows', 'gap.events column made%');
CREATE DOMAIN gap.word AS text;
CREATE DOMAIN gap.longer_word AS gap.word;
ALTER TABLE gap.events ADD COLUMN word gap.longer_word;
SELECT pg_temp.gap('ALTER DOMAIN gap.word ADD CONSTRAINT own CHECK (gap.own(VALUE) <> '''')', 'code over all rows', 'gap.events column word%gap.word%gap.own(text)%');
ALTER TABLE gap.events DROP COLUMN word;
CREATE TABLE gap.keyed (subject text, at timestamptz) PARTITION BY LIST (gap.own(subject));
SELECT pg_temp.gap('ALTER TABLE gap.keyed OWNER TO tap_gap_owner; SELECT mobanon.protect(''gap.keyed'', ''subject'', ''at'')', 'code over all rows', 'gap.keyed the partition key%', 'SELECT mobanon.unprotect(''gap.keyed'')');

-- Copies.
SET client_min_messages = error; -- wal_level
SELECT pg_temp.gap('CREATE PUBLICATION gap_one FOR TABLE gap.events_1', 'publication', 'gap.events %gap_one%');
SELECT pg_temp.gap('CREATE PUBLICATION gap_schema FOR TABLES IN SCHEMA gap', 'publication', 'gap.events %gap_schema%');
SELECT pg_temp.gap('CREATE PUBLICATION gap_all FOR ALL TABLES', 'publication', 'consent_ledger %ledger%');
SELECT pg_temp.gap('CREATE PUBLICATION gap_ledger FOR TABLE mobanon.consent_ledger', 'publication', 'consent_ledger %');

-- Views and functions.
GRANT CREATE ON SCHEMA gap TO tap_gap_job;
SELECT pg_temp.gap('CREATE VIEW gap.wide AS SELECT * FROM gap.events', 'view around policies', 'gap.events gap.wide %');
SELECT pg_temp.gap('CREATE VIEW gap.free AS SELECT * FROM gap.events_1; ALTER VIEW gap.free OWNER TO tap_gap_free', 'view around policies', 'gap.events gap.free %');
SELECT pg_temp.gap('CREATE VIEW gap.on_top AS SELECT * FROM gap.wide; ALTER VIEW gap.wide SET (security_invoker = false)', 'view around policies', 'gap.events gap.wide %');
SELECT pg_temp.gap('CREATE VIEW gap.lent AS SELECT subject AS note FROM gap.events; ALTER VIEW gap.lent OWNER TO tap_gap_job; GRANT SELECT ON gap.lent TO tap_gap_analyst', 'view handed on', 'gap.events %tap_gap_analyst');
SELECT pg_temp.gap('GRANT SELECT (note) ON gap.lent TO PUBLIC', 'view handed on', 'gap.events %PUBLIC');
SELECT pg_temp.gap('GRANT SELECT ON gap.footfall_coarsened TO tap_gap_analyst', 'view handed on', 'gap.events %tap_gap_analyst');
SELECT pg_temp.gap('GRANT SELECT ON gap.footfall_candidate TO PUBLIC', 'view handed on', 'gap.events %PUBLIC');
SELECT pg_temp.gap('CREATE MATERIALIZED VIEW gap.copied AS SELECT * FROM gap.lent', 'materialized view', 'gap.events gap.copied %');
SELECT is_empty($$SELECT * FROM protection_gaps() AS g WHERE detail LIKE '%security_invoker%' OR relation = 'gap.events'::regclass$$, 'a view with security_invoker is no gap, nor is one of the table''s owner');
SELECT pg_temp.gap('CREATE FUNCTION gap.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM gap.events''', 'function around policies', 'gap.events gap.peek()%PUBLIC');
SELECT pg_temp.gap('CREATE FUNCTION gap.peek_job() RETURNS bigint LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM gap.events_2; END; ALTER FUNCTION gap.peek_job() OWNER TO tap_gap_job', 'function around policies', 'gap.events gap.peek_job()%');

-- Grants.
SELECT pg_temp.gap('GRANT SELECT ON gap.events TO tap_gap_analyst', 'grant', 'gap.events tap_gap_analyst has SELECT%');
SELECT pg_temp.gap('GRANT SELECT (note) ON gap.events_1 TO PUBLIC', 'column grant', 'gap.events_1 PUBLIC has SELECT on column note%');
SELECT pg_temp.gap(format('GRANT REFERENCES, TRUNCATE, TRIGGER, INSERT ON %s TO tap_gap_analyst', :'odd'), 'grant', '%has TRUNCATE%');
SELECT pg_temp.gap('GRANT EXECUTE ON FUNCTION mobanon.consented(text, timestamptz, text) TO tap_gap_analyst', 'privilege on mobanon', '%consented(text,%');
SELECT pg_temp.gap('GRANT EXECUTE ON FUNCTION mobanon.pseudonymize(text, text, timestamptz) TO PUBLIC', 'privilege on mobanon', ' PUBLIC has EXECUTE on pseudonymize(text,%');
SELECT pg_temp.gap('GRANT SELECT ON mobanon.consent_ledger TO tap_gap_analyst', 'privilege on mobanon', ' tap_gap_analyst has SELECT on consent_ledger');
SELECT pg_temp.gap('GRANT SELECT (subject) ON mobanon.consent_state TO tap_gap_analyst', 'privilege on mobanon', '%consent_state');

-- Roles.
SELECT pg_temp.gap('ALTER ROLE tap_gap_job BYPASSRLS', 'purpose role reads around policies', '%tap_gap_job%');
SELECT pg_temp.gap('CREATE ROLE tap_gap_between; GRANT tap_gap_job TO tap_gap_between; GRANT tap_gap_between TO tap_gap_free', 'member reads around policies', '%tap_gap_free%');
SELECT pg_temp.gap('CREATE ROLE tap_gap_both LOGIN; GRANT tap_gap_job, tap_gap_other_job TO tap_gap_both', 'two purposes', '%tap_gap_both reads the rows of tap_gap and tap_gap_other');
SELECT pg_temp.gap('GRANT tap_gap_job TO tap_gap_analyst', 'analyst in the identity zone', '%tap_gap_analyst%gap.footfall%');
SELECT pg_temp.gap('ALTER ROLE tap_gap_free BYPASSRLS; GRANT SELECT ON gap.events TO tap_gap_free', 'role reads around policies', 'gap.events tap_gap_free%', 'REVOKE ALL ON gap.events FROM tap_gap_free');
SELECT pg_temp.gap('GRANT tap_gap_job TO tap_gap_between WITH ADMIN OPTION', 'role may join a purpose', '%tap_gap_between%tap_gap_job%');
SELECT pg_temp.gap('GRANT mobanon_owner TO tap_gap_analyst', 'role acts as mobanon_owner', '%tap_gap_analyst%');
SELECT pg_temp.gap('ALTER ROLE mobanon_owner LOGIN', 'role acts as mobanon_owner', '%can log in%');
SELECT pg_temp.gap('GRANT pg_read_all_data TO tap_gap_analyst', 'role reads everything', '%tap_gap_analyst%pg_read_all_data%');
SELECT pg_temp.gap('ALTER ROLE tap_gap_analyst REPLICATION', 'replication', '%tap_gap_analyst%');

-- The house.
SELECT pg_temp.gap('ALTER EVENT TRIGGER mobanon_close_new_partitions DISABLE', 'event trigger', '%mobanon_close_new_partitions%');
SELECT pg_temp.gap('ALTER EVENT TRIGGER mobanon_guard_rewrite ENABLE REPLICA', 'event trigger', '%mobanon_guard_rewrite%');
SELECT pg_temp.gap('ALTER TABLE mobanon.consent_ledger DISABLE TRIGGER append_only', 'ledger trigger', 'consent_ledger append_only%');
SELECT pg_temp.gap('ALTER TABLE mobanon.consent_ledger ENABLE TRIGGER apply_decisions', 'ledger trigger', 'consent_ledger apply_decisions%');
SELECT pg_temp.gap('CREATE TRIGGER spy AFTER INSERT ON mobanon.consent_ledger FOR EACH ROW EXECUTE FUNCTION gap.tell()', 'other trigger', 'consent_ledger trigger spy%');
SELECT pg_temp.gap('CREATE RULE swallow AS ON INSERT TO mobanon.consent_ledger DO INSTEAD NOTHING', 'other rule', 'consent_ledger rule swallow%');
SELECT pg_temp.gap('ALTER TABLE mobanon.consent_state OWNER TO tap_gap_analyst', 'owner of mobanon''s table', 'consent_state %tap_gap_analyst%');
SELECT pg_temp.gap('ALTER FUNCTION mobanon.protect(regclass, name, name) OWNER TO tap_gap_analyst', 'owner of mobanon''s function', '%protect(%');
SELECT pg_temp.gap('ALTER FUNCTION mobanon.consented(text, timestamptz, text) IMMUTABLE', 'consented() was changed', '%consented(text,%');

-- Who may ask.
SET ROLE tap_gap_owner;
SELECT lives_ok('SELECT * FROM mobanon.protection_gaps()', 'an administrator asks');
RESET ROLE;
SET ROLE tap_gap_analyst;
SELECT throws_ok('SELECT * FROM mobanon.protection_gaps()', '42501', NULL, 'an analyst does not');
RESET ROLE;
SELECT * FROM finish();
