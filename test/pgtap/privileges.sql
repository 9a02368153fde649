-- Who may call and read what of mobanon, role by role, from the catalogs.  The lists are complete: a function that is
-- new, or granted to somebody else, fails here until src/privileges.sql and this file say the same.
-- psql -qXAt -v print=1 -f test/pgtap/privileges.sql prints what they hold, in a new database with mobanon.
\set QUIET 1
SET search_path = public, mobanon;
SET client_min_messages = warning;
CREATE ROLE tap_acl_nobody;
CREATE ROLE tap_acl_admin IN ROLE mobanon_admin;
CREATE ROLE tap_acl_frontend IN ROLE mobanon_frontend;
CREATE ROLE tap_acl_gateway IN ROLE mobanon_gateway;
CREATE ROLE tap_acl_billing IN ROLE mobanon_billing;
CREATE ROLE tap_acl_job;
SELECT create_purpose('tap_acl', 'test');
SELECT bind_purpose('tap_acl', 'tap_acl_job');

-- one row per role and object: PUBLIC's first, the others' beyond those
CREATE FUNCTION pg_temp.acl(OUT who text, OUT what text) RETURNS SETOF record LANGUAGE sql AS $$
	WITH role (who, name) AS (VALUES ('PUBLIC', 'tap_acl_nobody'), ('mobanon_admin', 'tap_acl_admin'),
		('mobanon_frontend', 'tap_acl_frontend'), ('mobanon_gateway', 'tap_acl_gateway'), ('mobanon_billing', 'tap_acl_billing'), ('a purpose role', 'tap_acl_job'))
	SELECT r.who, 'call ' || p.oid::regprocedure::text FROM role AS r, pg_proc AS p
	WHERE p.pronamespace = 'mobanon'::regnamespace AND has_function_privilege(r.name, p.oid, 'EXECUTE')
	AND (r.who = 'PUBLIC' OR NOT has_function_privilege('tap_acl_nobody', p.oid, 'EXECUTE'))
	UNION ALL
	SELECT r.who, lower(x.p) || ' ' || c.relname FROM role AS r, pg_class AS c,
		unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS x (p)
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
	AND (has_table_privilege(r.name, c.oid, x.p) OR x.p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(r.name, c.oid, x.p))
	AND (r.who = 'PUBLIC' OR NOT has_table_privilege('tap_acl_nobody', c.oid, x.p))
	UNION ALL
	SELECT r.who, 'sequence ' || c.relname FROM role AS r, pg_class AS c
	WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind = 'S' AND has_sequence_privilege(r.name, c.oid, 'USAGE, SELECT, UPDATE')
$$;
\if :{?print}
\pset fieldsep '\t'
SELECT * FROM pg_temp.acl() ORDER BY who COLLATE "C", what COLLATE "C";
\q
\endif
CREATE TEMP TABLE pinned (who text, what text);
COPY pinned FROM stdin;
PUBLIC	call audit_table(regclass,name,integer,name[],name[],boolean)
PUBLIC	call bucket_end(timestamp with time zone,interval,text)
PUBLIC	call bucket_start(timestamp with time zone,interval,text)
PUBLIC	call cell_area_m2(cell)
PUBLIC	call cell_boundary(cell)
PUBLIC	call cell_center(cell)
PUBLIC	call cell_children(cell)
PUBLIC	call cell_children(cell,text)
PUBLIC	call cell_cmp(cell,cell)
PUBLIC	call cell_contained(cell,cell)
PUBLIC	call cell_contained_support(internal)
PUBLIC	call cell_contains(cell,cell)
PUBLIC	call cell_contains_support(internal)
PUBLIC	call cell_distance(cell,cell)
PUBLIC	call cell_eq(cell,cell)
PUBLIC	call cell_from_bigint(bigint)
PUBLIC	call cell_ge(cell,cell)
PUBLIC	call cell_geojson(cell)
PUBLIC	call cell_gt(cell,cell)
PUBLIC	call cell_hash(cell)
PUBLIC	call cell_hash_extended(cell,bigint)
PUBLIC	call cell_in(cstring)
PUBLIC	call cell_last_inside(cell)
PUBLIC	call cell_le(cell,cell)
PUBLIC	call cell_lt(cell,cell)
PUBLIC	call cell_ne(cell,cell)
PUBLIC	call cell_neighbors(cell)
PUBLIC	call cell_out(cell)
PUBLIC	call cell_recv(internal)
PUBLIC	call cell_resolution(cell)
PUBLIC	call cell_send(cell)
PUBLIC	call cell_sortsupport(internal)
PUBLIC	call cell_to_bigint(cell)
PUBLIC	call cells_within(double precision,double precision,double precision,double precision,text)
PUBLIC	call chains_add_bigint(internal,bigint,cell,cell,cell,integer,text[])
PUBLIC	call chains_add_bigint(internal,bigint,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call chains_add_text(internal,text,cell,cell,cell,integer,text[])
PUBLIC	call chains_add_text(internal,text,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call chains_add_uuid(internal,uuid,cell,cell,cell,integer,text[])
PUBLIC	call chains_add_uuid(internal,uuid,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call chains_final(internal)
PUBLIC	call clean_events(cell,timestamp with time zone,cleaning)
PUBLIC	call clean_events_add(internal,cell,timestamp with time zone,cleaning)
PUBLIC	call clean_events_final(internal)
PUBLIC	call cleaning(boolean,boolean,boolean,integer,integer,interval,interval)
PUBLIC	call cleaning_counts(cell,timestamp with time zone,cleaning)
PUBLIC	call cleaning_counts_final(internal)
PUBLIC	call close_new_partitions()
PUBLIC	call close_table(regclass)
PUBLIC	call coarsen_cell(cell,text)
PUBLIC	call coarsen_cell(double precision,double precision,text)
PUBLIC	call column_list(name[],text)
PUBLIC	call eci(integer,integer)
PUBLIC	call flows_add_bigint(internal,bigint,cell,cell,integer,text[])
PUBLIC	call flows_add_bigint(internal,bigint,cell,cell,integer,text[],integer,integer)
PUBLIC	call flows_add_text(internal,text,cell,cell,integer,text[])
PUBLIC	call flows_add_text(internal,text,cell,cell,integer,text[],integer,integer)
PUBLIC	call flows_add_uuid(internal,uuid,cell,cell,integer,text[])
PUBLIC	call flows_add_uuid(internal,uuid,cell,cell,integer,text[],integer,integer)
PUBLIC	call flows_final(internal)
PUBLIC	call foreign_policies(regclass)
PUBLIC	call guard_load()
PUBLIC	call guard_rewrite()
PUBLIC	call kanon_avg(bigint,bigint,integer,bigint)
PUBLIC	call kanon_avg(bigint,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_avg(text,bigint,integer,bigint)
PUBLIC	call kanon_avg(text,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_avg(uuid,bigint,integer,bigint)
PUBLIC	call kanon_avg(uuid,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_chains(bigint,cell,cell,cell,integer,text[])
PUBLIC	call kanon_chains(bigint,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_chains(text,cell,cell,cell,integer,text[])
PUBLIC	call kanon_chains(text,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_chains(uuid,cell,cell,cell,integer,text[])
PUBLIC	call kanon_chains(uuid,cell,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_combine(subject_set,subject_set)
PUBLIC	call kanon_diverse(bigint,bigint,integer,integer)
PUBLIC	call kanon_diverse(bigint,bigint,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(bigint,cell,integer,integer)
PUBLIC	call kanon_diverse(bigint,cell,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(bigint,text,integer,integer)
PUBLIC	call kanon_diverse(bigint,text,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(text,bigint,integer,integer)
PUBLIC	call kanon_diverse(text,bigint,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(text,cell,integer,integer)
PUBLIC	call kanon_diverse(text,cell,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(text,text,integer,integer)
PUBLIC	call kanon_diverse(text,text,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(uuid,bigint,integer,integer)
PUBLIC	call kanon_diverse(uuid,bigint,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(uuid,cell,integer,integer)
PUBLIC	call kanon_diverse(uuid,cell,integer,integer,integer,integer)
PUBLIC	call kanon_diverse(uuid,text,integer,integer)
PUBLIC	call kanon_diverse(uuid,text,integer,integer,integer,integer)
PUBLIC	call kanon_final(subject_set)
PUBLIC	call kanon_flows(bigint,cell,cell,integer,text[])
PUBLIC	call kanon_flows(bigint,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_flows(text,cell,cell,integer,text[])
PUBLIC	call kanon_flows(text,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_flows(uuid,cell,cell,integer,text[])
PUBLIC	call kanon_flows(uuid,cell,cell,integer,text[],integer,integer)
PUBLIC	call kanon_partition(bigint,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition(bigint,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition(text,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition(text,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition(uuid,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition(uuid,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_bigint(internal,bigint,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_bigint(internal,bigint,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_final(internal)
PUBLIC	call kanon_partition_rest(bigint,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_rest(bigint,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_rest(text,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_rest(text,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_rest(uuid,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_rest(uuid,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_rest_final(internal)
PUBLIC	call kanon_partition_text(internal,text,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_text(internal,text,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_partition_uuid(internal,uuid,cell,timestamp with time zone,integer,text[])
PUBLIC	call kanon_partition_uuid(internal,uuid,cell,timestamp with time zone,integer,text[],interval[],text)
PUBLIC	call kanon_quantile(bigint,bigint,double precision,integer,bigint)
PUBLIC	call kanon_quantile(bigint,bigint,double precision,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_quantile(text,bigint,double precision,integer,bigint)
PUBLIC	call kanon_quantile(text,bigint,double precision,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_quantile(uuid,bigint,double precision,integer,bigint)
PUBLIC	call kanon_quantile(uuid,bigint,double precision,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_sum(bigint,bigint,integer,bigint)
PUBLIC	call kanon_sum(bigint,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_sum(text,bigint,integer,bigint)
PUBLIC	call kanon_sum(text,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_sum(uuid,bigint,integer,bigint)
PUBLIC	call kanon_sum(uuid,bigint,integer,bigint,integer,integer,integer)
PUBLIC	call kanon_suppress(bigint,integer)
PUBLIC	call kanon_suppress(text,integer)
PUBLIC	call kanon_suppress(uuid,integer)
PUBLIC	call kanon_suppress_bigint(subject_set,bigint,integer)
PUBLIC	call kanon_suppress_text(subject_set,text,integer)
PUBLIC	call kanon_suppress_uuid(subject_set,uuid,integer)
PUBLIC	call kanon_table(bigint,bigint,integer,"any")
PUBLIC	call nci(bigint,integer,integer)
PUBLIC	call purpose_policy(regclass,text)
PUBLIC	call reads_around_policies()
PUBLIC	call relation_tree(regclass)
PUBLIC	call release_area(regclass,text)
PUBLIC	call release_geojson(regclass,timestamp with time zone,timestamp with time zone)
PUBLIC	call release_map(regclass,text,text,timestamp with time zone,timestamp with time zone)
PUBLIC	call release_parameters(regclass)
PUBLIC	call release_shape(regclass)
PUBLIC	call row_geometry(regclass)
PUBLIC	call rows_on_map(regclass,jsonb)
PUBLIC	call settle_protected_tables(oid[])
PUBLIC	call site_identity(text)
PUBLIC	call site_identity(text,text,text,bigint,bigint)
PUBLIC	call stays(cell,timestamp with time zone,interval,interval)
PUBLIC	call stays(cell,timestamp with time zone,interval,interval,cleaning)
PUBLIC	call stays_add(internal,cell,timestamp with time zone,interval,interval)
PUBLIC	call stays_add(internal,cell,timestamp with time zone,interval,interval,cleaning)
PUBLIC	call stays_final(internal)
PUBLIC	call table_bounds(bigint,"any")
PUBLIC	call table_bounds_distinct(bigint,"any")
PUBLIC	call trip_chains(stay[],interval,integer,uuid,text)
PUBLIC	call trips(stay[],interval,integer,uuid,text)
PUBLIC	call try_coarsen_cell(cell,text)
PUBLIC	call try_coarsen_cell(double precision,double precision,text)
PUBLIC	call try_site_identity(text)
PUBLIC	call try_site_identity(text,text,text,bigint,bigint)
PUBLIC	select protected_table
PUBLIC	select purpose
PUBLIC	select purpose_role
a purpose role	call area_cells(text)
a purpose role	call cardinality(subject_set)
a purpose role	call closed_until(text)
a purpose role	call consented(bigint,timestamp with time zone,text)
a purpose role	call consented(bigint,timestamp with time zone,text,text)
a purpose role	call consented(text,timestamp with time zone,text)
a purpose role	call consented(text,timestamp with time zone,text,text)
a purpose role	call contribution_draw(uuid,cell,timestamp with time zone,text)
a purpose role	call kanon_suppress(subject_set,integer)
a purpose role	call kanon_suppress_set(subject_set,subject_set,integer)
a purpose role	call partition_utility(regclass,integer,text[],interval[],text,name,name,name,boolean)
a purpose role	call pseudonymize(bigint,text,timestamp with time zone)
a purpose role	call pseudonymize(text,text,timestamp with time zone)
a purpose role	call pseudonymize(uuid,text,timestamp with time zone)
a purpose role	call published_until(text)
a purpose role	call subject_set_agg(bigint)
a purpose role	call subject_set_agg(text)
a purpose role	call subject_set_agg(uuid)
a purpose role	call subject_set_agg_bigint(subject_set,bigint)
a purpose role	call subject_set_agg_set(subject_set,subject_set)
a purpose role	call subject_set_agg_text(subject_set,text)
a purpose role	call subject_set_agg_uuid(subject_set,uuid)
a purpose role	call subject_set_final(subject_set)
a purpose role	call subject_set_union(subject_set)
a purpose role	call subject_set_union(subject_set,subject_set)
a purpose role	call try_coarsen_site(text,timestamp with time zone,text)
mobanon_admin	call accept_definition(text)
mobanon_admin	call accept_definition_of(text)
mobanon_admin	call add_category(text,text,text)
mobanon_admin	call area_cells(text)
mobanon_admin	call area_geojson(text,text)
mobanon_admin	call audit(text)
mobanon_admin	call audit_pipeline(text)
mobanon_admin	call base_type(oid)
mobanon_admin	call bind_purpose(text,regrole)
mobanon_admin	call bind_role(text,regrole)
mobanon_admin	call breakdown_query(text,integer,integer)
mobanon_admin	call check_figures(integer,integer,interval,integer,text)
mobanon_admin	call check_rule(integer,integer)
mobanon_admin	call closed_until(text)
mobanon_admin	call coarsen_site(text,timestamp with time zone,text)
mobanon_admin	call code_gaps()
mobanon_admin	call code_limits()
mobanon_admin	call create_area(text,text,cell[])
mobanon_admin	call create_area_set(text,text,text)
mobanon_admin	call create_channel(text,boolean,text)
mobanon_admin	call create_domain(text,interval,timestamp with time zone,timestamp with time zone)
mobanon_admin	call create_pipeline(text,regclass,text,name,name,text,interval,integer,interval,text,timestamp with time zone,text,regrole,text[],regrole[],name[],name,text,name,text[],interval[],measure[],integer,interval,interval,integer,text,text)
mobanon_admin	call create_purpose(text,text,text,text,interval,boolean,text[])
mobanon_admin	call create_recipient(text,text)
mobanon_admin	call create_recipient_release(text,text,text,cell[],regrole[],boolean)
mobanon_admin	call create_reward_plan(text,numeric,text,interval,timestamp with time zone,timestamp with time zone,text,text)
mobanon_admin	call customer_alarms()
mobanon_admin	call describe_pipeline(text,regclass,text,name,name,text,interval,integer,interval,text,timestamp with time zone,text,regrole,text[],name[],name,text,name,text[],interval[],measure[],integer,interval,interval,integer,text,text,boolean)
mobanon_admin	call drop_area(text,text)
mobanon_admin	call drop_area_set(text)
mobanon_admin	call drop_pipeline(text,boolean)
mobanon_admin	call drop_stages(text,boolean)
mobanon_admin	call drop_windows(text,timestamp with time zone)
mobanon_admin	call drop_windows_of(text,timestamp with time zone)
mobanon_admin	call earliest_event(oid,name)
mobanon_admin	call end_reward_plan(integer,timestamp with time zone)
mobanon_admin	call end_subject(text,timestamp with time zone,text,text,text)
mobanon_admin	call erase_subject(text,text)
mobanon_admin	call extend_domain(text,timestamp with time zone)
mobanon_admin	call forget_codes()
mobanon_admin	call grant_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_admin	call grant_gaps()
mobanon_admin	call grant_release(text,regrole)
mobanon_admin	call guard_is_preloaded()
mobanon_admin	call harden_statistics(boolean)
mobanon_admin	call home_stays_query(text,text,text,name)
mobanon_admin	call house_gaps()
mobanon_admin	call import_consents()
mobanon_admin	call invalidate_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_admin	call kanon_reason(bigint,bigint,integer,bigint)
mobanon_admin	call kanon_reason(bigint,bigint,integer,bigint,integer,integer,integer)
mobanon_admin	call kanon_reason(text,bigint,integer,bigint)
mobanon_admin	call kanon_reason(text,bigint,integer,bigint,integer,integer,integer)
mobanon_admin	call kanon_reason(uuid,bigint,integer,bigint)
mobanon_admin	call kanon_reason(uuid,bigint,integer,bigint,integer,integer,integer)
mobanon_admin	call kanon_table_reason(bigint,bigint,integer,"any")
mobanon_admin	call key_fingerprint()
mobanon_admin	call ledger_head()
mobanon_admin	call load_sites(regclass,integer,timestamp with time zone,text)
mobanon_admin	call look_into_source(oid,text,name,name,tstzmultirange,pg_snapshot)
mobanon_admin	call measure(text,name,bigint,double precision,name)
mobanon_admin	call next_part(text,interval)
mobanon_admin	call normalize_msisdn(text)
mobanon_admin	call normalize_msisdn(text,text)
mobanon_admin	call note_expired()
mobanon_admin	call partition_utility(regclass,integer,text[],interval[],text,name,name,name,boolean)
mobanon_admin	call pipeline_kinds()
mobanon_admin	call pipeline_name(text,boolean)
mobanon_admin	call pipeline_sql(text,regclass,text,name,name,text,interval,integer,interval,text,timestamp with time zone,text,regrole,text[],regrole[],name[],name,text,name,text[],interval[],measure[],integer,interval,interval,integer,text,text)
mobanon_admin	call pipeline_statements(pipeline,regrole[])
mobanon_admin	call place_parts(text,text)
mobanon_admin	call place_stays_query(text,text,text,text,interval,interval,name)
mobanon_admin	call places_query(text,integer,interval,text,text,interval,integer,interval,integer,integer,bigint,bigint,bigint)
mobanon_admin	call polygon_cells(text,text,numeric)
mobanon_admin	call protect(regclass,name,name)
mobanon_admin	call protected_members()
mobanon_admin	call protection_gaps()
mobanon_admin	call publications_open_to(text,timestamp with time zone)
mobanon_admin	call publications_running()
mobanon_admin	call publications_using(text,timestamp with time zone)
mobanon_admin	call publish(text,timestamp with time zone)
mobanon_admin	call publish_backlog(text,interval)
mobanon_admin	call publish_pipeline(text,timestamp with time zone,timestamp with time zone)
mobanon_admin	call published_until(text)
mobanon_admin	call purpose_members()
mobanon_admin	call purpose_policies(text)
mobanon_admin	call reading_views()
mobanon_admin	call rebuild_consent_state()
mobanon_admin	call recipient_statements(text,text,text,cell[],regrole[],boolean)
mobanon_admin	call recipients_of(publication)
mobanon_admin	call refuse_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_admin	call register_pipeline(text,regclass,text,regrole,name,name,text,interval,integer,interval,text,timestamp with time zone,text,text[],name[],name,text,name,text[],interval[],measure[],integer,interval,interval,integer,text,text)
mobanon_admin	call register_recipient_release(text,text,text,cell[],boolean)
mobanon_admin	call registered_stages()
mobanon_admin	call relation_named(text)
mobanon_admin	call residents_query(text,integer,interval,text,integer,integer,integer,integer,integer)
mobanon_admin	call revoke_release(text,regrole)
mobanon_admin	call rewrap_keys()
mobanon_admin	call role_gaps()
mobanon_admin	call rotate_key(text)
mobanon_admin	call run_statements(text,regclass,text[])
mobanon_admin	call schema_statements(name,name[],regrole[])
mobanon_admin	call seal_area_set(text)
mobanon_admin	call seal_ledger()
mobanon_admin	call set_code_limits(interval,integer,integer,integer,integer,integer,interval)
mobanon_admin	call set_controller(text,text,text,text,text,text,text,text[],text[],text,text,text)
mobanon_admin	call set_notice(text,text,text)
mobanon_admin	call set_purpose_terms(text,text,text,text,text)
mobanon_admin	call set_release_reader(text,regrole,boolean)
mobanon_admin	call set_withdrawal_limit(text,interval)
mobanon_admin	call shred_epoch(text,integer)
mobanon_admin	call site_column(text[],text[],boolean)
mobanon_admin	call stage_name(text,text)
mobanon_admin	call stays_in_query(text,text,text,interval,interval,name,boolean)
mobanon_admin	call table_gaps()
mobanon_admin	call try_coarsen_site(text,timestamp with time zone,text)
mobanon_admin	call try_normalize_msisdn(text)
mobanon_admin	call try_normalize_msisdn(text,text)
mobanon_admin	call unbind_purpose(text,regrole)
mobanon_admin	call unbind_role(text,regrole)
mobanon_admin	call unprotect(regclass)
mobanon_admin	call unregister_pipeline(text,boolean)
mobanon_admin	call usual_place_cte(text,text,text,time without time zone,time without time zone,boolean,integer,integer)
mobanon_admin	call verify_ledger(text)
mobanon_admin	call verify_pipeline(text)
mobanon_admin	call verify_release(text)
mobanon_admin	call view_gaps()
mobanon_admin	call visits_cte(text,text,interval,interval)
mobanon_admin	call withdraw_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_admin	call withdrawal_status(timestamp with time zone)
mobanon_admin	call writer_of(xid,bigint)
mobanon_admin	delete consent_import
mobanon_admin	delete protected_table
mobanon_admin	delete site
mobanon_admin	insert consent_import
mobanon_admin	insert protected_table
mobanon_admin	insert site
mobanon_admin	select area_cell
mobanon_admin	select area_set
mobanon_admin	select channel
mobanon_admin	select code_limit
mobanon_admin	select consent_import
mobanon_admin	select consent_scope
mobanon_admin	select controller
mobanon_admin	select keyring
mobanon_admin	select ledger_erasure
mobanon_admin	select ledger_seal
mobanon_admin	select pipeline
mobanon_admin	select publication
mobanon_admin	select publication_window
mobanon_admin	select publication_withheld
mobanon_admin	select publish_progress
mobanon_admin	select purpose_notice
mobanon_admin	select purpose_terms
mobanon_admin	select received
mobanon_admin	select recipient
mobanon_admin	select reward_plan
mobanon_admin	select site
mobanon_admin	update consent_import
mobanon_admin	update site
mobanon_billing	call consent_intervals(timestamp with time zone[])
mobanon_billing	call reward_periods(tstzmultirange,timestamp with time zone,timestamp with time zone,interval,text,timestamp with time zone)
mobanon_billing	select billing_balance
mobanon_billing	select billing_statement
mobanon_frontend	call consent_receipt(text)
mobanon_frontend	call decide(text,text,text,text,text,text)
mobanon_frontend	call decision(text)
mobanon_frontend	call end_token(text)
mobanon_frontend	call grant_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_frontend	call normalize_msisdn(text)
mobanon_frontend	call normalize_msisdn(text,text)
mobanon_frontend	call redeem_code(text,text)
mobanon_frontend	call refuse_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_frontend	call request_code(text)
mobanon_frontend	call reward_balance(text)
mobanon_frontend	call reward_statement(text)
mobanon_frontend	call subject_access(text)
mobanon_frontend	call try_normalize_msisdn(text)
mobanon_frontend	call try_normalize_msisdn(text,text)
mobanon_frontend	call withdraw_consent(text,text,text,timestamp with time zone,text,text,text,text)
mobanon_gateway	call take_messages(integer)
\.
SELECT plan(9);
SELECT is_empty($$SELECT * FROM pg_temp.acl() EXCEPT SELECT * FROM pinned$$, 'nobody may do more than is listed');
SELECT is_empty($$SELECT * FROM pinned EXCEPT SELECT * FROM pg_temp.acl()$$, 'nor less');

SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND pg_get_userbyid(p.proowner) <> 'mobanon_owner'$$,
	'every function belongs to mobanon_owner');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class AS c WHERE c.relnamespace = 'mobanon'::regnamespace AND c.relkind IN ('r', 'v', 'S', 'm', 'p', 'i') AND pg_get_userbyid(c.relowner) <> 'mobanon_owner'$$,
	'every relation, too');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.prosecdef
	AND NOT COALESCE('search_path=pg_catalog, mobanon, pg_temp' = ANY (p.proconfig), false)$$, 'who runs with more rights pins its search_path');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
	WHERE p.pronamespace = 'mobanon'::regnamespace AND l.lanname = 'plpgsql' AND p.prokind <> 'p'
	AND NOT COALESCE(p.proconfig::text ~ 'search_path=pg_catalog', false)$$, 'and so does every function in plpgsql; a procedure that commits cannot, and names all with their schema');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
	WHERE p.pronamespace = 'mobanon'::regnamespace AND l.lanname = 'sql' AND p.prosqlbody IS NULL AND NOT COALESCE(p.proconfig::text ~ 'search_path=pg_catalog', false)$$,
	'and in SQL, unless its body is bound to what it names');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace = 'mobanon'::regnamespace AND p.proleakproof
	AND p.proname !~ '^cell_(eq|ne|lt|le|gt|ge|cmp|hash|hash_extended|out|send|to_bigint|resolution|contains|contained|last_inside)$'$$, 'LEAKPROOF is what compares and prints cells, and nothing else');
SELECT is_empty($$SELECT * FROM pg_roles WHERE rolname LIKE 'mobanon\_%' AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)$$,
	'the roles of the house are plain');
SELECT * FROM finish();
