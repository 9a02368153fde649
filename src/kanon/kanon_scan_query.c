/*
 * kanon_scan_query.c
 *		Which queries KanonScan can do exactly.  All others are left alone.
 *
 * GROUP BY columns whose equality is equality of bytes (so says the support
 * function "equalimage" of their operator class); kanon_suppress over one
 * subject, uuid, bigint or text, with constant k; beside it count, min, max and
 * sum where they are arithmetic with 64-bit integers.  No grouping sets, no
 * DISTINCT, ORDER BY or FILTER in an aggregate, nothing volatile, no subquery
 * in what is grouped or aggregated.
 */
#include "kanon/kanon_scan.h"

#include "access/nbtree.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/subselect.h"
#include "optimizer/tlist.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* ---- grouping columns ---------------------------------------------------- */

/* Is equality of this column equality of its bytes? */
static bool
key_is_image(const SortGroupClause *clause, Node *key)
{
	Oid			type = getBaseType(exprType(key));
	TypeCacheEntry *entry;
	Oid			equalimage;

	/* Claimed for both, but blanks at the end and bytes behind it do not count. */
	if (type == BPCHAROID || type == NAMEOID)
		return false;
	entry = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_BTREE_OPFAMILY);
	if (clause->eqop != entry->eq_opr || !OidIsValid(entry->btree_opf))
		return false;
	if (entry->typlen < -1)
		return false;
	equalimage = get_opfamily_proc(entry->btree_opf, entry->btree_opintype,
								   entry->btree_opintype, BTEQUALIMAGE_PROC);
	if (!OidIsValid(equalimage))
		return false;
	return DatumGetBool(OidFunctionCall1Coll(equalimage, exprCollation(key),
											 ObjectIdGetDatum(entry->btree_opintype)));
}

/* May an expression be evaluated once a row, below? */
static bool
is_plain(Node *expression)
{
	return !contain_volatile_functions(expression) &&
		!contain_subplans(expression);
}

static bool
examine_keys(PlannerInfo *root, GroupPathExtraData *extra, KanonQuery *query)
{
	List	   *clauses = mobanon_group_clause(root);
	ListCell   *cell;

	if (clauses == NIL || root->parse->groupingSets != NIL ||
		list_length(clauses) > MAX_KEYS)
		return false;
	foreach(cell, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);
		Node	   *key = get_sortgroupclause_expr(clause, extra->targetList);

		if (!is_plain(key) || !key_is_image(clause, key))
			return false;
		query->keys = lappend(query->keys, key);
	}
	return true;
}

/* ---- aggregates ---------------------------------------------------------- */

/* Is it the extension's own kanon_suppress over single subjects? */
static bool
is_kanon_suppress(const Aggref *aggref, SubjectKind *kind)
{
	Oid			schema;
	char	   *name;

	if (list_length(aggref->aggargtypes) != 2 || list_length(aggref->args) != 2)
		return false;
	switch (linitial_oid(aggref->aggargtypes))
	{
		case UUIDOID:
			*kind = SUBJECT_KIND_UUID;
			break;
		case INT8OID:
			*kind = SUBJECT_KIND_BIGINT;
			break;
		case TEXTOID:
			*kind = SUBJECT_KIND_TEXT;
			break;
		default:
			return false;
	}
	schema = get_namespace_oid(MOBANON_SCHEMA, true);
	if (!OidIsValid(schema) || get_func_namespace(aggref->aggfnoid) != schema)
		return false;
	name = get_func_name(aggref->aggfnoid);
	if (name == NULL || strcmp(name, "kanon_suppress") != 0)
		return false;
	/* Not somebody's schema and aggregate of the same names. */
	return getExtensionOfObject(ProcedureRelationId, aggref->aggfnoid) ==
		get_extension_oid("mobanon", true);
}

/* Another aggregate that is arithmetic with 64-bit integers; 0: it is not. */
static int
extra_op(Oid function)
{
	switch (function)
	{
		case F_COUNT_:
			return EXTRA_COUNT_ROWS;
		case F_COUNT_ANY:
			return EXTRA_COUNT;
		case F_SUM_INT2:
		case F_SUM_INT4:
			return EXTRA_SUM;
		case F_MIN_INT2:
		case F_MIN_INT4:
		case F_MIN_INT8:
		case F_MIN_DATE:
		case F_MIN_TIME:
		case F_MIN_TIMESTAMP:
		case F_MIN_TIMESTAMPTZ:
			return EXTRA_MIN;
		case F_MAX_INT2:
		case F_MAX_INT4:
		case F_MAX_INT8:
		case F_MAX_DATE:
		case F_MAX_TIME:
		case F_MAX_TIMESTAMP:
		case F_MAX_TIMESTAMPTZ:
			return EXTRA_MAX;
		default:
			return 0;
	}
}

static Node *
argument(const Aggref *aggref, int i)
{
	return (Node *) list_nth_node(TargetEntry, aggref->args, i)->expr;
}

/* k: one value for the whole query, known before its first row. */
static bool
k_is_constant(const KanonQuery *query, Node *k)
{
	/* A grouping column that is this parameter would be taken for it. */
	return IsA(k, Const) ||
		(IsA(k, Param) && ((Param *) k)->paramkind == PARAM_EXTERN &&
		 !list_member(query->keys, k));
}

static bool
examine_kanon_suppress(KanonQuery *query, const Aggref *aggref, SubjectKind kind)
{
	Node	   *subject = argument(aggref, 0);
	Node	   *k = argument(aggref, 1);
	int			place = list_length(query->keys);

	if (!is_plain(subject) || !k_is_constant(query, k))
		return false;
	/* The subject stands behind the keys; there is only one. */
	if (query->k == NIL)
	{
		query->kind = kind;
		query->input = lappend(list_copy(query->keys), subject);
	}
	else if (kind != query->kind || !equal(subject, list_nth(query->input, place)))
		return false;
	query->k = lappend(query->k, k);
	query->ops = lappend_int(query->ops, 0);
	query->arguments = lappend_int(query->arguments, place);
	return true;
}

static bool
examine_extra(KanonQuery *query, const Aggref *aggref)
{
	int			op = extra_op(aggref->aggfnoid);
	Node	   *of;

	if (op == 0)
		return false;
	query->ops = lappend_int(query->ops, op);
	if (op == EXTRA_COUNT_ROWS)
	{
		query->arguments = lappend_int(query->arguments, -1);
		return true;
	}
	of = argument(aggref, 0);
	if (!is_plain(of))
		return false;
	query->arguments = lappend_int(query->arguments, list_length(query->input));
	query->input = lappend(query->input, of);
	return true;
}

static bool
is_simple(const Aggref *aggref)
{
	return aggref->aggsplit == AGGSPLIT_SIMPLE && aggref->agglevelsup == 0 &&
		aggref->aggkind == AGGKIND_NORMAL && aggref->aggdistinct == NIL &&
		aggref->aggorder == NIL && aggref->aggfilter == NULL &&
		aggref->aggdirectargs == NIL && !aggref->aggvariadic;
}

/* kanon_suppress first, since the subject stands first in the input. */
static bool
examine_aggregates(KanonQuery *query, List *found)
{
	List	   *others = NIL;
	ListCell   *cell;

	foreach(cell, found)
	{
		Aggref	   *aggref = lfirst_node(Aggref, cell);
		SubjectKind kind;

		if (!is_simple(aggref))
			return false;
		if (!is_kanon_suppress(aggref, &kind))
			others = lappend(others, aggref);
		else if (!examine_kanon_suppress(query, aggref, kind))
			return false;
		else
			query->aggrefs = lappend(query->aggrefs, aggref);
	}
	if (query->k == NIL || list_length(others) > MAX_EXTRAS)
		return false;
	foreach(cell, others)
	{
		if (!examine_extra(query, lfirst_node(Aggref, cell)))
			return false;
		query->aggrefs = lappend(query->aggrefs, lfirst(cell));
	}
	return true;
}

/* ---- the whole query ----------------------------------------------------- */

typedef struct CollectContext
{
	List	   *keys;
	List	   *aggrefs;
} CollectContext;

/*
 * Collects the aggregates above the groups.  True, which is bad, for a column
 * that is neither grouped nor aggregated: it depends on a primary key.
 */
static bool
collect_aggregates(Node *node, CollectContext *context)
{
	if (node == NULL || list_member(context->keys, node))
		return false;
	if (IsA(node, Aggref))
	{
		context->aggrefs = list_append_unique(context->aggrefs, node);
		return false;
	}
	if (IsA(node, Var) || IsA(node, PlaceHolderVar) || IsA(node, GroupingFunc))
		return true;
	return expression_tree_walker(node, collect_aggregates, context);
}

/* Fills in query and says true when KanonScan can do it, same rows for sure. */
bool
kanon_query_examine(PlannerInfo *root, RelOptInfo *grouped,
					GroupPathExtraData *extra, KanonQuery *query)
{
	CollectContext collect = {0};
	ListCell   *cell;

	memset(query, 0, sizeof(KanonQuery));
	if (!root->parse->hasAggs || root->parse->hasTargetSRFs ||
		!examine_keys(root, extra, query))
		return false;
	collect.keys = query->keys;
	query->having = (List *) extra->havingQual;
	foreach(cell, grouped->reltarget->exprs)
	{
		if (collect_aggregates(lfirst(cell), &collect))
			return false;
	}
	if (collect_aggregates((Node *) query->having, &collect))
		return false;
	return examine_aggregates(query, collect.aggrefs);
}
