/*
 * The register: every pipeline that ever was, and every publication.  Only
 * mobanon's own functions write it; it is never granted to an analyst.
 *
 * No foreign keys: nothing here is ever deleted, audit() compares the tables with
 * each other, and pg_restore -j loads them in any order.
 *
 * Relations and roles are kept by name: the register outlives them.
 * window.c reads the first columns of mobanon.pipeline by number.
 */
CREATE TYPE mobanon.measure AS (
	aggregate	text,
	column_name	name,
	bound		bigint,
	fraction	float8,
	name		name
);
COMMENT ON TYPE mobanon.measure IS
'What a pipeline computes of a column, per group: see mobanon.measure().';

CREATE TYPE mobanon.diversity AS (
	-- one of the two: a column of the source, or where homes are found
	column_name	name,
	homes		text,
	l			int,
	enough		int,
	share		int
);
COMMENT ON TYPE mobanon.diversity IS
'In what the persons of a group must differ: see mobanon.diversity().';

CREATE TABLE mobanon.pipeline (
	pipeline_id		int PRIMARY KEY,
	pipeline		text COLLATE "C" NOT NULL,
	published_until	timestamptz NOT NULL CHECK (isfinite(published_until)),
	bucket			interval NOT NULL,
	watermark		interval NOT NULL CHECK (watermark >= '0' AND extract(month FROM watermark) = 0 AND extract(year FROM watermark) = 0),
	time_zone		text NOT NULL,
	-- publish(until) closes no later window; NULL outside of it
	publish_until	timestamptz,
	-- what is counted: see plan_of()
	kind			text NOT NULL,
	source			text NOT NULL,
	purpose			text NOT NULL,
	role_name		name NOT NULL,
	subject_column	name NOT NULL,
	event_time_column name NOT NULL,
	latitude_column	name,
	longitude_column name,
	-- instead of these two, where events have the identity of a radio cell
	site_column		name,
	domain			text NOT NULL,
	resolution		text NOT NULL,
	k				int NOT NULL CHECK (k > 0),
	recipients		text[] NOT NULL,
	starts_at		timestamptz NOT NULL,
	breakdowns		name[] NOT NULL,
	definition		text NOT NULL,
	-- whose distinct number k is held against, when it is not the subject
	account_column	name,
	-- what some kinds take: see pipeline_kinds()
	resolutions		text[],
	buckets			interval[],
	measures		mobanon.measure[],
	cells_per_day	int,
	minimum_stay	interval,
	maximum_gap		interval,
	trips_per_day	int,
	places			text,
	homes			text,
	diversity		mobanon.diversity,
	CHECK ((site_column IS NULL) = (latitude_column IS NOT NULL AND longitude_column IS NOT NULL)),
	-- of a release for one recipient: the pipeline that it is a part of, and which part
	parent_id		int,
	areas			text[],
	-- earlier windows were dropped by drop_windows()
	retained_from	timestamptz,
	dropping_before	timestamptz,
	-- the number of the publication that publish() is writing; NULL outside of it
	publishing		int,
	created_at		timestamptz NOT NULL DEFAULT now(),
	created_by		name NOT NULL DEFAULT session_user,
	dropped_at		timestamptz
);
CREATE UNIQUE INDEX pipeline_live ON mobanon.pipeline (pipeline) WHERE dropped_at IS NULL;
COMMENT ON TABLE mobanon.pipeline IS
'Every pipeline, also those dropped. Windows before published_until are out and never computed again.';
COMMENT ON COLUMN mobanon.pipeline.definition IS
'The stages as registered: owners, options, queries, and the policies of the source for the role. publish() refuses others.';

CREATE TABLE mobanon.publication (
	pipeline_id		int NOT NULL,
	publication		int NOT NULL CHECK (publication > 0),
	pipeline		text COLLATE "C" NOT NULL,
	window_from		timestamptz NOT NULL,
	window_to		timestamptz NOT NULL CHECK (window_from < window_to),
	rows			bigint NOT NULL CHECK (rows >= 0),
	content_sha256	bytea NOT NULL CHECK (length(content_sha256) = 32),
	parameters		jsonb NOT NULL,
	version			text NOT NULL,
	published_at	timestamptz NOT NULL,
	published_by	name NOT NULL,
	entry_sha256	bytea NOT NULL CHECK (length(entry_sha256) = 32),
	-- what of the ledger was known to it; NULL for copies to a recipient
	ledger_era		bigint,
	ledger_snapshot	pg_snapshot,
	ledger_writer	xid8,
	ledger_read_at	timestamptz,
	PRIMARY KEY (pipeline_id, publication),
	UNIQUE (pipeline_id, window_from)
);
COMMENT ON COLUMN mobanon.publication.published_at IS 'start of the statement that published: consent in force then counted';
COMMENT ON COLUMN mobanon.publication.ledger_snapshot IS 'decisions of these transactions were known, and those of ledger_writer, its own, up to ledger_read_at; see mobanon.publications_using()';
COMMENT ON TABLE mobanon.publication IS
'Every publication: which windows (window_to not included), how many rows, under which parameters, by which version. content_sha256 is over the rows, entry_sha256 over this entry and the one before.';

CREATE TABLE mobanon.publication_window (
	pipeline_id		int NOT NULL,
	publication		int NOT NULL,
	bucket			timestamptz NOT NULL,
	rows			bigint NOT NULL CHECK (rows > 0),
	sha256			bytea NOT NULL CHECK (length(sha256) = 32),
	row_checks		bytea NOT NULL CHECK (length(row_checks) = 4 * rows),
	PRIMARY KEY (pipeline_id, bucket)
);
COMMENT ON TABLE mobanon.publication_window IS
'The buckets of each publication that have rows, each with the hash of its rows: as lines "bucket,cell,subjects" (with breakdowns in between) in order of cell, the bucket in UTC. row_checks: the first four bytes of each line''s own hash.';

CREATE TABLE mobanon.publication_withheld (
	pipeline_id		int NOT NULL,
	publication		int NOT NULL,
	reason			text NOT NULL,
	number			bigint NOT NULL CHECK (number >= 0),
	unit			text NOT NULL CHECK (unit IN ('events', 'groups')),
	PRIMARY KEY (pipeline_id, publication, reason)
);
COMMENT ON TABLE mobanon.publication_withheld IS
'What was not published, by reason. For the DBA and the data protection officer: two such reports can tell of a person.';

-- A dump keeps the register; a pipeline's relations are the user's own.
SELECT pg_catalog.pg_extension_config_dump('mobanon.pipeline', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.publication', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.publication_window', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.publication_withheld', '');

CREATE FUNCTION mobanon.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '% of %.%: what was published is never changed', lower(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME
		USING ERRCODE = 'object_not_in_prerequisite_state',
			  HINT = 'The register of publications is only added to.';
END
$$;
COMMENT ON FUNCTION mobanon.refuse_change() IS
'Trigger: refuses to change or remove what was published, whoever asks.';

DO LANGUAGE plpgsql $register$
DECLARE
	name	pg_catalog.text;
BEGIN
	FOREACH name IN ARRAY ARRAY['publication', 'publication_window', 'publication_withheld'] LOOP
		EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mobanon.%I
			FOR EACH STATEMENT EXECUTE FUNCTION mobanon.refuse_change()', name);
		EXECUTE pg_catalog.format('ALTER TABLE mobanon.%I ENABLE ALWAYS TRIGGER append_only', name);
	END LOOP;
END
$register$;

-- COST 1: only so cheap a condition is evaluated before the policy of the source.
CREATE FUNCTION mobanon.published_until(pipeline text) RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.published_until(text) IS
'The end of the last published window of a pipeline; before the first publication the start of its first window. The name as in mobanon.pipeline.';

CREATE FUNCTION mobanon.closed_until(pipeline text) RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.closed_until(text) IS
'The start of the bucket that contains now() less the watermark: earlier buckets are closed. The name as in mobanon.pipeline.';

CREATE FUNCTION mobanon.pipeline_name(name text, existing boolean DEFAULT true) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION mobanon.pipeline_name(text, boolean) IS
'The name of a pipeline as mobanon.pipeline writes it, found along the search_path; of a new one (existing => false) in the current schema.';
