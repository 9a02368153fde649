/*
 * guard_ddl.c
 *		Definitions that would run over, or tell of, rows that policies hide.
 *
 * An index expression, a constraint, the bounds of a partition: making them
 * reads every row, calls functions, and fails or not.  Most are refused by the
 * hook that PostgreSQL calls once it has written the catalog, and before it
 * reads the table.  Where the rows are read before any hook is called, the
 * command is looked at when it begins.
 */
#include "guard.h"

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
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/tablecmds.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(guard_load);

static object_access_hook_type next_object_access = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;

static void
refuse_on_protected(Oid relid, const char *what)
{
	if (!OidIsValid(relid) || !guard_is_protected(relid))
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
	if (!OidIsValid(scanned) || !guard_is_protected(scanned) || is_by_time(parent))
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
	bool		protected = guard_is_protected(child);

	if (!is_child(child, parent))
		return;
	if (protected && !guard_is_protected(parent))
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
	if (access == OAT_POST_ALTER && classid == InheritsRelationId && !guard_reads_around_policies())
		guard_inheritance(objectid, ((ObjectAccessPostAlter *) arg)->auxiliary_id);
	if (access != OAT_POST_CREATE || subid != 0 || IsBootstrapProcessingMode())
		return;
	if ((classid != RelationRelationId && classid != ConstraintRelationId && classid != StatisticExtRelationId) ||
		guard_reads_around_policies())
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

/* ---- owners ---------------------------------------------------------------- */

/*
 * REASSIGN OWNED fires no event trigger: the new owners are entered here into
 * the policies by which they load.
 */
static void
settle_owners(void)
{
	if (!OidIsValid(get_extension_oid("mobanon", true)))
		return;
	SPI_connect();
	SPI_execute("SELECT mobanon.close_table(m) FROM mobanon.protected_table AS t, mobanon.relation_tree(t.relation) AS m"
				" WHERE NOT mobanon.owner_loads(m)", false, 0);
	SPI_finish();
}

static void
guard_process_utility(PlannedStmt *statement, const char *query, bool read_only_tree, ProcessUtilityContext context,
					  ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	bool		reassigns = IsA(statement->utilityStmt, ReassignOwnedStmt);

	if (next_process_utility != NULL)
		next_process_utility(statement, query, read_only_tree, context, params, environment, dest, completion);
	else
		standard_ProcessUtility(statement, query, read_only_tree, context, params, environment, dest, completion);
	if (reassigns)
		settle_owners();
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
	if (!guard_reads_around_policies())
		guard_command(((EventTriggerData *) fcinfo->context)->parsetree, false);
	PG_RETURN_NULL();
}

void
guard_ddl_init(void)
{
	next_object_access = object_access_hook;
	object_access_hook = guard_object_access;
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = guard_process_utility;
}
