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

/* A walk over the rows of a move: the product of one path for each axis. */
typedef struct Move
{
	int			axes;
	const Path *path[TABLE_MAX_DIMENSIONS];
	int			at[TABLE_MAX_DIMENSIONS];
	bool		done;
} Move;

static void
move_begin(Move *move)
{
	memset(move->at, 0, sizeof(move->at));
	move->done = false;
}

/* The next row of a move, -1 when there is no such row, and its sign; false when there are no more. */
static bool
move_next(const Withholding *w, Move *move, int32 *row, int *sign)
{
	uint64		code = 0;
	int			a;

	if (move->done)
		return false;
	*sign = 1;
	for (a = 0; a < move->axes; a++)
	{
		code += w->axes->axis[a].code[move->path[a]->node[move->at[a]]];
		*sign *= move->path[a]->sign[move->at[a]];
	}
	*row = table_find(w->table, code);
	for (a = 0; a < move->axes; a++)
	{
		if (++move->at[a] < move->path[a]->nodes)
			break;
		move->at[a] = 0;
	}
	move->done = a == move->axes;
	return true;
}

/* What a move for a row would cost, or -1: it does not fit, or costs limit (-1: none) or more. */
static int64
move_cost(const Withholding *w, int32 row, Move *move, int64 limit)
{
	int64		cost = 0;
	int32		corner;
	int			sign;

	move_begin(move);
	while (move_next(w, move, &corner, &sign))
	{
		if (corner < 0 || !row_fits(w, row, corner, sign))
			return -1;
		cost += row_cost(w, corner);
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
apply_move(Withholding *w, Move *move)
{
	int64		least = PG_INT64_MAX;	/* what all that fall with a small row can lose */
	int32		row;
	int			sign;

	move_begin(move);
	while (move_next(w, move, &row, &sign))
	{
		if (w->state[row] == ROW_SHOWN)
			withhold(w, row, ROW_COMPLEMENTARY);
		if (sign > 0)
			least = Min(least, w->table->value[row]);
	}
	move_begin(move);
	while (move_next(w, move, &row, &sign))
		if (row_need(w, row) <= least)
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

	giver = find_giver(w, row, &cost);
	if (cost != 0)
	{
		for (int a = 0; a < w->axes->axes; a++)
			list_paths(w, row, a, &list[a]);
		search_moves(w, row, list, 0, 0, &move, &best, &cost);
	}
	if (best.axes > 0)
		apply_move(w, &best);
	else
		/* without anything else, giver is -1: with all totals, taken from nowhere */
		apply_pair(w, row, giver);
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
	bounds = table_bounds_of(table, table_relations(table, false));
	for (int row = 0; row < table->rows; row++)
		if (!known[row] && bounds.upper[row] != BOUND_UNKNOWN && bounds.upper[row] - bounds.lower[row] < k)
			elog(ERROR, "a withheld row of the table can be computed");
	table->known = NULL;
	pfree(known);
}

/*
 * One way of withholding.  Rows are made safe one after the other, each at the
 * least price, so what is cheap for one may be dear for all: it is done in
 * several ways, with a higher price for the totals of some axes, and the way
 * that withholds least is kept.
 */
#define DEAR 16
#define MANY_ROWS 30000

/* What withholding a row loses: its visits, and k for the row itself. */
static int64
row_worth(const Withholding *w, int32 row)
{
	return w->table->value[row] + w->k;
}

static void
set_prices(Withholding *w, uint32 dear)
{
	const Axes *axes = w->axes;

	for (int row = 0; row < w->table->rows; row++)
	{
		w->price[row] = row_worth(w, row);
		for (int a = 0; a < axes->axes; a++)
			if ((dear & (1u << a)) && axis_children(&axes->axis[a], axes->node[row * axes->axes + a]) > 0)
			{
				w->price[row] *= DEAR;
				break;
			}
	}
}

/* Withholds rows; returns what is lost beside the small ones. */
static int64
withhold_rows(Withholding *w, uint32 dear, PathList *list)
{
	int64		lost = 0;

	memset(w->state, 0, w->table->rows * sizeof(RowState));
	memset(w->safe, 0, w->table->rows * sizeof(bool));
	w->queued = w->givers_used = 0;
	set_prices(w, dear);
	withhold_small(w);
	for (int i = 0; i < w->queued; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!w->safe[w->queue[i]])
			make_safe(w, w->queue[i], list);
	}
	for (int row = 0; row < w->table->rows; row++)
		if (w->state[row] == ROW_COMPLEMENTARY)
			lost += row_worth(w, row);
	return lost;
}

/* With no axis' totals dear, those of each, and those of all. */
static void
withhold_least(Withholding *w)
{
	PathList   *list = palloc(TABLE_MAX_DIMENSIONS * sizeof(PathList));
	int			axes = w->axes->axes;
	uint32		best = 0;
	uint32		dear = 0;
	int64		least = withhold_rows(w, 0, list);

	/* a large table is done in two ways only: it takes its time */
	for (int a = w->table->rows > MANY_ROWS ? axes : 0; a <= axes && axes > 1 && least > 0; a++)
	{
		int64		lost;

		dear = a < axes ? 1u << a : (1u << axes) - 1;
		lost = withhold_rows(w, dear, list);
		if (lost < least)
		{
			least = lost;
			best = dear;
		}
	}
	if (best != dear)
		withhold_rows(w, best, list);
	pfree(list);
}

/* For each row of a table whether it is withheld and why. */
RowState *
table_suppress(Table *table, int32 k)
{
	Withholding w = {.table = table, .k = k};

	table_check(table, table_relations(table, false));
	w.axes = table_axes(table);
	for (int i = 0; i < table->patterns; i++)
		w.innermost |= table->pattern_list[i];
	check_totals(&w);
	w.max_paths = w.axes->axes <= 1 ? MOVE_MAX_PATHS : w.axes->axes == 2 ? 24 : w.axes->axes == 3 ? 10 : 5;
	w.price = palloc(Max(table->rows, 1) * sizeof(int64));
	w.state = palloc(Max(table->rows, 1) * sizeof(RowState));
	w.safe = palloc(Max(table->rows, 1) * sizeof(bool));
	w.queue = palloc(Max(table->rows, 1) * sizeof(int32));
	pairs_init(&w);

	withhold_least(&w);
	check_result(table, w.state, k);
	return w.state;
}
