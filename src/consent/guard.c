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
 * roles, who read the rows anyway, get them all.
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
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/policy.h"
#include "commands/tablecmds.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
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

/* A domain's constraint is tested on every column of the domain, or of a domain over it. */
static void
guard_domain(Oid domain)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	check_stack_depth();
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(domain));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->classid == RelationRelationId && form->objsubid > 0)
			refuse_on_protected(form->objid, "a constraint of a column's domain");
		else if (form->classid == TypeRelationId && get_typtype(form->objid) == TYPTYPE_DOMAIN)
			guard_domain(form->objid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
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
	if (OidIsValid(form->contypid))
		guard_domain(form->contypid);
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

/* Does pg_inherits have it now?  The same hook is called when a child is taken off. */
static bool
is_child(Oid child, Oid parent)
{
	Relation	rel = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(child));
	scan = systable_beginscan(rel, InheritsRelidSeqnoIndexId, true, SnapshotSelf, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent == parent;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * Is the table, with all above it, partitioned by plain columns of event times?
 * Those are nobody's name, and nobody's function is called.
 */
static bool
is_by_time(Oid relid)
{
	bool		result = true;

	while (result)
	{
		Relation	rel = table_open(relid, AccessShareLock);
		PartitionKey key = RelationGetPartitionKey(rel);

		for (int i = 0; i < key->partnatts; i++)
			result = result && key->partattrs[i] != 0 && key->parttypid[i] == TIMESTAMPTZOID;
		table_close(rel, AccessShareLock);
		if (!get_rel_relispartition(relid))
			break;
		relid = get_partition_parent(relid, true);
	}
	return result;
}

/*
 * A partition's rows are checked against its bounds when it is attached, those
 * of the DEFAULT partition against the bounds of each that comes beside it.
 */
static void
guard_bounds(Oid parent, Oid scanned)
{
	if (!OidIsValid(scanned) || !is_protected(scanned) || is_by_time(parent))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("a partition of the table \"%s\" is refused", get_rel_name(parent)),
			 errdetail("The rows of the protected table \"%s\" would be compared with its bounds, which could tell of rows that the policies hide.",
					   get_rel_name(scanned)),
			 errhint("A superuser may make it; a table that is partitioned by event time alone is free of this.")));
}

/* An event trigger looks again afterwards, but by then the rows have been read. */
static void
guard_inheritance(Oid child, Oid parent)
{
	bool		protected = is_protected(child);

	if (!is_child(child, parent))
		return;
	if (protected && !is_protected(parent))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("the rows of the protected table \"%s\" could be read through \"%s\"", get_rel_name(child),
						get_rel_name(parent)),
				 errhint("Policies hold for the table that a query names: protect the topmost parent, and nothing below it.")));
	if (get_rel_relkind(parent) == RELKIND_PARTITIONED_TABLE)
		guard_bounds(parent, protected ? child : get_default_partition_oid(parent));
}

static void
guard_object_access(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	if (next_object_access != NULL)
		next_object_access(access, classid, objectid, subid, arg);
	if (access == OAT_POST_ALTER && classid == InheritsRelationId && !reads_around_policies())
		guard_inheritance(objectid, ((ObjectAccessPostAlter *) arg)->auxiliary_id);
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

/* ---- commands that have read the rows before any hook is called --------------- */

/*
 * CREATE TABLE ... PARTITION OF.  The parent is locked as the command will lock
 * it, so that its name still means the same table then.
 */
static void
guard_create(const CreateStmt *create, bool in_new_schema)
{
	Oid			parent;

	if (create->partbound == NULL || create->partbound->is_default)
		return;
	if (create->if_not_exists && !in_new_schema)
	{
		Oid			existing;

		RangeVarGetAndCheckCreationNamespace(copyObject(create->relation), AccessShareLock, &existing);
		if (OidIsValid(existing))
			return;
	}
	parent = RangeVarGetRelidExtended(linitial_node(RangeVar, create->inhRelations), AccessExclusiveLock,
									  RVR_MISSING_OK, RangeVarCallbackOwnsRelation, NULL);
	if (OidIsValid(parent) && get_rel_relkind(parent) == RELKIND_PARTITIONED_TABLE)
		guard_bounds(parent, get_default_partition_oid(parent));
}

static void
guard_alter_table(const AlterTableStmt *alter)
{
	ListCell   *cell;

	foreach(cell, alter->cmds)
	{
		if (lfirst_node(AlterTableCmd, cell)->subtype == AT_ValidateConstraint)
			refuse_on_protected(RangeVarGetRelidExtended(alter->relation, AlterTableGetLockLevel(alter->cmds), RVR_MISSING_OK,
														 RangeVarCallbackOwnsRelation, NULL),
								"validation of a constraint");
	}
}

static void
guard_command(Node *command, bool in_new_schema)
{
	ListCell   *cell;

	switch (nodeTag(command))
	{
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
			guard_create((CreateStmt *) command, in_new_schema);
			break;
		case T_CreateSchemaStmt:
			/* What it holds fires no trigger of its own. */
			foreach(cell, ((CreateSchemaStmt *) command)->schemaElts)
				guard_command(lfirst(cell), true);
			break;
		case T_AlterTableStmt:
			guard_alter_table((AlterTableStmt *) command);
			break;
		case T_AlterDomainStmt:
			/* 'C' adds a constraint, and is refused where that is made; 'V' validates one. */
			if (((AlterDomainStmt *) command)->subtype == 'V')
			{
				Oid			domain = LookupTypeNameOid(NULL, makeTypeNameFromNameList(((AlterDomainStmt *) command)->typeName), true);

				if (OidIsValid(domain))
					guard_domain(domain);
			}
			break;
		default:
			break;
	}
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
 * is there; and it refuses what no hook would be asked about in time.
 */
Datum
guard_load(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_load() is called by an event trigger only")));
	if (!reads_around_policies())
		guard_command(((EventTriggerData *) fcinfo->context)->parsetree, false);
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
