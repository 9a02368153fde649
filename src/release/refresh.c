/*
 * refresh.c
 *		Computing a candidate as the role that processes for the purpose.
 *
 * publish() runs with the rights of mobanon_owner, which may not read events.
 * The two statements here run as the candidate's owner, who is subject to the
 * policies of the source, and both under one snapshot, so that what is counted
 * as withheld is what the refresh withheld.
 */
#include "release.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(refresh_candidate);
PG_FUNCTION_INFO_V1(empty_candidate);

#define COUNTS 3				/* events, events without a cell, groups */

static char *
quoted_relation(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));
}

static Oid
relation_owner(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	Oid			owner = rel->rd_rel->relowner;

	table_close(rel, NoLock);
	return owner;
}

static void
run(const char *statement, Snapshot snapshot, bool read_only, int expected)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(statement, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	int			result;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	result = SPI_execute_snapshot(plan, NULL, NULL, snapshot, InvalidSnapshot, read_only, false, 0);
	if (result != expected)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
}

/* What stages 1 and 2 hold of the open windows, by a query that the pipeline's kind makes. */
static void
count_stage(const char *query, Snapshot snapshot, int64 counts[COUNTS])
{
	bool		isnull;

	run(query, snapshot, true, SPI_OK_SELECT);
	if (SPI_processed != 1 || SPI_tuptable->tupdesc->natts != COUNTS)
		elog(ERROR, "refresh_candidate: not one row of %d counts", COUNTS);
	for (int i = 0; i < COUNTS; i++)
	{
		if (SPI_gettypeid(SPI_tuptable->tupdesc, i + 1) != INT8OID)
			elog(ERROR, "refresh_candidate: count %d is no bigint", i + 1);
		counts[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull));
		if (isnull)
			elog(ERROR, "refresh_candidate: count %d is null", i + 1);
	}
}

/* REFRESH as the candidate's owner; the caller's identity is taken back. */
static void
refresh_as_owner(Oid candidate, const char *how, Snapshot snapshot)
{
	Oid			caller;
	int			context;

	GetUserIdAndSecContext(&caller, &context);
	SetUserIdAndSecContext(relation_owner(candidate), context | SECURITY_LOCAL_USERID_CHANGE);
	run(psprintf("REFRESH MATERIALIZED VIEW %s %s", quoted_relation(candidate), how), snapshot, false, SPI_OK_UTILITY);
	/* An error goes back to the caller's identity by itself, with the (sub)transaction. */
	SetUserIdAndSecContext(caller, context);
}

/* count_stage() as the candidate's owner, who may change nothing meanwhile. */
static void
count_as_owner(Oid candidate, const char *query, Snapshot snapshot, int64 counts[COUNTS])
{
	Oid			caller;
	int			context;

	GetUserIdAndSecContext(&caller, &context);
	SetUserIdAndSecContext(relation_owner(candidate),
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	count_stage(query, snapshot, counts);
	SetUserIdAndSecContext(caller, context);
}

/* The snapshot in the form in which SQL keeps one. */
static Datum
snapshot_as_datum(Snapshot snapshot, MemoryContext context)
{
	MemoryContext old;
	Datum		value;
	bool		isnull;

	run("SELECT pg_catalog.pg_current_snapshot()", snapshot, true, SPI_OK_SELECT);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	old = MemoryContextSwitchTo(context);
	value = datumCopy(value, false, -1);
	MemoryContextSwitchTo(old);
	return value;
}

/*
 * refresh_candidate(candidate regclass, counted text,
 *		OUT events bigint, OUT unusable bigint, OUT groups bigint, OUT snapshot pg_snapshot)
 *
 * Refreshes the materialized view and runs the query "counted", both as the
 * owner of the materialized view: one row of events, events without a usable
 * position, and groups that are not in the candidate: what REFRESH fills is
 * frozen, so the snapshot sees it.  The snapshot is the one that all of it,
 * and consented() in it, was read under.  Only for publish(), which has checked
 * whose definitions these are.
 */
Datum
refresh_candidate(PG_FUNCTION_ARGS)
{
	int64		counts[COUNTS];
	Datum		values[COUNTS + 1];
	bool		nulls[COUNTS + 1] = {false};
	TupleDesc	result;
	MemoryContext caller = CurrentMemoryContext;
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());

	if (get_call_result_type(fcinfo, NULL, &result) != TYPEFUNC_COMPOSITE || result->natts != COUNTS + 1)
		elog(ERROR, "refresh_candidate: unexpected result type");
	SPI_connect();
	progress_phase("refreshing");
	refresh_as_owner(PG_GETARG_OID(0), "WITH DATA", snapshot);
	progress_phase("counting");
	count_as_owner(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)), snapshot, counts);
	values[COUNTS] = snapshot_as_datum(snapshot, caller);
	SPI_finish();
	UnregisterSnapshot(snapshot);
	for (int i = 0; i < COUNTS; i++)
		values[i] = Int64GetDatum(counts[i]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(result), values, nulls)));
}

/*
 * empty_candidate(candidate regclass) returns void
 *
 * Leaves the candidate as it was made: without data.  What it held is out.
 */
Datum
empty_candidate(PG_FUNCTION_ARGS)
{
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());

	SPI_connect();
	refresh_as_owner(PG_GETARG_OID(0), "WITH NO DATA", snapshot);
	SPI_finish();
	UnregisterSnapshot(snapshot);
	PG_RETURN_VOID();
}
