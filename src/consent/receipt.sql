/*
 * Subject access (GDPR Art. 15), and receipts in the terms of ISO/IEC TS 27560
 * as the W3C's Data Privacy Vocabulary writes them (dpv-27560).  What the
 * database cannot know (who the controller is, where it keeps data, how to
 * complain) is told once, by set_controller() and set_purpose_terms().
 */
CREATE TABLE mobanon.controller (
	only_row	boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	identifier	text NOT NULL,
	name		text NOT NULL,
	address		text NOT NULL,
	contact		text NOT NULL,
	party_type	text NOT NULL,
	jurisdiction text NOT NULL,
	authority	text NOT NULL,
	privacy_rights text NOT NULL,
	storage_locations text[] NOT NULL,
	processing_locations text[] NOT NULL,
	geographic_restrictions text NOT NULL,
	language	text NOT NULL
);
COMMENT ON TABLE mobanon.controller IS
'Who is responsible for the data, for receipts and access reports. Set by set_controller().';
COMMENT ON COLUMN mobanon.controller.only_row IS 'there is one row';
COMMENT ON COLUMN mobanon.controller.identifier IS 'registered number of the controller';
COMMENT ON COLUMN mobanon.controller.name IS 'name of the controller';
COMMENT ON COLUMN mobanon.controller.address IS 'postal address';
COMMENT ON COLUMN mobanon.controller.contact IS 'how to reach the data protection officer';
COMMENT ON COLUMN mobanon.controller.party_type IS 'kind of controller, a term of the Data Privacy Vocabulary';
COMMENT ON COLUMN mobanon.controller.jurisdiction IS 'whose law holds';
COMMENT ON COLUMN mobanon.controller.authority IS 'supervisory authority';
COMMENT ON COLUMN mobanon.controller.privacy_rights IS 'where customers learn of and use their rights';
COMMENT ON COLUMN mobanon.controller.storage_locations IS 'where data is kept';
COMMENT ON COLUMN mobanon.controller.processing_locations IS 'where data is processed';
COMMENT ON COLUMN mobanon.controller.geographic_restrictions IS 'limits on where data may go';
COMMENT ON COLUMN mobanon.controller.language IS 'language of receipts';
CREATE TABLE mobanon.purpose_terms (
	purpose		text COLLATE "C" PRIMARY KEY,
	retention	text NOT NULL,
	collection_method text NOT NULL,
	withdrawal_method text NOT NULL,
	lawful_basis text NOT NULL
);
COMMENT ON TABLE mobanon.purpose_terms IS
'What receipts and access reports say about a purpose beside its description and notice. Set by set_purpose_terms().';
COMMENT ON COLUMN mobanon.purpose_terms.purpose IS 'the purpose';
COMMENT ON COLUMN mobanon.purpose_terms.retention IS 'how long data is kept, as an ISO 8601 duration';
COMMENT ON COLUMN mobanon.purpose_terms.collection_method IS 'how data is collected';
COMMENT ON COLUMN mobanon.purpose_terms.withdrawal_method IS 'where consent is withdrawn';
COMMENT ON COLUMN mobanon.purpose_terms.lawful_basis IS 'legal basis of the processing';
SELECT pg_catalog.pg_extension_config_dump('mobanon.controller', '');
SELECT pg_catalog.pg_extension_config_dump('mobanon.purpose_terms', '');

CREATE FUNCTION mobanon.set_controller(identifier text, name text, address text, contact text, jurisdiction text, authority text,
	privacy_rights text, storage_locations text[], processing_locations text[] DEFAULT NULL,
	geographic_restrictions text DEFAULT 'none', party_type text DEFAULT 'dpv:ForProfitOrganisation', language text DEFAULT 'en') RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	INSERT INTO controller AS c (identifier, name, address, contact, party_type, jurisdiction, authority, privacy_rights,
		storage_locations, processing_locations, geographic_restrictions, language)
	VALUES (identifier, name, address, contact, party_type, jurisdiction, authority, privacy_rights,
		storage_locations, COALESCE(processing_locations, storage_locations), geographic_restrictions, language)
	ON CONFLICT (only_row) DO UPDATE SET identifier = excluded.identifier, name = excluded.name, address = excluded.address,
		contact = excluded.contact, party_type = excluded.party_type, jurisdiction = excluded.jurisdiction,
		authority = excluded.authority, privacy_rights = excluded.privacy_rights, storage_locations = excluded.storage_locations,
		processing_locations = excluded.processing_locations, geographic_restrictions = excluded.geographic_restrictions,
		language = excluded.language
$$;
COMMENT ON FUNCTION mobanon.set_controller(text, text, text, text, text, text, text, text[], text[], text, text, text) IS
'Says who is responsible for the data: identifier (register number, URL), name, postal address, contact (of the data protection officer), jurisdiction (DE), supervisory authority, where privacy rights are exercised, where data are stored and processed, restrictions of transfers, type of organisation in DPV, and language of the notices.';

CREATE FUNCTION mobanon.set_purpose_terms(purpose text, retention text, collection_method text, withdrawal_method text,
	lawful_basis text DEFAULT 'eu-gdpr:A6-1-a') RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (SELECT FROM purpose AS p WHERE p.purpose = set_purpose_terms.purpose) THEN
		RAISE EXCEPTION 'purpose "%" does not exist', set_purpose_terms.purpose
			USING ERRCODE = 'undefined_object', HINT = 'Make it with mobanon.create_purpose().';
	END IF;
	DELETE FROM purpose_terms AS t WHERE t.purpose = set_purpose_terms.purpose;
	INSERT INTO purpose_terms (purpose, retention, collection_method, withdrawal_method, lawful_basis)
	VALUES (set_purpose_terms.purpose, set_purpose_terms.retention, set_purpose_terms.collection_method,
			set_purpose_terms.withdrawal_method, set_purpose_terms.lawful_basis);
END
$$;
COMMENT ON FUNCTION mobanon.set_purpose_terms(text, text, text, text, text) IS
'Says, for receipts and access reports, how long events are kept for a purpose (P30D), how they are collected, how consent is withdrawn (a URL, a telephone number), and the lawful basis.';

CREATE FUNCTION mobanon.missing_terms(subject text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	SELECT 'mobanon.set_controller()' WHERE NOT EXISTS (SELECT FROM controller)
	UNION ALL
	SELECT format('mobanon.set_purpose_terms(%L, ...)', s.purpose) FROM person_entries(missing_terms.subject) AS l JOIN consent_scope AS s USING (scope_id)
	WHERE NOT EXISTS (SELECT FROM purpose_terms AS t WHERE t.purpose = s.purpose)
	LIMIT 1
$$;
COMMENT ON FUNCTION mobanon.missing_terms(text) IS 'For consent_receipt(): what was not told yet.';

CREATE FUNCTION mobanon.utc(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION mobanon.utc(timestamptz) IS 'For reports: a time in ISO 8601, UTC.';

CREATE FUNCTION mobanon.consent_record(subject text, purpose text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
	WITH entry AS (
		SELECT l.*, s.category FROM person_entries(consent_record.subject) AS l JOIN consent_scope AS s USING (scope_id)
		WHERE s.purpose = consent_record.purpose
	)
	SELECT jsonb_build_object(
		'@type', 'dpv:ConsentRecord',
		'dct:conformsTo', 'https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr',
		'dct:identifier', 'urn:mobanon:consent:' || (SELECT min(e.entry_id) FROM entry AS e),
		'dpv:hasDataSubject', jsonb_build_object('@type', 'dpv:DataSubject', 'dct:identifier', consent_record.subject),
		'dpv:hasNotice', (SELECT jsonb_agg(jsonb_build_object('@type', 'dpv:ConsentNotice', 'dct:identifier', p.purpose || '/' || n.version,
			'dct:description', n.notice, 'dct:date', utc(n.since)) ORDER BY n.since)
			FROM purpose_notice AS n WHERE n.purpose = p.purpose AND n.version IN (SELECT e.notice_version FROM entry AS e)),
		'dct:language', c.language,
		'dpv:hasPurpose', jsonb_build_object('@type', 'dpv:Purpose', 'dct:identifier', p.purpose, 'dct:description', p.description),
		'dpv:hasLegalBasis', jsonb_build_object('@id', t.lawful_basis),
		'dpv:hasPersonalData', (SELECT jsonb_agg(jsonb_build_object('@type', 'dpv:PersonalData', 'dct:identifier', s.category,
				'dct:description', COALESCE(s.description, s.category),
				'dpv:hasNecessity', jsonb_build_object('@id', CASE s.category WHEN 'location' THEN 'dpv:Required' ELSE 'dpv:Optional' END)) ORDER BY s.scope_id)
			FROM consent_scope AS s WHERE s.purpose = p.purpose AND s.category IN (SELECT e.category FROM entry AS e)),
		'dpv:hasDataController', jsonb_build_object('@type', jsonb_build_array('dpv:DataController', c.party_type), 'dct:identifier', c.identifier, 'dpv:hasName', c.name,
			'dpv:hasAddress', c.address, 'dpv:hasContact', c.contact),
		'dpv:hasDataSource', jsonb_build_object('@type', 'dpv:DataSource', 'dct:description', t.collection_method),
		'dpv:hasProcessing', jsonb_build_array(jsonb_build_object('@id', 'dpv:Pseudonymise'), jsonb_build_object('@id', 'dpv:Anonymise'), jsonb_build_object('@id', 'dpv:Disclose')),
		'dpv:hasStorageCondition', jsonb_build_array(
			jsonb_build_object('@type', 'dpv:StorageLocation', 'dpv:hasLocation', to_jsonb(c.storage_locations)),
			jsonb_build_object('@type', 'dpv:StorageDuration', 'dpv:hasDuration', t.retention)),
		'dpv:hasLocation', to_jsonb(c.processing_locations),
		'dpv:hasRule', jsonb_build_object('@type', 'dpv:Rule', 'dct:description', c.geographic_restrictions),
		'dpv:hasJurisdiction', c.jurisdiction,
		'dpv:hasRecipient', COALESCE((SELECT jsonb_agg(jsonb_build_object('@type', jsonb_build_array('dpv:Recipient', 'dpv:ThirdParty'),
				'dct:identifier', 'urn:mobanon:recipient:' || r.recipient_id, 'dpv:hasName', r.recipient, 'dct:description', r.description) ORDER BY r.recipient)
			FROM recipient AS r WHERE r.recipient IN (SELECT x.recipient FROM purpose_recipients(p.purpose) AS x)), '[]'),
		'dpv:hasConsentControl', jsonb_build_object('@type', 'dpv:WithdrawConsent', 'dct:description', t.withdrawal_method),
		'dpv:hasRight', jsonb_build_object('@type', 'dpv:DataSubjectRight', 'dct:description', c.privacy_rights),
		'dpv:hasAuthority', jsonb_build_object('@type', 'dpv:Authority', 'dpv:hasName', c.authority),
		-- events
		'dct:hasPart', (SELECT jsonb_agg(jsonb_build_object(
				'@type', 'dpv:ConsentRecord', 'dct:identifier', 'urn:mobanon:entry:' || e.entry_id,
				'dct:date', utc(e.decided_at),
				'dct:valid', CASE WHEN e.state = 'granted' THEN utc(e.decided_at) || '/' || COALESCE(utc(e.valid_until), '..') ELSE 'none' END,
				'dpv:isImplementedByEntity', CASE WHEN h.proof THEN jsonb_build_object('@type', 'dpv:DataSubject', 'dct:identifier', consent_record.subject)
					ELSE jsonb_build_object('@type', 'dpv:DataController', 'dct:identifier', c.identifier) END,
				'dpv:hasLegalBasis', jsonb_build_object('@id', CASE WHEN h.proof THEN 'dpv:ExpressedConsent' ELSE 'dpv:Consent' END),
				'dpv:hasConsentStatus', jsonb_build_object('@id', 'dpv:Consent' || CASE e.state WHEN 'granted' THEN 'Given' ELSE initcap(e.state) END),
				'dpv:hasPersonalData', e.category,
				'dpv:hasIndicationMethod', e.channel,
				'dpv:hasNotice', p.purpose || '/' || e.notice_version) ORDER BY e.decided_at, e.entry_id)
			FROM entry AS e LEFT JOIN channel AS h ON h.channel = e.channel))
	FROM purpose AS p JOIN purpose_terms AS t USING (purpose), controller AS c WHERE p.purpose = consent_record.purpose
$$;
COMMENT ON FUNCTION mobanon.consent_record(text, text) IS
'For consent_receipt(): the record of one purpose, with all that ISO/IEC TS 27560 and the GDPR ask for.';

CREATE FUNCTION mobanon.consent_receipt(token text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
	missing	text := missing_terms(whose);
BEGIN
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'a receipt cannot be written yet: terms are missing'
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'An administrator sets them once: ' || missing || '.';
	END IF;
	RETURN jsonb_build_object(
		'@context', jsonb_build_object('dpv', 'https://w3id.org/dpv#', 'eu-gdpr', 'https://w3id.org/dpv/legal/eu/gdpr#', 'dct', 'http://purl.org/dc/terms/'),
		'@type', 'dpv:ConsentReceipt',
		'dct:identifier', 'urn:uuid:' || gen_random_uuid(),
		'dct:conformsTo', 'https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr',
		'dct:date', utc(clock_timestamp()),
		'dpv:hasDataSubject', jsonb_build_object('@type', 'dpv:DataSubject', 'dct:identifier', whose),
		'dct:hasPart', COALESCE((
			SELECT jsonb_agg(consent_record(whose, p.purpose) ORDER BY p.purpose_id) FROM purpose AS p
			WHERE p.purpose IN (SELECT s.purpose FROM person_entries(whose) AS l JOIN consent_scope AS s USING (scope_id))), '[]'));
END
$$;
COMMENT ON FUNCTION mobanon.consent_receipt(text) IS
'For a token: a receipt, as JSON-LD, with the record of each purpose that its subject decided about, in the terms of ISO/IEC TS 27560 (profile dpv-27560:receipt-eu-gdpr). Needs set_controller() and set_purpose_terms().';

CREATE FUNCTION mobanon.subject_access(token text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	whose	text := token_subject(token);
BEGIN
	RETURN jsonb_build_object(
		'subject', whose,
		'generated_at', utc(clock_timestamp()),
		'subject_since', CASE WHEN isfinite(person_since(whose)) THEN utc(person_since(whose)) END,
		'controller', (SELECT to_jsonb(c) - 'only_row' FROM controller AS c),
		'purposes', (SELECT COALESCE(jsonb_agg(jsonb_build_object('purpose', p.purpose, 'description', p.description,
				'notice', (SELECT n.notice FROM purpose_notice AS n WHERE n.purpose = p.purpose AND n.version = p.notice_version),
				'notice_version', p.notice_version, 'validity', p.validity, 'uses_earlier_events', p.use_earlier_events,
				'lawful_basis', t.lawful_basis, 'retention', t.retention, 'source', t.collection_method, 'withdrawal', t.withdrawal_method,
				'recipients', (SELECT COALESCE(jsonb_agg(x.recipient ORDER BY x.recipient), '[]') FROM purpose_recipients(p.purpose) AS x),
				'data', (SELECT jsonb_agg(to_jsonb(d) - 'purpose' - 'description' - 'change' - 'change_effect' ORDER BY d.category)
					FROM decision(token) AS d WHERE d.purpose = p.purpose)) ORDER BY p.purpose_id), '[]')
			FROM purpose AS p LEFT JOIN purpose_terms AS t USING (purpose)),
		'decisions', (SELECT COALESCE(jsonb_agg(jsonb_build_object('entry', l.entry_id, 'purpose', s.purpose, 'category', s.category, 'state', l.state,
				'counts', l.counts, 'decided_at', utc(l.decided_at), 'recorded_at', utc(l.recorded_at), 'valid_until', utc(l.valid_until),
				'channel', l.channel, 'actor', l.actor, 'notice_version', l.notice_version, 'evidence', l.evidence) ORDER BY l.decided_at, l.entry_id), '[]')
			FROM person_entries(whose) AS l JOIN consent_scope AS s USING (scope_id)),
		'consent_in_force', (SELECT COALESCE(jsonb_agg(jsonb_build_object('purpose', s.purpose, 'category', s.category,
				'from', utc(lower(x)), 'until', utc(upper(x))) ORDER BY s.scope_id, lower(x)), '[]')
			FROM consent_scope AS s JOIN consent_state AS t ON t.scope_id = s.scope_id AND t.subject = whose, unnest(consent_intervals(t.decisions)) AS x),
		'waiting_decisions', (SELECT COALESCE(jsonb_agg(jsonb_build_object('purpose', i.purpose, 'category', i.category, 'state', i.state, 'channel', i.channel,
				'decided_at', utc(i.decided_at), 'loaded_at', utc(i.loaded_at), 'refused', i.refused)), '[]')
			FROM consent_import AS i WHERE i.subject = whose AND i.decided_at >= person_since(whose)),
		'publications', (SELECT COALESCE(jsonb_agg(jsonb_build_object('release', u.pipeline, 'publication', u.publication, 'purpose', u.purpose,
				'recipients', u.recipients, 'window_from', utc(u.window_from), 'window_to', utc(u.window_to), 'published_at', utc(u.published_at))), '[]')
			FROM subject_publications(whose) AS u),
		'rewards', (SELECT COALESCE(jsonb_agg(jsonb_build_object('purpose', b.purpose, 'category', b.category, 'number', b.number, 'period_from', utc(b.period_from),
				'period_to', utc(b.period_to), 'credit', b.credit, 'currency', b.currency) ORDER BY b.plan_id, b.number), '[]')
			FROM billing_statement AS b WHERE b.subject = whose),
		'codes', (SELECT COALESCE(jsonb_agg(jsonb_build_object('event', e.event, 'at', utc(e.at)) ORDER BY e.at), '[]')
			FROM code_event AS e WHERE e.subject = whose AND e.at >= person_since(whose)),
		'statements', jsonb_build_object(
			'events', 'Records of where you were are kept in the operator''s own tables, under your number; this report does not read them. Ask the controller for a copy.',
			'publications', 'Publications made while your data could be used for them. They contain numbers of people in groups, and nobody''s name or number; who is in them is not recorded.',
			'automated_decisions', 'No decision about you is made by automated means.',
			'rights', 'You can withdraw a consent at any time, as easily as you gave it, and ask for rectification, erasure, restriction and a copy of your data; you can complain to the supervisory authority.'));
END
$$;
COMMENT ON FUNCTION mobanon.subject_access(text) IS
'For a token: all that is recorded about its subject, as JSON (GDPR Art. 15): purposes, decisions with their evidence, when consent was in force, publications that could use the data, recipients, rewards, codes. Not the events themselves: see doc/customers.md.';
