\echo Use "CREATE EXTENSION mobanon" to load this file. \quit

/*
 * The roles of the house.  Roles belong to the cluster, not to a database, so
 * a second database finds them; a role of that name that could log in or that
 * somebody is a member of is not ours, and the installation stops.
 *
 * mobanon_owner     owns the ledger, the keyring, the registers, the releases
 *                   and every SECURITY DEFINER function.  Nobody logs in as it
 *                   and nobody is a member.
 * mobanon_admin     may create purposes, domains and pipelines, protect tables
 *                   and publish.  GRANT it to the people who do that.
 * mobanon_frontend  may call the customer's side: decisions, access, receipts.
 * mobanon_gateway   may take the messages that are to be sent to customers.
 * mobanon_billing   may read what customers have earned.
 */
DO LANGUAGE plpgsql $house$
DECLARE
	house_role	pg_catalog.name;
	found_role	pg_catalog.pg_roles;
BEGIN
	FOREACH house_role IN ARRAY ARRAY['mobanon_owner', 'mobanon_admin', 'mobanon_frontend', 'mobanon_gateway', 'mobanon_billing']::pg_catalog.name[]
	LOOP
		SELECT * INTO found_role FROM pg_catalog.pg_roles AS r
		WHERE r.rolname OPERATOR(pg_catalog.=) house_role;
		IF NOT FOUND THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', house_role);
		ELSIF found_role.rolcanlogin OR found_role.rolsuper OR found_role.rolbypassrls
			OR found_role.rolcreaterole THEN
			RAISE EXCEPTION 'role "%" exists and is not a role of mobanon', house_role
				USING ERRCODE = 'duplicate_object',
					  HINT = 'mobanon needs it as NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE; rename the other role.';
		ELSIF house_role OPERATOR(pg_catalog.=) 'mobanon_owner'::pg_catalog.name AND EXISTS (
			SELECT FROM pg_catalog.pg_auth_members AS m
			WHERE m.roleid OPERATOR(pg_catalog.=) found_role.oid
			AND m.member OPERATOR(pg_catalog.<>) 10::pg_catalog.oid) THEN
			RAISE EXCEPTION 'role "mobanon_owner" exists and has members'
				USING ERRCODE = 'duplicate_object',
					  HINT = 'It owns ledger and keyring, so nobody may act as it: REVOKE mobanon_owner from its members.';
		END IF;
	END LOOP;
END
$house$;

COMMENT ON SCHEMA mobanon IS 'mobanon: k-anonymous statistics of consented location events';
COMMENT ON ROLE mobanon_owner IS 'mobanon: owns ledger, keyring, registers and releases; nobody logs in as it and nobody is a member';
COMMENT ON ROLE mobanon_admin IS 'mobanon: may create purposes, domains and pipelines, protect tables and publish; granted to the people who do that';
COMMENT ON ROLE mobanon_frontend IS 'mobanon: may call the customer''s side: codes, decisions, access, receipts';
COMMENT ON ROLE mobanon_gateway IS 'mobanon: may take the messages that are to be sent to customers';
COMMENT ON ROLE mobanon_billing IS 'mobanon: may read what customers have earned';
