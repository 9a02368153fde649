/*
 * table_suppress.c
 *		Which rows of a table with totals are withheld.
 *
 * First the small ones, with fewer than k subjects.  Then, for each withheld
 * row, the cheapest move (see table_move.h) that shows it to be safe: what of
 * the move is still shown is withheld, too, and made safe in its turn.  The
 * move of all its totals always exists, so this ends, at worst with nothing
 * shown.  Afterwards every innermost small row could hold anything from 0
 * to k more than it does, and every withheld row lies in an interval k wide.
 */
#include "kanon/table_move.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

/* One row of a move. */
typedef struct Corner
{
	int32		row;
	bool		at_home;		/* on the line of a spread */
	bool		at_row;			/* same node as the row itself on the axis of a spread */
	int			sign;
} Corner;

/* A walk over the product of one path for each axis. */
typedef struct Move
{
	int			axes;
	const Path *path[TABLE_MAX_DIMENSIONS];
	int			at[TABLE_MAX_DIMENSIONS];
	int			spread;			/* axis, or -1; -2: two of them */
	bool		done;
} Move;

static void
move_begin(Move *move)
{
	memset(move->at, 0, sizeof(move->at));
	move->done = false;
	move->spread = -1;
	for (int a = 0; a < move->axes; a++)
		if (move->path[a]->spread_nodes > 0)
			move->spread = move->spread == -1 ? a : -2;
}

static inline int
path_length(const Path *path)
{
	return path->nodes + path->spread_nodes;
}

/* The next row of a move of row; false when there are no more. */
static bool
move_next(const Withholding *w, int32 row, Move *move, Corner *corner)
{
	uint64		code = 0;
	int			a;

	if (move->done)
		return false;
	corner->sign = 1;
	corner->at_home = corner->at_row = true;
	for (a = 0; a < move->axes; a++)
	{
		const Path *path = move->path[a];
		int			i = move->at[a];
		int32		node = i < path->nodes ? path->node[i] : path->spread[i - path->nodes];

		code += w->axes->axis[a].code[node];
		corner->sign *= i < path->nodes ? path->sign[i] : -1;
		if (node != w->axes->node[row * w->axes->axes + a])
		{
			if (a == move->spread)
				corner->at_row = false;
			else
				corner->at_home = false;
		}
	}
	corner->row = table_find(w->table, code);
	for (a = 0; a < move->axes; a++)
	{
		if (++move->at[a] < path_length(move->path[a]))
			break;
		move->at[a] = 0;
	}
	move->done = a == move->axes;
	return true;
}

/* May a row be this corner of a move of row? */
static bool
corner_fits(const Withholding *w, int32 row, const Move *move, const Corner *corner)
{
	if (corner->row < 0)
		return false;
	if (move->spread >= 0 && !corner->at_row)
		return corner->at_home ||
			(row_is_large(w, corner->row) && w->table->value[corner->row] >= row_need(w, row));
	if (corner->sign < 0)
		return row_is_large(w, corner->row);
	return w->table->value[corner->row] >= row_need(w, row);
}

/* What a move would cost, or -1: it does not fit, or costs as much as limit (-1: none). */
static int64
move_cost(const Withholding *w, int32 row, Move *move, int64 limit)
{
	Corner		corner;
	int64		cost = 0;

	move_begin(move);
	if (move->spread == -2)
		return -1;
	while (move_next(w, row, move, &corner))
	{
		if (!corner_fits(w, row, move, &corner))
			return -1;
		cost += row_cost(w, corner.row);
		if (limit >= 0 && cost >= limit)
			return -1;
	}
	return cost;
}

/* Of all combinations of paths, one for each axis, the cheapest move from axis on. */
static void
search_moves(const Withholding *w, int32 row, const PathList *list, int axis, int64 so_far,
			 Move *move, Move *best, int64 *best_cost)
{
	if (axis == move->axes)
	{
		int64		cost = move_cost(w, row, move, *best_cost);

		if (cost >= 0)
		{
			*best = *move;
			*best_cost = cost;
		}
		return;
	}
	for (int i = 0; i < list[axis].paths; i++)
	{
		/* the rows on the paths themselves are the least that a move costs */
		if (*best_cost == 0 || (*best_cost > 0 && so_far + list[axis].path[i].cost >= *best_cost))
			return;
		move->path[axis] = &list[axis].path[i];
		search_moves(w, row, list, axis + 1, so_far + list[axis].path[i].cost, move, best, best_cost);
	}
}

/* Withholds what is shown of a move, and notes which rows it makes safe. */
static void
apply_move(Withholding *w, int32 row, Move *move)
{
	Corner		corner;
	int64		least = PG_INT64_MAX;	/* what all that fall with a small row can lose */

	move_begin(move);
	while (move_next(w, row, move, &corner))
	{
		if (w->state[corner.row] == ROW_SHOWN)
			withhold(w, corner.row, ROW_COMPLEMENTARY);
		if (corner.sign > 0)
			least = Min(least, w->table->value[corner.row]);
	}
	move_begin(move);
	while (move_next(w, row, move, &corner))
	{
		/* of a spread only the rows beside the row itself move as far as it does */
		if (row_is_large(w, corner.row))
			w->safe[corner.row] |= corner.at_row || move->spread < 0;
		else if (move->spread < 0)
			w->safe[corner.row] |= row_need(w, corner.row) <= least;
	}
	w->safe[row] = true;
}

/* Makes a withheld row safe by the cheapest move that is found. */
static void
make_safe(Withholding *w, int32 row, PathList *list)
{
	Move		move = {.axes = w->axes->axes};
	Move		best = {0};
	int64		cost = -1;
	int32		giver;

	for (int a = 0; a < w->axes->axes; a++)
		list_paths(w, row, a, &list[a]);
	search_moves(w, row, list, 0, 0, &move, &best, &cost);
	giver = find_giver(w, row, &cost);
	/* without anything else: along all last totals, taken from nowhere */
	if (giver >= 0 || cost < 0)
		apply_pair(w, row, giver);
	else
		apply_move(w, row, &best);
}

/* Every row has all its totals; otherwise moves would not be what they seem. */
static void
check_totals(const Withholding *w)
{
	const Axes *axes = w->axes;

	for (int row = 0; row < w->table->rows; row++)
		for (int a = 0; a < axes->axes; a++)
		{
			int32		parent = axes->axis[a].parent[axes->node[row * axes->axes + a]];

			if (parent >= 0 && row_on_line(w, row, a, parent) < 0)
				ereport(ERROR,
						(errcode(ERRCODE_DATA_EXCEPTION),
						 errmsg("a total of the table is missing"),
						 errhint("Give all rows that GROUP BY CUBE or ROLLUP makes; do not leave any out before they are suppressed.")));
		}
}

/* The small rows, totals first. */
static void
withhold_small(Withholding *w)
{
	for (int members = 0; members <= w->table->dimensions; members++)
		for (int row = 0; row < w->table->rows; row++)
			if (pg_popcount32(w->table->pattern[row]) == members && !row_is_large(w, row))
				withhold(w, row, ROW_SMALL);
}

/* The check of what was done, by the arithmetic of a reader. */
static void
check_result(Table *table, const RowState *state, int32 k)
{
	Bounds		bounds;
	bool	   *known = palloc(Max(table->rows, 1) * sizeof(bool));

	for (int row = 0; row < table->rows; row++)
		known[row] = state[row] == ROW_SHOWN;
	table->known = known;
	bounds = table_bounds_of(table, table_relations(table));
	for (int row = 0; row < table->rows; row++)
		if (!known[row] && bounds.upper[row] != BOUND_UNKNOWN && bounds.upper[row] - bounds.lower[row] < k)
			elog(ERROR, "a withheld row of the table can be computed");
	table->known = NULL;
	pfree(known);
}

/* For each row of a table whether it is withheld and why. */
RowState *
table_suppress(Table *table, int32 k)
{
	Withholding w = {.table = table, .k = k};
	PathList   *list = palloc(TABLE_MAX_DIMENSIONS * sizeof(PathList));

	table_check(table, table_relations(table));
	w.axes = table_axes(table);
	for (int i = 0; i < table->patterns; i++)
		w.innermost |= table->pattern_list[i];
	check_totals(&w);
	w.max_paths = w.axes->axes <= 1 ? MOVE_MAX_PATHS : w.axes->axes == 2 ? 24 : w.axes->axes == 3 ? 10 : 5;
	w.state = palloc0(Max(table->rows, 1) * sizeof(RowState));
	w.safe = palloc0(Max(table->rows, 1) * sizeof(bool));
	w.queue = palloc(Max(table->rows, 1) * sizeof(int32));
	for (int a = 0; a < w.axes->axes; a++)
		w.siblings_max = Max(w.siblings_max, w.axes->axis[a].nodes);
	w.siblings = palloc(Max(w.axes->axes * w.siblings_max, 1) * sizeof(int32));

	pairs_init(&w);
	withhold_small(&w);
	for (int i = 0; i < w.queued; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!w.safe[w.queue[i]])
			make_safe(&w, w.queue[i], list);
	}
	check_result(table, w.state, k);
	return w.state;
}
