/*
 * What consent is given for, through which channels, and who receives results.
 */
CREATE TABLE mobanon.purpose (
	purpose_id	int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	purpose		text COLLATE "C" NOT NULL UNIQUE CHECK (purpose ~ '^[a-z][a-z0-9_]{0,47}$'),
	description	text NOT NULL,
	notice_version text NOT NULL,
	validity	interval,
	use_earlier_events boolean NOT NULL DEFAULT false,
	unproven_channels text[] NOT NULL DEFAULT '{}',
	created_at	timestamptz NOT NULL DEFAULT now(),
	withdrawal_limit interval NOT NULL DEFAULT '24 hours' CHECK (withdrawal_limit > '0')
);
COMMENT ON TABLE mobanon.purpose IS
'What consent is given for. validity: how long a consent lasts (NULL: until withdrawn); use_earlier_events: whether events from before the grant may be used; unproven_channels: channels without proof from the subject whose grants count all the same; withdrawal_limit: within what time a withdrawal has to be in effect.';
COMMENT ON COLUMN mobanon.purpose.purpose_id IS 'number of the purpose';
COMMENT ON COLUMN mobanon.purpose.purpose IS 'name of the purpose';
COMMENT ON COLUMN mobanon.purpose.description IS 'what it is, as customers read it';
COMMENT ON COLUMN mobanon.purpose.notice_version IS 'version of the notice that decisions refer to now';
COMMENT ON COLUMN mobanon.purpose.validity IS 'how long a consent lasts; NULL: until it is withdrawn';
COMMENT ON COLUMN mobanon.purpose.use_earlier_events IS 'whether events from before a grant may be used';
COMMENT ON COLUMN mobanon.purpose.unproven_channels IS 'channels without proof from the subject whose grants count all the same; set_unproven_channels()';
COMMENT ON COLUMN mobanon.purpose.created_at IS 'when it was made';
COMMENT ON COLUMN mobanon.purpose.withdrawal_limit IS 'within what time a withdrawal has to be in effect; set_withdrawal_limit()';

-- No foreign keys from here on: purposes are never deleted, the functions that write check
-- them, and pg_restore -j loads tables in any order.
CREATE TABLE mobanon.purpose_notice (
	purpose		text COLLATE "C" NOT NULL,
	version		text NOT NULL,
	notice		text NOT NULL,
	since		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (purpose, version)
);
COMMENT ON TABLE mobanon.purpose_notice IS
'Every version of the text that subjects are shown when they decide.';
COMMENT ON COLUMN mobanon.purpose_notice.purpose IS 'the purpose';
COMMENT ON COLUMN mobanon.purpose_notice.version IS 'version of the text';
COMMENT ON COLUMN mobanon.purpose_notice.notice IS 'the text that subjects are shown';
COMMENT ON COLUMN mobanon.purpose_notice.since IS 'since when the version is there';

-- state_read.c reads this table by column number: columns are only added at the end.
CREATE TABLE mobanon.consent_scope (
	purpose		text COLLATE "C" NOT NULL,
	category	text COLLATE "C" NOT NULL CHECK (category ~ '^[a-z][a-z0-9_]{0,47}$'),
	scope_id	int GENERATED ALWAYS AS IDENTITY UNIQUE,
	generation	bigint NOT NULL DEFAULT 0,
	use_earlier_events boolean NOT NULL,
	description	text,
	PRIMARY KEY (purpose, category)
);
COMMENT ON TABLE mobanon.consent_scope IS
'The data categories of each purpose. Without consent for "location" a row is not there; without consent for another category its columns read as NULL.';
COMMENT ON COLUMN mobanon.consent_scope.purpose IS 'the purpose';
COMMENT ON COLUMN mobanon.consent_scope.category IS 'data category: "location" for the events themselves, or a column with a consent of its own';
COMMENT ON COLUMN mobanon.consent_scope.scope_id IS 'number by which ledger and states name purpose and category';
COMMENT ON COLUMN mobanon.consent_scope.generation IS 'goes up when sessions have to read the states anew';
COMMENT ON COLUMN mobanon.consent_scope.use_earlier_events IS 'whether events from before a grant may be used, as of the purpose';
COMMENT ON COLUMN mobanon.consent_scope.description IS 'what the category is, as customers read it';

CREATE TABLE mobanon.channel (
	channel		text COLLATE "C" PRIMARY KEY CHECK (length(channel) BETWEEN 1 AND 63),
	proof		boolean NOT NULL,
	description	text,
	builtin		boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE mobanon.channel IS
'How decisions reach the ledger. proof: the subject itself decided, and that can be shown; a grant without proof counts only for purposes that allow its channel.';
COMMENT ON COLUMN mobanon.channel.channel IS 'name of the channel';
COMMENT ON COLUMN mobanon.channel.proof IS 'whether the subject itself decides there, and that can be shown';
COMMENT ON COLUMN mobanon.channel.description IS 'what the channel is';
COMMENT ON COLUMN mobanon.channel.builtin IS 'made by mobanon, not by create_channel()';
INSERT INTO mobanon.channel (channel, proof, description, builtin) VALUES
	('app', true, 'the subject, signed in to an app', true),
	('web', true, 'the subject, on a web page, identified by a one-time code', true),
	('sms', true, 'the subject, by a message from its own line', true),
	('paper', true, 'the subject, with a signature', true),
	('shop', false, 'staff in a shop, for the subject', true),
	('phone', false, 'staff on the telephone, for the subject', true),
	('import', false, 'taken over from another system', true),
	('system', false, 'noted by mobanon itself', true);

CREATE TABLE mobanon.recipient (
	recipient_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recipient	text COLLATE "C" NOT NULL UNIQUE CHECK (length(recipient) BETWEEN 1 AND 200),
	description	text,
	created_at	timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mobanon.recipient IS 'Who receives releases: retailers, authorities.';
COMMENT ON COLUMN mobanon.recipient.recipient_id IS 'number of the recipient';
COMMENT ON COLUMN mobanon.recipient.recipient IS 'name of the recipient';
COMMENT ON COLUMN mobanon.recipient.description IS 'who that is';
COMMENT ON COLUMN mobanon.recipient.created_at IS 'when it was made';

-- state_read.c reads this table by column number: columns are only added at the end.
CREATE TABLE mobanon.purpose_role (
	purpose		text COLLATE "C" NOT NULL,
	role_name	regrole NOT NULL,
	bound_at	timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (purpose, role_name)
);
COMMENT ON TABLE mobanon.purpose_role IS
'Database roles that process for a purpose. Whoever is a member of such a role processes for its purpose, too.';
COMMENT ON COLUMN mobanon.purpose_role.purpose IS 'the purpose';
COMMENT ON COLUMN mobanon.purpose_role.role_name IS 'role that processes for it';
COMMENT ON COLUMN mobanon.purpose_role.bound_at IS 'since when';

SELECT pg_catalog.pg_extension_config_dump('mobanon.purpose', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.purpose_purpose_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.purpose_notice', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.consent_scope', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.consent_scope_scope_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.channel', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('mobanon.recipient', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.recipient_recipient_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.purpose_role', '');

CREATE FUNCTION mobanon.check_unproven_channels(channels text[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	unknown	text;
BEGIN
	SELECT COALESCE(u.channel, 'NULL') INTO unknown FROM unnest(check_unproven_channels.channels) AS u (channel)
	WHERE NOT EXISTS (SELECT FROM channel AS c WHERE c.channel = u.channel) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'channel "%" does not exist', unknown
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.channel; make it with mobanon.create_channel().';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_unproven_channels(text[]) IS
'For create_purpose() and set_unproven_channels(): refuses channels that do not exist.';

CREATE FUNCTION mobanon.check_validity(validity interval) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
BEGIN
	IF now() + check_validity.validity <= now() THEN
		RAISE EXCEPTION 'the validity of a consent must be positive'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL is for consent that lasts until it is withdrawn.';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.check_validity(interval) IS
'For create_purpose() and set_validity(): refuses a validity that is not positive.';

CREATE FUNCTION mobanon.create_purpose(purpose text, description text, notice_version text DEFAULT '1',
	notice text DEFAULT NULL, validity interval DEFAULT NULL, use_earlier_events boolean DEFAULT false,
	unproven_channels text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF create_purpose.purpose IS NULL OR create_purpose.purpose !~ '^[a-z][a-z0-9_]{0,47}$' THEN
		RAISE EXCEPTION 'a purpose is named by 1 to 48 of a-z, 0-9 and _, beginning with a letter'
			USING ERRCODE = 'invalid_name', HINT = 'For example retail_footfall; what customers read is the description.';
	END IF;
	IF create_purpose.description IS NULL OR create_purpose.notice_version IS NULL THEN
		RAISE EXCEPTION 'a purpose needs a description and a notice version'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Customers read the description; decisions refer to the version of the notice, by default ''1''.';
	END IF;
	PERFORM check_validity(create_purpose.validity);
	IF EXISTS (SELECT FROM purpose AS p WHERE p.purpose = create_purpose.purpose) THEN
		RAISE EXCEPTION 'purpose "%" already exists', create_purpose.purpose
			USING ERRCODE = 'duplicate_object',
				  HINT = 'It is changed by mobanon.set_notice(), set_validity(), set_unproven_channels() and add_category(); the rest stays as it was consented to.';
	END IF;
	PERFORM check_unproven_channels(create_purpose.unproven_channels);
	INSERT INTO purpose (purpose, description, notice_version, validity, use_earlier_events, unproven_channels)
	VALUES (create_purpose.purpose, create_purpose.description, create_purpose.notice_version,
			create_purpose.validity, COALESCE(create_purpose.use_earlier_events, false),
			COALESCE(create_purpose.unproven_channels, '{}'));
	INSERT INTO purpose_notice (purpose, version, notice)
	VALUES (create_purpose.purpose, create_purpose.notice_version,
			COALESCE(create_purpose.notice, create_purpose.description));
	PERFORM add_category(create_purpose.purpose, 'location', 'where the subject was, and when');
END
$$;
COMMENT ON FUNCTION mobanon.create_purpose(text, text, text, text, interval, boolean, text[]) IS
'Makes a purpose that subjects can consent to, with the data category "location". validity: how long a consent lasts, NULL for until withdrawn. use_earlier_events: may events from before the grant be used. unproven_channels: channels without proof from the subject whose grants count.';

CREATE FUNCTION mobanon.add_category(purpose text, category text, description text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF add_category.category IS NULL OR add_category.category !~ '^[a-z][a-z0-9_]{0,47}$' THEN
		RAISE EXCEPTION 'a data category is named by 1 to 48 of a-z, 0-9 and _, beginning with a letter'
			USING ERRCODE = 'invalid_name', HINT = 'Name it as the column of the events, for example age_band.';
	END IF;
	IF EXISTS (SELECT FROM consent_scope AS s
			   WHERE s.purpose = add_category.purpose AND s.category = add_category.category) THEN
		RAISE EXCEPTION 'purpose "%" already has the data category "%"', add_category.purpose, add_category.category
			USING ERRCODE = 'duplicate_object', HINT = 'mobanon.consent_scope lists those it has; "location" is there from the beginning.';
	END IF;
	INSERT INTO consent_scope (purpose, category, description, use_earlier_events)
	SELECT p.purpose, add_category.category, add_category.description, p.use_earlier_events
	FROM purpose AS p WHERE p.purpose = add_category.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', add_category.purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
	PERFORM carry_ends();
END
$$;
COMMENT ON FUNCTION mobanon.add_category(text, text, text) IS
'Adds a data category to a purpose (age_band, home_area, ...): a subject can consent to it, beside "location".';

CREATE FUNCTION mobanon.set_notice(purpose text, version text, notice text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF set_notice.version IS NULL OR set_notice.notice IS NULL THEN
		RAISE EXCEPTION 'a notice needs a version and a text'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'The version is a text of your choice that the purpose has not had, for example ''2''.';
	END IF;
	UPDATE purpose AS p SET notice_version = set_notice.version WHERE p.purpose = set_notice.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', set_notice.purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
	IF EXISTS (SELECT FROM purpose_notice AS n WHERE n.purpose = set_notice.purpose AND n.version = set_notice.version) THEN
		RAISE EXCEPTION 'purpose "%" already has a notice of version "%"', set_notice.purpose, set_notice.version
			USING ERRCODE = 'duplicate_object', HINT = 'A notice that subjects have seen is not changed: take a new version.';
	END IF;
	INSERT INTO purpose_notice (purpose, version, notice) VALUES (set_notice.purpose, set_notice.version, set_notice.notice);
END
$$;
COMMENT ON FUNCTION mobanon.set_notice(text, text, text) IS
'Makes a new version of the text that subjects are shown; decisions from now on refer to it.';

CREATE FUNCTION mobanon.set_validity(purpose text, validity interval) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM check_validity(set_validity.validity);
	UPDATE purpose AS p SET validity = set_validity.validity WHERE p.purpose = set_validity.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'purpose "%" does not exist', set_validity.purpose
			USING ERRCODE = 'undefined_object', HINT = 'See mobanon.purpose; make it with mobanon.create_purpose().';
	END IF;
END
$$;
COMMENT ON FUNCTION mobanon.set_validity(text, interval) IS
'Changes how long a consent for a purpose lasts, NULL for until withdrawn. Holds for grants that are recorded from now on; those in the ledger end when they were to end.';

CREATE FUNCTION mobanon.create_channel(channel text, proof boolean, description text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF create_channel.channel IS NULL OR create_channel.proof IS NULL
		OR length(create_channel.channel) NOT BETWEEN 1 AND 63 THEN
		RAISE EXCEPTION 'a channel needs a name of 1 to 63 characters, and whether it carries proof from the subject'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'For example mobanon.create_channel(''branch'', false, ''staff in a branch'').';
	END IF;
	IF EXISTS (SELECT FROM channel AS c WHERE c.channel = create_channel.channel) THEN
		RAISE EXCEPTION 'channel "%" already exists', create_channel.channel
			USING ERRCODE = 'duplicate_object', HINT = 'See mobanon.channel. Whether it carries proof does not change: decisions were judged by it.';
	END IF;
	INSERT INTO channel (channel, proof, description)
	VALUES (create_channel.channel, create_channel.proof, create_channel.description);
END
$$;
COMMENT ON FUNCTION mobanon.create_channel(text, boolean, text) IS
'Makes a channel through which decisions arrive. proof: the subject itself decides there, and that can be shown.';

CREATE FUNCTION mobanon.create_recipient(recipient text, description text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF create_recipient.recipient IS NULL OR length(create_recipient.recipient) NOT BETWEEN 1 AND 200 THEN
		RAISE EXCEPTION 'a recipient is named by 1 to 200 characters'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Customers read the name: say who it is, for example ''Town Mall Ltd''.';
	END IF;
	IF EXISTS (SELECT FROM recipient AS r WHERE r.recipient = create_recipient.recipient) THEN
		RAISE EXCEPTION 'recipient "%" already exists', create_recipient.recipient
			USING ERRCODE = 'duplicate_object', HINT = 'See mobanon.recipient.';
	END IF;
	INSERT INTO recipient (recipient, description) VALUES (create_recipient.recipient, create_recipient.description);
END
$$;
COMMENT ON FUNCTION mobanon.create_recipient(text, text) IS 'Makes a recipient of releases.';
