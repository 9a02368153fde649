/*
 * Who is asking?  A code is sent to the subject (a telephone number); whoever
 * types it in gets a token; the customer's functions answer to a token.
 *
 * There is no list of customers here, so every number is treated alike: the
 * same answer, the same rows, the same work.  And a rolled-back try must tell
 * nothing, or the limit of tries could be rolled back with it: redeem_code()
 * gives a token for a wrong code, too, and no token holds before the
 * transaction that made it has committed, its try counted.
 *
 * UNLOGGED: codes and tokens are in no WAL, on no standby and in no dump; a
 * crash ends them all, and customers ask for new ones.
 */
CREATE TABLE mobanon.code_limit (
	only_row	boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	code_validity interval CHECK (code_validity BETWEEN '1 minute' AND '1 hour'),
	tries_per_code int CHECK (tries_per_code BETWEEN 1 AND 10),
	codes_per_hour int CHECK (codes_per_hour BETWEEN 1 AND 100),
	codes_per_day int CHECK (codes_per_day BETWEEN 1 AND 1000),
	all_codes_per_hour int CHECK (all_codes_per_hour BETWEEN 1 AND 10000000),
	all_tries_per_hour int CHECK (all_tries_per_hour BETWEEN 1 AND 10000000),
	token_validity interval CHECK (token_validity BETWEEN '1 minute' AND '1 day')
);
COMMENT ON TABLE mobanon.code_limit IS
'How long codes and tokens hold, how often a code may be tried, and how many codes go to one subject and to all together. NULL: the default, see code_limits(). Changed by set_code_limits().';
COMMENT ON COLUMN mobanon.code_limit.only_row IS 'there is one row';
COMMENT ON COLUMN mobanon.code_limit.code_validity IS 'how long a code holds';
COMMENT ON COLUMN mobanon.code_limit.tries_per_code IS 'how often a code may be tried';
COMMENT ON COLUMN mobanon.code_limit.codes_per_hour IS 'codes sent to one subject in an hour';
COMMENT ON COLUMN mobanon.code_limit.codes_per_day IS 'codes sent to one subject in a day';
COMMENT ON COLUMN mobanon.code_limit.all_codes_per_hour IS 'codes sent to all together in an hour';
COMMENT ON COLUMN mobanon.code_limit.all_tries_per_hour IS 'codes tried by all together in an hour';
COMMENT ON COLUMN mobanon.code_limit.token_validity IS 'how long a token holds';
SELECT pg_catalog.pg_extension_config_dump('mobanon.code_limit', '');

CREATE FUNCTION mobanon.code_limits(OUT code_validity interval, OUT tries_per_code int, OUT codes_per_hour int, OUT codes_per_day int,
	OUT all_codes_per_hour int, OUT all_tries_per_hour int, OUT token_validity interval) RETURNS record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT COALESCE(l.code_validity, '10 minutes'), COALESCE(l.tries_per_code, 3), COALESCE(l.codes_per_hour, 3),
		COALESCE(l.codes_per_day, 10), COALESCE(l.all_codes_per_hour, 1000), COALESCE(l.all_tries_per_hour, 3000),
		COALESCE(l.token_validity, '15 minutes')
	FROM (VALUES (true)) AS v (only_row) LEFT JOIN mobanon.code_limit AS l USING (only_row);
END;
COMMENT ON FUNCTION mobanon.code_limits() IS 'The limits of codes and tokens that hold now.';

CREATE UNLOGGED TABLE mobanon.access_code (
	subject		text COLLATE "C" PRIMARY KEY,
	salt		uuid NOT NULL,
	code_hash	bytea NOT NULL,
	expires_at	timestamptz NOT NULL,
	tries		int NOT NULL,
	touched_at	timestamptz NOT NULL
);
CREATE INDEX access_code_touched ON mobanon.access_code (touched_at);
COMMENT ON TABLE mobanon.access_code IS
'The latest code of each subject that asked, hashed, and how often it was tried. A subject for which a code was tried that never asked for one has a row as well.';

CREATE UNLOGGED TABLE mobanon.code_event (
	subject		text COLLATE "C" NOT NULL,
	event		text NOT NULL CHECK (event IN ('sent', 'held', 'tried')),
	at			timestamptz NOT NULL
);
CREATE INDEX code_event_subject ON mobanon.code_event (subject, at);
CREATE INDEX code_event_at ON mobanon.code_event (event, at);
COMMENT ON TABLE mobanon.code_event IS
'Which codes were sent, held back by a limit, and tried, for a day: what the limits are counted from.';

CREATE UNLOGGED TABLE mobanon.access_token (
	token_hash	bytea PRIMARY KEY,
	subject		text COLLATE "C" NOT NULL,
	holds		boolean NOT NULL,
	writer		xid8 NOT NULL,
	issued_at	timestamptz NOT NULL,
	expires_at	timestamptz NOT NULL
);
CREATE INDEX access_token_subject ON mobanon.access_token (subject);
CREATE INDEX access_token_expires ON mobanon.access_token (expires_at);
COMMENT ON TABLE mobanon.access_token IS
'Tokens, hashed. holds: false for one that was given for a wrong code.';

CREATE UNLOGGED TABLE mobanon.outbox (
	message_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	subject		text COLLATE "C" NOT NULL,
	code		text NOT NULL,
	held		boolean NOT NULL,
	expires_at	timestamptz NOT NULL,
	written_at	timestamptz NOT NULL
);
COMMENT ON TABLE mobanon.outbox IS
'Codes for the operator''s SMS gateway, which takes them with take_messages(). held: over a limit, not sent.';

CREATE FUNCTION mobanon.set_code_limits(code_validity interval DEFAULT NULL, tries_per_code int DEFAULT NULL,
	codes_per_hour int DEFAULT NULL, codes_per_day int DEFAULT NULL, all_codes_per_hour int DEFAULT NULL,
	all_tries_per_hour int DEFAULT NULL, token_validity interval DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	INSERT INTO code_limit AS l (code_validity, tries_per_code, codes_per_hour, codes_per_day, all_codes_per_hour, all_tries_per_hour, token_validity)
	VALUES (code_validity, tries_per_code, codes_per_hour, codes_per_day, all_codes_per_hour, all_tries_per_hour, token_validity)
	ON CONFLICT (only_row) DO UPDATE SET
		code_validity = COALESCE(excluded.code_validity, l.code_validity),
		tries_per_code = COALESCE(excluded.tries_per_code, l.tries_per_code),
		codes_per_hour = COALESCE(excluded.codes_per_hour, l.codes_per_hour),
		codes_per_day = COALESCE(excluded.codes_per_day, l.codes_per_day),
		all_codes_per_hour = COALESCE(excluded.all_codes_per_hour, l.all_codes_per_hour),
		all_tries_per_hour = COALESCE(excluded.all_tries_per_hour, l.all_tries_per_hour),
		token_validity = COALESCE(excluded.token_validity, l.token_validity)
$$;
COMMENT ON FUNCTION mobanon.set_code_limits(interval, int, int, int, int, int, interval) IS
'Changes the limits of codes and tokens; NULL leaves one as it is. Somebody who may try everything allowed for one number finds its code with a chance of tries_per_code * codes_per_day in a million per day; for any number at all, of all_tries_per_hour in a million per hour.';

/* ---- random and hashed ---- */

CREATE FUNCTION mobanon.random_code() RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	draw	bigint;
BEGIN
	-- The first 32 bits of a version-4 UUID are random, from pg_strong_random(); those above the last whole million are drawn again.
	LOOP
		draw := ('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint;
		EXIT WHEN draw < 4294000000;
	END LOOP;
	RETURN lpad((draw % 1000000)::text, 6, '0');
END
$$;
COMMENT ON FUNCTION mobanon.random_code() IS 'For request_code(): six digits, each of the million codes as likely as any other.';

CREATE FUNCTION mobanon.code_hash(code text, salt uuid) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	hash	bytea := uuid_send(salt) || convert_to(code, 'UTF8');
BEGIN
	FOR round IN 1 .. 1000 LOOP
		hash := sha256(hash || uuid_send(salt));
	END LOOP;
	RETURN hash;
END
$$;
COMMENT ON FUNCTION mobanon.code_hash(text, uuid) IS
'For codes: SHA-256 over code and salt, a thousand times. A million codes are soon tried all the same: what protects a code is that it holds for minutes and that nobody reads the table.';

CREATE FUNCTION mobanon.check_subject(subject text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF subject IS NULL OR length(subject) NOT BETWEEN 1 AND 255 OR btrim(subject) <> subject THEN
		RAISE EXCEPTION 'a subject identifier has 1 to 255 characters and no space around it'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Bring telephone numbers into one form first: mobanon.normalize_msisdn().';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_subject(text) IS 'For codes: refuses what cannot be a subject identifier, without quoting it.';

/* ---- code to token ---- */

CREATE FUNCTION mobanon.request_code(subject text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	limits	record;
	new_code text := random_code();
	new_salt uuid := gen_random_uuid();
	new_hash bytea := code_hash(new_code, new_salt);
	started	timestamptz := clock_timestamp();
	asked	record;
	send	boolean;
BEGIN
	PERFORM check_subject(request_code.subject);
	SELECT * INTO limits FROM code_limits();
	IF (SELECT count(*) FROM (SELECT FROM code_event AS e WHERE e.event = 'sent' AND e.at > clock_timestamp() - interval '1 hour'
							  LIMIT limits.all_codes_per_hour) AS e) >= limits.all_codes_per_hour THEN
		RAISE EXCEPTION 'too many codes are asked for at the moment'
			USING ERRCODE = 'configuration_limit_exceeded', HINT = 'Try again in a few minutes. The limit is mobanon.set_code_limits(all_codes_per_hour).';
	END IF;
	-- First the row, so that calls for one subject come one after the other; each sees what the one before counted.
	INSERT INTO access_code AS c (subject, salt, code_hash, expires_at, tries, touched_at)
	VALUES (request_code.subject, new_salt, '', '-infinity', 0, started)
	ON CONFLICT (subject) DO UPDATE SET touched_at = excluded.touched_at;
	SELECT count(*) FILTER (WHERE e.at > started - interval '1 hour') AS hour, count(*) AS day INTO asked
	FROM code_event AS e WHERE e.subject = request_code.subject AND e.event = 'sent' AND e.at > started - interval '1 day';
	send := asked.hour < limits.codes_per_hour AND asked.day < limits.codes_per_day;
	UPDATE access_code AS c SET
		salt = CASE WHEN send THEN new_salt ELSE c.salt END,
		code_hash = CASE WHEN send THEN new_hash ELSE c.code_hash END,
		expires_at = CASE WHEN send THEN started + limits.code_validity ELSE c.expires_at END,
		tries = CASE WHEN send THEN 0 ELSE c.tries END
	WHERE c.subject = request_code.subject;
	INSERT INTO code_event (subject, event, at) VALUES (request_code.subject, CASE WHEN send THEN 'sent' ELSE 'held' END, started);
	INSERT INTO outbox (subject, code, held, expires_at, written_at)
	VALUES (request_code.subject, CASE WHEN send THEN new_code ELSE '' END, NOT send, started + limits.code_validity, started);
	NOTIFY mobanon_outbox;
	RETURN format('If this number can receive messages, a code is on its way. It holds for %s minutes. At most %s codes an hour and %s a day are sent to a number.',
		ceil(extract(epoch FROM limits.code_validity) / 60), limits.codes_per_hour, limits.codes_per_day);
END
$$;
COMMENT ON FUNCTION mobanon.request_code(text) IS
'Sends a one-time code to a subject, by way of the outbox, and ends the code before it; NOTIFY mobanon_outbox tells the gateway, without the number. The answer is the same for every number, also for one that has had its share of codes. SQLSTATE 53400 when too many codes are asked for by all together.';

CREATE FUNCTION mobanon.redeem_code(subject text, code text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	limits	record;
	latest	access_code;
	started	timestamptz := clock_timestamp();
	token	text := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
	right_code boolean;
BEGIN
	PERFORM check_subject(redeem_code.subject);
	SELECT * INTO limits FROM code_limits();
	IF (SELECT count(*) FROM (SELECT FROM code_event AS e WHERE e.event = 'tried' AND e.at > clock_timestamp() - interval '1 hour'
							  LIMIT limits.all_tries_per_hour) AS e) >= limits.all_tries_per_hour THEN
		RAISE EXCEPTION 'too many codes are tried at the moment'
			USING ERRCODE = 'configuration_limit_exceeded', HINT = 'Try again in a few minutes. The limit is mobanon.set_code_limits(all_tries_per_hour).';
	END IF;
	-- Counted before it is compared, in a row that tries at the same time wait for.
	INSERT INTO access_code AS c (subject, salt, code_hash, expires_at, tries, touched_at)
	VALUES (redeem_code.subject, gen_random_uuid(), '', '-infinity', 1, started)
	ON CONFLICT (subject) DO UPDATE SET tries = c.tries + 1, touched_at = excluded.touched_at
	RETURNING * INTO latest;
	right_code := code_hash(COALESCE(redeem_code.code, ''), latest.salt) = latest.code_hash;
	right_code := right_code AND latest.expires_at > started AND latest.tries <= limits.tries_per_code;
	-- A code is good once.
	UPDATE access_code AS c SET expires_at = CASE WHEN right_code THEN '-infinity' ELSE c.expires_at END
	WHERE c.subject = redeem_code.subject;
	INSERT INTO code_event (subject, event, at) VALUES (redeem_code.subject, 'tried', started);
	INSERT INTO access_token (token_hash, subject, holds, writer, issued_at, expires_at)
	VALUES (sha256(convert_to(token, 'UTF8')), redeem_code.subject, right_code, pg_current_xact_id(), started, started + limits.token_validity);
	RETURN token;
END
$$;
COMMENT ON FUNCTION mobanon.redeem_code(text, text) IS
'Tries a code and returns a token, also for a wrong, used or expired one: whether the token holds is told by the function it is used with, and only after the transaction of this call has committed. So a try that is rolled back tells nothing. SQLSTATE 53400 when too many codes are tried by all together.';

CREATE FUNCTION mobanon.token_subject(token text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	found_subject text;
BEGIN
	SELECT t.subject INTO found_subject FROM access_token AS t
	WHERE t.token_hash = sha256(convert_to(token_subject.token, 'UTF8')) AND t.holds AND t.expires_at > clock_timestamp()
	AND t.writer IS DISTINCT FROM pg_current_xact_id_if_assigned()
	-- the number was handed on in the meantime
	AND NOT EXISTS (SELECT FROM consent_ledger AS l WHERE l.subject = t.subject AND l.state = 'ended' AND l.recorded_at >= t.issued_at
		-- carry_ends() only says again what was known
		AND NOT (l.channel = 'system' AND l.actor = 'mobanon'));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the token does not hold'
			USING ERRCODE = 'invalid_authorization_specification',
				  HINT = 'The code was wrong or was used before, or the token has expired; or the transaction of redeem_code() has not committed. Ask for a new code with mobanon.request_code().';
	END IF;
	RETURN found_subject;
END
$$;
COMMENT ON FUNCTION mobanon.token_subject(text) IS
'For the customer''s functions: whose token it is. Any token that does not hold gives the same error, SQLSTATE 28000.';

CREATE FUNCTION mobanon.end_token(token text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ DELETE FROM access_token AS t WHERE t.token_hash = sha256(convert_to(end_token.token, 'UTF8')) $$;
COMMENT ON FUNCTION mobanon.end_token(text) IS 'Ends a token, as when the customer signs out; says nothing about whether it held.';

/* ---- gateway and housekeeping ---- */

CREATE FUNCTION mobanon.take_messages(batch int DEFAULT 100)
RETURNS TABLE (message_id bigint, subject text, code text, expires_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH next AS (
		SELECT o.message_id FROM outbox AS o WHERE NOT o.held AND o.expires_at > clock_timestamp()
		ORDER BY o.message_id LIMIT batch FOR UPDATE SKIP LOCKED
	), taken AS (
		DELETE FROM outbox AS o USING next AS n WHERE o.message_id = n.message_id
		RETURNING o.message_id, o.subject, o.code, o.expires_at
	)
	SELECT * FROM taken AS t ORDER BY t.message_id
$$;
COMMENT ON FUNCTION mobanon.take_messages(int) IS
'For the operator''s SMS gateway: takes up to "batch" codes out of the outbox, oldest first. Messages come back when the transaction is rolled back; gateways can run side by side.';

CREATE FUNCTION mobanon.forget_codes() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH message AS (
		DELETE FROM outbox AS o WHERE o.expires_at < clock_timestamp() RETURNING 1
	), token AS (
		DELETE FROM access_token AS t WHERE t.expires_at < clock_timestamp() RETURNING 1
	), event AS (
		DELETE FROM code_event AS e WHERE e.at < clock_timestamp() - interval '1 day' RETURNING 1
	), code AS (
		DELETE FROM access_code AS c WHERE c.touched_at < clock_timestamp() - interval '1 day' RETURNING 1
	)
	SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM token) + (SELECT count(*) FROM event) + (SELECT count(*) FROM code)
$$;
COMMENT ON FUNCTION mobanon.forget_codes() IS
'Removes codes, tokens and messages that have expired, and what was asked and tried more than a day ago; returns how many rows. Run it every hour or so.';
