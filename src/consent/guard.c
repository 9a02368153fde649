/*
 * guard.c
 *		What policies do not hold back: counts, estimates, code over hidden rows.
 *
 * A policy keeps rows out of the result.  It does not keep them out of
 * EXPLAIN ANALYZE ("Rows Removed by Filter"), out of the planner's statistics
 * (a plain EXPLAIN estimates by the most common values of all rows), and not
 * out of an index expression, a CHECK constraint or the bounds of a partition,
 * which run over every row when they are made.  Whoever is subject to the
 * policies of a protected table gets none of these; superusers and BYPASSRLS
 * roles, who read the rows anyway, get them all.  Here are counts and
 * estimates; guard_ddl.c has what definitions run over the rows.
 *
 * The hooks must be there before they are needed, also where the library is
 * not preloaded: planning a policy calls consented_support(), every command
 * that changes a definition calls guard_load().  A role that has privileges but
 * no policy gets neither for a plain EXPLAIN: protection_gaps() says so.
 */
#include "consent.h"
#include "guard.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/policy.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(consented_support);
PG_FUNCTION_INFO_V1(guard_is_preloaded);

static ExecutorStart_hook_type next_executor_start = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;
static get_relation_stats_hook_type next_relation_stats = NULL;

/* A table of protect(), or below one: those have the policy by which their owner loads. */
bool
guard_is_protected(Oid relid)
{
	return OidIsValid(get_relation_policy_oid(relid, "mobanon_load", true));
}

/*
 * Does the role read the hidden rows anyway?  CREATE INDEX and the like run as
 * the table's owner whoever asks for them: then it is who asked that counts.
 */
bool
guard_reads_around_policies(void)
{
	return has_bypassrls_privilege(InSecurityRestrictedOperation() ? GetOuterUserId() : GetUserId());
}

/* ---- EXPLAIN ANALYZE ------------------------------------------------------- */

/* Inside of EXPLAIN; and when the library came, for the EXPLAIN that brought it. */
static bool explaining = false;
static TimestampTz loaded_at;

/*
 * Is this the query of an EXPLAIN ANALYZE?  auto_explain measures queries, too,
 * and a portal has no receiver yet when it begins: that alone tells nothing.
 */
static bool
is_explained(const QueryDesc *query)
{
	CommandDest dest = query->dest->mydest;

	if (!explaining && loaded_at != GetCurrentStatementStartTimestamp())
		return false;
#if PG_VERSION_NUM >= 170000
	if (dest == DestExplainSerialize)
		return true;
#endif
	return dest == DestNone || dest == DestIntoRel;
}

/* A protected table that the query reads, InvalidOid when there is none or the role may see its rows. */
static Oid
hidden_rows_of(const QueryDesc *query)
{
	ListCell   *cell;

	if (guard_reads_around_policies())
		return InvalidOid;
	foreach(cell, query->plannedstmt->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

		if (rte->rtekind == RTE_RELATION && guard_is_protected(rte->relid))
			return rte->relid;
	}
	return InvalidOid;
}

/*
 * Measuring counts hidden rows.  What EXPLAIN ANALYZE asked for is refused; what
 * somebody else asked for, auto_explain, is taken back, whether its hook comes
 * before or after this one: its plan has no counts then.
 */
static void
guard_executor_start(QueryDesc *query, int eflags)
{
	bool		runs = (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0;

	if (unlikely(query->instrument_options != 0) && runs)
	{
		Oid			hidden = hidden_rows_of(query);

		if (OidIsValid(hidden) && is_explained(query))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("EXPLAIN ANALYZE is refused for the protected table \"%s\"", get_rel_name(hidden)),
					 errdetail("It would show how many rows the policies hide."),
					 errhint("EXPLAIN without ANALYZE shows the plan; a superuser may measure it.")));
		if (OidIsValid(hidden))
			query->instrument_options = 0;
	}
	if (next_executor_start != NULL)
		next_executor_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (unlikely(query->instrument_options != 0) && runs && OidIsValid(hidden_rows_of(query)))
		query->instrument_options = 0;
}

static void
guard_process_utility(PlannedStmt *statement, const char *query, bool read_only_tree, ProcessUtilityContext context,
					  ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	bool		outer = explaining;

	explaining = IsA(statement->utilityStmt, ExplainStmt);
	PG_TRY();
	{
		if (next_process_utility != NULL)
			next_process_utility(statement, query, read_only_tree, context, params, environment, dest, completion);
		else
			standard_ProcessUtility(statement, query, read_only_tree, context, params, environment, dest, completion);
	}
	PG_FINALLY();
	{
		explaining = outer;
	}
	PG_END_TRY();
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
		guard_is_protected(rte->relid) && !guard_reads_around_policies())
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
	loaded_at = GetCurrentStatementStartTimestamp();
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = guard_process_utility;
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = guard_executor_start;
	next_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = guard_relation_stats;
	guard_ddl_init();
}
