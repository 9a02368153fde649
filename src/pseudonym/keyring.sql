/*
 * The keyring.  Each (domain, epoch) has a random key of its own, stored only
 * wrapped by the root key, which is outside the database (root_key.c).
 *
 * keyring.c reads these tables by column number: columns are only ever added
 * at the end.
 */
CREATE TABLE mobanon.key_domain (
	domain		text COLLATE "C" PRIMARY KEY CHECK (length(domain) BETWEEN 1 AND 63),
	domain_id	int NOT NULL UNIQUE,
	period		interval NOT NULL,
	starts_at	timestamptz NOT NULL CHECK (isfinite(starts_at)),
	periods		int NOT NULL DEFAULT 0 CHECK (periods >= 0),
	created_at	timestamptz NOT NULL DEFAULT now()
) USING heap;
COMMENT ON TABLE mobanon.key_domain IS
'Pseudonym domains. The keys of a domain cover "periods" rotation periods from starts_at, without a gap.';

-- No foreign key: domains are never deleted, and pg_restore -j loads tables in any order.
CREATE TABLE mobanon.key_epoch (
	domain_id	int NOT NULL,
	epoch		int NOT NULL CHECK (epoch > 0),
	starts_at	timestamptz NOT NULL,
	ends_at		timestamptz NOT NULL,
	-- the end of the epoch before; NULL for the first epoch of a domain
	follows		timestamptz CHECK (follows = starts_at),
	wrapped_key	bytea,
	root_key	text NOT NULL CHECK (root_key ~ '^[0-9a-f]{16}$'),
	created_at	timestamptz NOT NULL DEFAULT now(),
	shredded_at	timestamptz,
	PRIMARY KEY (domain_id, epoch),
	CHECK (starts_at < ends_at AND isfinite(starts_at) AND isfinite(ends_at)),
	CHECK ((wrapped_key IS NULL) = (shredded_at IS NOT NULL)),
	CHECK (length(wrapped_key) = 61),
	CONSTRAINT key_epoch_no_overlap EXCLUDE USING gist
		(int4range(domain_id, domain_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&),
	CONSTRAINT key_epoch_ends_at UNIQUE (domain_id, ends_at),
	-- one epoch is the first
	CONSTRAINT key_epoch_follows UNIQUE NULLS NOT DISTINCT (domain_id, follows)
) USING heap;	-- erase.c overwrites keys in its pages
-- in the row, never in a TOAST table or, by ANALYZE, in pg_statistic
ALTER TABLE mobanon.key_epoch ALTER COLUMN wrapped_key SET STORAGE PLAIN,
	ALTER COLUMN wrapped_key SET STATISTICS 0;
COMMENT ON TABLE mobanon.key_epoch IS
'Keys of pseudonym domains: AES-256-GCM under the root key with fingerprint root_key, for times from starts_at up to, not including, ends_at. NULL once shredded.';

-- The keys travel with a dump, wrapped: useless without the root key.
SELECT pg_catalog.pg_extension_config_dump('mobanon.key_domain', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.key_epoch', '');

CREATE FUNCTION mobanon.keyring_changed() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'keyring_changed';
COMMENT ON FUNCTION mobanon.keyring_changed() IS
'Trigger: makes every session drop the keys it holds when this transaction commits.';

CREATE TRIGGER keyring_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON mobanon.key_domain
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.keyring_changed();
CREATE TRIGGER keyring_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON mobanon.key_epoch
	FOR EACH STATEMENT EXECUTE FUNCTION mobanon.keyring_changed();
-- also in a session that replicates
ALTER TABLE mobanon.key_domain ENABLE ALWAYS TRIGGER keyring_changed;
ALTER TABLE mobanon.key_epoch ENABLE ALWAYS TRIGGER keyring_changed;

-- No gap: every epoch but the first starts where another one ends.  It would be
-- a foreign key of the table to itself, but pg_dump warns of those, every night.
CREATE FUNCTION mobanon.check_no_gap() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	-- the borders that this row had, and has
	border	timestamptz;
BEGIN
	FOREACH border IN ARRAY ARRAY[OLD.ends_at, NEW.follows] LOOP
		IF EXISTS (SELECT FROM key_epoch WHERE domain_id = COALESCE(NEW.domain_id, OLD.domain_id) AND follows = border)
			AND NOT EXISTS (SELECT FROM key_epoch WHERE domain_id = COALESCE(NEW.domain_id, OLD.domain_id) AND ends_at = border) THEN
			RAISE EXCEPTION 'an epoch of a pseudonym domain starts where no other ends'
				USING ERRCODE = 'integrity_constraint_violation', TABLE = 'key_epoch', SCHEMA = 'mobanon', CONSTRAINT = TG_NAME,
					  HINT = 'Epochs are made and changed by mobanon.extend_domain() and mobanon.rotate_key().';
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mobanon.check_no_gap() IS
'Trigger: when a transaction commits, the epochs of a domain follow each other without a gap.';
CREATE CONSTRAINT TRIGGER key_epoch_no_gap AFTER INSERT OR UPDATE OF domain_id, ends_at, follows OR DELETE ON mobanon.key_epoch
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mobanon.check_no_gap();

CREATE VIEW mobanon.keyring AS
SELECT d.domain, e.epoch, e.starts_at, e.ends_at,
	-- zeros: shredded, and then the server failed before the row said so
	CASE WHEN e.shredded_at IS NOT NULL OR get_byte(e.wrapped_key, 0) = 0 THEN 'shredded'
		 WHEN e.ends_at <= now() THEN 'past'
		 WHEN e.starts_at > now() THEN 'future'
		 ELSE 'current' END AS state,
	e.root_key, e.created_at, e.shredded_at
FROM mobanon.key_epoch AS e
JOIN mobanon.key_domain AS d USING (domain_id)
ORDER BY d.domain, e.starts_at;
COMMENT ON VIEW mobanon.keyring IS
'Every key of every pseudonym domain, in the order of time, without the keys: its time, its state, and the fingerprint of the root key that wraps it.';
COMMENT ON COLUMN mobanon.keyring.domain IS 'pseudonym domain';
COMMENT ON COLUMN mobanon.keyring.epoch IS 'number of the epoch; never used twice in a domain';
COMMENT ON COLUMN mobanon.keyring.starts_at IS 'from when on the key holds';
COMMENT ON COLUMN mobanon.keyring.ends_at IS 'until when, not included';
COMMENT ON COLUMN mobanon.keyring.state IS 'past, current, future, or shredded: the key is destroyed';
COMMENT ON COLUMN mobanon.keyring.root_key IS 'fingerprint of the root key that wraps the key, see key_fingerprint()';
COMMENT ON COLUMN mobanon.keyring.created_at IS 'when the key was made';
COMMENT ON COLUMN mobanon.keyring.shredded_at IS 'when the key was destroyed';

CREATE FUNCTION mobanon.key_fingerprint() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_fingerprint';
COMMENT ON FUNCTION mobanon.key_fingerprint() IS
'Fingerprint of this server''s root key, 16 hexadecimal digits: equal on two servers that have the same root key.';

CREATE FUNCTION mobanon.new_wrapped_key(domain text, epoch int) RETURNS bytea
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'new_wrapped_key';
COMMENT ON FUNCTION mobanon.new_wrapped_key(text, int) IS
'For the keyring''s own functions: a new random key, wrapped for this domain and epoch.';

CREATE FUNCTION mobanon.rewrapped_key(domain text, epoch int, wrapped bytea, fingerprint text) RETURNS bytea
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'rewrapped_key';
COMMENT ON FUNCTION mobanon.rewrapped_key(text, int, bytea, text) IS
'For the keyring''s own functions: the same key, wrapped by the current root key instead of the one with this fingerprint.';

-- Periods are counted in UTC, from the start of the domain: 2 months after
-- 31 December are 1 month after 31 January, in every session's time zone.
CREATE FUNCTION mobanon.period_end(starts_at timestamptz, period interval, periods int) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (starts_at AT TIME ZONE 'UTC' + periods * period) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION mobanon.period_end(timestamptz, interval, int) IS
'For the keyring''s own functions: the end of the given number of periods, counted in UTC.';

CREATE FUNCTION mobanon.lock_domain(domain text) RETURNS mobanon.key_domain
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	d		key_domain;
BEGIN
	SELECT * INTO d FROM key_domain AS k WHERE k.domain = lock_domain.domain FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'pseudonym domain "%" does not exist', lock_domain.domain
			USING ERRCODE = 'MP005', HINT = CASE lock_domain.domain WHEN 'proof of consent'
				THEN 'mobanon.erase_subject() makes it when it needs it.' ELSE 'Make it with mobanon.create_domain().' END;
	END IF;
	RETURN d;
END
$$;
COMMENT ON FUNCTION mobanon.lock_domain(text) IS
'For the keyring''s own functions: the domain, locked so that its epochs change one call at a time.';

CREATE FUNCTION mobanon.add_epochs(domain text, until timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	most	CONSTANT int := 10000;
	d		key_domain;
	number	int;
	last	timestamptz;
	next	timestamptz;
	added	int := 0;
BEGIN
	d := lock_domain(add_epochs.domain);
	IF NOT isfinite(until) THEN
		RAISE EXCEPTION 'keys are made for a finite time'
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Make them some periods ahead, and more with mobanon.extend_domain().';
	END IF;
	SELECT max(e.epoch), max(e.ends_at) INTO number, last FROM key_epoch AS e WHERE e.domain_id = d.domain_id;
	WHILE COALESCE(last, d.starts_at) < until LOOP
		next := period_end(d.starts_at, d.period, d.periods + 1);
		added := added + 1;
		IF added > most THEN
			RAISE EXCEPTION 'more than % epochs in one call', most
				USING ERRCODE = 'program_limit_exceeded',
					  HINT = 'Take a longer period, or an earlier end.';
		END IF;
		number := COALESCE(number, 0) + 1;
		INSERT INTO key_epoch (domain_id, epoch, starts_at, ends_at, follows, wrapped_key, root_key)
		VALUES (d.domain_id, number, COALESCE(last, d.starts_at), next, last,
				new_wrapped_key(add_epochs.domain, number), key_fingerprint());
		d.periods := d.periods + 1;
		last := next;
	END LOOP;
	IF added > 0 THEN
		UPDATE key_domain AS k SET periods = d.periods WHERE k.domain_id = d.domain_id;
	END IF;
	RETURN added;
END
$$;
COMMENT ON FUNCTION mobanon.add_epochs(text, timestamptz) IS
'For the keyring''s own functions: appends epochs to a domain until they reach the given time.';

CREATE FUNCTION mobanon.make_domain(domain text, period interval, starts_at timestamptz, ends_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	first	timestamptz := COALESCE(make_domain.starts_at, date_trunc('day', now(), 'UTC'));
	until	timestamptz;
BEGIN
	IF make_domain.domain IS NULL OR make_domain.period IS NULL THEN
		RAISE EXCEPTION 'a pseudonym domain needs a name and a rotation period'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT mobanon.create_domain(''retail'', ''1 day'').';
	END IF;
	IF length(make_domain.domain) NOT BETWEEN 1 AND 63 THEN
		RAISE EXCEPTION 'the name of a pseudonym domain has 1 to 63 characters'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Take a shorter name; it cannot be changed later.';
	END IF;
	IF NOT isfinite(first) OR NOT isfinite(COALESCE(make_domain.ends_at, now())) THEN
		RAISE EXCEPTION 'keys are made for a finite time'
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Make them some periods ahead, and more with mobanon.extend_domain().';
	END IF;
	IF period_end(first, make_domain.period, 1) <= first
		OR period_end(first, make_domain.period, 2) <= period_end(first, make_domain.period, 1) THEN
		RAISE EXCEPTION 'the rotation period must be positive'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'For how long a subject keeps its pseudonym: for example ''1 day'', ''1 month''.';
	END IF;
	until := COALESCE(make_domain.ends_at, period_end(GREATEST(first, now()), make_domain.period, 2));
	IF until <= first THEN
		RAISE EXCEPTION 'the domain would end before it starts'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'starts_at is the third argument, ends_at the fourth.';
	END IF;
	-- the lock keeps two creators from taking one number
	LOCK TABLE key_domain IN SHARE ROW EXCLUSIVE MODE;
	IF EXISTS (SELECT FROM key_domain AS k WHERE k.domain = make_domain.domain) THEN
		RAISE EXCEPTION 'pseudonym domain "%" already exists', make_domain.domain
			USING ERRCODE = 'duplicate_object',
				  HINT = 'Make keys for later times with mobanon.extend_domain().';
	END IF;
	INSERT INTO key_domain (domain, domain_id, period, starts_at)
	SELECT make_domain.domain, COALESCE(max(k.domain_id), 0) + 1, make_domain.period, first
	FROM key_domain AS k;
	PERFORM add_epochs(make_domain.domain, until);
END
$$;
COMMENT ON FUNCTION mobanon.make_domain(text, interval, timestamptz, timestamptz) IS
'For create_domain() and proof_hash(): makes a domain by any name.';

CREATE FUNCTION mobanon.create_domain(domain text, period interval,
	starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF create_domain.domain = 'proof of consent' THEN
		RAISE EXCEPTION 'the name "%" is reserved', create_domain.domain
			USING ERRCODE = 'reserved_name', HINT = 'mobanon.erase_subject() makes this domain when it needs it; take another name.';
	END IF;
	PERFORM make_domain(create_domain.domain, create_domain.period, create_domain.starts_at, create_domain.ends_at);
END
$$;
COMMENT ON FUNCTION mobanon.create_domain(text, interval, timestamptz, timestamptz) IS
'Makes a pseudonym domain whose key changes every period, with keys from starts_at (default: midnight UTC) up to ends_at (default: two periods from now). The same subject has unrelated pseudonyms in two domains and in two epochs of one.';

CREATE FUNCTION mobanon.extend_domain(domain text, until timestamptz) RETURNS int
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT add_epochs(domain, until) $$;
COMMENT ON FUNCTION mobanon.extend_domain(text, timestamptz) IS
'Appends epochs to a domain so that it has keys for every time before "until"; returns how many were added, 0 when it had them.';

CREATE FUNCTION mobanon.rotate_key(domain text) RETURNS int
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	d		CONSTANT key_domain := lock_domain(rotate_key.domain);
	-- not now(): another session may have rotated while this one waited
	moment	CONSTANT timestamptz := clock_timestamp();
	present	key_epoch;
	future	key_epoch;
	first	int;
	number	int;
BEGIN
	SELECT max(e.epoch) + 1 INTO first FROM key_epoch AS e WHERE e.domain_id = d.domain_id;
	SELECT * INTO present FROM key_epoch AS e
	WHERE e.domain_id = d.domain_id AND e.starts_at < moment AND moment < e.ends_at;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'pseudonym domain "%" has no key for the present', rotate_key.domain
			USING ERRCODE = 'MP001',
				  HINT = 'If it has ended, extend it with mobanon.extend_domain(); the view mobanon.keyring shows its epochs.';
	END IF;
	UPDATE key_epoch AS e SET ends_at = moment WHERE e.domain_id = d.domain_id AND e.epoch = present.epoch;
	-- A number is never used twice: it is part of what a wrapped key is bound to.
	-- What was shredded ahead stays, or nobody could tell that it was.
	number := first;
	FOR future IN
		WITH ahead AS (
			DELETE FROM key_epoch AS e WHERE e.domain_id = d.domain_id AND e.starts_at > moment AND get_byte(e.wrapped_key, 0) <> 0 RETURNING *
		)
		SELECT * FROM ahead ORDER BY starts_at
	LOOP
		number := number + 1;
		INSERT INTO key_epoch (domain_id, epoch, starts_at, ends_at, follows, wrapped_key, root_key)
		VALUES (d.domain_id, number, future.starts_at, future.ends_at, future.starts_at,
				new_wrapped_key(rotate_key.domain, number), key_fingerprint());
	END LOOP;
	INSERT INTO key_epoch (domain_id, epoch, starts_at, ends_at, follows, wrapped_key, root_key)
	VALUES (d.domain_id, first, moment, present.ends_at, moment,
			new_wrapped_key(rotate_key.domain, first), key_fingerprint());
	RETURN first;
END
$$;
COMMENT ON FUNCTION mobanon.rotate_key(text) IS
'Ends the present epoch of a domain now: from this moment on every subject has a new, unrelated pseudonym. Keys that were made ahead are replaced too, those that were shredded excepted. Returns the number of the new epoch. A statement that runs while this commits may use either key for times after it.';

CREATE FUNCTION mobanon.shred_epoch(domain text, epoch int) RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	d		CONSTANT key_domain := lock_domain(shred_epoch.domain);
	e		key_epoch;
	waiting	text;
BEGIN
	UPDATE key_epoch AS k SET wrapped_key = NULL, shredded_at = now()
	WHERE k.domain_id = d.domain_id AND k.epoch = shred_epoch.epoch AND k.shredded_at IS NULL
	RETURNING * INTO e;
	IF NOT FOUND THEN
		IF EXISTS (SELECT FROM key_epoch AS k WHERE k.domain_id = d.domain_id AND k.epoch = shred_epoch.epoch) THEN
			RETURN false;
		END IF;
		RAISE EXCEPTION 'pseudonym domain "%" has no epoch %', shred_epoch.domain, shred_epoch.epoch
			USING ERRCODE = 'undefined_object', HINT = 'The view mobanon.keyring shows its epochs.';
	END IF;
	IF e.starts_at <= now() AND now() < e.ends_at THEN
		RAISE WARNING 'pseudonym domain "%" now has no key for the present', shred_epoch.domain
			USING HINT = 'mobanon.rotate_key() starts a new one.';
	ELSIF e.starts_at > now() THEN
		RAISE WARNING 'epoch % of pseudonym domain "%" is still to come, and will have no key', shred_epoch.epoch, shred_epoch.domain
			USING HINT = 'Neither mobanon.rotate_key() nor mobanon.extend_domain() gives its time another one. Until it is committed, the shredding can be rolled back.';
	END IF;
	SELECT string_agg(p, ', ') INTO waiting FROM pipelines_waiting_for(shred_epoch.domain, shred_epoch.epoch) AS p;
	IF waiting IS NOT NULL THEN
		RAISE WARNING 'windows that need epoch % of pseudonym domain "%" are not published yet: %', shred_epoch.epoch, shred_epoch.domain, waiting
			USING HINT = 'They can never be computed now: publishing stops before them, and mobanon.skip_windows() passes over them. Until it is committed, the shredding can be rolled back.';
	END IF;
	RETURN true;
END
$$;
COMMENT ON FUNCTION mobanon.shred_epoch(text, int) IS
'Destroys the key of an epoch, for good: its pseudonyms can never again be made or linked to a subject. Returns false if it was shredded before. Warns of the present, of an epoch that is still to come, and of pipelines that have not published its windows. Effective for every session when the transaction commits, whatever its isolation level. Backups and archived WAL from before still hold the wrapped key: see doc/keys.md.';

CREATE FUNCTION mobanon.rewrap_keys() RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	rewrapped	int;
BEGIN
	PERFORM FROM key_domain ORDER BY domain_id FOR UPDATE;
	UPDATE key_epoch AS e
	SET wrapped_key = rewrapped_key(d.domain, e.epoch, e.wrapped_key, e.root_key), root_key = key_fingerprint()
	FROM key_domain AS d
	WHERE d.domain_id = e.domain_id AND get_byte(e.wrapped_key, 0) <> 0 AND e.root_key <> key_fingerprint();
	GET DIAGNOSTICS rewrapped = ROW_COUNT;
	RETURN rewrapped;
END
$$;
COMMENT ON FUNCTION mobanon.rewrap_keys() IS
'After a change of the root key: wraps every key that the previous root key wraps by the current one, all or none, while other sessions go on. Returns how many. Call it until it returns 0, which also overwrites the old wrappings in the table''s file.';
