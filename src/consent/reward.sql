/*
 * Rewards: a credit per started period of consent.
 *
 * Nothing is stored per subject.  What somebody has earned follows from when the
 * consent was in force, and from nothing else: not from where the person was,
 * and not from how often the decision was renewed or changed.  The periods are
 * counted from the first instant of consent under the plan; each of them in
 * which the consent was in force at any time is credited once.  So taking a
 * consent back and giving it again earns nothing extra, and a withdrawal takes
 * nothing back.
 */
CREATE TABLE mobanon.reward_plan (
	plan_id		int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	purpose		text COLLATE "C" NOT NULL,
	category	text COLLATE "C" NOT NULL,
	credit		numeric NOT NULL CHECK (credit > 0 AND credit < 'Infinity'),
	currency	text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	period		interval NOT NULL,
	time_zone	text NOT NULL,
	starts_at	timestamptz NOT NULL CHECK (isfinite(starts_at)),
	ends_at		timestamptz CHECK (isfinite(ends_at) AND ends_at > starts_at),
	created_at	timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mobanon.reward_plan IS
'What a consent earns: credit, in a currency (ISO 4217), per started period, counted in days and months of the time zone from the first instant of consent under the plan.';
COMMENT ON COLUMN mobanon.reward_plan.plan_id IS 'number of the plan';
COMMENT ON COLUMN mobanon.reward_plan.purpose IS 'purpose whose consent earns';
COMMENT ON COLUMN mobanon.reward_plan.category IS 'data category of the purpose';
COMMENT ON COLUMN mobanon.reward_plan.credit IS 'amount per started period';
COMMENT ON COLUMN mobanon.reward_plan.currency IS 'currency of the amount (ISO 4217)';
COMMENT ON COLUMN mobanon.reward_plan.period IS 'length of a period, whole days or months';
COMMENT ON COLUMN mobanon.reward_plan.time_zone IS 'time zone in which periods are counted';
COMMENT ON COLUMN mobanon.reward_plan.starts_at IS 'from when on consent earns';
COMMENT ON COLUMN mobanon.reward_plan.ends_at IS 'until when; NULL: until it is ended';
COMMENT ON COLUMN mobanon.reward_plan.created_at IS 'when it was made';
SELECT pg_catalog.pg_extension_config_dump('mobanon.reward_plan', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.reward_plan_plan_id_seq', '');

CREATE FUNCTION mobanon.create_reward_plan(purpose text, credit numeric, currency text, period interval DEFAULT '1 month',
	starts_at timestamptz DEFAULT now(), ends_at timestamptz DEFAULT NULL, category text DEFAULT 'location',
	time_zone text DEFAULT 'UTC') RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	plan	int;
BEGIN
	IF NOT EXISTS (SELECT FROM consent_scope AS s WHERE s.purpose = create_reward_plan.purpose AND s.category = create_reward_plan.category) THEN
		RAISE EXCEPTION 'purpose "%" with the data category "%" does not exist', create_reward_plan.purpose, create_reward_plan.category
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.consent_scope.';
	END IF;
	IF NOT COALESCE(create_reward_plan.credit > 0 AND create_reward_plan.credit < 'Infinity', false) THEN
		RAISE EXCEPTION 'a credit must be a positive amount'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It is what each started period earns, for example 2.50.';
	END IF;
	IF NOT COALESCE(create_reward_plan.currency ~ '^[A-Z]{3}$', false) THEN
		RAISE EXCEPTION 'a currency has three capital letters' USING ERRCODE = 'invalid_parameter_value', HINT = 'As in ISO 4217: EUR, CHF.';
	END IF;
	-- Months and days add up alike from any anchor; hours do not, where the clock is changed.
	IF NOT COALESCE(date_part('epoch', period - make_interval(months => (12 * extract(year FROM period) + extract(month FROM period))::int,
			days => extract(day FROM period)::int)) = 0 AND extract(year FROM period) >= 0 AND extract(month FROM period) >= 0
			AND extract(day FROM period) >= 0 AND period >= '1 day', false) THEN
		RAISE EXCEPTION 'a period has whole days or months'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'For example ''1 month'', ''7 days''.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = create_reward_plan.time_zone) THEN
		RAISE EXCEPTION 'time zone "%" does not exist', create_reward_plan.time_zone
			USING ERRCODE = 'invalid_parameter_value', HINT = 'See pg_timezone_names.';
	END IF;
	IF NOT COALESCE(isfinite(create_reward_plan.starts_at), false) OR NOT COALESCE(isfinite(create_reward_plan.ends_at), true)
		OR create_reward_plan.ends_at <= create_reward_plan.starts_at THEN
		RAISE EXCEPTION 'a reward plan starts at a time and ends later, or not at all'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave ends_at out for a plan that runs until mobanon.end_reward_plan().';
	END IF;
	LOCK TABLE reward_plan IN SHARE ROW EXCLUSIVE MODE;
	IF EXISTS (SELECT FROM reward_plan AS r WHERE r.purpose = create_reward_plan.purpose AND r.category = create_reward_plan.category
			   AND tstzrange(r.starts_at, r.ends_at) && tstzrange(create_reward_plan.starts_at, create_reward_plan.ends_at)) THEN
		RAISE EXCEPTION 'purpose "%" has a reward plan for that time', create_reward_plan.purpose
			USING ERRCODE = 'duplicate_object', HINT = 'End that one with mobanon.end_reward_plan(), and let this one start then.';
	END IF;
	INSERT INTO reward_plan (purpose, category, credit, currency, period, time_zone, starts_at, ends_at)
	VALUES (create_reward_plan.purpose, create_reward_plan.category, create_reward_plan.credit, create_reward_plan.currency,
			create_reward_plan.period, create_reward_plan.time_zone, create_reward_plan.starts_at, create_reward_plan.ends_at)
	RETURNING plan_id INTO plan;
	RETURN plan;
END
$$;
COMMENT ON FUNCTION mobanon.create_reward_plan(text, numeric, text, interval, timestamptz, timestamptz, text, text) IS
'Lets consent for a purpose earn a credit per started period (whole days or months); returns the number of the plan. Consent that is in force already counts from starts_at on. A purpose has one plan at a time for each data category.';

CREATE FUNCTION mobanon.end_reward_plan(plan_id int, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT COALESCE(isfinite(end_reward_plan.at) AND end_reward_plan.at >= now(), false) THEN
		RAISE EXCEPTION 'a reward plan does not end in the past'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'What was earned under it would be taken back.';
	END IF;
	UPDATE reward_plan AS r SET ends_at = end_reward_plan.at
	WHERE r.plan_id = end_reward_plan.plan_id AND r.starts_at < end_reward_plan.at AND (r.ends_at IS NULL OR r.ends_at > now());
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no running reward plan %', end_reward_plan.plan_id
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.reward_plan.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.end_reward_plan(int, timestamptz) IS
'Ends a reward plan now or later: periods that have started by then are credited. What was earned stays.';

-- A period that starts at a clock time which comes twice starts at the later one; the first starts with the consent.
CREATE FUNCTION mobanon.reward_periods(spans tstzmultirange, starts_at timestamptz, ends_at timestamptz, period interval,
	time_zone text, until timestamptz)
RETURNS TABLE (number int, period_from timestamptz, period_to timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT n + 1, p.period_from, p.period_to
	FROM (SELECT spans * tstzmultirange(tstzrange(starts_at, LEAST(ends_at, until)))
		  WHERE starts_at < LEAST(ends_at, until)) AS w (spans),
		LATERAL (SELECT lower(w.spans) AS anchor, lower(w.spans) AT TIME ZONE time_zone AS local) AS a,
		-- 28 days at least for a month: enough periods, and the last ones may be empty
		generate_series(0, (extract(epoch FROM upper(w.spans) - a.anchor) / 86400
			/ ((12 * extract(year FROM period) + extract(month FROM period)) * 28 + extract(day FROM period)))::int + 1) AS n,
		LATERAL (SELECT CASE WHEN n = 0 THEN a.anchor ELSE (a.local + n * period) AT TIME ZONE time_zone END AS period_from,
			(a.local + (n + 1) * period) AT TIME ZONE time_zone AS period_to) AS p
	WHERE NOT isempty(w.spans) AND w.spans && tstzrange(p.period_from, p.period_to);
END;
COMMENT ON FUNCTION mobanon.reward_periods(tstzmultirange, timestamptz, timestamptz, interval, text, timestamptz) IS
'Which periods of a reward plan are credited, for consent in force during "spans", up to "until": those in which the consent was in force at any time, counted from its first instant under the plan.';

CREATE VIEW mobanon.billing_statement WITH (security_barrier) AS
SELECT s.subject, r.plan_id, r.purpose, r.category, p.number, p.period_from, p.period_to, r.credit, r.currency
FROM mobanon.reward_plan AS r
JOIN mobanon.consent_scope AS c ON c.purpose = r.purpose AND c.category = r.category
JOIN mobanon.consent_state AS s ON s.scope_id = c.scope_id,
	LATERAL mobanon.reward_periods(mobanon.consent_intervals(s.decisions), r.starts_at, r.ends_at, r.period, r.time_zone, now()) AS p;
COMMENT ON VIEW mobanon.billing_statement IS
'For the operator''s billing: every credited period of every subject up to now. Derived from consent; a decision that arrives late, or is invalidated, changes it.';
COMMENT ON COLUMN mobanon.billing_statement.subject IS 'whose credit it is';
COMMENT ON COLUMN mobanon.billing_statement.plan_id IS 'plan it is earned under';
COMMENT ON COLUMN mobanon.billing_statement.purpose IS 'purpose of the plan';
COMMENT ON COLUMN mobanon.billing_statement.category IS 'data category of the plan';
COMMENT ON COLUMN mobanon.billing_statement.number IS 'number of the period, from 1';
COMMENT ON COLUMN mobanon.billing_statement.period_from IS 'start of the period';
COMMENT ON COLUMN mobanon.billing_statement.period_to IS 'end of the period, not included';
COMMENT ON COLUMN mobanon.billing_statement.credit IS 'amount';
COMMENT ON COLUMN mobanon.billing_statement.currency IS 'currency of the amount (ISO 4217)';
CREATE VIEW mobanon.billing_balance WITH (security_barrier) AS
SELECT b.subject, b.purpose, b.currency, count(*) AS periods, sum(b.credit) AS earned
FROM mobanon.billing_statement AS b GROUP BY b.subject, b.purpose, b.currency;
COMMENT ON VIEW mobanon.billing_balance IS
'For the operator''s billing: what every subject has earned up to now, per purpose and currency. What was paid out is billing''s own to keep.';
COMMENT ON COLUMN mobanon.billing_balance.subject IS 'whose balance it is';
COMMENT ON COLUMN mobanon.billing_balance.purpose IS 'purpose of the plans';
COMMENT ON COLUMN mobanon.billing_balance.currency IS 'currency of the sum (ISO 4217)';
COMMENT ON COLUMN mobanon.billing_balance.periods IS 'number of credited periods';
COMMENT ON COLUMN mobanon.billing_balance.earned IS 'sum of their credits';

CREATE FUNCTION mobanon.reward_statement(token text)
RETURNS TABLE (purpose text, category text, number int, period_from timestamptz, period_to timestamptz, credit numeric, currency text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
BEGIN
	RETURN QUERY SELECT b.purpose, b.category, b.number, b.period_from, b.period_to, b.credit, b.currency
	FROM billing_statement AS b WHERE b.subject = whose ORDER BY b.purpose, b.category, b.plan_id, b.number;
END
$$;
COMMENT ON FUNCTION mobanon.reward_statement(text) IS
'For a token: every credited period of its subject.';

CREATE FUNCTION mobanon.reward_balance(token text) RETURNS TABLE (purpose text, currency text, periods bigint, earned numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
BEGIN
	RETURN QUERY SELECT b.purpose, b.currency, b.periods, b.earned
	FROM billing_balance AS b WHERE b.subject = whose ORDER BY b.purpose, b.currency;
END
$$;
COMMENT ON FUNCTION mobanon.reward_balance(text) IS
'For a token: what its subject has earned, per purpose and currency.';
