-- Consent: what a subject decided, and who may read its events.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mobanon;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE ROLE consent_dba;
GRANT mobanon_admin TO consent_dba;
CREATE ROLE consent_job;
CREATE SCHEMA consent_story AUTHORIZATION consent_dba;
GRANT USAGE ON SCHEMA consent_story TO consent_job;

-- The DBA makes a purpose, lets a role process for it, and protects a table.
SET ROLE consent_dba;
SET search_path = consent_story;
SELECT mobanon.create_purpose('footfall', 'How many people pass the shopping centre');
CREATE TABLE events (subject text, at timestamptz, place text) PARTITION BY RANGE (at);
CREATE TABLE events_january PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
SELECT mobanon.bind_purpose('footfall', 'consent_job');
SELECT mobanon.protect('events', 'subject', 'at');
-- A partition that comes later is protected by the command that makes it.
CREATE TABLE events_february PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
SELECT polrelid::regclass, polname, polroles::regrole[], pg_get_expr(polqual, polrelid) AS using
FROM pg_policy WHERE polrelid IN (SELECT mobanon.relation_tree('events')) ORDER BY 1, 2;
-- The owner goes on loading, and reads nothing.
INSERT INTO events VALUES ('491701', '2026-01-10 12:00+00', 'centre'), ('491701', '2026-02-10 12:00+00', 'centre'),
	('491702', '2026-01-10 12:00+00', 'centre'), ('491703', '2026-02-10 12:00+00', 'station'), (NULL, '2026-02-10 12:00+00', 'nowhere');
SELECT count(*) FROM events;
GRANT SELECT ON ALL TABLES IN SCHEMA consent_story TO consent_job;

-- Customers decide.
SELECT mobanon.grant_consent('491701', 'footfall', 'app', '2026-01-20 09:00+00');
SELECT mobanon.grant_consent('491702', 'footfall', 'app', '2026-01-05 09:00+00');
-- In a shop, somebody else says so: recorded, but it does not count.
SELECT mobanon.grant_consent('491703', 'footfall', 'shop', '2026-01-05 09:00+00', actor => 'clerk 17');
-- The purpose's role reads what was consented to at the time, and is now.
SET ROLE consent_job;
SELECT * FROM events ORDER BY subject, at;
SELECT * FROM events_january ORDER BY subject, at;
-- A withdrawal counts from the next statement on.
SET ROLE consent_dba;
SELECT mobanon.withdraw_consent('491702', 'footfall', 'phone');
SET ROLE consent_job;
SELECT * FROM events ORDER BY subject, at;

-- Data categories: without consent they read as NULL, the row still counts.
SET ROLE consent_dba;
SELECT mobanon.add_category('footfall', 'age_band', 'age in bands of ten years');
SELECT mobanon.grant_consent('491702', 'footfall', 'app', '2026-01-05 09:00+00', category => 'age_band');
SET ROLE consent_job;
SELECT mobanon.consented('491702', '2026-01-10 12:00+00', 'footfall') AS location,
	mobanon.consented('491702', '2026-01-10 12:00+00', 'footfall', 'age_band') AS age_band;
-- NULL is no consent; numbers and their digits are one subject; a purpose must exist.
SELECT mobanon.consented(NULL::text, now(), 'footfall'), mobanon.consented('491701', NULL, 'footfall'),
	mobanon.consented(491701, '2026-02-10', 'footfall'), mobanon.consented('0491701', '2026-02-10', 'footfall');
SELECT mobanon.consented('491701', now(), 'foot_fall');

-- The same number, another person: nothing of the former counts.
SET ROLE consent_dba;
SELECT mobanon.end_subject('491701', '2026-03-01 00:00+00');
SELECT mobanon.grant_consent('491701', 'footfall', 'app', '2026-03-02 00:00+00');
SET ROLE consent_job;
SELECT * FROM events ORDER BY subject, at;

-- What is refused.
SET ROLE consent_dba;
SELECT mobanon.grant_consent('491701', 'foot_fall', 'app');
SELECT mobanon.grant_consent('491701', 'footfall', 'pigeon');
SELECT mobanon.grant_consent('491701', 'footfall', 'app', now() + interval '1 day');
SELECT mobanon.grant_consent(' 491701', 'footfall', 'app');
SELECT mobanon.grant_consent(NULL, 'footfall', 'app');
SELECT mobanon.grant_consent('491701', 'footfall', 'app', category => 'shoe_size');
SELECT mobanon.grant_consent('491701', 'footfall', 'app', notice_version => '9');
SELECT mobanon.create_purpose('Foot Fall', 'a name with a space');
SELECT mobanon.create_purpose('footfall', 'again');
CREATE VIEW view_of_events AS SELECT * FROM events;
SELECT mobanon.protect('view_of_events', 'subject', 'at');
SELECT mobanon.protect('events_january', 'subject', 'at');
SELECT mobanon.protect('events', 'subject', 'at');
CREATE TABLE local_times (subject text, at timestamp, weight float8);
SELECT mobanon.protect('local_times', 'subject', 'at');
SELECT mobanon.protect('local_times', 'weight', 'at');
SELECT mobanon.protect('local_times', 'person', 'at');
SET ROLE consent_job;
SELECT mobanon.protect('consent_story.local_times', 'subject', 'at');
SELECT * FROM mobanon.consent_ledger;
SELECT mobanon.grant_consent('491701', 'footfall', 'app');
RESET ROLE;
SELECT mobanon.bind_purpose('footfall', 'postgres');
-- The ledger is append-only, for everybody.
DELETE FROM mobanon.consent_ledger;
UPDATE mobanon.consent_ledger SET state = 'granted';
TRUNCATE mobanon.consent_ledger CASCADE;

-- Many at once; refused rows stay, with the reason.
SET ROLE consent_dba;
COPY mobanon.consent_import (subject, purpose, state, channel, decided_at) FROM stdin;
491710	footfall	granted	app	2026-01-01 10:00+00
491711	footfall	granted	import	2026-01-01 10:00+00
491712	foot_fall	granted	app	2026-01-01 10:00+00
491713	footfall	agreed	app	2026-01-01 10:00+00
491714	footfall	granted	app	infinity
\N	footfall	granted	app	2026-01-01 10:00+00
\.
SELECT * FROM mobanon.import_consents();
SELECT refused FROM mobanon.consent_import ORDER BY 1;
DELETE FROM mobanon.consent_import;
-- Again: nothing new.
INSERT INTO mobanon.consent_import (subject, purpose, channel, decided_at) VALUES ('491710', 'footfall', 'app', '2026-01-01 10:00+00');
SELECT * FROM mobanon.import_consents();

-- What came without proof counts when the purpose says so: from now on, or what is recorded, too.
SELECT mobanon.set_unproven_channels('footfall', '{import}', recount => true);
SELECT mobanon.set_unproven_channels('footfall', '{import}', recount => true);
SELECT mobanon.set_unproven_channels('footfall', '{pigeon}');

-- Seals tell whether the ledger was changed behind its back.
SELECT mobanon.seal_ledger() > 0 AS sealed;
SELECT * FROM mobanon.verify_ledger();
RESET ROLE;
ALTER TABLE mobanon.consent_ledger DISABLE TRIGGER append_only;
UPDATE mobanon.consent_ledger SET channel = 'app' WHERE channel = 'shop';
SELECT problem, entry_id = (SELECT entry_id FROM mobanon.consent_ledger WHERE actor = 'clerk 17') AS names_the_entry
FROM mobanon.verify_ledger();
UPDATE mobanon.consent_ledger SET channel = 'shop' WHERE actor = 'clerk 17';
ALTER TABLE mobanon.consent_ledger ENABLE ALWAYS TRIGGER append_only;
SELECT * FROM mobanon.verify_ledger();

-- Erasing a person leaves the ledger whole and says no longer who; what is kept is named. Who has the number, and a
-- server with the root key, still finds what the person decided.
SET ROLE consent_dba;
SELECT what, outcome, entries, until = now() + interval '3 years' AS "for 3 years"
FROM mobanon.erase_subject('491703', 'request of 2026-04-01') WHERE what NOT LIKE 'the planner%';
SELECT entry_id, purpose, state, decided_at, channel FROM mobanon.consent_proof('491703');
SELECT * FROM mobanon.verify_ledger();
RESET ROLE;
SELECT subject, state, counts, channel, actor FROM mobanon.consent_ledger ORDER BY entry_id LIMIT 3;

-- Taking protection off, and dropping the extension: open by decision only.
SET ROLE consent_dba;
SELECT mobanon.unbind_purpose('footfall', 'consent_job');
SET ROLE consent_job;
SELECT count(*) FROM events;
SET ROLE consent_dba;
SELECT mobanon.unprotect('events');
SELECT count(*) FROM events;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA consent_story CASCADE;
DROP OWNED BY consent_job, consent_dba;
DROP ROLE consent_job, consent_dba;
