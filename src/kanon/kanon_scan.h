/*
 * kanon_scan.h
 *		KanonScan: GROUP BY with kanon_suppress as one plan node.
 *
 * The planner sees it as one more way to group (kanon_scan_plan.c, with
 * kanon_scan_query.c deciding for which queries).  Its input is the grouping
 * columns, the subject and the arguments of the other aggregates, in this
 * order; it has them projected below itself and evaluates nothing but HAVING
 * and the select list above the groups (kanon_scan_exec.c).
 */
#ifndef KANON_SCAN_H
#define KANON_SCAN_H

#include "kanon/kanon_group.h"

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

#define KANON_SCAN_NAME "KanonScan"

/* Is a query of the kind that KanonScan does?  What it found out on the way. */
typedef struct KanonQuery
{
	List	   *keys;			/* grouping expressions */
	List	   *aggrefs;		/* all different aggregates of the query */
	List	   *ops;			/* for each: 0 for kanon_suppress, else ExtraOp */
	List	   *arguments;		/* for each: its place in input */
	List	   *input;			/* keys, subject, further arguments */
	List	   *k;				/* for each kanon_suppress: its k */
	SubjectKind kind;
	List	   *having;
} KanonQuery;

extern bool kanon_query_examine(PlannerInfo *root, RelOptInfo *grouped,
								GroupPathExtraData *extra, KanonQuery *query);

/* What the plan hands to the executor, as lists of integers in custom_private. */
enum
{
	KANON_PRIVATE_NUMBERS,		/* number of keys, kind of subject, bytes of a record */
	KANON_PRIVATE_OPS,			/* for each aggregate */
	KANON_PRIVATE_ARGUMENTS,	/* for each aggregate: column of the input, from 0 */
	KANON_PRIVATE_FUNCTIONS		/* for each aggregate: its oid */
};

extern const CustomScanMethods kanon_scan_methods;
extern void kanon_scan_init(void);
extern Node *kanon_scan_create_state(CustomScan *scan);

#endif							/* KANON_SCAN_H */
