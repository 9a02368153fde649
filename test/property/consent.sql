-- Property: whatever the order in which decisions arrive, one by one or in bulk, the state is the same,
-- and consented() says what a slow, obvious walk through the ledger says.
\set QUIET 1
SET search_path = mobanon, public;
SET timezone = 'UTC';
SELECT plan(7);
SELECT setseed(0.20261124);
SELECT create_purpose('p', 'property'), create_purpose('early', 'property', use_earlier_events => true);

-- 12,000 random histories of 1 to 7 decisions, on few instants, so that ties, duplicates and renewals happen.
CREATE TEMP TABLE history AS
SELECT (CASE WHEN s % 3 = 0 THEN 'user-' || s ELSE (491500000000 + s)::text END) AS subject, d.decided_at, d.state,
	CASE WHEN d.state = 'granted' AND random() < 0.3 THEN d.decided_at + (1 + (random() * 40)::int) * interval '1 day' END AS valid_until,
	random() AS arrival_1, random() AS arrival_2
FROM generate_series(1, 12000) AS s,
	LATERAL generate_series(1, 1 + s % 7) AS n,
	LATERAL (SELECT date_trunc('day', now()) - (n + s + (random() * 60)::int - (n + s)) * interval '1 day' AS decided_at,
		(ARRAY['granted','granted','granted','granted','granted','refused','withdrawn','withdrawn','expired','invalidated','ended'])[1 + floor(random() * 11)::int] AS state) AS d;

CREATE FUNCTION pg_temp.record(purpose text, h history) RETURNS void LANGUAGE sql AS $$
	INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version)
	SELECT s.scope_id, h.subject, h.state, true, h.decided_at, h.valid_until, 'app', 'test', '1' FROM consent_scope AS s WHERE s.purpose = record.purpose $$;

-- In bulk, in one order.
INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version)
SELECT s.scope_id, h.subject, h.state, true, h.decided_at, h.valid_until, 'app', 'test', '1'
FROM history AS h, consent_scope AS s WHERE s.purpose IN ('p', 'early') ORDER BY arrival_1;
CREATE TEMP TABLE state_1 AS SELECT s.* FROM consent_state AS s JOIN consent_scope AS c USING (scope_id) WHERE c.purpose = 'p';
SELECT is((SELECT count(*) FROM state_1), 12000::bigint, 'every subject has a state');

-- In another order, one by one or a few at a time, some of them twice.
SELECT create_purpose('q', 'property');
DO $$ DECLARE h history; BEGIN
	FOR h IN SELECT * FROM history WHERE arrival_2 < 0.05 ORDER BY arrival_2 LOOP
		PERFORM pg_temp.record('q', h);
		IF h.arrival_1 < 0.2 THEN PERFORM pg_temp.record('q', h); END IF;
	END LOOP;
	FOR batch IN 20 .. 400 LOOP
		INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version)
		SELECT s.scope_id, o.subject, o.state, true, o.decided_at, o.valid_until, 'app', 'test', '1'
		FROM history AS o, consent_scope AS s
		WHERE s.purpose = 'q' AND o.arrival_2 >= batch / 400.0 AND o.arrival_2 < (batch + 1.2) / 400.0;
	END LOOP;
END $$;
SELECT is((SELECT count(*) FROM state_1 AS a FULL JOIN (SELECT s.* FROM consent_state AS s JOIN consent_scope AS c USING (scope_id) WHERE c.purpose = 'q') AS b
		USING (subject) WHERE a.decisions IS DISTINCT FROM b.decisions), 0::bigint, 'another order of arrival, with duplicates, gives the same states');
SELECT is(rebuild_consent_state(), 36000::bigint, 'rebuild makes a state for each');
SELECT is((SELECT count(*) FROM state_1 AS a FULL JOIN (SELECT s.* FROM consent_state AS s JOIN consent_scope AS c USING (scope_id) WHERE c.purpose = 'p') AS b
		USING (subject) WHERE a.decisions IS DISTINCT FROM b.decisions), 0::bigint, 'so does rebuilding from the ledger');

-- The oracle: decisions in the order of their times, the more protective of two last.
CREATE FUNCTION pg_temp.oracle(decisions history[], then_at timestamptz, now_at timestamptz, earlier boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	d		history;
	spans	tstzrange[] := '{}';
	last	int;
	granted	boolean := false;
	person_since timestamptz := '-infinity';
BEGIN
	FOR d IN SELECT * FROM unnest(decisions) AS u
		ORDER BY u.decided_at, array_position(ARRAY['granted', 'refused', 'withdrawn', 'expired', 'invalidated', 'ended'], u.state),
			u.valid_until DESC NULLS FIRST
	LOOP
		last := cardinality(spans);
		CASE d.state
		WHEN 'granted' THEN
			IF granted AND last > 0 AND COALESCE(upper(spans[last]), 'infinity') >= d.decided_at THEN
				spans[last] := tstzrange(lower(spans[last]), d.valid_until);
			ELSE
				spans := spans || tstzrange(d.decided_at, d.valid_until);
			END IF;
		WHEN 'invalidated' THEN
			spans := spans[1 : last - 1];
		WHEN 'ended' THEN
			spans := '{}';
			person_since := d.decided_at;
		ELSE
			IF granted AND last > 0 THEN
				spans[last] := spans[last] * tstzrange(NULL, d.decided_at);
				IF isempty(spans[last]) THEN spans := spans[1 : last - 1]; END IF;
			END IF;
		END CASE;
		granted := d.state = 'granted';
	END LOOP;
	last := cardinality(spans);
	IF NOT granted OR last = 0 OR NOT spans[last] @> now_at THEN
		RETURN false;
	END IF;
	IF earlier THEN
		RETURN then_at >= person_since AND spans[last] @> GREATEST(then_at, lower(spans[last]));
	END IF;
	RETURN EXISTS (SELECT FROM unnest(spans) AS s WHERE s @> then_at);
END
$$;
CREATE TEMP TABLE question AS
SELECT h.subject, array_agg(h) AS decisions, e.at
FROM history AS h, LATERAL generate_series(1, 2) AS n,
	LATERAL (SELECT now() - (n + random() * 70 - n) * interval '1 day' AS at) AS e
GROUP BY h.subject, n, e.at
UNION ALL
-- exactly at the instants of the decisions
SELECT h.subject, (SELECT array_agg(o) FROM history AS o WHERE o.subject = h.subject), h.decided_at FROM history AS h WHERE h.arrival_1 < 0.1;
INSERT INTO question SELECT 'nobody-' || n, '{}', now() FROM generate_series(1, 100) AS n;

SELECT is((SELECT count(*) FROM question AS q WHERE consented(q.subject, q.at, 'p') IS DISTINCT FROM pg_temp.oracle(q.decisions, q.at, now(), false)),
	0::bigint, 'consented() equals the oracle');
SELECT is((SELECT count(*) FROM question AS q WHERE consented(q.subject, q.at, 'early') IS DISTINCT FROM pg_temp.oracle(q.decisions, q.at, now(), true)),
	0::bigint, 'also for a purpose that may use earlier events');
-- It is not all one answer.
SELECT ok(count(*) FILTER (WHERE c) > 3000 AND count(*) FILTER (WHERE NOT c) > 3000, 'both answers happen often')
FROM (SELECT consented(q.subject, q.at, 'p') AS c FROM question AS q) AS a;
SELECT * FROM finish();
