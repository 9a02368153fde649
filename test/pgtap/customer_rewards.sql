-- Rewards: plans, what they earn, and 10,000 random histories against a slow walk over days.
\set QUIET 1
SET search_path = public, mobanon;
SET timezone = 'UTC';
SET client_min_messages = error;
SELECT plan(45);
SELECT setseed(0.20261125);
CREATE ROLE tap_billing;
GRANT mobanon_billing TO tap_billing;
SELECT create_purpose('month', 'by month'), create_purpose('week', 'by week'), create_purpose('berlin', 'by day in Berlin');

-- plans
SELECT throws_ok($$SELECT create_reward_plan('nothing', 1, 'EUR')$$, '42704', NULL, 'no such purpose');
SELECT throws_ok(format('SELECT create_reward_plan(''month'', %L, ''EUR'')', c), '22023', 'a credit must be a positive amount', 'no credit of ' || COALESCE(c, 'null'))
FROM unnest(ARRAY['0', '-1', 'NaN', 'Infinity', NULL]) AS c;
SELECT throws_ok(format('SELECT create_reward_plan(''month'', 1, %L)', c), '22023', NULL, 'no currency ' || COALESCE(c, 'null')) FROM unnest(ARRAY['eur', 'EURO', '', NULL]) AS c;
SELECT throws_ok(format('SELECT create_reward_plan(''month'', 1, ''EUR'', %L)', p), '22023', 'a period has whole days or months', 'no period of ' || COALESCE(p, 'null'))
FROM unnest(ARRAY['0', '1 hour', '1 day 1 hour', '24 hours', '-1 month', '1 month -1 day', NULL]) AS p;
SELECT throws_ok($$SELECT create_reward_plan('month', 1, 'EUR', time_zone => 'Mars/Olympus')$$, '22023', NULL, 'no such time zone');
SELECT throws_ok($$SELECT create_reward_plan('month', 1, 'EUR', starts_at => 'infinity')$$, '22023', NULL, 'no endless beginning');
SELECT throws_ok($$SELECT create_reward_plan('month', 1, 'EUR', starts_at => '2026-02-01', ends_at => '2026-01-01')$$, '22023', NULL, 'no end before the start');

-- by hand: 0.10 three times is 0.30
SELECT create_reward_plan('month', 0.10, 'EUR', starts_at => '2025-01-01', ends_at => '2026-06-01') AS plan \gset
SELECT throws_ok($$SELECT create_reward_plan('month', 1, 'EUR', starts_at => '2026-05-01')$$, '42710', NULL, 'one plan at a time');
CREATE FUNCTION pg_temp.earned(s text) RETURNS numeric LANGUAGE sql AS $$ SELECT COALESCE(sum(earned), 0) FROM billing_balance WHERE subject = s $$;
SELECT grant_consent('a', 'month', 'app', '2025-01-31 10:00'), withdraw_consent('a', 'month', 'app', '2025-03-31 10:00');
SELECT is(pg_temp.earned('a'), 0.20, 'two months to the instant are two periods');
SELECT results_eq($$SELECT number, period_from, period_to FROM billing_statement WHERE subject = 'a' ORDER BY number$$,
	$$VALUES (1, '2025-01-31 10:00+00'::timestamptz, '2025-02-28 10:00+00'::timestamptz), (2, '2025-02-28 10:00+00', '2025-03-31 10:00+00')$$, 'counted from the 31st, through February');
SELECT grant_consent('b', 'month', 'app', '2025-01-31 10:00'), withdraw_consent('b', 'month', 'app', '2025-03-31 10:00:00.000001');
SELECT is(pg_temp.earned('b'), 0.30, 'a microsecond more starts the third');
SELECT grant_consent('a', 'month', 'app', '2025-03-31 09:00');
SELECT is(pg_temp.earned('a'), 0.20, 'another grant before the withdrawal changes nothing');
SELECT grant_consent('c', 'month', 'app', ('2025-02-01 ' || h || ':00')::timestamptz), withdraw_consent('c', 'month', 'app', ('2025-02-01 ' || h || ':30')::timestamptz) FROM generate_series(10, 20) AS h;
SELECT is(pg_temp.earned('c'), 0.10, 'on and off eleven times in a day earns one period');
SELECT grant_consent('d', 'month', 'app', '2024-06-15'), withdraw_consent('d', 'month', 'app', '2024-12-31');
SELECT is(pg_temp.earned('d'), 0::numeric, 'nothing before the plan');
SELECT grant_consent('e', 'month', 'app', '2024-06-15');
SELECT is((SELECT min(period_from) FROM billing_statement WHERE subject = 'e'), '2025-01-01 00:00+00'::timestamptz, 'consent from before counts from the start of the plan');
SELECT is(pg_temp.earned('e'), 1.70, 'up to its end: 17 months');
SELECT grant_consent('f', 'month', 'shop', '2025-06-15');
SELECT is(pg_temp.earned('f'), 0::numeric, 'a grant without proof earns nothing');
SELECT grant_consent('g', 'month', 'app', '2025-06-15'), end_subject('g', '2025-08-01'), grant_consent('g', 'month', 'app', '2025-09-15'), withdraw_consent('g', 'month', 'app', '2025-09-16');
SELECT is(pg_temp.earned('g'), 0.10, 'a number that was handed on: what the one who has it now earned');
SELECT throws_ok(format('SELECT end_reward_plan(%s, %L)', :plan, '2025-12-01'), '22023', NULL, 'a plan is not ended in the past');
SELECT create_reward_plan('week', 1.05, 'CHF', '7 days', now() - interval '80 days', time_zone => 'Europe/Zurich') AS week \gset
SELECT create_reward_plan('berlin', 0.01, 'EUR', '1 day', '2024-03-01', '2024-11-15', time_zone => 'Europe/Berlin') AS berlin \gset
-- the clock is set forward and back: a day has 23 and 25 hours
SELECT grant_consent('h', 'berlin', 'app', '2024-03-30 12:00 Europe/Berlin'), withdraw_consent('h', 'berlin', 'app', '2024-03-31 12:00 Europe/Berlin');
SELECT is(pg_temp.earned('h'), 0.01, 'a day of 23 hours');
SELECT grant_consent('i', 'berlin', 'app', '2024-10-27 00:30+00'), withdraw_consent('i', 'berlin', 'app', '2024-10-28 01:29:59+00');
SELECT results_eq($$SELECT number, period_from, period_to FROM billing_statement WHERE subject = 'i' ORDER BY number$$,
	$$VALUES (1, '2024-10-27 00:30+00'::timestamptz, '2024-10-28 01:30+00'::timestamptz)$$, 'from the first of two half past twos, a day of 25 hours');

-- 10,000 random histories: two plans, decided by the day or the hour.
CREATE TEMP TABLE history AS
SELECT CASE WHEN s % 2 = 0 THEN 'month' ELSE 'week' END AS purpose, 'r' || s AS subject, d.decided_at, d.state,
	CASE WHEN d.state = 'granted' AND random() < 0.3 THEN d.decided_at + (1 + floor(random() * 60)::int) * interval '1 day' END AS valid_until
FROM generate_series(1, 10000) AS s, LATERAL generate_series(1, 1 + s % 8) AS n,
	LATERAL (SELECT date_trunc('hour', now()) - ((n + s) * 0 + floor(random() * 120)::int) * interval '1 day' - (CASE WHEN random() < 0.2 THEN floor(random() * 24)::int ELSE 0 END) * interval '1 hour' AS decided_at,
		(ARRAY['granted','granted','granted','granted','refused','withdrawn','withdrawn','expired','invalidated','ended'])[1 + floor(random() * 10)::int] AS state) AS d;
INSERT INTO consent_ledger (scope_id, subject, state, counts, decided_at, valid_until, channel, actor, notice_version)
SELECT s.scope_id, h.subject, h.state, true, h.decided_at, h.valid_until, 'app', 'test', '1' FROM history AS h JOIN consent_scope AS s USING (purpose) ORDER BY random();
-- The month plan has ended in the past; for this it goes on.
UPDATE reward_plan SET ends_at = NULL WHERE plan_id = :plan;
UPDATE reward_plan SET starts_at = '2026-09-03 05:06:07+00' WHERE plan_id = :plan;
-- The oracle walks the decisions in order, then hour by hour: in force? a new period? has this one been paid?
CREATE FUNCTION pg_temp.oracle(decisions history[], plan reward_plan, until timestamptz) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	d history; since timestamptz[] := '{}'; till timestamptz[] := '{}'; last int; granted boolean := false;
	i int; f timestamptz; t timestamptz; anchor timestamp; n int := 0; next_from timestamptz; paid int := 0;
BEGIN
	FOR d IN SELECT * FROM unnest(decisions) AS u
		ORDER BY u.decided_at, array_position(ARRAY['granted', 'refused', 'withdrawn', 'expired', 'invalidated', 'ended'], u.state), u.valid_until DESC NULLS FIRST
	LOOP
		last := cardinality(since);
		IF d.state = 'granted' THEN
			IF granted AND last > 0 AND till[last] >= d.decided_at THEN
				till[last] := COALESCE(d.valid_until, 'infinity');
			ELSE
				since := since || d.decided_at; till := till || COALESCE(d.valid_until, 'infinity'::timestamptz);
			END IF;
		ELSIF d.state = 'invalidated' THEN
			since := since[1 : last - 1]; till := till[1 : last - 1];
		ELSIF d.state = 'ended' THEN
			since := '{}'; till := '{}';
		ELSIF granted AND last > 0 THEN
			till[last] := LEAST(till[last], d.decided_at);
		END IF;
		granted := d.state = 'granted';
	END LOOP;
	-- In time order; next_from is the first instant that no credit was given for yet.
	FOR i IN 1 .. cardinality(since) LOOP
		f := GREATEST(since[i], plan.starts_at);
		t := LEAST(till[i], until, COALESCE(plan.ends_at, 'infinity'));
		CONTINUE WHEN f >= t;
		IF anchor IS NULL THEN
			anchor := f AT TIME ZONE plan.time_zone;
			next_from := f;
		END IF;
		WHILE next_from < t LOOP
			n := n + 1;
			-- this period, from next_from to its end: is it touched by f to t?
			IF (anchor + n * plan.period) AT TIME ZONE plan.time_zone > f THEN
				paid := paid + 1;
			END IF;
			next_from := (anchor + n * plan.period) AT TIME ZONE plan.time_zone;
		END LOOP;
	END LOOP;
	RETURN paid * plan.credit;
END
$$;
BEGIN;
CREATE TEMP TABLE expected AS
SELECT h.purpose, h.subject, pg_temp.oracle(array_agg(h), r, now()) AS earned FROM history AS h JOIN reward_plan AS r USING (purpose) GROUP BY h.purpose, h.subject, r.*;
SELECT is((SELECT count(*) FROM expected AS e LEFT JOIN billing_balance AS b USING (purpose, subject) WHERE e.earned <> COALESCE(b.earned, 0)), 0::bigint, 'the oracle gives every one of them what the billing does');
SELECT ok((SELECT count(*) = 10000 AND count(DISTINCT earned) > 15 AND count(*) FILTER (WHERE earned > 0) > 4000 AND count(*) FILTER (WHERE earned = 0) > 500 FROM expected), 'of 10,000, rich and poor');
SELECT is((SELECT count(*) FROM billing_statement AS a JOIN billing_statement AS b USING (subject, plan_id) WHERE a.number < b.number AND a.period_to > b.period_from), 0::bigint, 'periods do not overlap');
COMMIT;
SELECT is((SELECT sum(earned) FROM billing_balance), (SELECT sum(credit) FROM billing_statement), 'the balances add up to the statement');
-- a withdrawal takes nothing back, at whatever time
CREATE TEMP TABLE balance AS SELECT * FROM billing_balance;
SELECT count(withdraw_consent(subject, purpose, 'app')) FROM balance WHERE subject LIKE 'r%';
SELECT is((SELECT count(*) FROM balance AS a LEFT JOIN billing_balance AS b USING (subject, purpose, currency) WHERE b.earned IS DISTINCT FROM a.earned), 0::bigint, 'withdrawals take nothing back');
SELECT is(reward_periods(tstzmultirange(tstzrange('2026-01-01', NULL)), '2026-01-01', NULL, '1 month', 'UTC', '2026-01-15')::text, reward_periods(tstzmultirange(tstzrange('2026-01-01', '2026-01-02')), '2026-01-01', NULL, '1 month', 'UTC', '2099-01-15')::text,
	'and stop what would come');
SELECT lives_ok(format('SELECT end_reward_plan(%s)', :week), 'a plan is ended now');
SELECT throws_ok(format('SELECT end_reward_plan(%s)', :week), '42704', NULL, 'once');
SELECT is((SELECT sum(earned) FROM billing_balance WHERE currency = 'CHF'), (SELECT sum(earned) FROM balance WHERE currency = 'CHF'), 'what was earned stays');
SET ROLE tap_billing;
SELECT ok((SELECT count(*) > 1000 FROM mobanon.billing_balance), 'the billing reads its view');
SELECT throws_ok('SELECT * FROM mobanon.consent_state', '42501', NULL, 'and no decision');
SELECT * FROM finish();
