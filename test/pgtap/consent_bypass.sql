/*
 * Ways around row-level security, each tried as analyst, purpose role and table owner.
 *
 * Two worlds with the same consenting subjects and as many hidden rows of the same size: in one, 37 of the hidden rows
 * are those of subject 1000000150, in the other they are somebody else's.  An attack passes if what it learns - rows,
 * errors with all their parts, what a leaky function saw, plans and estimates - is the same in both worlds and holds
 * nothing of a hidden row.  A role with BYPASSRLS tries the same, to see that an attack would find something.
 */
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;

CREATE ROLE tap_by_owner;
CREATE ROLE tap_by_job;
CREATE ROLE tap_by_other_job;
CREATE ROLE tap_by_analyst;
CREATE ROLE tap_by_free BYPASSRLS;
GRANT mobanon_admin TO tap_by_owner;
CREATE SCHEMA atk;
GRANT ALL ON SCHEMA atk TO PUBLIC;
SELECT format('GRANT CREATE ON DATABASE %I TO tap_by_owner', current_database()) \gexec
SELECT create_purpose('tap_by', 'test');
SELECT create_purpose('tap_by_other', 'test');
SELECT count(grant_consent(i::text, 'tap_by', 'app', '2024-01-01')) FROM generate_series(1000000001, 1000000100) AS i;
SELECT count(grant_consent(i::text, 'tap_by_other', 'app', '2024-01-01')) FROM generate_series(1000000140, 1000000160) AS i;
SELECT count(withdraw_consent(i::text, 'tap_by', 'app', '2024-02-01')) FROM generate_series(1000000150, 1000000151) AS i;

CREATE FUNCTION pg_temp.world(world name, hidden bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE SCHEMA %I AUTHORIZATION tap_by_owner', world);
	EXECUTE format('GRANT ALL ON SCHEMA %I TO PUBLIC', world);
	PERFORM set_config('search_path', world || ', public, mobanon', true);
	SET LOCAL ROLE tap_by_owner;
	CREATE TABLE events (subject bigint NOT NULL, at timestamptz NOT NULL, kind text, note text, x float8) PARTITION BY RANGE (at);
	CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
	CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
	CREATE UNIQUE INDEX events_key ON events (subject, at);
	CREATE INDEX events_note ON events (note);
	INSERT INTO events SELECT 1000000001 + i % 100, '2024-06-01'::timestamptz + i * interval '1 minute', 'k' || i % 7, 'seen', i FROM generate_series(1, 2000) AS i;
	INSERT INTO events SELECT hidden, '2024-07-01'::timestamptz + i * interval '1 minute', 'k', 'SECRET ' || hidden, i FROM generate_series(1, 37) AS i;
	INSERT INTO events SELECT 1000000200 + i % 50, '2024-07-02'::timestamptz + i * interval '1 minute', 'k', 'SECRET ' || 1000000200 + i % 50, i FROM generate_series(1, 500) AS i;
	-- a table of hidden rows alone, with constraints that nobody has tested on them
	CREATE DOMAIN word AS text;
	CREATE DOMAIN longer_word AS word;
	CREATE TABLE split (subject bigint NOT NULL, at timestamptz, note text, word longer_word) PARTITION BY LIST (note);
	CREATE TABLE split_rest PARTITION OF split DEFAULT;
	INSERT INTO split SELECT subject, at, note, note FROM events WHERE subject = hidden;
	ALTER DOMAIN word ADD CONSTRAINT late CHECK (VALUE <> 'SECRET 1000000150') NOT VALID;
	ALTER TABLE split ADD CONSTRAINT late CHECK (note <> 'SECRET 1000000150') NOT VALID;
	PERFORM protect('events', 'subject', 'at'), protect('split', 'subject', 'at');
	GRANT SELECT ON events, events_1, events_2 TO tap_by_job, tap_by_analyst, tap_by_free;
	GRANT INSERT, UPDATE, DELETE, REFERENCES, TRIGGER ON events, events_1 TO tap_by_free;
	RESET ROLE;
	ANALYZE events, events_1, events_2;
END
$$;
SELECT pg_temp.world('bya', 1000000150);
SELECT pg_temp.world('byb', 1000000151);
GRANT mobanon_admin TO tap_by_owner;
SELECT bind_purpose('tap_by', 'tap_by_job');
SELECT bind_purpose('tap_by_other', 'tap_by_other_job');
REVOKE mobanon_admin FROM tap_by_owner;

-- What a leaky function sees, it keeps: set_config() works in an IMMUTABLE one, too.
CREATE FUNCTION atk.leak(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0000001 AS $$
BEGIN
	PERFORM set_config('atk.seen', right(COALESCE(current_setting('atk.seen', true), '') || ' ' || $1, 300), false)
	WHERE $1 LIKE 'SECRET%' OR $1 LIKE '%10000001_1' OR $1 LIKE '%1000000150';
	RETURN true;
END
$$;
CREATE FUNCTION atk.leak_equal(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE COST 0.0000001 AS 'SELECT atk.leak($1) AND $1 = $2';
CREATE OPERATOR atk.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = atk.leak_equal, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION atk.leak_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM atk.leak(OLD::text), atk.leak(OLD.subject::text);
	RETURN COALESCE(NEW, OLD);
END
$$;
CREATE FUNCTION atk.bound(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';

-- Runs the statements of an attack, separated by ";;", and takes them back; returns all there was to see.
CREATE FUNCTION pg_temp.try(world name, role name, attack text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement	text;
	seen		text := '';
	line		record;
	message		text;
	detail		text;
	hint		text;
	context		text;
BEGIN
	PERFORM set_config('atk.seen', '', false);
	BEGIN
		PERFORM set_config('search_path', world || ', atk, public', true);
		EXECUTE format('SET LOCAL ROLE %I', role);
		FOREACH statement IN ARRAY string_to_array(attack, ';;') LOOP
			BEGIN
				IF statement ~* '^\s*(SELECT|WITH|TABLE|VALUES|EXPLAIN|FETCH|INSERT.*RETURNING|UPDATE.*RETURNING|DELETE.*RETURNING)' THEN
					FOR line IN EXECUTE statement LOOP
						seen := seen || line::text || E'\n';
					END LOOP;
				ELSE
					EXECUTE statement;
					GET DIAGNOSTICS message = ROW_COUNT;
					seen := seen || message || E' rows\n';
				END IF;
			EXCEPTION WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
				seen := seen || concat_ws(' | ', SQLSTATE, message, detail, hint) || E'\n';
			END;
		END LOOP;
		seen := seen || 'leaked:' || current_setting('atk.seen');
		RAISE EXCEPTION 'undo' USING ERRCODE = 'TAPBY';
	EXCEPTION WHEN SQLSTATE 'TAPBY' THEN
		NULL;
	END;
	RETURN regexp_replace(replace(seen, world, 'world'), '(?:pg_toast|pg_temp)_\d+|0x[0-9a-f]+|\mOID \d+', 'N', 'g');
END
$$;

CREATE TEMP TABLE attack (what text, sql text, owner boolean);
INSERT INTO attack VALUES
-- plain, and by odd ways to name a table
('a count', $$SELECT count(*), count(*) FILTER (WHERE subject = 1000000150), max(note) FROM events$$, true),
('the hidden subject', $$SELECT * FROM events WHERE subject = 1000000150$$, true),
('TABLE, ONLY, whole rows', $$SELECT count(*) FROM ONLY events WHERE note = 'SECRET 1000000150';; SELECT count(*) FROM (TABLE events) AS t WHERE t::text LIKE '%SECRET%'$$, true),
('EXISTS and NOT EXISTS', $$SELECT EXISTS (SELECT FROM events WHERE subject = 1000000150), EXISTS (SELECT FROM generate_series(1000000150, 1000000150) AS g WHERE g NOT IN (SELECT subject FROM events WHERE note LIKE 'SECRET%'))$$, true),
('partitions directly', $$SELECT count(*) FROM events_1;; SELECT count(*) FROM events_1 WHERE subject = 1000000150;; SELECT max(note) FROM events_2$$, true),
('TABLESAMPLE', $$SELECT count(*) FROM events TABLESAMPLE BERNOULLI (100) WHERE leak(note);; SELECT count(*) FROM events_1 TABLESAMPLE SYSTEM (100) REPEATABLE (1) WHERE subject = 1000000150$$, true),
('system columns', $$SELECT count(*), min(ctid::text) FROM events_1 WHERE ctid >= '(0,0)' AND subject = 1000000150;; SELECT note FROM events_1 WHERE ctid = (SELECT max(ctid) FROM events_1) AND note LIKE 'SECRET%';; SELECT count(*) FROM events WHERE tableoid = 'events_1'::regclass AND xmin::text <> '' AND note LIKE 'S%'$$, true),
('currtid2', $$SELECT currtid2('events_1', '(12,4)') IS NULL$$, true),
('XML of tables and queries', $$SELECT query_to_xml('SELECT count(*) FROM events WHERE subject = 1000000150', true, false, '');; SELECT length(table_to_xml('events_1', true, false, '')::text);; SELECT length(schema_to_xml(current_schema, true, false, '')::text)$$, true),
('ts_stat runs a query', $$SELECT count(*) FROM ts_stat('SELECT to_tsvector(''simple'', note) FROM events') WHERE word LIKE 'sec%'$$, true),
-- leaky functions and operators
('leaky function in WHERE', $$SELECT count(*) FROM events WHERE leak(note);; SELECT count(*) FROM events WHERE leak(subject::text) AND subject = 1000000150$$, true),
('leaky operator with a selectivity estimator', $$SELECT count(*) FROM events WHERE note OPERATOR(atk.===) 'SECRET 1000000150';; EXPLAIN SELECT * FROM events WHERE note OPERATOR(atk.===) 'SECRET 1000000150'$$, true),
('leaky join condition', $$SELECT count(*) FROM events AS e JOIN (VALUES ('SECRET 1000000150')) AS v (n) ON e.note OPERATOR(atk.===) v.n$$, true),
('division by zero', $$SELECT count(*) FROM events WHERE 1 / (subject - 1000000150) >= 0$$, true),
('a cast that fails', $$SELECT count(*) FROM events WHERE note <> 'seen' AND note::int > 0;; SELECT count(*) FROM events WHERE CASE WHEN subject = 1000000150 THEN note::int > 0 ELSE true END$$, true),
('LATERAL, OFFSET 0 and CTE', $$SELECT count(*) FROM (SELECT * FROM events OFFSET 0) AS e WHERE leak(note);; WITH e AS NOT MATERIALIZED (SELECT * FROM events) SELECT count(*) FROM e WHERE leak(e::text);; SELECT count(*) FROM (SELECT 1) AS o, LATERAL (SELECT FROM events AS e WHERE leak(e.note)) AS l$$, true),
('aggregates and windows', $$SELECT count(*) FROM (SELECT rank() OVER (ORDER BY subject) AS r, note FROM events) AS w WHERE leak(note);; SELECT subject, count(*) FROM events GROUP BY GROUPING SETS ((subject), ()) HAVING leak(max(note)) AND subject IN (1000000150)$$, true),
-- plans and statistics
('EXPLAIN ANALYZE', $$EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) SELECT * FROM events WHERE subject = 1000000150;; EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS) SELECT * FROM events_1 WHERE note = 'SECRET 1000000150'$$, true),
('EXPLAIN ANALYZE of more than a query', $$EXPLAIN (ANALYZE, TIMING off, SUMMARY off) CREATE TABLE loot AS SELECT * FROM events WHERE subject = 1000000150;; PREPARE p AS SELECT * FROM events WHERE subject = $1;; EXPLAIN (ANALYZE, TIMING off, SUMMARY off) EXECUTE p(1000000150);; DEALLOCATE p;; EXPLAIN (ANALYZE, TIMING off, SUMMARY off) DELETE FROM events WHERE subject = 1000000150$$, true),
('EXPLAIN ANALYZE of a view', $$CREATE TEMP VIEW v AS SELECT note, subject FROM events;; EXPLAIN (ANALYZE, TIMING off, SUMMARY off) SELECT note FROM v WHERE subject = 1000000150$$, true),
('EXPLAIN estimates', $$EXPLAIN SELECT * FROM events WHERE subject = 1000000150;; EXPLAIN SELECT * FROM events_1 WHERE note = 'SECRET 1000000150';; EXPLAIN SELECT * FROM events WHERE subject BETWEEN 1000000150 AND 1000000150;; EXPLAIN SELECT * FROM events WHERE subject = ANY ('{1000000150}') AND kind = 'k';; EXPLAIN SELECT * FROM events WHERE note LIKE 'SECRET 1000000150%'$$, true),
('EXPLAIN of joins and groups', $$CREATE TEMP TABLE mine AS SELECT 1000000150::bigint AS subject FROM generate_series(1, 50);; ANALYZE mine;; EXPLAIN SELECT * FROM events JOIN mine USING (subject);; EXPLAIN SELECT subject, count(*) FROM events WHERE subject >= 1000000150 GROUP BY subject;; EXPLAIN SELECT * FROM mine WHERE subject IN (SELECT subject FROM events)$$, true),
('statistics views', $$SELECT count(*) FROM pg_stats WHERE tablename LIKE 'events%' AND schemaname = current_schema;; SELECT count(*) FROM pg_stats_ext;; SELECT count(*) FROM pg_stats_ext_exprs;; SELECT count(*) FROM pg_statistic WHERE starelid = 'events'::regclass;; SELECT count(*) FROM pg_statistic_ext_data$$, true),
('relation sizes and estimates', $$SELECT relname, reltuples, relpages, pg_relation_size(oid) FROM pg_class WHERE relname LIKE 'events%' AND relnamespace = current_schema::regnamespace ORDER BY 1$$, true),
-- rights of others
('a view of one''s own', $$CREATE TEMP VIEW v AS SELECT * FROM events;; SELECT count(*) FROM v WHERE leak(note);; CREATE VIEW atk.v AS SELECT * FROM events;; SELECT count(*) FROM v WHERE subject = 1000000150;; ALTER VIEW atk.v SET (security_barrier = false)$$, true),
('security_invoker', $$CREATE VIEW atk.v WITH (security_invoker = true) AS SELECT * FROM events;; SELECT count(*), max(note) FROM atk.v$$, true),
('SECURITY DEFINER', $$CREATE FUNCTION atk.d() RETURNS SETOF events LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM events';; SELECT count(*), max(note) FROM atk.d()$$, true),
('inlined and cached functions', $$CREATE FUNCTION atk.i() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM events';; SELECT atk.i();; CREATE FUNCTION atk.p() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM events WHERE subject = 1000000150); END';; SELECT atk.p(), atk.p()$$, true),
('row_security = off', $$SET LOCAL row_security = off;; SELECT count(*) FROM events$$, true),
('session_replication_role', $$SET LOCAL session_replication_role = replica;; SELECT count(*) FROM events WHERE note LIKE 'SECRET%'$$, true),
-- cursors, prepared statements, parallel workers
('cursors', $$DECLARE c SCROLL CURSOR FOR SELECT subject FROM events WHERE subject > 1000000100;; FETCH ALL FROM c;; MOVE FORWARD ALL IN c;; FETCH LAST FROM c;; CLOSE c$$, true),
('prepared statements', $$PREPARE p (bigint) AS SELECT count(*) FROM events WHERE subject = $1;; SELECT 1;; EXECUTE p(1000000150);; DEALLOCATE p$$, true),
('parallel workers', $$SET LOCAL max_parallel_workers_per_gather = 2;; SET LOCAL parallel_setup_cost = 0;; SET LOCAL parallel_tuple_cost = 0;; SET LOCAL min_parallel_table_scan_size = 0;; SELECT count(*), max(note) FROM events;; SELECT count(*) FROM events WHERE note LIKE 'SECRET%'$$, true),
-- writing
('row locks', $$SELECT count(*) FROM (SELECT FROM events WHERE subject = 1000000150 FOR UPDATE) AS l;; SELECT count(*) FROM (SELECT FROM events FOR KEY SHARE SKIP LOCKED) AS l$$, true),
('UPDATE', $$UPDATE events SET note = note WHERE subject = 1000000150;; UPDATE events SET x = 1;; UPDATE events SET x = 0 WHERE leak(note) RETURNING note$$, true),
('DELETE', $$DELETE FROM events WHERE subject = 1000000150 RETURNING *;; DELETE FROM events USING (VALUES (1000000150)) AS v (s) WHERE subject = s;; DELETE FROM events$$, true),
('MERGE', $$MERGE INTO events AS e USING (VALUES (1000000150)) AS v (s) ON e.subject = v.s WHEN MATCHED THEN UPDATE SET x = 1 WHEN NOT MATCHED THEN DO NOTHING;; MERGE INTO events AS e USING (VALUES (1000000150)) AS v (s) ON e.subject = v.s WHEN MATCHED THEN DELETE$$, true),
('ON CONFLICT', $$INSERT INTO events (subject, at, note) VALUES (1000000150, '2024-07-01 00:01+00', 'x') ON CONFLICT DO NOTHING;; INSERT INTO events (subject, at) VALUES (1000000150, '2024-07-01 00:02+00') ON CONFLICT (subject, at) DO UPDATE SET x = 1 RETURNING note$$, false),
('unique key', $$INSERT INTO events (subject, at, note) VALUES (1000000150, '2024-07-01 00:01+00', 'x')$$, false),
('TRUNCATE, LOCK, CLUSTER', $$TRUNCATE events$$, false),
-- copies
('CREATE TABLE AS, SELECT INTO', $$CREATE TABLE atk.loot AS SELECT * FROM events WHERE subject >= 1000000150;; SELECT count(*) FROM atk.loot;; SELECT * INTO atk.loot2 FROM events_1;; SELECT count(*) FROM atk.loot2 WHERE note LIKE 'SECRET%'$$, true),
('a materialized view', $$CREATE MATERIALIZED VIEW atk.m AS SELECT * FROM events;; SELECT count(*) FROM atk.m WHERE note LIKE 'SECRET%';; REFRESH MATERIALIZED VIEW atk.m;; SELECT max(subject) FROM atk.m$$, true),
('INSERT ... SELECT', $$CREATE TEMP TABLE loot (LIKE events);; INSERT INTO loot SELECT * FROM events WHERE leak(note);; SELECT count(*) FROM loot WHERE subject = 1000000150$$, true),
('a publication', $$CREATE PUBLICATION p FOR TABLE events;; SELECT pg_create_logical_replication_slot('s', 'test_decoding')$$, false),
-- names
('pg_temp and search_path', $$CREATE FUNCTION pg_temp.consented(bigint, timestamptz, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';; CREATE FUNCTION atk.consented(bigint, timestamptz, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';; CREATE TEMP TABLE consent_state (writer xid8, scope_id int, subject text, decisions timestamptz[]);; CREATE TEMP TABLE purpose_role (purpose text, role_name regrole);; CREATE TEMP TABLE protected_table (relation regclass);; SET LOCAL search_path = pg_temp, atk, world;; SELECT count(*) FROM events WHERE subject = 1000000150$$, true),
('operators of one''s own', $$CREATE FUNCTION atk.eq(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT atk.leak($1::text)';; CREATE OPERATOR atk.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = atk.eq);; SELECT count(*) FROM events WHERE subject OPERATOR(atk.=) 1000000150::bigint$$, true),
('consented() itself', $$SELECT mobanon.consented(1000000150, '2024-07-01'::timestamptz, 'tap_by');; SELECT mobanon.consented('1000000150', '2024-07-01'::timestamptz, 'tap_by', 'location');; SELECT mobanon.consented(1000000145, '2024-07-01'::timestamptz, 'tap_by_other')$$, true),
('pseudonymize() as an oracle', $$SELECT mobanon.pseudonymize(1000000150, 'none', '2024-07-01'::timestamptz)$$, true),
('ledger and state', $$SELECT count(*) FROM mobanon.consent_ledger;; SELECT * FROM mobanon.consent_state;; SELECT * FROM mobanon.consent_import;; SELECT last_value FROM mobanon.consent_ledger_entry_id_seq;; SELECT pg_sequence_last_value('mobanon.consent_ledger_entry_id_seq'::regclass);; SELECT count(last_value) FROM pg_sequences WHERE schemaname = 'mobanon'$$, true),
('decisions for others', $$SELECT mobanon.grant_consent('1000000150', 'tap_by', 'app', '2024-01-01');; INSERT INTO mobanon.consent_state VALUES ('1', 1, '1000000150', '{}');; SELECT mobanon.bind_role('tap_by', 'tap_by_analyst');; SELECT mobanon.rebuild_consent_state();; SELECT count(*) FROM events WHERE subject = 1000000150$$, true),
('the ledger''s definition', $$ALTER TABLE mobanon.consent_ledger ALTER subject TYPE text USING atk.bound(subject);; ALTER TABLE mobanon.consent_ledger DISABLE TRIGGER append_only;; CREATE RULE r AS ON INSERT TO mobanon.consent_ledger DO INSTEAD NOTHING;; DROP EVENT TRIGGER mobanon_guard_load;; ALTER EXTENSION mobanon DROP FUNCTION mobanon.consented(bigint, timestamptz, text);; ALTER FUNCTION mobanon.consented(bigint, timestamptz, text) IMMUTABLE$$, true),
-- what only an owner may
('taking protection off', $$ALTER TABLE events DISABLE ROW LEVEL SECURITY;; ALTER TABLE events_1 NO FORCE ROW LEVEL SECURITY;; SELECT count(*) FROM events;; SELECT count(*) FROM events_1;; SELECT mobanon.unprotect('events');; DELETE FROM mobanon.protected_table;; SELECT count(*) FROM events WHERE subject = 1000000150$$, true),
('in one command with more', $$ALTER TABLE events_1 DISABLE ROW LEVEL SECURITY, ADD CHECK (leak(note));; ALTER TABLE events_1 NO FORCE ROW LEVEL SECURITY, ALTER note TYPE int USING length(note)$$, true),
('policies of one''s own', $$CREATE POLICY mine ON events USING (true);; CREATE POLICY mine ON events_1 FOR SELECT TO PUBLIC USING (leak(note));; CREATE POLICY mine ON events AS RESTRICTIVE FOR SELECT USING (leak(note));; ALTER POLICY mobanon_tap_by ON events USING (true);; ALTER POLICY mobanon_tap_by ON events_1 TO PUBLIC;; CREATE POLICY mine ON events FOR DELETE USING (true);; ALTER POLICY mobanon_load ON events RENAME TO x;; SELECT count(*), max(note) FROM events;; SELECT count(*) FROM events_1;; DELETE FROM events WHERE subject = 1000000150$$, true),
('dropping policies first', $$DROP POLICY mobanon_load ON events_1;; ALTER TABLE events_1 ADD CHECK (leak(note));; DROP POLICY mobanon_tap_by ON events_1;; SELECT count(*) FROM events_1$$, true),
('a policy for INSERT, and RETURNING', $$CREATE POLICY mine ON events FOR INSERT WITH CHECK (leak(note));; INSERT INTO events (subject, at, note) VALUES (1000000001, '2025-02-01', 'new') RETURNING note$$, true),
('an index expression', $$CREATE INDEX ON events (leak(note));; CREATE INDEX ON events_1 ((subject / (subject - 1000000150)));; CREATE INDEX ON events_1 ((note::int))$$, true),
('a partial index', $$CREATE INDEX part ON events_1 (at) WHERE subject = 1000000150;; SELECT reltuples FROM pg_class WHERE relname = 'part';; CREATE UNIQUE INDEX ON events_1 ((true)) WHERE subject = 1000000150;; CREATE INDEX ON events_1 (at) WHERE leak(note)$$, true),
('constraints', $$ALTER TABLE events ADD CHECK (leak(note));; ALTER TABLE events_1 ADD CHECK (subject <> 1000000150);; ALTER TABLE events_1 ADD CONSTRAINT n CHECK (note <> 'SECRET 1000000150') NOT VALID;; ALTER TABLE events_1 VALIDATE CONSTRAINT n;; ALTER TABLE events_1 ADD EXCLUDE (subject WITH =) WHERE (subject = 1000000150);; ALTER TABLE events_1 ADD UNIQUE (note, at);; ALTER TABLE events ADD COLUMN y int CHECK (leak(note))$$, true),
('a type changed', $$ALTER TABLE events_1 ALTER note TYPE int USING note::int;; ALTER TABLE events ALTER x TYPE text USING CASE WHEN leak(note) THEN note END;; ALTER TABLE events ADD COLUMN y boolean GENERATED ALWAYS AS (leak(note)) STORED$$, true),
('a domain with a check', $$CREATE DOMAIN atk.word AS text CHECK (leak(VALUE));; ALTER TABLE events ALTER note TYPE atk.word;; CREATE DOMAIN atk.w AS text;; ALTER TABLE events ALTER kind TYPE atk.w;; ALTER DOMAIN atk.w ADD CHECK (leak(VALUE))$$, true),
('statistics objects', $$CREATE STATISTICS atk.s (mcv) ON subject, note FROM events_1;; CREATE STATISTICS atk.t ON (leak(note)), note FROM events_1;; ANALYZE events_1;; SELECT count(*) FROM pg_stats_ext$$, true),
('foreign keys', $$CREATE TABLE atk.guess (subject bigint, at timestamptz, FOREIGN KEY (subject, at) REFERENCES events (subject, at));; INSERT INTO atk.guess VALUES (1000000150, '2024-07-01 00:01+00');; CREATE TABLE atk.person (subject bigint PRIMARY KEY);; INSERT INTO atk.person SELECT * FROM generate_series(1000000001, 1000000300);; ALTER TABLE events ADD FOREIGN KEY (subject) REFERENCES atk.person ON DELETE CASCADE;; CREATE TRIGGER t BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION leak_row();; DELETE FROM atk.person$$, true),
('triggers', $$CREATE TRIGGER t BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION leak_row();; UPDATE events SET x = 1;; DELETE FROM events;; CREATE TRIGGER tt AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION leak_row();; INSERT INTO events VALUES (1, '2025-03-01', 'k', 'n', 1)$$, true),
('rules', $$CREATE TABLE atk.loot (note text);; CREATE RULE r AS ON DELETE TO events DO ALSO INSERT INTO atk.loot SELECT note FROM events WHERE leak(note);; CREATE RULE u AS ON UPDATE TO events DO ALSO INSERT INTO atk.loot VALUES (OLD.note);; CREATE RULE i AS ON INSERT TO events_1 DO ALSO SELECT note FROM events WHERE leak(note);; DELETE FROM events;; UPDATE events SET x = 1;; INSERT INTO events_1 VALUES (1, '2024-03-01', 'k', 'n', 1);; SELECT count(*) FROM atk.loot$$, true),
('detached, then opened', $$ALTER TABLE events DETACH PARTITION events_1;; SELECT count(*) FROM events_1;; ALTER TABLE events_1 DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;; SELECT count(*), max(note) FROM events_1;; ALTER TABLE events_1 ADD CHECK (leak(note));; CREATE POLICY p ON events_1 USING (true);; SELECT count(*) FROM events_1 WHERE subject = 1000000150$$, true),
('detached and attached elsewhere', $$ALTER TABLE events DETACH PARTITION events_1;; CREATE TABLE atk.mother (LIKE events) PARTITION BY RANGE (at);; ALTER TABLE atk.mother ATTACH PARTITION events_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');; SELECT count(*) FROM atk.mother WHERE note LIKE 'SECRET%'$$, true),
('read through a parent', $$CREATE TABLE atk.mother (LIKE events) PARTITION BY LIST (kind);; ALTER TABLE atk.mother ATTACH PARTITION events DEFAULT;; SELECT count(*) FROM atk.mother WHERE subject = 1000000150;; CREATE TABLE atk.above (LIKE events);; ALTER TABLE events_1 INHERIT atk.above;; SELECT count(*), max(note) FROM atk.above$$, true),
('bounds of a new parent', $$CREATE TABLE atk.halves (LIKE events) PARTITION BY LIST ((subject = 1000000150));; ALTER TABLE atk.halves ATTACH PARTITION events FOR VALUES IN (false)$$, true),
('bounds of a partition attached again', $$ALTER TABLE split DETACH PARTITION split_rest;; ALTER TABLE split ATTACH PARTITION split_rest FOR VALUES IN ('SECRET 1000000150')$$, true),
('bounds beside a default partition', $$CREATE TABLE p5 PARTITION OF split FOR VALUES IN ('SECRET 1000000150');; CREATE TABLE IF NOT EXISTS p6 PARTITION OF split FOR VALUES IN ('SECRET 1000000150');; CREATE TABLE p7 (LIKE split INCLUDING CONSTRAINTS);; ALTER TABLE split ATTACH PARTITION p7 FOR VALUES IN ('SECRET 1000000150')$$, true),
('bounds in CREATE SCHEMA', $$CREATE SCHEMA atk2 CREATE TABLE p5 PARTITION OF split FOR VALUES IN ('SECRET 1000000150')$$, true),
('a check of a domain, and one tested later', $$ALTER DOMAIN word ADD CHECK (leak(VALUE));; ALTER DOMAIN longer_word ADD CHECK (VALUE <> 'SECRET 1000000150');; ALTER DOMAIN word VALIDATE CONSTRAINT late;; ALTER TABLE split VALIDATE CONSTRAINT late;; ALTER TABLE split_rest VALIDATE CONSTRAINT late$$, true),
('a new partition', $$CREATE TABLE p3 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');; INSERT INTO events VALUES (1000000150, '2026-02-01', 'k', 'SECRET 1000000150', 1);; SELECT count(*) FROM p3;; SELECT count(*) FROM events$$, true),
('a new partition in CREATE SCHEMA', $$CREATE SCHEMA atk2 CREATE TABLE p3 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');; INSERT INTO events VALUES (1000000001, '2026-02-01', 'k', 'SECRET', 1);; SELECT count(*) FROM atk2.p3$$, true),
('a default partition scanned', $$CREATE TABLE p9 PARTITION OF events DEFAULT;; CREATE TABLE p4 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');; ALTER TABLE events_1 RENAME TO other;; SELECT count(*) FROM other$$, true),
('columns exchanged', $$ALTER TABLE events RENAME subject TO s;; ALTER TABLE events RENAME x TO subject;; SELECT count(*) FROM events WHERE s = 1000000150;; CREATE TABLE p3 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');; SELECT count(*) FROM events_1 WHERE s = 1000000150$$, true),
('columns exchanged, as a view''s', $$ALTER VIEW events RENAME COLUMN subject TO s;; ALTER MATERIALIZED VIEW events RENAME COLUMN x TO subject;; DROP POLICY mobanon_tap_by ON events_1;; CREATE TABLE p3 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');; SELECT count(*) FROM events_1$$, true),
('given to another owner', $$GRANT ALL ON events TO PUBLIC;; ALTER TABLE events OWNER TO tap_by_analyst;; REASSIGN OWNED BY tap_by_owner TO tap_by_job;; SELECT count(*), max(note) FROM events;; SELECT count(*) FROM events_1$$, true);

-- Every setting that a session may change, to values it may take.
INSERT INTO attack
SELECT 'settings ' || min(name) || ' to ' || max(name), string_agg(format('SET LOCAL %s = %L;; SELECT %L, count(*) FROM events WHERE subject = 1000000150 OR note LIKE ''SECRET%%'' OR leak(note)', name, value, name || value), ';;'), true
FROM (SELECT s.name, v.value, dense_rank() OVER (ORDER BY s.name) / 40 AS part
	  FROM pg_settings AS s, LATERAL (SELECT unnest(CASE s.vartype WHEN 'bool' THEN '{on,off}' WHEN 'enum' THEN s.enumvals
			WHEN 'integer' THEN ARRAY[s.min_val] WHEN 'real' THEN ARRAY[s.min_val] ELSE '{}' END) AS value) AS v
	  WHERE s.context = 'user' AND s.name !~ 'timeout|^log|client_min|client_encoding|password|transaction_|xmlbinary|xmloption|wal_sender|commit|default_transaction|role|authorization|track_|debug_|exit_on_error') AS x
GROUP BY part;

CREATE TEMP TABLE result AS
SELECT a.what, a.owner, r.role, pg_temp.try('bya', r.role, a.sql) AS in_a, pg_temp.try('byb', r.role, a.sql) AS in_b
FROM attack AS a, unnest(ARRAY['tap_by_analyst', 'tap_by_job', 'tap_by_owner', 'tap_by_free']) AS r (role)
WHERE r.role <> 'tap_by_free' OR a.what NOT LIKE 'settings %';

SELECT plan((SELECT count(*)::int FROM result WHERE role <> 'tap_by_free' AND (owner OR role <> 'tap_by_owner')) + 26);
SELECT CASE WHEN in_a <> in_b THEN is(in_a, in_b, format('%s, as %s', what, role))
	ELSE ok(in_a !~ '[^'']SECRET 10|leaked:.+' AND (in_a LIKE '%leaked:'), format('%s, as %s', what, role)) END
FROM result WHERE role <> 'tap_by_free' AND (owner OR role <> 'tap_by_owner') ORDER BY what, role;
SELECT diag(in_a) FROM result WHERE role <> 'tap_by_free' AND (owner OR role <> 'tap_by_owner') AND in_a = in_b AND NOT (in_a !~ '[^'']SECRET 10|leaked:.+' AND (in_a LIKE '%leaked:'));

-- The same attacks find something where no policy holds, so they are attacks.
SELECT cmp_ok(count(*), '>=', 25::bigint, 'of these attacks, as many tell the worlds apart for a role with BYPASSRLS')
FROM result WHERE role = 'tap_by_free' AND (in_a <> in_b OR in_a ~ '[^'']SECRET 10|leaked:.+');
-- The purpose role reads its own rows all the while, by index and by scan.
SET ROLE tap_by_job;
SELECT is((SELECT count(*) FROM bya.events), 2000::bigint, 'the purpose role reads the rows with consent');
SELECT is((SELECT count(*) FROM bya.events WHERE subject = 1000000007), 20::bigint, 'of one subject, too');
RESET ROLE;

-- What an owner who may insert learns of a unique key: that the key is taken, and no value.
SET ROLE tap_by_owner;
SELECT throws_ok($$INSERT INTO bya.events (subject, at) VALUES (1000000150, '2024-07-01 00:01+00')$$, '23505', NULL, 'a loader is told that a key is taken');
CREATE FUNCTION pg_temp.detail_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d text;
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL;
	RETURN d;
END
$$;
SELECT is(pg_temp.detail_of($$INSERT INTO bya.events (subject, at) VALUES (1000000150, '2024-07-01 00:01+00')$$), '', 'but no value of the row');
RESET ROLE;

-- Statements planned for one role and run by another.
PREPARE all_rows AS SELECT count(*) FROM bya.events;
PREPARE one AS SELECT count(*) FROM bya.events WHERE subject = 1000000150;
CREATE FUNCTION atk.cached() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM bya.events); END';
CREATE FUNCTION atk.inlined() RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT subject FROM bya.events WHERE note LIKE ''SECRET%''';
SET plan_cache_mode = force_generic_plan;
SELECT results_eq('EXECUTE all_rows', 'VALUES (2537::bigint)', 'prepared and run by a superuser');
SELECT is(atk.cached(), 2537::bigint, 'in a function, too');
SET ROLE tap_by_job;
SELECT results_eq('EXECUTE all_rows', 'VALUES (2000::bigint)', 'run by the purpose role after SET ROLE');
SELECT results_eq('EXECUTE one', 'VALUES (0::bigint)', 'for the hidden subject');
SELECT is(atk.cached(), 2000::bigint, 'a function''s cached plan');
SELECT is((SELECT count(*) FROM atk.inlined()), 0::bigint, 'an inlined function');
SET ROLE tap_by_analyst;
SELECT results_eq('EXECUTE all_rows', 'VALUES (0::bigint)', 'run by the analyst');
SELECT is(atk.cached(), 0::bigint, 'a function''s cached plan');
RESET ROLE;
SET SESSION AUTHORIZATION tap_by_owner;
SELECT results_eq('EXECUTE all_rows', 'VALUES (0::bigint)', 'run by the owner, after SET SESSION AUTHORIZATION');
RESET SESSION AUTHORIZATION;

-- The counters of one's own transaction, once harden_statistics() was run.
SELECT statement FROM harden_statistics() AS h (statement) \gexec
CREATE TEMP TABLE counted AS
SELECT r.role, pg_temp.try('bya', r.role, a.sql) AS in_a, pg_temp.try('byb', r.role, a.sql) AS in_b
FROM unnest(ARRAY['tap_by_analyst', 'tap_by_job', 'tap_by_owner']) AS r (role), (VALUES ($$SET LOCAL enable_seqscan = off;; SELECT count(*) FROM events WHERE subject = 1000000150;;
	SELECT relname, idx_tup_fetch, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname LIKE 'events%' AND schemaname = current_schema ORDER BY 1;;
	SELECT pg_stat_get_xact_tuples_fetched('events_1'::regclass), pg_stat_get_xact_tuples_returned('events_key'::regclass);;
	SELECT count(*) FROM pg_locks WHERE locktype = 'tuple'$$)) AS a (sql);
SELECT is((SELECT string_agg(role, ' ') FROM counted WHERE in_a <> in_b OR in_a !~ '42501'), NULL, 'after harden_statistics() a session''s own counters tell nothing');
SELECT statement FROM harden_statistics(false) AS h (statement) \gexec
SET ROLE tap_by_analyst;
SELECT lives_ok('SELECT * FROM pg_stat_user_tables', 'and it can be taken back');
RESET ROLE;

-- Another owner, and an owner who is dropped as PostgreSQL's manual says.
CREATE ROLE tap_by_heir;
REASSIGN OWNED BY tap_by_owner TO tap_by_heir;
SELECT is((SELECT string_agg(DISTINCT polroles::regrole[]::text, ' ') FROM pg_policy WHERE polname = 'mobanon_load'), '{tap_by_heir}', 'after REASSIGN OWNED the tables are loaded by their new owner');
DROP OWNED BY tap_by_owner;
SET ROLE tap_by_heir;
SELECT lives_ok($$INSERT INTO bya.events (subject, at, note) VALUES (1000000001, '2025-06-01', 'seen')$$, 'who inserts');
SELECT is((SELECT count(*) FROM bya.events), 0::bigint, 'and reads nothing');
RESET ROLE;
ALTER TABLE bya.events_1 OWNER TO tap_by_job;
SELECT is((SELECT polroles::regrole[]::text FROM pg_policy WHERE polname = 'mobanon_load' AND polrelid = 'bya.events_1'::regclass), '{tap_by_job}', 'the same after ALTER TABLE ... OWNER TO');
ALTER TABLE bya.events_1 OWNER TO tap_by_heir;
-- a policy that DROP OWNED takes with it
ALTER EVENT TRIGGER mobanon_close_new_partitions DISABLE;
ALTER POLICY mobanon_load ON bya.events_1 TO tap_by_free;
ALTER EVENT TRIGGER mobanon_close_new_partitions ENABLE ALWAYS;
DROP OWNED BY tap_by_free;
SELECT ok(owner_loads('bya.events_1'), 'what DROP OWNED takes is there again');
SET ROLE tap_by_job;
SELECT throws_ok($$EXPLAIN ANALYZE SELECT * FROM bya.events WHERE subject = 1000000150$$, '42501', NULL, 'so that EXPLAIN ANALYZE is refused all the while');
RESET ROLE;
-- who cannot change the policies of the new owner's table does not give it away
CREATE ROLE tap_by_stiff NOINHERIT;
GRANT tap_by_heir TO tap_by_stiff;
ALTER TABLE byb.split OWNER TO tap_by_stiff;
SET ROLE tap_by_stiff;
SELECT throws_ok($$ALTER TABLE byb.split OWNER TO tap_by_heir$$, '42501', 'ALTER TABLE is refused: the policies of the protected table byb.split have to be those of its owner tap_by_heir', 'otherwise the change of owner is refused');
RESET ROLE;
SELECT ok(owner_loads('byb.split'), 'and the policy is as it was');

-- Without the extension a protected table stays closed.
DROP EXTENSION mobanon CASCADE;
SET ROLE tap_by_job;
SELECT is((SELECT count(*) FROM bya.events), 0::bigint, 'after DROP EXTENSION ... CASCADE the purpose role reads nothing');
RESET ROLE;
SET ROLE tap_by_heir;
SELECT is((SELECT count(*) FROM bya.events_1), 0::bigint, 'and neither does the owner');
RESET ROLE;
SELECT * FROM finish();
