/*
 * kanon_scan_plan.c
 *		Offers KanonScan to the planner: path, cost, plan.
 */
#include "kanon/kanon_scan.h"

#include <math.h>

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

static bool enable_kanon_scan = true;
static create_upper_paths_hook_type previous_hook = NULL;

/* Setting up partitions costs about as much as grouping a thousand rows. */
#define SETUP_COST (1000 * cpu_operator_cost)

/* Hashing a text subject, in operators. */
#define TEXT_COST 8

/* Bytes of a record that are hashed, copied and compared for one operator, beyond a usual one's. */
#define BYTES_PER_OPERATOR 64
#define USUAL_RECORD 64

static Plan *plan_kanon_scan(PlannerInfo *root, RelOptInfo *rel,
							 CustomPath *best_path, List *tlist,
							 List *clauses, List *custom_plans);

static const CustomPathMethods kanon_path_methods = {
	.CustomName = KANON_SCAN_NAME,
	.PlanCustomPath = plan_kanon_scan,
};

const CustomScanMethods kanon_scan_methods = {
	.CustomName = KANON_SCAN_NAME,
	.CreateCustomScanState = kanon_scan_create_state,
};

/* ---- cost ---------------------------------------------------------------- */

/* Bytes of a key in a record: its width as statistics know it, and a long header. */
static int
key_bytes(PlannerInfo *root, Expr *key)
{
	PathTarget *target = create_empty_pathtarget();
	int			header = get_typlen(exprType((Node *) key)) == -1 ? VARHDRSZ - VARHDRSZ_SHORT : 0;

	add_column_to_pathtarget(target, key, 0);
	return MAXALIGN(set_pathtarget_cost_width(root, target)->width + header);
}

/* Bytes of a record, as kanon_group.h lays it out. */
static int
record_bytes(PlannerInfo *root, const KanonQuery *query)
{
	int			bytes = 8 + (query->kind == SUBJECT_KIND_BIGINT ? 8 : 16);
	ListCell   *cell;

	foreach(cell, query->keys)
		bytes += key_bytes(root, lfirst(cell));
	foreach(cell, query->ops)
		bytes += EXTRA_HAS_VALUE(lfirst_int(cell)) ? 8 : 0;
	return bytes;
}

/* Pages written to and read from the temporary file, both. */
static double
spilled_pages(double bytes)
{
	double		memory = get_hash_memory_limit();
	double		passes = 0;

	/* Half of the memory keeps what it can; a level divides by up to 64. */
	if (bytes > memory / 2)
		passes = Max(1, ceil(log(bytes / memory * 5 / 512) / log(64)));
	return 2 * passes * Max(bytes - memory / 2, 0) / BLCKSZ;
}

/*
 * In the planner's own terms, beside cost_agg(): a row is hashed and appended,
 * then compared once within a cache, where a hash aggregate looks it up in one
 * table and calls a transition function for each aggregate.
 */
static void
set_cost(PlannerInfo *root, CustomPath *path, Path *input, double all_rows,
		 KanonQuery *query)
{
	double		rows = input->rows;
	double		share = rows / Max(all_rows, rows);
	double		groups = share * estimate_num_groups(root, query->keys, all_rows, NULL, NULL);
	int			n_keys = list_length(query->keys);
	int			n_extras = list_length(query->aggrefs) - list_length(query->k);
	double		per_row = 0.5 + 0.5 * n_keys + 0.25 * n_extras;
	int			record = record_bytes(root, query);
	double		bytes = rows * record;
	QualCost	having;
	QualCost	target = path->path.pathtarget->cost;

	if (query->kind == SUBJECT_KIND_TEXT)
		per_row += TEXT_COST;
	per_row += (double) Max(record - USUAL_RECORD, 0) / BYTES_PER_OPERATOR;
	path->path.startup_cost = input->total_cost + SETUP_COST +
		rows * cpu_operator_cost * per_row +
		seq_page_cost * spilled_pages(bytes) +
		target.startup;
	/* All records go through files: pages that the system's cache holds. */
	if (path->path.parallel_aware)
		path->path.startup_cost += 0.25 * seq_page_cost * ceil(bytes / BLCKSZ);
	path->path.total_cost = path->path.startup_cost +
		groups * (cpu_tuple_cost + target.per_tuple);
	if (query->having)
	{
		cost_qual_eval(&having, query->having, root);
		path->path.startup_cost += having.startup;
		path->path.total_cost += having.startup + groups * having.per_tuple;
		groups = clamp_row_est(groups *
							   clauselist_selectivity(root, query->having, 0,
													  JOIN_INNER, NULL));
	}
	path->path.rows = groups;
}

/* ---- path ---------------------------------------------------------------- */

static PathTarget *
input_target(PlannerInfo *root, const KanonQuery *query)
{
	PathTarget *target = create_empty_pathtarget();
	ListCell   *cell;

	foreach(cell, query->input)
		add_column_to_pathtarget(target, lfirst(cell), 0);
	return set_pathtarget_cost_width(root, target);
}

/* A path over input, parallel where that is partial; all_rows: of the whole input. */
static CustomPath *
kanon_path(PlannerInfo *root, RelOptInfo *input_rel, RelOptInfo *grouped,
		   Path *input, double all_rows, KanonQuery *query)
{
	CustomPath *path = makeNode(CustomPath);

	input = (Path *) create_projection_path(root, input_rel, input,
											input_target(root, query));
	path->path.pathtype = T_CustomScan;
	path->path.parent = grouped;
	path->path.pathtarget = grouped->reltarget;
	path->path.parallel_safe = grouped->consider_parallel && input->parallel_safe;
	path->path.parallel_workers = input->parallel_workers;
	path->path.parallel_aware = input->parallel_workers > 0;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_paths = list_make1(input);
	path->custom_private = list_make4(list_make3_int(list_length(query->keys), query->kind,
													 record_bytes(root, query)),
									  query->ops, query->arguments,
									  list_make4(query->keys, query->aggrefs, query->k, query->having));
	path->methods = &kanon_path_methods;
	set_cost(root, path, input, all_rows, query);
	return path;
}

/*
 * May a LIMIT above change from one run to the next?  PostgreSQL tells workers
 * the number of rows after which they may stop, and does not tell them anew for
 * a rescan.  An Aggregate between Limit and Gather never lets it through; a
 * Gather of ours would, and rows would be missing.
 */
static bool
limit_may_change(const PlannerInfo *root)
{
	for (; root; root = root->parent_root)
	{
		const Query *query = root->parse;

		if ((query->limitCount && !IsA(query->limitCount, Const)) ||
			(query->limitOffset && !IsA(query->limitOffset, Const)))
			return true;
	}
	return false;
}

/*
 * Adds the paths where the query is of our kind: one process, and all workers
 * below a Gather of its own.  The latter is no partial path: nothing may be put
 * between the two but what the Gather itself brings.
 */
static void
add_kanon_path(PlannerInfo *root, RelOptInfo *input_rel, RelOptInfo *grouped,
			   GroupPathExtraData *extra)
{
	KanonQuery	query;
	Path	   *input = input_rel->cheapest_total_path;
	CustomPath *path;
	double		rows;

	if (input == NULL || input->param_info ||
		!kanon_query_examine(root, grouped, extra, &query))
		return;
	add_path(grouped, &kanon_path(root, input_rel, grouped, input, input->rows, &query)->path);
	if (!grouped->consider_parallel || input_rel->partial_pathlist == NIL ||
		IS_OTHER_REL(grouped) || limit_may_change(root))
		return;
	rows = input->rows;
	input = linitial(input_rel->partial_pathlist);
	if (input->parallel_workers <= 0)
		return;
	path = kanon_path(root, input_rel, grouped, input, rows, &query);
	if (!path->path.parallel_safe)
		return;
	rows = path->path.rows * rows / Max(input->rows, 1);
	add_path(grouped, (Path *) create_gather_path(root, grouped, &path->path,
												  grouped->reltarget, NULL, &rows));
}

static void
kanon_upper_paths(PlannerInfo *root, UpperRelationKind stage,
				  RelOptInfo *input_rel, RelOptInfo *output_rel, void *extra)
{
	if (previous_hook)
		previous_hook(root, stage, input_rel, output_rel, extra);
	if (stage == UPPERREL_GROUP_AGG && enable_kanon_scan)
		add_kanon_path(root, input_rel, output_rel, extra);
}

/* ---- plan ---------------------------------------------------------------- */

/* What a tuple of the scan holds: the keys, then the aggregates. */
static List *
scan_tlist(List *keys, List *aggrefs)
{
	List	   *tlist = NIL;
	ListCell   *cell;

	foreach(cell, list_concat_copy(keys, aggrefs))
		tlist = lappend(tlist, makeTargetEntry(lfirst(cell), list_length(tlist) + 1,
											   NULL, false));
	return tlist;
}

/* The cheapest clause first, as PostgreSQL does for its own nodes. */
static List *
order_by_cost(PlannerInfo *root, List *clauses)
{
	List	   *ordered = NIL;
	ListCell   *cell;

	foreach(cell, clauses)
	{
		QualCost	cost;
		int			place = list_length(ordered);

		cost_qual_eval_node(&cost, lfirst(cell), root);
		while (place > 0)
		{
			QualCost	before;

			cost_qual_eval_node(&before, list_nth(ordered, place - 1), root);
			if (before.per_tuple <= cost.per_tuple)
				break;
			place--;
		}
		ordered = list_insert_nth(ordered, place, lfirst(cell));
	}
	return ordered;
}

static Plan *
plan_kanon_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *best_path,
				List *tlist, List *clauses, List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *expressions = lfourth(best_path->custom_private);
	List	   *aggrefs = lsecond(expressions);
	List	   *functions = NIL;
	ListCell   *cell;

	foreach(cell, aggrefs)
		functions = lappend_oid(functions, lfirst_node(Aggref, cell)->aggfnoid);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = order_by_cost(root, lfourth(expressions));
	scan->scan.scanrelid = 0;
	scan->flags = best_path->flags;
	scan->custom_plans = custom_plans;
	scan->custom_exprs = lthird(expressions);
	scan->custom_scan_tlist = scan_tlist(linitial(expressions), aggrefs);
	scan->custom_private = list_make4(linitial(best_path->custom_private),
									  lsecond(best_path->custom_private),
									  lthird(best_path->custom_private),
									  functions);
	scan->methods = &kanon_scan_methods;
	return &scan->scan.plan;
}

/* Called once, from kanon_init(). */
void
kanon_scan_init(void)
{
	DefineCustomBoolVariable("mobanon.enable_kanon_scan",
							 "Enables the planner's use of KanonScan for GROUP BY with kanon_suppress.",
							 "Results are the same without it; it is faster where groups are many.",
							 &enable_kanon_scan,
							 true,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	RegisterCustomScanMethods(&kanon_scan_methods);
	previous_hook = create_upper_paths_hook;
	create_upper_paths_hook = kanon_upper_paths;
}
