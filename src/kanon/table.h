/*
 * table.h
 *		Tables with totals: what can be computed of a withheld row, and which
 *		rows have to be withheld so that nothing can.
 *
 * A table is a set of rows; each has a member of every dimension, or none
 * (member 0), which makes it a total over that dimension, as GROUP BY CUBE and
 * ROLLUP write it.  A row that is not there counts as a zero that everybody knows.
 *
 *	table_rows.c		rows, and how they are found by their members
 *	table_relation.c	which rows add up to which
 *	table_bounds.c		what a reader can compute
 *	table_axis.c		dimensions and hierarchies as trees
 *	table_path.c		what may change on one axis without a reader seeing it
 *	table_pair.c		what may change between two rows
 *	table_suppress.c	which rows to withhold
 *	table_sql.c			the window functions
 *
 * Only table_sql.c knows PostgreSQL's values.  Rows are kept in the order of
 * their members, so that nothing depends on the order in which they came.
 */
#ifndef KANON_TABLE_H
#define KANON_TABLE_H

#include "postgres.h"

#define TABLE_MAX_DIMENSIONS 10
/* Sums of values stay below 2^63. */
#define TABLE_MAX_ROWS 4000000
#define TABLE_MAX_VALUE INT64CONST(1000000000000)

/* A row is not withheld, or why it is. */
typedef enum RowState
{
	ROW_SHOWN = 0,
	ROW_SMALL,					/* fewer than k subjects */
	ROW_COMPLEMENTARY			/* for the sake of a small one */
} RowState;

#define BOUND_UNKNOWN PG_INT64_MAX	/* no upper bound */

/* Rows by ascending code; every array has a place for each row. */
typedef struct Table
{
	int			dimensions;
	int			rows;
	int32	   *member;			/* [row * dimensions + dimension]; 0 is none */
	uint64		stride[TABLE_MAX_DIMENSIONS];
	uint64	   *code;			/* sum of member * stride: no two rows have the same */
	int32	   *origin;			/* place in the order of input */
	uint32	   *pattern;		/* bit d: the row has a member of dimension d */
	int64	   *value;
	int64	   *subjects;		/* NULL when only values are known */
	bool	   *known;			/* NULL: all; else whether the value is */

	int			patterns;		/* distinct ones, ascending */
	uint32	   *pattern_list;

	int32	   *slot;			/* rows by code, or by hash of it; -1 is empty */
	bool		direct;			/* by code */
	uint64		slot_mask;		/* of the hash */
	uint64		combinations;	/* codes are less than this */
} Table;

/*
 * Row total[i] is the sum of rows part[start[i]] .. part[start[i + 1] - 1]; of
 * distinct subjects it is at most their sum, and at least each of them.
 */
typedef struct Relations
{
	bool		distinct;
	int			relations;
	int32	   *total;
	int32	   *start;
	int32	   *part;
} Relations;

/* Lower and upper bound of each row. */
typedef struct Bounds
{
	int64	   *lower;
	int64	   *upper;			/* BOUND_UNKNOWN: none */
} Bounds;

/* table_rows.c */
extern Table *table_create(int dimensions, int rows, const int32 *members, const int32 *member,
						   const int64 *value, const int64 *subjects, const bool *known);
extern int32 table_find(const Table *table, uint64 code);

/* table_relation.c */
extern Relations *table_relations(const Table *table, bool distinct);
extern void table_check(const Table *table, const Relations *relations);

/* table_bounds.c */
extern Bounds table_bounds_of(const Table *table, const Relations *relations);

/* table_suppress.c */
extern RowState *table_suppress(Table *table, int32 k);

#endif							/* KANON_TABLE_H */
