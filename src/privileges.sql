/*
 * Who may do what, on one page.
 *
 * Everything the rooms created is first taken from everybody and given to
 * mobanon_owner; what stands below is the whole of what is granted.  The test
 * test/pgtap/privileges.sql compares the catalogs with this page.
 *
 * A room adds its lines under its own heading.
 */
DO LANGUAGE plpgsql $privileges$
DECLARE
	object	record;
BEGIN
	FOR object IN
		SELECT c.relkind, c.oid::pg_catalog.regclass::pg_catalog.text AS name
		FROM pg_catalog.pg_class AS c
		WHERE c.relnamespace OPERATOR(pg_catalog.=) 'mobanon'::pg_catalog.regnamespace
		AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S', 'p', 'm']::pg_catalog."char"[])
		-- a sequence owned by a column follows its table
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
						WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
						AND d.objid OPERATOR(pg_catalog.=) c.oid
						AND d.refobjsubid OPERATOR(pg_catalog.>) 0
						AND d.deptype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'i']::pg_catalog."char"[]))
	LOOP
		EXECUTE pg_catalog.format('ALTER %s %s OWNER TO mobanon_owner',
			CASE object.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
								WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
			object.name);
	END LOOP;

	FOR object IN
		SELECT p.prokind, p.oid::pg_catalog.regprocedure::pg_catalog.text AS name
		FROM pg_catalog.pg_proc AS p
		WHERE p.pronamespace OPERATOR(pg_catalog.=) 'mobanon'::pg_catalog.regnamespace
	LOOP
		EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO mobanon_owner', object.name);
		EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', object.name);
	END LOOP;
END
$privileges$;

REVOKE ALL ON SCHEMA mobanon FROM PUBLIC;
GRANT USAGE ON SCHEMA mobanon TO PUBLIC;
GRANT USAGE ON SCHEMA mobanon TO mobanon_owner;

-- consent ------------------------------------------------------------------
GRANT SELECT ON mobanon.purpose, mobanon.purpose_notice, mobanon.consent_scope, mobanon.channel, mobanon.recipient,
	mobanon.purpose_role, mobanon.ledger_erasure, mobanon.ledger_seal TO mobanon_admin;
GRANT SELECT, INSERT, DELETE, UPDATE ON mobanon.consent_import TO mobanon_admin;
-- the event trigger reads it as whoever makes a partition
GRANT SELECT ON mobanon.protected_table, mobanon.purpose_role, mobanon.purpose TO PUBLIC;
GRANT INSERT, DELETE ON mobanon.protected_table TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.close_new_partitions(), mobanon.close_table(regclass), mobanon.relation_tree(regclass),
	mobanon.purpose_policy(regclass, text), mobanon.guard_load(), mobanon.guard_rewrite(), mobanon.foreign_policies(regclass),
	mobanon.owner_loads(regclass), mobanon.settle_protected_tables(), mobanon.reads_around_policies(), mobanon.is_restoring() TO PUBLIC;
GRANT EXECUTE ON FUNCTION mobanon.protection_gaps(), mobanon.table_gaps(), mobanon.code_gaps(), mobanon.view_gaps(),
	mobanon.grant_gaps(), mobanon.role_gaps(), mobanon.house_gaps(), mobanon.protected_members(), mobanon.purpose_members(),
	mobanon.reading_views(), mobanon.harden_statistics(boolean), mobanon.guard_is_preloaded() TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.create_purpose(text, text, text, text, interval, boolean, text[]),
	mobanon.add_category(text, text, text), mobanon.set_notice(text, text, text), mobanon.create_channel(text, boolean, text),
	mobanon.create_recipient(text, text), mobanon.set_validity(text, interval),
	mobanon.set_unproven_channels(text, text[], boolean),
	mobanon.bind_purpose(text, regrole), mobanon.unbind_purpose(text, regrole), mobanon.bind_role(text, regrole),
	mobanon.unbind_role(text, regrole), mobanon.purpose_policies(text),
	mobanon.protect(regclass, name, name), mobanon.possible_columns(regclass, regtype[]), mobanon.unprotect(regclass),
	mobanon.rebuild_consent_state(), mobanon.erase_subject(text, text, interval), mobanon.consent_proof(text), mobanon.forget_proofs(),
	mobanon.import_consents(),
	mobanon.note_expired(), mobanon.seal_ledger(), mobanon.ledger_head(), mobanon.verify_ledger(text) TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.grant_consent(text, text, text, timestamptz, text, text, text, text),
	mobanon.withdraw_consent(text, text, text, timestamptz, text, text, text, text),
	mobanon.refuse_consent(text, text, text, timestamptz, text, text, text, text) TO mobanon_admin, mobanon_frontend;
GRANT EXECUTE ON FUNCTION mobanon.invalidate_consent(text, text, text, timestamptz, text, text, text, text),
	mobanon.end_subject(text, timestamptz, text, text, text) TO mobanon_admin;

-- The customer's side. Who may read codes could be any customer, so that is a role of its own.
GRANT EXECUTE ON FUNCTION mobanon.request_code(text), mobanon.redeem_code(text, text), mobanon.end_token(text),
	mobanon.decision(text), mobanon.decide(text, text, text, text, text, text),
	mobanon.subject_access(text), mobanon.consent_receipt(text),
	mobanon.reward_statement(text), mobanon.reward_balance(text) TO mobanon_frontend;
GRANT EXECUTE ON FUNCTION mobanon.take_messages(int) TO mobanon_gateway;
GRANT EXECUTE ON FUNCTION mobanon.set_code_limits(interval, int, int, int, int, int, interval), mobanon.forget_codes() TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.create_reward_plan(text, numeric, text, interval, timestamptz, timestamptz, text, text),
	mobanon.end_reward_plan(int, timestamptz), mobanon.code_limits(),
	mobanon.set_controller(text, text, text, text, text, text, text, text[], text[], text, text, text),
	mobanon.set_purpose_terms(text, text, text, text, text) TO mobanon_admin;
GRANT SELECT ON mobanon.code_limit, mobanon.reward_plan, mobanon.controller, mobanon.purpose_terms TO mobanon_admin;
GRANT SELECT ON mobanon.billing_statement, mobanon.billing_balance TO mobanon_billing;
GRANT EXECUTE ON FUNCTION mobanon.consent_intervals(timestamptz[]),
	mobanon.reward_periods(tstzmultirange, timestamptz, timestamptz, interval, text, timestamptz) TO mobanon_billing;

-- pseudonym ----------------------------------------------------------------
GRANT SELECT ON mobanon.keyring TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.create_domain(text, interval, timestamptz, timestamptz),
	mobanon.extend_domain(text, timestamptz),
	mobanon.rotate_key(text),
	mobanon.shred_epoch(text, int),
	mobanon.rewrap_keys(),
	mobanon.key_fingerprint() TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.normalize_msisdn(text), mobanon.normalize_msisdn(text, text),
	mobanon.try_normalize_msisdn(text), mobanon.try_normalize_msisdn(text, text)
	TO mobanon_admin, mobanon_frontend;

-- cell ---------------------------------------------------------------------
-- Cells hold nobody's data: everybody may compute with them.
GRANT EXECUTE ON FUNCTION
	mobanon.cell_in(cstring), mobanon.cell_out(mobanon.cell), mobanon.cell_recv(internal), mobanon.cell_send(mobanon.cell),
	mobanon.cell_to_bigint(mobanon.cell), mobanon.cell_from_bigint(bigint),
	mobanon.cell_eq(mobanon.cell, mobanon.cell), mobanon.cell_ne(mobanon.cell, mobanon.cell),
	mobanon.cell_lt(mobanon.cell, mobanon.cell), mobanon.cell_le(mobanon.cell, mobanon.cell),
	mobanon.cell_gt(mobanon.cell, mobanon.cell), mobanon.cell_ge(mobanon.cell, mobanon.cell),
	mobanon.cell_cmp(mobanon.cell, mobanon.cell), mobanon.cell_sortsupport(internal),
	mobanon.cell_hash(mobanon.cell), mobanon.cell_hash_extended(mobanon.cell, bigint),
	mobanon.coarsen_cell(double precision, double precision, text), mobanon.coarsen_cell(mobanon.cell, text),
	mobanon.try_coarsen_cell(double precision, double precision, text), mobanon.try_coarsen_cell(mobanon.cell, text),
	mobanon.cell_resolution(mobanon.cell), mobanon.cell_center(mobanon.cell),
	mobanon.cell_boundary(mobanon.cell), mobanon.cell_geojson(mobanon.cell), mobanon.cell_area_m2(mobanon.cell),
	mobanon.cell_contains(mobanon.cell, mobanon.cell), mobanon.cell_contained(mobanon.cell, mobanon.cell),
	mobanon.cell_last_inside(mobanon.cell), mobanon.cell_contains_support(internal), mobanon.cell_contained_support(internal),
	mobanon.cell_children(mobanon.cell), mobanon.cell_children(mobanon.cell, text), mobanon.cell_neighbors(mobanon.cell),
	mobanon.cells_within(double precision, double precision, double precision, double precision, text),
	mobanon.site_identity(text), mobanon.try_site_identity(text),
	mobanon.site_identity(text, text, text, bigint, bigint), mobanon.try_site_identity(text, text, text, bigint, bigint),
	mobanon.eci(integer, integer), mobanon.nci(bigint, integer, integer)
	TO PUBLIC;
-- Where the sites are is the operator's business. A purpose role that processes radio cells is
-- granted coarsen_site and try_coarsen_site, one that blurs times blur_time, which has a key.
GRANT SELECT, INSERT, UPDATE, DELETE ON mobanon.site TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.load_sites(regclass, integer, timestamptz, text), mobanon.site_column(text[], text[], boolean),
	mobanon.coarsen_site(text, timestamptz, text), mobanon.try_coarsen_site(text, timestamptz, text) TO mobanon_admin;

-- kanon --------------------------------------------------------------------
-- Counting what one may read anyway; sets go to purpose roles only.
GRANT EXECUTE ON FUNCTION mobanon.kanon_suppress(uuid, integer), mobanon.kanon_suppress(bigint, integer),
	mobanon.kanon_suppress(text, integer), mobanon.kanon_suppress_uuid(mobanon.subject_set, uuid, integer),
	mobanon.kanon_suppress_bigint(mobanon.subject_set, bigint, integer),
	mobanon.kanon_suppress_text(mobanon.subject_set, text, integer),
	mobanon.kanon_combine(mobanon.subject_set, mobanon.subject_set), mobanon.kanon_final(mobanon.subject_set) TO PUBLIC;
-- Their parts need no grant: the aggregates' owner calls them.
GRANT EXECUTE ON FUNCTION
	mobanon.kanon_sum(uuid, bigint, integer, bigint), mobanon.kanon_sum(bigint, bigint, integer, bigint),
	mobanon.kanon_sum(text, bigint, integer, bigint), mobanon.kanon_sum(uuid, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_sum(bigint, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_sum(text, bigint, integer, bigint, integer, integer, integer), mobanon.kanon_avg(uuid, bigint, integer, bigint),
	mobanon.kanon_avg(bigint, bigint, integer, bigint), mobanon.kanon_avg(text, bigint, integer, bigint),
	mobanon.kanon_avg(uuid, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_avg(bigint, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_avg(text, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_quantile(uuid, bigint, double precision, integer, bigint),
	mobanon.kanon_quantile(bigint, bigint, double precision, integer, bigint),
	mobanon.kanon_quantile(text, bigint, double precision, integer, bigint),
	mobanon.kanon_quantile(uuid, bigint, double precision, integer, bigint, integer, integer, integer),
	mobanon.kanon_quantile(bigint, bigint, double precision, integer, bigint, integer, integer, integer),
	mobanon.kanon_quantile(text, bigint, double precision, integer, bigint, integer, integer, integer),
	mobanon.kanon_diverse(uuid, text, integer, integer), mobanon.kanon_diverse(uuid, bigint, integer, integer),
	mobanon.kanon_diverse(uuid, mobanon.cell, integer, integer), mobanon.kanon_diverse(bigint, text, integer, integer),
	mobanon.kanon_diverse(bigint, bigint, integer, integer), mobanon.kanon_diverse(bigint, mobanon.cell, integer, integer),
	mobanon.kanon_diverse(text, text, integer, integer), mobanon.kanon_diverse(text, bigint, integer, integer),
	mobanon.kanon_diverse(text, mobanon.cell, integer, integer),
	mobanon.kanon_diverse(uuid, text, integer, integer, integer, integer),
	mobanon.kanon_diverse(uuid, bigint, integer, integer, integer, integer),
	mobanon.kanon_diverse(uuid, mobanon.cell, integer, integer, integer, integer),
	mobanon.kanon_diverse(bigint, text, integer, integer, integer, integer),
	mobanon.kanon_diverse(bigint, bigint, integer, integer, integer, integer),
	mobanon.kanon_diverse(bigint, mobanon.cell, integer, integer, integer, integer),
	mobanon.kanon_diverse(text, text, integer, integer, integer, integer),
	mobanon.kanon_diverse(text, bigint, integer, integer, integer, integer),
	mobanon.kanon_diverse(text, mobanon.cell, integer, integer, integer, integer) TO PUBLIC;
-- Why a group is withheld is not for those who are to see only what is not.
GRANT EXECUTE ON FUNCTION
	mobanon.kanon_reason(uuid, bigint, integer, bigint), mobanon.kanon_reason(bigint, bigint, integer, bigint),
	mobanon.kanon_reason(text, bigint, integer, bigint),
	mobanon.kanon_reason(uuid, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_reason(bigint, bigint, integer, bigint, integer, integer, integer),
	mobanon.kanon_reason(text, bigint, integer, bigint, integer, integer, integer) TO mobanon_admin;
GRANT EXECUTE ON FUNCTION
	mobanon.kanon_partition(uuid, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition(bigint, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition(text, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition(uuid, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition(bigint, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition(text, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_uuid(internal, uuid, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_bigint(internal, bigint, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_text(internal, text, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_rest(uuid, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_rest(bigint, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_rest(text, mobanon.cell, timestamptz, integer, text[]),
	mobanon.kanon_partition_rest(uuid, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_rest(bigint, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_rest(text, mobanon.cell, timestamptz, integer, text[], interval[], text),
	mobanon.kanon_partition_final(internal), mobanon.kanon_partition_rest_final(internal) TO PUBLIC;
-- Arithmetic with the rows of the caller's own query; reasons tell which groups are small.
GRANT EXECUTE ON FUNCTION mobanon.kanon_table(bigint, bigint, integer, "any"), mobanon.table_bounds(bigint, "any"),
	mobanon.table_bounds_distinct(bigint, "any"), mobanon.audit_table(regclass, name, integer, name[], name[], boolean) TO PUBLIC;
GRANT EXECUTE ON FUNCTION mobanon.kanon_table_reason(bigint, bigint, integer, "any") TO mobanon_admin;
-- Exact numbers, of small groups too; it reads what its caller may read.
GRANT EXECUTE ON FUNCTION mobanon.partition_utility(regclass, integer, text[], interval[], text, name, name, name, boolean) TO mobanon_admin;

-- mobility -----------------------------------------------------------------
-- Arithmetic with events that one may read anyway.
GRANT EXECUTE ON FUNCTION mobanon.cell_distance(mobanon.cell, mobanon.cell),
	mobanon.cleaning(boolean, boolean, boolean, integer, integer, interval, interval),
	mobanon.stays(mobanon.cell, timestamptz, interval, interval), mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval),
	mobanon.stays(mobanon.cell, timestamptz, interval, interval, mobanon.cleaning),
	mobanon.stays_add(internal, mobanon.cell, timestamptz, interval, interval, mobanon.cleaning), mobanon.stays_final(internal),
	mobanon.clean_events(mobanon.cell, timestamptz, mobanon.cleaning), mobanon.cleaning_counts(mobanon.cell, timestamptz, mobanon.cleaning),
	mobanon.clean_events_add(internal, mobanon.cell, timestamptz, mobanon.cleaning), mobanon.clean_events_final(internal),
	mobanon.cleaning_counts_final(internal) TO PUBLIC;
-- trips and flows
GRANT EXECUTE ON FUNCTION mobanon.trips(mobanon.stay[], interval, integer, uuid, text),
	mobanon.trip_chains(mobanon.stay[], interval, integer, uuid, text),
	mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.flows_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.flows_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.flows_add_text(internal, text, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.flows_final(internal),
	mobanon.kanon_flows(uuid, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_flows(uuid, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.kanon_flows(bigint, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_flows(bigint, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.kanon_flows(text, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_flows(text, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.chains_add_uuid(internal, uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.chains_add_bigint(internal, bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.chains_add_text(internal, text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.chains_final(internal),
	mobanon.kanon_chains(uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_chains(uuid, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.kanon_chains(bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_chains(bigint, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer),
	mobanon.kanon_chains(text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[]),
	mobanon.kanon_chains(text, mobanon.cell, mobanon.cell, mobanon.cell, integer, text[], integer, integer) TO PUBLIC;
-- Which areas are looked at is the business of the house; purpose roles are granted area_cells.
GRANT SELECT ON mobanon.area_set, mobanon.area_cell TO mobanon_admin;
GRANT EXECUTE ON FUNCTION mobanon.create_area_set(text, text, text), mobanon.create_area(text, text, mobanon.cell[]),
	mobanon.drop_area(text, text), mobanon.drop_area_set(text), mobanon.seal_area_set(text),
	mobanon.area_cells(text), mobanon.area_geojson(text, text), mobanon.polygon_cells(text, text, numeric),
	mobanon.place_parts(text, text), mobanon.stays_in_query(text, text, text, interval, interval, name, boolean),
	mobanon.home_stays_query(text, text, text, name), mobanon.place_stays_query(text, text, text, text, interval, interval, name),
	mobanon.breakdown_query(text, int, int, text), mobanon.check_figures(int, int, interval, int, text), mobanon.check_rule(int, int),
	mobanon.usual_place_cte(text, text, text, time, time, boolean, int, int), mobanon.visits_cte(text, text, interval, interval, boolean),
	mobanon.home_cte(text, text, int, int), mobanon.homes_query(text, text, int, int),
	mobanon.places_query(text, int, interval, text, text, interval, int, interval, int, int, bigint, bigint, bigint, int, int, int, boolean),
	mobanon.residents_query(text, int, interval, text, int, int, int, int, int) TO mobanon_admin;

-- release ------------------------------------------------------------------
GRANT SELECT ON mobanon.pipeline, mobanon.pipeline_relation, mobanon.publication, mobanon.publication_window, mobanon.publication_withheld,
	mobanon.received, mobanon.publish_progress TO mobanon_admin;
GRANT SELECT ON mobanon.publish_progress TO pg_monitor;
GRANT EXECUTE ON FUNCTION mobanon.publications_running() TO mobanon_admin, pg_monitor;
GRANT EXECUTE ON FUNCTION mobanon.registered_stages(), mobanon.set_withdrawal_limit(text, interval),
	mobanon.withdrawal_status(timestamptz), mobanon.customer_alarms() TO mobanon_admin;
-- counts and numbers of entries, and nobody's identifier
GRANT EXECUTE ON FUNCTION mobanon.customer_alarms() TO pg_monitor;
-- Arithmetic with time, and releases as files (as far as the caller may read them): everybody.
GRANT EXECUTE ON FUNCTION mobanon.release_parameters(regclass), mobanon.release_shape(regclass), mobanon.release_area(regclass, text),
	mobanon.row_geometry(regclass), mobanon.rows_on_map(regclass, jsonb),
	mobanon.release_geojson(regclass, timestamptz, timestamptz),
	mobanon.release_map(regclass, text, text, timestamptz, timestamptz), mobanon.column_list(name[], text),
	mobanon.bucket_start(timestamptz, interval, text),
	mobanon.bucket_end(timestamptz, interval, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION mobanon.published_until(text), mobanon.closed_until(text),
	mobanon.pipeline_name(text, boolean), mobanon.stage_name(text, text) TO mobanon_admin;
GRANT EXECUTE ON FUNCTION
	mobanon.describe_pipeline, mobanon.pipeline_kinds(), mobanon.measure(text, name, bigint, double precision, name),
	mobanon.diversity(name, text, integer, integer, integer),
	mobanon.pipeline_statements(mobanon.pipeline, regrole[]),
	mobanon.pipeline_sql,
	mobanon.create_pipeline, mobanon.note_start(text, regclass, boolean),
	mobanon.run_statements(text, regclass, text[]),
	mobanon.register_pipeline,
	mobanon.drop_pipeline(text, boolean), mobanon.drop_stages(text, boolean), mobanon.unregister_pipeline(text, boolean),
	mobanon.take_back_rights(text),
	mobanon.grant_release(text, regrole), mobanon.revoke_release(text, regrole), mobanon.set_release_reader(text, regrole, boolean),
	mobanon.publish(text, timestamptz), mobanon.publish_pipeline(text, timestamptz, timestamptz), mobanon.next_part(text, interval),
	mobanon.recipient_statements(text, text, text, mobanon.cell[], regrole[], boolean),
	mobanon.schema_statements(name, name[], regrole[]),
	mobanon.create_recipient_release(text, text, text, mobanon.cell[], regrole[], boolean),
	mobanon.register_recipient_release(text, text, text, mobanon.cell[], boolean),
	mobanon.accept_definition(text), mobanon.accept_definition_of(text),
	mobanon.skip_windows(text), mobanon.skip_windows_of(text),
	mobanon.drop_windows(text, timestamptz), mobanon.drop_windows_of(text, timestamptz),
	mobanon.verify_release(text), mobanon.verify_pipeline(text),
	mobanon.publications_using(text, timestamptz), mobanon.publications_open_to(text, timestamptz),
	mobanon.recipients_of(mobanon.publication), mobanon.relation_named(text), mobanon.relation_of(integer, text, text), mobanon.base_type(oid),
	mobanon.look_into_source(oid, text, name, name, tstzmultirange, pg_snapshot), mobanon.writer_of(xid, bigint),
	mobanon.earliest_event(oid, name),
	mobanon.audit(text), mobanon.audit_pipeline(text) TO mobanon_admin;
GRANT EXECUTE ON PROCEDURE mobanon.publish_backlog(text, interval) TO mobanon_admin;

-- What bind_purpose() gives to a purpose role, and unbind_purpose() takes back.
CREATE FUNCTION mobanon.change_processing(command text, preposition text, role_name regrole) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, mobanon, pg_temp
AS $$
DECLARE
	function	regprocedure;
BEGIN
	FOR function IN SELECT p.oid::regprocedure FROM pg_proc AS p
		WHERE p.pronamespace = 'mobanon'::regnamespace
		AND p.proname IN ('consented', 'pseudonymize', 'try_coarsen_site', 'kanon_suppress', 'kanon_suppress_set', 'contribution_draw', 'partition_utility', 'subject_set_agg',
			'subject_set_agg_uuid', 'subject_set_agg_bigint', 'subject_set_agg_text', 'subject_set_agg_set',
			'subject_set_final', 'subject_set_union', 'cardinality', 'area_cells', 'published_until', 'closed_until')
	LOOP
		EXECUTE format('%s EXECUTE ON FUNCTION %s %s %s', command, function, preposition, role_name);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mobanon.change_processing(text, text, regrole) IS
'For grant_processing() and revoke_processing(): what a purpose role may call.';
CREATE FUNCTION mobanon.grant_processing(role_name regrole) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT change_processing('GRANT', 'TO', role_name) $$;
COMMENT ON FUNCTION mobanon.grant_processing(regrole) IS 'For bind_role(): lets a purpose role call what a pipeline calls.';
CREATE FUNCTION mobanon.revoke_processing(role_name regrole) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, mobanon, pg_temp
AS $$ SELECT change_processing('REVOKE', 'FROM', role_name) $$;
COMMENT ON FUNCTION mobanon.revoke_processing(regrole) IS 'For unbind_role(): the reverse of grant_processing().';
ALTER FUNCTION mobanon.change_processing(text, text, regrole) OWNER TO mobanon_owner;
ALTER FUNCTION mobanon.grant_processing(regrole) OWNER TO mobanon_owner;
ALTER FUNCTION mobanon.revoke_processing(regrole) OWNER TO mobanon_owner;
REVOKE ALL ON FUNCTION mobanon.change_processing(text, text, regrole), mobanon.grant_processing(regrole),
	mobanon.revoke_processing(regrole) FROM PUBLIC;
