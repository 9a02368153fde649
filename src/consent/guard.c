/*
 * guard.c
 *		What policies do not hold back: counts, estimates, code over hidden rows.
 *
 * A policy keeps rows out of the result.  It does not keep them out of
 * EXPLAIN ANALYZE ("Rows Removed by Filter"), out of the planner's statistics
 * (a plain EXPLAIN estimates by the most common values of all rows), and not
 * out of an index expression or a CHECK constraint, which run over every row
 * when they are made.  Whoever is subject to the policies of a protected table
 * gets none of these; superusers and BYPASSRLS roles, who read the rows anyway,
 * get them all.
 *
 * The hooks must be there before they are needed, also where the library is
 * not preloaded: planning a policy calls consented_support(), every command
 * that changes a definition calls guard_load().  A role that has privileges but
 * no policy gets neither for a plain EXPLAIN: protection_gaps() says so.
 */
#include "consent.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/policy.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(consented_support);
PG_FUNCTION_INFO_V1(guard_load);
PG_FUNCTION_INFO_V1(guard_is_preloaded);

static ExecutorStart_hook_type next_executor_start = NULL;
static get_relation_stats_hook_type next_relation_stats = NULL;
static object_access_hook_type next_object_access = NULL;

/* A table of protect(), or below one: those have the policy by which their owner loads. */
static bool
is_protected(Oid relid)
{
	return OidIsValid(get_relation_policy_oid(relid, "mobanon_load", true));
}

/*
 * Does the role read the hidden rows anyway?  CREATE INDEX and the like run as
 * the table's owner whoever asks for them: then it is who asked that counts.
 */
static bool
reads_around_policies(void)
{
	return has_bypassrls_privilege(InSecurityRestrictedOperation() ? GetOuterUserId() : GetUserId());
}

/* ---- EXPLAIN ANALYZE ------------------------------------------------------- */

/*
 * Is this EXPLAIN ANALYZE?  auto_explain measures statements too, but those
 * send their rows somewhere, and what it writes goes to the server's log.
 */
static bool
is_explained(const QueryDesc *query, int eflags)
{
	if (query->instrument_options == 0 || (eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0)
		return false;
#if PG_VERSION_NUM >= 170000
	if (query->dest->mydest == DestExplainSerialize)
		return true;
#endif
	return query->dest->mydest == DestNone || query->dest->mydest == DestIntoRel;
}

static void
guard_executor_start(QueryDesc *query, int eflags)
{
	if (unlikely(is_explained(query, eflags)) && !reads_around_policies())
	{
		ListCell   *cell;

		foreach(cell, query->plannedstmt->rtable)
		{
			RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

			if (rte->rtekind == RTE_RELATION && is_protected(rte->relid))
				ereport(ERROR,
						(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						 errmsg("EXPLAIN ANALYZE is refused for the protected table \"%s\"", get_rel_name(rte->relid)),
						 errdetail("It would show how many rows the policies hide."),
						 errhint("EXPLAIN without ANALYZE shows the plan; a superuser may measure it.")));
		}
	}
	if (next_executor_start != NULL)
		next_executor_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
}

/* ---- the planner's statistics ---------------------------------------------- */

/* Most tables have none, which is known without looking for policies. */
static bool
has_row_security(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		result = HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* The tuple of pg_statistic without the values it holds: those are of all rows. */
static HeapTuple
without_values(HeapTuple tuple)
{
	Relation	rel = table_open(StatisticRelationId, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {false};
	bool		replaces[Natts_pg_statistic] = {false};
	HeapTuple	result;

	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; slot++)
	{
		int			kind = Anum_pg_statistic_stakind1 - 1 + slot;
		int			numbers = Anum_pg_statistic_stanumbers1 - 1 + slot;
		int			entries = Anum_pg_statistic_stavalues1 - 1 + slot;
		bool		isnull;

		/* The correlation with the order on disk has no value in it. */
		if (DatumGetInt16(heap_getattr(tuple, kind + 1, desc, &isnull)) == STATISTIC_KIND_CORRELATION)
			continue;
		replaces[kind] = replaces[numbers] = replaces[entries] = true;
		nulls[numbers] = nulls[entries] = true;
	}
	result = heap_modify_tuple(tuple, desc, values, nulls, replaces);
	table_close(rel, AccessShareLock);
	return result;
}

/*
 * What estimates may use of a protected table's columns: number of distinct
 * values and order, not the values, but for event times, by which windows are
 * planned and which are nobody's name.
 */
static bool
guard_relation_stats(PlannerInfo *root, RangeTblEntry *rte, AttrNumber attnum, VariableStatData *vardata)
{
	HeapTuple	tuple;

	if (rte->rtekind == RTE_RELATION && attnum > 0 &&
		get_atttype(rte->relid, attnum) != TIMESTAMPTZOID && has_row_security(rte->relid) &&
		is_protected(rte->relid) && !reads_around_policies())
	{
		tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(rte->relid), Int16GetDatum(attnum),
								BoolGetDatum(rte->inh));
		if (HeapTupleIsValid(tuple))
		{
			vardata->statsTuple = without_values(tuple);
			vardata->freefunc = heap_freetuple;
			vardata->acl_ok = false;	/* leakproof operators only */
			ReleaseSysCache(tuple);
		}
		else
			vardata->statsTuple = NULL;
		return true;
	}
	return next_relation_stats != NULL && next_relation_stats(root, rte, attnum, vardata);
}

/* ---- code over hidden rows -------------------------------------------------- */

static void
refuse_on_protected(Oid relid, const char *what)
{
	if (!OidIsValid(relid) || !is_protected(relid))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s on the protected table \"%s\" is refused", what, get_rel_name(relid)),
			 errdetail("It would run over, or tell of, rows that the policies hide."),
			 errhint("A superuser may make it, or make it before mobanon.protect().")));
}

/* The row of a catalog that was written just now, in this command. */
static HeapTuple
fresh_tuple(Oid catalog, Oid index, AttrNumber oid_column, Oid oid)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, oid_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
	scan = systable_beginscan(rel, index, true, SnapshotSelf, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return tuple;
}

static void
guard_index(Oid indexid)
{
	HeapTuple	tuple = fresh_tuple(IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid, indexid);

	/* Not an index, but some other relation. */
	if (!HeapTupleIsValid(tuple))
		return;
	if (!heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) || !heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
		refuse_on_protected(((Form_pg_index) GETSTRUCT(tuple))->indrelid, "an index with an expression or a condition");
	heap_freetuple(tuple);
}

static void
guard_constraint(Oid constraintid)
{
	HeapTuple	tuple = fresh_tuple(ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid, constraintid);
	Form_pg_constraint form;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	if (form->contype == CONSTRAINT_CHECK)
		refuse_on_protected(form->conrelid, "a CHECK constraint");
	else if (form->contype == CONSTRAINT_FOREIGN)
	{
		refuse_on_protected(form->conrelid, "a foreign key");
		refuse_on_protected(form->confrelid, "a foreign key");
	}
	else if (form->contype == CONSTRAINT_EXCLUSION)
		refuse_on_protected(form->conrelid, "an EXCLUDE constraint");
	heap_freetuple(tuple);
}

static void
guard_statistics(Oid statisticsid)
{
	HeapTuple	tuple = fresh_tuple(StatisticExtRelationId, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid,
									statisticsid);

	if (!HeapTupleIsValid(tuple))
		return;
	refuse_on_protected(((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxrelid, "a statistics object");
	heap_freetuple(tuple);
}

static void
guard_object_access(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	if (next_object_access != NULL)
		next_object_access(access, classid, objectid, subid, arg);
	if (access != OAT_POST_CREATE || subid != 0 || IsBootstrapProcessingMode())
		return;
	if ((classid != RelationRelationId && classid != ConstraintRelationId && classid != StatisticExtRelationId) ||
		reads_around_policies())
		return;
	if (classid == RelationRelationId)
		guard_index(objectid);
	else if (classid == ConstraintRelationId)
		guard_constraint(objectid);
	else
		guard_statistics(objectid);
}

/* ---- being there in time ---------------------------------------------------- */

/*
 * consented_support(internal) returns internal
 *
 * Planner support of consented(): has nothing to say, but by being asked it is
 * there, with this module, before anything is estimated or executed.
 */
Datum
consented_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * guard_load() returns event_trigger
 *
 * At the start of each command that changes definitions: by being called, it
 * is there.
 */
Datum
guard_load(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_load() is called by an event trigger only")));
	PG_RETURN_NULL();
}

/*
 * guard_is_preloaded() returns boolean
 *
 * Is the module in every new session from its start?  Else the estimates of a
 * role without any policy are planned before it comes.
 */
Datum
guard_is_preloaded(PG_FUNCTION_ARGS)
{
	const char *settings[] = {shared_preload_libraries_string, session_preload_libraries_string};

	for (int i = 0; i < lengthof(settings); i++)
	{
		if (settings[i] != NULL && strstr(settings[i], "mobanon") != NULL)
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}

void
guard_init(void)
{
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = guard_executor_start;
	next_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = guard_relation_stats;
	next_object_access = object_access_hook;
	object_access_hook = guard_object_access;
}
