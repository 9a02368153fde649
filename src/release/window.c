/*
 * window.c
 *		The windows that a stage-1 view lets through: closed, not yet published.
 *
 * published_until() and closed_until() stand in the WHERE clause of the views
 * and are called per row unless an index takes them, so the register is read
 * once per statement.  It is read below the privileges of SQL: who processes
 * for a purpose may not read the register.
 */
#include "release.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(published_until);
PG_FUNCTION_INFO_V1(closed_until);
PG_FUNCTION_INFO_V1(pipeline_name);

/* Columns of mobanon.pipeline, in register.sql. */
enum {PIPELINE_NAME = 2, PIPELINE_PUBLISHED = 3, PIPELINE_BUCKET, PIPELINE_WATERMARK, PIPELINE_ZONE, PIPELINE_UNTIL};

typedef struct Window
{
	TimestampTz published_until;
	TimestampTz closed_until;
} Window;

/*
 * What a call leaves for the next one.  The register cannot look different
 * while all of these are equal: in one backend xmax never goes back, and below
 * one xmax transactions only end.
 */
typedef struct WindowCache
{
	TimestampTz transaction;
	CommandId	command;
	TransactionId xmax;
	uint32		running;
	text	   *name;
	Window		window;
} WindowCache;

static Datum
column(HeapTuple tuple, int number, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, number, desc, &isnull);

	if (isnull)
		elog(ERROR, "column %d of mobanon.pipeline is null", number);
	return value;
}

static void
window_from_tuple(Window *window, HeapTuple tuple, TupleDesc desc)
{
	/* The register takes no months, and its days are 24 hours. */
	Interval   *watermark = DatumGetIntervalP(column(tuple, PIPELINE_WATERMARK, desc));
	TimestampTz closed = GetCurrentTransactionStartTimestamp() - watermark->time - watermark->day * USECS_PER_DAY;
	TimestampTz end;
	bool		isnull;
	Datum		until = heap_getattr(tuple, PIPELINE_UNTIL, desc, &isnull);

	window->published_until = DatumGetTimestampTz(column(tuple, PIPELINE_PUBLISHED, desc));
	bucket_around(DatumGetIntervalP(column(tuple, PIPELINE_BUCKET, desc)),
				  TextDatumGetCString(column(tuple, PIPELINE_ZONE, desc)),
				  isnull ? closed : Min(closed, DatumGetTimestampTz(until)), &window->closed_until, &end);
}

/* Whether an index of the register has such a pipeline; if so and asked for, its windows. */
static bool
find_in_register(const char *index, Datum name, Window *window)
{
	Relation	rel = table_open(mobanon_relation("pipeline"), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, PIPELINE_NAME, BTEqualStrategyNumber, F_TEXTEQ, name);
	scan = systable_beginscan(rel, mobanon_relation(index), true, GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple) && window != NULL)
		window_from_tuple(window, tuple, RelationGetDescr(rel));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

/* Whether there is such a pipeline; if so and asked for, its windows. */
static bool
find_pipeline(Datum name, Window *window)
{
	return find_in_register("pipeline_live", name, window);
}

/* Whether drop_pipeline() left a release of this name. */
static bool
find_kept_release(Oid namespace, const char *name, const char *qualified)
{
	return OidIsValid(get_relname_relid(name, namespace)) &&
		find_in_register("pipeline_by_name", CStringGetTextDatum(qualified), NULL);
}

static pg_noinline void
report_no_pipeline(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_PIPELINE),
			 errmsg("pipeline \"%s\" does not exist", name),
			 errhint("Make it with mobanon.create_pipeline(); in mobanon.pipeline, those with dropped_at IS NULL exist.")));
}

static const Window *
window_of(FunctionCallInfo fcinfo)
{
	WindowCache *cache = fcinfo->flinfo->fn_extra;
	text	   *name = PG_GETARG_TEXT_PP(0);
	Snapshot	snapshot = GetActiveSnapshot();

	if (cache != NULL && cache->transaction == GetCurrentTransactionStartTimestamp() &&
		cache->command == snapshot->curcid && cache->xmax == snapshot->xmax &&
		cache->running == snapshot->xcnt &&
		VARSIZE_ANY_EXHDR(cache->name) == VARSIZE_ANY_EXHDR(name) &&
		memcmp(VARDATA_ANY(cache->name), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0)
		return &cache->window;

	cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(WindowCache));
	if (!find_pipeline(PointerGetDatum(name), &cache->window))
		report_no_pipeline(text_to_cstring(name));
	cache->transaction = GetCurrentTransactionStartTimestamp();
	cache->command = snapshot->curcid;
	cache->xmax = snapshot->xmax;
	cache->running = snapshot->xcnt;
	cache->name = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE_ANY(name));
	memcpy(cache->name, name, VARSIZE_ANY(name));
	if (fcinfo->flinfo->fn_extra != NULL)
	{
		pfree(((WindowCache *) fcinfo->flinfo->fn_extra)->name);
		pfree(fcinfo->flinfo->fn_extra);
	}
	fcinfo->flinfo->fn_extra = cache;
	return &cache->window;
}

/*
 * published_until(pipeline text) returns timestamptz
 *
 * The end of the last published window of a pipeline, named as in
 * mobanon.pipeline; before the first publication the start of its first
 * window.  NULL for NULL.  Error MR001: no such pipeline.
 */
Datum
published_until(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(window_of(fcinfo)->published_until);
}

/*
 * closed_until(pipeline text) returns timestamptz
 *
 * The start of the bucket that contains now() less the watermark: every
 * earlier bucket is closed.  It may lie before published_until().  NULL for
 * NULL.  Error MR001: no such pipeline.
 */
Datum
closed_until(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(window_of(fcinfo)->closed_until);
}

/* schema.name, quoted where needed, as the register writes it. */
static char *
qualified(Oid namespace, const char *name)
{
	char	   *schema = get_namespace_name(namespace);

	return schema ? quote_qualified_identifier(schema, name) : NULL;
}

/*
 * pipeline_name(name text, existing boolean) returns text
 *
 * The name of a pipeline as the register writes it.  A name without a schema
 * is looked up along the caller's search_path; for a new pipeline it is put
 * into the caller's current schema.  Where no pipeline is found, a release that
 * drop_pipeline() kept is taken.  NULL if any argument is NULL.  Errors: not
 * an identifier, MR001 no such pipeline, no current schema.
 */
Datum
pipeline_name(PG_FUNCTION_ARGS)
{
	List	   *parts = textToQualifiedNameList(PG_GETARG_TEXT_PP(0));
	bool		existing = PG_GETARG_BOOL(1);
	char	   *name = strVal(llast(parts));
	List	   *path;
	ListCell   *cell;

	if (list_length(parts) > 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("the name of a pipeline has at most two parts"),
				 errhint("Write it as name or as schema.name, with double quotes where SQL needs them.")));
	if (list_length(parts) == 2)
	{
		char	   *full = quote_qualified_identifier(strVal(linitial(parts)), name);

		if (existing && !find_pipeline(CStringGetTextDatum(full), NULL) &&
			!find_kept_release(get_namespace_oid(strVal(linitial(parts)), true), name, full))
			report_no_pipeline(full);
		PG_RETURN_TEXT_P(cstring_to_text(full));
	}
	path = fetch_search_path(false);
	foreach(cell, path)
	{
		char	   *full = qualified(lfirst_oid(cell), name);

		if (full != NULL && (!existing || find_pipeline(CStringGetTextDatum(full), NULL)))
			PG_RETURN_TEXT_P(cstring_to_text(full));
	}
	foreach(cell, path)
	{
		char	   *full = qualified(lfirst_oid(cell), name);

		if (full != NULL && existing && find_kept_release(lfirst_oid(cell), name, full))
			PG_RETURN_TEXT_P(cstring_to_text(full));
	}
	if (existing)
		report_no_pipeline(name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_SCHEMA),
			 errmsg("no schema has been selected to create the pipeline \"%s\" in", name),
			 errhint("Write its name as schema.name, or set search_path.")));
	PG_RETURN_NULL();
}
