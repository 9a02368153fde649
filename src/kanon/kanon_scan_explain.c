/*
 * kanon_scan_explain.c
 *		What EXPLAIN shows of KanonScan.
 */
#include "kanon/kanon_scan_state.h"

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "nodes/nodeFuncs.h"
#include "utils/ruleutils.h"

/* Takes the figures of the run that ends, or is looked at. */
void
kanon_scan_note_figures(KanonScanState *state)
{
	KanonGroups *groups = state->groups;

	if (groups == NULL)
		return;
	state->partitions = Max(state->partitions, groups->n_partitions);
	state->peak_bytes = Max(state->peak_bytes, groups->store->peak_bytes);
	state->spilled_bytes = Max(state->spilled_bytes, groups->store->spilled_bytes);
}

/* The grouping columns, as an aggregate node shows them. */
static void
show_keys(KanonScanState *state, List *ancestors, ExplainState *es)
{
	CustomScan *scan = (CustomScan *) state->css.ss.ps.plan;
	List	   *context = set_deparse_context_plan(es->deparse_cxt, &scan->scan.plan,
												   ancestors);
	bool		prefix = es->verbose || mobanon_explain_relations(es) > 1;
	List	   *keys = NIL;

	for (int i = 0; i < state->n_keys; i++)
	{
		TargetEntry *key = list_nth_node(TargetEntry, scan->custom_scan_tlist, i);

		keys = lappend(keys, deparse_expression((Node *) key->expr, context,
												prefix, true));
	}
	ExplainPropertyList("Group Key", keys, es);
}

/*
 * Group keys; with ANALYZE the partitions made, the most memory that chunks and
 * tables took at a time, and what was written to the temporary file.
 */
void
kanon_scan_explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	KanonScanState *state = (KanonScanState *) node;

	show_keys(state, ancestors, es);
	if (!es->analyze)
		return;
	kanon_scan_note_figures(state);
	if (state->partitions == 0)
		return;
	ExplainPropertyInteger("Partitions", NULL, state->partitions, es);
	ExplainPropertyInteger("Memory Usage", "kB", (state->peak_bytes + 1023) / 1024, es);
	ExplainPropertyInteger("Spilled", "kB", (state->spilled_bytes + 1023) / 1024, es);
}
