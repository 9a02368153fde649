/*
 * table_move.h
 *		Other tables that would look the same to a reader.
 *
 * A reader sees the shown rows.  Whatever can be added to the withheld ones
 * without changing a sum gives another table that looks the same: a move.  On
 * one axis a move is a path: up from a leaf (+), over to a sibling (-) and down
 * again, or up to the last total.  A move of the table is the product of one
 * path for each axis, e.g. for two axes the corners of a rectangle:
 *
 *				 8h		 9h
 *		north	 +t		 -t
 *		south	 -t		 +t
 *
 * Where all rows that lose have k subjects or more, the first corner may hold
 * any number up to k more than it does.  And no sum that it is part of is one of
 * small rows only: a sum that can be computed does not change, so it contains a
 * row that loses, and with it at least k subjects.
 */
#ifndef KANON_TABLE_MOVE_H
#define KANON_TABLE_MOVE_H

#include "kanon/table_axis.h"

/* A path goes up through all levels and down again. */
#define MOVE_MAX_NODES (2 * (TABLE_MAX_DIMENSIONS + 1))
/* The most paths of one axis that are looked at, in every combination. */
#define MOVE_MAX_PATHS 64

/* A path, as nodes with signs. */
typedef struct Path
{
	int64		cost;			/* of the rows on its own line */
	int			nodes;
	int32		node[MOVE_MAX_NODES];
	int8		sign[MOVE_MAX_NODES];
} Path;

typedef struct PathList
{
	int			paths;
	Path		path[MOVE_MAX_PATHS];	/* by ascending cost */
} PathList;

/* Innermost rows that are tried as the other end of a pair: used before, and of one slice. */
#define MOVE_GIVERS 64
#define MOVE_NEAR 4

/* What is known while rows are being withheld. */
typedef struct Withholding
{
	const Table *table;
	const Axes *axes;
	int32		k;
	uint32		innermost;		/* pattern of the rows that are no totals */
	int			max_paths;		/* of one axis */
	int64	   *price;			/* of withholding a row */
	RowState   *state;
	bool	   *safe;			/* the row is part of a move that is large enough for it */
	int32	   *queue;			/* withheld rows, to be made safe in this order */
	int			queued;

	/* for pairs */
	int32	   *below;			/* of each row: an innermost row that is part of it, or itself */
	int32		giver_used[MOVE_GIVERS];
	int			givers_used;	/* how often one was added */
	int32	   *near[TABLE_MAX_DIMENSIONS];	/* [node * MOVE_NEAR]: the smallest large rows; -1: no more */
	int32		smallest[MOVE_NEAR];	/* of all */
} Withholding;

/* A row that may lose k subjects and still say nothing about fewer than k. */
static inline bool
row_is_large(const Withholding *w, int32 row)
{
	return w->table->subjects[row] >= w->k;
}

/* What the plus side must hold for the row to fall to 0: asked for small rows that are no totals. */
static inline int64
row_need(const Withholding *w, int32 row)
{
	return row_is_large(w, row) || w->table->pattern[row] != w->innermost ? 0 : w->table->value[row];
}

static inline int64
row_cost(const Withholding *w, int32 row)
{
	return w->state[row] == ROW_SHOWN ? w->price[row] : 0;
}

/* May a row take part in a move of row, with this sign? */
static inline bool
row_fits(const Withholding *w, int32 row, int32 other, int sign)
{
	return sign < 0 ? row_is_large(w, other) : w->table->value[other] >= row_need(w, row);
}

static inline void
withhold(Withholding *w, int32 row, RowState why)
{
	w->state[row] = why;
	w->queue[w->queued++] = row;
}

/* A walk over a row and its totals of every kind. */
typedef struct TotalsWalk
{
	int			axes;
	int			length[TABLE_MAX_DIMENSIONS];
	int			at[TABLE_MAX_DIMENSIONS];
	int32		node[TABLE_MAX_DIMENSIONS][TABLE_MAX_DIMENSIONS + 1];
	bool		shared[TABLE_MAX_DIMENSIONS][TABLE_MAX_DIMENSIONS + 1];	/* with the other row */
	bool		done;
} TotalsWalk;

/* table_path.c */
extern int32 row_on_line(const Withholding *w, int32 row, int axis, int32 node);
extern void list_paths(const Withholding *w, int32 row, int axis, PathList *list);

/* table_pair.c */
extern void walk_begin(const Withholding *w, int32 row, int32 other, TotalsWalk *walk);
extern bool walk_next(const Withholding *w, TotalsWalk *walk, int32 *total);
extern void pairs_init(Withholding *w);
extern int32 find_giver(const Withholding *w, int32 row, int64 *best_cost);
extern void apply_pair(Withholding *w, int32 row, int32 giver);

#endif							/* KANON_TABLE_MOVE_H */
